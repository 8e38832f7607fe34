/* SPDX-License-Identifier: Apache-2.0 */
/* A stage with a plan made by hand, in the process of the test. */
#include "stage_fixture.h"

void stage_init(struct stage_fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	corc_builder_init(&fixture->builder, &fixture->arena, 16);
	for (int i = 0; i < CORC_SLOT_MAX; i++)
		fixture->stage.slots[i] = -1;
	fixture->stage.report = fixture->stage.root = fixture->stage.dev = -1;
	fixture->stage.host_proc = -1;
	fixture->stage.proc = fixture->stage.empty = fixture->stage.null = -1;
	fixture->stage.hook_state = -1;
}

void stage_done(struct stage_fixture *fixture)
{
	corc_arena_done(&fixture->arena);
}

void stage_add_list(struct stage_fixture *fixture, enum corc_op_kind kind, const char *const *items)
{
	struct corc_op *op = corc_builder_op(&fixture->builder, kind, corc_source(0, NULL));
	size_t count = 0;

	while (items[count])
		count++;
	op->list.items = corc_builder_list(&fixture->builder, items, count);
	op->list.count = (uint32_t)count;
}

void stage_add_path(struct stage_fixture *fixture, enum corc_op_kind kind, const char *path)
{
	struct corc_op *op = corc_builder_op(&fixture->builder, kind, corc_source(0, NULL));

	op->path.path = corc_builder_string(&fixture->builder, path);
}

void stage_finish(struct stage_fixture *fixture)
{
	struct corc_plan plan = {0};
	struct corc_error error;

	assert_int_equal(
		corc_builder_finish(&fixture->builder, CORC_PLAN_CREATE, 0, &plan, &error), 0);
	assert_int_equal(corc_plan_check(plan.wire, plan.wire->size), 0);
	fixture->stage.plan = plan.wire;
}

const struct corc_op *stage_op(const struct stage_fixture *fixture, uint32_t index)
{
	assert_true(index < fixture->stage.plan->op_count);
	return &corc_plan_ops(fixture->stage.plan)[index];
}
