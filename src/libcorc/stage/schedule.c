/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs, memory nodes and the personality. Layer: stage. */
#include "sys/schedule.h"

#include "stage/stage.h"

static const uint32_t *mask(const struct corc_stage *stage, struct corc_ref ref)
{
	return (const uint32_t *)(const void *)corc_plan_data(stage->plan, ref);
}

int corc_op_affinity(struct corc_stage *stage, const struct corc_op *op)
{
	struct corc_ref cpus = op->affinity.cpus;

	return corc_sched_setaffinity(0, mask(stage, cpus), cpus.length / sizeof(uint32_t));
}

int corc_op_personality(struct corc_stage *stage, const struct corc_op *op)
{
	(void)stage;
	return corc_personality(op->personality.persona);
}

int corc_op_memory_policy(struct corc_stage *stage, const struct corc_op *op)
{
	struct corc_ref nodes = op->memory_policy.nodes;

	return corc_set_mempolicy(
		op->memory_policy.mode, mask(stage, nodes), nodes.length / sizeof(uint32_t));
}
