/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories of a reference, by fd and only while they are the ones that corc made. Layer: cgroup;
 * the parent process only.
 */
#ifndef CORC_CGROUP_DIRECTORY_H
#define CORC_CGROUP_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "cgroup/cgroup.h"

/*
 * For how long a directory is made again that others, who tidy up empty ones, take away before it
 * is in use.
 */
#define CORC_CGROUP_TAKEN_AWAY_MS 10000

/* Any directory of a cgroup hierarchy, for reading; no symbolic link is followed. -errno. */
int corc_cgroup_open_path(const char *directory);

/*
 * That of a reference. -ENOENT: it is gone; -ESTALE: it is not ours (another inode, or only an
 * intent).
 */
int corc_cgroup_open_own(const struct corc_cgroup_ref_directory *directory);

/* The same for where the container's processes are: it, or a group below it. */
int corc_cgroup_open_processes(
	const struct corc_cgroup_ref *ref, const struct corc_cgroup_ref_directory *directory);

/* Inode number of an fd. -errno. */
int corc_cgroup_inode(int fd, uint64_t *ret_inode);

/* Makes a directory with its parents; *ret_made as in the reference. -errno, and nothing is left.
 */
int corc_cgroup_make_path(const char *directory, uint32_t *ret_made);

/* Removes empty directories: the last `count` components of the path. The first may be missing. */
int corc_cgroup_remove_path(const char *directory, uint32_t count);

/* How many trailing components of the path do not exist. -errno. */
int corc_cgroup_count_missing(const char *directory, uint32_t *ret_missing);

/* Takes the next component off a path. False at the end. */
bool corc_cgroup_next_component(const char **path, char name[NAME_MAX + 1]);

#endif
