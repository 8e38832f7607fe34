/* SPDX-License-Identifier: Apache-2.0 */
/* Values into structs: each type, absence, repetition, what is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/json_fixture.h"

static void test_empty_object(void **state)
{
	struct everything empty = {0};
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, " { } ");
	assert_int_equal(loaded.document.node_count, 1);
	assert_int_equal(loaded.value.node, 0);
	assert_memory_equal(&loaded.value, &empty, sizeof(empty));
	unload(&loaded);
}

static void test_scalars(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded,
		"{\"string\":\"text\",\"filled\":\"x\",\"flag\":true,\"u32\":4294967295,"
		"\"u64\":18446744073709551615,\"i64\":-9223372036854775808,\"color\":\"green\","
		"\"id\":3}");
	assert_string_equal(loaded.value.string, "text");
	assert_string_equal(loaded.value.filled, "x");
	assert_true(loaded.value.flag);
	assert_int_equal(loaded.value.u32, UINT32_MAX);
	assert_true(loaded.value.u64 == UINT64_MAX);
	assert_true(loaded.value.i64 == INT64_MIN);
	assert_int_equal(loaded.value.color, GREEN);
	assert_int_equal(loaded.value.id, 3);
	assert_null(loaded.value.flag_pointer);
	assert_null(loaded.value.u32_pointer);
	assert_null(loaded.value.color_pointer);
	assert_null(loaded.value.item_pointer);
	unload(&loaded);
}

static void test_bounds_are_inside(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded,
		"{\"id\":10,\"u32\":0,\"u64\":0,\"i64\":9223372036854775807,\"numbers\":[0,100],"
		"\"items\":[{\"name\":\"a\",\"value\":-5},{\"name\":\"b\",\"value\":7},"
		"{\"name\":\"c\",\"value\":-0}]}");
	assert_int_equal(loaded.value.id, 10);
	assert_true(loaded.value.i64 == INT64_MAX);
	assert_int_equal(loaded.value.numbers.items[1], 100);
	assert_true(*loaded.value.items.items[0].value == -5);
	assert_true(*loaded.value.items.items[1].value == 7);
	assert_true(*loaded.value.items.items[2].value == 0);
	unload(&loaded);
}

static void test_pointers(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, "{\"flagPointer\":false,\"u32Pointer\":0,\"colorPointer\":\"blue\","
			    "\"itemPointer\":{\"name\":\"n\"}}");
	assert_non_null(loaded.value.flag_pointer);
	assert_false(*loaded.value.flag_pointer);
	assert_non_null(loaded.value.u32_pointer);
	assert_int_equal(*loaded.value.u32_pointer, 0);
	assert_int_equal(*loaded.value.color_pointer, BLUE);
	assert_string_equal(loaded.value.item_pointer->name, "n");
	assert_null(loaded.value.item_pointer->value);
	assert_origin(&loaded, loaded.value.item_pointer->node, "1:73: itemPointer");
	unload(&loaded);
}

static void test_strings_are_decoded(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded,
		"{\"string\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\xc3\xa9\","
		"\"strings\":[\"\",\"\\\\\",\"\\\"\",\"\\\\\\\"\"]}");
	assert_string_equal(loaded.value.string,
		"\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9");
	assert_int_equal(loaded.value.strings.count, 4);
	assert_string_equal(loaded.value.strings.items[0], "");
	assert_string_equal(loaded.value.strings.items[1], "\\");
	assert_string_equal(loaded.value.strings.items[2], "\"");
	assert_string_equal(loaded.value.strings.items[3], "\\\"");
	unload(&loaded);
}

static void test_arrays(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, "{\"strings\":[\"a\",\"b\",\"c\"],\"numbers\":[1,2],"
			    "\"colors\":[\"blue\",\"red\"],\"map\":{\"k\":\"v\",\"\":\"w\"}}");
	assert_int_equal(loaded.value.strings.count, 3);
	assert_string_equal(loaded.value.strings.items[2], "c");
	assert_null(loaded.value.strings.items[3]);
	assert_int_equal(loaded.value.numbers.count, 2);
	assert_int_equal(loaded.value.numbers.items[0], 1);
	assert_int_equal(loaded.value.numbers.items[1], 2);
	assert_int_equal(loaded.value.colors.count, 2);
	assert_int_equal(loaded.value.colors.items[0], BLUE);
	assert_int_equal(loaded.value.colors.items[1], RED);
	assert_int_equal(loaded.value.map.count, 2);
	assert_string_equal(loaded.value.map.keys[0], "k");
	assert_string_equal(loaded.value.map.values[0], "v");
	assert_string_equal(loaded.value.map.keys[1], "");
	assert_string_equal(loaded.value.map.values[1], "w");
	unload(&loaded);
}

static void test_empty_arrays_take_no_memory(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(
		&loaded, "{\"items\":[],\"strings\":[],\"numbers\":[],\"colors\":[],\"map\":{}}");
	assert_null(loaded.value.items.items);
	assert_null(loaded.value.strings.items);
	assert_null(loaded.value.numbers.items);
	assert_null(loaded.value.colors.items);
	assert_null(loaded.value.map.keys);
	assert_null(loaded.value.map.values);
	assert_int_equal(loaded.value.items.count + loaded.value.strings.count +
				 loaded.value.numbers.count + loaded.value.colors.count +
				 loaded.value.map.count,
		0);
	unload(&loaded);
}

/* Arrays of every length: none may lose an item, or its end, where it is moved. */
static void test_string_arrays_of_each_length(void **state)
{
	(void)state;
	for (size_t count = 1; count <= 70; count++) {
		struct corc_buffer CORC_BUFFER text = {0};
		struct loaded loaded;
		char expected[16];

		corc_buffer_puts(&text, "{\"strings\":[");
		for (size_t at = 0; at < count; at++)
			corc_buffer_printf(&text, "%s\"s%zu\"", at > 0 ? "," : "", at);
		corc_buffer_puts(&text, "]}");
		load_valid(&loaded, text.data);
		assert_int_equal(loaded.value.strings.count, count);
		for (size_t at = 0; at < count; at++) {
			(void)snprintf(expected, sizeof(expected), "s%zu", at);
			assert_string_equal(loaded.value.strings.items[at], expected);
		}
		assert_null(loaded.value.strings.items[count]);
		unload(&loaded);
	}
}

/* Items are moved while the array grows: what they hold, arrays too, goes along. */
static void test_many_objects(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct loaded loaded;
	char expected[32];

	(void)state;
	corc_buffer_puts(&text, "{\"items\":[");
	for (int at = 0; at < 1000; at++)
		corc_buffer_printf(&text,
			"%s\n{\"words\":[\"a%d\",\"b\"],\"value\":%d,\"name\":\"n%d\"}",
			at > 0 ? "," : "", at, at % 8, at);
	corc_buffer_puts(&text, "]}");
	load_valid(&loaded, text.data);
	assert_int_equal(loaded.value.items.count, 1000);
	for (int at = 0; at < 1000; at++) {
		const struct item *item = &loaded.value.items.items[at];

		(void)snprintf(expected, sizeof(expected), "n%d", at);
		assert_string_equal(item->name, expected);
		assert_true(*item->value == at % 8);
		assert_int_equal(item->words.count, 2);
		(void)snprintf(expected, sizeof(expected), "a%d", at);
		assert_string_equal(item->words.items[0], expected);
		(void)snprintf(expected, sizeof(expected), "%d:1: items[%d]", at + 2, at);
		assert_origin(&loaded, item->node, expected);
	}
	unload(&loaded);
}

static void test_many_pairs(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct loaded loaded;

	(void)state;
	corc_buffer_puts(&text, "{\"map\":{");
	for (int at = 0; at < 300; at++)
		corc_buffer_printf(&text, "%s\"k%d\":\"v%d\"", at > 0 ? "," : "", at, at);
	corc_buffer_puts(&text, "}}");
	load_valid(&loaded, text.data);
	assert_int_equal(loaded.value.map.count, 300);
	for (int at = 0; at < 300; at++) {
		char expected[16];

		(void)snprintf(expected, sizeof(expected), "k%d", at);
		assert_string_equal(loaded.value.map.keys[at], expected);
		expected[0] = 'v';
		assert_string_equal(loaded.value.map.values[at], expected);
	}
	unload(&loaded);
}

static void test_null_is_absence(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded,
		"{\"string\":null,\"flag\":null,\"u32Pointer\":null,\"item\":null,\"itemPointer\":null,"
		"\"items\":null,\"strings\":null,\"map\":null,\"other\":null,"
		"\"unknown\":null}");
	assert_null(loaded.value.string);
	assert_null(loaded.value.u32_pointer);
	assert_null(loaded.value.item_pointer);
	assert_int_equal(loaded.value.item.node, 0);
	assert_null(loaded.value.items.items);
	assert_null(loaded.value.strings.items);
	assert_null(loaded.value.map.keys);
	assert_int_equal(loaded.document.unknown.count, 1);
	unload(&loaded);
	load_valid(&loaded, "{\"map\":{\"a\":null,\"b\":\"x\"}}");
	assert_int_equal(loaded.value.map.count, 1);
	assert_string_equal(loaded.value.map.keys[0], "b");
	unload(&loaded);
}

static void test_last_scalar_counts(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded,
		"{\"string\":\"a\",\"u32Pointer\":1,\"flag\":true,\"color\":\"red\",\"u64\":5,"
		"\"string\":\"b\",\"u32Pointer\":2,\"flag\":false,\"color\":\"blue\",\"u64\":null}");
	assert_string_equal(loaded.value.string, "b");
	assert_int_equal(*loaded.value.u32_pointer, 2);
	assert_false(loaded.value.flag);
	assert_int_equal(loaded.value.color, BLUE);
	assert_int_equal(loaded.value.u64, 0);
	unload(&loaded);
}

static void test_last_container_counts(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded,
		"{\"strings\":[\"a\",\"b\"],\"items\":[{\"name\":\"x\"},{\"name\":\"y\"}],"
		"\"item\":{\"name\":\"i\",\"value\":1,\"words\":[\"w\"]},\"map\":{\"a\":\"1\",\"b\":\"2\"},"
		"\"itemPointer\":{\"name\":\"p\",\"value\":2},\"numbers\":[1,2],\"strings\":[\"c\"],"
		"\"items\":[{\"name\":\"z\"}],\"item\":{\"name\":\"j\"},\"map\":{\"c\":\"3\"},"
		"\"itemPointer\":{\"name\":\"q\"},\"numbers\":[]}");
	assert_int_equal(loaded.value.strings.count, 1);
	assert_string_equal(loaded.value.strings.items[0], "c");
	assert_null(loaded.value.strings.items[1]);
	assert_int_equal(loaded.value.items.count, 1);
	assert_string_equal(loaded.value.items.items[0].name, "z");
	assert_string_equal(loaded.value.item.name, "j");
	assert_null(loaded.value.item.value);
	assert_int_equal(loaded.value.item.words.count, 0);
	assert_int_equal(loaded.value.map.count, 1);
	assert_string_equal(loaded.value.map.keys[0], "c");
	assert_string_equal(loaded.value.item_pointer->name, "q");
	assert_null(loaded.value.item_pointer->value);
	assert_int_equal(loaded.value.numbers.count, 0);
	unload(&loaded);
}

static void test_last_null_counts(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded,
		"{\"string\":\"a\",\"u32Pointer\":1,\"strings\":[\"a\"],\"item\":{\"name\":\"i\"},"
		"\"itemPointer\":{\"name\":\"p\"},\"map\":{\"a\":\"b\"},\"string\":null,"
		"\"u32Pointer\":null,\"strings\":null,\"item\":null,\"itemPointer\":null,\"map\":null}");
	assert_null(loaded.value.string);
	assert_null(loaded.value.u32_pointer);
	assert_null(loaded.value.strings.items);
	assert_int_equal(loaded.value.strings.count, 0);
	assert_null(loaded.value.item.name);
	assert_null(loaded.value.item_pointer);
	assert_int_equal(loaded.value.map.count, 0);
	unload(&loaded);
}

static void test_last_pair_counts(void **state)
{
	static const char *const keys[] = {"c", "b", "a", "d"};
	static const char *const values[] = {"2", "4", "5", "6"};
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, "{\"map\":{\"a\":\"0\",\"b\":\"1\",\"c\":\"2\",\"a\":\"3\",\"b\":\"4\","
			    "\"a\":\"5\",\"d\":\"6\"}}");
	assert_int_equal(loaded.value.map.count, 4);
	for (size_t at = 0; at < 4; at++) {
		assert_string_equal(loaded.value.map.keys[at], keys[at]);
		assert_string_equal(loaded.value.map.values[at], values[at]);
	}
	unload(&loaded);
}

static void test_last_of_two_pairs_counts(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, "{\"map\":{\"a\":\"1\",\"a\":\"2\"}}");
	assert_int_equal(loaded.value.map.count, 1);
	assert_string_equal(loaded.value.map.keys[0], "a");
	assert_string_equal(loaded.value.map.values[0], "2");
	unload(&loaded);
}

static void test_keys_match_as_a_whole(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, "{\"String\":\"a\",\"strin\":\"b\",\"string2\":\"c\",\"\":\"d\","
			    "\"string \":\"e\",\"s\\u0074ring\":\"f\"}");
	assert_string_equal(loaded.value.string, "f");
	assert_int_equal(loaded.document.unknown.count, 5);
	unload(&loaded);
}

static void test_unknown_keys_are_kept(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded,
		"{\"a\":{\"string\":\"no\",\"b\":[{\"c\":[[]]},\"]\",\"}\"]},\"string\":\"yes\",\n"
		" \"item\":{\"name\":\"n\",\"x\":1,\"words\":[\"w\"]},\"z\":[[],{}],\"u32\":7}");
	assert_string_equal(loaded.value.string, "yes");
	assert_string_equal(loaded.value.item.name, "n");
	assert_int_equal(loaded.value.item.words.count, 1);
	assert_int_equal(loaded.value.u32, 7);
	assert_int_equal(loaded.document.unknown.count, 3);
	assert_origin(&loaded, loaded.document.unknown.items[0], "1:6: a");
	assert_origin(&loaded, loaded.document.unknown.items[1], "2:25: item.x");
	assert_origin(&loaded, loaded.document.unknown.items[2], "2:46: z");
	unload(&loaded);
}

static void test_many_unknown_keys(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct loaded loaded;

	(void)state;
	corc_buffer_puts(&text, "{");
	for (int at = 0; at < 200; at++)
		corc_buffer_printf(&text, "\"x%d\":{\"y\":[%d]},", at, at);
	corc_buffer_puts(&text, "\"u32\":1}");
	load_valid(&loaded, text.data);
	assert_int_equal(loaded.document.unknown.count, 200);
	assert_string_equal(loaded.document.nodes[loaded.document.unknown.items[199]].key, "x199");
	assert_int_equal(loaded.value.u32, 1);
	unload(&loaded);
}

static void test_ignored_is_not_looked_at(void **state)
{
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, "{\"other\":{\"string\":5,\"n\":\"\\u0000\",\"\\u0000\":[1e5,{}]},"
			    "\"other\":\"\\ud800\",\"other\":1.5,\"flag\":true}");
	assert_true(loaded.value.flag);
	assert_int_equal(loaded.document.unknown.count, 0);
	unload(&loaded);
}

static void test_array_document(void **state)
{
	struct corc_arena arena = {0};
	struct corc_json_document document = {.arena = &arena, .file = "test.json"};
	struct corc_json_items array;
	const struct item *items;
	static const char text[] = "[{\"name\":\"a\"},\n {\"name\":\"b\",\"value\":3}]";

	(void)state;
	assert_int_equal(
		corc_json_read_array(&document, &item_object, text, strlen(text), &array), 0);
	assert_int_equal(document.problem_count, 0);
	assert_int_equal(array.count, 2);
	items = array.items;
	assert_string_equal(items[0].name, "a");
	assert_string_equal(items[1].name, "b");
	assert_true(*items[1].value == 3);
	assert_int_equal(document.nodes[items[1].node].index, 1);
	assert_int_equal(document.nodes[items[1].node].line, 2);
	assert_int_equal(document.nodes[items[1].node].column, 2);
	corc_arena_done(&arena);
}

static void test_empty_array_document(void **state)
{
	struct corc_arena arena = {0};
	struct corc_json_document document = {.arena = &arena, .file = "test.json"};
	struct corc_json_items array = {&arena, 77};

	(void)state;
	assert_int_equal(corc_json_read_array(&document, &item_object, "[]", 2, &array), 0);
	assert_int_equal(document.problem_count, 0);
	assert_null(array.items);
	assert_int_equal(array.count, 0);
	corc_arena_done(&arena);
}

static void test_nesting_at_the_limit(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct loaded loaded;

	(void)state;
	corc_buffer_puts(&text, "{\"other\":");
	for (int depth = 1; depth < 64; depth++)
		corc_buffer_puts(&text, depth % 2 ? "[" : "{\"a\":");
	for (int depth = 63; depth > 0; depth--)
		corc_buffer_puts(&text, depth % 2 ? "]" : "}");
	corc_buffer_puts(&text, ",\"flag\":true}");
	load_valid(&loaded, text.data);
	assert_true(loaded.value.flag);
	unload(&loaded);
}

/* Text that is not NUL-terminated is read up to its length and no further. */
static void test_reads_no_further_than_length(void **state)
{
	struct loaded loaded;

	(void)state;
	load_bytes(&loaded, "{\"u32\":12}garbage", 10);
	assert_int_equal(loaded.document.problem_count, 0);
	assert_int_equal(loaded.value.u32, 12);
	unload(&loaded);
}

/* The key is a member of the item; the last of equal keys counts, and starts from nothing. */
static void test_map_of_objects(void **state)
{
	struct loaded loaded;
	const struct items *map = &loaded.value.item_map;

	(void)state;
	load_valid(&loaded,
		"{\"itemMap\":{\"a\":{\"value\":1},\"b b\":{\"value\":2,\"words\":[\"x\"]},\"c\":null,"
		"\"a\":{\"words\":[\"y\",\"z\"]},\"\":{},\"d\":{\"value\":-3}}}");
	assert_int_equal(map->count, 4);
	assert_string_equal(map->items[0].name, "b b");
	assert_int_equal(*map->items[0].value, 2);
	assert_string_equal(map->items[1].name, "a");
	assert_null(map->items[1].value);
	assert_int_equal(map->items[1].words.count, 2);
	assert_string_equal(map->items[2].name, "");
	assert_string_equal(map->items[3].name, "d");
	assert_int_equal(*map->items[3].value, -3);
	assert_origin(&loaded, map->items[0].node, "1:35: itemMap[\"b b\"]");
	unload(&loaded);
}

static void test_map_of_objects_refuses(void **state)
{
	(void)state;
	assert_one_problem("{\"itemMap\":[]}", "1:12: itemMap: expected an object, found an array");
	assert_one_problem("{\"itemMap\":{\"a\":1}}",
		"1:17: itemMap.a: expected an object, found the number 1");
	assert_one_problem("{\"itemMap\":{\"a\":{\"value\":8}}}",
		"1:26: itemMap.a.value: expected an integer from -5 to 7, found 8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_object),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_bounds_are_inside),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_strings_are_decoded),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_empty_arrays_take_no_memory),
		cmocka_unit_test(test_string_arrays_of_each_length),
		cmocka_unit_test(test_many_objects),
		cmocka_unit_test(test_many_pairs),
		cmocka_unit_test(test_null_is_absence),
		cmocka_unit_test(test_last_scalar_counts),
		cmocka_unit_test(test_last_container_counts),
		cmocka_unit_test(test_last_null_counts),
		cmocka_unit_test(test_last_pair_counts),
		cmocka_unit_test(test_last_of_two_pairs_counts),
		cmocka_unit_test(test_keys_match_as_a_whole),
		cmocka_unit_test(test_unknown_keys_are_kept),
		cmocka_unit_test(test_many_unknown_keys),
		cmocka_unit_test(test_ignored_is_not_looked_at),
		cmocka_unit_test(test_array_document),
		cmocka_unit_test(test_empty_array_document),
		cmocka_unit_test(test_nesting_at_the_limit),
		cmocka_unit_test(test_reads_no_further_than_length),
		cmocka_unit_test(test_map_of_objects),
		cmocka_unit_test(test_map_of_objects_refuses),
	};

	return cmocka_run_group_tests_name("base/json_reader", tests, NULL, NULL);
}
