/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help, and the command that prints it. Layer: cmd; the parent process.
 */
#include "cmd/help.h"

#include <errno.h>
#include <string.h>

#include "cmd/output.h"

/* "  -b, --bundle DIR" */
static void put_spelling(struct corc_buffer *buffer, const struct corc_option *row)
{
	corc_buffer_puts(buffer, "  ");
	for (const char *letter = row->letters; letter != NULL && *letter != '\0'; letter++)
		corc_buffer_printf(buffer, "-%c, ", *letter);
	corc_buffer_printf(buffer, "--%s", row->name);
	if (row->kind != CORC_OPTION_FLAG)
		corc_buffer_printf(buffer, " %s", row->value != NULL ? row->value : "VALUE");
}

static size_t spelling_length(const struct corc_option *row)
{
	struct corc_buffer CORC_BUFFER spelling = {0};

	put_spelling(&spelling, row);
	return spelling.length;
}

static void put_padding(struct corc_buffer *buffer, size_t have, size_t wanted)
{
	for (; have < wanted; have++)
		corc_buffer_append(buffer, " ", 1);
}

static void put_option(struct corc_buffer *buffer, const struct corc_option *row, size_t width)
{
	size_t before = buffer->length;

	put_spelling(buffer, row);
	put_padding(buffer, buffer->length - before, width);
	corc_buffer_printf(buffer, "  %s\n", row->help);
}

static bool is_shown(const struct corc_option *row)
{
	return (row->traits & CORC_OPTION_HIDDEN) == 0;
}

static void put_options(
	struct corc_buffer *buffer, const char *title, const struct corc_option *rows, size_t count)
{
	static const struct corc_option help_row = {
		.name = "help", .letters = "h", .help = "print this help"};
	size_t width = spelling_length(&help_row);

	for (size_t i = 0; i < count; i++) {
		size_t length = is_shown(&rows[i]) ? spelling_length(&rows[i]) : 0;

		if (length > width)
			width = length;
	}
	corc_buffer_printf(buffer, "\n%s:\n", title);
	for (size_t i = 0; i < count; i++) {
		if (is_shown(&rows[i]))
			put_option(buffer, &rows[i], width);
	}
	put_option(buffer, &help_row, width);
}

void corc_help_program(struct corc_buffer *buffer, const struct corc_program *program)
{
	size_t width = 0;

	corc_buffer_printf(buffer,
		"%s: %s\n\nUsage: %s [global options] COMMAND [options] [arguments]\n\nCommands:\n",
		program->name, program->summary, program->name);
	for (size_t i = 0; i < program->command_count; i++) {
		size_t length = strlen(program->commands[i]->name);

		if (length > width)
			width = length;
	}
	for (size_t i = 0; i < program->command_count; i++) {
		const struct corc_command *command = program->commands[i];

		corc_buffer_printf(
			buffer, "  %-*s  %s\n", (int)width, command->name, command->summary);
	}
	put_options(buffer, "Global options", program->options, program->option_count);
	corc_buffer_printf(
		buffer, "\n\"%s help COMMAND\" tells more about a command.\n", program->name);
}

void corc_help_command(struct corc_buffer *buffer, const struct corc_program *program,
	const struct corc_command *command)
{
	corc_buffer_printf(buffer, "%s %s: %s\n\nUsage: %s [global options] %s [options]%s%s\n",
		program->name, command->name, command->summary, program->name, command->name,
		command->usage[0] != '\0' ? " " : "", command->usage);
	if (command->details != NULL)
		corc_buffer_printf(buffer, "\n%s\n", command->details);
	put_options(buffer, "Options", command->options, command->option_count);
}

const struct corc_command *corc_program_find(const struct corc_program *program, const char *name)
{
	for (size_t i = 0; i < program->command_count; i++) {
		if (strcmp(program->commands[i]->name, name) == 0)
			return program->commands[i];
	}
	return NULL;
}

int corc_help_unknown(const char *name, struct corc_error *error)
{
	corc_fail(error, EINVAL, "No help topic for '%s'", name);
	corc_error_step(error, CORC_STEP_COMMAND_LINE);
	return corc_error_hint(error, "there is no such command; \"corc help\" lists them");
}

static int run_help(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct corc_program *program = invocation->program;
	struct corc_buffer CORC_BUFFER text = {0};
	const struct corc_command *command;

	(void)exit_code;
	if (invocation->argument_count == 0) {
		corc_help_program(&text, program);
		return corc_output_buffer(&text, error);
	}
	command = corc_program_find(program, invocation->arguments[0]);
	if (command == NULL)
		return corc_help_unknown(invocation->arguments[0], error);
	corc_help_command(&text, program, command);
	return corc_output_buffer(&text, error);
}

const struct corc_command corc_command_help = {
	.name = "help",
	.usage = "[COMMAND]",
	.summary = "explain corc or one of its commands",
	.max_arguments = 1,
	.failure_code = CORC_EXIT_NO_TOPIC,
	.run = run_help,
};
