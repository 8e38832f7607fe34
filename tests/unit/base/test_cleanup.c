/* SPDX-License-Identifier: Apache-2.0 */
/* Release at the end of a scope: what is released, what is handed out, errno. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static int open_null(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void test_close_at_end_of_scope(void **state)
{
	int number;

	(void)state;
	{
		int CORC_CLOSE fd = open_null();

		number = fd;
		errno = EBUSY;
	}
	assert_int_equal(errno, EBUSY);
	assert_int_equal(fcntl(number, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
}

static void test_close_accepts_no_fd(void **state)
{
	(void)state;
	{
		int CORC_CLOSE fd = CORC_NO_FD;

		errno = EBUSY;
		(void)fd;
	}
	assert_int_equal(errno, EBUSY);
}

static void test_taken_fd_stays_open(void **state)
{
	int taken;

	(void)state;
	{
		int CORC_CLOSE fd = open_null();

		taken = corc_take_fd(&fd);
		assert_int_equal(fd, CORC_NO_FD);
	}
	assert_int_equal(fcntl(taken, F_GETFD), FD_CLOEXEC);
	close(taken);
}

static void test_taken_pointer_stays(void **state)
{
	char *taken;

	(void)state;
	{
		char CORC_FREE *text = strdup("kept");
		char CORC_FREE *freed = strdup("leak checkers see this one");

		assert_non_null(freed);
		taken = corc_take_pointer(text);
		assert_null(text);
		errno = EBUSY;
	}
	assert_int_equal(errno, EBUSY);
	assert_string_equal(taken, "kept");
	free(taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close_at_end_of_scope),
		cmocka_unit_test(test_close_accepts_no_fd),
		cmocka_unit_test(test_taken_fd_stays_open),
		cmocka_unit_test(test_taken_pointer_stays),
	};

	return cmocka_run_group_tests_name("base/cleanup", tests, NULL, NULL);
}
