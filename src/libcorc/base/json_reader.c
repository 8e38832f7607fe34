/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON into typed structs: yajl's events. Layer: base; the parent process only. Nothing else
 * includes yajl.
 */
#include "base/json_reader.h"

#include <errno.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/json_private.h"

/* What the parser takes for a usual document. */
#define PARSER_SPACE ((size_t)8 * 1024)

struct events {
	struct corc_json_reader reader;
	yajl_handle parser;
	struct corc_arena memory; /* of the parser */
	jmp_buf out_of_memory;
	int status;     /* why a callback stopped the parser */
	bool is_at_end; /* the parser is being told that there is no more text */
	size_t end;     /* of the last token, in the whole text */
};

/* yajl uses what it gets without looking, so it must not get NULL. */
struct allocation {
	size_t size;
	alignas(max_align_t) char data[];
};

static void *allocate(void *context, size_t size)
{
	struct events *events = context;
	struct allocation *made = NULL;

	if (size <= PTRDIFF_MAX - sizeof(*made))
		made = corc_arena_alloc(&events->memory, sizeof(*made) + size);
	if (!made)
		longjmp(events->out_of_memory, 1);
	made->size = size;
	return made->data;
}

static void *reallocate(void *context, void *data, size_t size)
{
	char *larger = allocate(context, size);

	if (data) {
		const struct allocation *before =
			(const struct allocation *)(const void *)((const char *)data -
								  offsetof(
									  struct allocation, data));

		memcpy(larger, data, before->size < size ? before->size : size);
	}
	return larger;
}

/* All of it goes with the arena. */
static void release(void *context, void *data)
{
	(void)context;
	(void)data;
}

/* Sets the end of the token that the parser reports. */
static void set_end(struct events *events, struct corc_json_token *token)
{
	events->end = events->is_at_end ? events->reader.text.length
					: yajl_get_bytes_consumed(events->parser);
	token->end = events->end;
}

/* Callbacks return 0 to stop the parser. */
static int proceed(struct events *events, int r)
{
	events->status = r;
	return r == 0;
}

static int take_value(struct events *events, struct corc_json_token *token, size_t length)
{
	set_end(events, token);
	token->start = token->end - length;
	corc_json_locate(&events->reader.text, token);
	return proceed(events, corc_json_take_value(&events->reader, token));
}

static int on_null(void *context)
{
	struct corc_json_token token = {.kind = CORC_JSON_KIND_NULL};

	return take_value(context, &token, strlen("null"));
}

static int on_boolean(void *context, int truth)
{
	struct corc_json_token token = {.kind = CORC_JSON_KIND_BOOL, .truth = truth};

	return take_value(context, &token, strlen(truth ? "true" : "false"));
}

static int on_number(void *context, const char *text, size_t length)
{
	struct corc_json_token token = {CORC_JSON_KIND_NUMBER, .text = text, .length = length};

	return take_value(context, &token, length);
}

static int on_start_map(void *context)
{
	struct corc_json_token token = {.kind = CORC_JSON_KIND_OBJECT};

	return take_value(context, &token, strlen("{"));
}

static int on_start_array(void *context)
{
	struct corc_json_token token = {.kind = CORC_JSON_KIND_ARRAY};

	return take_value(context, &token, strlen("["));
}

/* Filled in place: returning the struct would stall on its own stores. */
static void set_string(struct events *events, struct corc_json_token *token,
	const unsigned char *text, size_t length)
{
	token->kind = CORC_JSON_KIND_STRING;
	token->text = (const char *)text;
	token->length = length;
	set_end(events, token);
	corc_json_check_string(&events->reader.text, token);
	corc_json_locate(&events->reader.text, token);
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
	struct events *events = context;
	struct corc_json_token token;

	set_string(events, &token, text, length);
	return proceed(events, corc_json_take_value(&events->reader, &token));
}

static int on_map_key(void *context, const unsigned char *text, size_t length)
{
	struct events *events = context;
	struct corc_json_token key;

	set_string(events, &key, text, length);
	return proceed(events, corc_json_take_key(&events->reader, &key));
}

static int on_end(void *context)
{
	struct corc_json_token token = {0};
	struct events *events = context;

	set_end(events, &token);
	return proceed(events, corc_json_take_end(&events->reader));
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_map_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end,
};

static int syntax_problem(struct events *events, const char *cause)
{
	struct corc_json_reader *reader = &events->reader;
	struct corc_json_failure failure = {
		.text = reader->text.data,
		.length = reader->text.length,
		.after = events->end,
		.offset = events->is_at_end ? reader->text.length
					    : yajl_get_bytes_consumed(events->parser),
		.at_end = events->is_at_end,
		.cause = cause,
	};
	uint32_t node = reader->depth > 0 ? reader->frames[reader->depth - 1].node : 0;

	return corc_json_syntax_problem(reader->document, node, &failure);
}

static int parser_problem(struct events *events)
{
	unsigned char *cause = yajl_get_error(events->parser, 0, NULL, 0);
	int r;

	if (!cause)
		return -ENOMEM;
	r = syntax_problem(events, (const char *)cause);
	yajl_free_error(events->parser, cause);
	return r;
}

static bool is_complete(const struct corc_json_reader *reader)
{
	return reader->document->node_count > 0 && reader->depth == 0 && reader->skipped == 0;
}

static int parse(struct events *events)
{
	const struct corc_json_text *text = &events->reader.text;
	yajl_status status;

	status = yajl_parse(events->parser, (const unsigned char *)text->data, text->length);
	if (status == yajl_status_ok && is_complete(&events->reader)) {
		/* To yajl the beginning of a string behind the document is its end. */
		if (corc_json_skip_blanks(text->data, text->length, events->end) < text->length)
			return syntax_problem(events, CORC_JSON_TRAILING);
		return 0;
	}
	if (status == yajl_status_ok) {
		events->is_at_end = true;
		status = yajl_complete_parse(events->parser);
	}
	if (status == yajl_status_error)
		return parser_problem(events);
	return events->status == -ECANCELED ? 0 : events->status;
}

/* Most values of an indented configuration take this much text, so the nodes are rarely moved. */
static int reserve_nodes(struct corc_json_document *document, size_t length)
{
	size_t capacity = length / 24 + 16;

	if (capacity > 4096)
		capacity = 4096;
	document->nodes = corc_arena_array(document->arena, capacity, sizeof(*document->nodes));
	if (!document->nodes)
		return -ENOMEM;
	document->node_capacity = capacity;
	return 0;
}

static int parse_in_memory(struct events *events)
{
	const yajl_alloc_funcs memory = {
		.malloc = allocate, .realloc = reallocate, .free = release, .ctx = events};

	if (setjmp(events->out_of_memory) != 0)
		return -ENOMEM;
	events->parser = yajl_alloc(&callbacks, (yajl_alloc_funcs *)&memory, events);
	return events->parser ? parse(events) : -ENOMEM;
}

static int read_document(struct corc_json_document *document, const struct corc_json_field *root,
	const char *text, size_t length, void *target)
{
	struct events events = {
		.reader = {
			.document = document,
			.text = {.data = length > 0 ? text : "", .length = length, .line = 1},
			.root = *root,
			.target = target,
		}};
	int r = reserve_nodes(document, length);

	char space[PARSER_SPACE];

	if (r < 0)
		return r;
	corc_arena_init(&events.memory, space, sizeof(space));
	r = parse_in_memory(&events);
	corc_arena_done(&events.memory);
	corc_json_sort_problems(document);
	return r;
}

int corc_json_read(struct corc_json_document *document, const struct corc_json_object *object,
	const char *text, size_t length, void *target)
{
	struct corc_json_field root = {.type = CORC_JSON_OBJECT, .object = object};

	return read_document(document, &root, text, length, target);
}

int corc_json_read_array(struct corc_json_document *document, const struct corc_json_object *object,
	const char *text, size_t length, struct corc_json_items *ret_items)
{
	struct corc_json_field root = {.type = CORC_JSON_OBJECT_ARRAY, .object = object};
	struct corc_json_items items = {NULL, 0};
	int r = read_document(document, &root, text, length, &items);

	if (r == 0)
		*ret_items = items;
	return r;
}
