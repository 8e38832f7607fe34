/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every row of the tables alike: a good value lands in its member; every other kind of value, a
 * number out of range and a word out of the closed set are problems at the property; a required
 * property that is missing is a problem of its object.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/pack.h"
#include "spec/rows.h"
#include "spec/spec.h"

/* One document, read without the checks between properties. */
struct reading {
	struct corc_arena arena;
	struct corc_json_document document;
	struct corc_buffer text;
	struct corc_buffer name; /* of the row */
	void *target;
};

static struct reading read_value(const struct row_path *path, const char *value)
{
	struct reading reading = {.document = {.file = "config.json"}};

	row_document(path, value, &reading.text);
	row_name(path, &reading.name);
	return reading;
}

static void run(struct reading *reading, const struct row_path *path)
{
	reading->document.arena = &reading->arena;
	reading->target = corc_arena_alloc(&reading->arena, path->root->size);
	assert_non_null(reading->target);
	assert_int_equal(corc_json_read(&reading->document, path->root, reading->text.data,
				 reading->text.length, reading->target),
		0);
}

static void done(struct reading *reading)
{
	corc_arena_done(&reading->arena);
	corc_buffer_done(&reading->text);
	corc_buffer_done(&reading->name);
}

/* The text of the problem at the row or inside it; NULL: there is none. */
static const char *problem_below(const struct reading *reading)
{
	for (size_t i = 0; i < reading->document.problem_count; i++) {
		struct corc_origin origin;

		corc_json_origin(&reading->document, reading->document.problems[i].node, &origin);
		if (strncmp(origin.path, reading->name.data, reading->name.length) == 0)
			return reading->document.problems[i].message;
	}
	return NULL;
}

static void expect_refused(const struct row_path *path, const char *value, const char *words)
{
	struct reading reading = read_value(path, value);
	const char *message = NULL;

	run(&reading, path);
	message = problem_below(&reading);
	if (!message)
		fail_msg("%s takes %s", reading.name.data, value);
	if (!strstr(message, words))
		fail_msg("%s with %s: \"%s\" has no \"%s\"", reading.name.data, value, message,
			words);
	done(&reading);
}

static void expect_taken(const struct row_path *path, const char *value)
{
	struct reading reading = read_value(path, value);
	const char *message = NULL;

	run(&reading, path);
	message = problem_below(&reading);
	if (message)
		fail_msg("%s refuses %s: %s", reading.name.data, value, message);
	done(&reading);
}

static bool is_number(enum corc_json_type type)
{
	return type == CORC_JSON_U32 || type == CORC_JSON_U64 || type == CORC_JSON_I64;
}

static bool is_array(enum corc_json_type type)
{
	return type == CORC_JSON_OBJECT_ARRAY || type == CORC_JSON_STRING_ARRAY ||
	       type == CORC_JSON_U32_ARRAY || type == CORC_JSON_ENUM_ARRAY;
}

static bool is_object(enum corc_json_type type)
{
	return type == CORC_JSON_OBJECT || type == CORC_JSON_STRING_MAP ||
	       type == CORC_JSON_OBJECT_MAP;
}

static bool has_member(const struct corc_json_field *row)
{
	return row->type != CORC_JSON_IGNORED;
}

static void wrong_types(const struct row_path *path, void *data)
{
	enum corc_json_type type = row_of(path)->type;

	(void)data;
	if (!has_member(row_of(path)))
		return;
	if (type != CORC_JSON_STRING && type != CORC_JSON_ENUM)
		expect_refused(path, "\"word\"", "expected");
	if (!is_number(type))
		expect_refused(path, "1", "expected");
	if (type != CORC_JSON_BOOL)
		expect_refused(path, "true", "expected");
	if (!is_array(type))
		expect_refused(path, "[]", "expected");
	if (!is_object(type))
		expect_refused(path, "{}", "expected");
	if (type == CORC_JSON_STRING_ARRAY || type == CORC_JSON_ENUM_ARRAY)
		expect_refused(path, "[null,1]", "expected");
	if (type == CORC_JSON_U32_ARRAY)
		expect_refused(path, "[1,\"2\"]", "expected");
	if (type == CORC_JSON_OBJECT_ARRAY)
		expect_refused(path, "[[]]", "expected");
	if (type == CORC_JSON_STRING_MAP || type == CORC_JSON_OBJECT_MAP)
		expect_refused(path, "{\"key\":1}", "expected");
}

static void every_row_refuses_other_types(void **state)
{
	(void)state;
	rows_walk(&corc_spec_object, wrong_types, NULL);
}

static bool equals(const struct corc_json_field *row, const void *member)
{
	const struct corc_json_items *items = member;

	switch (row->type) {
	case CORC_JSON_STRING:
		return strcmp(*(const char *const *)member, "text") == 0;
	case CORC_JSON_BOOL:
		return *(const bool *)member;
	case CORC_JSON_U32:
		return *(const uint32_t *)member == 1;
	case CORC_JSON_U64:
		return *(const uint64_t *)member == 1;
	case CORC_JSON_I64:
		return *(const int64_t *)member == 1;
	case CORC_JSON_ENUM:
		return *(const uint32_t *)member == row->values[0].value;
	case CORC_JSON_OBJECT:
		return true;
	case CORC_JSON_OBJECT_ARRAY:
	case CORC_JSON_ENUM_ARRAY:
		return items->count == 1;
	case CORC_JSON_STRING_ARRAY:
		return items->count == 2 && strcmp(((const char **)items->items)[1], "two") == 0;
	case CORC_JSON_U32_ARRAY:
		return items->count == 2 && ((uint32_t *)items->items)[1] == 2;
	case CORC_JSON_OBJECT_MAP:
		return items->count == 1 &&
		       strcmp(*(char **)((char *)items->items + row->object->name_offset), "key") ==
			       0;
	case CORC_JSON_STRING_MAP:
		return ((const struct corc_string_map *)member)->count == 1;
	case CORC_JSON_IGNORED:
		return false;
	}
	return false;
}

static void good_value(const struct row_path *path, void *data)
{
	const struct corc_json_field *row = row_of(path);
	char buffer[128];
	struct reading reading = read_value(path, row_good_value(row, buffer));
	const void *member = NULL;

	if (has_member(row)) {
		run(&reading, path);
		member = row_member(path, reading.target);
		if (!member || !equals(row, member))
			fail_msg("%s did not land in its member", reading.name.data);
		++*(size_t *)data;
	}
	done(&reading);
}

static void every_row_fills_its_member(void **state)
{
	size_t count = 0;

	(void)state;
	rows_walk(&corc_spec_object, good_value, &count);
	assert_true(count > 100);
}

static void expect_number_refused(const struct row_path *path, const char *sign, uint64_t value)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s%" PRIu64, sign, value);
	expect_refused(path, text, "expected");
}

static void expect_number_taken(const struct row_path *path, uint64_t value)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	expect_taken(path, text);
}

static void ranges(const struct row_path *path, void *data)
{
	const struct corc_json_field *row = row_of(path);
	char text[64];

	(void)data;
	if (!is_number(row->type))
		return;
	expect_refused(path, "1.5", "expected");
	expect_refused(path, "1e3", "expected");
	expect_refused(path, "18446744073709551616", "expected");
	expect_refused(path, "-9223372036854775809", "expected");
	if (row->type != CORC_JSON_I64)
		expect_refused(path, "-1", "expected");
	else if (row->min != 0 || row->max != 0)
		expect_number_refused(path, "-", (uint64_t)(1 - row->min));
	if (row->type == CORC_JSON_U32)
		expect_refused(path, "4294967296", "expected");
	if (row->type == CORC_JSON_I64)
		expect_refused(path, "9223372036854775808", "expected");
	if (row->type == CORC_JSON_I64 && row->min < 0) {
		(void)snprintf(text, sizeof(text), "%" PRId64, row->min);
		expect_taken(path, text);
	} else if (row->type == CORC_JSON_I64 && row->min > 0) {
		expect_number_refused(path, "", (uint64_t)row->min - 1);
		expect_number_taken(path, (uint64_t)row->min);
	}
	if (row->min_unsigned != 0) {
		expect_number_refused(path, "", row->min_unsigned - 1);
		expect_number_taken(path, row->min_unsigned);
	}
	if (row->max != 0) {
		expect_number_refused(path, "", row->max + 1);
		expect_number_taken(path, row->max);
	}
}

static void every_number_has_its_range(void **state)
{
	(void)state;
	rows_walk(&corc_spec_object, ranges, NULL);
}

/* A word, as the row has it: alone or in an array. */
static const char *word_of(
	const struct corc_json_field *row, const char *word, const char *end, char buffer[128])
{
	bool is_array = row->type == CORC_JSON_ENUM_ARRAY;

	(void)snprintf(
		buffer, 128, "%s\"%s%s\"%s", is_array ? "[" : "", word, end, is_array ? "]" : "");
	return buffer;
}

static void closed_set(const struct row_path *path, void *data)
{
	const struct corc_json_field *row = row_of(path);
	char text[128];

	if (row->type != CORC_JSON_ENUM && row->type != CORC_JSON_ENUM_ARRAY)
		return;
	++*(size_t *)data;
	for (const struct corc_json_enum *value = row->values; value->name; value++) {
		expect_taken(path, word_of(row, value->name, "", text));
		expect_refused(path, word_of(row, value->name, "X", text), value->name);
	}
	expect_refused(path, word_of(row, "", "", text), "expected");
}

static void every_closed_set_is_closed(void **state)
{
	size_t count = 0;

	(void)state;
	rows_walk(&corc_spec_object, closed_set, &count);
	assert_true(count > 12);
}

static void required(const struct row_path *path, void *data)
{
	struct reading reading = read_value(path, "");
	char quoted[64];
	bool is_named = false;

	run(&reading, path);
	(void)snprintf(quoted, sizeof(quoted), "\"%s\"", row_of(path)->name);
	for (size_t i = 0; i < reading.document.problem_count; i++)
		if (strstr(reading.document.problems[i].message, quoted))
			is_named = true;
	if (is_named != (bool)(row_of(path)->flags & CORC_JSON_REQUIRED))
		fail_msg("%s: missing is %sa problem", reading.name.data, is_named ? "" : "not ");
	++*(size_t *)data;
	done(&reading);
}

static void missing_is_a_problem_where_required(void **state)
{
	size_t count = 0;

	(void)state;
	rows_walk(&corc_spec_object, required, &count);
	assert_true(count > 150);
}

static void absence(const struct row_path *path, void *data)
{
	(void)data;
	if (!(row_of(path)->flags & CORC_JSON_REQUIRED))
		expect_taken(path, "null");
	if (row_of(path)->type == CORC_JSON_IGNORED) {
		expect_taken(path, "{\"any\":[1,{\"thing\":null}]}");
		expect_taken(path, "5");
	}
	if (row_of(path)->flags & CORC_JSON_NOT_EMPTY)
		expect_refused(
			path, row_of(path)->type == CORC_JSON_STRING ? "\"\"" : "[\"\"]", "empty");
}

static void null_is_absent(void **state)
{
	(void)state;
	rows_walk(&corc_spec_object, absence, NULL);
}

static void uniqueness(const struct row_path *path, void *data)
{
	const struct corc_json_object *object =
		path->depth == 1 ? path->root : path->steps[path->depth - 2]->object;

	(void)data;
	assert_true(object->count <= 64);
	for (size_t i = 0; i < object->count; i++) {
		const struct corc_json_field *other = &object->fields[i];

		if (other == row_of(path))
			continue;
		if (strcmp(other->name, row_of(path)->name) == 0)
			fail_msg("%s has two rows", other->name);
		if (has_member(other) && has_member(row_of(path)) &&
			other->offset == row_of(path)->offset)
			fail_msg("%s and %s share a member", other->name, row_of(path)->name);
	}
	if (has_member(row_of(path)))
		assert_int_not_equal(row_of(path)->offset, object->node_offset);
}

static void a_property_has_one_row_and_one_member(void **state)
{
	(void)state;
	rows_walk(&corc_spec_object, uniqueness, NULL);
}

static void round_trip(const struct row_path *path, void *data)
{
	const struct corc_json_field *row = row_of(path);
	char buffer[128];
	struct reading reading = read_value(path, row_good_value(row, buffer));
	struct corc_buffer CORC_BUFFER packed = {0};
	struct corc_buffer CORC_BUFFER again = {0};
	void *copy = NULL;
	const void *member = NULL;

	run(&reading, path);
	copy = corc_arena_alloc(&reading.arena, path->root->size);
	assert_int_equal(corc_pack(path->root, reading.target, &packed), 0);
	assert_int_equal(
		corc_unpack(path->root, &reading.arena, packed.data, packed.length, copy), 0);
	member = row_member(path, copy);
	if (has_member(row) && (!member || !equals(row, member)))
		fail_msg("%s was lost", reading.name.data);
	assert_int_equal(corc_pack(path->root, copy, &again), 0);
	assert_int_equal(again.length, packed.length);
	assert_memory_equal(again.data, packed.data, packed.length);
	++*(size_t *)data;
	done(&reading);
}

static void every_row_survives_packing(void **state)
{
	size_t count = 0;

	(void)state;
	rows_walk(&corc_spec_object, round_trip, &count);
	assert_true(count > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_fills_its_member),
		cmocka_unit_test(every_row_refuses_other_types),
		cmocka_unit_test(every_number_has_its_range),
		cmocka_unit_test(every_closed_set_is_closed),
		cmocka_unit_test(missing_is_a_problem_where_required),
		cmocka_unit_test(null_is_absent),
		cmocka_unit_test(a_property_has_one_row_and_one_member),
		cmocka_unit_test(every_row_survives_packing),
	};

	return cmocka_run_group_tests_name("spec rows", tests, NULL, NULL);
}
