/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc delete. Layer: cmd; the parent process.
 */
#include "cmd/command.h"
#include "cmd/matching.h"

struct settings {
	bool force;
	bool regex;
};

/* What is done to each container. */
struct request {
	struct corc_runtime *runtime;
	bool force;
};

static int delete_one(void *data, const char *id, struct corc_error *error)
{
	const struct request *request = data;

	return corc_container_delete(request->runtime, id, request->force, error);
}

static int run_delete(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;

	struct request request = {.runtime = invocation->runtime, .force = settings->force};

	(void)exit_code;
	if (settings->regex)
		return corc_act_on_matching(
			invocation->runtime, invocation->arguments[0], delete_one, &request, error);
	return delete_one(&request, invocation->arguments[0], error);
}

static const struct corc_option options[] = {
	{.name = "force",
		.letters = "f",
		.offset = offsetof(struct settings, force),
		.help = "also a running container, a damaged one, or none"},
	{.name = "regex",
		.letters = "r",
		.offset = offsetof(struct settings, regex),
		.help = "CONTAINER is a regular expression: every container whose id matches"},
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
