/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

/* The definition, read off the code point: what every sequence of up to 4 bytes must give. */
static size_t encode(uint32_t point, char bytes[4])
{
	size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	if (length == 1) {
		bytes[0] = (char)point;
		return 1;
	}
	for (size_t at = length - 1; at > 0; at--, point >>= 6)
		bytes[at] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(0xf00 >> length | point);
	return length;
}

static void test_all_characters(void **state)
{
	char bytes[4];

	(void)state;
	for (uint32_t point = 0; point < 0x120000; point++) {
		size_t length = encode(point, bytes);
		bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
		bool is_valid = !is_surrogate && point <= 0x10ffff;

		assert_int_equal(corc_utf8_length(bytes, length), is_valid ? length : 0);
		assert_int_equal(corc_utf8_is_valid(bytes, length), is_valid);
		if (length > 1)
			assert_int_equal(corc_utf8_length(bytes, length - 1), 0);
	}
}

static void test_wrong_bytes(void **state)
{
	static const char *const rows[] = {
		"\x80", /* a continuation alone */
		"\xbf",
		"\xc0\xaf", /* overlong */
		"\xc1\xbf",
		"\xe0\x80\xaf",
		"\xe0\x9f\xbf",
		"\xf0\x80\x80\xaf",
		"\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80", /* surrogates */
		"\xed\xbf\xbf",
		"\xf4\x90\x80\x80", /* beyond the last */
		"\xf5\x80\x80\x80",
		"\xff",
		"\xc3(", /* continuation missing */
		"\xe2\x82(",
		"\xe2(\xa1",
		"\xf0\x90\x8d(",
		"\xf0(\x8d\x80",
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++)
		assert_int_equal(corc_utf8_length(rows[at], strlen(rows[at])), 0);
	assert_int_equal(corc_utf8_length("", 0), 0);
	assert_int_equal(corc_utf8_length("a", 1), 1);
	assert_int_equal(corc_utf8_length("\xc3\xa9x", 3), 2);
}

/* A wrong byte is found at every place of a long ASCII text. */
static void test_valid_looks_everywhere(void **state)
{
	char text[41];

	(void)state;
	assert_true(corc_utf8_is_valid("", 0));
	for (size_t length = 1; length <= 40; length++) {
		for (size_t at = 0; at < length; at++) {
			memset(text, 'a', sizeof(text));
			assert_true(corc_utf8_is_valid(text, length));
			text[at] = '\xff';
			assert_false(corc_utf8_is_valid(text, length));
			text[at] = '\x80';
			assert_false(corc_utf8_is_valid(text, length));
			if (at + 1 == length)
				continue;
			text[at] = '\xc3';
			text[at + 1] = '\xa9';
			assert_true(corc_utf8_is_valid(text, length));
			assert_false(corc_utf8_is_valid(text, at + 1));
		}
	}
}

static void test_cut(void **state)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
	static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};

	(void)state;
	for (size_t length = 0; length < sizeof(cuts) / sizeof(cuts[0]); length++)
		assert_int_equal(corc_utf8_cut(text, length), cuts[length]);
	/* Nothing to rescue in what is wrong anyway, but never longer and never endless. */
	assert_in_range(corc_utf8_cut("\x80\x80\x80\x80\x80", 5), 1, 5);
	assert_int_equal(corc_utf8_cut("\xf0", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_characters),
		cmocka_unit_test(test_wrong_bytes),
		cmocka_unit_test(test_valid_looks_everywhere),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("base/utf8", tests, NULL, NULL);
}
