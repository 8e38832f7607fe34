/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values into the members of C structs. Layer: base; the parent process only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_private.h"
#include "base/number.h"

static int refused(int r)
{
	return r < 0 ? r : 0;
}

static int store_string(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	char *copy;

	if (token->length == 0 && (slot->field->flags & CORC_JSON_NOT_EMPTY))
		return refused(corc_json_problem_at(
			document, slot->node, token, "expected a string that is not empty"));
	copy = corc_arena_text(document->arena, token->text, token->length);
	if (!copy)
		return -ENOMEM;
	*(const char **)slot->member = copy;
	return 1;
}

static int store_bool(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	(void)document;
	*(bool *)slot->member = token->truth;
	return 1;
}

static int store_unsigned(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	struct corc_json_bounds bounds = corc_json_bounds_of(slot);
	uint64_t value;

	if (corc_parse_u64(token->text, token->length, bounds.max, &value) < 0 ||
		value < bounds.min_unsigned)
		return refused(corc_json_wrong_number(document, slot, token));
	if (slot->type == CORC_JSON_U32)
		*(uint32_t *)slot->member = (uint32_t)value;
	else
		*(uint64_t *)slot->member = value;
	return 1;
}

static int store_i64(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	struct corc_json_bounds bounds = corc_json_bounds_of(slot);
	int64_t value;

	if (corc_parse_i64(token->text, token->length, &value) < 0 || value < bounds.min ||
		(value > 0 && (uint64_t)value > bounds.max))
		return refused(corc_json_wrong_number(document, slot, token));
	*(int64_t *)slot->member = value;
	return 1;
}

static int store_enum(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	const struct corc_json_enum *choice = slot->field->values;

	while (choice->name && (strncmp(choice->name, token->text, token->length) != 0 ||
				       choice->name[token->length] != '\0'))
		choice++;
	if (!choice->name)
		return refused(corc_json_wrong_enum(document, slot, token));
	*(uint32_t *)slot->member = choice->value;
	return 1;
}

#define SCALAR(type, kind, size, store) \
	[CORC_JSON_##type] = {CORC_JSON_KIND_##kind, CORC_JSON_##type, size, store}
#define CONTAINER(type, kind, item, size) \
	[CORC_JSON_##type] = {CORC_JSON_KIND_##kind, CORC_JSON_##item, size, NULL}

const struct corc_json_type_row corc_json_types[] = {
	SCALAR(STRING, STRING, sizeof(char *), store_string),
	SCALAR(BOOL, BOOL, sizeof(bool), store_bool),
	SCALAR(U32, NUMBER, sizeof(uint32_t), store_unsigned),
	SCALAR(U64, NUMBER, sizeof(uint64_t), store_unsigned),
	SCALAR(I64, NUMBER, sizeof(int64_t), store_i64),
	SCALAR(ENUM, STRING, sizeof(uint32_t), store_enum),
	CONTAINER(OBJECT, OBJECT, OBJECT, 0),
	CONTAINER(OBJECT_ARRAY, ARRAY, OBJECT, sizeof(struct corc_json_items)),
	CONTAINER(STRING_ARRAY, ARRAY, STRING, sizeof(struct corc_string_array)),
	CONTAINER(U32_ARRAY, ARRAY, U32, sizeof(struct corc_u32_array)),
	CONTAINER(ENUM_ARRAY, ARRAY, ENUM, sizeof(struct corc_u32_array)),
	CONTAINER(STRING_MAP, OBJECT, STRING, sizeof(struct corc_string_map)),
	CONTAINER(OBJECT_MAP, OBJECT, OBJECT, sizeof(struct corc_json_items)),
};

size_t corc_json_size(const struct corc_json_field *field, enum corc_json_type type)
{
	size_t size = corc_json_types[type].size;

	return size > 0 ? size : field->object->size;
}

int corc_json_store(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	return corc_json_types[slot->type].store(document, slot, token);
}

void *corc_json_next_item(
	struct corc_arena *arena, struct corc_json_items *array, size_t *capacity, size_t size)
{
	/* One item more than is needed: the NULL that ends an array of strings. */
	void *items = corc_arena_grow(
		arena, array->items, array->items ? array->count + 1 : 0, capacity, size);

	if (!items)
		return NULL;
	array->items = items;
	return (char *)items + array->count * size;
}

const char **corc_json_next_pair(
	struct corc_arena *arena, struct corc_string_map *map, size_t *capacity, const char *key)
{
	size_t keys_capacity = *capacity;
	const char **keys =
		corc_arena_grow(arena, map->keys, map->count, &keys_capacity, sizeof(*keys));
	const char **values =
		corc_arena_grow(arena, map->values, map->count, capacity, sizeof(*values));

	if (!keys || !values)
		return NULL;
	map->keys = keys;
	map->values = values;
	keys[map->count] = key;
	return &values[map->count];
}

struct pair {
	const char *key;
	size_t place;
};

static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left;
	const struct pair *b = right;
	int order = strcmp(a->key, b->key);

	if (order != 0)
		return order;
	return a->place < b->place ? -1 : a->place > b->place;
}

/* Sets all but the last of equal keys to NULL. The first key is at `keys`, each `step` bytes on. */
static int drop_repeated(void *keys, size_t count, size_t step)
{
	struct pair *pairs;

	if (count < 2)
		return 0;
	pairs = calloc(count, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	for (size_t at = 0; at < count; at++)
		pairs[at] = (struct pair){*(const char **)((char *)keys + at * step), at};
	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	for (size_t at = 0; at + 1 < count; at++)
		if (strcmp(pairs[at].key, pairs[at + 1].key) == 0)
			*(const char **)((char *)keys + pairs[at].place * step) = NULL;
	free(pairs);
	return 0;
}

int corc_json_unique_keys(struct corc_string_map *map)
{
	size_t kept = 0;
	int r = drop_repeated(map->keys, map->count, sizeof(*map->keys));

	if (r < 0)
		return r;
	for (size_t at = 0; at < map->count; at++) {
		if (!map->keys[at])
			continue;
		map->keys[kept] = map->keys[at];
		map->values[kept++] = map->values[at];
	}
	map->count = kept;
	return 0;
}

int corc_json_unique_items(const struct corc_json_object *object, struct corc_json_items *map)
{
	char *items = map->items;
	size_t kept = 0;
	int r = drop_repeated(items + object->name_offset, map->count, object->size);

	if (r < 0)
		return r;
	for (size_t at = 0; at < map->count; at++) {
		char *item = items + at * object->size;

		if (!*(const char **)(item + object->name_offset))
			continue;
		if (kept < at)
			memcpy(items + kept * object->size, item, object->size);
		kept++;
	}
	map->count = kept;
	return 0;
}
