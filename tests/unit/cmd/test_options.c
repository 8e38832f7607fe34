/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option parser: every spelling, every refusal.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/command.h"
#include "cmd/options.h"

struct settings {
	bool quiet;
	bool force;
	const char *format;
	const char *root;
	uint32_t count;
	struct corc_option_duration every;
	struct corc_option_list env;
	/* Where a row without a place of its own would write to. */
	uint64_t untouched;
};

static const struct corc_option rows[] = {
	{.name = "quiet", .letters = "qQ", .offset = offsetof(struct settings, quiet)},
	{.name = "force", .letters = "f", .offset = offsetof(struct settings, force)},
	{.name = "format",
		.letters = "o",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, format)},
	{.name = "root", .kind = CORC_OPTION_STRING, .offset = offsetof(struct settings, root)},
	{.name = "count",
		.letters = "n",
		.kind = CORC_OPTION_NUMBER,
		.offset = offsetof(struct settings, count)},
	{.name = "every", .kind = CORC_OPTION_DURATION, .offset = offsetof(struct settings, every)},
	{.name = "env",
		.letters = "e",
		.kind = CORC_OPTION_STRING_LIST,
		.offset = offsetof(struct settings, env)},
	/* A long name that its letters could spell as well: -q, -f. */
	{.name = "qf", .kind = CORC_OPTION_FLAG, .traits = CORC_OPTION_IGNORED},
	{.name = "hidden",
		.letters = "a",
		.traits = CORC_OPTION_HIDDEN,
		.offset = offsetof(struct settings, force)},
	{.name = "ignored-flag",
		.letters = "i",
		.traits = CORC_OPTION_IGNORED,
		.offset = offsetof(struct settings, untouched)},
	{.name = "ignored-number",
		.kind = CORC_OPTION_NUMBER,
		.traits = CORC_OPTION_IGNORED,
		.offset = offsetof(struct settings, untouched)},
};

#define WORDS_MAX 12

/* The outcome of one parse; strings point into `words`. */
struct outcome {
	char *words[WORDS_MAX];
	struct settings settings;
	struct corc_options options;
	char **arguments;
	struct corc_error error;
	int result;
};

static void parse_with(
	struct outcome *outcome, const char *const *words, bool stop_at_argument, bool skip_errors)
{
	memset(outcome, 0, sizeof(*outcome));
	for (size_t i = 0; words[i] != NULL; i++) {
		assert_true(i < WORDS_MAX - 1);
		memcpy(&outcome->words[i], &words[i], sizeof(words[i]));
	}
	outcome->options = (struct corc_options){
		.rows = rows,
		.count = CORC_COUNT(rows),
		.settings = &outcome->settings,
		.stop_at_argument = stop_at_argument,
		.skip_errors = skip_errors,
	};
	outcome->result = corc_options_parse(
		&outcome->options, outcome->words, &outcome->arguments, &outcome->error);
	assert_true(outcome->settings.untouched == 0);
}

/* Ended by the NULL that the rest of the array is. */
#define WORDS(...) ((const char *const[WORDS_MAX]){__VA_ARGS__})

#define PARSE(outcome, ...) parse_with(outcome, WORDS(__VA_ARGS__), false, false)
#define PARSE_STOPPING(outcome, ...) parse_with(outcome, WORDS(__VA_ARGS__), true, false)

static void assert_words(char **words, const char *const *expected)
{
	size_t i = 0;

	for (; expected[i] != NULL; i++) {
		assert_non_null(words[i]);
		assert_string_equal(words[i], expected[i]);
	}
	assert_null(words[i]);
}

static void test_value_spellings(void **state)
{
	static const char *const spellings[][4] = {
		{"--format", "json"},
		{"--format=json"},
		{"-format", "json"},
		{"-format=json"},
		{"-o", "json"},
		{"-o=json"},
		{"-ojson"},
		{"-qo", "json"},
		{"-qo=json"},
		{"-qojson"},
		{"--format", "text", "--format=json"},
	};

	(void)state;
	for (size_t i = 0; i < CORC_COUNT(spellings); i++) {
		struct outcome outcome;

		parse_with(&outcome, spellings[i], false, false);
		assert_int_equal(outcome.result, 0);
		assert_string_equal(outcome.settings.format, "json");
		assert_int_equal(outcome.settings.quiet, spellings[i][0][1] == 'q');
		assert_words(outcome.arguments, WORDS());
	}
}

static void test_flag_spellings(void **state)
{
	static const struct {
		const char *word;
		bool is_quiet, is_forced;
	} spellings[] = {
		{"--quiet", true, false},
		{"-quiet", true, false},
		{"-q", true, false},
		{"-Q", true, false},
		{"-Qf", true, true},
		{"-fq", true, true},
		{"--quiet=true", true, false},
		{"--quiet=1", true, false},
		{"-quiet=T", true, false},
		{"-q=true", true, false},
		{"--quiet=false", false, false},
		{"--quiet=0", false, false},
		{"-fq=false", false, true},
		{"--hidden", false, true},
		{"-a", false, true},
	};

	(void)state;
	for (size_t i = 0; i < CORC_COUNT(spellings); i++) {
		struct outcome outcome;

		PARSE(&outcome, spellings[i].word);
		assert_int_equal(outcome.result, 0);
		assert_int_equal(outcome.settings.quiet, spellings[i].is_quiet);
		assert_int_equal(outcome.settings.force, spellings[i].is_forced);
	}
}

static void test_exact_name_comes_before_letters(void **state)
{
	struct outcome outcome;

	(void)state;
	PARSE(&outcome, "-qf");
	assert_int_equal(outcome.result, 0);
	assert_false(outcome.settings.quiet);
	assert_false(outcome.settings.force);
}

static void test_values_are_taken_as_they_are(void **state)
{
	struct outcome outcome;

	(void)state;
	PARSE(&outcome, "--format", "--quiet", "-e", "-f", "--env=A=B=C", "-e=", "-eX=", "--root=");
	assert_int_equal(outcome.result, 0);
	assert_string_equal(outcome.settings.format, "--quiet");
	assert_false(outcome.settings.quiet);
	assert_false(outcome.settings.force);
	assert_int_equal(outcome.settings.env.count, 4);
	assert_string_equal(outcome.settings.env.items[0], "-f");
	assert_string_equal(outcome.settings.env.items[1], "A=B=C");
	assert_string_equal(outcome.settings.env.items[2], "");
	assert_string_equal(outcome.settings.env.items[3], "X=");
	assert_null(outcome.settings.env.items[4]);
	corc_options_done(&outcome.options);
	assert_null(outcome.settings.env.items);
}

static void test_empty_string_is_not_given(void **state)
{
	struct outcome outcome;

	(void)state;
	PARSE(&outcome, "--root", "/x", "--root", "");
	assert_int_equal(outcome.result, 0);
	assert_null(outcome.settings.root);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool is_valid;
		uint32_t value;
	} numbers[] = {
		{"0", true, 0},
		{"7", true, 7},
		{"4294967295", true, UINT32_MAX},
		{"4294967296", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"0x10", false, 0},
		{"1k", false, 0},
		{"", false, 0},
		{"99999999999999999999999", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < CORC_COUNT(numbers); i++) {
		struct outcome outcome;

		PARSE(&outcome, "--count", numbers[i].text);
		assert_int_equal(outcome.result, numbers[i].is_valid ? 0 : -EINVAL);
		assert_int_equal(outcome.settings.count, numbers[i].value);
		PARSE(&outcome, "--ignored-number", numbers[i].text);
		assert_int_equal(outcome.result, numbers[i].is_valid ? 0 : -EINVAL);
	}
}

static void test_durations(void **state)
{
	static const char *const bad[] = {"", "5", "1 s", "soon", "1000000h000"};
	struct outcome outcome;

	(void)state;
	PARSE(&outcome, "--quiet");
	assert_false(outcome.settings.every.is_given);
	PARSE(&outcome, "--every", "1m30s");
	assert_int_equal(outcome.result, 0);
	assert_true(outcome.settings.every.is_given);
	assert_int_equal(outcome.settings.every.nanoseconds, INT64_C(90000000000));
	PARSE(&outcome, "-every=0");
	assert_true(outcome.settings.every.is_given);
	assert_int_equal(outcome.settings.every.nanoseconds, 0);
	for (size_t i = 0; i < CORC_COUNT(bad); i++) {
		PARSE(&outcome, "--every", bad[i]);
		assert_int_equal(outcome.result, -EINVAL);
		assert_non_null(strstr(outcome.error.message, "for flag --every"));
		assert_false(outcome.settings.every.is_given);
	}
}

static void test_options_after_arguments(void **state)
{
	struct outcome outcome;

	(void)state;
	PARSE(&outcome, "one", "--quiet", "-", "--format", "json", "two", "-f");
	assert_int_equal(outcome.result, 0);
	assert_true(outcome.settings.quiet);
	assert_true(outcome.settings.force);
	assert_string_equal(outcome.settings.format, "json");
	assert_words(outcome.arguments, WORDS("one", "-", "two"));
}

static void test_terminator(void **state)
{
	struct outcome outcome;

	(void)state;
	PARSE(&outcome, "one", "-q", "--", "-f", "--", "--bad");
	assert_int_equal(outcome.result, 0);
	assert_true(outcome.settings.quiet);
	assert_false(outcome.settings.force);
	assert_words(outcome.arguments, WORDS("one", "-f", "--", "--bad"));
}

static void test_stop_at_argument(void **state)
{
	struct outcome outcome;

	(void)state;
	PARSE_STOPPING(&outcome, "-q", "id", "ls", "-f", "--bad", "--");
	assert_int_equal(outcome.result, 0);
	assert_true(outcome.settings.quiet);
	assert_false(outcome.settings.force);
	assert_words(outcome.arguments, WORDS("id", "ls", "-f", "--bad", "--"));

	PARSE_STOPPING(&outcome, "-q", "--", "-id", "--");
	assert_int_equal(outcome.result, 0);
	assert_words(outcome.arguments, WORDS("-id", "--"));

	PARSE_STOPPING(&outcome, "-q");
	assert_int_equal(outcome.result, 0);
	assert_words(outcome.arguments, WORDS());
}

static void test_help_is_in_every_table(void **state)
{
	static const char *const words[] = {"--help", "-help", "-h", "-qh", "--help=true"};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < CORC_COUNT(words); i++) {
		PARSE(&outcome, words[i]);
		assert_int_equal(outcome.result, 0);
		assert_true(outcome.options.help);
	}
	PARSE(&outcome, "-q");
	assert_false(outcome.options.help);
	PARSE_STOPPING(&outcome, "id", "--help");
	assert_false(outcome.options.help);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *words[3];
		int code;
		const char *message;
	} refusals[] = {
		{{"--nope"}, EINVAL, "flag provided but not defined: --nope"},
		{{"--nope=1"}, EINVAL, "flag provided but not defined: --nope"},
		{{"--form"}, EINVAL, "flag provided but not defined: --form"},
		{{"--q"}, EINVAL, "flag provided but not defined: --q"},
		{{"--=x"}, EINVAL, "flag provided but not defined: --"},
		{{"-nope"}, EINVAL,
			"invalid value \"ope\" for flag --count: expected a number from 0 to "
			"4294967295"},
		{{"-x"}, EINVAL, "flag provided but not defined: -x"},
		{{"-qx"}, EINVAL, "flag provided but not defined: -qx"},
		{{"-="}, EINVAL, "flag provided but not defined: -="},
		{{"--format"}, EINVAL, "flag needs an argument: --format"},
		{{"-qo"}, EINVAL, "flag needs an argument: -o"},
		{{"-e"}, EINVAL, "flag needs an argument: -e"},
		{{"--quiet=maybe"}, EINVAL,
			"invalid value \"maybe\" for flag --quiet: expected true or false"},
		{{"--quiet="}, EINVAL,
			"invalid value \"\" for flag --quiet: expected true or false"},
		{{"--count", "x"}, EINVAL,
			"invalid value \"x\" for flag --count: expected a number from 0 to "
			"4294967295"},
		{{"--ignored-flag=x"}, EINVAL,
			"invalid value \"x\" for flag --ignored-flag: expected true or false"},
	};

	(void)state;
	for (size_t i = 0; i < CORC_COUNT(refusals); i++) {
		struct outcome outcome;

		parse_with(&outcome, refusals[i].words, false, false);
		assert_int_equal(outcome.result, -refusals[i].code);
		assert_int_equal(outcome.error.code, refusals[i].code);
		assert_int_equal(outcome.error.step, CORC_STEP_COMMAND_LINE);
		assert_string_equal(outcome.error.message, refusals[i].message);
		assert_null(outcome.arguments);
	}
}

static void test_what_asks_for_nothing_is_accepted(void **state)
{
	struct outcome outcome;

	(void)state;
	PARSE(&outcome, "--ignored-flag", "-i", "--ignored-number=3");
	assert_int_equal(outcome.result, 0);
}

static void test_skipping_errors(void **state)
{
	struct outcome outcome;

	(void)state;
	parse_with(&outcome,
		WORDS("--nope", "--count=x", "--root", "/x", "-zq", "--format=json", "id", "-q"),
		true, true);
	assert_int_equal(outcome.result, 0);
	assert_string_equal(outcome.settings.root, "/x");
	assert_string_equal(outcome.settings.format, "json");
	assert_false(outcome.settings.quiet);
	assert_string_equal(outcome.words[0], "--nope");
	assert_words(outcome.arguments, WORDS("id", "-q"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_spellings),
		cmocka_unit_test(test_flag_spellings),
		cmocka_unit_test(test_exact_name_comes_before_letters),
		cmocka_unit_test(test_values_are_taken_as_they_are),
		cmocka_unit_test(test_empty_string_is_not_given),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_options_after_arguments),
		cmocka_unit_test(test_terminator),
		cmocka_unit_test(test_stop_at_argument),
		cmocka_unit_test(test_help_is_in_every_table),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_what_asks_for_nothing_is_accepted),
		cmocka_unit_test(test_skipping_errors),
	};

	return cmocka_run_group_tests_name("cmd/options", tests, NULL, NULL);
}
