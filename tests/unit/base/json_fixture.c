/* SPDX-License-Identifier: Apache-2.0 */
/* A table with a row of each type, and documents that are read with it. */
#include "base/json_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROW(text, kind, member) \
	.name = (text), .type = CORC_JSON_##kind, .offset = offsetof(TABLE, member)

static const struct corc_json_enum colors[] = {
	{"red", RED}, {"green", GREEN}, {"blue", BLUE}, {NULL, 0}};

#define TABLE struct item
static const struct corc_json_field item_fields[] = {
	{ROW("name", STRING, name), .flags = CORC_JSON_REQUIRED | CORC_JSON_NOT_EMPTY},
	{ROW("value", I64, value), .flags = CORC_JSON_POINTER, .min = -5, .max = 7},
	{ROW("words", STRING_ARRAY, words)},
};
#undef TABLE

const struct corc_json_object item_object = {
	.name = "item",
	.size = sizeof(struct item),
	.node_offset = offsetof(struct item, node),
	.fields = item_fields,
	.count = sizeof(item_fields) / sizeof(item_fields[0]),
};

#define TABLE struct item
static const struct corc_json_field entry_fields[] = {
	{ROW("value", I64, value), .flags = CORC_JSON_POINTER, .min = -5, .max = 7},
	{ROW("words", STRING_ARRAY, words)},
};
#undef TABLE

static const struct corc_json_object entry_object = {
	.name = "entry",
	.size = sizeof(struct item),
	.node_offset = offsetof(struct item, node),
	.fields = entry_fields,
	.count = sizeof(entry_fields) / sizeof(entry_fields[0]),
	.name_offset = offsetof(struct item, name),
};

#define TABLE struct everything
static const struct corc_json_field everything_fields[] = {
	{ROW("string", STRING, string)},
	{ROW("filled", STRING, filled), .flags = CORC_JSON_NOT_EMPTY},
	{ROW("flag", BOOL, flag)},
	{ROW("flagPointer", BOOL, flag_pointer), .flags = CORC_JSON_POINTER},
	{ROW("u32", U32, u32)},
	{ROW("u32Pointer", U32, u32_pointer), .flags = CORC_JSON_POINTER},
	{ROW("id", U32, id), .min_unsigned = 3, .max = 10},
	{ROW("u64", U64, u64)},
	{ROW("i64", I64, i64)},
	{ROW("color", ENUM, color), .values = colors},
	{ROW("colorPointer", ENUM, color_pointer), .values = colors, .flags = CORC_JSON_POINTER},
	{ROW("item", OBJECT, item), .object = &item_object},
	{ROW("itemPointer", OBJECT, item_pointer), .object = &item_object,
		.flags = CORC_JSON_POINTER},
	{ROW("items", OBJECT_ARRAY, items), .object = &item_object},
	{ROW("strings", STRING_ARRAY, strings)},
	{ROW("filledStrings", STRING_ARRAY, filled_strings), .flags = CORC_JSON_NOT_EMPTY},
	{ROW("numbers", U32_ARRAY, numbers), .max = 100},
	{ROW("colors", ENUM_ARRAY, colors), .values = colors},
	{ROW("map", STRING_MAP, map)},
	{ROW("itemMap", OBJECT_MAP, item_map), .object = &entry_object},
	{.name = "other", .type = CORC_JSON_IGNORED},
};
#undef TABLE

const struct corc_json_object everything_object = {
	.name = "everything",
	.size = sizeof(struct everything),
	.node_offset = offsetof(struct everything, node),
	.fields = everything_fields,
	.count = sizeof(everything_fields) / sizeof(everything_fields[0]),
};

void load_bytes(struct loaded *loaded, const char *text, size_t length)
{
	*loaded = (struct loaded){0};
	loaded->document.arena = &loaded->arena;
	loaded->document.file = "dir/test.json";
	assert_int_equal(
		corc_json_read(&loaded->document, &everything_object, text, length, &loaded->value),
		0);
}

void load(struct loaded *loaded, const char *text)
{
	load_bytes(loaded, text, strlen(text));
}

void load_valid(struct loaded *loaded, const char *text)
{
	load(loaded, text);
	if (loaded->document.problem_count > 0)
		assert_problem(loaded, 0, "none");
}

void unload(struct loaded *loaded)
{
	corc_arena_done(&loaded->arena);
}

static void write_place(char *text, size_t size, const struct corc_json_document *document,
	uint32_t node, const uint32_t place[2])
{
	struct corc_origin origin;

	corc_json_origin(document, node, &origin);
	assert_string_equal(origin.file, "test.json");
	(void)snprintf(text, size, "%u:%u: %s", place[0], place[1], origin.path);
}

void assert_problem(const struct loaded *loaded, size_t index, const char *expected)
{
	const struct corc_json_problem *problem = &loaded->document.problems[index];
	char place[256];
	char text[1600];

	assert_true(index < loaded->document.problem_count);
	write_place(place, sizeof(place), &loaded->document, problem->node,
		(uint32_t[]){problem->line, problem->column});
	(void)snprintf(text, sizeof(text), "%s: %s", place, problem->message);
	assert_string_equal(text, expected);
}

void assert_one_problem(const char *text, const char *expected)
{
	struct loaded loaded;

	load(&loaded, text);
	assert_true(loaded.document.problem_count > 0);
	assert_problem(&loaded, 0, expected);
	assert_int_equal(loaded.document.problem_count, 1);
	unload(&loaded);
}

void assert_origin(const struct loaded *loaded, uint32_t node, const char *expected)
{
	struct corc_origin origin;
	char text[256];

	corc_json_origin(&loaded->document, node, &origin);
	write_place(text, sizeof(text), &loaded->document, node,
		(uint32_t[]){origin.line, origin.column});
	assert_string_equal(text, expected);
}
