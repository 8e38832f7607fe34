/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walker over the tables for both directions. Layer: spec; the parent process only.
 *
 * Content is the rows in their order: numbers as they lie in memory, a byte before everything that
 * may be absent, a count before everything that repeats, strings with their length and a NUL.
 */
#include "spec/pack.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"

#define PACK_MAGIC 0x316b63617063u /* "cpack1"; another byte order reads another number */
#define ABSENT UINT32_MAX

struct pack_header {
	uint64_t magic;
	uint64_t fingerprint; /* of the table */
	uint64_t length;      /* of the content */
	uint64_t checksum;    /* of the content */
};

struct cursor {
	struct corc_arena *arena;
	const char *next;
	size_t left;
};

/* How one type of row lies in C and in the content. */
struct codec {
	size_t size;  /* of the member, of what it points to with CORC_JSON_POINTER; 0: object */
	size_t least; /* bytes of content, at least */
	void (*pack)(
		struct corc_buffer *buffer, const struct corc_json_field *field, const void *value);
	int (*unpack)(struct cursor *cursor, const struct corc_json_field *field, void *value);
};

static const struct codec codecs[CORC_JSON_IGNORED];

static void pack_object(
	struct corc_buffer *buffer, const struct corc_json_object *object, const char *value);
static int unpack_object(
	struct cursor *cursor, const struct corc_json_object *object, char *target);

static bool has_content(const struct corc_json_field *field)
{
	return field->type != CORC_JSON_IGNORED;
}

/* --- taking bytes; every read of the content goes through these two ------------------------- */

static const char *take(struct cursor *cursor, size_t size)
{
	const char *taken = cursor->next;

	if (size > cursor->left)
		return NULL;
	cursor->next += size;
	cursor->left -= size;
	return taken;
}

static int take_number(struct cursor *cursor, size_t size, void *ret_number)
{
	const char *taken = take(cursor, size);

	if (!taken)
		return -EBADMSG;
	memcpy(ret_number, taken, size);
	return 0;
}

/* A count of things of at least `least` bytes each: what is left bounds the memory asked for. */
static int take_count(struct cursor *cursor, size_t least, uint32_t *ret_count)
{
	uint32_t count = 0;

	if (take_number(cursor, sizeof(count), &count) < 0)
		return -EBADMSG;
	if (count != ABSENT && (least == 0 || count > cursor->left / least))
		return -EBADMSG;
	*ret_count = count;
	return 0;
}

/* --- numbers -------------------------------------------------------------------------------- */

static void pack_number(
	struct corc_buffer *buffer, const struct corc_json_field *field, const void *value)
{
	corc_buffer_append(buffer, value, codecs[field->type].size);
}

static int unpack_number(struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	return take_number(cursor, codecs[field->type].size, value);
}

static int unpack_bool(struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	unsigned char byte = 0;

	(void)field;
	if (take_number(cursor, sizeof(byte), &byte) < 0 || byte > 1)
		return -EBADMSG;
	*(bool *)value = byte;
	return 0;
}

static bool is_in_set(const struct corc_json_enum *values, uint32_t number)
{
	for (; values->name; values++)
		if (values->value == number)
			return true;
	return false;
}

static int unpack_enum(struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	uint32_t number = 0;

	if (take_number(cursor, sizeof(number), &number) < 0)
		return -EBADMSG;
	/* Members that were never set are 0. */
	if (number != 0 && !is_in_set(field->values, number))
		return -EBADMSG;
	*(uint32_t *)value = number;
	return 0;
}

/* --- strings -------------------------------------------------------------------------------- */

static void pack_text(struct corc_buffer *buffer, const char *text)
{
	size_t length = text ? strlen(text) : 0;
	uint32_t stored = text ? (uint32_t)length : ABSENT;

	if (length >= ABSENT) {
		buffer->failed = true;
		return;
	}
	corc_buffer_append(buffer, &stored, sizeof(stored));
	if (text)
		corc_buffer_append(buffer, text, length + 1);
}

static int unpack_text(struct cursor *cursor, bool may_be_absent, const char **ret_text)
{
	const char *text = NULL;
	uint32_t length = 0;

	if (take_count(cursor, 1, &length) < 0)
		return -EBADMSG;
	if (length != ABSENT) {
		text = take(cursor, (size_t)length + 1);
		if (!text || memchr(text, '\0', (size_t)length + 1) != text + length)
			return -EBADMSG;
	} else if (!may_be_absent) {
		return -EBADMSG;
	}
	*ret_text = text;
	return 0;
}

static void pack_string(
	struct corc_buffer *buffer, const struct corc_json_field *field, const void *value)
{
	(void)field;
	pack_text(buffer, *(const char *const *)value);
}

static int unpack_string(struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	(void)field;
	return unpack_text(cursor, true, value);
}

/* --- arrays and maps ------------------------------------------------------------------------ */

/* No array and an empty one stay two things. */
static void pack_count(struct corc_buffer *buffer, const void *items, size_t count)
{
	uint32_t stored = items ? (uint32_t)count : ABSENT;

	if (count >= ABSENT)
		buffer->failed = true;
	corc_buffer_append(buffer, &stored, sizeof(stored));
}

static void pack_strings(
	struct corc_buffer *buffer, const struct corc_json_field *field, const void *value)
{
	const struct corc_string_array *array = value;

	(void)field;
	pack_count(buffer, array->items, array->count);
	for (size_t i = 0; i < array->count; i++)
		pack_text(buffer, array->items[i]);
}

static int unpack_strings(struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	struct corc_string_array *array = value;
	uint32_t count = 0;

	(void)field;
	if (take_count(cursor, sizeof(uint32_t) + 1, &count) < 0)
		return -EBADMSG;
	if (count == ABSENT)
		return 0;
	array->items = corc_arena_array(cursor->arena, (size_t)count + 1, sizeof(*array->items));
	if (!array->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		if (unpack_text(cursor, false, &array->items[i]) < 0)
			return -EBADMSG;
	array->count = count;
	return 0;
}

static void pack_numbers(
	struct corc_buffer *buffer, const struct corc_json_field *field, const void *value)
{
	const struct corc_u32_array *array = value;

	(void)field;
	pack_count(buffer, array->items, array->count);
	if (array->count > 0)
		corc_buffer_append(buffer, array->items, array->count * sizeof(*array->items));
}

static int unpack_numbers(struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	struct corc_u32_array *array = value;
	uint32_t count = 0;

	if (take_count(cursor, sizeof(*array->items), &count) < 0)
		return -EBADMSG;
	if (count == ABSENT)
		return 0;
	array->items = corc_arena_array(cursor->arena, (size_t)count + 1, sizeof(*array->items));
	if (!array->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		if (take_number(cursor, sizeof(uint32_t), &array->items[i]) < 0)
			return -EBADMSG;
		if (field->values && !is_in_set(field->values, array->items[i]))
			return -EBADMSG;
	}
	array->count = count;
	return 0;
}

static void pack_map(
	struct corc_buffer *buffer, const struct corc_json_field *field, const void *value)
{
	const struct corc_string_map *map = value;

	(void)field;
	pack_count(buffer, map->keys, map->count);
	for (size_t i = 0; i < map->count; i++) {
		pack_text(buffer, map->keys[i]);
		pack_text(buffer, map->values[i]);
	}
}

static int unpack_map(struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	struct corc_string_map *map = value;
	uint32_t count = 0;

	(void)field;
	if (take_count(cursor, 2 * (sizeof(uint32_t) + 1), &count) < 0)
		return -EBADMSG;
	if (count == ABSENT)
		return 0;
	map->keys = corc_arena_array(cursor->arena, (size_t)count + 1, sizeof(*map->keys));
	map->values = corc_arena_array(cursor->arena, (size_t)count + 1, sizeof(*map->values));
	if (!map->keys || !map->values)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		if (unpack_text(cursor, false, &map->keys[i]) < 0 ||
			unpack_text(cursor, false, &map->values[i]) < 0)
			return -EBADMSG;
	map->count = count;
	return 0;
}

/* --- objects -------------------------------------------------------------------------------- */

static size_t least_of_object(const struct corc_json_object *object)
{
	size_t least = 0;

	for (size_t i = 0; i < object->count; i++) {
		const struct corc_json_field *field = &object->fields[i];

		if (!has_content(field))
			continue;
		if (field->flags & CORC_JSON_POINTER)
			least += 1;
		else if (field->type == CORC_JSON_OBJECT)
			least += least_of_object(field->object);
		else
			least += codecs[field->type].least;
	}
	return least;
}

static void pack_one(
	struct corc_buffer *buffer, const struct corc_json_field *field, const void *value)
{
	pack_object(buffer, field->object, value);
}

static int unpack_one(struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	return unpack_object(cursor, field->object, value);
}

static void pack_objects(
	struct corc_buffer *buffer, const struct corc_json_field *field, const void *value)
{
	const struct corc_json_items *array = value;

	pack_count(buffer, array->items, array->count);
	for (size_t i = 0; i < array->count; i++)
		pack_object(buffer, field->object,
			(const char *)array->items + i * field->object->size);
}

static int unpack_objects(struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	struct corc_json_items *array = value;
	uint32_t count = 0;

	if (take_count(cursor, least_of_object(field->object), &count) < 0)
		return -EBADMSG;
	if (count == ABSENT)
		return 0;
	array->items = corc_arena_array(cursor->arena, (size_t)count + 1, field->object->size);
	if (!array->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		int result = unpack_object(
			cursor, field->object, (char *)array->items + i * field->object->size);

		if (result < 0)
			return result;
	}
	array->count = count;
	return 0;
}

static void pack_object_map(
	struct corc_buffer *buffer, const struct corc_json_field *field, const void *value)
{
	const struct corc_json_object *object = field->object;
	const struct corc_json_items *map = value;

	pack_objects(buffer, field, value);
	for (size_t i = 0; i < map->count; i++)
		pack_text(buffer, *(const char *const *)((const char *)map->items +
							 i * object->size + object->name_offset));
}

static int unpack_object_map(
	struct cursor *cursor, const struct corc_json_field *field, void *value)
{
	const struct corc_json_object *object = field->object;
	struct corc_json_items *map = value;
	int result = unpack_objects(cursor, field, value);

	for (size_t i = 0; result == 0 && i < map->count; i++)
		result = unpack_text(cursor, false,
			(const char **)((char *)map->items + i * object->size +
					object->name_offset));
	return result;
}

static const struct codec codecs[CORC_JSON_IGNORED] = {
	[CORC_JSON_STRING] = {sizeof(char *), 4, pack_string, unpack_string},
	[CORC_JSON_BOOL] = {sizeof(bool), 1, pack_number, unpack_bool},
	[CORC_JSON_U32] = {sizeof(uint32_t), 4, pack_number, unpack_number},
	[CORC_JSON_U64] = {sizeof(uint64_t), 8, pack_number, unpack_number},
	[CORC_JSON_I64] = {sizeof(int64_t), 8, pack_number, unpack_number},
	[CORC_JSON_ENUM] = {sizeof(uint32_t), 4, pack_number, unpack_enum},
	[CORC_JSON_OBJECT] = {0, 0, pack_one, unpack_one},
	[CORC_JSON_OBJECT_ARRAY] = {sizeof(struct corc_json_items), 4, pack_objects,
		unpack_objects},
	[CORC_JSON_STRING_ARRAY] = {sizeof(struct corc_string_array), 4, pack_strings,
		unpack_strings},
	[CORC_JSON_U32_ARRAY] = {sizeof(struct corc_u32_array), 4, pack_numbers, unpack_numbers},
	[CORC_JSON_ENUM_ARRAY] = {sizeof(struct corc_u32_array), 4, pack_numbers, unpack_numbers},
	[CORC_JSON_STRING_MAP] = {sizeof(struct corc_string_map), 4, pack_map, unpack_map},
	[CORC_JSON_OBJECT_MAP] = {sizeof(struct corc_json_items), 4, pack_object_map,
		unpack_object_map},
};

static void pack_pointer(
	struct corc_buffer *buffer, const struct corc_json_field *field, const void *member)
{
	const void *value = *(const void *const *)member;
	const bool is_there = value != NULL;

	corc_buffer_append(buffer, &is_there, sizeof(is_there));
	if (value)
		codecs[field->type].pack(buffer, field, value);
}

static int unpack_pointer(struct cursor *cursor, const struct corc_json_field *field, void *member)
{
	size_t size =
		field->type == CORC_JSON_OBJECT ? field->object->size : codecs[field->type].size;
	bool is_there = false;
	void *value = NULL;

	if (unpack_bool(cursor, field, &is_there) < 0)
		return -EBADMSG;
	if (!is_there)
		return 0;
	value = corc_arena_alloc(cursor->arena, size);
	if (!value)
		return -ENOMEM;
	*(void **)member = value;
	return codecs[field->type].unpack(cursor, field, value);
}

static void pack_object(
	struct corc_buffer *buffer, const struct corc_json_object *object, const char *value)
{
	for (size_t i = 0; i < object->count; i++) {
		const struct corc_json_field *field = &object->fields[i];

		if (!has_content(field))
			continue;
		if (field->flags & CORC_JSON_POINTER)
			pack_pointer(buffer, field, value + field->offset);
		else
			codecs[field->type].pack(buffer, field, value + field->offset);
	}
}

static int unpack_object(struct cursor *cursor, const struct corc_json_object *object, char *target)
{
	for (size_t i = 0; i < object->count; i++) {
		const struct corc_json_field *field = &object->fields[i];
		int result = 0;

		if (!has_content(field))
			continue;
		if (field->flags & CORC_JSON_POINTER)
			result = unpack_pointer(cursor, field, target + field->offset);
		else
			result = codecs[field->type].unpack(cursor, field, target + field->offset);
		if (result < 0)
			return result;
	}
	return 0;
}

/* --- fingerprint ---------------------------------------------------------------------------- */

static uint64_t fingerprint_enum(uint64_t hash, const struct corc_json_enum *values)
{
	for (; values->name; values++) {
		const uint64_t row[] = {
			hash, corc_hash(values->name, strlen(values->name)), values->value};

		hash = corc_hash(row, sizeof(row));
	}
	return hash;
}

/* Of all that decides about the content and about where it goes, chained from row to row. */
static uint64_t fingerprint(uint64_t hash, const struct corc_json_object *object)
{
	const uint64_t shape[] = {hash, object->size, object->count, object->name_offset};

	hash = corc_hash(shape, sizeof(shape));
	for (size_t i = 0; i < object->count; i++) {
		const struct corc_json_field *field = &object->fields[i];
		const uint64_t row[] = {hash, corc_hash(field->name, strlen(field->name)),
			field->type, field->flags, field->offset};

		hash = corc_hash(row, sizeof(row));
		if (field->object)
			hash = fingerprint(hash, field->object);
		if (field->values)
			hash = fingerprint_enum(hash, field->values);
	}
	return hash;
}

/* -------------------------------------------------------------------------------------------- */

int corc_pack(const struct corc_json_object *object, const void *value, struct corc_buffer *buffer)
{
	struct pack_header header = {
		.magic = PACK_MAGIC,
		.fingerprint = fingerprint(0, object),
	};
	size_t start = buffer->length;
	size_t content = start + sizeof(header);

	corc_buffer_append(buffer, &header, sizeof(header));
	pack_object(buffer, object, value);
	if (buffer->failed)
		return -ENOMEM;
	header.length = buffer->length - content;
	header.checksum = corc_hash(buffer->data + content, header.length);
	memcpy(buffer->data + start, &header, sizeof(header));
	return 0;
}

int corc_unpack(const struct corc_json_object *object, struct corc_arena *arena, const void *data,
	size_t length, void *target)
{
	struct cursor cursor = {.arena = arena, .next = data, .left = length};
	struct pack_header header;
	void *value = NULL;
	int result = 0;

	if (take_number(&cursor, sizeof(header), &header) < 0)
		return -EBADMSG;
	if (header.magic != PACK_MAGIC || header.fingerprint != fingerprint(0, object) ||
		header.length != cursor.left ||
		header.checksum != corc_hash(cursor.next, cursor.left))
		return -EBADMSG;
	/* In two steps, so that target stays as it was when the content is damaged. */
	value = corc_arena_alloc(arena, object->size);
	if (!value)
		return -ENOMEM;
	result = unpack_object(&cursor, object, value);
	if (result == 0 && cursor.left != 0)
		result = -EBADMSG;
	if (result == 0)
		memcpy(target, value, object->size);
	return result;
}
