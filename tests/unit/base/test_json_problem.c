/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are refused: the texts and places of the problems, and what is joined of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/json_fixture.h"
#include "base/json_private.h"
#include "base/utf8.h"

struct row {
	const char *text;
	const char *problem;
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t at = 0; at < count; at++)
		assert_one_problem(rows[at].text, rows[at].problem);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_wrong_types(void **state)
{
	static const struct row rows[] = {
		{"{\"string\":5}", "1:11: string: expected a string, found the number 5"},
		{"{\"string\":-1.5e3}", "1:11: string: expected a string, found the number -1.5e3"},
		{"{\"string\":true}", "1:11: string: expected a string, found true"},
		{"{\"string\":false}", "1:11: string: expected a string, found false"},
		{"{\"string\":{\"a\":[1]}}", "1:11: string: expected a string, found an object"},
		{"{\"string\":[\"a\"]}", "1:11: string: expected a string, found an array"},
		{"{\"flag\":\"true\"}",
			"1:9: flag: expected true or false, found the string \"true\""},
		{"{\"flag\":1}", "1:9: flag: expected true or false, found the number 1"},
		{"{\"color\":3}", "1:10: color: expected a string, found the number 3"},
		{"{\"item\":\"x\"}", "1:9: item: expected an object, found the string \"x\""},
		{"{\"item\":[{\"name\":\"x\"}]}", "1:9: item: expected an object, found an array"},
		{"{\"itemPointer\":true}", "1:16: itemPointer: expected an object, found true"},
		{"{\"items\":{\"name\":\"x\"}}", "1:10: items: expected an array, found an object"},
		{"{\"items\":[null]}", "1:11: items[0]: expected an object, found null"},
		{"{\"items\":[[{\"name\":\"x\"}]]}",
			"1:11: items[0]: expected an object, found an array"},
		{"{\"strings\":\"x\"}", "1:12: strings: expected an array, found the string \"x\""},
		{"{\"strings\":[\"a\",7]}",
			"1:17: strings[1]: expected a string, found the number 7"},
		{"{\"strings\":[null]}", "1:13: strings[0]: expected a string, found null"},
		{"{\"strings\":[[\"a\"]]}", "1:13: strings[0]: expected a string, found an array"},
		{"{\"numbers\":[\"1\"]}",
			"1:13: numbers[0]: expected an integer from 0 to 100, found the string \"1\""},
		{"{\"colors\":[{}]}", "1:12: colors[0]: expected a string, found an object"},
		{"{\"map\":[\"a\"]}", "1:8: map: expected an object, found an array"},
		{"{\"map\":{\"a\":1}}", "1:13: map.a: expected a string, found the number 1"},
		{"{\"map\":{\"a\":{\"b\":\"c\"}}}",
			"1:13: map.a: expected a string, found an object"},
		{"[]", "1:1: : expected an object, found an array"},
		{" null", "1:2: : expected an object, found null"},
		{"\"text\"", "1:1: : expected an object, found the string \"text\""},
		{"5", "1:1: : expected an object, found the number 5"},
		{"\n 12 ", "2:2: : expected an object, found the number 12"},
		{"true", "1:1: : expected an object, found true"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* What follows a value that was refused is read as if that had been right. */
static void test_goes_on_behind_wrong_types(void **state)
{
	struct loaded loaded;

	(void)state;
	load(&loaded,
		"{\"string\":{\"string\":\"x\",\"item\":[{}]},\"strings\":[{\"a\":[]},\"kept\",[[]]],"
		"\"items\":[[],{\"name\":\"kept\"},7],\"map\":{\"a\":{},\"b\":\"kept\"},\"flag\":true}");
	assert_int_equal(loaded.document.problem_count, 6);
	assert_null(loaded.value.string);
	assert_int_equal(loaded.value.strings.count, 1);
	assert_string_equal(loaded.value.strings.items[0], "kept");
	assert_int_equal(loaded.value.items.count, 1);
	assert_string_equal(loaded.value.items.items[0].name, "kept");
	assert_int_equal(loaded.value.map.count, 1);
	assert_string_equal(loaded.value.map.keys[0], "b");
	assert_true(loaded.value.flag);
	assert_problem(&loaded, 2, "1:65: strings[2]: expected a string, found an array");
	assert_problem(&loaded, 4, "1:99: items[2]: expected an object, found the number 7");
	unload(&loaded);
}

static void test_numbers(void **state)
{
#define U32_RANGE "expected an integer from 0 to 4294967295, found "
#define U64_RANGE "expected an integer from 0 to 18446744073709551615, found "
#define I64_RANGE "expected an integer from -9223372036854775808 to 9223372036854775807, found "
	static const struct row rows[] = {
		{"{\"u32\":4294967296}", "1:8: u32: " U32_RANGE "4294967296"},
		{"{\"u32\":-1}", "1:8: u32: " U32_RANGE "-1"},
		{"{\"u32\":-0}", "1:8: u32: " U32_RANGE "-0"},
		{"{\"u32\":1.5}", "1:8: u32: " U32_RANGE "1.5"},
		{"{\"u32\":1.0}", "1:8: u32: " U32_RANGE "1.0"},
		{"{\"u32\":1e3}", "1:8: u32: " U32_RANGE "1e3"},
		{"{\"u32\":1E+3}", "1:8: u32: " U32_RANGE "1E+3"},
		{"{\"u32\":\"1\"}", "1:8: u32: " U32_RANGE "the string \"1\""},
		{"{\"u32\":{}}", "1:8: u32: " U32_RANGE "an object"},
		{"{\"u32Pointer\":4294967296}", "1:15: u32Pointer: " U32_RANGE "4294967296"},
		{"{\"u64\":18446744073709551616}", "1:8: u64: " U64_RANGE "18446744073709551616"},
		{"{\"u64\":-1}", "1:8: u64: " U64_RANGE "-1"},
		{"{\"u64\":1e3}", "1:8: u64: " U64_RANGE "1e3"},
		{"{\"i64\":9223372036854775808}", "1:8: i64: " I64_RANGE "9223372036854775808"},
		{"{\"i64\":-9223372036854775809}", "1:8: i64: " I64_RANGE "-9223372036854775809"},
		{"{\"i64\":-1.5}", "1:8: i64: " I64_RANGE "-1.5"},
		{"{\"id\":2}", "1:7: id: expected an integer from 3 to 10, found 2"},
		{"{\"id\":11}", "1:7: id: expected an integer from 3 to 10, found 11"},
		{"{\"numbers\":[100,101]}",
			"1:17: numbers[1]: expected an integer from 0 to 100, found 101"},
		{"{\"item\":{\"name\":\"a\",\"value\":8}}",
			"1:29: item.value: expected an integer from -5 to 7, found 8"},
		{"{\"item\":{\"name\":\"a\",\"value\":-6}}",
			"1:29: item.value: expected an integer from -5 to 7, found -6"},
		{"{\"u32\":12345678901234567890123456789012}",
			"1:8: u32: " U32_RANGE "12345678901234567890123456789012"},
		{"{\"u32\":123456789012345678901234567890123}",
			"1:8: u32: " U32_RANGE "12345678901234567890123456789012..."},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_closed_sets(void **state)
{
#define COLORS "expected one of red, green, blue"
	static const struct row rows[] = {
		{"{\"color\":\"pink\"}", "1:10: color: unknown value \"pink\", " COLORS},
		{"{\"color\":\"\"}", "1:10: color: unknown value \"\", " COLORS},
		{"{\"color\":\"re\"}", "1:10: color: unknown value \"re\", " COLORS},
		{"{\"color\":\"redd\"}", "1:10: color: unknown value \"redd\", " COLORS},
		{"{\"color\":\"Red\"}", "1:10: color: unknown value \"Red\", " COLORS},
		{"{\"colors\":[\"red\",\"x\"]}", "1:18: colors[1]: unknown value \"x\", " COLORS},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_long_sets_are_shortened(void **state)
{
	struct corc_json_enum values[101] = {0};
	struct corc_json_field field = {.name = "e", .type = CORC_JSON_ENUM, .values = values};
	struct corc_json_object object = {"x", 8, 4, &field, 1, 0};
	struct corc_arena arena = {0};
	struct corc_json_document document = {.arena = &arena, .file = "x"};
	uint32_t target[2] = {0};
	const char *message;

	(void)state;
	for (int at = 0; at < 100; at++)
		values[at] = (struct corc_json_enum){"some-name-10", 1};
	assert_int_equal(corc_json_read(&document, &object, "{\"e\":\"f\"}", 9, target), 0);
	assert_int_equal(document.problem_count, 1);
	message = document.problems[0].message;
	assert_in_range(strlen(message), 480, 580);
	assert_string_equal(message + strlen(message) - 19, ", some-name-10, ...");
	corc_arena_done(&arena);
}

static void test_empty_strings(void **state)
{
	static const struct row rows[] = {
		{"{\"filled\":\"\"}", "1:11: filled: expected a string that is not empty"},
		{"{\"filledStrings\":[\"a\",\"\"]}",
			"1:23: filledStrings[1]: expected a string that is not empty"},
		{"{\"item\":{\"name\":\"\"}}",
			"1:17: item.name: expected a string that is not empty"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_required(void **state)
{
	static const struct row rows[] = {
		{"{\"item\":{}}", "1:9: item: required property \"name\" is missing"},
		{"{\"item\":{\"name\":null}}", "1:9: item: required property \"name\" is missing"},
		{"{\"item\":{\"name\":\"x\",\"name\":null}}",
			"1:9: item: required property \"name\" is missing"},
		{"{\"items\":[{\"name\":\"a\"},\n{\"value\":1}]}",
			"2:1: items[1]: required property \"name\" is missing"},
		/* One problem is enough for one property. */
		{"{\"item\":{\"name\":5}}",
			"1:17: item.name: expected a string, found the number 5"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_strings_that_cannot_be_passed_on(void **state)
{
#define NUL "a string with a NUL character in it is not allowed"
	static const struct row rows[] = {
		{"{\"string\":\"a\\u0000b\"}", "1:11: string: " NUL},
		{"{\"strings\":[\"\",\"\\u0000\"]}", "1:16: strings[1]: " NUL},
		{"{\"color\":\"red\\u0000\"}", "1:10: color: " NUL},
		{"{\"map\":{\"a\":\"\\u0000\"}}", "1:13: map.a: " NUL},
		{"{\"map\":{\"b\":\"\",\"a\\u0000\":\"x\"}}", "1:16: map: property name: " NUL},
		{"{ \"string\\u0000\":{\"string\":5}}", "1:3: : property name: " NUL},
		{"{\"item\":{\"name\":\"x\",\"\\u0000\":[{}]}}", "1:21: item: property name: " NUL},
		{"{\"string\":\"\\ud800\"}", "1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\udc00\"}", "1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\ud83dx\"}", "1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\uD83D\\n\"}", "1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\ud83d\\u00e9\"}",
			"1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\ud83d\\ud83d\\ude00\"}",
			"1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\uDBFF\"}", "1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\udfff\"}", "1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\ud899\"}", "1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\ud83d\\udbff\"}",
			"1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\ud83d\\ue000\"}",
			"1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\ud83dxudc00\"}",
			"1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"\\ud83d\\ndc00\"}",
			"1:11: string: half a surrogate pair in a string"},
		{"{\"string\":\"x\\u0041\\udc00\"}",
			"1:11: string: half a surrogate pair in a string"},
		{"{\"\\udead\":1}", "1:2: : property name: half a surrogate pair in a string"},
		/* What yajl lets through. */
		{"{\"string\":\"\xc0\xaf\"}", "1:11: string: invalid UTF-8 in a string"},
		{"{\"string\":\"\xed\xa0\x80\"}", "1:11: string: invalid UTF-8 in a string"},
		{"{\"string\":\"\xf4\x90\x80\x80\"}", "1:11: string: invalid UTF-8 in a string"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_what_is_no_half_pair(void **state)
{
	static const struct {
		const char *escaped, *text;
	} rows[] = {
		{"\\\\ud800", "\\ud800"},
		{"\\ud83d\\ude00\\uD83D\\uDE01", "\xf0\x9f\x98\x80\xf0\x9f\x98\x81"},
		{"\\ud800\\udc00", "\xf0\x90\x80\x80"},
		{"\\udbff\\udfff", "\xf4\x8f\xbf\xbf"},
		{"\\ud9a9\\udd99", "\xf1\xba\x96\x99"},
		{"\\ud7ff\\ue000", "\xed\x9f\xbf\xee\x80\x80"},
		{"\\uffff", "\xef\xbf\xbf"},
	};
	struct loaded loaded;
	char text[64];

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		(void)snprintf(text, sizeof(text), "{\"string\":\"%s\"}", rows[at].escaped);
		load_valid(&loaded, text);
		assert_string_equal(loaded.value.string, rows[at].text);
		unload(&loaded);
	}
}

static void test_values_are_quoted_and_shortened(void **state)
{
	struct loaded loaded;
	const char *message;

	(void)state;
	assert_one_problem("{\"flag\":\"a\\n\\r\\t\\\"\\\\\\u0001\x7f\xc3\xa9\"}",
		"1:9: flag: expected true or false, found the string "
		"\"a\\n\\r\\t\\\"\\\\\\x01\\x7f\xc3\xa9\"");
	for (size_t length = 40; length < 200; length++) {
		struct corc_buffer CORC_BUFFER text = {0};

		corc_buffer_puts(&text, "{\"flag\":\"");
		for (size_t at = 0; at < length; at++)
			corc_buffer_puts(&text, at % 5 == 0 ? "\xe2\x82\xac" : "x");
		corc_buffer_puts(&text, "\"}");
		load(&loaded, text.data);
		assert_int_equal(loaded.document.problem_count, 1);
		message = loaded.document.problems[0].message;
		assert_true(corc_utf8_is_valid(message, strlen(message)));
		assert_in_range(strlen(message), 90, 120);
		assert_string_equal(message + strlen(message) - (length < 45 ? 1 : 4),
			length < 45 ? "\"" : "...\"");
		unload(&loaded);
	}
}

static void test_quote(void **state)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{"", "\"\""},
		{"1234567890123", "\"1234567890123\""}, /* just fits into 16 */
		{"12345678901234", "\"1234567890...\""},
		{"12345678\x01"
		 "34567",
			"\"12345678...\""},
		{"123456\x01"
		 "45678901",
			"\"123456\\x01...\""},
		{"123456789\x01", "\"123456789\\x01\""},
		{"1234567890\x01", "\"1234567890...\""},
		{"\xff\xc3(", "\"\\xff\\xc3(\""},
	};
	char buffer[16];

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		size_t length = corc_json_quote(
			buffer, sizeof(buffer), rows[at].text, strlen(rows[at].text));

		assert_string_equal(buffer, rows[at].quoted);
		assert_int_equal(length, strlen(buffer));
	}
}

/* A row of signed numbers may have a bound on one side only. */
static void test_half_bounds(void **state)
{
	struct corc_json_field field = {.type = CORC_JSON_I64};
	struct corc_json_slot slot = {.field = &field, .type = CORC_JSON_I64};
	struct corc_json_bounds bounds = corc_json_bounds_of(&slot);

	(void)state;
	assert_true(bounds.min == INT64_MIN && bounds.max == INT64_MAX);
	field.min = -3;
	bounds = corc_json_bounds_of(&slot);
	assert_true(bounds.min == -3 && bounds.max == INT64_MAX);
	field = (struct corc_json_field){.type = CORC_JSON_I64, .max = 9};
	bounds = corc_json_bounds_of(&slot);
	assert_true(bounds.min == 0 && bounds.max == 9);
	field.max = UINT64_MAX;
	bounds = corc_json_bounds_of(&slot);
	assert_true(bounds.max == INT64_MAX);
}

static void test_nesting(void **state)
{
	static const char *const starts[] = {
		"{\"other\":", "{\"x\":", "{\"string\":", "", "{\"item\":{\"w\":"};
	static const size_t depths[] = {1, 1, 1, 0, 2};

	(void)state;
	for (size_t at = 0; at < sizeof(starts) / sizeof(starts[0]); at++) {
		struct corc_buffer CORC_BUFFER text = {0};
		struct loaded loaded;
		bool is_found = false;

		corc_buffer_puts(&text, starts[at]);
		for (size_t depth = depths[at]; depth < 65; depth++)
			corc_buffer_puts(&text, "[");
		corc_buffer_puts(&text, "this is not read any more");
		load(&loaded, text.data);
		for (size_t n = 0; n < loaded.document.problem_count; n++) {
			const struct corc_json_problem *problem = &loaded.document.problems[n];

			if (strcmp(problem->message, "nested deeper than 64 levels") != 0)
				continue;
			is_found = true;
			assert_int_equal(problem->line, 1);
			assert_int_equal(problem->column, strlen(starts[at]) + 65 - depths[at]);
		}
		assert_true(is_found);
		unload(&loaded);
	}
}

static void test_nesting_has_a_path(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct loaded loaded;

	(void)state;
	corc_buffer_puts(&text, "{\"items\":[{\"x\":\n");
	for (int depth = 3; depth < 65; depth++)
		corc_buffer_puts(&text, "[");
	load(&loaded, text.data);
	assert_int_equal(loaded.document.problem_count, 1);
	assert_problem(&loaded, 0, "2:62: items[0]: nested deeper than 64 levels");
	unload(&loaded);
}

/* Problems stand in the order of the text, also those that are known at the end of an object. */
static void test_order(void **state)
{
	struct loaded loaded;

	(void)state;
	load(&loaded, "{\"items\":[\n{\"value\":9,\"words\":5},\n{}],\n\"string\":1}");
	assert_int_equal(loaded.document.problem_count, 5);
	assert_problem(&loaded, 0, "2:1: items[0]: required property \"name\" is missing");
	assert_problem(
		&loaded, 1, "2:10: items[0].value: expected an integer from -5 to 7, found 9");
	assert_problem(&loaded, 2, "2:20: items[0].words: expected an array, found the number 5");
	assert_problem(&loaded, 3, "3:1: items[1]: required property \"name\" is missing");
	assert_problem(&loaded, 4, "4:10: string: expected a string, found the number 1");
	unload(&loaded);
}

static void test_order_of_two(void **state)
{
	struct loaded loaded;

	(void)state;
	load(&loaded, "{\"item\":{\"value\":9}}");
	assert_int_equal(loaded.document.problem_count, 2);
	assert_problem(&loaded, 0, "1:9: item: required property \"name\" is missing");
	assert_problem(&loaded, 1, "1:18: item.value: expected an integer from -5 to 7, found 9");
	unload(&loaded);
}

/* What stands at one place keeps the order of the rows. */
static void test_order_at_one_place(void **state)
{
	static const struct corc_json_field fields[] = {
		{.name = "a", .type = CORC_JSON_STRING, .flags = CORC_JSON_REQUIRED, .offset = 8},
		{.name = "b", .type = CORC_JSON_STRING, .flags = CORC_JSON_REQUIRED, .offset = 16},
		{.name = "c", .type = CORC_JSON_STRING, .flags = CORC_JSON_REQUIRED, .offset = 24},
	};
	static const struct corc_json_object object = {"x", 32, 0, fields, 3, 0};
	struct corc_arena arena = {0};
	struct corc_json_document document = {.arena = &arena, .file = "x"};
	uint64_t target[4] = {0};

	(void)state;
	assert_int_equal(corc_json_read(&document, &object, "{}", 2, target), 0);
	assert_int_equal(document.problem_count, 3);
	for (size_t at = 0; at < 3; at++) {
		char expected[64];

		(void)snprintf(expected, sizeof(expected), "required property \"%s\" is missing",
			fields[at].name);
		assert_string_equal(document.problems[at].message, expected);
	}
	corc_arena_done(&arena);
}

static void load_many(struct loaded *loaded, int count)
{
	struct corc_buffer CORC_BUFFER text = {0};

	corc_buffer_puts(&text, "{\"strings\":[");
	for (int at = 0; at < count; at++)
		corc_buffer_printf(&text, "%s\n%d", at > 0 ? "," : "", at);
	corc_buffer_puts(&text, "]}");
	load(loaded, text.data);
}

static void test_at_most_a_hundred(void **state)
{
	struct loaded loaded;

	(void)state;
	load_many(&loaded, 100);
	assert_int_equal(loaded.document.problem_count, 100);
	assert_problem(&loaded, 99, "101:1: strings[99]: expected a string, found the number 99");
	unload(&loaded);
	for (int count = 101; count < 300; count += 50) {
		load_many(&loaded, count);
		assert_int_equal(loaded.document.problem_count, 101);
		assert_problem(
			&loaded, 99, "101:1: strings[99]: expected a string, found the number 99");
		assert_problem(&loaded, 100, "102:1: : ...and more");
		unload(&loaded);
	}
}

/* The hundred-and-first stands at the beginning of the object, but is told last. */
static void test_more_is_last(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct loaded loaded;

	(void)state;
	corc_buffer_puts(&text, "{\"item\":{\"words\":[0");
	for (int at = 1; at < 100; at++)
		corc_buffer_printf(&text, ",%d", at);
	corc_buffer_puts(&text, "]}}");
	load(&loaded, text.data);
	assert_int_equal(loaded.document.problem_count, 101);
	assert_string_equal(loaded.document.problems[100].message, "...and more");
	unload(&loaded);
}

static void test_added_to_nothing(void **state)
{
	struct corc_arena arena = {0};
	struct corc_json_document document = {.arena = &arena, .file = "x"};

	(void)state;
	assert_int_equal(corc_json_problem_add(&document, 0, "%s", "text"), 0);
	assert_int_equal(document.problems[0].line, 1);
	assert_int_equal(document.problems[0].column, 1);
	assert_string_equal(document.problems[0].message, "text");
	corc_arena_done(&arena);
}

static void test_added_afterwards(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, "{\"items\":[\n{\"name\":\"a\"}]}");
	assert_int_equal(corc_json_problem_add(&loaded.document, loaded.value.items.items[0].node,
				 "%s is %d", "x", 7),
		0);
	assert_int_equal(loaded.document.problem_count, 1);
	assert_problem(&loaded, 0, "2:1: items[0]: x is 7");
	unload(&loaded);
}

static void test_joined(void **state)
{
	struct loaded loaded;
	struct corc_error error = {.hint = "old", .code = 7};

	(void)state;
	load_valid(&loaded, "{}");
	assert_int_equal(corc_json_problems(&loaded.document, &error), 0);
	assert_int_equal(error.code, 7);
	unload(&loaded);

	load(&loaded, "{\"item\":{\"name\":1},\n\"flag\":2}");
	assert_int_equal(corc_json_problems(&loaded.document, &error), -EINVAL);
	assert_int_equal(error.code, EINVAL);
	assert_int_equal(error.step, CORC_STEP_LOAD);
	assert_string_equal(error.hint, "");
	assert_string_equal(error.origin.file, "test.json");
	assert_string_equal(error.origin.path, "item.name");
	assert_int_equal(error.origin.line, 1);
	assert_int_equal(error.origin.column, 17);
	assert_string_equal(error.message,
		"expected a string, found the number 1\n"
		"test.json:2:8: flag: expected true or false, found the number 2");
	unload(&loaded);
}

/* The error stands where the problem does, which is not always where its node is. */
static void test_joined_place(void **state)
{
	struct loaded loaded;
	struct corc_error error = {0};

	(void)state;
	load(&loaded, "{\n  \"string\\u0000\":1}");
	assert_int_equal(corc_json_problems(&loaded.document, &error), -EINVAL);
	assert_int_equal(error.origin.line, 2);
	assert_int_equal(error.origin.column, 3);
	assert_string_equal(error.origin.path, "");
	unload(&loaded);
}

/* A problem of the whole document has no path. */
static void test_joined_without_path(void **state)
{
	struct loaded loaded;
	struct corc_error error = {0};
	char text[200];

	(void)state;
	load(&loaded, "{\"string\":1} x");
	assert_int_equal(corc_json_problems(&loaded.document, &error), -EINVAL);
	corc_error_format(&error, text, sizeof(text));
	assert_string_equal(text,
		"test.json:1:11: string: expected a string, found the number 1\n"
		"test.json:1:14: expected nothing after the end of the document, found \"x\"");
	unload(&loaded);
}

static void test_joined_is_cut_at_a_line(void **state)
{
	struct corc_error error = {0};
	struct loaded loaded;
	size_t lines = 0;
	char expected[32];

	(void)state;
	load_many(&loaded, 60);
	assert_int_equal(corc_json_problems(&loaded.document, &error), -EINVAL);
	for (const char *at = error.message; (at = strchr(at, '\n')); at++)
		lines++;
	assert_in_range(lines, 10, 20);
	(void)snprintf(expected, sizeof(expected), "\n...and %zu more", 60 - lines);
	assert_string_equal(strrchr(error.message, '\n'), expected);
	unload(&loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_goes_on_behind_wrong_types),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_closed_sets),
		cmocka_unit_test(test_long_sets_are_shortened),
		cmocka_unit_test(test_empty_strings),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_strings_that_cannot_be_passed_on),
		cmocka_unit_test(test_what_is_no_half_pair),
		cmocka_unit_test(test_values_are_quoted_and_shortened),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_half_bounds),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_nesting_has_a_path),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_of_two),
		cmocka_unit_test(test_order_at_one_place),
		cmocka_unit_test(test_at_most_a_hundred),
		cmocka_unit_test(test_more_is_last),
		cmocka_unit_test(test_added_to_nothing),
		cmocka_unit_test(test_added_afterwards),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_joined_place),
		cmocka_unit_test(test_joined_without_path),
		cmocka_unit_test(test_joined_is_cut_at_a_line),
	};

	return cmocka_run_group_tests_name("base/json_problem", tests, NULL, NULL);
}
