/* SPDX-License-Identifier: Apache-2.0 */
/* The growing byte string. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

static void test_empty(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};

	(void)state;
	corc_buffer_append(&buffer, NULL, 0);
	assert_int_equal(buffer.length, 0);
	assert_string_equal(buffer.data, "");
	assert_false(buffer.failed);
}

static void test_append(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};

	(void)state;
	corc_buffer_append(&buffer, "ab\0cd", 5);
	corc_buffer_puts(&buffer, "ef");
	assert_int_equal(buffer.length, 7);
	assert_memory_equal(buffer.data, "ab\0cdef", 8);
}

static void test_grows_at_every_length(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};

	(void)state;
	for (size_t at = 0; at < 5000; at++) {
		corc_buffer_append(&buffer, &(char){(char)('a' + at % 26)}, 1);
		assert_int_equal(buffer.length, at + 1);
		assert_true(buffer.capacity > buffer.length);
		assert_int_equal(buffer.data[buffer.length], 0);
	}
	for (size_t at = 0; at < 5000; at++)
		assert_int_equal(buffer.data[at], 'a' + at % 26);
}

static void test_printf(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};

	(void)state;
	corc_buffer_printf(&buffer, "%s=%u", "a", 7u);
	assert_string_equal(buffer.data, "a=7");
	/* Around the end of the first allocation, and far beyond it. */
	for (int width = 245; width < 260; width++)
		corc_buffer_printf(&buffer, "%*d", width, 1);
	corc_buffer_printf(&buffer, "%100000d", 9);
	assert_int_equal(buffer.length, 3 + 15 * 252 + 100000);
	assert_int_equal(strlen(buffer.data), buffer.length);
	assert_int_equal(buffer.data[buffer.length - 1], '9');
}

static void test_failure_is_remembered(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};

	(void)state;
	corc_buffer_puts(&buffer, "kept");
	corc_buffer_append(&buffer, "", PTRDIFF_MAX);
	assert_true(buffer.failed);
	corc_buffer_puts(&buffer, "lost");
	corc_buffer_printf(&buffer, "%d", 1);
	assert_true(buffer.failed);
	assert_string_equal(buffer.data, "kept");
	assert_int_equal(buffer.length, 4);
}

static void test_done(void **state)
{
	struct corc_buffer buffer = {0};

	(void)state;
	corc_buffer_puts(&buffer, "text");
	buffer.failed = true;
	errno = EBUSY;
	corc_buffer_done(&buffer);
	assert_int_equal(errno, EBUSY);
	assert_null(buffer.data);
	assert_int_equal(buffer.capacity, 0);
	assert_false(buffer.failed);
	corc_buffer_done(&buffer);
	corc_buffer_puts(&buffer, "again");
	assert_string_equal(buffer.data, "again");
	corc_buffer_done(&buffer);
}

/* The caller's space is left as soon as the text outgrows it, and never freed. */
static void test_on_a_first_space(void **state)
{
	char space[8];
	struct corc_buffer buffer = corc_buffer_on(space, sizeof(space));

	(void)state;
	assert_string_equal(buffer.data, "");
	corc_buffer_puts(&buffer, "1234567");
	assert_ptr_equal(buffer.data, space);
	corc_buffer_puts(&buffer, "8");
	assert_ptr_not_equal(buffer.data, space);
	assert_string_equal(buffer.data, "12345678");
	assert_string_equal(space, "1234567");
	corc_buffer_done(&buffer);
	assert_null(buffer.data);
	buffer = corc_buffer_on(space, sizeof(space));
	corc_buffer_puts(&buffer, "short");
	corc_buffer_done(&buffer);
	assert_string_equal(space, "short");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_grows_at_every_length),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_failure_is_remembered),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_on_a_first_space),
	};

	return cmocka_run_group_tests_name("base/buffer", tests, NULL, NULL);
}
