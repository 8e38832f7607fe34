/* SPDX-License-Identifier: Apache-2.0 */
/* Where values stand: exact positions, paths, finding nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/json_fixture.h"
#include "base/utf8.h"

static uint32_t find(const struct loaded *loaded, uint32_t node, const char *key, uint32_t index)
{
	return corc_json_find(&loaded->document, node, key, index);
}

#define NO_INDEX UINT32_MAX

static void test_positions(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, "\n"
			    "  {\n"
			    "\"string\" : \"a\\\"b\\\\\" ,\n"
			    "\t\"flag\":true,\"flagPointer\"\n"
			    ":\n"
			    "  false, \"u32\": 12,\r\n"
			    "\"i64\":-7,\n"
			    "\n\n"
			    "   \"numbers\":[1,  22\n"
			    ",\n"
			    " 3], \"map\": {\"\xc3\xa9\" :\"x\", \"a b\":\"\\u00e9\"},\n"
			    "\"items\":[{\"name\":\"\\\\\"} , {\"name\":\"b\"}]}\n");
	assert_origin(&loaded, 0, "2:3: ");
	assert_origin(&loaded, find(&loaded, 0, "string", NO_INDEX), "3:12: string");
	assert_origin(&loaded, find(&loaded, 0, "flag", NO_INDEX), "4:9: flag");
	assert_origin(&loaded, find(&loaded, 0, "flagPointer", NO_INDEX), "6:3: flagPointer");
	assert_origin(&loaded, find(&loaded, 0, "u32", NO_INDEX), "6:17: u32");
	assert_origin(&loaded, find(&loaded, 0, "i64", NO_INDEX), "7:7: i64");
	assert_origin(&loaded, find(&loaded, 0, "numbers", NO_INDEX), "10:14: numbers");
	assert_origin(&loaded, find(&loaded, 0, "numbers", 0), "10:15: numbers[0]");
	assert_origin(&loaded, find(&loaded, 0, "numbers", 1), "10:19: numbers[1]");
	assert_origin(&loaded, find(&loaded, 0, "numbers", 2), "12:2: numbers[2]");
	assert_origin(&loaded, find(&loaded, 0, "map", NO_INDEX), "12:13: map");
	unload(&loaded);
}

/* The position of every string of a document, found by its escapes, is where its quote is. */
static void test_strings_with_escapes(void **state)
{
	static const char *const pieces[] = {
		"a", "\\\"", "\\\\", "\\u0041", "\\n", "\xc3\xa9", " ", ","};
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct corc_buffer CORC_BUFFER text = {0};
		size_t offsets[20];
		struct loaded loaded;

		corc_buffer_puts(&text, "{\"strings\":[");
		for (size_t at = 0; at < 20; at++) {
			corc_buffer_puts(&text, at > 0 ? "," : "");
			offsets[at] = text.length;
			corc_buffer_puts(&text, "\"");
			for (;;) {
				seed = seed * 1664525 + 1013904223;
				if ((seed >> 16) % 8 == 0)
					break;
				corc_buffer_puts(&text, pieces[(seed >> 20) % 8]);
			}
			corc_buffer_puts(&text, "\"");
		}
		corc_buffer_puts(&text, "]}");
		load_valid(&loaded, text.data);
		for (uint32_t at = 0; at < 20; at++) {
			uint32_t node = find(&loaded, 0, "strings", at);

			assert_int_equal(loaded.document.nodes[node].column, offsets[at] + 1);
		}
		unload(&loaded);
	}
}

static void test_positions_after_what_is_passed_over(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, "{\"x\":{\"a\":\n[{\"b\":\"\\\"}]\"},\n null]\n,\"c\":-1.5e+3},\n"
			    "\"other\":[[\n\n]],  \"u32\":\n9}");
	assert_int_equal(loaded.value.u32, 9);
	assert_origin(&loaded, find(&loaded, 0, "x", NO_INDEX), "1:6: x");
	assert_origin(&loaded, find(&loaded, 0, "other", NO_INDEX), "5:9: other");
	assert_origin(&loaded, find(&loaded, 0, "u32", NO_INDEX), "8:1: u32");
	unload(&loaded);
}

static void test_paths(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded,
		"{\"items\":[{\"name\":\"a\"},{\"name\":\"b\",\"words\":[\"x\",\"y\"]}],"
		"\"map\":{\"plain-Key_1\":\"\",\"with.dot\":\"\",\"a \\\"q\\\"\\n\":\"\",\"\":\"\"}}");
	assert_origin(&loaded, find(&loaded, loaded.value.items.items[1].node, "words", 1),
		"1:49: items[1].words[1]");
	assert_origin(&loaded,
		find(&loaded, find(&loaded, 0, "map", NO_INDEX), "plain-Key_1", NO_INDEX),
		"1:77: map.plain-Key_1");
	assert_origin(&loaded,
		find(&loaded, find(&loaded, 0, "map", NO_INDEX), "with.dot", NO_INDEX),
		"1:91: map[\"with.dot\"]");
	assert_origin(&loaded,
		find(&loaded, find(&loaded, 0, "map", NO_INDEX), "a \"q\"\n", NO_INDEX),
		"1:106: map[\"a \\\"q\\\"\\n\"]");
	assert_origin(&loaded, find(&loaded, find(&loaded, 0, "map", NO_INDEX), "", NO_INDEX),
		"1:112: map[\"\"]");
	unload(&loaded);
}

static void test_long_paths_are_cut(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_origin origin;
	struct loaded loaded;

	(void)state;
	corc_buffer_puts(&text, "{\"");
	for (int at = 0; at < 100; at++)
		corc_buffer_puts(&text, "\xe2\x82\xac");
	corc_buffer_puts(&text, "\":1,\"map\":{\"");
	for (int at = 0; at < 300; at++)
		corc_buffer_puts(&text, "k");
	corc_buffer_puts(&text, "\":\"\"}}");
	load_valid(&loaded, text.data);
	corc_json_origin(&loaded.document, 1, &origin);
	assert_true(corc_utf8_is_valid(origin.path, strlen(origin.path)));
	assert_string_equal(origin.path + strlen(origin.path) - 8, "\xe2\x82\xac...\"]");
	corc_json_origin(&loaded.document, 3, &origin);
	assert_int_equal(strlen(origin.path), sizeof(origin.path) - 1);
	assert_memory_equal(origin.path, "map.kkkk", 8);
	unload(&loaded);
}

/* Paths of every length around that of the buffer. */
static void test_paths_that_just_fit(void **state)
{
	char key[161];
	struct corc_json_node nodes[] = {{0, UINT32_MAX, NULL, 1, 1}, {0, UINT32_MAX, key, 1, 1}};
	struct corc_json_document document = {.file = "x", .nodes = nodes, .node_count = 2};
	struct corc_origin origin;

	(void)state;
	for (size_t length = 150; length < sizeof(key); length++) {
		size_t kept = length < sizeof(origin.path) ? length : sizeof(origin.path) - 1;

		memset(key, 'k', length);
		key[length] = '\0';
		corc_json_origin(&document, 1, &origin);
		assert_int_equal(strlen(origin.path), kept);
		assert_memory_equal(origin.path, key, kept);
	}
}

/* Deeper than the reader goes: cut, but never written beyond an array. */
static void test_deep_paths(void **state)
{
	struct corc_json_node nodes[110] = {{0, UINT32_MAX, NULL, 1, 1}};
	struct corc_json_document document = {.file = "x", .nodes = nodes, .node_count = 110};
	struct corc_origin origin;

	(void)state;
	for (uint32_t at = 1; at < 110; at++)
		nodes[at] = (struct corc_json_node){at - 1, at % 10, NULL, at, at};
	corc_json_origin(&document, 40, &origin);
	assert_int_equal(strlen(origin.path), 120);
	assert_memory_equal(origin.path, "[1][2][3]", 9);
	for (uint32_t at = 60; at < 110; at++) {
		corc_json_origin(&document, at, &origin);
		assert_int_equal(strlen(origin.path), sizeof(origin.path) - 1);
	}
}

static void test_file_names(void **state)
{
	static const struct {
		const char *file, *name;
	} rows[] = {
		{"config.json", "config.json"}, {"/a/b/config.json", "config.json"}, {"a/", ""}};
	struct corc_json_document document = {0};
	struct corc_origin origin;
	char longer[100];

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		document.file = rows[at].file;
		corc_json_origin(&document, 0, &origin);
		assert_string_equal(origin.file, rows[at].name);
		assert_int_equal(origin.line, 1);
		assert_int_equal(origin.column, 1);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	document.file = longer;
	for (; strlen(document.file) > 60; document.file++) {
		corc_json_origin(&document, 0, &origin);
		assert_in_range(strlen(origin.file), 61, sizeof(origin.file) - 1);
		assert_memory_equal(origin.file, document.file, strlen(origin.file));
	}
}

static void test_find_falls_back(void **state)
{
	struct loaded loaded;
	uint32_t item;

	(void)state;
	load_valid(&loaded,
		"{\"items\":[{\"name\":\"a\",\"words\":[\"x\"]},{\"name\":\"b\"}],\"u32\":1}");
	item = loaded.value.items.items[1].node;
	/* A property that was not given: its object. */
	assert_int_equal(find(&loaded, item, "words", NO_INDEX), item);
	assert_int_equal(find(&loaded, item, "words", 0), item);
	assert_int_equal(find(&loaded, 0, "strings", 3), 0);
	/* An item that is not there: its array. */
	assert_origin(&loaded, find(&loaded, 0, "items", 7), "1:10: items");
	/* What is inside other objects is not found. */
	assert_int_equal(find(&loaded, 0, "name", NO_INDEX), 0);
	assert_int_equal(find(&loaded, item, "u32", NO_INDEX), item);
	/* Items of the node itself. */
	assert_int_equal(find(&loaded, find(&loaded, 0, "items", NO_INDEX), NULL, 1), item);
	assert_int_equal(find(&loaded, item, NULL, NO_INDEX), item);
	unload(&loaded);
}

static void test_find_takes_the_last(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(
		&loaded, "{\"strings\":[\"a\"],\"u32\":1,\n\"u32\":2,\"strings\":[\"b\",\"c\"]}");
	assert_origin(&loaded, find(&loaded, 0, "u32", NO_INDEX), "2:7: u32");
	assert_origin(&loaded, find(&loaded, 0, "strings", 0), "2:20: strings[0]");
	unload(&loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_strings_with_escapes),
		cmocka_unit_test(test_positions_after_what_is_passed_over),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_long_paths_are_cut),
		cmocka_unit_test(test_paths_that_just_fit),
		cmocka_unit_test(test_deep_paths),
		cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_find_falls_back),
		cmocka_unit_test(test_find_takes_the_last),
	};

	return cmocka_run_group_tests_name("base/json_origin", tests, NULL, NULL);
}
