/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc start. Layer: cmd; the parent process.
 */
#include "cmd/command.h"

static int run_start(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	(void)exit_code;
	return corc_container_start(invocation->runtime, invocation->arguments[0], error);
}

const struct corc_command corc_command_start = {
	.name = "start",
	.usage = "CONTAINER",
	.summary = "start the program of a created container",
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_start,
};
