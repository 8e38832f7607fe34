/* SPDX-License-Identifier: Apache-2.0 */
/* The command lines of newuidmap and newgidmap. */
#include "run/idmap.h"

#include "sys/support.h"

static void assert_arguments(const char *map, const char *expected)
{
	struct corc_arena arena = {0};
	char text[256] = "";
	size_t length = 0;
	char **arguments = corc_idmap_arguments(&arena, "newuidmap", 77, map);

	assert_non_null(arguments);
	for (size_t i = 0; arguments[i]; i++)
		length += (size_t)snprintf(
			text + length, sizeof(text) - length, "%s%s", i ? " " : "", arguments[i]);
	assert_string_equal(text, expected);
	corc_arena_done(&arena);
}

static void test_arguments(void **state)
{
	(void)state;
	assert_arguments("0 1000 1\n", "newuidmap 77 0 1000 1");
	assert_arguments("0 1000 1\n1 100000 65536\n", "newuidmap 77 0 1000 1 1 100000 65536");
	assert_arguments("", "newuidmap 77");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests_name("idmap", tests, NULL, NULL);
}
