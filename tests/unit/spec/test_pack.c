/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing with a table of the test's own that has a row of every type: what comes back is equal,
 * and no damage of the bytes, with or without a right checksum, is more than an error.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "spec/pack.h"

#define HEADER_SIZE 32
#define HEADER_LENGTH 16   /* where the header has the length of the content */
#define HEADER_CHECKSUM 24 /* and its checksum */

struct inner {
	uint32_t node;
	const char *name;
	uint64_t *number;
};

struct inners {
	struct inner *items;
	size_t count;
};

struct outer {
	uint32_t node;
	const char *text, *nothing;
	bool truth, *truth_pointer;
	uint32_t small, *small_pointer;
	uint64_t large;
	int64_t negative;
	uint32_t word;
	struct inner inner, *inner_pointer, *no_inner;
	struct inners inners, inner_map;
	struct corc_string_array strings, empty_strings, *strings_pointer;
	struct corc_u32_array numbers, words;
	struct corc_string_map map;
};

static const struct corc_json_enum words[] = {{"seven", 7}, {"nine", 9}, {NULL, 0}};

#define INNER(row_name, row_type, member, ...)                                                    \
	{                                                                                         \
		.name = (row_name), .type = (row_type), .offset = offsetof(struct inner, member), \
		__VA_ARGS__                                                                       \
	}
#define OUTER(row_name, row_type, member, ...)                                                    \
	{                                                                                         \
		.name = (row_name), .type = (row_type), .offset = offsetof(struct outer, member), \
		__VA_ARGS__                                                                       \
	}

static const struct corc_json_field inner_rows[] = {
	INNER("name", CORC_JSON_STRING, name),
	INNER("number", CORC_JSON_U64, number, .flags = CORC_JSON_POINTER),
};

static const struct corc_json_object inner_object = {
	"inner", sizeof(struct inner), offsetof(struct inner, node), inner_rows, 2, 0};

static const struct corc_json_object named_object = {"named", sizeof(struct inner),
	offsetof(struct inner, node), inner_rows + 1, 1, offsetof(struct inner, name)};

static const struct corc_json_field outer_rows[] = {
	OUTER("text", CORC_JSON_STRING, text),
	OUTER("nothing", CORC_JSON_STRING, nothing),
	OUTER("truth", CORC_JSON_BOOL, truth),
	OUTER("truthPointer", CORC_JSON_BOOL, truth_pointer, .flags = CORC_JSON_POINTER),
	OUTER("small", CORC_JSON_U32, small),
	OUTER("smallPointer", CORC_JSON_U32, small_pointer, .flags = CORC_JSON_POINTER),
	OUTER("large", CORC_JSON_U64, large),
	OUTER("negative", CORC_JSON_I64, negative),
	OUTER("word", CORC_JSON_ENUM, word, .values = words),
	OUTER("inner", CORC_JSON_OBJECT, inner, .object = &inner_object),
	OUTER("innerPointer", CORC_JSON_OBJECT, inner_pointer, .flags = CORC_JSON_POINTER,
		.object = &inner_object),
	OUTER("noInner", CORC_JSON_OBJECT, no_inner, .flags = CORC_JSON_POINTER,
		.object = &inner_object),
	OUTER("inners", CORC_JSON_OBJECT_ARRAY, inners, .object = &inner_object),
	OUTER("strings", CORC_JSON_STRING_ARRAY, strings),
	OUTER("emptyStrings", CORC_JSON_STRING_ARRAY, empty_strings),
	OUTER("stringsPointer", CORC_JSON_STRING_ARRAY, strings_pointer,
		.flags = CORC_JSON_POINTER),
	OUTER("numbers", CORC_JSON_U32_ARRAY, numbers),
	OUTER("words", CORC_JSON_ENUM_ARRAY, words, .values = words),
	OUTER("map", CORC_JSON_STRING_MAP, map),
	OUTER("innerMap", CORC_JSON_OBJECT_MAP, inner_map, .object = &named_object),
	{.name = "other", .type = CORC_JSON_IGNORED},
};

static const struct corc_json_object outer_object = {"outer", sizeof(struct outer),
	offsetof(struct outer, node), outer_rows, sizeof(outer_rows) / sizeof(outer_rows[0]), 0};

static bool no = false;
static uint32_t five = 5;
static uint64_t huge = UINT64_MAX;
static const char *three[] = {"a", "", "ccc", NULL};
static const char *none[] = {NULL};
static uint32_t list[] = {1, UINT32_MAX, 3};
static uint32_t word_list[] = {9, 7};
static const char *keys[] = {"k1", "k2", NULL};
static const char *values[] = {"v1", "", NULL};
static struct inner inner_items[] = {{.name = "first", .number = &huge}, {.name = NULL}};
static struct inner named_items[] = {{.name = "one"}, {.name = "two", .number = &huge}};
static struct corc_string_array pointed_strings = {three, 3};

static const struct outer sample = {
	.node = 77,
	.text = "some text",
	.truth = true,
	.truth_pointer = &no,
	.small = 0xfffffffe,
	.small_pointer = &five,
	.large = UINT64_MAX - 1,
	.negative = INT64_MIN,
	.word = 9,
	.inner = {.name = ""},
	.inner_pointer = &inner_items[0],
	.inners = {inner_items, 2},
	.strings = {three, 3},
	.empty_strings = {none, 0},
	.strings_pointer = &pointed_strings,
	.numbers = {list, 3},
	.words = {word_list, 2},
	.map = {keys, values, 2},
	.inner_map = {named_items, 2},
};

static void check_scalars(const struct outer *copy)
{
	assert_int_equal(copy->node, 0);
	assert_string_equal(copy->text, "some text");
	assert_null(copy->nothing);
	assert_true(copy->truth);
	assert_false(*copy->truth_pointer);
	assert_int_equal(copy->small, 0xfffffffe);
	assert_int_equal(*copy->small_pointer, 5);
	assert_true(copy->large == UINT64_MAX - 1);
	assert_true(copy->negative == INT64_MIN);
	assert_int_equal(copy->word, 9);
}

static void check_objects(const struct outer *copy)
{
	assert_string_equal(copy->inner.name, "");
	assert_null(copy->inner.number);
	assert_string_equal(copy->inner_pointer->name, "first");
	assert_true(*copy->inner_pointer->number == UINT64_MAX);
	assert_null(copy->no_inner);
	assert_int_equal(copy->inners.count, 2);
	assert_string_equal(copy->inners.items[0].name, "first");
	assert_null(copy->inners.items[1].name);
	assert_int_equal(copy->inner_map.count, 2);
	assert_string_equal(copy->inner_map.items[0].name, "one");
	assert_string_equal(copy->inner_map.items[1].name, "two");
	assert_true(*copy->inner_map.items[1].number == UINT64_MAX);
}

static void check_lists(const struct outer *copy)
{
	assert_int_equal(copy->strings.count, 3);
	assert_string_equal(copy->strings.items[2], "ccc");
	assert_null(copy->strings.items[3]);
	assert_int_equal(copy->empty_strings.count, 0);
	assert_non_null(copy->empty_strings.items);
	assert_null(copy->empty_strings.items[0]);
	assert_string_equal(copy->strings_pointer->items[0], "a");
	assert_int_equal(copy->numbers.count, 3);
	assert_memory_equal(copy->numbers.items, list, sizeof(list));
	assert_int_equal(copy->words.count, 2);
	assert_memory_equal(copy->words.items, word_list, sizeof(word_list));
	assert_int_equal(copy->map.count, 2);
	assert_string_equal(copy->map.keys[1], "k2");
	assert_string_equal(copy->map.values[0], "v1");
}

static void what_comes_back_is_equal(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_arena arena = {0};
	struct outer copy = {0};

	(void)state;
	assert_int_equal(corc_pack(&outer_object, &sample, &buffer), 0);
	assert_int_equal(corc_unpack(&outer_object, &arena, buffer.data, buffer.length, &copy), 0);
	check_scalars(&copy);
	check_objects(&copy);
	check_lists(&copy);
	corc_arena_done(&arena);
}

static void nothing_at_all_comes_back(void **state)
{
	const struct outer empty = {.word = 7};
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_arena arena = {0};
	struct outer copy;

	(void)state;
	memset(&copy, 0xff, sizeof(copy));
	assert_int_equal(corc_pack(&outer_object, &empty, &buffer), 0);
	assert_int_equal(corc_unpack(&outer_object, &arena, buffer.data, buffer.length, &copy), 0);
	assert_memory_equal(&copy, &empty, sizeof(copy));
	corc_arena_done(&arena);
}

static void packing_appends(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_arena arena = {0};
	struct outer copy = {0};
	size_t first = 0;

	(void)state;
	corc_buffer_puts(&buffer, "abc");
	assert_int_equal(corc_pack(&outer_object, &sample, &buffer), 0);
	first = buffer.length;
	assert_memory_equal(buffer.data, "abc", 3);
	assert_int_equal(corc_pack(&outer_object, &sample, &buffer), 0);
	assert_int_equal(buffer.length - first, first - 3);
	assert_int_equal(corc_unpack(&outer_object, &arena, buffer.data + 3, first - 3, &copy), 0);
	check_scalars(&copy);
	corc_arena_done(&arena);
}

/* Unpacks a copy of exactly that length, so that a read behind it is seen by the sanitizer. */
static int unpack_exactly(const char *data, size_t length)
{
	struct corc_arena arena = {0};
	struct outer target;
	struct outer before;
	char *copy = malloc(length > 0 ? length : 1);
	int result = 0;

	assert_non_null(copy);
	memcpy(copy, data, length);
	memset(&target, 0x5a, sizeof(target));
	memset(&before, 0x5a, sizeof(before));
	result = corc_unpack(&outer_object, &arena, copy, length, &target);
	if (result < 0)
		assert_memory_equal(&target, &before, sizeof(target));
	free(copy);
	corc_arena_done(&arena);
	return result;
}

static void every_flipped_bit_is_seen(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};

	(void)state;
	assert_int_equal(corc_pack(&outer_object, &sample, &buffer), 0);
	for (size_t bit = 0; bit < buffer.length * 8; bit++) {
		buffer.data[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(unpack_exactly(buffer.data, buffer.length), -EBADMSG);
		buffer.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(unpack_exactly(buffer.data, buffer.length), 0);
}

static void every_other_length_is_seen(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};

	(void)state;
	assert_int_equal(corc_pack(&outer_object, &sample, &buffer), 0);
	for (size_t length = 0; length < buffer.length; length++)
		assert_int_equal(unpack_exactly(buffer.data, length), -EBADMSG);
	corc_buffer_append(&buffer, "", 1);
	assert_int_equal(unpack_exactly(buffer.data, buffer.length), -EBADMSG);
}

/* Makes length and checksum fit, so that the walker itself gets to see what is wrong. */
static void seal(struct corc_buffer *buffer)
{
	uint64_t length = buffer->length - HEADER_SIZE;
	uint64_t checksum = corc_hash(buffer->data + HEADER_SIZE, length);

	memcpy(buffer->data + HEADER_LENGTH, &length, sizeof(length));
	memcpy(buffer->data + HEADER_CHECKSUM, &checksum, sizeof(checksum));
}

static void a_sealed_lie_is_survived(void **state)
{
	static const unsigned char lies[] = {0x00, 0x01, 0x02, 0x7f, 0x80, 0xff};
	struct corc_buffer CORC_BUFFER buffer = {0};
	size_t refused = 0;

	(void)state;
	assert_int_equal(corc_pack(&outer_object, &sample, &buffer), 0);
	for (size_t at = HEADER_SIZE; at < buffer.length; at++) {
		char kept = buffer.data[at];

		for (size_t lie = 0; lie < sizeof(lies); lie++) {
			int result = 0;

			buffer.data[at] = (char)lies[lie];
			seal(&buffer);
			result = unpack_exactly(buffer.data, buffer.length);
			assert_true(result == 0 || result == -EBADMSG);
			refused += result != 0;
		}
		buffer.data[at] = kept;
	}
	assert_true(refused > 100);
}

static void a_sealed_cut_is_refused(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};

	(void)state;
	assert_int_equal(corc_pack(&outer_object, &sample, &buffer), 0);
	while (buffer.length > HEADER_SIZE) {
		buffer.length--;
		seal(&buffer);
		assert_int_equal(unpack_exactly(buffer.data, buffer.length), -EBADMSG);
	}
}

static void noise_is_survived(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	uint64_t random = 1;

	(void)state;
	assert_int_equal(corc_pack(&outer_object, &sample, &buffer), 0);
	for (int round = 0; round < 20000; round++) {
		size_t end = 0;

		random = random * 6364136223846793005u + 1442695040888963407u;
		end = HEADER_SIZE + (random >> 33) % (buffer.length - HEADER_SIZE);
		buffer.data[end] = (char)(random >> 24);
		seal(&buffer);
		assert_in_range(-unpack_exactly(buffer.data, buffer.length), 0, EBADMSG);
	}
}

/* Packs the sample by one row, puts `lie` at the beginning of the content, and unpacks it. */
static int unpack_lie(const struct corc_json_field *row, const void *lie, size_t size)
{
	const struct corc_json_object object = {
		"one", sizeof(struct outer), offsetof(struct outer, node), row, 1, 0};
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_arena arena = {0};
	struct outer target = {0};
	int result = 0;

	assert_int_equal(corc_pack(&object, &sample, &buffer), 0);
	memcpy(buffer.data + HEADER_SIZE, lie, size);
	seal(&buffer);
	result = corc_unpack(&object, &arena, buffer.data, buffer.length, &target);
	corc_arena_done(&arena);
	return result;
}

static void what_no_row_takes_is_refused(void **state)
{
	static const struct corc_json_field truth = OUTER("t", CORC_JSON_BOOL, truth);
	static const struct corc_json_field pointer =
		OUTER("p", CORC_JSON_BOOL, truth_pointer, .flags = CORC_JSON_POINTER);
	static const struct corc_json_field word =
		OUTER("w", CORC_JSON_ENUM, word, .values = words);
	static const struct corc_json_field list_of_words =
		OUTER("l", CORC_JSON_ENUM_ARRAY, words, .values = words);
	const uint32_t eight[] = {2, 8};
	const uint32_t seven[] = {2, 7};

	(void)state;
	assert_int_equal(unpack_lie(&truth, "\x02", 1), -EBADMSG);
	assert_int_equal(unpack_lie(&truth, "\x00", 1), 0);
	assert_int_equal(unpack_lie(&pointer, "\x02", 1), -EBADMSG);
	assert_int_equal(unpack_lie(&word, &eight[1], sizeof(eight[1])), -EBADMSG);
	assert_int_equal(unpack_lie(&word, &seven[1], sizeof(seven[1])), 0);
	assert_int_equal(unpack_lie(&list_of_words, eight, sizeof(eight)), -EBADMSG);
	assert_int_equal(unpack_lie(&list_of_words, seven, sizeof(seven)), 0);
}

static void a_sealed_rest_is_refused(void **state)
{
	struct corc_buffer CORC_BUFFER buffer = {0};

	(void)state;
	assert_int_equal(corc_pack(&outer_object, &sample, &buffer), 0);
	corc_buffer_append(&buffer, "", 1);
	seal(&buffer);
	assert_int_equal(unpack_exactly(buffer.data, buffer.length), -EBADMSG);
}

/* A count that would need more memory than the bytes can stand for. */
static void a_huge_count_asks_for_no_memory(void **state)
{
	static const struct corc_json_field row[] = {
		OUTER("strings", CORC_JSON_STRING_ARRAY, strings),
	};
	static const struct corc_json_object object = {
		"one", sizeof(struct outer), offsetof(struct outer, node), row, 1, 0};
	const uint32_t count = UINT32_MAX - 1;
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_arena arena = {0};
	struct outer target = {0};

	(void)state;
	assert_int_equal(corc_pack(&object, &sample, &buffer), 0);
	memcpy(buffer.data + HEADER_SIZE, &count, sizeof(count));
	seal(&buffer);
	assert_int_equal(
		corc_unpack(&object, &arena, buffer.data, buffer.length, &target), -EBADMSG);
	corc_arena_done(&arena);
}

static void another_table_is_refused(void **state)
{
	static const struct corc_json_enum other_words[] = {{"seven", 8}, {"nine", 9}, {NULL, 0}};
	struct corc_json_field rows[sizeof(outer_rows) / sizeof(outer_rows[0])];
	struct corc_json_object other = outer_object;
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_arena arena = {0};
	struct outer target = {0};

	(void)state;
	memcpy(rows, outer_rows, sizeof(rows));
	other.fields = rows;
	assert_int_equal(corc_pack(&other, &sample, &buffer), 0);
	assert_int_equal(
		corc_unpack(&outer_object, &arena, buffer.data, buffer.length, &target), 0);

	rows[0].name = "txet";
	assert_int_equal(
		corc_unpack(&other, &arena, buffer.data, buffer.length, &target), -EBADMSG);
	rows[0] = outer_rows[0];
	rows[4].offset = offsetof(struct outer, word);
	assert_int_equal(
		corc_unpack(&other, &arena, buffer.data, buffer.length, &target), -EBADMSG);
	rows[4] = outer_rows[4];
	rows[8].values = other_words;
	assert_int_equal(
		corc_unpack(&other, &arena, buffer.data, buffer.length, &target), -EBADMSG);
	rows[8] = outer_rows[8];
	other.count--;
	assert_int_equal(
		corc_unpack(&other, &arena, buffer.data, buffer.length, &target), -EBADMSG);
	corc_arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_back_is_equal),
		cmocka_unit_test(nothing_at_all_comes_back),
		cmocka_unit_test(packing_appends),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(every_other_length_is_seen),
		cmocka_unit_test(a_sealed_lie_is_survived),
		cmocka_unit_test(a_sealed_cut_is_refused),
		cmocka_unit_test(a_sealed_rest_is_refused),
		cmocka_unit_test(what_no_row_takes_is_refused),
		cmocka_unit_test(noise_is_survived),
		cmocka_unit_test(a_huge_count_asks_for_no_memory),
		cmocka_unit_test(another_table_is_refused),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
