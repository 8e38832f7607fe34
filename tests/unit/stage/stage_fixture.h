/* SPDX-License-Identifier: Apache-2.0 */
/* A stage with a plan made by hand, in the process of the test. */
#ifndef CORC_TEST_STAGE_FIXTURE_H
#define CORC_TEST_STAGE_FIXTURE_H

#include "plan/builder.h"
#include "stage/stage.h"
#include "sys/support.h"

struct stage_fixture {
	struct corc_arena arena;
	struct corc_builder builder;
	struct corc_stage stage;
};

/* An empty plan; all fds of the stage are negative. */
void stage_init(struct stage_fixture *fixture);
void stage_done(struct stage_fixture *fixture);

/* Adds an op with a list; items end with NULL. */
void stage_add_list(
	struct stage_fixture *fixture, enum corc_op_kind kind, const char *const *items);

/* Adds an op with a path. */
void stage_add_path(struct stage_fixture *fixture, enum corc_op_kind kind, const char *path);

/* The plan is complete: stage->plan is set. */
void stage_finish(struct stage_fixture *fixture);

/* The op at `index`. */
const struct corc_op *stage_op(const struct stage_fixture *fixture, uint32_t index);

#endif
