/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc exec. Layer: cmd; the parent process.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "cmd/command.h"
#include "cmd/foreground.h"
#include "cmd/tty_relay.h"

struct settings {
	struct corc_exec_options exec;
	struct corc_option_list env;
	struct corc_option_list capabilities;
	struct corc_option_list groups;
	struct corc_option_list cgroups;
	bool detach;
};

static int parse_groups(
	const struct corc_option_list *list, uint32_t **ret_groups, struct corc_error *error)
{
	uint32_t CORC_FREE *groups = NULL;

	if (list->count == 0)
		return 0;
	groups = calloc(list->count, sizeof(*groups));
	if (groups == NULL)
		return corc_fail_errno(error, ENOMEM, "additional groups");
	for (size_t i = 0; i < list->count; i++) {
		if (corc_parse_id(list->items[i], &groups[i]) < 0)
			return corc_fail(error, EINVAL,
				"additional group \"%s\": expected a group id", list->items[i]);
	}
	*ret_groups = corc_take_pointer(groups);
	return 0;
}

/*
 * With a process file only the library knows whether there is to be a terminal, and applies the
 * rest of the rule itself.
 */
static int check_console(const struct settings *settings, struct corc_error *error)
{
	const struct corc_exec_options *exec = &settings->exec;
	bool has_terminal = exec->tty || exec->process_file != NULL;

	if (exec->console_socket != NULL && (!settings->detach || !has_terminal))
		return corc_fail(error, EINVAL, CORC_CONSOLE_SOCKET_USELESS);
	if (exec->console_socket == NULL && settings->detach && exec->tty)
		return corc_fail(error, EINVAL, CORC_CONSOLE_SOCKET_MISSING);
	return 0;
}

/* The words after the id; a "--" between the two is not the program's. */
static int set_program(struct settings *settings, char **words, struct corc_error *error)
{
	if (*words != NULL && strcmp(*words, "--") == 0)
		words++;
	if (*words == NULL && settings->exec.process_file == NULL)
		return corc_fail(error, EINVAL, "process args cannot be empty");
	settings->exec.args = (const char *const *)words;
	return 0;
}

static int exec_detached(const struct corc_invocation *invocation, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	struct corc_child child = CORC_CHILD_NONE;
	int result = corc_container_exec(
		invocation->runtime, invocation->arguments[0], &settings->exec, &child, error);

	corc_foreground_release(&child);
	return result;
}

static int exec_attached(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct settings *settings = invocation->settings;
	struct corc_foreground CORC_CLEANUP(corc_foreground_done) foreground = CORC_FOREGROUND_NONE;
	struct corc_child child = CORC_CHILD_NONE;
	int result = corc_foreground_init(&foreground, false, error);

	if (result < 0)
		return result;
	settings->exec.keep_console = true;
	corc_tty_relay_size(&settings->exec.console_rows, &settings->exec.console_columns);
	result = corc_container_exec(
		invocation->runtime, invocation->arguments[0], &settings->exec, &child, error);
	if (result < 0)
		return result;
	return corc_foreground_wait(&foreground, &child, exit_code, error);
}

static int run_exec(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct settings *settings = invocation->settings;
	uint32_t CORC_FREE *groups = NULL;
	int result = set_program(settings, invocation->arguments + 1, error);

	if (result == 0)
		result = check_console(settings, error);
	if (result == 0)
		result = parse_groups(&settings->groups, &groups, error);
	if (result < 0)
		return result;
	settings->exec.env = settings->env.items;
	settings->exec.capabilities = settings->capabilities.items;
	settings->exec.cgroups = settings->cgroups.items;
	settings->exec.additional_gids = groups;
	settings->exec.additional_gid_count = settings->groups.count;
	if (settings->detach)
		return exec_detached(invocation, error);
	return exec_attached(invocation, exit_code, error);
}

static const struct corc_option options[] = {
	{.name = "process",
		.letters = "p",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, exec.process_file),
		.value = "FILE",
		.help = "JSON file with the process, in place of the options and COMMAND"},
	{.name = "console-socket",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, exec.console_socket),
		.value = "SOCKET",
		.help = "AF_UNIX socket that gets the master of the terminal"},
	{.name = "cwd",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, exec.cwd),
		.value = "DIR",
		.help = "working directory in the container"},
	{.name = "env",
		.letters = "e",
		.kind = CORC_OPTION_STRING_LIST,
		.offset = offsetof(struct settings, env),
		.value = "NAME=VALUE",
		.help = "set a variable of the environment (may be repeated)"},
	{.name = "tty",
		.letters = "t",
		.offset = offsetof(struct settings, exec.tty),
		.help = "give the process a terminal"},
	{.name = "user",
		.letters = "u",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, exec.user),
		.value = "UID[:GID]",
		.help = "user, and group, of the process"},
	{.name = "additional-gids",
		.letters = "g",
		.kind = CORC_OPTION_STRING_LIST,
		.offset = offsetof(struct settings, groups),
		.value = "GID",
		.help = "add a supplementary group (may be repeated)"},
	{.name = "detach",
		.letters = "d",
		.offset = offsetof(struct settings, detach),
		.help = "do not wait for the process"},
	{.name = "pid-file",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, exec.pid_file),
		.value = "FILE",
		.help = "file that gets the pid"},
	{.name = "no-new-privs",
		.offset = offsetof(struct settings, exec.no_new_privileges),
		.help = "let no program that is executed gain privileges"},
	{.name = "cap",
		.letters = "c",
		.kind = CORC_OPTION_STRING_LIST,
		.offset = offsetof(struct settings, capabilities),
		.value = "CAPABILITY",
		.help = "add a capability (may be repeated)"},
	{.name = "preserve-fds",
		.kind = CORC_OPTION_NUMBER,
		.offset = offsetof(struct settings, exec.preserve_fds),
		.value = "N",
		.help = "hand on N file descriptors, from 3 on"},
	{.name = "ignore-paused",
		.offset = offsetof(struct settings, exec.ignore_paused),
		.help = "also in a paused container"},
	{.name = "process-label",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, exec.process_label),
		.value = "LABEL",
		.help = "SELinux label in place of the container's"},
	{.name = "apparmor",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, exec.apparmor),
		.value = "PROFILE",
		.help = "AppArmor profile in place of the container's"},
	{.name = "cgroup",
		.kind = CORC_OPTION_STRING_LIST,
		.offset = offsetof(struct settings, cgroups),
		.value = "[CONTROLLER:]PATH",
		.help = "existing cgroup below the container's for the process (on cgroup v1 "
			"may be repeated)"},
	{.name = "pidfd-socket",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, exec.pidfd_socket),
		.value = "SOCKET",
		.help = "AF_UNIX socket that gets a pidfd of the process"},
};

const struct corc_command corc_command_exec = {
	.name = "exec",
	.usage = "CONTAINER [COMMAND [ARGUMENT...]]",
	.summary = "run a further process in a container",
	.details =
		"What follows CONTAINER belongs to COMMAND. Without --detach the exit code is the "
		"process's, or\n128 and the number of the signal that ended it; 255 when it could not "
		"be executed.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = CORC_ARGUMENTS_ANY,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER |
		  CORC_COMMAND_STOPS_AT_ARGUMENT,
	.failure_code = 255,
	.run = run_exec,
};
