/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint/mountinfo.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "checkpoint/mountinfo.h"

static void test_points(void **state)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_mountinfo info = {0};
	char text[] = "73 74 254:0 /rootfs / rw,relatime - ext4 /dev/vda rw\n"
		      "95 73 0:46 / /a\\040b\\134c\\012d rw shared:1 - proc proc rw\n";

	(void)state;
	assert_int_equal(corc_mountinfo_parse(&arena, text, &info), 0);
	assert_int_equal(info.count, 2);
	assert_string_equal(corc_mountinfo_find(&info, 73)->point, "/");
	assert_string_equal(corc_mountinfo_find(&info, 95)->point, "/a b\\c\nd");
	assert_null(corc_mountinfo_find(&info, 74));
	assert_string_equal(corc_mount_printable(&arena, "/a\nb\x1b"), "/a?b?");
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {"x", "73 74 254:0 /", "-1 2 0:1 / / rw", "1 2 0:1 / /"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
		struct corc_mountinfo info = {0};
		char text[64];

		memcpy(text, texts[i], strlen(texts[i]) + 1);
		assert_int_equal(corc_mountinfo_parse(&arena, text, &info), -EBADMSG);
		assert_int_equal(info.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
