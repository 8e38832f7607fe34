/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack of values that are being read, and the rows by key. Layer: base; the parent process
 * only.
 *
 * A frame is open for each object, array and map that is being stored. What is not to be stored
 * (unknown, ignored, refused) is passed over by counting its brackets in `skipped`, so the frames
 * never see anything of it.
 */
#include <errno.h>
#include <string.h>

#include "base/json_private.h"

/* What becomes of a value; or a negative errno. */
enum outcome { PASS_OVER, STORE };

static bool is_container(const struct corc_json_token *token)
{
	return token->kind == CORC_JSON_KIND_OBJECT || token->kind == CORC_JSON_KIND_ARRAY;
}

static bool is_map_type(enum corc_json_type type)
{
	return type == CORC_JSON_STRING_MAP || type == CORC_JSON_OBJECT_MAP;
}

static struct corc_json_frame *top(struct corc_json_reader *reader)
{
	return &reader->frames[reader->depth - 1];
}

static int add_node(struct corc_json_reader *reader, const char *key, uint32_t index,
	const struct corc_json_token *token, uint32_t *ret_node)
{
	struct corc_json_node *node = corc_json_node_new(reader->document);

	if (!node)
		return -ENOMEM;
	node->parent = reader->depth > 0 ? top(reader)->node : 0;
	node->index = index;
	node->key = key;
	node->line = token->line;
	node->column = token->column;
	*ret_node = (uint32_t)(node - reader->document->nodes);
	return 0;
}

static int keep_node(
	struct corc_json_document *document, struct corc_json_nodes *nodes, uint32_t node)
{
	uint32_t *items = corc_arena_grow(
		document->arena, nodes->items, nodes->count, &nodes->capacity, sizeof(*items));

	if (!items)
		return -ENOMEM;
	nodes->items = items;
	nodes->items[nodes->count++] = node;
	return 0;
}

/* A member that has a value already loses it: the last of several counts. */
static void clear_member(const struct corc_json_frame *frame)
{
	const struct corc_json_field *row = frame->row;
	size_t size = corc_json_size(row, row->type);

	if (row->flags & CORC_JSON_POINTER)
		size = sizeof(void *);
	memset(frame->target + row->offset, 0, size);
}

static int open_property(struct corc_json_reader *reader, const struct corc_json_token *token,
	struct corc_json_slot *ret_slot)
{
	struct corc_json_frame *frame = top(reader);
	const struct corc_json_field *row = frame->row;
	bool is_stored;
	uint64_t bit;
	uint32_t node;
	int r;

	r = add_node(reader, frame->key, UINT32_MAX, token, &node);
	if (r < 0)
		return r;
	if (!row) {
		r = keep_node(reader->document, &reader->document->unknown, node);
		return r < 0 ? r : PASS_OVER;
	}
	is_stored = row->type != CORC_JSON_IGNORED;
	bit = (uint64_t)1 << (row - frame->field->object->fields);
	if (frame->seen & bit) {
		if (is_stored)
			clear_member(frame);
		r = keep_node(reader->document, &reader->document->repeated, node);
		if (r < 0)
			return r;
	}
	frame->seen &= ~bit;
	if (token->kind == CORC_JSON_KIND_NULL)
		return PASS_OVER;
	frame->seen |= bit;
	*ret_slot = (struct corc_json_slot){row, row->type, node, frame->target + row->offset};
	return is_stored ? STORE : PASS_OVER;
}

/* The slot has no member yet: an item has no place before it is known to be one. */
static int open_item(struct corc_json_reader *reader, const struct corc_json_token *token,
	struct corc_json_slot *ret_slot)
{
	struct corc_json_frame *frame = top(reader);
	bool is_map = is_map_type(frame->type);
	uint32_t node;
	int r;

	r = add_node(reader, frame->key, is_map ? UINT32_MAX : frame->index++, token, &node);
	if (r < 0)
		return r;
	if (is_map && token->kind == CORC_JSON_KIND_NULL)
		return PASS_OVER;
	*ret_slot = (struct corc_json_slot){
		frame->field, corc_json_types[frame->type].item, node, NULL};
	return STORE;
}

static int open_slot(struct corc_json_reader *reader, const struct corc_json_token *token,
	struct corc_json_slot *ret_slot)
{
	uint32_t node;
	int r;

	if (reader->depth > 0 && top(reader)->is_dropped)
		return PASS_OVER;
	if (reader->depth > 0)
		return top(reader)->type == CORC_JSON_OBJECT
			       ? open_property(reader, token, ret_slot)
			       : open_item(reader, token, ret_slot);
	r = add_node(reader, NULL, UINT32_MAX, token, &node);
	if (r < 0)
		return r;
	*ret_slot = (struct corc_json_slot){&reader->root, reader->root.type, node, reader->target};
	return STORE;
}

/* The place after the last item; it counts when something has been stored there. */
static void *next_place(struct corc_json_reader *reader, const struct corc_json_slot *slot)
{
	struct corc_arena *arena = reader->document->arena;
	struct corc_json_frame *frame = top(reader);

	if (frame->type == CORC_JSON_STRING_MAP)
		return corc_json_next_pair(arena, (struct corc_string_map *)frame->target,
			&frame->capacity, frame->key);
	return corc_json_next_item(arena, (struct corc_json_items *)frame->target, &frame->capacity,
		corc_json_size(slot->field, slot->type));
}

/* Gives an item its place, and a pointer member something to point to. */
static int place_member(struct corc_json_reader *reader, struct corc_json_slot *slot)
{
	void *value;

	if (slot->member && !(slot->field->flags & CORC_JSON_POINTER))
		return 0;
	if (slot->member) {
		value = corc_arena_alloc(
			reader->document->arena, corc_json_size(slot->field, slot->type));
		memcpy(slot->member, &value, sizeof(value));
	} else {
		value = next_place(reader, slot);
	}
	slot->member = value;
	return value ? 0 : -ENOMEM;
}

/* The item that has just been stored counts. */
static void count_item(struct corc_json_reader *reader)
{
	struct corc_json_frame *frame = reader->depth > 0 ? top(reader) : NULL;

	if (!frame || frame->type == CORC_JSON_OBJECT)
		return;
	if (frame->type == CORC_JSON_STRING_MAP)
		((struct corc_string_map *)frame->target)->count++;
	else
		((struct corc_json_items *)frame->target)->count++;
}

static void push(struct corc_json_reader *reader, const struct corc_json_slot *slot)
{
	const struct corc_json_frame *outer = reader->depth > 0 ? top(reader) : NULL;
	struct corc_json_frame *frame = &reader->frames[reader->depth++];

	*frame = (struct corc_json_frame){
		.field = slot->field,
		.type = slot->type,
		.target = slot->member,
		.node = slot->node,
	};
	if (slot->type == CORC_JSON_OBJECT)
		*(uint32_t *)(frame->target + slot->field->object->node_offset) = slot->node;
	if (outer && outer->type == CORC_JSON_OBJECT_MAP)
		*(const char **)(frame->target + slot->field->object->name_offset) = outer->key;
}

static int store(struct corc_json_reader *reader, struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	int r;

	if (token->kind != corc_json_types[slot->type].kind) {
		r = corc_json_wrong_type(reader->document, slot, token);
		return r < 0 ? r : PASS_OVER;
	}
	if (token->flaw) {
		r = corc_json_problem_at(reader->document, slot->node, token, "%s", token->flaw);
		return r < 0 ? r : PASS_OVER;
	}
	r = place_member(reader, slot);
	if (r < 0)
		return r;
	r = is_container(token) ? STORE : corc_json_store(reader->document, slot, token);
	if (r == STORE)
		count_item(reader);
	if (r == STORE && is_container(token))
		push(reader, slot);
	return r;
}

static int check_nesting(struct corc_json_reader *reader, const struct corc_json_token *token)
{
	uint32_t node = reader->depth > 0 ? top(reader)->node : 0;
	int r;

	if (!is_container(token) || reader->depth + reader->skipped < CORC_JSON_NESTING_MAX)
		return 0;
	r = corc_json_problem_at(reader->document, node, token, "nested deeper than %d levels",
		CORC_JSON_NESTING_MAX);
	return r < 0 ? r : -ECANCELED;
}

int corc_json_take_value(struct corc_json_reader *reader, const struct corc_json_token *token)
{
	struct corc_json_slot slot = {0};
	int r = check_nesting(reader, token);

	if (r < 0)
		return r;
	if (reader->skipped > 0) {
		reader->skipped += is_container(token);
		return 0;
	}
	r = open_slot(reader, token, &slot);
	if (r == STORE)
		r = store(reader, &slot, token);
	if (r == PASS_OVER && is_container(token))
		reader->skipped = 1;
	return r < 0 ? r : 0;
}

/* Properties mostly come in the order of the rows. */
static const struct corc_json_field *find_row(
	struct corc_json_frame *frame, const char *key, size_t length)
{
	const struct corc_json_object *object = frame->field->object;
	size_t at = frame->next_row;

	for (size_t tried = 0; tried < object->count; tried++, at++) {
		const char *name;

		at = at < object->count ? at : 0;
		name = object->fields[at].name;
		if (strncmp(name, key, length) == 0 && name[length] == '\0') {
			frame->next_row = at + 1;
			return &object->fields[at];
		}
	}
	return NULL;
}

static int open_key(struct corc_json_reader *reader, const struct corc_json_token *key)
{
	struct corc_json_frame *frame = top(reader);

	frame->is_dropped = key->flaw != NULL;
	if (key->flaw) {
		return corc_json_problem_at(
			reader->document, frame->node, key, "property name: %s", key->flaw);
	}
	if (frame->type == CORC_JSON_OBJECT)
		frame->row = find_row(frame, key->text, key->length);
	if (frame->row)
		frame->key = frame->row->name;
	else
		frame->key = corc_arena_text(reader->document->arena, key->text, key->length);
	return frame->key ? 0 : -ENOMEM;
}

int corc_json_take_key(struct corc_json_reader *reader, const struct corc_json_token *key)
{
	return reader->skipped > 0 ? 0 : open_key(reader, key);
}

static int check_required(struct corc_json_reader *reader, const struct corc_json_frame *frame)
{
	const struct corc_json_object *object = frame->field->object;
	int r = 0;

	for (size_t at = 0; at < object->count && r == 0; at++)
		if ((object->fields[at].flags & CORC_JSON_REQUIRED) && !(frame->seen >> at & 1))
			r = corc_json_problem_add(reader->document, frame->node,
				"required property \"%s\" is missing", object->fields[at].name);
	return r;
}

int corc_json_take_end(struct corc_json_reader *reader)
{
	struct corc_json_frame *frame;

	if (reader->skipped > 0) {
		reader->skipped--;
		return 0;
	}
	frame = top(reader);
	reader->depth--;
	if (frame->type == CORC_JSON_OBJECT)
		return check_required(reader, frame);
	if (frame->type == CORC_JSON_STRING_MAP)
		return corc_json_unique_keys((struct corc_string_map *)frame->target);
	if (frame->type == CORC_JSON_OBJECT_MAP)
		return corc_json_unique_items(
			frame->field->object, (struct corc_json_items *)frame->target);
	return 0;
}
