/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc create. Layer: cmd; the parent process.
 */
#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/create_options.h"
#include "cmd/service.h"

struct settings {
	struct corc_create_options create;
};

static int run_create(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct corc_notify CORC_CLEANUP(corc_service_notify_done) *notify = NULL;
	struct settings *settings = invocation->settings;
	pid_t pid = 0;
	int result = corc_service_notify(0, &notify, error);

	(void)exit_code;
	if (result < 0)
		return result;
	settings->create.notify = notify;
	corc_service_options(&settings->create);
	return corc_container_create(
		invocation->runtime, invocation->arguments[0], &settings->create, &pid, error);
}

static const struct corc_option options[] = {
	CORC_CREATE_ROWS(struct settings),
	/* crun's; nobody is adopted by create. */
	{.name = "no-subreaper", .traits = CORC_OPTION_HIDDEN | CORC_OPTION_IGNORED},
};

const struct corc_command corc_command_create = {
	.name = "create",
	.usage = "CONTAINER",
	.summary = "make a container from a bundle, without starting its program",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_create,
};
