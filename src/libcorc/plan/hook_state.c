/* SPDX-License-Identifier: Apache-2.0 */
/* The state that hooks are told. Layer: plan; the parent process only. */
#include "plan/hook_state.h"

#include "base/json_writer.h"

size_t corc_hook_state_put(const struct corc_hook_state *state, enum corc_hook_phase phase,
	const char *pid, struct corc_buffer *buffer)
{
	struct corc_json_writer writer = {.buffer = buffer};
	size_t length;

	corc_json_begin_object(&writer, NULL);
	corc_json_string(&writer, "ociVersion", CORC_SPEC_VERSION);
	corc_json_string(&writer, "id", state->id);
	corc_json_string(&writer, "status", corc_hook_phases[phase].status);
	corc_json_raw(&writer, "pid", pid);
	length = buffer->length;
	corc_json_string(&writer, "bundle", state->bundle);
	if (state->annotations->count > 0)
		corc_json_map(&writer, "annotations", state->annotations);
	corc_json_end_object(&writer);
	return length;
}
