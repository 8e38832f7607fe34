/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc restore. Layer: cmd; the parent process.
 */
#include <corc/corc.h>
#include <errno.h>
#include <stddef.h>

#include "base/error.h"
#include "cmd/command.h"
#include "cmd/create_options.h"
#include "cmd/criu_options.h"
#include "cmd/foreground.h"

struct settings {
	struct corc_restore_options restore;
	struct corc_criu_words words;
	bool detach;
	bool no_subreaper;
};

static int restore_detached(const struct corc_invocation *invocation, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	struct corc_child child = CORC_CHILD_NONE;
	int result = corc_container_restore(
		invocation->runtime, invocation->arguments[0], &settings->restore, &child, error);

	corc_foreground_release(&child);
	return result;
}

static int restore_attached(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct settings *settings = invocation->settings;
	const char *id = invocation->arguments[0];
	struct corc_foreground CORC_CLEANUP(corc_foreground_done) foreground = CORC_FOREGROUND_NONE;
	struct corc_child child = CORC_CHILD_NONE;
	struct corc_error delete_error = {0};
	int result = corc_foreground_init(&foreground, !settings->no_subreaper, error);

	if (result < 0)
		return result;
	settings->restore.create.keep_console = true;
	result = corc_container_restore(invocation->runtime, id, &settings->restore, &child, error);
	if (result == 0)
		result = corc_foreground_wait(&foreground, &child, exit_code, error);
	else
		return result;
	if (corc_container_delete(invocation->runtime, id, true, &delete_error) < 0 &&
		result == 0) {
		*error = delete_error;
		(void)corc_error_prefix(error, "delete");
		if (*exit_code == 0)
			*exit_code = 1;
		return -delete_error.code;
	}
	return result;
}

static int run_restore(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct settings *settings = invocation->settings;
	struct corc_restore_options *options = &settings->restore;
	char program[PATH_MAX];
	int result = corc_criu_options_finish(&options->criu, &settings->words, program, error);

	if (result < 0)
		return result;
	if (settings->detach)
		return restore_detached(invocation, error);
	if (options->create.console_socket != NULL)
		return corc_fail(error, EINVAL, CORC_CONSOLE_SOCKET_USELESS);
	return restore_attached(invocation, exit_code, error);
}

static const struct corc_option options[] = {
	CORC_BUNDLE_ROWS(struct settings, restore.create),
	CORC_CRIU_ROWS(struct settings, restore.criu),
	{.name = "detach",
		.letters = "d",
		.offset = offsetof(struct settings, detach),
		.help = "do not wait for the container's program"},
	CORC_CRIU_STRING(struct settings, "pid-file", restore.create.pid_file, "FILE",
		"file that gets the pid"),
	CORC_CRIU_STRING(struct settings, "console-socket", restore.create.console_socket, "SOCKET",
		"AF_UNIX socket that gets the master of the terminal"),
	CORC_CRIU_FLAG(struct settings, "no-subreaper", no_subreaper,
		"do not adopt the container's orphaned processes"),
	{.name = "no-pivot",
		.traits = CORC_OPTION_IGNORED,
		.help = "without effect: CRIU moves the root"},
	CORC_CRIU_STRING(struct settings, "lsm-profile", restore.lsm_profile, "TYPE:NAME",
		"apparmor:PROFILE or selinux:LABEL in place of the one in the images"),
	CORC_CRIU_STRING(struct settings, "lsm-mount-context", restore.lsm_mount_context, "CONTEXT",
		"SELinux context of mounts in place of the one in the images"),
};

const struct corc_command corc_command_restore = {
	.name = "restore",
	.usage = "CONTAINER",
	.summary = "make a container from a bundle and what checkpoint wrote, with CRIU",
	.details =
		"Without --detach as run: the container is deleted when its program ends, whose exit "
		"code is\nthat of the command.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_restore,
};
