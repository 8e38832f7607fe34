/* SPDX-License-Identifier: Apache-2.0 */
/* Lexical paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/path.h"

static void test_clean(void **state)
{
	static const struct {
		const char *path, *clean;
	} rows[] = {
		{"", "/"},
		{"/", "/"},
		{"//", "/"},
		{".", "/"},
		{"..", "/"},
		{"/..", "/"},
		{"/../..", "/"},
		{"/a", "/a"},
		{"a", "/a"},
		{"/a/", "/a"},
		{"//a///b//", "/a/b"},
		{"/a//b/../c/.", "/a/c"},
		{"/a/./b/./c", "/a/b/c"},
		{"/a/..", "/"},
		{"/a/b/../..", "/"},
		{"/a/../../b", "/b"},
		{"../../a", "/a"},
		{"a/../../../b", "/b"},
		{"/...", "/..."},
		{"/..a/.b/c..", "/..a/.b/c.."},
		{"/a b/\xc3\xa9", "/a b/\xc3\xa9"},
		{"/.", "/"},
		{"/./", "/"},
		{"/ab/cd/../e", "/ab/e"},
	};
	struct corc_arena arena = {0};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		assert_string_equal(corc_path_clean(&arena, rows[at].path), rows[at].clean);
	corc_arena_done(&arena);
}

static void test_join(void **state)
{
	static const struct {
		const char *base, *path, *joined;
	} rows[] = {
		{"/a", "b", "/a/b"},
		{"/a/", "./b/", "/a/b"},
		{"/a", "/b", "/b"},
		{"/a", "", "/a"},
		{"/", "b", "/b"},
		{"", "b", "/b"},
		{"/a/b", "../c", "/a/c"},
		{"/a", "../../c", "/c"},
		{"/a", "..", "/"},
		{"/ignored", "/../c", "/c"},
	};
	struct corc_arena arena = {0};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		assert_string_equal(
			corc_path_join(&arena, rows[at].base, rows[at].path), rows[at].joined);
	corc_arena_done(&arena);
}

static void test_is_below(void **state)
{
	(void)state;
	assert_true(corc_path_is_below("/a/b", "/a"));
	assert_true(corc_path_is_below("/a", "/a"));
	assert_true(corc_path_is_below("/a", "/"));
	assert_true(corc_path_is_below("/", "/"));
	assert_false(corc_path_is_below("/ab", "/a"));
	assert_false(corc_path_is_below("/a", "/a/b"));
	assert_false(corc_path_is_below("/", "/a"));
	assert_false(corc_path_is_below("/b/a", "/a"));
	assert_false(corc_path_is_below("a", "/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_is_below),
	};

	return cmocka_run_group_tests_name("base/path", tests, NULL, NULL);
}
