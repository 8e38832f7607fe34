/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/time.h"

static void test_texts(void **state)
{
	static const struct {
		struct timespec time;
		const char *text;
	} rows[] = {
		{{0, 0}, "1970-01-01T00:00:00Z"},
		{{0, 1}, "1970-01-01T00:00:00.000000001Z"},
		{{0, 100000000}, "1970-01-01T00:00:00.1Z"},
		{{0, 12500000}, "1970-01-01T00:00:00.0125Z"},
		{{0, 999999999}, "1970-01-01T00:00:00.999999999Z"},
		{{951782399, 0}, "2000-02-28T23:59:59Z"},
		{{951782400, 0}, "2000-02-29T00:00:00Z"},
		{{951868800, 0}, "2000-03-01T00:00:00Z"},
		{{1709164800, 0}, "2024-02-29T00:00:00Z"},
		{{1735689599, 500}, "2024-12-31T23:59:59.0000005Z"},
		{{4107542400, 0}, "2100-03-01T00:00:00Z"},
		{{253402300799, 0}, "9999-12-31T23:59:59Z"},
		{{-1, 500000000}, "1969-12-31T23:59:59.5Z"},
		{{-62135596800, 0}, "0001-01-01T00:00:00Z"},
		{{-62167219200, 0}, "0000-01-01T00:00:00Z"},
	};
	char buffer[CORC_TIME_SIZE];

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		corc_time_rfc3339(rows[at].time, buffer);
		assert_string_equal(buffer, rows[at].text);
	}
}

static void test_seconds(void **state)
{
	char buffer[CORC_TIME_SIZE];

	(void)state;
	corc_time_rfc3339_seconds((struct timespec){951782399, 999999999}, buffer);
	assert_string_equal(buffer, "2000-02-28T23:59:59Z");
}

/* Every 9 hours or so through 400 years and more, against the calendar of the C library. */
static void test_as_the_library(void **state)
{
	char expected[CORC_TIME_SIZE];
	char buffer[CORC_TIME_SIZE];
	struct tm tm;

	(void)state;
	for (time_t seconds = -6000000000; seconds < 20000000000; seconds += 33333) {
		assert_non_null(gmtime_r(&seconds, &tm));
		assert_true(strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
		corc_time_rfc3339_seconds((struct timespec){seconds, 0}, buffer);
		assert_string_equal(buffer, expected);
	}
}

static void test_zone_does_not_matter(void **state)
{
	char buffer[CORC_TIME_SIZE];

	(void)state;
	assert_int_equal(setenv("TZ", "XYZ-5", 1), 0);
	tzset();
	corc_time_rfc3339((struct timespec){0, 0}, buffer);
	assert_string_equal(buffer, "1970-01-01T00:00:00Z");
}

/* Whatever the clock says, the text is ended inside the buffer. */
static void test_far_away(void **state)
{
	static const int64_t seconds[] = {INT64_MAX, INT64_MIN, 1ll << 60};
	char buffer[CORC_TIME_SIZE + 1];

	(void)state;
	for (size_t at = 0; at < sizeof(seconds) / sizeof(seconds[0]); at++) {
		memset(buffer, 'x', sizeof(buffer));
		corc_time_rfc3339((struct timespec){seconds[at], 999999999}, buffer);
		assert_true(strnlen(buffer, CORC_TIME_SIZE) < CORC_TIME_SIZE);
		assert_int_equal(buffer[CORC_TIME_SIZE], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_as_the_library),
		cmocka_unit_test(test_zone_does_not_matter),
		cmocka_unit_test(test_far_away),
	};

	return cmocka_run_group_tests_name("base/time", tests, NULL, NULL);
}
