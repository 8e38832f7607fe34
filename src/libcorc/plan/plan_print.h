/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two forms of `corc plan` share. Layer: plan; the parent process only; used by plan/
 * alone.
 */
#ifndef CORC_PLAN_PLAN_PRINT_H
#define CORC_PLAN_PLAN_PRINT_H

#include "base/arena.h"
#include "plan/compile.h"

/* One thing that is done, by the parent or by the stage. */
struct corc_plan_line {
	enum corc_step step;
	const char *text;
	struct corc_origin origin; /* line 0: none */
};

struct corc_plan_lines {
	struct corc_plan_line *items;
	size_t count;
};

/* base/json_writer.h with the lines of the parent and those of the ops. */
void corc_plan_print_json(const struct corc_plan *plan, const struct corc_plan_lines *parent,
	const struct corc_plan_lines *ops, struct corc_buffer *buffer);

#endif
