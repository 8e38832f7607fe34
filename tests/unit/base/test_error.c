/* SPDX-License-Identifier: Apache-2.0 */
/* The error value and the texts of the errno numbers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/utf8.h"

static void test_fail(void **state)
{
	struct corc_error error;

	(void)state;
	memset(&error, 'x', sizeof(error));
	assert_int_equal(corc_fail(&error, ENOENT, "open %s", "/a"), -ENOENT);
	assert_int_equal(error.code, ENOENT);
	assert_int_equal(error.step, CORC_STEP_NONE);
	assert_int_equal(error.origin.line, 0);
	assert_string_equal(error.message, "open /a");
	assert_string_equal(error.hint, "");
}

static void test_fail_never_is_success(void **state)
{
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(corc_fail(&error, -EPERM, "x"), -EPERM);
	assert_int_equal(error.code, EPERM);
	assert_true(corc_fail(&error, 0, "x") < 0);
	assert_true(error.code > 0);
	assert_true(corc_fail(&error, INT32_MIN, "x") < 0);
}

static void test_fail_errno(void **state)
{
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(corc_fail_errno(&error, EACCES, "open %s", "/a"), -EACCES);
	assert_string_equal(error.message, "open /a: permission denied");
	assert_int_equal(corc_fail_errno(&error, -EBUSY, "mount"), -EBUSY);
	assert_string_equal(error.message, "mount: device or resource busy");
	assert_int_equal(corc_fail_errno(&error, 4000, "x"), -4000);
	assert_string_equal(error.message, "x: errno 4000");
}

static void test_parts_of_the_error_as_arguments(void **state)
{
	struct corc_error error = {0};

	(void)state;
	corc_fail(&error, EIO, "inner");
	corc_fail(&error, EIO, "<%s>", error.message);
	assert_string_equal(error.message, "<inner>");
	corc_error_prefix(&error, "(%s)", error.message);
	assert_string_equal(error.message, "(<inner>): <inner>");
	corc_error_append(&error, "%s", error.message);
	assert_string_equal(error.message, "(<inner>): <inner>; (<inner>): <inner>");
}

static void test_prefix_and_append(void **state)
{
	struct corc_error error = {0};

	(void)state;
	corc_fail(&error, EIO, "read");
	error.origin.line = 7;
	error.step = CORC_STEP_MOUNTS;
	assert_int_equal(corc_error_prefix(&error, "file %d", 1), -EIO);
	assert_int_equal(corc_error_append(&error, "close %d: failed", 2), -EIO);
	assert_string_equal(error.message, "file 1: read; close 2: failed");
	assert_int_equal(error.origin.line, 7);
	assert_int_equal(error.step, CORC_STEP_MOUNTS);
}

static void test_first_hint_and_step_stay(void **state)
{
	struct corc_error error = {0};

	(void)state;
	corc_fail(&error, EIO, "x");
	assert_int_equal(corc_error_hint(&error, "try %s", "this"), -EIO);
	assert_int_equal(corc_error_hint(&error, "other"), -EIO);
	assert_string_equal(error.hint, "try this");
	assert_int_equal(corc_error_step(&error, CORC_STEP_EXEC), -EIO);
	assert_int_equal(corc_error_step(&error, CORC_STEP_LOAD), -EIO);
	assert_int_equal(error.step, CORC_STEP_EXEC);
}

static void test_long_messages_are_cut(void **state)
{
	struct corc_error error = {0};
	char text[3000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	corc_fail(&error, EIO, "%s", text);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	corc_error_prefix(&error, "p");
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	assert_memory_equal(error.message, "p: aaa", 6);
	corc_error_append(&error, "more");
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	corc_fail_errno(&error, EIO, "%s", text);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	corc_error_hint(&error, "%s", text);
	assert_int_equal(strlen(error.hint), sizeof(error.hint) - 1);
}

static void test_cut_between_characters(void **state)
{
	struct corc_error error = {0};
	char text[3000];

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'a', shift);
		for (size_t at = shift; at + 4 < sizeof(text); at += 4)
			memcpy(text + at, "\xf0\x9f\x98\x80", 5);
		corc_fail(&error, EIO, "%s", text);
		assert_true(strlen(error.message) > sizeof(error.message) - 5);
		assert_true(corc_utf8_is_valid(error.message, strlen(error.message)));
	}
}

static void test_format(void **state)
{
	struct corc_error error = {0};
	char text[200];

	(void)state;
	corc_fail(&error, EINVAL, "message");
	assert_int_equal(corc_error_format(&error, text, sizeof(text)), 7);
	assert_string_equal(text, "message");
	corc_error_hint(&error, "hint");
	corc_error_format(&error, text, sizeof(text));
	assert_string_equal(text, "message (hint)");
	error.origin = (struct corc_origin){.line = 41, .column = 7, .file = "config.json"};
	corc_error_format(&error, text, sizeof(text));
	assert_string_equal(text, "config.json:41:7: message (hint)");
	(void)snprintf(error.origin.path, sizeof(error.origin.path), "mounts[3]");
	assert_int_equal(corc_error_format(&error, text, sizeof(text)), 43);
	assert_string_equal(text, "config.json:41:7: mounts[3]: message (hint)");
}

static void test_format_truncates(void **state)
{
	struct corc_error error = {0};
	char text[8] = "unset";

	(void)state;
	corc_fail(&error, EINVAL, "0123456789");
	assert_int_equal(corc_error_format(&error, text, 0), 0);
	assert_string_equal(text, "unset");
	assert_int_equal(corc_error_format(&error, text, 1), 0);
	assert_string_equal(text, "");
	assert_int_equal(corc_error_format(&error, text, sizeof(text)), 7);
	assert_string_equal(text, "0123456");
}

static void test_format_shows_control_characters(void **state)
{
	struct corc_error error = {0};
	char text[100];

	(void)state;
	corc_fail(&error, EINVAL, "a\r\tb \x1b[31m\x7f\xc3\xa9\nnext");
	corc_error_format(&error, text, sizeof(text));
	assert_string_equal(text, "a\\r\\tb \\x1b[31m\\x7f\xc3\xa9\\nnext");
}

static void test_step_names(void **state)
{
	(void)state;
	assert_string_equal(corc_step_name(CORC_STEP_MOUNTS), "mounts");
	assert_string_equal(corc_step_name(CORC_STEP_COMMAND_LINE), "command line");
	assert_string_equal(corc_step_name(CORC_STEP_MAX_), "unknown");
	assert_string_equal(corc_step_name(UINT32_MAX), "unknown");
	for (uint32_t a = 0; a < CORC_STEP_MAX_; a++)
		for (uint32_t b = 0; b < a; b++)
			assert_string_not_equal(corc_step_name(a), corc_step_name(b));
}

static void test_errno_texts(void **state)
{
	static const struct {
		int code;
		const char *text;
	} rows[] = {
		{ENOENT, "no such file or directory"},
		{ESRCH, "no such process"},
		{EBUSY, "device or resource busy"},
		{ETXTBSY, "text file busy"},
		{ENOEXEC, "exec format error"},
		{E2BIG, "argument list too long"},
		{EACCES, "permission denied"},
		{EPERM, "operation not permitted"},
		{EISDIR, "is a directory"},
		{ENOTDIR, "not a directory"},
		{EIO, "input/output error"},
		{ELOOP, "too many levels of symbolic links"},
		{EOPNOTSUPP, "operation not supported"},
		{EHWPOISON, "memory page has hardware error"},
	};
	char buffer[16];

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		assert_string_equal(corc_errno_text(rows[at].code, buffer), rows[at].text);
}

static void test_errno_texts_are_all_there(void **state)
{
	char buffer[16];
	char number[16];

	(void)state;
	for (int code = 1; code <= EHWPOISON; code++) {
		const char *text = corc_errno_text(code, buffer);

		(void)snprintf(number, sizeof(number), "errno %d", code);
		if (code == 41 || code == 58) /* not in use on Linux */
			assert_string_equal(text, number);
		else
			assert_string_not_equal(text, number);
	}
}

static void test_unknown_errno(void **state)
{
	char buffer[16];

	(void)state;
	assert_string_equal(corc_errno_text(0, buffer), "errno 0");
	assert_string_equal(corc_errno_text(134, buffer), "errno 134");
	assert_string_equal(corc_errno_text(-2, buffer), "errno -2");
	assert_ptr_equal(corc_errno_text(INT32_MIN, buffer), buffer);
	assert_string_equal(corc_errno_text(INT32_MAX, buffer), "errno 214748364");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_fail_never_is_success),
		cmocka_unit_test(test_fail_errno),
		cmocka_unit_test(test_parts_of_the_error_as_arguments),
		cmocka_unit_test(test_prefix_and_append),
		cmocka_unit_test(test_first_hint_and_step_stay),
		cmocka_unit_test(test_long_messages_are_cut),
		cmocka_unit_test(test_cut_between_characters),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_truncates),
		cmocka_unit_test(test_format_shows_control_characters),
		cmocka_unit_test(test_step_names),
		cmocka_unit_test(test_errno_texts),
		cmocka_unit_test(test_errno_texts_are_all_there),
		cmocka_unit_test(test_unknown_errno),
	};

	return cmocka_run_group_tests_name("base/error", tests, NULL, NULL);
}
