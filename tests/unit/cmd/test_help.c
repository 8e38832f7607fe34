/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The help texts: one whole command, and what is left out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/help.h"

static const struct corc_option global_rows[] = {
	{.name = "root", .kind = CORC_OPTION_STRING, .value = "DIR", .help = "state directory"},
	{.name = "secret", .traits = CORC_OPTION_HIDDEN, .help = "not shown"},
	{.name = "version", .letters = "vV", .help = "print the version"},
};

static const struct corc_option own_rows[] = {
	{.name = "all", .letters = "a", .traits = CORC_OPTION_HIDDEN, .help = "not shown"},
	{.name = "number", .letters = "n", .kind = CORC_OPTION_NUMBER, .help = "how many"},
};

static const struct corc_command shown = {
	.name = "shown",
	.usage = "[ID]",
	.summary = "do something",
	.options = own_rows,
	.option_count = CORC_COUNT(own_rows),
};

static const struct corc_command *const commands[] = {
	&shown,
	&corc_command_list,
};

static const struct corc_program program = {
	.name = "corc",
	.summary = "a test",
	.options = global_rows,
	.option_count = CORC_COUNT(global_rows),
	.commands = commands,
	.command_count = CORC_COUNT(commands),
};

static void assert_help(const struct corc_command *command, const char *expected)
{
	struct corc_buffer CORC_BUFFER text = {0};

	if (command != NULL)
		corc_help_command(&text, &program, command);
	else
		corc_help_program(&text, &program);
	assert_false(text.failed);
	assert_string_equal(text.data, expected);
}

static void test_command_list(void **state)
{
	(void)state;
	assert_help(&corc_command_list, "corc list: list the containers below the state directory\n"
					"\n"
					"Usage: corc [global options] list [options]\n"
					"\n"
					"Options:\n"
					"  -f, --format FORMAT  table or json (default: table)\n"
					"  -q, --quiet          print the ids only\n"
					"  -h, --help           print this help\n");
}

static void test_hidden_rows_are_left_out(void **state)
{
	(void)state;
	assert_help(&shown, "corc shown: do something\n"
			    "\n"
			    "Usage: corc [global options] shown [options] [ID]\n"
			    "\n"
			    "Options:\n"
			    "  -n, --number VALUE  how many\n"
			    "  -h, --help          print this help\n");
}

static void test_program(void **state)
{
	(void)state;
	assert_help(NULL, "corc: a test\n"
			  "\n"
			  "Usage: corc [global options] COMMAND [options] [arguments]\n"
			  "\n"
			  "Commands:\n"
			  "  shown  do something\n"
			  "  list   list the containers below the state directory\n"
			  "\n"
			  "Global options:\n"
			  "  --root DIR         state directory\n"
			  "  -v, -V, --version  print the version\n"
			  "  -h, --help         print this help\n"
			  "\n"
			  "\"corc help COMMAND\" tells more about a command.\n");
}

static void test_find(void **state)
{
	(void)state;
	assert_ptr_equal(corc_program_find(&program, "list"), &corc_command_list);
	assert_null(corc_program_find(&program, "lis"));
	assert_null(corc_program_find(&program, ""));
}

static void test_unknown_command(void **state)
{
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(corc_help_unknown("foo", &error), -EINVAL);
	assert_string_equal(error.message, "No help topic for 'foo'");
	assert_int_equal(error.step, CORC_STEP_COMMAND_LINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_list),
		cmocka_unit_test(test_hidden_rows_are_left_out),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_unknown_command),
	};

	return cmocka_run_group_tests_name("cmd/help", tests, NULL, NULL);
}
