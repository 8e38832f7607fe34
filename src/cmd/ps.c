/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc ps: those lines of the host's ps(1) that are about processes of the container. Layer: cmd;
 * the parent process.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "cmd/command.h"
#include "cmd/host_program.h"
#include "cmd/output.h"

#define BLANKS " \t\r"

struct settings {
	const char *format;
};

struct pids {
	pid_t *items;
	size_t count;
};

/* The n-th word of a line, from 0; *ret_length is 0 when there are less. */
static const char *word(const char *line, size_t n, size_t *ret_length)
{
	line += strspn(line, BLANKS);
	for (; n > 0; n--) {
		line += strcspn(line, BLANKS);
		line += strspn(line, BLANKS);
	}
	*ret_length = strcspn(line, BLANKS);
	return line;
}

static int find_column(const char *title, size_t *ret_column, struct corc_error *error)
{
	size_t length;

	for (size_t column = 0;; column++) {
		const char *name = word(title, column, &length);

		if (length == 0)
			break;
		if (length == 3 && memcmp(name, "PID", 3) == 0) {
			*ret_column = column;
			return 0;
		}
	}
	(void)corc_fail(error, EINVAL, "couldn't find PID field in ps output: %s", title);
	return corc_error_hint(error, "the options of ps have to show it, as -ef does");
}

static bool contains(const struct pids *pids, uint64_t pid)
{
	for (size_t i = 0; i < pids->count; i++) {
		if ((uint64_t)pids->items[i] == pid)
			return true;
	}
	return false;
}

/* Keeps the title and the container's lines. The text is changed. */
static int filter(
	char *text, const struct pids *pids, struct corc_buffer *rows, struct corc_error *error)
{
	char *line = strsep(&text, "\n");
	size_t column = 0;
	int r = find_column(line ? line : "", &column, error);

	if (r < 0)
		return r;
	corc_buffer_printf(rows, "%s\n", line);
	while ((line = strsep(&text, "\n"))) {
		size_t length;
		const char *number = word(line, column, &length);
		uint64_t pid;

		if (line[0] == '\0')
			continue;
		if (corc_parse_u64(number, length, INT32_MAX, &pid) < 0)
			return corc_fail(error, EINVAL, "unable to parse pid: ps said: %s", line);
		if (contains(pids, pid))
			corc_buffer_printf(rows, "%s\n", line);
	}
	return 0;
}

/* The arguments after the container's name go to ps. */
static int print_table(const struct pids *pids, char **options, struct corc_error *error)
{
	static const char *const standard[] = {"ps", "-ef", NULL};
	const char **CORC_FREE given = NULL;
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_buffer CORC_BUFFER rows = {0};
	size_t count = 0;
	int r;

	while (options[count] != NULL)
		count++;
	given = calloc(count + 2, sizeof(*given));
	if (given == NULL)
		return corc_fail_errno(error, ENOMEM, "ps");
	given[0] = "ps";
	for (size_t i = 0; i < count; i++)
		given[i + 1] = options[i];
	r = corc_host_program_read(count > 0 ? given : standard, &text, error);
	if (r == 0)
		r = filter(text.data, pids, &rows, error);
	return r < 0 ? r : corc_output_buffer(&rows, error);
}

static int print_json(const struct pids *pids, struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_json_writer writer = {.buffer = &text};

	if (pids->count == 0)
		return corc_output_text("null\n", error);
	corc_json_begin_array(&writer, NULL);
	for (size_t i = 0; i < pids->count; i++)
		corc_json_i64(&writer, NULL, pids->items[i]);
	corc_json_end_array(&writer);
	corc_buffer_append(&text, "\n", 1);
	return corc_output_buffer(&text, error);
}

static int run_ps(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	const char *format = settings->format != NULL ? settings->format : "table";
	bool is_json = strcmp(format, "json") == 0;
	pid_t CORC_FREE *items = NULL;
	struct pids pids = {0};
	int r;

	(void)exit_code;
	if (!is_json && strcmp(format, "table") != 0)
		return corc_fail(error, EINVAL,
			"invalid format option: expected table or json, found \"%s\"", format);
	r = corc_container_processes(
		invocation->runtime, invocation->arguments[0], &items, &pids.count, error);
	if (r < 0)
		return r;
	pids.items = items;
	return is_json ? print_json(&pids, error)
		       : print_table(&pids, invocation->arguments + 1, error);
}

static const struct corc_option options[] = {
	{.name = "format",
		.letters = "f",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, format),
		.value = "FORMAT",
		.help = "table or json (default: table)"},
};

const struct corc_command corc_command_ps = {
	.name = "ps",
	.usage = "CONTAINER [PS-OPTION...]",
	.summary = "list the processes of a container",
	.details = "The table is what the host's ps(1) writes, called with the options after "
		   "CONTAINER\n(default: -ef), without the lines of other processes.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = CORC_ARGUMENTS_ANY,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER |
		  CORC_COMMAND_STOPS_AT_ARGUMENT,
	.run = run_ps,
};
