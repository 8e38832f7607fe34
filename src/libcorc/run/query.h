/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a container, for those who have memory for it. Layer: run; the parent process. */
#ifndef CORC_RUN_QUERY_H
#define CORC_RUN_QUERY_H

#include "run/runtime.h"

/*
 * As corc_container_state; what the state refers to is in the arena, which the caller has made and
 * gives back. After a failure the arena is empty. No corc_state_done.
 */
int corc_state_find(struct corc_runtime *runtime, const char *id, struct corc_arena *arena,
	struct corc_state *ret_state, struct corc_error *error);

#endif
