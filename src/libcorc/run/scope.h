/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scope of a container whose cgroup systemd makes. Layer: run; the parent process.
 */
#ifndef CORC_RUN_SCOPE_H
#define CORC_RUN_SCOPE_H

#include "cgroup/cgroup.h"
#include "run/bundle.h"
#include "run/conductor.h"

/*
 * Starts it with a process in it, without which systemd makes none, and takes over the cgroups.
 * Errors have their origin in the configuration.
 */
int corc_scope_start(struct corc_runtime *runtime, const struct corc_bundle *bundle, pid_t pid,
	int pidfd, struct corc_cgroup_ref *cgroup, struct corc_error *error);

/*
 * The same with the stage. While systemd works the stage mounts; one that has failed meanwhile
 * gives the error.
 */
int corc_scope_start_with_stage(const struct corc_bundle *bundle, struct corc_conductor *conductor,
	struct corc_cgroup_ref *cgroup, struct corc_error *error);

/*
 * After the cgroup was removed: that systemd knows the unit no more. The container is gone in any
 * case, so what fails is a warning.
 */
void corc_scope_stop(struct corc_runtime *runtime, const struct corc_cgroup_ref *cgroup);

#endif
