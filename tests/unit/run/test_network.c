/* SPDX-License-Identifier: Apache-2.0 */
/* A network namespace made ahead: new, handed over as an fd, with nothing left of its maker. */
#include "run/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "run_fixture.h"
#include "sys/emulator.h"

#define DEADLINE_MS 60000

static char stack[CORC_NETWORK_STACK] __attribute__((aligned(64)));

static void test_new(void **state)
{
	struct corc_network network;
	struct corc_error error;
	struct stat made, own;
	size_t before = open_fds();

	(void)state;
	need_root();
	need_call(SYS_clone3, "clone3");
	corc_network_init(&network, stack);
	assert_success(corc_network_begin(&network, &error), &error);
	int fd = corc_network_end(&network, DEADLINE_MS, &error);

	assert_success(fd < 0 ? fd : 0, &error);
	assert_int_equal(ioctl(fd, NS_GET_NSTYPE), CLONE_NEWNET);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &made), 0);
	/* The caller has stayed where it was. */
	assert_int_equal(stat("/proc/self/ns/net", &own), 0);
	assert_true(made.st_ino != own.st_ino);
	corc_network_done(&network);
	assert_int_equal(waitpid(-1, NULL, __WALL), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(close(fd), 0);
	assert_int_equal(open_fds(), before);
}

static void test_not_waited_for(void **state)
{
	struct corc_network network;
	struct corc_error error;
	size_t before = open_fds();

	(void)state;
	need_root();
	need_call(SYS_clone3, "clone3");
	corc_network_init(&network, stack);
	assert_success(corc_network_begin(&network, &error), &error);
	corc_network_done(&network);
	assert_int_equal(waitpid(-1, NULL, __WALL), -1);
	assert_int_equal(open_fds(), before);
	corc_network_done(&network);
}

/* The errno of the maker's system call, and not of anything that happened here meanwhile. */
static int without_privileges(void *argument)
{
	struct corc_network network;
	struct corc_error error = {0};

	(void)argument;
	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 1;
	corc_network_init(&network, stack);
	if (corc_network_begin(&network, &error) < 0)
		return 2;
	errno = EBUSY;
	int r = corc_network_end(&network, DEADLINE_MS, &error);

	if (errno != EBUSY && errno != EAGAIN && errno != ETIMEDOUT)
		return 3;
	corc_network_done(&network);
	return r == -EPERM && strstr(error.message, "network namespace") ? 0 : 4;
}

static void test_refused(void **state)
{
	(void)state;
	need_call(SYS_clone3, "clone3");
	run_in_child(without_privileges, NULL);
}

static void test_empty(void **state)
{
	struct corc_network network = CORC_NETWORK_EMPTY;

	(void)state;
	corc_network_done(&network);
	assert_true(network.pidfd < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_not_waited_for),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("run/network", tests, NULL, NULL);
}
