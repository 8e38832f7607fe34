/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a process that corc started. */
#include <corc/corc.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/cleanup.h"
#include "sys/process.h"
#include "sys/support.h"

/* A child that ends with this code, or is killed by this signal when it is negative. */
static struct corc_child make_child(int end)
{
	struct corc_child child = {.pid = fork()};

	assert_true(child.pid >= 0);
	if (child.pid == 0) {
		if (end < 0)
			(void)kill(getpid(), -end);
		_exit(end);
	}
	child.pidfd = corc_pidfd_open(child.pid);
	child.console_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	return child;
}

static void assert_status(int end, int expected)
{
	size_t before = open_fds();
	struct corc_child child = make_child(end);
	struct corc_error error;
	int status = -1;

	assert_int_equal(corc_child_wait(&child, &status, &error), 0);
	assert_int_equal(status, expected);
	assert_int_equal(open_fds(), before);
	assert_true(child.pidfd < 0 && child.console_fd < 0);
}

static void test_wait(void **state)
{
	(void)state;
	assert_status(0, 0);
	assert_status(7, 7);
	assert_status(255, 255);
	assert_status(-SIGKILL, 137);
	assert_status(-SIGTERM, 143);
}

/* A child that another one of the program reaped. */
static void test_reaped_by_another(void **state)
{
	struct corc_child child = make_child(0);
	struct corc_error error;
	int status = 99;

	(void)state;
	assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	assert_int_equal(corc_child_wait(&child, &status, &error), -ECHILD);
	assert_int_equal(status, 99);
	assert_non_null(strstr(error.message, "no child processes"));
	corc_close_(child.pidfd);
	corc_close_(child.console_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_reaped_by_another),
	};

	return cmocka_run_group_tests_name("run/child", tests, NULL, NULL);
}
