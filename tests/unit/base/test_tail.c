/* SPDX-License-Identifier: Apache-2.0 */
/* base/tail.c: whatever comes in whatever pieces, the end of it is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/tail.h"

#define SIZE 8

struct text {
	char bytes[SIZE + 1]; /* the last one is not the tail's */
	size_t length;
};

static void append(struct text *text, const char *data)
{
	text->bytes[SIZE] = '#';
	corc_tail_append(text->bytes, SIZE, &text->length, data, strlen(data));
	assert_int_equal(text->bytes[SIZE], '#');
}

static void assert_text(const struct text *text, const char *expected)
{
	assert_int_equal(text->length, strlen(expected));
	assert_memory_equal(text->bytes, expected, text->length);
}

static void test_pieces(void **state)
{
	struct text text = {.length = 0};

	(void)state;
	append(&text, "");
	assert_text(&text, "");
	append(&text, "abc");
	append(&text, "de");
	assert_text(&text, "abcde");
	append(&text, "fgh");
	assert_text(&text, "abcdefgh");
	append(&text, "i");
	assert_text(&text, "bcdefghi");
	append(&text, "jklmnopqrstuvwxyz");
	assert_text(&text, "stuvwxyz");
	append(&text, "12345678");
	assert_text(&text, "12345678");
}

/* Every way to cut a text in two. */
static void test_cuts(void **state)
{
	static const char whole[] = "0123456789abcdef";

	(void)state;
	for (size_t length = 0; length < sizeof(whole); length++)
		for (size_t cut = 0; cut <= length; cut++) {
			struct text text = {.length = 0};
			size_t kept = length < SIZE ? length : SIZE;

			corc_tail_append(text.bytes, SIZE, &text.length, whole, cut);
			corc_tail_append(text.bytes, SIZE, &text.length, whole + cut, length - cut);
			assert_int_equal(text.length, kept);
			assert_memory_equal(text.bytes, whole + length - kept, kept);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests_name("base/tail", tests, NULL, NULL);
}
