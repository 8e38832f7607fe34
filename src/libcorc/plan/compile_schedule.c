/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.personality, linux.memoryPolicy, process.execCPUAffinity. Layer: plan; the parent process
 * only.
 *
 * process.scheduler and process.ioPriority are no ops: they need privileges over the host, which
 * a process in a user namespace has no more, so the parent sets them (run/scheduling.c).
 */
#include <errno.h>

#include "base/number.h"
#include "plan/compiler.h"

/* The list as a mask without the words at its end that are empty. The list was checked. */
static struct corc_ref add_mask(struct corc_compiler *compiler, const char *list)
{
	uint32_t mask[CORC_CPU_WORDS] = {0};
	size_t words = CORC_CPU_WORDS;

	if (!list || corc_parse_list(list, mask, words) < 0)
		return corc_builder_array(&compiler->builder, NULL, 0);
	while (words > 2 && !mask[words - 1] && !mask[words - 2])
		words -= 2;
	return corc_builder_array(&compiler->builder, mask, words * sizeof(*mask));
}

void corc_add_initial_affinity(struct corc_compiler *compiler)
{
	const struct corc_spec_cpu_affinity *affinity = compiler->process->exec_cpu_affinity;
	struct corc_op *op;

	if (!affinity || !affinity->initial)
		return;
	op = corc_builder_op(
		&compiler->builder, CORC_OP_AFFINITY, corc_source(affinity->node, "initial"));
	op->affinity.cpus = add_mask(compiler, affinity->initial);
}

static void add_personality(struct corc_compiler *compiler)
{
	const struct corc_spec_personality *personality = compiler->personality;
	struct corc_op *op;

	if (!personality)
		return;
	if (personality->flags.count > 0 && compiler->spec)
		corc_warn(compiler, corc_source(personality->node, "flags"),
			"flags are ignored: the specification has none");
	op = corc_builder_op(&compiler->builder, CORC_OP_PERSONALITY,
		compiler->spec ? corc_source(personality->node, NULL)
			       : corc_source(compiler->process->node, NULL));
	op->personality.persona = personality->domain;
}

static void add_memory_policy(struct corc_compiler *compiler)
{
	const struct corc_spec_memory_policy *policy = compiler->memory_policy;
	struct corc_op *op;

	if (!policy)
		return;
	op = corc_builder_op(&compiler->builder, CORC_OP_MEMORY_POLICY,
		compiler->spec ? corc_source(policy->node, NULL)
			       : corc_source(compiler->process->node, NULL));
	op->memory_policy.nodes = add_mask(compiler, policy->nodes);
	op->memory_policy.mode = policy->mode;
	for (size_t i = 0; i < policy->flags.count; i++)
		op->memory_policy.mode |= policy->flags.items[i];
}

void corc_add_execution_domain(struct corc_compiler *compiler)
{
	add_personality(compiler);
	add_memory_policy(compiler);
}
