/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The groups within a v2 scope in which the container's processes are. Layer: cgroup; the parent
 * process only.
 */
#ifndef CORC_CGROUP_NESTED_H
#define CORC_CGROUP_NESTED_H

#include "cgroup/cgroup.h"

/* Makes them, where there are any; the last one is given to plan->delegated_uid. */
int corc_cgroup_make_processes(const struct corc_cgroup_plan *plan,
	const struct corc_cgroup_ref *ref, struct corc_error *error);

/* Gives them the controllers, once no process is left in the scope itself. */
void corc_cgroup_enable_processes(
	const struct corc_cgroup_plan *plan, const struct corc_cgroup_ref *ref);

#endif
