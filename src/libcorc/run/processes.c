/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of a container. Layer: run; the parent process. */
#include <errno.h>

#include "base/cleanup.h"
#include "run/container.h"

int corc_container_processes(struct corc_runtime *runtime, const char *id, pid_t **ret_pids,
	size_t *ret_count, struct corc_error *error)
{
	struct corc_container CORC_CLEANUP(corc_container_close) container = CORC_CONTAINER_EMPTY;
	int r = corc_container_open(runtime, id, false, &container, error);

	if (r < 0)
		return r;
	if (container.state.cgroup.directories.count == 0 &&
		container.status != CORC_STATUS_STOPPED)
		return corc_fail(
			error, ENOTSUP, "the container has no cgroup that tells its processes");
	return corc_cgroup_pids(&container.state.cgroup, ret_pids, ret_count, error);
}
