/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the JSON reader share. Layer: base; the parent process only.
 *
 *   json_reader.c   yajl's events
 *   json_token.c    positions and strings in the text
 *   json_frame.c    the stack of open values, rows by key
 *   json_store.c    values into members
 *   json_origin.c   nodes: where each value stood
 *   json_problem.c  problems and their texts
 *   json_suggest.c  keys that no row names
 *   json_syntax.c   text that is no JSON
 */
#ifndef CORC_BASE_JSON_PRIVATE_H
#define CORC_BASE_JSON_PRIVATE_H

#include "base/json_reader.h"

#define CORC_JSON_NESTING_MAX 64
#define CORC_JSON_PROBLEMS_MAX 100

enum corc_json_kind {
	CORC_JSON_KIND_NULL,
	CORC_JSON_KIND_BOOL,
	CORC_JSON_KIND_NUMBER,
	CORC_JSON_KIND_STRING,
	CORC_JSON_KIND_OBJECT,
	CORC_JSON_KIND_ARRAY,
};

/* A scalar, or the beginning of an object or an array. */
struct corc_json_token {
	enum corc_json_kind kind;
	bool truth;       /* of a bool */
	const char *text; /* string: decoded, number: as written; not NUL-terminated */
	size_t length;
	const char *flaw;  /* of a string: why it is refused, or NULL */
	size_t start, end; /* offsets in the text */
	uint32_t line;
	uint32_t column;
};

/* Where a value goes: the member itself, the pointer followed already. */
struct corc_json_slot {
	const struct corc_json_field *field;
	enum corc_json_type type; /* of the field, or of an item of the field */
	uint32_t node;
	void *member;
};

/* What there is to know of a type. */
struct corc_json_type_row {
	enum corc_json_kind kind;
	enum corc_json_type item; /* of arrays and maps, else the type itself */
	size_t size;              /* of the member; 0: that of the field's object */
	int (*store)(struct corc_json_document *document, const struct corc_json_slot *slot,
		const struct corc_json_token *token);
};

/* json_store.c */

/* By enum corc_json_type. store() is NULL for objects, arrays and maps. */
extern const struct corc_json_type_row corc_json_types[];

/* The size of a member of this type without CORC_JSON_POINTER. */
size_t corc_json_size(const struct corc_json_field *field, enum corc_json_type type);

/*
 * Stores a scalar of the right kind. Returns 1; 0 when the value was refused, with a problem;
 * -ENOMEM.
 */
int corc_json_store(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token);

/* The zeroed place after the last item of an array; its count stays. NULL: no memory. */
void *corc_json_next_item(
	struct corc_arena *arena, struct corc_json_items *array, size_t *capacity, size_t size);

/* Adds a key to a map; the returned place is that of its value. NULL: no memory. */
const char **corc_json_next_pair(
	struct corc_arena *arena, struct corc_string_map *map, size_t *capacity, const char *key);

/* Drops all but the last of the pairs that have one key. -ENOMEM. */
int corc_json_unique_keys(struct corc_string_map *map);

/* The same for a map of objects. */
int corc_json_unique_items(const struct corc_json_object *object, struct corc_json_items *map);

/* json_origin.c */

/* The next node, for the caller to fill. NULL: no memory. */
struct corc_json_node *corc_json_node_new(struct corc_json_document *document);

/* json_problem.c */

/* As corc_json_problem_add, for a problem that stands elsewhere than its node. */
int corc_json_problem_at(struct corc_json_document *document, uint32_t node,
	const struct corc_json_token *token, const char *format, ...) CORC_PRINTF(4, 5);

/* Puts the problems in the order of the text. */
void corc_json_sort_problems(struct corc_json_document *document);

/* "expected a string, found the number 5" */
int corc_json_wrong_type(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token);

/* "expected an integer from 0 to 7, found 8" */
int corc_json_wrong_number(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token);

/* "unknown value "x", expected one of a, b" */
int corc_json_wrong_enum(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token);

/* The numbers that a slot takes. `min` is for I64, `min_unsigned` for the others. */
struct corc_json_bounds {
	int64_t min;
	uint64_t min_unsigned;
	uint64_t max;
};

struct corc_json_bounds corc_json_bounds_of(const struct corc_json_slot *slot);

/*
 * Writes text in double quotes, with what is not printable as escapes, ended by ..." when it does
 * not fit. `size` is at least 16. Returns the length.
 */
size_t corc_json_quote(char *buffer, size_t size, const char *text, size_t length);

/* json_token.c */

/* The text, and how far its lines were counted. */
struct corc_json_text {
	const char *data;
	size_t length;
	size_t counted;
	uint32_t line;
	size_t line_start;
};

/* Sets line and column of a token that has start and end. Tokens come in order. */
void corc_json_locate(struct corc_json_text *text, struct corc_json_token *token);

/* Sets start and flaw of a string that has text, length and end. */
void corc_json_check_string(const struct corc_json_text *text, struct corc_json_token *string);

/* json_frame.c */

struct corc_json_frame {
	const struct corc_json_field *field; /* whose value, or item, this is */
	enum corc_json_type type;
	char *target; /* the struct of an object, the member of an array or a map */
	uint32_t node;
	uint32_t index;  /* of the next item of an array */
	size_t capacity; /* of an array or a map */
	/* Objects and maps: the key that was read last. */
	const char *key;
	bool is_dropped;                   /* its value is not to be looked at */
	const struct corc_json_field *row; /* objects: its row, NULL when there is none */
	size_t next_row;                   /* objects: where the next key probably is */
	uint64_t seen;                     /* objects: bit N is set when row N has a value */
};

struct corc_json_reader {
	struct corc_json_document *document;
	struct corc_json_text text;
	size_t skipped;              /* open brackets of a value that is passed over */
	struct corc_json_field root; /* the document itself */
	void *target;
	size_t depth;
	struct corc_json_frame frames[CORC_JSON_NESTING_MAX];
};

/*
 * The events of a document, in order. All return 0, or -ENOMEM, or -ECANCELED after a problem
 * behind which nothing is worth reading.
 */
int corc_json_take_value(struct corc_json_reader *reader, const struct corc_json_token *token);
int corc_json_take_key(struct corc_json_reader *reader, const struct corc_json_token *key);
int corc_json_take_end(struct corc_json_reader *reader);

/* json_syntax.c */

struct corc_json_failure {
	const char *text;
	size_t length;
	size_t after;      /* the end of the last token that was good */
	size_t offset;     /* where the parser stopped */
	bool at_end;       /* it stopped because there is no more text */
	const char *cause; /* the parser's words */
};

#define CORC_JSON_TRAILING "trailing garbage" /* the words for text after the document */

size_t corc_json_skip_blanks(const char *text, size_t length, size_t at);

/* Adds the problem of text that is no JSON; `node` is the innermost value that is open. */
int corc_json_syntax_problem(struct corc_json_document *document, uint32_t node,
	const struct corc_json_failure *failure);

#endif
