/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc validate. Layer: cmd; the parent process.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/create_options.h"
#include "cmd/output.h"

#define LINE_SIZE 2048 /* a struct corc_error in one line */

struct settings {
	struct corc_validate_options create;
};

static void add_line(void *data, const struct corc_error *finding)
{
	char line[LINE_SIZE];

	(void)corc_error_format(finding, line, sizeof(line));
	corc_buffer_printf(data, "%s\n", line);
}

static int run_validate(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct settings *settings = invocation->settings;
	struct corc_buffer CORC_BUFFER text = {0};
	size_t count = 0;
	int result;

	(void)exit_code;
	settings->create.cgroup_manager = invocation->cgroup_manager;
	if (invocation->argument_count > 0)
		settings->create.bundle = invocation->arguments[0];
	result = corc_bundle_validate(&settings->create, add_line, &text, &count, error);
	if (result == 0 && count > 0)
		result = corc_output_buffer(&text, error);
	if (result < 0 || count == 0)
		return result;
	return corc_fail(error, EINVAL, "the bundle has %zu error%s", count, count > 1 ? "s" : "");
}

static const struct corc_option options[] = {
	CORC_BUNDLE_ROWS(struct settings, create),
	{.name = "strict",
		.offset = offsetof(struct settings, create.strict),
		.help = "also what run would pass over: unknown properties and capabilities, limits of cgroup v1"},
};

const struct corc_command corc_command_validate = {
	.name = "validate",
	.usage = "[BUNDLE]",
	.summary = "check a bundle and print everything that is wrong with it",
	.details =
		"One error a line, with its position, on standard output. Of the host nothing is looked "
		"at: neither\nfiles and namespaces that the configuration names, nor what the kernel "
		"has.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.max_arguments = 1,
	.run = run_validate,
};
