/* SPDX-License-Identifier: Apache-2.0 */
/* kill. Layer: run; the parent process. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "run/container.h"
#include "sys/process.h"

#define SIGNAL_MAX 64

static const struct {
	const char *name;
	int number;
} signals[] = {
	{"HUP", SIGHUP},
	{"INT", SIGINT},
	{"QUIT", SIGQUIT},
	{"ILL", SIGILL},
	{"TRAP", SIGTRAP},
	{"ABRT", SIGABRT},
	{"IOT", SIGIOT},
	{"BUS", SIGBUS},
	{"FPE", SIGFPE},
	{"KILL", SIGKILL},
	{"USR1", SIGUSR1},
	{"SEGV", SIGSEGV},
	{"USR2", SIGUSR2},
	{"PIPE", SIGPIPE},
	{"ALRM", SIGALRM},
	{"TERM", SIGTERM},
	{"STKFLT", SIGSTKFLT},
	{"CHLD", SIGCHLD},
	{"CLD", SIGCHLD},
	{"CONT", SIGCONT},
	{"STOP", SIGSTOP},
	{"TSTP", SIGTSTP},
	{"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU},
	{"URG", SIGURG},
	{"XCPU", SIGXCPU},
	{"XFSZ", SIGXFSZ},
	{"VTALRM", SIGVTALRM},
	{"PROF", SIGPROF},
	{"WINCH", SIGWINCH},
	{"IO", SIGIO},
	{"POLL", SIGIO},
	{"PWR", SIGPWR},
	{"SYS", SIGSYS},
};

/* The kernel's numbers: libcs keep the first ones for themselves. */
#define REALTIME_MIN 34
#define REALTIME_MAX 64

/* "RTMIN", "RTMIN+3", "RTMAX-1". */
static int realtime_number(const char *name)
{
	bool from_max = strncasecmp(name, "RTMAX", 5) == 0;
	uint64_t offset = 0;

	if (!from_max && strncasecmp(name, "RTMIN", 5) != 0)
		return -EINVAL;
	name += 5;
	if (*name && (*name != (from_max ? '-' : '+') ||
			     corc_parse_u64(name + 1, strlen(name + 1), REALTIME_MAX - REALTIME_MIN,
				     &offset) < 0))
		return -EINVAL;
	return from_max ? REALTIME_MAX - (int)offset : REALTIME_MIN + (int)offset;
}

int corc_signal_number(const char *name)
{
	uint64_t number;

	if (isdigit((unsigned char)name[0]))
		return corc_parse_u64(name, strlen(name), SIGNAL_MAX, &number) < 0 ? -EINVAL
										   : (int)number;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (strcasecmp(signals[i].name, name) == 0)
			return signals[i].number;
	}
	return realtime_number(name);
}

int corc_container_kill(struct corc_runtime *runtime, const char *id, int signal, bool all,
	struct corc_error *error)
{
	struct corc_container CORC_CLEANUP(corc_container_close) container = CORC_CONTAINER_EMPTY;
	const struct corc_state_file *state = &container.state;
	int r = corc_container_open(runtime, id, false, &container, error);

	if (r != 0)
		return r;
	if (all)
		return corc_cgroup_signal(&state->cgroup, signal, error);
	/* Of no effect by the specification: hooks rely on the process. */
	if (container.status == CORC_STATUS_CREATING)
		return corc_fail(error, EINVAL,
			"cannot signal a container that is being created (--all reaches its processes)");
	/*
	 * Without a pid namespace of its own the others live on: SIGKILL means them too. And what
	 * the freezer of v1 holds is killed only by way of its cgroup.
	 */
	bool by_cgroup = signal == SIGKILL &&
			 (!state->own_pid_namespace || container.status == CORC_STATUS_PAUSED);

	if (by_cgroup) {
		r = corc_cgroup_signal(&state->cgroup, signal, error);
		if (r != 0 || container.status == CORC_STATUS_STOPPED)
			return r;
	}
	if (container.status == CORC_STATUS_STOPPED)
		return corc_fail(error, ESRCH, "container not running");
	r = corc_pidfd_send_signal(container.pidfd, signal);
	/* The cgroup's kill may have been quicker. */
	if (r == -ESRCH && by_cgroup)
		return 0;
	if (r == -ESRCH)
		return corc_fail(error, ESRCH, "container not running");
	if (r < 0)
		return corc_fail_errno(
			error, -r, "sending signal %d to process %u", signal, state->pid);
	return 0;
}
