/* SPDX-License-Identifier: Apache-2.0 */
/* Processes. Layer: sys; parent and stage. */
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/arch.h"

#define POLL_MAX_MS 3600000

#ifndef P_PIDFD
#	define P_PIDFD 3
#endif

static int result(long value)
{
	return value < 0 ? -errno : (int)value;
}

pid_t corc_clone3_fork(uint64_t flags)
{
	struct clone_args args = {.flags = flags};

	return result(syscall(SYS_clone3, &args, sizeof(args)));
}

pid_t corc_clone_fork(uint64_t flags)
{
	return result(corc_clone_call(flags, NULL));
}

pid_t corc_clone_fork_pidfd(int *ret_pidfd)
{
	return result(corc_clone_call(CLONE_PIDFD | SIGCHLD, ret_pidfd));
}

uint64_t corc_block_signals(uint64_t mask)
{
	uint64_t before = 0;

	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, &before, sizeof(mask));
	return before;
}

void corc_reset_signals(void)
{
	/* All zero is the default action. */
	static const uint64_t action[8];

	for (int signal = 1; signal <= CORC_SIGNAL_MAX; signal++)
		(void)syscall(SYS_rt_sigaction, signal, action, NULL, CORC_SIGNAL_MAX / 8);
	(void)corc_block_signals(0);
}

static pid_t clone_on(struct clone_args *args, void *stack, size_t stack_size,
	int (*function)(void *), void *argument)
{
	args->stack = (uint64_t)(uintptr_t)stack;
	args->stack_size = stack_size;
	return (pid_t)corc_clone3_call(args, sizeof(*args), function, argument);
}

pid_t corc_clone3_beside(struct clone_args *args, void *stack, size_t stack_size,
	int (*function)(void *), void *argument)
{
	args->flags |= CLONE_VM;
	return clone_on(args, stack, stack_size, function, argument);
}

pid_t corc_clone3_vfork(struct clone_args *args, void *stack, size_t stack_size,
	int (*function)(void *), void *argument)
{
	args->flags |= CLONE_VFORK;
	return corc_clone3_beside(args, stack, stack_size, function, argument);
}

pid_t corc_clone3_apart(struct clone_args *args, void *stack, size_t stack_size,
	int (*function)(void *), void *argument)
{
	args->flags |= CLONE_VFORK;
	return clone_on(args, stack, stack_size, function, argument);
}

int corc_is_in_user_namespace(void)
{
	/* The number of the first one, PROC_USER_INIT_INO of the kernel, is the same on all hosts.
	 */
	static const ino_t first = 0xEFFFFFFD;
	struct stat status;

	return stat("/proc/self/ns/user", &status) == 0 && status.st_ino != first;
}

int corc_pidfd_open(pid_t pid)
{
	return result(syscall(SYS_pidfd_open, pid, 0));
}

int corc_pidfd_send_signal(int pidfd, int signal)
{
	return result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int corc_seccomp_has_flags(uint64_t flags)
{
	/* Flags are looked at before the program, which is not there. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT;
}

int corc_pidfd_getfd(int pidfd, int fd)
{
	return result(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
}

int corc_setns(int fd, int types)
{
	return result(syscall(SYS_setns, fd, types));
}

int corc_unshare(int types)
{
	return result(syscall(SYS_unshare, types));
}

int corc_close_range(unsigned first, unsigned last, unsigned flags)
{
	return result(syscall(SYS_close_range, first, last, flags));
}

int corc_execveat(
	int fd, const char *path, char *const arguments[], char *const environment[], int flags)
{
	return result(syscall(SYS_execveat, fd, path, arguments, environment, flags));
}

/* 1: it has ended and was reaped; 0: it has not. */
static int reap(int pidfd, struct corc_exit *ret_exit)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	if (info.si_pid == 0)
		return 0;
	ret_exit->killed = info.si_code != CLD_EXITED;
	ret_exit->code = info.si_status;
	return 1;
}

int corc_wait_pidfd(int pidfd, int timeout_ms, struct corc_exit *ret_exit)
{
	uint64_t end = timeout_ms < 0 ? 0 : corc_now_ms() + (uint64_t)timeout_ms;
	bool has_ended = false;

	for (;;) {
		int left = -1, r = reap(pidfd, ret_exit), ready;
		struct pollfd entry = {.fd = pidfd, .events = POLLIN};

		if (r > 0)
			return 0;
		/* The end of a stranger is waited for too. */
		if (r < 0 && (r != -ECHILD || has_ended))
			return r;
		if (timeout_ms >= 0) {
			uint64_t now = corc_now_ms();

			left = now < end ? (int)(end - now) : 0;
		}
		ready = poll(&entry, 1, left);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0)
			return -ETIMEDOUT;
		has_ended = ready > 0;
	}
}

int corc_is_child(pid_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
		if (errno != EINTR)
			return 0;
	return 1;
}

uint64_t corc_now_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int corc_ms_until(uint64_t end)
{
	uint64_t now = end ? corc_now_ms() : 0;

	if (!end)
		return -1;
	if (now >= end)
		return 0;
	return end - now < POLL_MAX_MS ? (int)(end - now) : POLL_MAX_MS;
}

/* Writes "PID/stat", or "/proc/PID/stat", without stdio. */
static void stat_path(int proc_fd, pid_t pid, char path[32])
{
	char digits[16];
	size_t count = 0, i = 0;

	if (proc_fd == AT_FDCWD)
		for (const char *at = "/proc/"; *at; at++)
			path[i++] = *at;

	do
		digits[count++] = (char)('0' + pid % 10);
	while ((pid /= 10) > 0);
	while (count > 0)
		path[i++] = digits[--count];
	memcpy(path + i, "/stat", 6);
}

int corc_process_start_time(int proc_fd, pid_t pid, uint64_t *ret_start, char *ret_state)
{
	char path[32], text[1024];
	int CORC_CLOSE fd = CORC_NO_FD;
	uint64_t start = 0;

	if (pid <= 0)
		return -ESRCH;
	stat_path(proc_fd, pid, path);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	ssize_t length = read(fd, text, sizeof(text) - 1);

	if (length < 0)
		return -errno;
	text[length] = '\0';
	/* The name may hold blanks and parentheses; the last ")" ends it. */
	const char *at = strrchr(text, ')');

	if (!at || at[1] != ' ')
		return -EBADMSG;
	at += 2;
	char state = *at;

	for (int field = 3; field < 22; field++) {
		at = strchr(at, ' ');
		if (!at)
			return -EBADMSG;
		at++;
	}
	for (; *at >= '0' && *at <= '9'; at++)
		start = start * 10 + (uint64_t)(*at - '0');
	*ret_start = start;
	*ret_state = state;
	return 0;
}
