/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is no JSON: what is said of it, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_fixture.h"

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

static void test_nothing(void **state)
{
	static const struct row rows[] = {
		{"", "1:1: : the text is empty"},
		{" ", "1:2: : the text is only white space"},
		{"\n\t\r\n ", "3:2: : the text is only white space"},
	};
	struct loaded loaded;

	(void)state;
	CHECK_ROWS(rows);
	load_bytes(&loaded, NULL, 0);
	assert_problem(&loaded, 0, "1:1: : the text is empty");
	unload(&loaded);
}

static void test_ends_too_early(void **state)
{
#define INCOMPLETE(place) "the text ends before what begins at " place " is complete"
	static const struct row rows[] = {
		{"{", "1:2: : " INCOMPLETE("line 1, column 1")},
		{"{\"u32\"", "1:7: : " INCOMPLETE("line 1, column 1")},
		{"{\"u32\":", "1:8: : " INCOMPLETE("line 1, column 1")},
		{"{\"u32\":1", "1:9: : " INCOMPLETE("line 1, column 1")},
		{"{\"u32\":1,", "1:10: : " INCOMPLETE("line 1, column 1")},
		{"\n{\"string\":\"abc", "2:15: : " INCOMPLETE("line 2, column 1")},
		{"{\"string\":\"abc\\", "1:16: : " INCOMPLETE("line 1, column 1")},
		{"{\"flag\":tru", "1:12: : " INCOMPLETE("line 1, column 1")},
		{"{\"flag\":true", "1:13: : " INCOMPLETE("line 1, column 1")},
		{"{\"i64\":-", "1:9: : " INCOMPLETE("line 1, column 1")},
		{"{\"strings\":\n[\"a\",\n", "3:1: strings: " INCOMPLETE("line 2, column 1")},
		{"{\"items\":[ {\"words\":[\"w\"]",
			"1:26: items[0]: " INCOMPLETE("line 1, column 12")},
		{"{\"x\":[[", "1:8: : " INCOMPLETE("line 1, column 1")},
		{"\"abc", "1:5: : the text ends too early"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* Every beginning of a good document is a bad one, with a problem at its end. */
static void test_every_truncation(void **state)
{
	static const char text[] =
		"{\"strings\":[\"a\\u00e9\",\"\xe2\x82\xac\"],\"u32\":12,\"flag\":true,"
		"\"map\":{\"k\":\"v\"},\"item\":{\"name\":\"n\",\"value\":null},"
		"\"x\":{\"y\":[-1.5e+3]},\"string\":\"\\\\\\\"\"}";
	struct loaded loaded;

	(void)state;
	load_valid(&loaded, text);
	unload(&loaded);
	for (size_t length = 0; length < sizeof(text) - 1; length++) {
		const struct corc_json_problem *last;

		load_bytes(&loaded, text, length);
		assert_int_equal(loaded.document.problem_count, 1);
		last = &loaded.document.problems[0];
		assert_int_equal(last->line, 1);
		assert_int_equal(last->column, length + 1);
		assert_non_null(strstr(last->message, length > 0 ? "the text ends" : "empty"));
		unload(&loaded);
	}
}

static void test_goes_on_too_long(void **state)
{
#define NOTHING "expected nothing after the end of the document, found "
	static const struct row rows[] = {
		{"{} x", "1:4: : " NOTHING "\"x\""},
		{"{}\n\n  {}", "3:3: : " NOTHING "\"{\""},
		{"{}}", "1:3: : " NOTHING "\"}\""},
		{"{} 5", "1:4: : " NOTHING "\"5\""},
		{"{},", "1:3: : " NOTHING "\",\""},
		{"{} \"text\"", "1:4: : " NOTHING "a string"},
		{"{}\"", "1:3: : " NOTHING "a string"},
		{"{} tru", "1:4: : " NOTHING "\"tru\""},

		{"{}\xff", "1:3: : " NOTHING "\"\\xff\""},
	};
	struct loaded loaded;

	(void)state;
	CHECK_ROWS(rows);
	load_bytes(&loaded, "{}\0", 3);
	assert_int_equal(loaded.document.problem_count, 1);
	assert_problem(&loaded, 0, "1:3: : " NOTHING "\"\\x00\"");
	unload(&loaded);
}

static void test_structure(void **state)
{
#define NAME "expected a property name in double quotes, found "
	static const struct row rows[] = {
		{"{\"u32\":1,}", "1:10: : " NAME "\"}\""},
		{"{,}", "1:2: : " NAME "\",\""},
		{"{1:2}", "1:2: : " NAME "\"1\""},
		{"{\"u32\" 1}", "1:8: : expected \":\" after a property name, found \"1\""},
		{"{\"u32\",1}", "1:7: : expected \":\" after a property name, found \",\""},
		{"{\"u32\"\n:\n1\n\"x\":2}",
			"4:1: : expected \",\" or \"}\" after a property, found a string"},
		{"{\"u32\":01}", "1:9: : expected \",\" or \"}\" after a property, found \"1\""},
		{"{\"u32\":1]", "1:9: : expected \",\" or \"}\" after a property, found \"]\""},
		{"{\"strings\":[\"a\" \"b\"]}",
			"1:17: strings: expected \",\" or \"]\" after an array item, found a string"},
		{"{\"strings\":[\"a\"}",
			"1:16: strings: expected \",\" or \"]\" after an array item, found \"}\""},
		{"{\"strings\":[\"a\",]}", "1:17: strings: expected a value, found \"]\""},
		{"{\"strings\":[\"a\",,\"b\"]}", "1:17: strings: expected a value, found \",\""},
		{"{\"strings\":[,]}", "1:13: strings: expected a value, found \",\""},
		{"{\"u32\":}", "1:8: : expected a value, found \"}\""},
		{"{\"u32\"::1}", "1:8: : expected a value, found \":\""},
		{"}", "1:1: : expected a value, found \"}\""},
		{"{\"x\":{\"y\":[1 2]}}",
			"1:14: : expected \",\" or \"]\" after an array item, found \"2\""},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_words(void **state)
{
	static const struct row rows[] = {
		{"{name:1}", "1:2: : not JSON: unexpected \"name\""},
		{"{\"flag\": True}", "1:10: : not JSON: unexpected \"True\""},
		{"{\"flag\":\n  yes}", "2:3: : not JSON: unexpected \"yes\""},
		{"{\"flag\":tru}", "1:9: : not JSON: unexpected \"tru\""},
		{"{\"flag\":nul,\"x\":1}", "1:9: : not JSON: unexpected \"nul\""},
		{"{'u32':1}", "1:2: : not JSON: unexpected \"'\""},
		{"{\"strings\":[\"a\",@]}", "1:17: strings: not JSON: unexpected \"@\""},
		{"{\"u32\":+1}", "1:8: : not JSON: unexpected \"+1\""},
		{"{\"i64\":NaN}", "1:8: : not JSON: unexpected \"NaN\""},
		{"{\"u32\":-}", "1:8: : malformed number"},
		{"{\"u32\":1.}", "1:8: : malformed number"},
		{"{\"u32\":1e}", "1:8: : malformed number"},
		{"{ // why\n}", "1:3: : comments are not part of JSON"},
		{"{\"u32\":1 /* why */}", "1:10: : comments are not part of JSON"},
		{"{\"u32\":\xe2\x82\xac}", "1:8: : not JSON: unexpected \"\xe2\x82\xac\""},
		{"\xef\xbb\xbf", "1:1: : the text begins with a byte order mark"},
		{"\xef\xbb\xbf{}", "1:1: : the text begins with a byte order mark"},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void test_strings(void **state)
{
	static const struct row rows[] = {
		{"{\"string\":\"a\\qb\"}", "1:13: : unknown escape in a string"},
		{"{\"string\":\"a\\\\\\'b\"}", "1:15: : unknown escape in a string"},
		{"{\"string\":\"\\u12zzy\"}", "1:12: : expected four hexadecimal digits after \\u"},
		{"{\"string\":\"\\u\"}", "1:12: : expected four hexadecimal digits after \\u"},
		{"{\"string\":\"ab\ncd\"}", "1:14: : control character in a string"},
		{"{\"string\":\"\x01\"}", "1:12: : control character in a string"},
		{"{\"s\tx\":1}", "1:4: : control character in a string"},
		{"{\"string\":\"ab\xff\"}", "1:14: : invalid UTF-8 in a string"},
		{"{\"string\":\"\xc3\xa9\xc3(\"}", "1:14: : invalid UTF-8 in a string"},
		{"{\"string\":\"\xe2\x82\"}", "1:12: : invalid UTF-8 in a string"},
		{"{\"u32\":1,\n\"k\xff\":1}", "2:3: : invalid UTF-8 in a string"},
		{"{\"x\":[\"\xff\"]}", "1:8: : invalid UTF-8 in a string"},
	};
	struct loaded loaded;

	(void)state;
	CHECK_ROWS(rows);
	load_bytes(&loaded, "{\"string\":\"a\0b\"}", 16);
	assert_int_equal(loaded.document.problem_count, 1);
	assert_problem(&loaded, 0, "1:13: : control character in a string");
	unload(&loaded);
}

/* Problems of values before the place where the text breaks off are told as well. */
static void test_earlier_problems_stay(void **state)
{
	struct loaded loaded;

	(void)state;
	load(&loaded, "{\"u32\":-1,\n\"string\":\"x\",\n\"flag\":maybe}");
	assert_int_equal(loaded.document.problem_count, 2);
	assert_problem(&loaded, 0, "1:8: u32: expected an integer from 0 to 4294967295, found -1");
	assert_problem(&loaded, 1, "3:8: : not JSON: unexpected \"maybe\"");
	unload(&loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_ends_too_early),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_goes_on_too_long),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_earlier_problems_stay),
	};

	return cmocka_run_group_tests_name("base/json_syntax", tests, NULL, NULL);
}
