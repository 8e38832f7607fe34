/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command is. Layer: cmd; the parent process.
 * Each command has a file of its own with its row; main.c lists the rows.
 */
#ifndef CORC_CMD_COMMAND_H
#define CORC_CMD_COMMAND_H

#include <stdint.h>

#include <corc/corc.h>

#include "cmd/options.h"

#define CORC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct corc_program;

/* What a command is given. */
struct corc_invocation {
	const struct corc_program *program;
	struct corc_runtime *runtime; /* NULL unless the command needs it */
	enum corc_cgroup_manager cgroup_manager;
	void *settings;   /* the command's own struct, filled by its options */
	char **arguments; /* NULL-terminated */
	size_t argument_count;
};

enum corc_command_trait {
	CORC_COMMAND_NEEDS_RUNTIME = 1 << 0,
	CORC_COMMAND_NAMES_CONTAINER = 1 << 1,   /* the first argument is an id */
	CORC_COMMAND_STOPS_AT_ARGUMENT = 1 << 2, /* as corc_options.stop_at_argument */
};

#define CORC_ARGUMENTS_ANY SIZE_MAX

struct corc_command {
	const char *name;
	const char *usage;   /* the arguments: "CONTAINER [SIGNAL]" */
	const char *summary; /* one line, no full stop */
	const char *details; /* further lines for the help, or NULL */
	const struct corc_option *options;
	size_t option_count;
	size_t settings_size;
	size_t min_arguments, max_arguments;
	unsigned traits;
	int failure_code; /* exit code when run fails; 0: 1 */
	/*
	 * Does the command. *exit_code stays as it is unless the command has one to hand on: that
	 * of a program that ran in the foreground.
	 */
	int (*run)(
		const struct corc_invocation *invocation, int *exit_code, struct corc_error *error);
};

struct corc_program {
	const char *name;
	const char *summary;
	const struct corc_option *options; /* the global ones */
	size_t option_count;
	const struct corc_command *const *commands;
	size_t command_count;
};

/* NULL: there is no such command. */
const struct corc_command *corc_program_find(const struct corc_program *program, const char *name);

extern const struct corc_command corc_command_checkpoint;
extern const struct corc_command corc_command_completion;
extern const struct corc_command corc_command_create;
extern const struct corc_command corc_command_delete;
extern const struct corc_command corc_command_events;
extern const struct corc_command corc_command_exec;
extern const struct corc_command corc_command_features;
extern const struct corc_command corc_command_help;
extern const struct corc_command corc_command_kill;
extern const struct corc_command corc_command_list;
extern const struct corc_command corc_command_mounts;
extern const struct corc_command corc_command_pause;
extern const struct corc_command corc_command_plan;
extern const struct corc_command corc_command_ps;
extern const struct corc_command corc_command_restore;
extern const struct corc_command corc_command_resume;
extern const struct corc_command corc_command_run;
extern const struct corc_command corc_command_spec;
extern const struct corc_command corc_command_start;
extern const struct corc_command corc_command_state;
extern const struct corc_command corc_command_update;
extern const struct corc_command corc_command_validate;
extern const struct corc_command corc_command_version;

#endif
