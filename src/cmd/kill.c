/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc kill. Layer: cmd; the parent process.
 */
#include <errno.h>
#include <signal.h>

#include "cmd/command.h"

struct settings {
	bool all;
};

static int run_kill(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	const char *name = invocation->arguments[1];
	int signal = name != NULL ? corc_signal_number(name) : SIGTERM;

	(void)exit_code;
	if (signal < 0)
		return corc_fail(error, EINVAL, "unknown signal \"%s\"", name);
	return corc_container_kill(
		invocation->runtime, invocation->arguments[0], signal, settings->all, error);
}

static const struct corc_option options[] = {
	{.name = "all",
		.letters = "a",
		.traits = CORC_OPTION_HIDDEN,
		.offset = offsetof(struct settings, all),
		.help = "signal all processes of the container"},
};

const struct corc_command corc_command_kill = {
	.name = "kill",
	.usage = "CONTAINER [SIGNAL]",
	.summary = "send a signal to the program of a container",
	.details = "SIGNAL is a name (KILL, SIGKILL, kill) or a number. Default: SIGTERM.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = 2,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER |
		  CORC_COMMAND_STOPS_AT_ARGUMENT,
	.run = run_kill,
};
