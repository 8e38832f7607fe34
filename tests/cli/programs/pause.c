/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pause: a container's process that waits. Prints "ready", then "SIGNAME" or "SIGNUMBER" for every
 * signal that it gets; SIGTERM ends it with status 7, also as process 1. Reaps children. Runs in
 * the container.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TERM_STATUS 7

static void print_name(int signal_number)
{
	static const char *const names[] = {
		[SIGHUP] = "HUP",
		[SIGINT] = "INT",
		[SIGQUIT] = "QUIT",
		[SIGUSR1] = "USR1",
		[SIGUSR2] = "USR2",
		[SIGTERM] = "TERM",
		[SIGCONT] = "CONT",
		[SIGWINCH] = "WINCH",
	};

	if (signal_number < (int)(sizeof(names) / sizeof(names[0])) && names[signal_number])
		printf("SIG%s\n", names[signal_number]);
	else
		printf("SIG%d\n", signal_number);
	fflush(stdout);
}

int main(void)
{
	/* Not through the libc, which keeps some real time signals to itself. */
	static const uint64_t all = UINT64_MAX;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof(all));
	puts("ready");
	fflush(stdout);
	for (;;) {
		int signal_number =
			(int)syscall(SYS_rt_sigtimedwait, &all, NULL, NULL, sizeof(all));

		if (signal_number < 0)
			continue;
		if (signal_number == SIGCHLD) {
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
			continue;
		}
		print_name(signal_number);
		if (signal_number == SIGTERM)
			return TERM_STATUS;
	}
}
