/* SPDX-License-Identifier: Apache-2.0 */
/* JSON out: layout, escapes, numbers. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_writer.h"

static void write_sample(struct corc_json_writer *writer)
{
	const char *items[] = {"a", "b", NULL};
	const char *keys[] = {"k2", "k1"};
	const char *values[] = {"v2", "v1"};

	corc_json_begin_object(writer, NULL);
	corc_json_string(writer, "string", "x");
	corc_json_u64(writer, "u64", UINT64_MAX);
	corc_json_i64(writer, "i64", INT64_MIN);
	corc_json_bool(writer, "yes", true);
	corc_json_bool(writer, "no", false);
	corc_json_null(writer, "null");
	corc_json_string(writer, "none", NULL);
	corc_json_strings(writer, "strings", &(struct corc_string_array){items, 2});
	corc_json_strings(writer, "empty", &(struct corc_string_array){NULL, 0});
	corc_json_map(writer, "map", &(struct corc_string_map){keys, values, 2});
	corc_json_map(writer, "emptyMap", &(struct corc_string_map){NULL, NULL, 0});
	corc_json_begin_array(writer, "array");
	corc_json_begin_object(writer, NULL);
	corc_json_raw(writer, "raw", "[1]");
	corc_json_end_object(writer);
	corc_json_begin_object(writer, NULL);
	corc_json_end_object(writer);
	corc_json_u64(writer, NULL, 0);
	corc_json_end_array(writer);
	corc_json_end_object(writer);
}

static void test_one_line(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer};

	(void)state;
	write_sample(&writer);
	assert_string_equal(buffer.data,
		"{\"string\":\"x\",\"u64\":18446744073709551615,\"i64\":-9223372036854775808,"
		"\"yes\":true,\"no\":false,\"null\":null,\"none\":null,\"strings\":[\"a\",\"b\"],"
		"\"empty\":[],\"map\":{\"k2\":\"v2\",\"k1\":\"v1\"},\"emptyMap\":{},"
		"\"array\":[{\"raw\":[1]},{},0]}");
	assert_int_equal(writer.depth, 0);
	assert_false(buffer.failed);
}

static void test_indented(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer, .indent = 2};

	(void)state;
	write_sample(&writer);
	assert_string_equal(buffer.data, "{\n"
					 "  \"string\": \"x\",\n"
					 "  \"u64\": 18446744073709551615,\n"
					 "  \"i64\": -9223372036854775808,\n"
					 "  \"yes\": true,\n"
					 "  \"no\": false,\n"
					 "  \"null\": null,\n"
					 "  \"none\": null,\n"
					 "  \"strings\": [\n"
					 "    \"a\",\n"
					 "    \"b\"\n"
					 "  ],\n"
					 "  \"empty\": [],\n"
					 "  \"map\": {\n"
					 "    \"k2\": \"v2\",\n"
					 "    \"k1\": \"v1\"\n"
					 "  },\n"
					 "  \"emptyMap\": {},\n"
					 "  \"array\": [\n"
					 "    {\n"
					 "      \"raw\": [1]\n"
					 "    },\n"
					 "    {},\n"
					 "    0\n"
					 "  ]\n"
					 "}");
}

static void assert_written(const char *value, const char *expected)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer};

	corc_json_string(&writer, NULL, value);
	assert_string_equal(buffer.data, expected);
}

static void test_escapes(void **state)
{
	(void)state;
	assert_written("", "\"\"");
	assert_written("plain <>&'/ text", "\"plain <>&'/ text\"");
	assert_written("\"\\", "\"\\\"\\\\\"");
	assert_written("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
	assert_written("\x01\x0b\x1f\x7f", "\"\\u0001\\u000b\\u001f\x7f\"");
	assert_written("a\nb", "\"a\\nb\"");
	assert_written(
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	assert_written("a\xe2\x80\xa8z\xe2\x80\xa9", "\"a\\u2028z\\u2029\"");
	assert_written("\xe2\x80\xa7\xe2\x80\xaa", "\"\xe2\x80\xa7\xe2\x80\xaa\"");
}

static void test_wrong_bytes(void **state)
{
	(void)state;
	assert_written("a\xff"
		       "b",
		"\"a\\ufffdb\"");
	assert_written("\xe2\x82", "\"\\ufffd\\ufffd\"");
	assert_written("\xc0\x80", "\"\\ufffd\\ufffd\"");
	assert_written("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
}

static void test_keys_are_escaped(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer};

	(void)state;
	corc_json_begin_object(&writer, NULL);
	corc_json_bool(&writer, "a\"\n", true);
	corc_json_end_object(&writer);
	assert_string_equal(buffer.data, "{\"a\\\"\\n\":true}");
}

static void assert_double(double value, const char *expected)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer};

	corc_json_double(&writer, NULL, value);
	assert_string_equal(buffer.data, expected);
}

static void test_doubles(void **state)
{
	(void)state;
	assert_double(0, "0");
	assert_double(-0.0, "-0");
	assert_double(1, "1");
	assert_double(-1.5, "-1.5");
	assert_double(0.1, "0.1");
	assert_double(0.1 + 0.2, "0.30000000000000004");
	assert_double(100, "100");
	assert_double(123456789.125, "123456789.125");
	assert_double(1e20, "100000000000000000000");
	assert_double(123456789012345680000.0, "123456789012345680000");
	assert_double(1e21, "1e+21");
	assert_double(1.5e300, "1.5e+300");
	assert_double(0.000001, "0.000001");
	assert_double(0.00000123, "0.00000123");
	assert_double(0.0000009, "9e-7");
	assert_double(1.25e-9, "1.25e-9");
	assert_double(DBL_MAX, "1.7976931348623157e+308");
	assert_double(5e-324, "5e-324");
	assert_double((double)NAN, "null");
	assert_double((double)INFINITY, "null");
	assert_double((double)-INFINITY, "null");
}

static void test_doubles_are_items(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer};

	(void)state;
	corc_json_begin_object(&writer, NULL);
	corc_json_double(&writer, "a", 0.5);
	corc_json_double(&writer, "b", 2);
	corc_json_end_object(&writer);
	assert_string_equal(buffer.data, "{\"a\":0.5,\"b\":2}");
}

static void test_doubles_read_back(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int at = 0; at < 20000; at++) {
		struct corc_buffer CORC_BUFFER buffer = {0};
		struct corc_json_writer writer = {.buffer = &buffer};
		double value;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		memcpy(&value, &seed, sizeof(value));
		if (!isfinite(value))
			continue;
		corc_json_double(&writer, NULL, value);
		assert_true(strtod(buffer.data, NULL) == value);
	}
}

static void test_depth(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer};

	(void)state;
	for (int depth = 0; depth < CORC_JSON_DEPTH; depth++)
		corc_json_begin_array(&writer, NULL);
	assert_false(buffer.failed);
	for (int depth = 0; depth < CORC_JSON_DEPTH; depth++)
		corc_json_end_array(&writer);
	assert_false(buffer.failed);
	assert_int_equal(buffer.length, 2 * CORC_JSON_DEPTH);
	for (int depth = 0; depth <= CORC_JSON_DEPTH; depth++)
		corc_json_begin_array(&writer, NULL);
	assert_true(buffer.failed);
	assert_int_equal(writer.depth, CORC_JSON_DEPTH);
}

static void test_end_without_begin(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer};

	(void)state;
	corc_json_end_object(&writer);
	assert_true(buffer.failed);
	assert_int_equal(writer.depth, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_indented),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_wrong_bytes),
		cmocka_unit_test(test_keys_are_escaped),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_doubles_are_items),
		cmocka_unit_test(test_doubles_read_back),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_end_without_begin),
	};

	return cmocka_run_group_tests_name("base/json_writer", tests, NULL, NULL);
}
