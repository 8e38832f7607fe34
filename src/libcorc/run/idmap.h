/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the id mappings of a new user namespace. Layer: run; the parent process. */
#ifndef CORC_RUN_IDMAP_H
#define CORC_RUN_IDMAP_H

#include <sys/types.h>

#include "plan/compile.h"
#include "run/runtime.h"

/*
 * The process is a child of ours that waits; user_namespaces(7). What the caller may not write,
 * newuidmap(1) and newgidmap(1) do, which know the user's ranges in /etc/subuid and /etc/subgid.
 * They are found at fixed places, never by PATH.
 */
int corc_idmap_write(struct corc_runtime *runtime, pid_t pid, const struct corc_plan *plan,
	struct corc_error *error);

/*
 * The arguments of a helper, "newuidmap PID INSIDE OUTSIDE COUNT…" for the text of a map, in the
 * arena, NULL-terminated; NULL: no memory.
 */
char **corc_idmap_arguments(
	struct corc_arena *arena, const char *program, pid_t pid, const char *map);

#endif
