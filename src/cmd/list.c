/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc list. Layer: cmd; the parent process.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/state_json.h"
#include "cmd/table.h"

struct settings {
	const char *format;
	bool quiet;
};

enum { COLUMN_COUNT = 6, OWNER_SIZE = sizeof("#4294967295") };

/* Numbers only: looking a name up may mean the network, and is not worth the time. */
static const char *owner_name(uid_t owner, char buffer[OWNER_SIZE])
{
	if (owner == 0)
		return "root";
	(void)snprintf(buffer, OWNER_SIZE, "#%u", (unsigned)owner);
	return buffer;
}

static int visit_quiet(void *data, const struct corc_state *state)
{
	corc_buffer_printf(data, "%s\n", state->id);
	return 0;
}

static int visit_json(void *data, const struct corc_state *state)
{
	char owner[OWNER_SIZE];

	corc_state_json(data, state, owner_name(state->owner, owner));
	return 0;
}

static int visit_table(void *data, const struct corc_state *state)
{
	char owner[OWNER_SIZE];
	char pid[sizeof("-2147483648")];

	(void)snprintf(pid, sizeof(pid), "%d", (int)state->pid);
	corc_table_add(data, (const char *const[COLUMN_COUNT]){
				     state->id,
				     pid,
				     corc_status_name(state->status),
				     state->bundle,
				     state->created,
				     owner_name(state->owner, owner),
			     });
	return 0;
}

/* What could be read is printed also when something could not. */
static int print(const struct corc_buffer *text, int result, struct corc_error *error)
{
	struct corc_error output_error = {0};

	if (result == 0)
		return corc_output_buffer(text, error);
	(void)corc_output_buffer(text, &output_error);
	return result;
}

static int list_quiet(struct corc_runtime *runtime, struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER text = {0};
	int result = corc_container_list(runtime, visit_quiet, &text, error);

	return print(&text, result, error);
}

static int list_json(struct corc_runtime *runtime, struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_json_writer writer = {.buffer = &text};
	size_t empty;
	int result;

	corc_json_begin_array(&writer, NULL);
	empty = text.length;
	result = corc_container_list(runtime, visit_json, &writer, error);
	if (text.length == empty)
		return result < 0 ? result : corc_output_text("null\n", error);
	corc_json_end_array(&writer);
	corc_buffer_append(&text, "\n", 1);
	return print(&text, result, error);
}

static int list_table(struct corc_runtime *runtime, struct corc_error *error)
{
	static const char *const titles[COLUMN_COUNT] = {
		"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"};
	struct corc_table CORC_CLEANUP(corc_table_done) table = {.column_count = COLUMN_COUNT};
	struct corc_buffer CORC_BUFFER text = {0};
	size_t empty;
	int result;

	corc_table_add(&table, titles);
	empty = table.cells.length;
	result = corc_container_list(runtime, visit_table, &table, error);
	if (result < 0 && table.cells.length == empty)
		return result;
	corc_table_format(&table, &text);
	return print(&text, result, error);
}

static int run_list(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	const char *format = settings->format != NULL ? settings->format : "table";
	bool is_json = strcmp(format, "json") == 0;

	(void)exit_code;
	if (!is_json && strcmp(format, "table") != 0)
		return corc_fail(error, EINVAL,
			"invalid format option: expected table or json, found \"%s\"", format);
	if (settings->quiet)
		return list_quiet(invocation->runtime, error);
	return is_json ? list_json(invocation->runtime, error)
		       : list_table(invocation->runtime, error);
}

static const struct corc_option options[] = {
	{.name = "format",
		.letters = "f",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, format),
		.value = "FORMAT",
		.help = "table or json (default: table)"},
	{.name = "quiet",
		.letters = "q",
		.offset = offsetof(struct settings, quiet),
		.help = "print the ids only"},
};

const struct corc_command corc_command_list = {
	.name = "list",
	.usage = "",
	.summary = "list the containers below the state directory",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.traits = CORC_COMMAND_NEEDS_RUNTIME,
	.run = run_list,
};
