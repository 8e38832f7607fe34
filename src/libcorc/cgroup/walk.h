/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cgroup and all below it. Layer: cgroup; the parent process only.
 */
#ifndef CORC_CGROUP_WALK_H
#define CORC_CGROUP_WALK_H

struct corc_cgroup_walker {
	/* Before what is below; NULL: nothing. */
	int (*enter)(void *data, int fd);
	/* After what is below a directory, which is `name` in its parent; NULL: nothing. */
	int (*leave)(void *data, int parent_fd, const char *name);
	void *data;
};

/*
 * Calls enter for the directory `fd` and all below, leave for all below. The first result that is
 * not 0 ends the walk and is returned. A container may have nested its groups as deep as it liked:
 * the walk needs one fd and no stack.
 */
int corc_cgroup_walk(int fd, const struct corc_cgroup_walker *walker);

#endif
