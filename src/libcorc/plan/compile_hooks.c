/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks that run between the making of the container and its process. Layer: plan; the parent
 * process only. Those after the start and after the end are the conductor's alone.
 */
#include <errno.h>

#include "plan/compiler.h"
#include "plan/hook_state.h"

static const struct corc_spec_hook_list *hooks_of(
	const struct corc_compiler *compiler, enum corc_hook_phase phase)
{
	return &compiler->spec->hooks.phases[phase];
}

bool corc_has_creation_hooks(const struct corc_compiler *compiler)
{
	return hooks_of(compiler, CORC_HOOK_PRESTART)->count > 0 ||
	       hooks_of(compiler, CORC_HOOK_CREATE_RUNTIME)->count > 0 ||
	       hooks_of(compiler, CORC_HOOK_CREATE_CONTAINER)->count > 0;
}

static struct corc_op_source phase_source(
	const struct corc_compiler *compiler, enum corc_hook_phase phase)
{
	return corc_source(compiler->spec->hooks.node, corc_hook_phases[phase].name);
}

static const enum corc_hook_place places[CORC_HOOK_PHASE_COUNT] = {
	[CORC_HOOK_PRESTART] = CORC_HOOK_BY_PARENT,
	[CORC_HOOK_CREATE_RUNTIME] = CORC_HOOK_BY_PARENT,
	[CORC_HOOK_CREATE_CONTAINER] = CORC_HOOK_BY_FD,
	[CORC_HOOK_START_CONTAINER] = CORC_HOOK_BY_PATH,
};

static void add_hook(struct corc_compiler *compiler, enum corc_hook_phase phase, size_t index)
{
	struct corc_builder *builder = &compiler->builder;
	const struct corc_spec_hook *hook = &hooks_of(compiler, phase)->items[index];
	struct corc_op *op = corc_builder_op(builder, CORC_OP_HOOK, corc_source(hook->node, NULL));

	op->hook.phase = phase;
	op->hook.place = places[phase];
	op->hook.index = (uint32_t)index;
	op->hook.timeout = hook->timeout ? (uint32_t)*hook->timeout : 0;
	op->hook.path = corc_builder_string(builder, hook->path);
	op->hook.argument_count = (uint32_t)hook->args.count;
	op->hook.environment_count = (uint32_t)hook->env.count;
	op->hook.arguments = corc_builder_list(builder, hook->args.items, hook->args.count);
	op->hook.environment = corc_builder_list(builder, hook->env.items, hook->env.count);
}

void corc_add_hooks(struct corc_compiler *compiler, enum corc_hook_phase phase)
{
	for (size_t i = 0; i < hooks_of(compiler, phase)->count; i++)
		add_hook(compiler, phase, i);
}

void corc_add_hook_state(
	struct corc_compiler *compiler, enum corc_hook_phase phase, const char *directory)
{
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_builder *builder = &compiler->builder;
	const struct corc_hook_state state = {
		compiler->input->id, compiler->input->bundle, &compiler->spec->annotations};
	struct corc_op *op;
	size_t split;

	if (hooks_of(compiler, phase)->count == 0)
		return;
	split = corc_hook_state_put(&state, phase, "", &text);
	if (text.failed) {
		builder->code = ENOMEM;
		return;
	}
	op = corc_builder_op(builder, CORC_OP_HOOK_STATE, phase_source(compiler, phase));
	op->hook_state.after = corc_builder_string(builder, text.data + split);
	text.data[split] = '\0';
	op->hook_state.before = corc_builder_string(builder, text.data);
	op->hook_state.directory = corc_builder_string(builder, directory);
}

/* The runtime environment is there, nothing is read-only or hidden yet, and "/" is the host's. */
int corc_add_creation_hooks(struct corc_compiler *compiler)
{
	compiler->plan->asks_for_hooks = corc_has_creation_hooks(compiler);
	corc_add_hooks(compiler, CORC_HOOK_PRESTART);
	corc_add_hooks(compiler, CORC_HOOK_CREATE_RUNTIME);
	corc_add_hook_state(compiler, CORC_HOOK_CREATE_CONTAINER, compiler->input->bundle);
	corc_add_hooks(compiler, CORC_HOOK_CREATE_CONTAINER);
	return 0;
}
