/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc start. Layer: cmd; the parent process.
 */
#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/service.h"

static int run_start(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct corc_notify CORC_CLEANUP(corc_service_notify_done) *notify = NULL;
	struct corc_start_options options = {0};
	int result = corc_service_notify(0, &notify, error);

	(void)exit_code;
	if (result < 0)
		return result;
	options.notify = notify;
	result = corc_container_start(
		invocation->runtime, invocation->arguments[0], &options, error);
	if (result == 0 && notify != NULL)
		corc_notify_wait(notify);
	return result;
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
