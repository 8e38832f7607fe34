/* SPDX-License-Identifier: Apache-2.0 */
/* pause and resume. Layer: run; the parent process. */
#include <errno.h>
#include <poll.h>

#include "base/cleanup.h"
#include "run/container.h"

/* A process that does not stop for so long will not: it waits for something that hangs. */
#define FREEZE_DEADLINE_MS 10000u

static uint32_t deadline(const struct corc_runtime *runtime)
{
	return runtime->deadline_ms < FREEZE_DEADLINE_MS ? runtime->deadline_ms
							 : FREEZE_DEADLINE_MS;
}

static bool has_ended(const struct corc_container *container)
{
	struct pollfd process = {.fd = container->pidfd, .events = POLLIN};

	return poll(&process, 1, 0) > 0;
}

int corc_container_pause(struct corc_runtime *runtime, const char *id, struct corc_error *error)
{
	struct corc_container CORC_CLEANUP(corc_container_close) container = CORC_CONTAINER_EMPTY;
	struct corc_error ignored;
	int r = corc_container_open(runtime, id, true, &container, error);

	if (r < 0)
		return r;
	if (container.status != CORC_STATUS_RUNNING && container.status != CORC_STATUS_CREATED)
		return corc_fail(error, ESRCH, "container not running");
	r = corc_cgroup_freeze(&container.state.cgroup, deadline(runtime), error);
	/* A cgroup that nobody is in any more can be frozen, too. */
	if (!has_ended(&container))
		return r;
	(void)corc_cgroup_thaw(&container.state.cgroup, deadline(runtime), &ignored);
	return corc_fail(error, ESRCH, "container not running");
}

int corc_container_resume(struct corc_runtime *runtime, const char *id, struct corc_error *error)
{
	struct corc_container CORC_CLEANUP(corc_container_close) container = CORC_CONTAINER_EMPTY;
	int r = corc_container_open(runtime, id, true, &container, error);

	if (r < 0)
		return r;
	if (container.status != CORC_STATUS_PAUSED)
		return corc_fail(error, EINVAL, "container not paused");
	return corc_cgroup_thaw(&container.state.cgroup, deadline(runtime), error);
}
