/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects ops and their data while a plan is compiled, and joins them at the end. Layer: plan; the
 * parent process only. Everything lives in the arena. A failure is remembered: append freely, the
 * end tells.
 */
#ifndef CORC_PLAN_BUILDER_H
#define CORC_PLAN_BUILDER_H

#include "base/arena.h"
#include "plan/compile.h"
#include "plan/plan.h"

struct corc_builder {
	struct corc_arena *arena;
	struct corc_op *ops;
	size_t op_count, op_capacity;
	struct corc_op_source *sources;
	size_t source_capacity;
	char *data;
	size_t data_length, data_capacity;
	struct corc_plan_bind *binds;
	size_t bind_count, bind_capacity;
	struct corc_string_array warnings;
	size_t warning_capacity;
	int code; /* 0, ENOMEM or E2BIG */
	/* What is handed out after a failure. */
	struct corc_op spare_op;
	struct corc_plan_bind spare_bind;
};

static inline struct corc_op_source corc_source(uint32_t node, const char *key)
{
	return (struct corc_op_source){.node = node, .index = UINT32_MAX, .key = key};
}

static inline struct corc_op_source corc_source_item(uint32_t node, const char *key, size_t index)
{
	return (struct corc_op_source){.node = node, .index = (uint32_t)index, .key = key};
}

/* ops: as many as are expected; it can be more. */
void corc_builder_init(struct corc_builder *builder, struct corc_arena *arena, size_t ops);

/* The next op, zero but for its kind. Valid until the next call of this function. Never NULL. */
struct corc_op *corc_builder_op(
	struct corc_builder *builder, enum corc_op_kind kind, struct corc_op_source source);

/* The next bind, zero but for its source. Valid until the next call. Never NULL. */
struct corc_plan_bind *corc_builder_bind(
	struct corc_builder *builder, struct corc_op_source source);

/* NULL and "" give the empty reference. */
struct corc_ref corc_builder_string(struct corc_builder *builder, const char *text);
struct corc_ref corc_builder_list(
	struct corc_builder *builder, const char *const *items, size_t count);
/* Aligned for numbers of every size. */
struct corc_ref corc_builder_array(struct corc_builder *builder, const void *items, size_t size);

void corc_builder_warn(struct corc_builder *builder, const char *format, ...) CORC_PRINTF(2, 3);

/* Makes the wire form and fills wire, sources, binds and warnings of the plan. */
int corc_builder_finish(struct corc_builder *builder, enum corc_plan_mode mode,
	uint32_t preserve_fds, struct corc_plan *plan, struct corc_error *error);

#endif
