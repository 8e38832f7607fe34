/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts that come to a running container, or go. Layer: plan; the parent process only.
 *
 * The stage enters all namespaces of the container but that of its pids, so nobody in there sees
 * it, and does what it does for a new container, below the root of the container's first process.
 */
#include <errno.h>
#include <linux/sched.h>
#include <string.h>

#include "base/path.h"
#include "plan/compiler.h"
#include "plan/protocol.h"

/* A procfs shows the pid namespace of who mounts it, and v1 hierarchies are several mounts. */
static int check_type(struct corc_compiler *compiler, const struct corc_spec_mount *mount)
{
	static const char *const refused[] = {"proc", "cgroup"};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (mount->type && strcmp(mount->type, refused[i]) == 0)
			return corc_refuse(compiler, corc_source(mount->node, "type"),
				"a mount of type %s cannot be added to a running container",
				refused[i]);
	return 0;
}

static int add_mounts(struct corc_compiler *compiler)
{
	const struct corc_spec_mounts *mounts = &compiler->spec->mounts;
	int r = corc_compile_mount_label(compiler);

	if (r == 0 && mounts->count > CORC_MOUNT_BATCH)
		r = corc_refuse(compiler, corc_source(mounts->items[CORC_MOUNT_BATCH].node, NULL),
			"at most %d mounts can be added at once", CORC_MOUNT_BATCH);
	compiler->mount_flags = CORC_MOUNT_UNDO;
	for (size_t i = 0; i < mounts->count && r == 0; i++)
		r = check_type(compiler, &mounts->items[i]);
	if (r == 0)
		r = corc_add_mounts(compiler);
	if (r == 0)
		corc_add_late_readonly(compiler);
	return r;
}

/* The last first, as one may lie on another. */
static int remove_mounts(struct corc_compiler *compiler)
{
	const struct corc_spec_mounts *mounts = &compiler->spec->mounts;

	for (size_t i = mounts->count; i-- > 0;) {
		const struct corc_spec_mount *mount = &mounts->items[i];
		const char *path = corc_path_clean(compiler->arena, mount->destination);

		if (!path)
			return corc_fail_errno(compiler->error, ENOMEM, "compile the mounts");
		if (strcmp(path, "/") == 0)
			return corc_refuse(compiler, corc_source(mount->node, "destination"),
				"the root cannot be unmounted");
		corc_add_path(
			compiler, CORC_OP_UNMOUNT, corc_source(mount->node, "destination"), path);
	}
	return 0;
}

int corc_compile_hotplug(struct corc_arena *arena, const struct corc_compile_hotplug_input *input,
	struct corc_plan **ret_plan, struct corc_error *error)
{
	struct corc_plan *plan = corc_arena_alloc(arena, sizeof(*plan));
	const struct corc_compile_input mounts = {
		.spec = input->spec, .host = input->host, .bundle = input->bundle};
	struct corc_compiler compiler = {
		.arena = arena,
		.plan = plan,
		.error = error,
		.document = &input->spec->document,
		.input = &mounts,
		.spec = input->spec,
		.host = input->host,
	};
	struct corc_op_source source = corc_source(input->spec->node, NULL);
	int r;

	if (!plan)
		return corc_fail_errno(error, ENOMEM, "compile the plan");
	corc_builder_init(&compiler.builder, arena, 16);
	corc_choose_namespaces(&compiler);
	corc_builder_op(&compiler.builder, CORC_OP_SETNS, source)->setns.types = input->namespaces;
	if (input->namespaces & CLONE_NEWUSER) {
		struct corc_op *op = corc_builder_op(&compiler.builder, CORC_OP_MAP_IDS, source);

		op->map_ids.uid = input->root_uid;
		op->map_ids.gid = input->root_gid;
	}
	corc_add_path(&compiler, CORC_OP_CHROOT, source, "/");
	r = input->removes ? remove_mounts(&compiler) : add_mounts(&compiler);
	corc_add_plain(&compiler, CORC_OP_READY, source);
	if (r == 0)
		r = corc_builder_finish(&compiler.builder, CORC_PLAN_EXEC, 0, plan, error);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_COMPILE);
	*ret_plan = plan;
	return 0;
}
