/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc kill. Layer: cmd; the parent process.
 */
#include <errno.h>
#include <signal.h>

#include "cmd/command.h"
#include "cmd/matching.h"

struct settings {
	bool all;
	bool regex;
};

/* What is done to each container. */
struct request {
	struct corc_runtime *runtime;
	int signal;
	bool all;
};

static int kill_one(void *data, const char *id, struct corc_error *error)
{
	const struct request *request = data;

	return corc_container_kill(request->runtime, id, request->signal, request->all, error);
}

static int run_kill(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	const char *name = invocation->arguments[1];
	struct request request = {
		.runtime = invocation->runtime,
		.signal = name != NULL ? corc_signal_number(name) : SIGTERM,
		.all = settings->all,
	};

	(void)exit_code;
	if (request.signal < 0)
		return corc_fail(error, EINVAL, "unknown signal \"%s\"", name);
	if (settings->regex)
		return corc_act_on_matching(
			invocation->runtime, invocation->arguments[0], kill_one, &request, error);
	return kill_one(&request, invocation->arguments[0], error);
}

static const struct corc_option options[] = {
	{.name = "all",
		.letters = "a",
		.traits = CORC_OPTION_HIDDEN,
		.offset = offsetof(struct settings, all),
		.help = "signal all processes of the container"},
	{.name = "regex",
		.letters = "r",
		.offset = offsetof(struct settings, regex),
		.help = "CONTAINER is a regular expression: every container whose id matches"},
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
