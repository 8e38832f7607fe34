/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staying with a process: its status, the signals that are passed on, adopted orphans.
 *
 * Every test runs in a process of its own, because the signals stay blocked and the subreaper
 * stays one. An alarm ends whatever would wait for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "cmd/foreground.h"

enum { DEADLINE_SECONDS = 30 };

static void unblock_signals(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)pthread_sigmask(SIG_SETMASK, &none, NULL);
	(void)alarm(DEADLINE_SECONDS);
}

/* What a container's program would be. */
static struct corc_child start_child(int (*program)(void))
{
	struct corc_child child = CORC_CHILD_NONE;

	child.pid = fork();
	if (child.pid == 0) {
		unblock_signals();
		_exit(program());
	}
	child.pidfd = (int)syscall(SYS_pidfd_open, child.pid, 0);
	return child;
}

/* Runs `program` in the foreground. The status, or 1000: something else failed. */
static int status_of(int (*program)(void), bool is_subreaper, int own_signal)
{
	struct corc_foreground CORC_CLEANUP(corc_foreground_done) foreground = CORC_FOREGROUND_NONE;
	struct corc_error error = {0};
	struct corc_child child;
	int status = 1000;

	if (corc_foreground_init(&foreground, is_subreaper, &error) < 0)
		return 1000;
	if (own_signal != 0)
		(void)kill(getpid(), own_signal);
	child = start_child(program);
	if (child.pidfd < 0 || corc_foreground_wait(&foreground, &child, &status, &error) < 0)
		return 1000;
	return status;
}

/* True if `scene` says so, in a process of its own. */
static bool plays(bool (*scene)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)alarm(DEADLINE_SECONDS);
		_exit(scene() ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int exit_with_23(void)
{
	return 23;
}

static int die_of_sigkill(void)
{
	(void)raise(SIGKILL);
	return 0;
}

static bool status_is_the_programs(void)
{
	return status_of(exit_with_23, false, 0) == 23;
}

static bool status_of_a_signal(void)
{
	return status_of(die_of_sigkill, false, 0) == 128 + SIGKILL;
}

static int wait_for_signals(void)
{
	while (pause() < 0)
		continue;
	return 1;
}

static void exit_with_5(int signal)
{
	(void)signal;
	_exit(5);
}

/* Sends a signal to the one who waits, and ends when it comes back. */
static int bounce(int number)
{
	(void)signal(number, exit_with_5);
	(void)kill(getppid(), number);
	return wait_for_signals();
}

static int bounce_usr1(void)
{
	return bounce(SIGUSR1);
}

static int bounce_term(void)
{
	return bounce(SIGTERM);
}

static bool signals_come_back(void)
{
	return status_of(bounce_usr1, false, 0) == 5 && status_of(bounce_term, false, 0) == 5;
}

/* SIGHUP has the lowest number and is the first to be read: it would end the program with 129. */
static bool own_signals_stay_here(void)
{
	return status_of(bounce_usr1, false, SIGHUP) == 5;
}

/* What comes first, or stays away, has a lower number than SIGRTMIN and is waited for first. */
static int receive_one(void)
{
	sigset_t set;
	int number = 0;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGWINCH);
	(void)sigaddset(&set, SIGURG);
	(void)sigaddset(&set, SIGRTMIN);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)kill(getppid(), SIGWINCH);
	(void)kill(getppid(), SIGURG);
	(void)kill(getppid(), SIGRTMIN);
	(void)sigwait(&set, &number);
	return number;
}

static bool some_signals_are_not_passed_on(void)
{
	return status_of(receive_one, false, 0) == SIGRTMIN;
}

struct orphan {
	pid_t pid;
	pid_t adopter;
};

/* Waits until its parent has ended, and tells who took its place. */
static void be_an_orphan(int parent_pidfd, int report_fd)
{
	struct pollfd slot = {.fd = parent_pidfd, .events = POLLIN};
	struct orphan orphan = {.pid = getpid()};

	(void)poll(&slot, 1, -1);
	orphan.adopter = getppid();
	(void)!write(report_fd, &orphan, sizeof(orphan));
	_exit(0);
}

/*
 * A grandchild loses its parent. Its end is not enough: kill finds it until somebody reaps it, and
 * no event tells of that.
 */
static int leave_an_orphan(void)
{
	struct orphan orphan = {0};
	int fds[2];
	pid_t middle;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return 1;
	middle = fork();
	if (middle == 0) {
		int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

		if (fork() == 0)
			be_an_orphan(pidfd, fds[1]);
		_exit(0);
	}
	(void)waitpid(middle, NULL, 0);
	if (read(fds[0], &orphan, sizeof(orphan)) != (ssize_t)sizeof(orphan))
		return 1;
	while (kill(orphan.pid, 0) == 0)
		(void)poll(NULL, 0, 1);
	return orphan.adopter == getppid() ? 0 : 2;
}

static bool orphans_are_reaped(void)
{
	return status_of(leave_an_orphan, true, 0) == 0 && waitpid(-1, NULL, WNOHANG) < 0 &&
	       errno == ECHILD;
}

static bool released_child_is_closed(void)
{
	struct corc_child child = start_child(exit_with_23);
	int pidfd = child.pidfd;

	corc_foreground_release(&child);
	return pidfd >= 0 && child.pidfd < 0 && close(pidfd) < 0 && errno == EBADF;
}

static void test_status(void **state)
{
	(void)state;
	assert_true(plays(status_is_the_programs));
	assert_true(plays(status_of_a_signal));
}

static void test_signals(void **state)
{
	(void)state;
	assert_true(plays(signals_come_back));
	assert_true(plays(own_signals_stay_here));
	assert_true(plays(some_signals_are_not_passed_on));
}

static void test_orphans(void **state)
{
	(void)state;
	assert_true(plays(orphans_are_reaped));
}

static void test_release(void **state)
{
	(void)state;
	assert_true(plays(released_child_is_closed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests_name("cmd/foreground", tests, NULL, NULL);
}
