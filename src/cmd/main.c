/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program: the tables of commands and global options, and the way from a command line to an
 * exit code. Layer: cmd; the parent process. The only place that prints errors.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/help.h"
#include "cmd/log.h"
#include "cmd/output.h"
#include "cmd/version.h"
#include "run/runtime.h"

/* Those of every command are smaller. */
#define SETTINGS_SIZE 1024

struct settings {
	const char *root;
	const char *log;
	const char *log_format;
	const char *log_level;
	const char *rootless;
	const char *cgroup_manager;
	bool debug;
	bool systemd_cgroup;
	bool version;
};

static const struct corc_option options[] = {
	{.name = "root",
		.letters = "r",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, root),
		.value = "DIR",
		.help = "state directory (default: /run/corc, or $XDG_RUNTIME_DIR/corc)"},
	{.name = "log",
		.letters = "l",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, log),
		.value = "DESTINATION",
		.help = "where errors and warnings go: FILE, journald:NAME or syslog:NAME"},
	{.name = "log-format",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, log_format),
		.value = "FORMAT",
		.help = "text or json (default: text)"},
	{.name = "log-level",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, log_level),
		.value = "LEVEL",
		.help = "error, warning, info or debug (default: warning)"},
	{.name = "debug", .offset = offsetof(struct settings, debug), .help = "log more"},
	{.name = "systemd-cgroup",
		.letters = "s",
		.offset = offsetof(struct settings, systemd_cgroup),
		.help = "let systemd make the cgroups"},
	{.name = "cgroup-manager",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, cgroup_manager),
		.value = "MANAGER",
		.help = "cgroupfs, systemd or disabled (default: cgroupfs)"},
	{.name = "rootless",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, rootless),
		.value = "WHEN",
		.help = "true, false or auto (default: auto)"},
	{.name = "systemd-log", .traits = CORC_OPTION_HIDDEN | CORC_OPTION_IGNORED},
	{.name = "version",
		.letters = "vV",
		.offset = offsetof(struct settings, version),
		.help = "print the version"},
};

static const struct corc_command *const commands[] = {
	&corc_command_checkpoint,
	&corc_command_completion,
	&corc_command_create,
	&corc_command_delete,
	&corc_command_events,
	&corc_command_exec,
	&corc_command_features,
	&corc_command_help,
	&corc_command_kill,
	&corc_command_list,
	&corc_command_mounts,
	&corc_command_pause,
	&corc_command_plan,
	&corc_command_ps,
	&corc_command_restore,
	&corc_command_resume,
	&corc_command_run,
	&corc_command_spec,
	&corc_command_start,
	&corc_command_state,
	&corc_command_update,
	&corc_command_validate,
	&corc_command_version,
};

static const struct corc_program program = {
	.name = "corc",
	.summary = "run containers after the OCI runtime specification",
	.options = options,
	.option_count = CORC_COUNT(options),
	.commands = commands,
	.command_count = CORC_COUNT(commands),
};

/* One run of the program. */
struct session {
	struct settings settings;
	struct corc_log log;
	const struct corc_command *command; /* NULL: not known yet, or none */
	const char *id;                     /* NULL: none */
	struct corc_runtime runtime;        /* of a command that needs it */
	int exit_code;                      /* of a failure */
};

/* What comes after the failing of a command line: help where the answer would have been. */
static void print_usage(const struct session *session, const struct corc_error *cause)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_error ignored;

	if (cause != NULL)
		corc_buffer_printf(&text, "Incorrect Usage: %s\n\n", cause->message);
	else
		corc_buffer_puts(&text, "Incorrect Usage.\n\n");
	if (session->command != NULL)
		corc_help_command(&text, &program, session->command);
	else
		corc_help_program(&text, &program);
	(void)corc_output_buffer(&text, &ignored);
}

static void report(const struct session *session, const struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER prefix = {0};
	struct corc_buffer CORC_BUFFER text = {0};

	corc_buffer_puts(&prefix, program.name);
	if (session->command != NULL)
		corc_buffer_printf(&prefix, " %s", session->command->name);
	if (session->id != NULL)
		corc_buffer_printf(&prefix, " %s", session->id);
	/* An id can be anything until it has been refused. */
	for (size_t i = 0; i < prefix.length; i++) {
		if ((unsigned char)prefix.data[i] < 0x20)
			prefix.data[i] = '?';
	}
	corc_log_compose(&text, prefix.failed ? program.name : prefix.data, error);
	corc_log_failure(&session->log, text.failed ? error->message : text.data);
}

static int parse_rootless(
	const char *text, enum corc_rootless *ret_rootless, struct corc_error *error)
{
	static const char *const names[] = {
		[CORC_ROOTLESS_AUTO] = "auto",
		[CORC_ROOTLESS_TRUE] = "true",
		[CORC_ROOTLESS_FALSE] = "false",
	};

	for (size_t i = 0; i < CORC_COUNT(names); i++) {
		if (strcmp(names[i], text) == 0) {
			*ret_rootless = (enum corc_rootless)i;
			return 0;
		}
	}
	return corc_fail(error, EINVAL, "invalid rootless: %s", text);
}

static int parse_cgroup_manager(
	const char *text, enum corc_cgroup_manager *ret_manager, struct corc_error *error)
{
	static const char *const names[] = {
		[CORC_CGROUP_MANAGER_CGROUPFS] = "cgroupfs",
		[CORC_CGROUP_MANAGER_SYSTEMD] = "systemd",
		[CORC_CGROUP_MANAGER_DISABLED] = "disabled",
	};

	for (size_t i = 0; i < CORC_COUNT(names); i++) {
		if (strcmp(names[i], text) == 0) {
			*ret_manager = (enum corc_cgroup_manager)i;
			return 0;
		}
	}
	return corc_fail(error, EINVAL, "invalid cgroup-manager: %s", text);
}

/*
 * Before anything can fail: what can be found of the log options is put into effect, so that a
 * client that reads only the log learns of a wrong command line too.
 */
static int open_log(struct session *session, char **words, struct corc_error *error)
{
	struct settings found = {0};
	struct corc_options pass = {
		.rows = options,
		.count = CORC_COUNT(options),
		.settings = &found,
		.stop_at_argument = true,
		.skip_errors = true,
	};
	char **ignored = NULL;
	int result = 0;

	(void)corc_options_parse(&pass, words, &ignored, error);
	if (found.debug)
		session->log.level = CORC_LOG_DEBUG;
	if (found.log != NULL)
		result = corc_log_open(&session->log, found.log, error);
	if (result == 0 && found.log_format != NULL)
		result = corc_log_set_format(&session->log, found.log_format, error);
	if (result == 0 && found.log_level != NULL && !found.debug)
		result = corc_log_set_level(&session->log, found.log_level, error);
	return result;
}

static int choose_cgroup_manager(const struct settings *settings,
	enum corc_cgroup_manager *ret_manager, struct corc_error *error)
{
	*ret_manager = settings->systemd_cgroup ? CORC_CGROUP_MANAGER_SYSTEMD
						: CORC_CGROUP_MANAGER_CGROUPFS;
	return settings->cgroup_manager == NULL
		       ? 0
		       : parse_cgroup_manager(settings->cgroup_manager, ret_manager, error);
}

static int init_runtime(struct session *session, enum corc_cgroup_manager manager,
	struct corc_runtime *runtime, struct corc_error *error)
{
	const struct settings *settings = &session->settings;
	struct corc_runtime_options wanted = {
		.root = settings->root,
		.runtime_directory = getenv("XDG_RUNTIME_DIR"),
		.user = getenv("USER"),
		.cgroup_manager = manager,
		.system_bus = getenv("DBUS_SYSTEM_BUS_ADDRESS"),
		.user_bus = getenv("DBUS_SESSION_BUS_ADDRESS"),
		.log = corc_log_message,
		.log_data = &session->log,
	};
	int result = 0;

	if (settings->rootless != NULL)
		result = parse_rootless(settings->rootless, &wanted.rootless, error);
	return result < 0 ? result : corc_runtime_init(runtime, &wanted, error);
}

static int check_argument_count(
	const struct session *session, size_t count, struct corc_error *error)
{
	const struct corc_command *command = session->command;

	if (count >= command->min_arguments && count <= command->max_arguments)
		return 0;
	print_usage(session, NULL);
	if (command->min_arguments == command->max_arguments)
		return corc_fail(error, EINVAL, "requires exactly %zu argument(s), found %zu",
			command->min_arguments, count);
	return corc_fail(error, EINVAL, "requires a %s of %zu argument(s), found %zu",
		count < command->min_arguments ? "minimum" : "maximum",
		count < command->min_arguments ? command->min_arguments : command->max_arguments,
		count);
}

static int run_command(
	struct session *session, struct corc_invocation *invocation, struct corc_error *error)
{
	struct corc_runtime *runtime = &session->runtime;
	const struct corc_command *command = session->command;
	int exit_code = -1;
	int result = choose_cgroup_manager(&session->settings, &invocation->cgroup_manager, error);

	if (result == 0 && (command->traits & CORC_COMMAND_NEEDS_RUNTIME) != 0)
		result = init_runtime(session, invocation->cgroup_manager, runtime, error);
	invocation->runtime = runtime;
	if (result == 0)
		result = command->run(invocation, &exit_code, error);
	corc_runtime_done(runtime);
	if (exit_code >= 0)
		session->exit_code = exit_code;
	else if (command->failure_code != 0)
		session->exit_code = command->failure_code;
	return result < 0 ? result : (exit_code >= 0 ? exit_code : 0);
}

static int print_help(const struct corc_command *command, struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER text = {0};

	if (command != NULL)
		corc_help_command(&text, &program, command);
	else
		corc_help_program(&text, &program);
	return corc_output_buffer(&text, error);
}

static int parse_command(struct session *session, struct corc_options *parser, char **words,
	struct corc_error *error)
{
	const struct corc_command *command = session->command;
	struct corc_invocation invocation = {.program = &program, .settings = parser->settings};
	int result = corc_options_parse(parser, words, &invocation.arguments, error);

	if (result == -EINVAL)
		print_usage(session, error);
	else if (result < 0 && command->failure_code != 0)
		session->exit_code = command->failure_code;
	if (result < 0)
		return result;
	if (parser->help)
		return print_help(command, error);
	while (invocation.arguments[invocation.argument_count] != NULL)
		invocation.argument_count++;
	if ((command->traits & CORC_COMMAND_NAMES_CONTAINER) != 0)
		session->id = invocation.arguments[0];
	result = check_argument_count(session, invocation.argument_count, error);
	return result < 0 ? result : run_command(session, &invocation, error);
}

static int run_named(struct session *session, char **words, struct corc_error *error)
{
	alignas(max_align_t) char settings[SETTINGS_SIZE] = {0};
	struct corc_options parser = {0};
	const struct corc_command *command = corc_program_find(&program, words[0]);
	int result;

	if (command == NULL) {
		session->exit_code = CORC_EXIT_NO_TOPIC;
		return corc_help_unknown(words[0], error);
	}
	session->command = command;
	if (command->settings_size > sizeof(settings))
		return corc_fail_errno(error, ENOMEM, "command line");
	parser.rows = command->options;
	parser.count = command->option_count;
	parser.settings = settings;
	parser.stop_at_argument = (command->traits & CORC_COMMAND_STOPS_AT_ARGUMENT) != 0;
	result = parse_command(session, &parser, words + 1, error);
	corc_options_done(&parser);
	return result;
}

/* The exit code, or a failure. */
static int run_session(struct session *session, char **words, struct corc_error *error)
{
	struct corc_options parser = {
		.rows = options,
		.count = CORC_COUNT(options),
		.settings = &session->settings,
		.stop_at_argument = true,
	};
	int result = open_log(session, words, error);

	if (result < 0)
		return result;
	result = corc_options_parse(&parser, words, &words, error);
	if (result < 0) {
		print_usage(session, error);
		return result;
	}
	if (session->settings.version)
		return corc_version_print(error);
	if (parser.help || words[0] == NULL)
		return print_help(NULL, error);
	return run_named(session, words, error);
}

/*
 * A descriptor from 0 to 2 that is not open would be given to the next file that is opened, and
 * handed on to the container as its standard input or output.
 */
static bool open_standard_fds(void)
{
	struct pollfd slots[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	if (poll(slots, CORC_COUNT(slots), 0) <= 0)
		return true;
	for (int fd = 0; fd < (int)CORC_COUNT(slots); fd++) {
		if ((slots[fd].revents & POLLNVAL) == 0)
			continue;
		/* The lowest free number is this one. It stays open across an execve. */
		if (open("/dev/null", O_RDWR | O_CLOEXEC) != fd || fcntl(fd, F_SETFD, 0) < 0)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct session session = {.log = CORC_LOG_NONE, .exit_code = 1};
	struct corc_error error = {0};
	int result;

	if (argc < 1 || !open_standard_fds())
		return 1;
	result = run_session(&session, argv + 1, &error);
	if (result < 0) {
		report(&session, &error);
		result = session.exit_code;
	}
	corc_log_done(&session.log);
	return result;
}
