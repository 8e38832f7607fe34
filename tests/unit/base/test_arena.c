/* SPDX-License-Identifier: Apache-2.0 */
/* The arena: alignment, zeroes, growth, overflow. */
#include <errno.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static int setup(void **state)
{
	static struct corc_arena arena;

	arena = (struct corc_arena){0};
	*state = &arena;
	return 0;
}

static int teardown(void **state)
{
	corc_arena_done(*state);
	return 0;
}

static void test_alloc_is_aligned_and_zeroed(void **state)
{
	struct corc_arena *arena = *state;

	for (size_t size = 0; size < 300; size++) {
		unsigned char *memory = corc_arena_alloc(arena, size);

		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
		for (size_t at = 0; at < size; at++)
			assert_int_equal(memory[at], 0);
		memset(memory, 0xff, size);
		/* Leaves the arena at an odd address. */
		assert_non_null(corc_arena_strdup(arena, "x"));
	}
}

static void test_pieces_do_not_overlap(void **state)
{
	struct corc_arena *arena = *state;
	unsigned char *pieces[200];
	size_t sizes[200];

	for (size_t at = 0; at < 200; at++) {
		sizes[at] = at * 997 % 20000; /* small, large, and larger than what is left */
		pieces[at] = corc_arena_alloc(arena, sizes[at]);
		assert_non_null(pieces[at]);
		memset(pieces[at], (int)at, sizes[at]);
	}
	for (size_t at = 0; at < 200; at++)
		for (size_t byte = 0; byte < sizes[at]; byte++)
			assert_int_equal(pieces[at][byte], at);
}

static void test_large_request_keeps_the_current_block(void **state)
{
	struct corc_arena *arena = *state;
	char *first = corc_arena_strdup(arena, "a");
	char *large = corc_arena_alloc(arena, 1 << 20);
	char *second = corc_arena_strdup(arena, "b");

	assert_non_null(large);
	large[(1 << 20) - 1] = 1;
	assert_ptr_equal(second, first + 2);
}

static void test_too_much_is_refused(void **state)
{
	struct corc_arena *arena = *state;

	errno = 0;
	assert_null(corc_arena_alloc(arena, SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(corc_arena_array(arena, SIZE_MAX / 8 + 2, 8));
	assert_int_equal(errno, ENOMEM);
	assert_null(corc_arena_array(arena, SIZE_MAX, SIZE_MAX));
	/* Still usable. */
	assert_string_equal(corc_arena_strdup(arena, "fine"), "fine");
}

static void test_array(void **state)
{
	uint64_t *numbers = corc_arena_array(*state, 1000, sizeof(*numbers));

	assert_non_null(numbers);
	for (size_t at = 0; at < 1000; at++)
		assert_int_equal(numbers[at], 0);
	assert_non_null(corc_arena_array(*state, 0, 8));
}

static void test_strings_of_each_length(void **state)
{
	char text[101];

	for (size_t length = 0; length <= 100; length++) {
		for (size_t at = 0; at < length; at++)
			text[at] = (char)('!' + at % 90);
		text[length] = '\0';
		assert_string_equal(corc_arena_strdup(*state, text), text);
		assert_string_equal(corc_arena_strndup(*state, text, length), text);
	}
}

static void test_strndup_ends(void **state)
{
	assert_string_equal(corc_arena_strndup(*state, "abcdef", 3), "abc");
	assert_string_equal(corc_arena_strndup(*state, "abcdef", 0), "");
	assert_string_equal(corc_arena_strndup(*state, "ab", 100), "ab");
	assert_string_equal(corc_arena_strndup(*state, "a\0b", 3), "a");
}

static void test_printf(void **state)
{
	char *text = corc_arena_printf(*state, "%s-%d", "a", 42);
	char *wide = corc_arena_printf(*state, "%20000d", 7);

	assert_string_equal(text, "a-42");
	assert_int_equal(strlen(wide), 20000);
	assert_int_equal(wide[19999], '7');
	assert_string_equal(corc_arena_printf(*state, "%s", ""), "");
}

static void test_memdup(void **state)
{
	const uint32_t numbers[] = {1, 2, 3};
	uint32_t *copy = corc_arena_memdup(*state, numbers, sizeof(numbers));

	assert_memory_equal(copy, numbers, sizeof(numbers));
	assert_int_equal((uintptr_t)copy % alignof(max_align_t), 0);
	assert_non_null(corc_arena_memdup(*state, NULL, 0));
}

static void test_grow(void **state)
{
	uint32_t *items = NULL;
	size_t capacity = 0;

	for (size_t count = 0; count < 1000; count++) {
		uint32_t *grown = corc_arena_grow(*state, items, count, &capacity, sizeof(*items));

		assert_non_null(grown);
		assert_true(capacity > count);
		for (size_t at = 0; at < count; at++)
			assert_int_equal(grown[at], at + 1);
		assert_int_equal(grown[count], 0);
		items = grown;
		items[count] = (uint32_t)count + 1;
	}
	assert_int_equal(capacity, 1024);
	assert_ptr_equal(corc_arena_grow(*state, items, 1000, &capacity, sizeof(*items)), items);
}

static void test_grow_refuses_overflow(void **state)
{
	size_t capacity = SIZE_MAX / 4;

	assert_null(corc_arena_grow(*state, NULL, capacity, &capacity, 16));
	assert_int_equal(capacity, SIZE_MAX / 4);
}

static void test_done_empties(void **state)
{
	struct corc_arena *arena = *state;

	assert_non_null(corc_arena_alloc(arena, 100000));
	errno = EBUSY;
	corc_arena_done(arena);
	assert_int_equal(errno, EBUSY);
	assert_null(arena->blocks);
	assert_int_equal(arena->left, 0);
	corc_arena_done(arena);
	assert_string_equal(corc_arena_strdup(arena, "again"), "again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_alloc_is_aligned_and_zeroed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pieces_do_not_overlap, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_large_request_keeps_the_current_block, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_much_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_array, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strings_of_each_length, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strndup_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_printf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memdup, setup, teardown),
		cmocka_unit_test_setup_teardown(test_grow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_grow_refuses_overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_done_empties, setup, teardown),
	};

	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
