/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/rows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static void walk(struct row_path *path, const struct corc_json_object *object, row_visitor *visit,
	void *data)
{
	assert(path->depth < ROW_DEPTH_MAX);
	for (size_t i = 0; i < object->count; i++) {
		path->steps[path->depth++] = &object->fields[i];
		visit(path, data);
		if (object->fields[i].object)
			walk(path, object->fields[i].object, visit, data);
		path->depth--;
	}
}

void rows_walk(const struct corc_json_object *root, row_visitor *visit, void *data)
{
	struct row_path path = {.root = root};

	walk(&path, root, visit, data);
}

const struct corc_json_field *row_of(const struct row_path *path)
{
	return path->steps[path->depth - 1];
}

void row_name(const struct row_path *path, struct corc_buffer *name)
{
	for (size_t i = 0; i < path->depth; i++) {
		const struct corc_json_field *step = path->steps[i];
		const char *item = step->type == CORC_JSON_OBJECT_ARRAY ? "[0]"
				   : step->type == CORC_JSON_OBJECT_MAP ? ".key"
									: "";

		corc_buffer_printf(
			name, "%s%s%s", i ? "." : "", step->name, i + 1 < path->depth ? item : "");
	}
}

/* What else the object of the row needs. */
static void put_required(const struct row_path *path, struct corc_buffer *text)
{
	const struct corc_json_object *object =
		path->depth == 1 ? path->root : path->steps[path->depth - 2]->object;
	char buffer[128];

	for (size_t i = 0; i < object->count; i++) {
		const struct corc_json_field *row = &object->fields[i];

		if (row != row_of(path) && (row->flags & CORC_JSON_REQUIRED))
			corc_buffer_printf(
				text, ",\"%s\":%s", row->name, row_good_value(row, buffer));
	}
}

void row_document(const struct row_path *path, const char *value, struct corc_buffer *text)
{
	for (size_t i = 0; i + 1 < path->depth; i++)
		corc_buffer_printf(text, "{\"%s\":%s", path->steps[i]->name,
			path->steps[i]->type == CORC_JSON_OBJECT_ARRAY ? "["
			: path->steps[i]->type == CORC_JSON_OBJECT_MAP ? "{\"key\":"
								       : "");
	if (*value) {
		corc_buffer_printf(text, "{\"%s\":%s", row_of(path)->name, value);
		put_required(path, text);
		corc_buffer_puts(text, "}");
	} else {
		corc_buffer_puts(text, "{}");
	}
	for (size_t i = path->depth - 1; i-- > 0;)
		corc_buffer_printf(text, "%s}",
			path->steps[i]->type == CORC_JSON_OBJECT_ARRAY ? "]"
			: path->steps[i]->type == CORC_JSON_OBJECT_MAP ? "}"
								       : "");
}

void *row_member(const struct row_path *path, void *document)
{
	char *object = document;

	for (size_t i = 0; i + 1 < path->depth && object; i++) {
		const struct corc_json_field *step = path->steps[i];

		object += step->offset;
		if (step->type == CORC_JSON_OBJECT_ARRAY || step->type == CORC_JSON_OBJECT_MAP)
			object = ((struct corc_json_items *)object)->items;
		else if (step->flags & CORC_JSON_POINTER)
			object = *(void **)object;
	}
	if (!object)
		return NULL;
	object += row_of(path)->offset;
	return row_of(path)->flags & CORC_JSON_POINTER ? *(void **)object : object;
}

const char *row_good_value(const struct corc_json_field *row, char buffer[128])
{
	switch (row->type) {
	case CORC_JSON_STRING:
		return "\"text\"";
	case CORC_JSON_BOOL:
		return "true";
	case CORC_JSON_U32:
	case CORC_JSON_U64:
	case CORC_JSON_I64:
		return "1";
	case CORC_JSON_ENUM:
		(void)snprintf(buffer, 128, "\"%s\"", row->values[0].name);
		return buffer;
	case CORC_JSON_OBJECT:
		return "{}";
	case CORC_JSON_OBJECT_ARRAY:
		return "[{}]";
	case CORC_JSON_STRING_ARRAY:
		return "[\"one\",\"two\"]";
	case CORC_JSON_U32_ARRAY:
		return "[1,2]";
	case CORC_JSON_ENUM_ARRAY:
		(void)snprintf(buffer, 128, "[\"%s\"]", row->values[0].name);
		return buffer;
	case CORC_JSON_STRING_MAP:
		return "{\"key\":\"value\"}";
	case CORC_JSON_OBJECT_MAP:
		return "{\"key\":{}}";
	case CORC_JSON_IGNORED:
		return "null";
	}
	return NULL;
}
