/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc plan. Layer: cmd; the parent process.
 */
#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/create_options.h"
#include "cmd/output.h"

struct settings {
	struct corc_create_options create;
	bool json;
};

static int run_plan(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct settings *settings = invocation->settings;
	const char *id = invocation->argument_count > 0 ? invocation->arguments[0] : "CONTAINER";
	char CORC_FREE *text = NULL;
	int result;

	(void)exit_code;
	/* As run in the foreground: a configuration with a terminal needs no socket. */
	settings->create.keep_console = true;
	result = corc_plan_describe(
		invocation->runtime, id, &settings->create, settings->json, &text, error);
	return result < 0 ? result : corc_output_line(text, error);
}

static const struct corc_option options[] = {
	CORC_BUNDLE_ROWS(struct settings, create),
	{.name = "json",
		.offset = offsetof(struct settings, json),
		.help = "print JSON, not one step a line"},
};

const struct corc_command corc_command_plan = {
	.name = "plan",
	.usage = "[CONTAINER]",
	.summary = "print what run would do with a bundle, step by step",
	.details = "Nothing is touched. CONTAINER is the id that the container would have.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_plan,
};
