/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc state. Layer: cmd; the parent process.
 */
#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/state_json.h"
#include "run/container.h"
#include "run/query.h"

/* What a state without annotations takes, written. */
#define TEXT_SPACE 1024

static int run_state(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	char space[TEXT_SPACE];
	struct corc_buffer CORC_BUFFER text = corc_buffer_on(space, sizeof(space));
	struct corc_json_writer writer = {.buffer = &text, .indent = 2};
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	char memory[CORC_STATE_SPACE];
	struct corc_state state = {0};
	int result;

	(void)exit_code;
	corc_arena_init(&arena, memory, sizeof(memory));
	result = corc_state_find(
		invocation->runtime, invocation->arguments[0], &arena, &state, error);
	if (result < 0)
		return result;
	corc_state_json(&writer, &state, "");
	return corc_output_buffer(&text, error);
}

const struct corc_command corc_command_state = {
	.name = "state",
	.usage = "CONTAINER",
	.summary = "print the state of a container as JSON",
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_state,
};
