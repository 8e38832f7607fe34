/* SPDX-License-Identifier: Apache-2.0 */
/* The growing of a plan, and its limits. */
#include "plan_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/builder.h"

struct built {
	struct corc_arena arena;
	struct corc_builder builder;
	struct corc_plan plan;
	struct corc_error error;
};

static int finish(struct built *built)
{
	return corc_builder_finish(
		&built->builder, CORC_PLAN_CREATE, 2, &built->plan, &built->error);
}

static struct corc_op_source nowhere(void)
{
	return corc_source(0, NULL);
}

static void test_wire(void **state)
{
	struct built built = {0};
	struct corc_op *op;

	(void)state;
	corc_builder_init(&built.builder, &built.arena, 16);
	op = corc_builder_op(&built.builder, CORC_OP_HOSTNAME, corc_source_item(7, "key", 3));
	op->text.text = corc_builder_string(&built.builder, "web");
	(void)corc_builder_op(&built.builder, CORC_OP_EXEC, corc_source(8, NULL));
	assert_int_equal(finish(&built), 0);

	const struct corc_plan_header *wire = built.plan.wire;

	assert_int_equal(wire->op_count, 2);
	assert_int_equal(wire->preserve_fds, 2);
	assert_int_equal(wire->mode, CORC_PLAN_CREATE);
	assert_int_equal(corc_plan_check(wire, wire->size), 0);
	assert_string_equal(
		plan_text(&built.plan, plan_op(&built.plan, CORC_OP_HOSTNAME, 0)->text.text),
		"web");
	assert_int_equal(built.plan.sources[0].node, 7);
	assert_int_equal(built.plan.sources[0].index, 3);
	assert_string_equal(built.plan.sources[0].key, "key");
	assert_int_equal(built.plan.sources[1].node, 8);
	assert_int_equal(built.plan.sources[1].index, UINT32_MAX);
	corc_arena_done(&built.arena);
}

static void test_growth(void **state)
{
	struct built built = {0};

	(void)state;
	corc_builder_init(&built.builder, &built.arena, 16);
	for (unsigned i = 0; i < 3000; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "/path/%u", i);

		struct corc_op *op =
			corc_builder_op(&built.builder, CORC_OP_MASK, corc_source(i, NULL));

		op->path.path = corc_builder_string(&built.builder, text);
		corc_builder_bind(&built.builder, corc_source(i, NULL))->major = i;
		corc_builder_warn(&built.builder, "warning %u", i);
	}
	assert_int_equal(finish(&built), 0);
	assert_int_equal(corc_plan_check(built.plan.wire, built.plan.wire->size), 0);
	assert_int_equal(built.plan.bind_count, 3000);
	assert_int_equal(built.plan.warnings.count, 3000);
	for (unsigned i = 0; i < 3000; i++) {
		char text[32];
		const struct corc_op *op = plan_op(&built.plan, CORC_OP_MASK, i);

		(void)snprintf(text, sizeof(text), "/path/%u", i);
		assert_string_equal(plan_text(&built.plan, op->path.path), text);
		assert_int_equal(built.plan.sources[i].node, i);
		assert_int_equal(built.plan.binds[i].source.node, i);
		assert_int_equal(built.plan.binds[i].major, i);
		(void)snprintf(text, sizeof(text), "warning %u", i);
		assert_string_equal(built.plan.warnings.items[i], text);
	}
	assert_null(built.plan.warnings.items[3000]);
	corc_arena_done(&built.arena);
}

static void test_references(void **state)
{
	struct built built = {0};
	const char *const items[] = {"a", "", "bc"};
	const uint64_t number = 0x1122334455667788;

	(void)state;
	corc_builder_init(&built.builder, &built.arena, 16);

	struct corc_ref nothing = corc_builder_string(&built.builder, NULL);
	struct corc_ref empty = corc_builder_string(&built.builder, "");
	struct corc_ref none = corc_builder_list(&built.builder, NULL, 0);
	struct corc_ref zero = corc_builder_array(&built.builder, NULL, 0);
	struct corc_ref list = corc_builder_list(&built.builder, items, 3);
	struct corc_ref array = corc_builder_array(&built.builder, &number, sizeof(number));

	assert_int_equal(nothing.offset | nothing.length | empty.offset | empty.length, 0);
	assert_int_equal(none.offset | none.length | zero.offset | zero.length, 0);
	(void)corc_builder_op(&built.builder, CORC_OP_EXEC, nowhere());
	assert_int_equal(finish(&built), 0);
	assert_string_equal(plan_text(&built.plan, empty), "");
	assert_int_equal(list.length, 6);
	assert_memory_equal(plan_text(&built.plan, list), "a\0\0bc", 6);
	assert_int_equal(array.length, sizeof(number));
	assert_int_equal((uintptr_t)plan_text(&built.plan, array) % 8, 0);
	assert_memory_equal(plan_text(&built.plan, array), &number, sizeof(number));
	corc_arena_done(&built.arena);
}

/* After the limit nothing is written beyond, and the end tells. */
static void test_too_many_ops(void **state)
{
	struct built built = {0};

	(void)state;
	corc_builder_init(&built.builder, &built.arena, 16);
	for (unsigned i = 0; i <= CORC_PLAN_OPS_MAX; i++)
		corc_builder_op(&built.builder, CORC_OP_EXEC, nowhere())->none.reserved = 1;
	assert_int_equal(finish(&built), -E2BIG);
	assert_int_equal(built.error.code, E2BIG);
	corc_arena_done(&built.arena);
}

static void test_too_much_data(void **state)
{
	struct built built = {0};
	const size_t size = CORC_PLAN_MAX / 2;
	char *text = malloc(size + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	text[size] = '\0';
	corc_builder_init(&built.builder, &built.arena, 16);
	assert_int_equal(corc_builder_string(&built.builder, text).length, size);
	assert_int_equal(corc_builder_string(&built.builder, text).length, 0);
	assert_int_equal(corc_builder_string(&built.builder, "short").length, 0);
	assert_int_equal(finish(&built), -E2BIG);
	corc_arena_done(&built.arena);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_too_many_ops),
		cmocka_unit_test(test_too_much_data),
	};

	return cmocka_run_group_tests_name("plan builder", tests, NULL, NULL);
}
