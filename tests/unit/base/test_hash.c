/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum: what it must tell apart, and values that files already hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

static void test_each_bit_counts(void **state)
{
	unsigned char data[40];

	(void)state;
	for (size_t at = 0; at < sizeof(data); at++)
		data[at] = (unsigned char)(at * 37);
	for (size_t length = 0; length <= sizeof(data); length++) {
		uint64_t hash = corc_hash(data, length);

		assert_true(corc_hash(data, length) == hash);
		for (size_t bit = 0; bit < length * 8; bit++) {
			data[bit / 8] ^= (unsigned char)(1 << bit % 8);
			assert_true(corc_hash(data, length) != hash);
			data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
	}
}

static void test_each_length_counts(void **state)
{
	static const unsigned char zeros[300];
	uint64_t seen[300];

	(void)state;
	for (size_t length = 0; length < sizeof(zeros); length++) {
		seen[length] = corc_hash(zeros, length);
		for (size_t shorter = 0; shorter < length; shorter++)
			assert_true(seen[shorter] != seen[length]);
	}
}

static void test_order_counts(void **state)
{
	(void)state;
	assert_true(corc_hash("aaaaaaaabbbbbbbb", 16) != corc_hash("bbbbbbbbaaaaaaaa", 16));
	assert_true(corc_hash("ab", 2) != corc_hash("ba", 2));
}

static void test_address_does_not_count(void **state)
{
	char text[64];

	(void)state;
	for (size_t shift = 0; shift < 8; shift++) {
		memcpy(text + shift, "some bytes of a filter", 22);
		assert_true(corc_hash(text + shift, 22) == corc_hash("some bytes of a filter", 22));
	}
}

static void test_changes_spread(void **state)
{
	unsigned char data[32] = {0};
	uint64_t before = corc_hash(data, sizeof(data));
	unsigned changed = 0;

	(void)state;
	for (size_t bit = 0; bit < 256; bit++) {
		data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		changed += (unsigned)__builtin_popcountll(before ^ corc_hash(data, sizeof(data)));
		data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	/* Half of the 64 bits on average. */
	assert_in_range(changed / 256, 28, 36);
}

static void test_values_stay(void **state)
{
	(void)state;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	assert_true(corc_hash("", 0) == 0x860389c57a9c1205u);
	assert_true(corc_hash("corc", 4) == 0x9a9624ed5426a459u);
	assert_true(corc_hash("The quick brown fox", 19) == 0x9a629eed414b1ad8u);
#else
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_bit_counts),
		cmocka_unit_test(test_each_length_counts),
		cmocka_unit_test(test_order_counts),
		cmocka_unit_test(test_address_does_not_count),
		cmocka_unit_test(test_changes_spread),
		cmocka_unit_test(test_values_stay),
	};

	return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
