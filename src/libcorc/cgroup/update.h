/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New limits for a container that is there. Layer: cgroup; the parent process only.
 */
#ifndef CORC_CGROUP_UPDATE_H
#define CORC_CGROUP_UPDATE_H

#include "cgroup/cgroup.h"
#include "cgroup/systemd.h"

/*
 * The directories of a reference as those of a plan: mode, directory_count and directories, with
 * the mount points of the layout.
 */
int corc_cgroup_place(struct corc_arena *arena, const struct corc_cgroup_layout *layout,
	const struct corc_cgroup_ref *ref, struct corc_cgroup_plan *ret_place,
	struct corc_error *error);

/*
 * What is in force. A file that is missing or cannot be read counts as unlimited.
 */
void corc_cgroup_current_read(const struct corc_cgroup_plan *place,
	const struct corc_cgroup_ref *ref, struct corc_cgroup_current *ret_current);

struct corc_cgroup_update {
	struct corc_arena *arena;
	const struct corc_spec *spec;
	const struct corc_cgroup_plan *plan;
	const struct corc_cgroup_ref *ref;
	const struct corc_systemd *systemd; /* that knows plan->unit, if there is one */
};

/*
 * Writes all settings, each after keeping what its file held, and tells systemd when the container
 * has a unit. When something is refused, what came before it gets its old values back, the last one
 * first: every step on the way was valid before. What cannot be set back is named in the message.
 * Errors have their origin in spec.
 */
int corc_cgroup_update(const struct corc_cgroup_update *update, struct corc_error *error);

/*
 * What to write to set a file back that held `content` before `written` was written: all of it, or
 * of a file with a line for each device or interface the one line. NULL: no memory. For tests.
 */
const char *corc_cgroup_old_value(
	struct corc_arena *arena, const char *file, const char *written, const char *content);

#endif
