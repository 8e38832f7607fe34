/* SPDX-License-Identifier: Apache-2.0 */
/* Ending what runs in a container. Layer: run; the parent process. */
#include "run/stop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "sys/process.h"

/* The process need not be our child; its pidfd becomes readable when it ends. */
static int wait_gone(const struct corc_runtime *runtime, int pidfd, struct corc_error *error)
{
	struct pollfd entry = {.fd = pidfd, .events = POLLIN};
	uint64_t end = corc_now_ms() + runtime->deadline_ms;

	for (;;) {
		uint64_t now = corc_now_ms();
		int r = poll(&entry, 1, now < end ? (int)(end - now) : 0);

		if (r > 0)
			return 0;
		if (r == 0)
			return corc_fail(error, ETIMEDOUT,
				"container init still running %u ms after SIGKILL",
				runtime->deadline_ms);
		if (errno != EINTR)
			return corc_fail_errno(error, errno, "waiting for the container's process");
	}
}

int corc_container_stop(struct corc_runtime *runtime, const struct corc_cgroup_ref *cgroup,
	int pidfd, struct corc_error *error)
{
	int r;

	if (pidfd < 0)
		return 0;
	r = corc_pidfd_send_signal(pidfd, SIGKILL);
	if (r < 0 && r != -ESRCH)
		return corc_fail_errno(error, -r, "killing the container's process");
	/* A frozen process dies only by cgroup.kill, or once it is thawed. */
	r = corc_cgroup_signal(cgroup, SIGKILL, error);
	return r < 0 ? r : wait_gone(runtime, pidfd, error);
}
