/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was built, and the command that prints it. Layer: cmd; the parent process.
 */
#include "cmd/version.h"

#include "cmd/command.h"
#include "cmd/output.h"

int corc_version_print(struct corc_error *error)
{
	const char *const *library = corc_library_versions();
	struct corc_buffer CORC_BUFFER text = {0};

	corc_buffer_printf(&text, "corc version %s\ncommit: %s\nspec: %s\n", corc_version(),
		corc_commit(), corc_spec_version());
	for (; library[0] != NULL; library += 2)
		corc_buffer_printf(&text, "%s: %s\n", library[0], library[1]);
	return corc_output_buffer(&text, error);
}

static int run_version(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	(void)invocation;
	(void)exit_code;
	return corc_version_print(error);
}

const struct corc_command corc_command_version = {
	.name = "version",
	.usage = "",
	.summary = "print the version of corc and of what is in it",
	.run = run_version,
};
