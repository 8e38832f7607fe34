/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of a container's state. Layer: cmd; the parent process.
 * Keys and their order are those that clients of OCI runtimes know.
 */
#include "cmd/state_json.h"

static void put_annotations(struct corc_json_writer *writer, const struct corc_state *state)
{
	if (state->annotation_count == 0)
		return;
	corc_json_begin_object(writer, "annotations");
	for (size_t i = 0; i < state->annotation_count; i++)
		corc_json_string(writer, state->annotations[i].key, state->annotations[i].value);
	corc_json_end_object(writer);
}

void corc_state_json(
	struct corc_json_writer *writer, const struct corc_state *state, const char *owner)
{
	corc_json_begin_object(writer, NULL);
	corc_json_string(writer, "ociVersion", corc_spec_version());
	corc_json_string(writer, "id", state->id);
	corc_json_i64(writer, "pid", state->pid);
	corc_json_string(writer, "status", corc_status_name(state->status));
	corc_json_string(writer, "bundle", state->bundle);
	corc_json_string(writer, "rootfs", state->rootfs);
	corc_json_string(writer, "created", state->created);
	put_annotations(writer, state);
	corc_json_string(writer, "owner", owner);
	corc_json_end_object(writer);
}
