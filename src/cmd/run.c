/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc run. Layer: cmd; the parent process.
 */
#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/create_options.h"
#include "cmd/foreground.h"
#include "cmd/service.h"
#include "cmd/tty_relay.h"

#define CLEAN_UP_ATTEMPTS 3

struct settings {
	struct corc_create_options create;
	bool detach;
	bool keep;
	bool no_subreaper;
};

static int run_detached(const struct corc_invocation *invocation, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	struct corc_child child = CORC_CHILD_NONE;
	int result = corc_container_run(
		invocation->runtime, invocation->arguments[0], &settings->create, &child, error);

	corc_foreground_release(&child);
	if (result == 0 && settings->create.notify != NULL)
		corc_notify_wait(settings->create.notify);
	return result;
}

/* What failed once for want of memory or because something was busy may well work a moment later.
 */
static int clean_up(struct corc_runtime *runtime, const char *id, struct corc_error *error)
{
	int result = -EAGAIN;

	for (int i = 0; i < CLEAN_UP_ATTEMPTS && result < 0; i++)
		result = corc_container_delete(runtime, id, true, error);
	return result;
}

/* Unless it is to be kept, the container ends with its program, and what is left of it goes. */
static int run_attached(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct settings *settings = invocation->settings;
	struct corc_foreground CORC_CLEANUP(corc_foreground_done) foreground = CORC_FOREGROUND_NONE;
	struct corc_child child = CORC_CHILD_NONE;
	struct corc_error delete_error = {0};
	const char *id = invocation->arguments[0];
	int result = corc_foreground_init(&foreground, !settings->no_subreaper, error);

	if (result < 0)
		return result;
	settings->create.keep_console = true;
	corc_tty_relay_size(&settings->create.console_rows, &settings->create.console_columns);
	result = corc_container_run(invocation->runtime, id, &settings->create, &child, error);
	if (result < 0)
		return result;
	foreground.notify = settings->create.notify;
	result = corc_foreground_wait(&foreground, &child, exit_code, error);
	if (settings->keep)
		return result;
	if (clean_up(invocation->runtime, id, &delete_error) < 0 && result == 0) {
		*error = delete_error;
		(void)corc_error_prefix(error, "delete");
		/* The program's own failure says more than that of the cleaning up. */
		if (*exit_code == 0)
			*exit_code = 1;
		return -delete_error.code;
	}
	return result;
}

static int run_run(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct corc_notify CORC_CLEANUP(corc_service_notify_done) *notify = NULL;
	struct settings *settings = invocation->settings;
	/* In the foreground it is we whom the service manager goes on watching. */
	int result = corc_service_notify(settings->detach ? 0 : getpid(), &notify, error);

	if (result < 0)
		return result;
	settings->create.notify = notify;
	corc_service_options(&settings->create);
	if (settings->detach)
		return run_detached(invocation, error);
	if (settings->create.console_socket != NULL)
		return corc_fail(error, EINVAL, CORC_CONSOLE_SOCKET_USELESS);
	return run_attached(invocation, exit_code, error);
}

static const struct corc_option options[] = {
	CORC_CREATE_ROWS(struct settings),
	{.name = "detach",
		.letters = "d",
		.offset = offsetof(struct settings, detach),
		.help = "do not wait for the container's program"},
	{.name = "keep",
		.offset = offsetof(struct settings, keep),
		.help = "do not delete the container when its program has ended"},
	{.name = "no-subreaper",
		.offset = offsetof(struct settings, no_subreaper),
		.help = "do not adopt the container's orphaned processes"},
};

const struct corc_command corc_command_run = {
	.name = "run",
	.usage = "CONTAINER",
	.summary = "make a container from a bundle and start its program",
	.details =
		"Without --detach: signals are passed on to the program, the container is deleted "
		"when\nthe program ends, and the exit code is the program's, or 128 and the number of "
		"the\nsignal that ended it. If the program has a terminal, standard input and output "
		"are\nconnected to it; they may be something else than a terminal.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_run,
};
