/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staying with a process until it ends. Layer: cmd; the parent process.
 *
 * One loop polls the signals, the pidfd of the process and, if it has a terminal, the relay:
 *
 *     signals ──► the process (pidfd_send_signal)
 *     stdin ──► pty master ──► stdout
 *
 * The end of the process is learned from its pidfd alone. What it wrote before is still in the
 * terminal then and is passed on first.
 */
#include "cmd/foreground.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "cmd/tty_relay.h"

/* Of one wait. */
struct watch {
	int signal_fd;
	pid_t pid;
	int pidfd;
	bool has_ended;
	bool is_abandoned; /* a signal came while output of the ended process was waiting */
	struct corc_notify *notify; /* NULL: none */
	struct corc_tty_relay relay;
};

static void watch_done(struct watch *watch)
{
	corc_tty_relay_done(&watch->relay);
}

int corc_foreground_init(
	struct corc_foreground *foreground, bool is_subreaper, struct corc_error *error)
{
	/* Not through the libc, which keeps some real time signals to itself. */
	static const uint64_t all = UINT64_MAX;
	int fd;

	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all)) < 0)
		return corc_fail_errno(error, errno, "block signals");
	fd = (int)syscall(SYS_signalfd4, -1, &all, sizeof(all), SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return corc_fail_errno(error, errno, "signalfd");
	foreground->signal_fd = fd;
	if (is_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return corc_fail_errno(error, errno, "become the subreaper");
	return 0;
}

void corc_foreground_done(struct corc_foreground *foreground)
{
	corc_close_(corc_take_fd(&foreground->signal_fd));
}

void corc_foreground_release(struct corc_child *child)
{
	corc_close_(corc_take_fd(&child->pidfd));
	corc_close_(corc_take_fd(&child->console_fd));
}

/* Reaps adopted processes. The child itself is left for corc_child_wait. */
static void reap_orphans(pid_t child)
{
	for (;;) {
		siginfo_t info = {0};

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 ||
			info.si_pid == 0 || info.si_pid == child)
			return;
		(void)waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG | __WALL);
	}
}

static bool is_request_to_end(int signal)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

static void handle_signal(struct watch *watch, const struct signalfd_siginfo *info)
{
	int signal = (int)info->ssi_signo;

	if (signal == SIGCHLD) {
		reap_orphans(watch->pid);
		return;
	}
	if (signal == SIGWINCH) {
		corc_tty_relay_resize(&watch->relay);
		return;
	}
	/* Our own: SIGPIPE of a write to a closed standard output. */
	if (signal == SIGURG || info->ssi_pid == (uint32_t)getpid())
		return;
	if (!watch->has_ended)
		(void)syscall(SYS_pidfd_send_signal, watch->pidfd, signal, NULL, 0);
	else if (is_request_to_end(signal))
		watch->is_abandoned = true;
}

static void handle_signals(struct watch *watch)
{
	struct signalfd_siginfo info;

	while (read(watch->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		handle_signal(watch, &info);
}

enum {
	SLOT_SIGNALS,
	SLOT_PROCESS,
	SLOT_NOTIFY,
	SLOT_RELAY,
	SLOT_COUNT = SLOT_RELAY + CORC_TTY_RELAY_SLOTS
};

static int notify_fd(const struct watch *watch)
{
	return watch->notify != NULL ? corc_notify_fd(watch->notify) : -1;
}

static int notify_timeout(const struct watch *watch)
{
	return watch->notify != NULL ? corc_notify_timeout(watch->notify) : -1;
}

static void handle_end(struct watch *watch)
{
	watch->has_ended = true;
	corc_tty_relay_finish(&watch->relay);
	if (watch->notify == NULL)
		return;
	/* It may have been ready just before. */
	corc_notify_handle(watch->notify);
	if (corc_notify_timeout(watch->notify) < 0)
		watch->notify = NULL;
}

static int watch_once(struct watch *watch, struct corc_error *error)
{
	struct pollfd slots[SLOT_COUNT] = {
		[SLOT_SIGNALS] = {.fd = watch->signal_fd, .events = POLLIN},
		[SLOT_PROCESS] = {.fd = watch->has_ended ? -1 : watch->pidfd, .events = POLLIN},
		[SLOT_NOTIFY] = {.fd = notify_fd(watch), .events = POLLIN},
	};
	int count;

	corc_tty_relay_prepare(&watch->relay, slots + SLOT_RELAY);
	count = poll(slots, SLOT_COUNT, notify_timeout(watch));
	if (count < 0)
		return errno == EINTR ? 0 : corc_fail_errno(error, errno, "poll");
	/* After the end, with nothing to relay, no signal matters: SIGCHLD is the usual one. */
	if (slots[SLOT_SIGNALS].revents != 0 &&
		(slots[SLOT_PROCESS].revents == 0 || watch->relay.console_fd >= 0))
		handle_signals(watch);
	if (watch->notify != NULL && (count == 0 || slots[SLOT_NOTIFY].revents != 0))
		corc_notify_handle(watch->notify);
	corc_tty_relay_handle(&watch->relay, slots + SLOT_RELAY);
	if (slots[SLOT_PROCESS].revents != 0)
		handle_end(watch);
	return 0;
}

static int watch_until_end(struct corc_foreground *foreground, const struct corc_child *child,
	struct corc_error *error)
{
	struct watch CORC_CLEANUP(watch_done) watch = {
		.signal_fd = foreground->signal_fd,
		.pid = child->pid,
		.pidfd = child->pidfd,
		.notify = foreground->notify,
		.relay = CORC_TTY_RELAY_NONE,
	};
	int result = 0;

	if (child->console_fd >= 0)
		corc_tty_relay_start(&watch.relay, child->console_fd, STDIN_FILENO, STDOUT_FILENO);
	while (result == 0 && !watch.is_abandoned &&
		!(watch.has_ended && corc_tty_relay_is_drained(&watch.relay) &&
			notify_timeout(&watch) < 0))
		result = watch_once(&watch, error);
	return result;
}

int corc_foreground_wait(struct corc_foreground *foreground, struct corc_child *child,
	int *ret_status, struct corc_error *error)
{
	int result = watch_until_end(foreground, child, error);

	if (result < 0) {
		corc_foreground_release(child);
		return result;
	}
	return corc_child_wait(child, ret_status, error);
}
