/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a further process of a container goes: the container's cgroups, or existing ones below
 * them. Layer: cgroup; the parent process only.
 */
#ifndef CORC_CGROUP_PLACE_H
#define CORC_CGROUP_PLACE_H

#include "cgroup/cgroup.h"

/* All zero before; corc_cgroup_place_done closes it. */
struct corc_cgroup_place {
	int *fds; /* one a directory of the reference */
	size_t count;
	/* Of a reference that is one v2 directory alone: to be born in; else negative. */
	int birth_fd;
};

#define CORC_CGROUP_PLACE_EMPTY     \
	{                           \
		.birth_fd = -EBADF, \
	}

/*
 * choices: NULL-terminated. "PATH" alone is below each cgroup of the container;
 * "CONTROLLER[,CONTROLLER]:PATH", on v1, below those of the controllers. EINVAL: anything else, or
 * a path that leads out of the container's cgroup; ENOENT: it does not exist.
 */
int corc_cgroup_place_open(const struct corc_cgroup_ref *ref, const char *const *choices,
	struct corc_cgroup_place *ret_place, struct corc_error *error);

/* Moves a process there. ESRCH: it is gone. */
int corc_cgroup_place_attach(
	const struct corc_cgroup_place *place, pid_t pid, struct corc_error *error);

void corc_cgroup_place_done(struct corc_cgroup_place *place);

#endif
