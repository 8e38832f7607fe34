/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configurations as files: bad/NAME.json is refused with the text of bad/NAME.expect,
 * good/NAME.json is taken, and the examples of the specification come out as they should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "spec/data.h"
#include "spec/spec.h"

#define BAD_LEAST 60

struct outcome {
	int result;
	struct corc_error error;
	char text[2048]; /* the error as it is printed */
};

static void parse(const char *directory, const char *name, struct outcome *outcome)
{
	struct corc_arena arena = {0};
	struct corc_spec *spec = NULL;
	size_t length = 0;
	char CORC_FREE *text = data_read(directory, name, &length);

	*outcome = (struct outcome){0};
	outcome->result = corc_spec_parse(
		&arena, "/bundle/config.json", text, length, &spec, &outcome->error);
	(void)corc_error_format(&outcome->error, outcome->text, sizeof(outcome->text));
	corc_arena_done(&arena);
}

static void bad(const char *directory, const char *name, void *data)
{
	char expect_name[256];
	struct outcome outcome;
	size_t length = 0;
	char CORC_FREE *expected = NULL;

	(void)data;
	(void)snprintf(expect_name, sizeof(expect_name), "%.*s.expect",
		(int)(strlen(name) - strlen(".json")), name);
	expected = data_read(directory, expect_name, &length);
	parse(directory, name, &outcome);
	if (outcome.result != -22 || outcome.error.code != 22)
		fail_msg("%s is taken", name);
	if (length > 0 && expected[length - 1] == '\n')
		expected[length - 1] = '\0';
	if (strcmp(expected, outcome.text) != 0)
		fail_msg("%s gives\n%s\nexpected\n%s", name, outcome.text, expected);
}

static void bad_files_are_refused_with_position(void **state)
{
	(void)state;
	assert_true(data_walk("bad", ".json", bad, NULL) >= BAD_LEAST);
}

static void good(const char *directory, const char *name, void *data)
{
	struct outcome outcome;

	(void)data;
	parse(directory, name, &outcome);
	if (outcome.result != 0)
		fail_msg("%s: %s", name, outcome.text);
}

static void good_files_are_taken(void **state)
{
	(void)state;
	assert_true(data_walk("good", ".json", good, NULL) >= 5);
	assert_int_equal(data_walk("default", ".json", good, NULL), 2);
}

/* Each line of the text has to say one of the words. */
static void expect_lines(const char *name, char *text, const char *const *words)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *const *word = words;

		while (*word && !strstr(line, *word))
			word++;
		if (!*word)
			fail_msg("%s: %s", name, line);
	}
}

static void example(const char *directory, const char *name, void *data)
{
	/* The long example is older than version 1. */
	static const char *const words[] = {
		"\"0.5.0-dev\"", "...and ", "without a private NET namespace", NULL};
	struct outcome outcome;

	(void)data;
	parse(directory, name, &outcome);
	if (outcome.result != 0)
		expect_lines(name, outcome.text, words);
}

static void good_examples_fail_only_for_what_is_not_there_yet(void **state)
{
	(void)state;
	assert_int_equal(data_walk("examples/good", ".json", example, NULL), 5);
}

static void bad_example(const char *directory, const char *name, void *data)
{
	struct outcome outcome;

	(void)data;
	parse(directory, name, &outcome);
	if (outcome.result == 0)
		fail_msg("%s is taken", name);
	assert_true(outcome.error.origin.line > 0);
	assert_true(outcome.error.origin.column > 0);
	assert_string_equal(outcome.error.origin.file, "config.json");
}

static void bad_examples_fail_with_position(void **state)
{
	(void)state;
	assert_int_equal(data_walk("examples/bad", ".json", bad_example, NULL), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files_are_refused_with_position),
		cmocka_unit_test(good_files_are_taken),
		cmocka_unit_test(good_examples_fail_only_for_what_is_not_there_yet),
		cmocka_unit_test(bad_examples_fail_with_position),
	};

	return cmocka_run_group_tests_name("spec corpus", tests, NULL, NULL);
}
