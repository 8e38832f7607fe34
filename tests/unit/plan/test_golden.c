/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole plans: every tests/data/plan/NAME.json is compiled and printed, and must be NAME.plan. A
 * configuration that is refused has its error there. With CORC_UPDATE_GOLDEN=1 in the environment
 * the .plan files are written instead: read the difference before you commit it.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include "plan_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

static const char *folder(void)
{
	const char *data = getenv("CORC_TEST_DATA");
	static char path[4096];

	assert_non_null(data);
	(void)snprintf(path, sizeof(path), "%s/plan", data);
	return path;
}

static void print(const struct plan_fixture *fixture, bool json, struct corc_buffer *text)
{
	struct corc_error error;

	assert_int_equal(corc_plan_print(fixture->spec, fixture->plan, json, text, &error), 0);
	if (!fixture->exec)
		return;
	if (!json)
		corc_buffer_puts(text, "exec:\n");
	assert_int_equal(corc_plan_print(fixture->spec, fixture->exec, json, text, &error), 0);
}

static void check(const char *name, const char *found)
{
	char path[4096 + 256];
	char *expected = NULL;
	size_t length;

	(void)snprintf(path, sizeof(path), "%s/%s.plan", folder(), name);
	if (getenv("CORC_UPDATE_GOLDEN")) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		assert_int_equal(fputs(found, file) < 0, 0);
		assert_int_equal(fclose(file), 0);
		return;
	}
	if (corc_read_file(AT_FDCWD, path, 1 << 20, &expected, &length) < 0)
		fail_msg("%s: cannot be read", path);
	if (strcmp(expected, found) != 0)
		print_error("%s: found\n%s", path, found);
	assert_string_equal(found, expected);
	free(expected);
}

/* NAME.json → NAME, and its plan. */
static void test_file(void **state)
{
	const char *name = *state;
	struct plan_fixture fixture = {0};
	struct corc_buffer CORC_BUFFER text = {0};
	char path[4096 + 256];
	char *json = NULL;
	size_t length;

#ifndef HAVE_SECCOMP
	if (strncmp(name, "seccomp-filter", 14) == 0)
		skip();
#endif
	(void)snprintf(path, sizeof(path), "%s/%s.json", folder(), name);
	if (corc_read_file(AT_FDCWD, path, 1 << 20, &json, &length) < 0)
		fail_msg("%s: cannot be read", path);
	if (plan_compile(&fixture, json) < 0) {
		char line[2048];

		(void)corc_error_format(&fixture.error, line, sizeof(line));
		corc_buffer_printf(
			&text, "error in step %s: %s\n", corc_step_name(fixture.error.step), line);
	} else {
		print(&fixture, strncmp(name, "json-", 5) == 0, &text);
	}
	assert_false(text.failed);
	check(name, text.data);
	plan_done(&fixture);
	free(json);
}

static int is_config(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".json") == 0;
}

int main(void)
{
	struct dirent **entries = NULL;
	int count = scandir(folder(), &entries, is_config, alphasort);
	struct CMUnitTest *tests = calloc(count > 0 ? (size_t)count : 1, sizeof(*tests));
	int failed;

	if (count < 1 || !tests)
		return 1;
	for (int i = 0; i < count; i++) {
		*strrchr(entries[i]->d_name, '.') = '\0';
		tests[i].name = entries[i]->d_name;
		tests[i].test_func = test_file;
		tests[i].initial_state = entries[i]->d_name;
	}
	failed = _cmocka_run_group_tests("golden plans", tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	free(tests);
	return failed;
}
