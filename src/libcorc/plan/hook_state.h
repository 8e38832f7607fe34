/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hook reads on its standard input: the state of the container (runtime-spec runtime.md
 * "State"). Layer: plan; the parent process only.
 */
#ifndef CORC_PLAN_HOOK_STATE_H
#define CORC_PLAN_HOOK_STATE_H

#include "base/buffer.h"
#include "spec/spec.h"

struct corc_hook_state {
	const char *id;
	const char *bundle; /* absolute */
	const struct corc_string_map *annotations;
};

/*
 * Appends the JSON with the status that hooks of this phase are told. `pid` is a number or, for one
 * that is put in later, "". Returns the length up to the end of pid.
 */
size_t corc_hook_state_put(const struct corc_hook_state *state, enum corc_hook_phase phase,
	const char *pid, struct corc_buffer *buffer);

#endif
