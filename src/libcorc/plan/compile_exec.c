/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of a further process in a container, and what is kept for it. Layer: plan; the parent
 * process only.
 *
 * The stage enters the namespaces outside of the container's sight: a joined pid namespace holds
 * only children. What the container can see is born last, with all its credentials.
 */
#include <errno.h>
#include <linux/sched.h>

#include "base/hash.h"
#include "plan/compiler.h"
#include "plan/namespaces.h"

/* An exec without additions has fewer. */
#define USUAL_OPS 24

static const struct corc_json_field exec_base_rows[] = {
	{
		.name = "namespaces",
		.type = CORC_JSON_U64,
		.offset = offsetof(struct corc_exec_base, namespaces),
	},
	{
		.name = "hasSeccomp",
		.type = CORC_JSON_BOOL,
		.offset = offsetof(struct corc_exec_base, has_seccomp),
	},
	{
		.name = "seccompFlags",
		.type = CORC_JSON_U64,
		.offset = offsetof(struct corc_exec_base, seccomp_flags),
	},
	{
		.name = "seccompHash",
		.type = CORC_JSON_U64,
		.offset = offsetof(struct corc_exec_base, seccomp_hash),
	},
	{
		.name = "listenerPath",
		.type = CORC_JSON_STRING,
		.offset = offsetof(struct corc_exec_base, listener_path),
	},
	{
		.name = "listenerMetadata",
		.type = CORC_JSON_STRING,
		.offset = offsetof(struct corc_exec_base, listener_metadata),
	},
	{
		.name = "denyGroups",
		.type = CORC_JSON_BOOL,
		.offset = offsetof(struct corc_exec_base, deny_groups),
	},
	{
		.name = "keepGroups",
		.type = CORC_JSON_BOOL,
		.offset = offsetof(struct corc_exec_base, keep_groups),
	},
	{
		.name = "lastCapability",
		.type = CORC_JSON_U32,
		.offset = offsetof(struct corc_exec_base, last_capability),
	},
	{
		.name = "capabilities",
		.type = CORC_JSON_U64,
		.offset = offsetof(struct corc_exec_base, capabilities),
	},
	{
		.name = "rootUid",
		.type = CORC_JSON_U32,
		.offset = offsetof(struct corc_exec_base, root_uid),
	},
	{
		.name = "rootGid",
		.type = CORC_JSON_U32,
		.offset = offsetof(struct corc_exec_base, root_gid),
	},
	{
		.name = "keyring",
		.type = CORC_JSON_STRING,
		.offset = offsetof(struct corc_exec_base, keyring),
	},
	{
		.name = "chroot",
		.type = CORC_JSON_STRING,
		.offset = offsetof(struct corc_exec_base, chroot),
	},
	{
		.name = "personality",
		.type = CORC_JSON_OBJECT,
		.flags = CORC_JSON_POINTER,
		.offset = offsetof(struct corc_exec_base, personality),
		.object = &corc_spec_personality_object,
	},
	{
		.name = "memoryPolicy",
		.type = CORC_JSON_OBJECT,
		.flags = CORC_JSON_POINTER,
		.offset = offsetof(struct corc_exec_base, memory_policy),
		.object = &corc_spec_memory_policy_object,
	},
	{
		.name = "process",
		.type = CORC_JSON_OBJECT,
		.offset = offsetof(struct corc_exec_base, process),
		.object = &corc_spec_process_object,
	},
};

const struct corc_json_object corc_exec_base_object = {
	.name = "exec base",
	.size = sizeof(struct corc_exec_base),
	.node_offset = offsetof(struct corc_exec_base, node),
	.fields = exec_base_rows,
	.count = sizeof(exec_base_rows) / sizeof(exec_base_rows[0]),
};

void corc_exec_base_of(const struct corc_compile_input *input, const struct corc_plan *plan,
	struct corc_exec_base *ret_base)
{
	struct corc_compiler compiler = {.spec = input->spec, .host = input->host};
	struct corc_exec_base base = {
		.has_seccomp = plan->seccomp_program != NULL,
		.seccomp_flags = plan->seccomp_flags,
		.listener_path = plan->listener_path,
		.listener_metadata = plan->listener_metadata,
		.deny_groups = plan->deny_setgroups,
		.keep_groups = plan->keep_groups,
		.keyring = plan->keyring,
		.last_capability = (uint32_t)input->host->last_capability,
		.root_uid = corc_first_id(&input->spec->linux_.uid_mappings),
		.root_gid = corc_first_id(&input->spec->linux_.gid_mappings),
		.personality = input->spec->linux_.personality,
		.memory_policy = input->spec->linux_.memory_policy,
		.process = *input->spec->process,
	};

	if (plan->seccomp_program)
		base.seccomp_hash = corc_hash(plan->seccomp_program, plan->seccomp_size);
	corc_choose_namespaces(&compiler);
	base.capabilities = corc_available_capabilities(&compiler);
	for (size_t i = 0; i < CORC_NAMESPACE_COUNT; i++)
		if (corc_has_namespace(&compiler, (enum corc_namespace_type)i))
			base.namespaces |= corc_namespaces[i].flag;
	if (input->restored)
		base.namespaces |= CLONE_NEWTIME;
	if (!corc_has_namespace(&compiler, CORC_NAMESPACE_MOUNT))
		base.chroot = input->rootfs;
	*ret_base = base;
}

static void add_entrance(
	struct corc_compiler *compiler, const struct corc_compile_exec_input *input)
{
	struct corc_op_source source = corc_source(input->process->node, NULL);

	/* That of processes is set last, when the capabilities for it are gone. */
	corc_raise_rlimits(compiler,
		input->namespaces & CLONE_NEWUSER ? CORC_RLIMITS_ALL : CORC_RLIMITS_NPROC);
	if (input->namespaces)
		corc_builder_op(&compiler->builder, CORC_OP_SETNS, source)->setns.types =
			input->namespaces;
	if (input->namespaces & CLONE_NEWUSER) {
		struct corc_op *op = corc_builder_op(&compiler->builder, CORC_OP_MAP_IDS, source);

		/* The caller's ids have no mapping there. */
		op->map_ids.uid = input->base->root_uid;
		op->map_ids.gid = input->base->root_gid;
		op->map_ids.keep_groups = input->base->keep_groups;
	}
	if (input->base->chroot)
		corc_add_path(compiler, CORC_OP_CHROOT, source, input->base->chroot);
}

int corc_compile_exec(struct corc_arena *arena, const struct corc_compile_exec_input *input,
	struct corc_plan **ret_plan, struct corc_error *error)
{
	struct corc_plan *plan = corc_arena_alloc(arena, sizeof(*plan));
	struct corc_compiler compiler = {
		.arena = arena,
		.plan = plan,
		.error = error,
		.document = input->document,
		.console_rows = input->console_rows,
		.console_columns = input->console_columns,
		.process = input->process,
		.identity.last_capability = input->base->last_capability,
		.capabilities = input->base->capabilities,
		.personality = input->base->personality,
		.memory_policy = input->base->memory_policy,
	};
	int r = corc_check_labels(&compiler, input->security);

	if (r < 0)
		return r;
	if (!plan)
		return corc_fail_errno(error, ENOMEM, "compile the plan");
	plan->seccomp_program = input->seccomp_program;
	plan->seccomp_size = input->seccomp_size;
	plan->seccomp_flags = input->base->seccomp_flags;
	plan->listener_path = input->base->listener_path;
	plan->listener_metadata = input->base->listener_metadata;
	corc_builder_init(&compiler.builder, arena, USUAL_OPS);
	r = corc_compile_identity(&compiler, input->base->deny_groups, input->base->keep_groups);
	if (r < 0)
		return r;
	corc_add_initial_affinity(&compiler);
	corc_add_oom_score_adj(&compiler, input->rootless);
	corc_add_host_proc(&compiler);
	add_entrance(&compiler, input);
	corc_add_console(&compiler, false);
	corc_add_rlimits(&compiler, CORC_RLIMITS_BUT_NPROC);
	corc_add_security(&compiler, input->base->keyring, false);
	corc_add_identity(&compiler);
	corc_add_visible(&compiler, input->gate);
	corc_add_last_filter(&compiler);
	corc_add_plain(&compiler, CORC_OP_EXEC, corc_source(input->process->node, "args"));
	r = corc_builder_finish(
		&compiler.builder, CORC_PLAN_EXEC, input->preserve_fds, plan, error);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_COMPILE);
	*ret_plan = plan;
	return 0;
}
