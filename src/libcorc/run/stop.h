/* SPDX-License-Identifier: Apache-2.0 */
/* Ending what runs in a container. Layer: run; the parent process. */
#ifndef CORC_RUN_STOP_H
#define CORC_RUN_STOP_H

#include "run/state.h"

/*
 * Kills the container's process and all others of its cgroup, and waits until the first is gone.
 * pidfd negative: it is gone already, and nothing is done.
 */
int corc_container_stop(struct corc_runtime *runtime, const struct corc_cgroup_ref *cgroup,
	int pidfd, struct corc_error *error);

/*
 * Removes a container whose directory is locked by the caller: processes, cgroup, state; then the
 * poststop hooks. See corc_container_delete.
 */
int corc_container_remove(struct corc_runtime *runtime, struct corc_state_directory *directory,
	bool force, struct corc_error *error);

#endif
