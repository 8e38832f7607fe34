/* SPDX-License-Identifier: Apache-2.0 */
/*
 * await-exit [-t MILLISECONDS] PID...: returns when all the processes have ended (they may be
 * unreaped). Exit status 1: the time is over; prints those that are left. Runs on the host.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int await(pid_t pid, long deadline)
{
	struct pollfd event = {.events = POLLIN};
	long left = deadline - now_ms();
	int r;

	event.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	/* Before Linux 6.16 EINVAL is said of a process that is being reaped. */
	if (event.fd < 0)
		return errno == ESRCH || errno == EINVAL ? 0 : -errno;
	r = poll(&event, 1, left > 0 ? (int)left : 0);
	close(event.fd);
	return r > 0 ? 0 : -ETIMEDOUT;
}

int main(int argc, char **argv)
{
	long deadline = now_ms() + 10000;
	int status = 0;
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "-t") == 0) {
		deadline = now_ms() + atol(argv[2]);
		first = 3;
	}
	for (int i = first; i < argc; i++)
		if (await(atoi(argv[i]), deadline) < 0) {
			puts(argv[i]);
			status = 1;
		}
	return status;
}
