/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of cgroup v1. Layer: cgroup; the parent process only. All return -errno on failure.
 */
#ifndef CORC_CGROUP_V1_H
#define CORC_CGROUP_V1_H

#include <stdbool.h>

#include "base/error.h"

/*
 * A new cpuset has no processors and no memory nodes, and takes no process until it has. Copies
 * them from the parent, for the directory and those between it and the mount point.
 */
int corc_cgroup_v1_fill_cpuset(
	const char *mountpoint, const char *directory, struct corc_error *error);

/* Whether a group of the freezer hierarchy is frozen, or on the way to it. -ENOENT: no freezer. */
int corc_cgroup_v1_is_frozen(int fd, bool *ret_frozen);

/* Whether every process of it has stopped. */
int corc_cgroup_v1_is_all_frozen(int fd, bool *ret_frozen);

/* Asks for freezing or thawing without waiting for it. */
int corc_cgroup_v1_freeze(int fd, bool frozen);

/* Number of bytes in a file of the memory controller; 0 when it cannot be read. */
unsigned long long corc_cgroup_v1_memory(int fd, const char *file);

#endif
