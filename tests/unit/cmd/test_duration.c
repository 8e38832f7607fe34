/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lengths of time on the command line.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/duration.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND INT64_C(1000000000)

static void test_good(void **state)
{
	static const struct {
		const char *text;
		int64_t nanoseconds;
	} good[] = {
		{"0", 0},
		{"-0", 0},
		{"+0", 0},
		{"0s", 0},
		{"1ns", 1},
		{"11us", 11000},
		{"12\xc2\xb5s", 12000},
		{"12\xce\xbcs", 12000},
		{"500ms", SECOND / 2},
		{"5s", 5 * SECOND},
		{"+5s", 5 * SECOND},
		{"-5s", -5 * SECOND},
		{"1m30s", 90 * SECOND},
		{"30s1m", 90 * SECOND},
		{"1h15m30.918s", 4530 * SECOND + 918000000},
		{"5.s", 5 * SECOND},
		{".5s", SECOND / 2},
		{"1.004s", SECOND + 4000000},
		{"0.100000000000000000000h", 360 * SECOND},
		{"0.3333333333333333333h", 1200 * SECOND - 1},
		{"9223372036854775807ns", INT64_MAX},
		{"9223372036.854775807s", INT64_MAX},
		{"0.9223372036854775807h", INT64_C(3320413933267)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		int64_t found = 12345;

		if (corc_duration_parse(good[i].text, &found) < 0)
			fail_msg("%s was refused", good[i].text);
		if (found != good[i].nanoseconds)
			fail_msg("%s is %lld", good[i].text, (long long)found);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		int result;
	} bad[] = {
		{"", -EINVAL},
		{"3", -EINVAL},
		{"00", -EINVAL},
		{"-", -EINVAL},
		{"+", -EINVAL},
		{"s", -EINVAL},
		{".", -EINVAL},
		{"-.", -EINVAL},
		{".s", -EINVAL},
		{"+.s", -EINVAL},
		{"1d", -EINVAL},
		{"1S", -EINVAL},
		{"1 s", -EINVAL},
		{" 1s", -EINVAL},
		{"1s ", -EINVAL},
		{"1s2", -EINVAL},
		{"1s-2s", -EINVAL},
		{"--1s", -EINVAL},
		{"1.2.3s", -EINVAL},
		{"0x1s", -EINVAL},
		{"1e3s", -EINVAL},
		{"\xc2\xb5s", -EINVAL},
		{"9223372036854775808ns", -ERANGE},
		{"-9223372036854775809ns", -ERANGE},
		{"2562048h", -ERANGE},
		{"18446744073709551616s", -ERANGE},
		{"9223372036s9223372036s9223372036s", -ERANGE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t found = 12345;
		int r = corc_duration_parse(bad[i].text, &found);

		if (r != bad[i].result)
			fail_msg("%s: %d", bad[i].text, r);
		assert_int_equal(found, 12345);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
