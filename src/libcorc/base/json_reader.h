/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON into typed structs, driven by tables, in one pass. Layer: base; the parent process only.
 *
 * A struct corc_json_object describes one JSON object: one row a property, with its name, its
 * type and the place of its member in the C struct. The reader fills the struct, records for every
 * value where it stood, and collects all the problems of a document instead of stopping at the
 * first. json_reader.c is the only file that includes yajl.
 */
#ifndef CORC_BASE_JSON_READER_H
#define CORC_BASE_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum corc_json_type {
	CORC_JSON_STRING,       /* const char * */
	CORC_JSON_BOOL,         /* bool */
	CORC_JSON_U32,          /* uint32_t */
	CORC_JSON_U64,          /* uint64_t */
	CORC_JSON_I64,          /* int64_t */
	CORC_JSON_ENUM,         /* uint32_t, from a closed set of strings (row member `values`) */
	CORC_JSON_OBJECT,       /* struct in place (row member `object`) */
	CORC_JSON_OBJECT_ARRAY, /* struct { T *items; size_t count; } */
	CORC_JSON_STRING_ARRAY, /* struct corc_string_array */
	CORC_JSON_U32_ARRAY,    /* struct corc_u32_array */
	CORC_JSON_ENUM_ARRAY,   /* struct corc_u32_array, each item from `values` */
	CORC_JSON_STRING_MAP,   /* struct corc_string_map; values are strings */
	/* As OBJECT_ARRAY; the key of each goes into its member at name_offset. */
	CORC_JSON_OBJECT_MAP,
	CORC_JSON_IGNORED, /* other platforms' objects: any value, not looked at */
};

enum corc_json_flag {
	CORC_JSON_REQUIRED = 1 << 0,
	/* The member is a pointer to the type (NULL: absent). For numbers, bool, enum and object.
	 */
	CORC_JSON_POINTER = 1 << 1,
	/* STRING, STRING_ARRAY: the empty string is a problem. */
	CORC_JSON_NOT_EMPTY = 1 << 2,
};

struct corc_string_array {
	const char **items; /* NULL-terminated when not NULL */
	size_t count;
};

struct corc_u32_array {
	uint32_t *items;
	size_t count;
};

struct corc_string_map {
	const char **keys;
	const char **values;
	size_t count;
};

/* The layout behind every CORC_JSON_OBJECT_ARRAY and CORC_JSON_OBJECT_MAP member. */
struct __attribute__((may_alias)) corc_json_items {
	void *items;
	size_t count;
};

struct corc_json_enum {
	const char *name;
	uint32_t value;
};

struct corc_json_object;

struct corc_json_field {
	const char *name;
	enum corc_json_type type;
	uint32_t flags;
	size_t offset;
	const struct corc_json_object *object; /* OBJECT, OBJECT_ARRAY, OBJECT_MAP */
	const struct corc_json_enum *values;   /* ENUM, ENUM_ARRAY: ended by a NULL name */
	int64_t min;                           /* I64 only; 0 and max 0: the type's own range */
	uint64_t max;                          /* numbers; 0: the type's own range */
	uint64_t min_unsigned;                 /* U32, U64 */
};

struct corc_json_object {
	const char *name; /* for messages: "mount" */
	size_t size;      /* sizeof the struct */
	/* Place of a uint32_t member that receives the object's node, see corc_json_origin. */
	size_t node_offset;
	const struct corc_json_field *fields; /* at most 64 */
	size_t count;
	/* Of an object that is a value of a map: place of the const char * that receives its key.
	 */
	size_t name_offset;
};

/* Where one value stood. Node 0 is the document itself. */
struct corc_json_node {
	uint32_t parent;
	uint32_t index;  /* in an array, else UINT32_MAX */
	const char *key; /* in an object, else NULL */
	uint32_t line;
	uint32_t column;
};

struct corc_json_problem {
	uint32_t node;
	uint32_t line; /* of the problem itself: a missing property stands at its object */
	uint32_t column;
	const char *message; /* "expected a string, found the number 5" */
};

struct corc_json_nodes {
	uint32_t *items;
	size_t count, capacity;
};

struct corc_json_document {
	struct corc_arena *arena; /* of the caller: everything lives there */
	const char *file;         /* "config.json", for messages */
	struct corc_json_node *nodes;
	size_t node_count, node_capacity;
	struct corc_json_problem *problems;
	size_t problem_count, problem_capacity;
	struct corc_json_nodes unknown;  /* of keys that no row names */
	struct corc_json_nodes repeated; /* of properties that stood in their object before */
};

/*
 * Reads text into the struct at `target` (zeroed by the caller, of object->size). `document` must
 * have arena and file set and be zero otherwise. Returns 0 also when there are problems (look at
 * problem_count); -ENOMEM. Text that is no JSON is a problem too.
 *
 * Leniency as Go's decoder: null is absence, a key given twice counts the last time (and starts
 * from nothing again), unknown keys are kept aside. Not as Go: keys match by case; null is no item
 * of an array; strings with a NUL character, invalid UTF-8 or half a surrogate pair are refused.
 * Nesting is limited to 64. Empty arrays and maps have no items, keys or values: NULL and 0.
 */
int corc_json_read(struct corc_json_document *document, const struct corc_json_object *object,
	const char *text, size_t length, void *target);

/* As corc_json_read for a document that is an array of objects. */
int corc_json_read_array(struct corc_json_document *document, const struct corc_json_object *object,
	const char *text, size_t length, struct corc_json_items *ret_items);

/*
 * The node of property `key` of the object at `node` (of the node itself when key is NULL), the
 * item `index` of it when index is not UINT32_MAX. Falls back to the nearest node that there is (a
 * property that was not given: its object).
 */
uint32_t corc_json_find(
	const struct corc_json_document *document, uint32_t node, const char *key, uint32_t index);

/* Fills file, line, column and path of a node: "mounts[3].options[1]". */
void corc_json_origin(
	const struct corc_json_document *document, uint32_t node, struct corc_origin *ret_origin);

/*
 * "FILE:LINE:COLUMN: PATH: TEXT" for a remark about a node, and "PATH: TEXT" where there is no
 * file, as for what options give. NULL: no memory.
 */
const char *corc_json_remark(struct corc_arena *arena, const struct corc_json_document *document,
	uint32_t node, const char *text);

/*
 * Adds a problem at a node: for checks after reading. The first 100 are kept, then "...and more".
 * Returns 0 or -ENOMEM.
 */
int corc_json_problem_add(struct corc_json_document *document, uint32_t node, const char *format,
	...) CORC_PRINTF(3, 4);

/*
 * 0 when there is no problem; else fills error with the first (origin set) and, when there are
 * more, joins all into the message, one a line after the first: "…\nconfig.json:7:3: PATH: TEXT".
 * code is EINVAL, step CORC_STEP_LOAD.
 */
int corc_json_problems(const struct corc_json_document *document, struct corc_error *error);

/* Fills error with one problem alone, as corc_json_problems does with the first. Returns -EINVAL.
 */
int corc_json_problem_error(
	const struct corc_json_document *document, size_t index, struct corc_error *error);

/*
 * What the unknown key at a node (document->unknown) was probably meant to be, when the document
 * was read with `root`: a property of the same object with nearly that name, "hostname", or the one
 * place where there is a property of that name, "linux.namespaces". False: nothing is near.
 */
bool corc_json_suggest(const struct corc_json_document *document,
	const struct corc_json_object *root, uint32_t node, char *ret_name, size_t size);

#endif
