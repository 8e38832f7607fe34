/* SPDX-License-Identifier: Apache-2.0 */
/* What is written anew for each processor, as far as no other test is about it. */
#include "sys/arch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "sys/process.h"
#include "sys/support.h"

/* Four arguments, each of which shows in what comes of it. */
static void test_raw_call(void **state)
{
	int directory = *(int *)*state;
	int CORC_CLOSE fd = openat(directory, "file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	char text[8] = "";

	assert_int_equal(corc_raw_syscall(SYS_pwrite64, fd, (long)"abcdef", 6, 10), 6);
	assert_int_equal(corc_raw_syscall(SYS_pread64, fd, (long)text, 3, 12), 3);
	assert_string_equal(text, "cde");
}

static void test_raw_failure(void **state)
{
	char text[8];

	(void)state;
	errno = EBUSY;
	assert_int_equal(corc_raw_syscall(SYS_pread64, -1, (long)text, 3, 12), -EBADF);
	assert_int_equal(errno, EBUSY);
}

/* The pidfd goes where the third argument of clone(2) says. */
static void test_fork_with_pidfd(void **state)
{
	struct corc_exit status = {99, 99};
	int CORC_CLOSE pidfd = CORC_NO_FD;
	pid_t pid = corc_clone_fork_pidfd(&pidfd);

	(void)state;
	if (pid == 0)
		_exit(5);
	assert_true(pid > 0);
	assert_int_equal(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(corc_wait_pidfd(pidfd, -1, &status), 0);
	assert_int_equal(status.killed, 0);
	assert_int_equal(status.code, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_raw_call, temporary_setup, temporary_teardown),
		cmocka_unit_test(test_raw_failure),
		cmocka_unit_test(test_fork_with_pidfd),
	};

	return cmocka_run_group_tests_name("sys/arch", tests, NULL, NULL);
}
