/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc delete. Layer: cmd; the parent process.
 */
#include "cmd/command.h"

struct settings {
	bool force;
};

static int run_delete(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;

	(void)exit_code;
	return corc_container_delete(
		invocation->runtime, invocation->arguments[0], settings->force, error);
}

static const struct corc_option options[] = {
	{.name = "force",
		.letters = "f",
		.offset = offsetof(struct settings, force),
		.help = "also a running container, a damaged one, or none"},
};

const struct corc_command corc_command_delete = {
	.name = "delete",
	.usage = "CONTAINER",
	.summary = "remove what is left of a container",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_delete,
};
