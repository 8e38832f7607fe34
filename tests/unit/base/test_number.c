/* SPDX-License-Identifier: Apache-2.0 */
/* Strict numbers: what is taken, what is refused, and that a refusal leaves the results alone. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/number.h"

#define UNTOUCHED 12345

static void test_u64(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int result;
		uint64_t value;
	} rows[] = {
		{"0", UINT64_MAX, 0, 0},
		{"42", UINT64_MAX, 0, 42},
		{"007", UINT64_MAX, 0, 7},
		{"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, -ERANGE, UNTOUCHED},
		{"18446744073709551620", UINT64_MAX, -ERANGE, UNTOUCHED},
		{"99999999999999999999999999", UINT64_MAX, -ERANGE, UNTOUCHED},
		{"10", 10, 0, 10},
		{"11", 10, -ERANGE, UNTOUCHED},
		{"", UINT64_MAX, -EINVAL, UNTOUCHED},
		{" 1", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"1 ", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"1\n", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"+1", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"-1", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"-0", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"0x10", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"1e3", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"1.0", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"1/", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"1:", UINT64_MAX, -EINVAL, UNTOUCHED},
		{"1\xb2", UINT64_MAX, -EINVAL, UNTOUCHED},
		/* No number, whatever its length. */
		{"999999999999999999999999x", UINT64_MAX, -EINVAL, UNTOUCHED},
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		uint64_t value = UNTOUCHED;

		assert_int_equal(
			corc_parse_u64(rows[at].text, strlen(rows[at].text), rows[at].max, &value),
			rows[at].result);
		assert_int_equal(value, rows[at].value);
	}
}

static void test_u64_reads_no_further_than_length(void **state)
{
	uint64_t value = UNTOUCHED;

	(void)state;
	assert_int_equal(corc_parse_u64("123x", 3, UINT64_MAX, &value), 0);
	assert_int_equal(value, 123);
	assert_int_equal(corc_parse_u64("1\0002", 3, UINT64_MAX, &value), -EINVAL);
}

static void test_i64(void **state)
{
	static const struct {
		const char *text;
		int result;
		int64_t value;
	} rows[] = {
		{"0", 0, 0},
		{"-0", 0, 0},
		{"-1", 0, -1},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", -ERANGE, UNTOUCHED},
		{"-9223372036854775809", -ERANGE, UNTOUCHED},
		{"-99999999999999999999", -ERANGE, UNTOUCHED},
		{"", -EINVAL, UNTOUCHED},
		{"-", -EINVAL, UNTOUCHED},
		{"--1", -EINVAL, UNTOUCHED},
		{"+1", -EINVAL, UNTOUCHED},
		{"1-", -EINVAL, UNTOUCHED},
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		int64_t value = UNTOUCHED;

		assert_int_equal(corc_parse_i64(rows[at].text, strlen(rows[at].text), &value),
			rows[at].result);
		assert_true(value == rows[at].value);
	}
}

static void test_nothing_is_no_number(void **state)
{
	int64_t value = UNTOUCHED;

	(void)state;
	assert_int_equal(corc_parse_i64("-5", 0, &value), -EINVAL);
	assert_int_equal(corc_parse_i64("-5", 1, &value), -EINVAL);
	assert_true(value == UNTOUCHED);
	assert_int_equal(corc_parse_i64("-56", 2, &value), 0);
	assert_true(value == -5);
}

static void test_id(void **state)
{
	uint32_t id = UNTOUCHED;

	(void)state;
	assert_int_equal(corc_parse_id("4294967294", &id), 0);
	assert_int_equal(id, CORC_ID_MAX);
	assert_int_equal(corc_parse_id("0", &id), 0);
	assert_int_equal(id, 0);
	id = UNTOUCHED;
	assert_int_equal(corc_parse_id("4294967295", &id), -ERANGE);
	assert_int_equal(corc_parse_id("4294967296", &id), -ERANGE);
	assert_int_equal(corc_parse_id("-1", &id), -EINVAL);
	assert_int_equal(corc_parse_id("root", &id), -EINVAL);
	assert_int_equal(corc_parse_id("", &id), -EINVAL);
	assert_int_equal(id, UNTOUCHED);
}

static void test_user(void **state)
{
	uint32_t uid = UNTOUCHED;
	uint32_t gid = UNTOUCHED;
	int has_gid = UNTOUCHED;

	(void)state;
	assert_int_equal(corc_parse_user("7", &uid, &gid, &has_gid), 0);
	assert_int_equal(uid, 7);
	assert_int_equal(gid, UNTOUCHED);
	assert_int_equal(has_gid, 0);
	assert_int_equal(corc_parse_user("1000:4294967294", &uid, &gid, &has_gid), 0);
	assert_int_equal(uid, 1000);
	assert_int_equal(gid, CORC_ID_MAX);
	assert_int_equal(has_gid, 1);
}

static void test_user_refused(void **state)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{"", -EINVAL},
		{":", -EINVAL},
		{"1:", -EINVAL},
		{":1", -EINVAL},
		{"1:2:3", -EINVAL},
		{"1 :2", -EINVAL},
		{"root:root", -EINVAL},
		{"4294967295:0", -ERANGE},
		{"0:4294967295", -ERANGE},
	};
	uint32_t uid = UNTOUCHED;
	uint32_t gid = UNTOUCHED;
	int has_gid = UNTOUCHED;

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		assert_int_equal(
			corc_parse_user(rows[at].text, &uid, &gid, &has_gid), rows[at].result);
	assert_int_equal(uid, UNTOUCHED);
	assert_int_equal(gid, UNTOUCHED);
	assert_int_equal(has_gid, UNTOUCHED);
}

static void test_mode(void **state)
{
	uint32_t mode = UNTOUCHED;

	(void)state;
	assert_int_equal(corc_parse_mode("0755", &mode), 0);
	assert_int_equal(mode, 0755);
	assert_int_equal(corc_parse_mode("7777", &mode), 0);
	assert_int_equal(mode, 07777);
	assert_int_equal(corc_parse_mode("0", &mode), 0);
	assert_int_equal(mode, 0);
	mode = UNTOUCHED;
	assert_int_equal(corc_parse_mode("10000", &mode), -ERANGE);
	assert_int_equal(corc_parse_mode("8", &mode), -EINVAL);
	assert_int_equal(corc_parse_mode("0o755", &mode), -EINVAL);
	assert_int_equal(corc_parse_mode("", &mode), -EINVAL);
	assert_int_equal(mode, UNTOUCHED);
}

static void test_size(void **state)
{
	static const struct {
		const char *text;
		int result;
		int64_t value;
	} rows[] = {
		{"0", 0, 0}, {"512", 0, 512}, {"512b", 0, 512}, {"1k", 0, 1024}, {"1K", 0, 1024},
		{"1kb", 0, 1024}, {"1KiB", 0, 1024}, {"3m", 0, 3145728}, {"2G", 0, 2147483648},
		{"1tib", 0, 1099511627776}, {"1P", 0, 1125899906842624}, {"-1", 0, -1},
		{"9223372036854775807", 0, INT64_MAX}, {"9223372036854775808", -ERANGE, UNTOUCHED},
		{"8191p", 0, 8191ll << 50}, {"8192p", -ERANGE, UNTOUCHED}, {"", -EINVAL, UNTOUCHED},
		{"k", -EINVAL, UNTOUCHED}, {"-", -EINVAL, UNTOUCHED}, {"-2", -EINVAL, UNTOUCHED},
		{"-1k", -EINVAL, UNTOUCHED}, {"1.5g", 0, 1610612736}, {"0.5k", 0, 512},
		{"1.0001k", 0, 1024}, {"3.999999999p", 0, 4503599626244596}, {"32 mb", 0, 33554432},
		{"1 k", 0, 1024}, {"8191.999999999p", 0, 9223372036853649908},
		{"8192.1p", -ERANGE, UNTOUCHED}, {"1.5", -EINVAL, UNTOUCHED},
		{"1.5b", -EINVAL, UNTOUCHED}, {".5g", -EINVAL, UNTOUCHED},
		{"1.g", -EINVAL, UNTOUCHED}, {"1..5g", -EINVAL, UNTOUCHED},
		{"1.5.5g", -EINVAL, UNTOUCHED}, {"1.-5g", -EINVAL, UNTOUCHED},
		{"1.1234567890g", -EINVAL, UNTOUCHED}, {"1  k", -EINVAL, UNTOUCHED},
		{"1 ", -EINVAL, UNTOUCHED}, {" 1k", -EINVAL, UNTOUCHED}, {" k", -EINVAL, UNTOUCHED},
		{"+1k", -EINVAL, UNTOUCHED}, {"1e", -EINVAL, UNTOUCHED},
		{"1bb", -EINVAL, UNTOUCHED}, {"1bib", -EINVAL, UNTOUCHED},
		{"1ki", -EINVAL, UNTOUCHED}, {"1kbx", -EINVAL, UNTOUCHED},
		{"1kib ", -EINVAL, UNTOUCHED},
		{"1\x0b", -EINVAL, UNTOUCHED}, /* is 'k' when one bit is added */
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		int64_t value = UNTOUCHED;

		assert_int_equal(corc_parse_size(rows[at].text, &value), rows[at].result);
		assert_true(value == rows[at].value);
	}
}

static void test_list(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint32_t mask; /* of the first word */
	} rows[] = {
		{"", 0, 0},
		{"0", 0, 1},
		{"0-3,7", 0, 0x8f},
		{"31", 0, 0x80000000},
		{"63", 0, 0},
		{" 1 , 2 ", 0, 6},
		{"1,,2", 0, 6},
		{",1,", 0, 2},
		{"1-1", 0, 2},
		{"1,1", 0, 2},
		{" ", -EINVAL, 0},
		{",", -EINVAL, 0},
		{", ,", -EINVAL, 0},
		{"x", -EINVAL, 0},
		{"1-", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"3-1", -EINVAL, 0},
		{"1 2", -EINVAL, 0},
		{"1-2-3", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{"0x1", -EINVAL, 0},
		{"1;2", -EINVAL, 0},
		{"64", -ERANGE, 0},
		{"60-64", -ERANGE, 0},
		{"18446744073709551616", -ERANGE, 0},
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		uint32_t mask[2] = {0};

		assert_int_equal(corc_parse_list(rows[at].text, mask, 2), rows[at].result);
		if (rows[at].result == 0)
			assert_int_equal(mask[0], rows[at].mask);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_u64_reads_no_further_than_length),
		cmocka_unit_test(test_i64),
		cmocka_unit_test(test_nothing_is_no_number),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_user_refused),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("base/number", tests, NULL, NULL);
}
