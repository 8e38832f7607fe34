/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc pause and corc resume. Layer: cmd; the parent process.
 */
#include "cmd/command.h"

static int run_pause(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	(void)exit_code;
	return corc_container_pause(invocation->runtime, invocation->arguments[0], error);
}

static int run_resume(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	(void)exit_code;
	return corc_container_resume(invocation->runtime, invocation->arguments[0], error);
}

const struct corc_command corc_command_pause = {
	.name = "pause",
	.usage = "CONTAINER",
	.summary = "stop all processes of a container until it is resumed",
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_pause,
};

const struct corc_command corc_command_resume = {
	.name = "resume",
	.usage = "CONTAINER",
	.summary = "let the processes of a paused container go on",
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_resume,
};
