/* SPDX-License-Identifier: Apache-2.0 */
/* The undo stack. */
#include "run/undo.h"

#include <errno.h>

#include "sys/support.h"

static char order[CORC_UNDO_MAX + 1];

/* The argument is the letter that is noted; upper case fails. */
static int note(void *argument, struct corc_error *error)
{
	const char *letter = argument;
	size_t length = strlen(order);

	order[length] = *letter;
	order[length + 1] = '\0';
	if (*letter >= 'A' && *letter <= 'Z')
		return corc_fail(error, EBUSY, "%c is busy", *letter);
	return 0;
}

static void push_all(struct corc_undo *undo, const char *letters)
{
	order[0] = '\0';
	for (; *letters; letters++)
		corc_undo_push(undo, note, (void *)letters);
}

static void test_last_first(void **state)
{
	struct corc_undo undo = {0};
	struct corc_error error;

	(void)state;
	push_all(&undo, "abc");
	assert_string_equal(order, "");
	(void)corc_fail(&error, EPERM, "no");
	assert_int_equal(corc_undo_run(&undo, &error), -EPERM);
	assert_string_equal(order, "cba");
	assert_int_equal(error.code, EPERM);
	assert_string_equal(error.message, "no");
	/* Nothing is undone twice. */
	assert_int_equal(undo.count, 0);
	assert_int_equal(corc_undo_run(&undo, &error), -EPERM);
	assert_string_equal(order, "cba");
}

/* All entries run, whatever fails; the first error stays what is reported. */
static void test_failures_are_appended(void **state)
{
	struct corc_undo undo = {0};
	struct corc_error error;

	(void)state;
	push_all(&undo, "aBcD");
	(void)corc_fail(&error, ENOSPC, "the cause");
	(void)corc_error_hint(&error, "a hint");
	(void)corc_error_step(&error, CORC_STEP_MOUNTS);
	assert_int_equal(corc_undo_run(&undo, &error), -ENOSPC);
	assert_string_equal(order, "DcBa");
	assert_string_equal(error.message,
		"the cause; while cleaning up: D is busy; while cleaning up: B is busy");
	assert_string_equal(error.hint, "a hint");
	assert_int_equal(error.step, CORC_STEP_MOUNTS);
}

static void test_empty(void **state)
{
	struct corc_undo undo = {0};
	struct corc_error error;

	(void)state;
	(void)corc_fail(&error, EPERM, "no");
	assert_int_equal(corc_undo_run(&undo, &error), -EPERM);
	assert_string_equal(error.message, "no");
}

static void test_forget(void **state)
{
	struct corc_undo undo = {0};
	struct corc_error error;

	(void)state;
	push_all(&undo, "abc");
	corc_undo_forget(&undo);
	(void)corc_fail(&error, EPERM, "no");
	assert_int_equal(corc_undo_run(&undo, &error), -EPERM);
	assert_string_equal(order, "");
	/* It can be used again. */
	push_all(&undo, "de");
	assert_int_equal(corc_undo_run(&undo, &error), -EPERM);
	assert_string_equal(order, "ed");
}

static void test_full(void **state)
{
	struct corc_undo undo = {0};
	struct corc_error error;

	(void)state;
	push_all(&undo, "abcdefghijklmnop");
	assert_int_equal(undo.count, CORC_UNDO_MAX);
	(void)corc_fail(&error, EPERM, "no");
	assert_int_equal(corc_undo_run(&undo, &error), -EPERM);
	assert_string_equal(order, "ponmlkjihgfedcba");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_first),
		cmocka_unit_test(test_failures_are_appended),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("run/undo", tests, NULL, NULL);
}
