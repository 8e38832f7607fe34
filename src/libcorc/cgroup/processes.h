/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes of cgroups by their numbers. Layer: cgroup; the parent process only.
 */
#ifndef CORC_CGROUP_PROCESSES_H
#define CORC_CGROUP_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cgroup/cgroup.h"

struct corc_pids {
	pid_t *items;
	size_t count, capacity;
};

void corc_pids_done(struct corc_pids *pids);

#define CORC_PIDS __attribute__((cleanup(corc_pids_done)))

/* Appends the processes of the group `fd` and of all below. -errno. */
int corc_cgroup_pids_below(int fd, struct corc_pids *pids);

/* Sorted, each once: of all directories of the reference that are ours. -errno. */
int corc_cgroup_pids_of(const struct corc_cgroup_ref *ref, struct corc_pids *pids);

#endif
