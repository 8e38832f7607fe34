/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc completion. Layer: cmd; the parent process.
 *
 * What a value is follows from the word that the help has for it: DIR and FILE are completed as
 * such, others not at all. A command whose arguments begin with CONTAINER gets the ids that there
 * are.
 */
#include "cmd/completion.h"

#include <errno.h>
#include <string.h>

#include "cmd/output.h"

static const struct corc_option help_row = {
	.name = "help", .letters = "h", .help = "print this help"};

static bool is_shown(const struct corc_option *row)
{
	return (row->traits & CORC_OPTION_HIDDEN) == 0;
}

static bool takes_file(const struct corc_option *row)
{
	return row->value != NULL &&
	       (strcmp(row->value, "FILE") == 0 || strcmp(row->value, "SOCKET") == 0);
}

static bool takes_directory(const struct corc_option *row)
{
	return row->value != NULL && strcmp(row->value, "DIR") == 0;
}

static bool names_container(const struct corc_command *command)
{
	return (command->traits & CORC_COMMAND_NAMES_CONTAINER) != 0 &&
	       strncmp(command->usage, "CONTAINER", 9) == 0;
}

/* Calls put for the options that the help shows, and for --help. */
static void each_option(struct corc_buffer *buffer, const struct corc_option *rows, size_t count,
	void (*put)(struct corc_buffer *buffer, const struct corc_option *row))
{
	for (size_t i = 0; i < count; i++) {
		if (is_shown(&rows[i]))
			put(buffer, &rows[i]);
	}
	put(buffer, &help_row);
}

/* A text within single quotes; with `special` each of those is escaped by a backslash. */
static void put_quoted(struct corc_buffer *buffer, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			corc_buffer_puts(buffer, "'\\'");
		else if (strchr(special, *text) != NULL)
			corc_buffer_puts(buffer, "\\");
		corc_buffer_append(buffer, text, 1);
	}
}

/* --- bash --------------------------------------------------------------------------------------
 */

static void put_bash_words(struct corc_buffer *buffer, const struct corc_option *row)
{
	corc_buffer_printf(buffer, " --%s", row->name);
	for (const char *letter = row->letters; letter != NULL && *letter != '\0'; letter++)
		corc_buffer_printf(buffer, " -%c", *letter);
}

static void put_bash_pattern(
	struct corc_buffer *buffer, const struct corc_option *row, const char **separator)
{
	corc_buffer_printf(buffer, "%s--%s", *separator, row->name);
	*separator = " | ";
	for (const char *letter = row->letters; letter != NULL && *letter != '\0'; letter++)
		corc_buffer_printf(buffer, " | -%c", *letter);
}

/* A case for the options whose value is of one kind. */
static void put_bash_case(struct corc_buffer *buffer, const struct corc_option *rows, size_t count,
	bool (*is_meant)(const struct corc_option *row), const char *action)
{
	const char *separator = "\t\t";

	for (size_t i = 0; i < count; i++) {
		if (is_shown(&rows[i]) && is_meant(&rows[i]))
			put_bash_pattern(buffer, &rows[i], &separator);
	}
	if (separator[0] == ' ')
		corc_buffer_printf(buffer, ") %s ;;\n", action);
}

static bool takes_other(const struct corc_option *row)
{
	return row->kind != CORC_OPTION_FLAG && !takes_file(row) && !takes_directory(row);
}

static bool takes_value(const struct corc_option *row)
{
	return row->kind != CORC_OPTION_FLAG;
}

static void put_bash_level(
	struct corc_buffer *buffer, const struct corc_option *rows, size_t count, const char *kind)
{
	corc_buffer_puts(buffer, "\t\toptions='");
	each_option(buffer, rows, count, put_bash_words);
	corc_buffer_printf(buffer, " '\n\t\targument=%s\n\t\tcase $previous in\n", kind);
	put_bash_case(buffer, rows, count, takes_directory, "value=directory");
	put_bash_case(buffer, rows, count, takes_file, "value=file");
	put_bash_case(buffer, rows, count, takes_other, "value=other");
	corc_buffer_puts(buffer, "\t\tesac\n\t\t;;\n");
}

static const char bash_head[] =
	"# SPDX-License-Identifier: Apache-2.0\n"
	"# bash completion for corc, written by \"corc completion bash\".\n"
	"\n"
	"_corc() {\n"
	"\tlocal word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tlocal command= options= argument= value= i globals=()\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n";

static const char bash_tail[] =
	"\tcase $value in\n"
	"\tdirectory) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
	"\tfile) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
	"\tother) COMPREPLY=() ;;\n"
	"\t*)\n"
	"\t\tif [[ $word == -* ]]; then\n"
	"\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
	"\t\telif [[ $argument == command ]]; then\n"
	"\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$word\")\n"
	"\t\telif [[ $argument == container ]]; then\n"
	"\t\t\tmapfile -t COMPREPLY < <(compgen -W \\\n"
	"\t\t\t\t\"$(\"${COMP_WORDS[0]}\" \"${globals[@]}\" list --quiet 2>/dev/null)\" -- \"$word\")\n"
	"\t\telse\n"
	"\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	"\t\tfi\n"
	"\t\t;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"complete -o filenames -F _corc corc\n";

static void put_bash(struct corc_buffer *buffer, const struct corc_program *program)
{
	corc_buffer_puts(buffer, bash_head);
	put_bash_case(buffer, program->options, program->option_count, takes_value,
		"globals+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[++i]}\")");
	corc_buffer_puts(buffer, "\t\t-*) globals+=(\"${COMP_WORDS[i]}\") ;;\n"
				 "\t\t*) command=${COMP_WORDS[i]} && break ;;\n"
				 "\t\tesac\n\tdone\n\tlocal commands='");
	for (size_t i = 0; i < program->command_count; i++)
		corc_buffer_printf(buffer, "%s%s", i > 0 ? " " : "", program->commands[i]->name);
	corc_buffer_puts(buffer, "'\n\tcase $command in\n\t'')\n");
	put_bash_level(buffer, program->options, program->option_count, "command");
	for (size_t i = 0; i < program->command_count; i++) {
		const struct corc_command *command = program->commands[i];
		bool is_help = strcmp(command->name, "help") == 0;

		corc_buffer_printf(buffer, "\t%s)\n", command->name);
		put_bash_level(buffer, command->options, command->option_count,
			is_help                    ? "command"
			: names_container(command) ? "container"
						   : "file");
	}
	corc_buffer_puts(buffer, "\tesac\n");
	corc_buffer_puts(buffer, bash_tail);
}

/* --- zsh ---------------------------------------------------------------------------------------
 */

static void put_zsh_value(struct corc_buffer *buffer, const struct corc_option *row)
{
	if (row->kind == CORC_OPTION_FLAG)
		return;
	corc_buffer_puts(buffer, ":");
	put_quoted(buffer, row->value != NULL ? row->value : "VALUE", ":[]\\");
	corc_buffer_puts(buffer, takes_directory(row) ? ":_files -/"
				 : takes_file(row)    ? ":_files"
						      : ": ");
}

static void put_zsh_spelling(struct corc_buffer *buffer, const struct corc_option *row,
	const char *dashes, const char *name)
{
	corc_buffer_printf(buffer, " \\\n\t\t\t'%s%s%s%s[",
		row->kind == CORC_OPTION_STRING_LIST ? "*" : "", dashes, name,
		row->kind == CORC_OPTION_FLAG ? ""
		: dashes[1] == '-'            ? "="
					      : "+");
	put_quoted(buffer, row->help, "[]\\:");
	corc_buffer_puts(buffer, "]");
	put_zsh_value(buffer, row);
	corc_buffer_puts(buffer, "'");
}

static void put_zsh_option(struct corc_buffer *buffer, const struct corc_option *row)
{
	put_zsh_spelling(buffer, row, "--", row->name);
	for (const char *letter = row->letters; letter != NULL && *letter != '\0'; letter++)
		put_zsh_spelling(buffer, row, "-", (const char[]){*letter, '\0'});
}

static void put_zsh(struct corc_buffer *buffer, const struct corc_program *program)
{
	corc_buffer_puts(buffer,
		"#compdef corc\n"
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# zsh completion for corc, written by \"corc completion zsh\".\n\n"
		"_corc_commands() {\n\tlocal -a commands=(\n");
	for (size_t i = 0; i < program->command_count; i++) {
		corc_buffer_printf(buffer, "\t\t'%s:", program->commands[i]->name);
		put_quoted(buffer, program->commands[i]->summary, ":\\");
		corc_buffer_puts(buffer, "'\n");
	}
	corc_buffer_puts(buffer, "\t)\n\t_describe command commands\n}\n\n"
				 "_corc_containers() {\n"
				 "\tlocal -a ids=(${(f)\"$(corc list --quiet 2>/dev/null)\"})\n"
				 "\t_describe container ids\n}\n\n"
				 "_corc() {\n\tlocal curcontext=$curcontext state line\n"
				 "\t_arguments -C");
	each_option(buffer, program->options, program->option_count, put_zsh_option);
	corc_buffer_puts(buffer, " \\\n\t\t\t'1:command:_corc_commands' '*::argument:->rest'\n"
				 "\t[[ $state == rest ]] || return\n\tcase $line[1] in\n");
	for (size_t i = 0; i < program->command_count; i++) {
		const struct corc_command *command = program->commands[i];
		bool is_help = strcmp(command->name, "help") == 0;

		corc_buffer_printf(buffer, "\t%s)\n\t\t_arguments", command->name);
		each_option(buffer, command->options, command->option_count, put_zsh_option);
		corc_buffer_printf(buffer, " \\\n\t\t\t%s\n\t\t;;\n",
			is_help ? "'1:command:_corc_commands'"
			: names_container(command)
				? "'1:container:_corc_containers' '*::argument:_normal'"
				: "'*:file:_files'");
	}
	corc_buffer_puts(buffer, "\tesac\n}\n\n_corc \"$@\"\n");
}

/* --- fish --------------------------------------------------------------------------------------
 */

static void put_fish_option(
	struct corc_buffer *buffer, const struct corc_option *row, const char *condition)
{
	corc_buffer_printf(buffer, "complete -c corc -n %s -l %s", condition, row->name);
	for (const char *letter = row->letters; letter != NULL && *letter != '\0'; letter++)
		corc_buffer_printf(buffer, " -s %c", *letter);
	if (takes_directory(row))
		corc_buffer_puts(buffer, " -x -a '(__fish_complete_directories)'");
	else if (takes_file(row))
		corc_buffer_puts(buffer, " -r -F");
	else if (row->kind != CORC_OPTION_FLAG)
		corc_buffer_puts(buffer, " -x");
	corc_buffer_puts(buffer, " -d '");
	put_quoted(buffer, row->help, "\\");
	corc_buffer_puts(buffer, "'\n");
}

static void put_fish_options(struct corc_buffer *buffer, const struct corc_option *rows,
	size_t count, const char *condition)
{
	for (size_t i = 0; i < count; i++) {
		if (is_shown(&rows[i]))
			put_fish_option(buffer, &rows[i], condition);
	}
	put_fish_option(buffer, &help_row, condition);
}

static void put_fish_command(struct corc_buffer *buffer, const struct corc_command *command)
{
	struct corc_buffer CORC_BUFFER condition = {0};

	corc_buffer_printf(&condition, "'__fish_seen_subcommand_from %s'", command->name);
	corc_buffer_printf(
		buffer, "\ncomplete -c corc -f -n __fish_use_subcommand -a %s -d '", command->name);
	put_quoted(buffer, command->summary, "\\");
	corc_buffer_puts(buffer, "'\n");
	if (condition.failed) {
		buffer->failed = true;
		return;
	}
	put_fish_options(buffer, command->options, command->option_count, condition.data);
	if (names_container(command))
		corc_buffer_printf(buffer,
			"complete -c corc -n %s -f -a '(corc list --quiet 2>/dev/null)'\n",
			condition.data);
}

static void put_fish(struct corc_buffer *buffer, const struct corc_program *program)
{
	corc_buffer_puts(buffer,
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# fish completion for corc, written by \"corc completion fish\".\n\n");
	put_fish_options(buffer, program->options, program->option_count, "__fish_use_subcommand");
	for (size_t i = 0; i < program->command_count; i++)
		put_fish_command(buffer, program->commands[i]);
}

/* -----------------------------------------------------------------------------------------------
 */

corc_completion_function *corc_completion_for(const char *shell)
{
	static const struct {
		const char *name;
		corc_completion_function *put;
	} shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};

	for (size_t i = 0; i < CORC_COUNT(shells); i++) {
		if (strcmp(shells[i].name, shell) == 0)
			return shells[i].put;
	}
	return NULL;
}

static int run_completion(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER text = {0};
	corc_completion_function *put = corc_completion_for(invocation->arguments[0]);

	(void)exit_code;
	if (put == NULL)
		return corc_fail(error, EINVAL,
			"no completion for the shell \"%s\": bash, zsh or fish",
			invocation->arguments[0]);
	put(&text, invocation->program);
	return corc_output_buffer(&text, error);
}

const struct corc_command corc_command_completion = {
	.name = "completion",
	.usage = "bash|zsh|fish",
	.summary = "print a script with which a shell completes command lines",
	.min_arguments = 1,
	.max_arguments = 1,
	.run = run_completion,
};
