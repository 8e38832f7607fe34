/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc features. Layer: cmd; the parent process.
 */
#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/output.h"

static int run_features(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	char CORC_FREE *text = NULL;
	int result = corc_features(&text, error);

	(void)invocation;
	(void)exit_code;
	return result < 0 ? result : corc_output_line(text, error);
}

const struct corc_command corc_command_features = {
	.name = "features",
	.usage = "",
	.summary = "print what corc supports as JSON",
	.run = run_features,
};
