/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a container that is there. Layer: run; the parent process. */
#include "run/container.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"

bool corc_container_shares_user_namespace(const struct corc_container *container)
{
	char path[48];
	struct stat theirs, ours;

	(void)snprintf(path, sizeof(path), "/proc/%u/ns/user", container->state.pid);
	return stat(path, &theirs) == 0 && stat("/proc/self/ns/user", &ours) == 0 &&
	       theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

void corc_container_close(struct corc_container *container)
{
	corc_close_(container->pidfd);
	corc_state_close(&container->directory);
	corc_arena_done(&container->arena);
	*container = (struct corc_container)CORC_CONTAINER_EMPTY;
}

static int open_all(struct corc_runtime *runtime, const char *id, bool lock,
	struct corc_container *container, struct corc_error *error)
{
	int r = corc_id_check(id, error);

	if (r == 0)
		r = corc_state_open(runtime, id, &container->directory, error);
	if (r == 0 && lock)
		r = corc_state_lock(runtime, &container->directory, error);
	if (r == 0)
		r = corc_state_read(
			&container->directory, &container->arena, &container->state, error);
	if (r == 0)
		r = corc_state_status(&container->directory, &container->state, &container->status,
			&container->pidfd, error);
	return r;
}

int corc_container_open(struct corc_runtime *runtime, const char *id, bool lock,
	struct corc_container *container, struct corc_error *error)
{
	int r = open_all(runtime, id, lock, container, error);

	if (r < 0)
		corc_container_close(container);
	return r;
}
