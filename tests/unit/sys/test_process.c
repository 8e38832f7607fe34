/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: clone, pidfds, waiting. */
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include "base/cleanup.h"
#include "sys/emulator.h"

#define STACK_SIZE 65536

static char stack[STACK_SIZE] __attribute__((aligned(64)));

/* --- clone ---------------------------------------------------------------------------------- */

struct vfork_child {
	pid_t pid;
	int runs;
	int on_stack, is_aligned;
	int pipe_end;
};

static int run_vfork_child(void *argument)
{
	struct vfork_child *child = argument;
	const char *frame = __builtin_frame_address(0);

	child->on_stack = frame >= stack && frame < stack + STACK_SIZE;
	child->is_aligned = (uintptr_t)frame % 16 == 0;
	child->pid = getpid();
	child->runs++;
	return 7;
}

static pid_t call_beside(
	struct clone_args *args, int (*function)(void *), struct vfork_child *child)
{
	need_call(SYS_clone3, "clone3");
	return corc_clone3_vfork(args, stack, sizeof(stack), function, child);
}

static void test_vfork(void **state)
{
	struct vfork_child child = {0};
	struct corc_exit status = {99, 99};
	int CORC_CLOSE pidfd = CORC_NO_FD;
	struct clone_args args = {
		.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd, .exit_signal = SIGCHLD};
	pid_t self = getpid();
	pid_t pid = call_beside(&args, run_vfork_child, &child);

	(void)state;
	assert_true(pid > 0);
	assert_int_equal(getpid(), self);
	/* The memory is one, and the parent goes on when the child is done. */
	assert_int_equal(child.runs, 1);
	assert_int_equal(child.pid, pid);
	assert_true(child.on_stack);
	assert_true(child.is_aligned);
	assert_int_equal(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(corc_wait_pidfd(pidfd, -1, &status), 0);
	assert_int_equal(status.killed, 0);
	assert_int_equal(status.code, 7);
}

/* It has a copy of the memory, on the stack that it was given, and the parent waits all the same.
 */
static void test_apart(void **state)
{
	struct vfork_child child = {0};
	struct corc_exit status = {99, 99};
	int CORC_CLOSE pidfd = CORC_NO_FD;
	struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd};

	(void)state;
	need_call(SYS_clone3, "clone3");
	assert_true(corc_clone3_apart(&args, stack, sizeof(stack), run_vfork_child, &child) > 0);
	assert_int_equal(child.runs, 0);
	assert_int_equal(corc_wait_pidfd(pidfd, -1, &status), 0);
	assert_int_equal(status.killed, 0);
	assert_int_equal(status.code, 7);
}

/* Without a signal at its end it can be waited for all the same. */
static void test_vfork_without_signal(void **state)
{
	struct vfork_child child = {0};
	struct corc_exit status = {99, 99};
	struct clone_args args = {0};
	pid_t pid = call_beside(&args, run_vfork_child, &child);
	int CORC_CLOSE pidfd = corc_pidfd_open(pid);

	(void)state;
	assert_true(pidfd >= 0);
	assert_true(corc_is_child(pid));
	assert_int_equal(corc_wait_pidfd(pidfd, -1, &status), 0);
	assert_int_equal(status.code, 7);
	assert_false(corc_is_child(pid));
}

static void test_vfork_failure(void **state)
{
	struct vfork_child child = {0};
	struct clone_args args = {.flags = CLONE_FS | CLONE_NEWNS};

	(void)state;
	assert_int_equal(call_beside(&args, run_vfork_child, &child), -EINVAL);
	assert_int_equal(child.runs, 0);
}

/* execve gives the parent's memory back. */
static int execute(void *argument)
{
	static char *const none[] = {NULL};
	struct vfork_child *child = argument;
	char *arguments[] = {(char *)"sh", (char *)"-c", (char *)"exit 3", NULL};

	child->runs++;
	child->runs += corc_execveat(child->pipe_end, "", arguments, none, AT_EMPTY_PATH) < 0;
	return 1;
}

static void test_vfork_executes(void **state)
{
	int CORC_CLOSE shell = open("/bin/sh", O_PATH | O_CLOEXEC);
	struct vfork_child child = {.pipe_end = shell};
	struct corc_exit status = {99, 99};
	int CORC_CLOSE pidfd = CORC_NO_FD;
	struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd};

	(void)state;
	assert_true(call_beside(&args, execute, &child) > 0);
	assert_int_equal(child.runs, 1);
	assert_int_equal(corc_wait_pidfd(pidfd, -1, &status), 0);
	assert_int_equal(status.code, 3);
}

static void check_fork(pid_t (*function)(uint64_t))
{
	struct corc_exit status = {99, 99};
	volatile int runs = 0;
	pid_t pid = function(0);

	if (pid == 0) {
		runs++;
		_exit(40 + runs);
	}
	assert_true(pid > 0);
	int CORC_CLOSE pidfd = corc_pidfd_open(pid);

	assert_int_equal(corc_wait_pidfd(pidfd, -1, &status), 0);
	assert_int_equal(status.killed, 0);
	assert_int_equal(status.code, 41);
	assert_int_equal(runs, 0);
}

static void test_fork(void **state)
{
	(void)state;
	need_call(SYS_clone3, "clone3");
	check_fork(corc_clone3_fork);
	assert_int_equal(corc_clone3_fork(CLONE_FS | CLONE_NEWNS), -EINVAL);
}

static void test_old_fork(void **state)
{
	(void)state;
	need_clone_without_signal();
	check_fork(corc_clone_fork);
	assert_int_equal(corc_clone_fork(CLONE_FS | CLONE_NEWNS), -EINVAL);
}

/* --- waiting -------------------------------------------------------------------------------- */

/* A child that ends with the given code once the write end is closed. */
static pid_t waiting_child(int *ret_write_end, int code)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 ? code : 1);
	}
	assert_int_equal(close(ends[0]), 0);
	*ret_write_end = ends[1];
	return pid;
}

static void test_wait(void **state)
{
	int CORC_CLOSE write_end = CORC_NO_FD;
	struct corc_exit status = {99, 99};
	pid_t pid = waiting_child(&write_end, 42);
	int CORC_CLOSE pidfd = corc_pidfd_open(pid);

	(void)state;
	assert_true(pidfd >= 0);
	assert_int_equal(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(corc_wait_pidfd(pidfd, 0, &status), -ETIMEDOUT);
	assert_int_equal(corc_wait_pidfd(pidfd, 10, &status), -ETIMEDOUT);
	assert_int_equal(status.code, 99);
	assert_true(corc_is_child(pid));
	assert_int_equal(close(corc_take_fd(&write_end)), 0);
	assert_int_equal(corc_wait_pidfd(pidfd, 60000, &status), 0);
	assert_int_equal(status.killed, 0);
	assert_int_equal(status.code, 42);
	/* It has been reaped. */
	assert_int_equal(corc_wait_pidfd(pidfd, 0, &status), -ECHILD);
	assert_int_equal(corc_wait_pidfd(pidfd, -1, &status), -ECHILD);
	assert_int_equal(corc_pidfd_send_signal(pidfd, 0), -ESRCH);
	assert_false(corc_is_child(pid));
}

static void test_wait_for_a_killed_one(void **state)
{
	int CORC_CLOSE write_end = CORC_NO_FD;
	struct corc_exit status = {99, 99};
	pid_t pid = waiting_child(&write_end, 42);
	int CORC_CLOSE pidfd = corc_pidfd_open(pid);

	(void)state;
	assert_int_equal(corc_pidfd_send_signal(pidfd, 0), 0);
	assert_int_equal(corc_pidfd_send_signal(pidfd, SIGKILL), 0);
	assert_int_equal(corc_wait_pidfd(pidfd, -1, &status), 0);
	assert_int_equal(status.killed, 1);
	assert_int_equal(status.code, SIGKILL);
}

static int alarm_end;
static volatile sig_atomic_t alarms;

/* The third interruption ends the child that is waited for. */
static void count_alarm(int signal)
{
	(void)signal;
	if (++alarms == 3)
		(void)close(alarm_end);
}

static void test_wait_is_interrupted(void **state)
{
	struct sigaction action = {.sa_handler = count_alarm}, before;
	struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
	struct corc_exit status = {99, 99};
	pid_t pid = waiting_child(&alarm_end, 42);
	int CORC_CLOSE pidfd = corc_pidfd_open(pid);

	(void)state;
	alarms = 0;
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	int r = corc_wait_pidfd(pidfd, -1, &status);

	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
	assert_int_equal(r, 0);
	assert_int_equal(status.code, 42);
	assert_true(alarms >= 3);
}

/* Makes a child of its own, tells its pid, reaps it. */
static void make_stranger(int report, int read_end)
{
	char byte;
	pid_t pid = fork();

	if (pid == 0)
		_exit(read(read_end, &byte, 1) == 0 ? 0 : 1);
	child_equal(write(report, &pid, sizeof(pid)), sizeof(pid));
	child_equal(waitpid(pid, NULL, 0), pid);
	_exit(0);
}

/* The child of a child is none of ours, alive or dead. */
static void test_stranger(void **state)
{
	struct corc_exit status = {99, 99};
	int report[2], block[2];
	pid_t stranger = 0;

	(void)state;
	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	assert_int_equal(pipe2(block, O_CLOEXEC), 0);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(block[1]);
		make_stranger(report[1], block[0]);
	}
	assert_int_equal(close(report[1]), 0);
	assert_int_equal(close(block[0]), 0);
	assert_int_equal(read(report[0], &stranger, sizeof(stranger)), sizeof(stranger));
	int CORC_CLOSE pidfd = corc_pidfd_open(stranger);

	assert_true(pidfd >= 0);
	assert_false(corc_is_child(stranger));
	assert_int_equal(corc_wait_pidfd(pidfd, 0, &status), -ETIMEDOUT);
	assert_int_equal(close(block[1]), 0);
	assert_int_equal(corc_wait_pidfd(pidfd, -1, &status), -ECHILD);
	assert_int_equal(status.code, 99);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(close(report[0]), 0);
}

static void test_is_child(void **state)
{
	struct corc_exit status;
	int CORC_CLOSE write_end = CORC_NO_FD;
	pid_t pid = waiting_child(&write_end, 5);
	int CORC_CLOSE pidfd = corc_pidfd_open(pid);
	siginfo_t info;

	(void)state;
	assert_true(corc_is_child(pid));
	assert_false(corc_is_child(getpid()));
	assert_false(corc_is_child(getppid()));
	assert_false(corc_is_child(-1));
	assert_int_equal(close(corc_take_fd(&write_end)), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	/* Ended, and still there to be reaped by somebody else. */
	assert_true(corc_is_child(pid));
	assert_int_equal(corc_wait_pidfd(pidfd, 0, &status), 0);
	assert_int_equal(status.code, 5);
}

static void test_now(void **state)
{
	struct timespec before, after;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	uint64_t now = corc_now_ms();

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	assert_in_range(now, (uint64_t)before.tv_sec * 1000 + (uint64_t)before.tv_nsec / 1000000,
		(uint64_t)after.tv_sec * 1000 + (uint64_t)after.tv_nsec / 1000000);
}

/* --- errnos of what only wraps a system call -------------------------------------------------- */

static void test_errnos(void **state)
{
	char *none[] = {NULL};

	(void)state;
	assert_int_equal(corc_pidfd_open(-1), -EINVAL);
	assert_int_equal(corc_pidfd_send_signal(-1, 0), -EBADF);
	assert_int_equal(corc_setns(-1, CLONE_NEWNET), -EBADF);
	assert_int_equal(corc_unshare(1), -EINVAL);
	assert_int_equal(corc_close_range(9, 8, 0), -EINVAL);
	assert_int_equal(corc_execveat(AT_FDCWD, "/nonexistent/program", none, none, 0), -ENOENT);
}

static int close_ranges(void *argument)
{
	int fds[4];

	(void)argument;
	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = 100 + (int)i;
		child_equal(dup2(2, fds[i]), fds[i]);
	}
	child_equal(corc_close_range(101, 102, CORC_CLOSE_RANGE_CLOEXEC), 0);
	child_equal(fcntl(fds[0], F_GETFD), 0);
	child_equal(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	child_equal(fcntl(fds[2], F_GETFD), FD_CLOEXEC);
	child_equal(fcntl(fds[3], F_GETFD), 0);
	child_equal(corc_close_range(102, ~0u, 0), 0);
	child_equal(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	child_equal(fcntl(fds[2], F_GETFD), -1);
	child_equal(fcntl(fds[3], F_GETFD), -1);
	return 0;
}

static void test_close_range(void **state)
{
	(void)state;
	run_in_child(close_ranges, NULL);
}

/* --- start time ------------------------------------------------------------------------------- */

#define STAT_HEAD "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"

static const struct {
	const char *text;
	int r;
	char letter;
	uint64_t start;
} stats[] = {
	{"7 (sh) S " STAT_HEAD " 123456 0 0\n", 0, 'S', 123456},
	{"7 (sh) Z " STAT_HEAD " 18446744073709551615 0\n", 0, 'Z', UINT64_MAX},
	{"7 () (x) S 1 2 3 (sh) R " STAT_HEAD " 5\n", 0, 'R', 5},
	{"7 (a) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 99 ) R " STAT_HEAD " 6 0\n", 0, 'R', 6},
	{"7 (a\nb) D " STAT_HEAD " 8 0\n", 0, 'D', 8},
	{"7 (sh) S " STAT_HEAD, -EBADMSG, 0, 0},
	{"7 (sh) S 0 0 0", -EBADMSG, 0, 0},
	{"7 (sh)", -EBADMSG, 0, 0},
	{"7 (sh)S " STAT_HEAD " 5\n", -EBADMSG, 0, 0},
	{"7 sh S " STAT_HEAD " 5\n", -EBADMSG, 0, 0},
	{"", -EBADMSG, 0, 0},
};

static void test_start_time_of_texts(void **state)
{
	int directory = *(int *)*state;

	make_directory(directory, "7");
	for (size_t i = 0; i < COUNT(stats); i++) {
		uint64_t start = 77;
		char letter = '?';

		write_text(directory, "7/stat", stats[i].text);
		assert_int_equal(
			corc_process_start_time(directory, 7, &start, &letter), stats[i].r);
		assert_int_equal(letter, stats[i].r < 0 ? '?' : stats[i].letter);
		assert_true(start == (stats[i].r < 0 ? 77 : stats[i].start));
	}
}

static void test_start_time_of_pids(void **state)
{
	static const pid_t pids[] = {0, 1, 10, 4194304, INT32_MAX};
	int directory = *(int *)*state;

	for (size_t i = 0; i < COUNT(pids); i++) {
		char path[32];
		uint64_t start = 0;
		char letter;

		(void)snprintf(path, sizeof(path), "%d", (int)pids[i]);
		make_directory(directory, path);
		(void)snprintf(path, sizeof(path), "%d/stat", (int)pids[i]);
		write_text(directory, path, "1 (x) S " STAT_HEAD " 9 0\n");
		if (pids[i] == 0)
			continue;
		assert_int_equal(corc_process_start_time(directory, pids[i], &start, &letter), 0);
		assert_true(start == 9);
	}
	uint64_t start;
	char letter;

	assert_int_equal(corc_process_start_time(directory, 2, &start, &letter), -ESRCH);
	assert_int_equal(corc_process_start_time(directory, 0, &start, &letter), -ESRCH);
	assert_int_equal(corc_process_start_time(directory, -10, &start, &letter), -ESRCH);
}

/* As the kernel shows it, by another reader. */
static unsigned long long start_time_in_proc(void)
{
	char text[1024];
	unsigned long long start = 0;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	child_assert(length > 0);
	(void)close(fd);
	text[length] = '\0';
	const char *after_name = strstr(text, ") R ");

	child_assert(after_name);
	child_equal(sscanf(after_name + 2,
			    "%*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			    "%*s %*s %llu",
			    &start),
		1);
	return start;
}

static int own_start_time(void *argument)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t start = 0;
	char letter = 0;

	child_equal(prctl(PR_SET_NAME, argument, 0, 0, 0), 0);
	child_equal(corc_process_start_time(proc, getpid(), &start, &letter), 0);
	child_equal(letter, 'R');
	child_assert(start > 0);
	child_equal((long long)start, (long long)start_time_in_proc());
	return 0;
}

static void test_start_time_of_self(void **state)
{
	(void)state;
	need_own_stat();
	run_in_child(own_start_time, (void *)"plain");
	run_in_child(own_start_time, (void *)") (a");
	run_in_child(own_start_time, (void *)") S 1 ) 2 ((");
	run_in_child(own_start_time, (void *)"");
}

static void test_start_time_of_a_zombie(void **state)
{
	int CORC_CLOSE proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t start = 0;
	char letter = 0;
	siginfo_t info;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(corc_process_start_time(proc, pid, &start, &letter), 0);
	assert_int_equal(letter, 'Z');
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(corc_process_start_time(proc, pid, &start, &letter), -ESRCH);
}

#define DIRECTORY_TEST(name) \
	cmocka_unit_test_setup_teardown(name, temporary_setup, temporary_teardown)

/* What poll is told: for ever, not at all, and never so long that it does not fit. */
static void test_ms_until(void **state)
{
	uint64_t now = corc_now_ms();
	int left = corc_ms_until(now + 1000000);

	(void)state;
	assert_int_equal(corc_ms_until(0), -1);
	assert_int_equal(corc_ms_until(1), 0);
	assert_int_equal(corc_ms_until(now), 0);
	assert_true(left > 0 && left <= 1000000);
	assert_true(corc_ms_until(UINT64_MAX) > 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vfork),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_vfork_without_signal),
		cmocka_unit_test(test_vfork_failure),
		cmocka_unit_test(test_vfork_executes),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_old_fork),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_wait_for_a_killed_one),
		cmocka_unit_test(test_wait_is_interrupted),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_is_child),
		cmocka_unit_test(test_now),
		cmocka_unit_test(test_ms_until),
		cmocka_unit_test(test_errnos),
		cmocka_unit_test(test_close_range),
		DIRECTORY_TEST(test_start_time_of_texts),
		DIRECTORY_TEST(test_start_time_of_pids),
		cmocka_unit_test(test_start_time_of_self),
		cmocka_unit_test(test_start_time_of_a_zombie),
	};

	return cmocka_run_group_tests_name("sys/process", tests, NULL, NULL);
}
