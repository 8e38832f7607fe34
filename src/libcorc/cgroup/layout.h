/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of corc_cgroup_layout_read that work on text, for tests. Layer: cgroup; the parent process
 * only.
 */
#ifndef CORC_CGROUP_LAYOUT_H
#define CORC_CGROUP_LAYOUT_H

#include "base/arena.h"
#include "plan/host.h"

/* A layout, and which part of each hierarchy its mount shows ("/" nearly always). */
struct corc_cgroup_layout_reader {
	struct corc_arena *arena;
	struct corc_cgroup_layout *layout;
	const char *roots[CORC_CGROUP_HIERARCHIES];
};

/*
 * The hierarchies mounted below `top` ("/sys/fs/cgroup"), from the text of /proc/self/mountinfo,
 * which is changed. -ENOMEM, -E2BIG: more than fit.
 */
int corc_cgroup_layout_mounts(
	struct corc_cgroup_layout_reader *reader, char *mountinfo, const char *top);

/* The caller's own groups, from the text of /proc/self/cgroup, which is changed. -ENOMEM. */
int corc_cgroup_layout_own_paths(struct corc_cgroup_layout_reader *reader, char *text);

#endif
