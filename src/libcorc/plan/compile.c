/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a new container. Layer: plan; the parent process only. */
#include "plan/compile.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/compiler.h"
#include "plan/mount_options.h"
#include "plan/namespaces.h"
#include "sys/mount.h"

#define MESSAGE_MAX 768
/* The default configuration has fewer. */
#define USUAL_OPS 96
#define SYSCTL_MAX 256

int corc_refuse(
	struct corc_compiler *compiler, struct corc_op_source source, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (compiler->spec)
		(void)corc_spec_fail(compiler->spec, source.node, source.key, source.index,
			compiler->error, "%s", message);
	else
		(void)corc_fail(compiler->error, EINVAL, "%s", message);
	if (!compiler->spec && compiler->document)
		corc_json_origin(compiler->document,
			corc_json_find(compiler->document, source.node, source.key, source.index),
			&compiler->error->origin);
	return corc_error_step(compiler->error, CORC_STEP_COMPILE);
}

void corc_warn(
	struct corc_compiler *compiler, struct corc_op_source source, const char *format, ...)
{
	const struct corc_json_document *document = compiler->document;
	char message[MESSAGE_MAX];
	const char *remark = message;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (document)
		remark = corc_json_remark(compiler->arena, document,
			corc_json_find(document, source.node, source.key, source.index), message);
	corc_builder_warn(&compiler->builder, "%s", remark ? remark : message);
}

void corc_add_plain(
	struct corc_compiler *compiler, enum corc_op_kind kind, struct corc_op_source source)
{
	(void)corc_builder_op(&compiler->builder, kind, source);
}

void corc_add_path(struct corc_compiler *compiler, enum corc_op_kind kind,
	struct corc_op_source source, const char *path)
{
	struct corc_op *op = corc_builder_op(&compiler->builder, kind, source);

	op->path.path = corc_builder_string(&compiler->builder, path);
}

static int check_caller(struct corc_compiler *compiler)
{
	const struct corc_spec *spec = compiler->spec;

	if (!spec->process)
		return corc_refuse(compiler, corc_source(spec->node, "process"),
			"process is required to create a container");
	if (compiler->host->rootless && compiler->host->uid != 0 &&
		!corc_has_namespace(compiler, CORC_NAMESPACE_USER))
		return corc_refuse(compiler, corc_source(spec->linux_.node, "namespaces"),
			"rootless container requires user namespaces");
	if (!corc_has_mounts(compiler) ||
		(compiler->host->capabilities & UINT64_C(1) << CAP_SYS_ADMIN))
		return 0;
	compiler->plan->opens_inside = true;
	if (compiler->namespaces[CORC_NAMESPACE_USER].use == CORC_NAMESPACE_NEW &&
		compiler->namespaces[CORC_NAMESPACE_MOUNT].use == CORC_NAMESPACE_NEW)
		return 0;
	return corc_refuse(compiler, corc_source(spec->linux_.node, "namespaces"),
		"without CAP_SYS_ADMIN a container with mounts needs a new user namespace and a new "
		"mount namespace");
}

static int compile_filter(struct corc_compiler *compiler)
{
	const struct corc_spec_seccomp *seccomp = compiler->spec->linux_.seccomp;
	struct corc_plan *plan = compiler->plan;
	int r;

	if (corc_has_raw_filter(compiler->spec))
		return corc_compile_raw_filter(compiler);
	if (!seccomp || !seccomp->default_action)
		return 0;
	r = corc_compile_listener(compiler);
	if (r < 0)
		return r;
	plan->seccomp_flags = corc_seccomp_flags(seccomp);
	plan->seccomp_program = compiler->input->seccomp_program;
	plan->seccomp_size = compiler->input->seccomp_size;
	if (plan->seccomp_program)
		return 0;
	return corc_compile_seccomp(compiler->arena, compiler->spec, &plan->seccomp_program,
		&plan->seccomp_size, compiler->error);
}

static int check_labels(struct corc_compiler *compiler)
{
	return corc_check_labels(compiler, &compiler->host->security);
}

static int add_host_proc(struct corc_compiler *compiler)
{
	corc_add_host_proc(compiler);
	return 0;
}

static int add_oom_score_adj(struct corc_compiler *compiler)
{
	corc_add_oom_score_adj(compiler, compiler->host->rootless);
	return 0;
}

/*
 * Nothing of the inherited mounts stays, so what is asked for is not for them: they become slaves,
 * or mounting over them and taking them away would be seen on the host. It is for the bind mounts,
 * which the parent clones from the host's, and for the root mount when all is done.
 */
static int add_rootfs(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	const struct corc_namespace_choice *mount = &compiler->namespaces[CORC_NAMESPACE_MOUNT];
	struct corc_op *op;

	if (linux_->rootfs_propagation)
		compiler->root_propagation = corc_propagation_flags(linux_->rootfs_propagation);
	if (!corc_has_mounts(compiler))
		return 0;
	if (!corc_has_namespace(compiler, CORC_NAMESPACE_MOUNT) &&
		strcmp(compiler->input->rootfs, "/") == 0)
		return corc_refuse(compiler, corc_source(compiler->spec->root.node, "path"),
			"unable to mount on the host's own root without a private MNT namespace");
	/* The mounts of a namespace that is joined belong to others, too. */
	if (mount->use == CORC_NAMESPACE_NEW)
		corc_builder_op(&compiler->builder, CORC_OP_PROPAGATION,
			corc_source(mount->entry->node, NULL))
			->propagation.flags = MS_SLAVE | MS_REC;
	op = corc_builder_op(
		&compiler->builder, CORC_OP_ROOTFS, corc_source(compiler->spec->root.node, "path"));
	op->rootfs.path = corc_builder_string(&compiler->builder, compiler->input->rootfs);
	op->rootfs.propagation = compiler->root_propagation;
	op->rootfs.in_place = !corc_has_namespace(compiler, CORC_NAMESPACE_MOUNT);
	op->rootfs.at_path = corc_has_creation_hooks(compiler);
	if (compiler->plan->opens_inside) {
		struct corc_plan_bind *bind = corc_builder_bind(
			&compiler->builder, corc_source(compiler->spec->root.node, "path"));

		op->rootfs.is_sent = 1;
		bind->path = compiler->input->rootfs;
		bind->destination = "/";
		bind->recursive = true;
		bind->tree_propagation = MS_SLAVE;
	}
	return 0;
}

static int add_devices(struct corc_compiler *compiler)
{
	if (corc_has_mounts(compiler)) {
		corc_add_devices(compiler);
		corc_add_console(compiler, true);
	}
	return 0;
}

static int add_sysctl(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	const struct corc_string_map *map = &linux_->sysctl;
	struct corc_builder *builder = &compiler->builder;
	struct corc_op_source source = corc_source(linux_->node, "sysctl");

	if (map->count == 0)
		return 0;
	if (!compiler->keeps_proc)
		corc_add_plain(compiler, CORC_OP_PROC, source);
	source.node = corc_json_find(compiler->document, linux_->node, "sysctl", UINT32_MAX);
	for (size_t i = 0; i < map->count; i++) {
		char path[SYSCTL_MAX];
		struct corc_op *op;

		source.key = map->keys[i];
		if (corc_spec_sysctl_path(map->keys[i], sizeof(path), path) < 0)
			return corc_refuse(compiler, source,
				"\"%.100s\" is not the name of a sysctl", map->keys[i]);
		op = corc_builder_op(builder, CORC_OP_SYSCTL, source);
		op->sysctl.key = corc_builder_string(builder, path);
		op->sysctl.value = corc_builder_string(builder, map->values[i]);
	}
	return 0;
}

static void add_uts_name(
	struct corc_compiler *compiler, enum corc_op_kind kind, const char *key, const char *name)
{
	struct corc_op *op;

	if (!name)
		return;
	op = corc_builder_op(&compiler->builder, kind, corc_source(compiler->spec->node, key));
	op->text.text = corc_builder_string(&compiler->builder, name);
}

static int add_kernel_settings(struct corc_compiler *compiler)
{
	const struct corc_spec *spec = compiler->spec;

	add_uts_name(compiler, CORC_OP_HOSTNAME, "hostname", spec->hostname);
	add_uts_name(compiler, CORC_OP_DOMAINNAME, "domainname", spec->domainname);
	return add_sysctl(compiler);
}

/* What is hidden is hidden behind a file system of its own, which is labelled as others are. */
static void add_masks(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;

	for (size_t i = 0; i < linux_->masked_paths.count; i++) {
		struct corc_op *op = corc_builder_op(&compiler->builder, CORC_OP_MASK,
			corc_source_item(linux_->node, "maskedPaths", i));

		op->mask.path =
			corc_builder_string(&compiler->builder, linux_->masked_paths.items[i]);
		op->mask.context = corc_builder_string(&compiler->builder, compiler->mount_context);
	}
}

static void add_paths(struct corc_compiler *compiler, enum corc_op_kind kind, const char *key,
	const struct corc_string_array *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		corc_add_path(compiler, kind, corc_source_item(compiler->spec->linux_.node, key, i),
			paths->items[i]);
}

/* What makes things read-only or hides them comes when everything has been made. */
static int add_restrictions(struct corc_compiler *compiler)
{
	const struct corc_spec *spec = compiler->spec;
	const struct corc_spec_process *process = compiler->process;
	struct corc_op_source cwd = corc_source(process->node, "cwd");

	if (!corc_has_mounts(compiler)) {
		corc_add_path(compiler, CORC_OP_CHROOT, corc_source(spec->root.node, "path"),
			compiler->input->rootfs);
		corc_add_path(compiler, CORC_OP_MAKE_CWD, cwd, process->cwd);
		corc_add_console(compiler, false);
		return 0;
	}
	corc_add_path(compiler, CORC_OP_MAKE_CWD, cwd, process->cwd);
	corc_add_late_readonly(compiler);
	add_masks(compiler);
	add_paths(compiler, CORC_OP_READONLY, "readonlyPaths", &spec->linux_.readonly_paths);
	if (spec->root.readonly)
		corc_add_plain(
			compiler, CORC_OP_ROOT_READONLY, corc_source(spec->root.node, "readonly"));
	if (compiler->input->no_pivot || !corc_has_namespace(compiler, CORC_NAMESPACE_MOUNT))
		corc_add_path(compiler, CORC_OP_CHROOT, corc_source(spec->root.node, "path"),
			compiler->input->rootfs);
	else
		corc_add_plain(compiler, CORC_OP_PIVOT, corc_source(spec->root.node, "path"));
	return 0;
}

static int add_process(struct corc_compiler *compiler)
{
	struct corc_op_source source = corc_source(compiler->process->node, NULL);
	int r;

	compiler->identity.last_capability = (uint32_t)compiler->host->last_capability;
	compiler->capabilities = corc_available_capabilities(compiler);
	if (compiler->namespaces[CORC_NAMESPACE_USER].use == CORC_NAMESPACE_NEW)
		compiler->identity.flags |= CORC_IDENTITY_STAY_DUMPABLE;
	r = corc_compile_identity(
		compiler, compiler->plan->deny_setgroups, compiler->plan->keep_groups);
	if (r < 0)
		return r;
	if (!compiler->is_born_last)
		corc_add_session(compiler);
	if (compiler->is_born_last)
		corc_raise_rlimits(compiler, CORC_RLIMITS_NPROC);
	corc_add_rlimits(
		compiler, compiler->is_born_last ? CORC_RLIMITS_BUT_NPROC : CORC_RLIMITS_ALL);
	corc_add_security(compiler, compiler->plan->keyring, true);
	corc_add_identity(compiler);
	if (compiler->is_born_last) {
		compiler->plan->clones_last = true;
		/* It must not be ready before its parent has named it. */
		corc_add_visible(compiler, true);
	}
	corc_add_plain(compiler, CORC_OP_READY, source);
	corc_add_plain(compiler, CORC_OP_WAIT_START, source);
	/* The input is made while everything is allowed; the hooks run under the same filter as
	 * the program, because they are the image's. */
	corc_add_hook_state(compiler, CORC_HOOK_START_CONTAINER, NULL);
	corc_add_last_filter(compiler);
	corc_add_hooks(compiler, CORC_HOOK_START_CONTAINER);
	corc_add_plain(compiler, CORC_OP_EXEC, corc_source(compiler->process->node, "args"));
	return 0;
}

bool corc_goes_on(struct corc_compiler *compiler, int result)
{
	const struct corc_compile_input *input = compiler->input;

	if (result >= 0)
		return true;
	if (!input->refused || result == -ENOMEM || !compiler->process)
		return false;
	compiler->refusals++;
	input->refused(input->refused_data, compiler->error);
	*compiler->error = (struct corc_error){0};
	return true;
}

int corc_compile_create(struct corc_arena *arena, const struct corc_compile_input *input,
	struct corc_plan **ret_plan, struct corc_error *error)
{
	static int (*const parts[])(struct corc_compiler *) = {
		check_caller,
		corc_check_annotations,
		compile_filter,
		check_labels,
		corc_compile_mount_label,
		add_oom_score_adj,
		add_host_proc,
		corc_add_namespaces,
		add_rootfs,
		corc_add_mounts,
		add_devices,
		add_kernel_settings,
		corc_add_creation_hooks,
		add_restrictions,
		add_process,
	};
	struct corc_plan *plan = corc_arena_alloc(arena, sizeof(*plan));
	struct corc_compiler compiler = {
		.arena = arena,
		.plan = plan,
		.error = error,
		.document = &input->spec->document,
		.process = input->spec->process,
		.input = input,
		.console_rows = input->console_rows,
		.console_columns = input->console_columns,
		.spec = input->spec,
		.host = input->host,
		.personality = input->spec->linux_.personality,
		.memory_policy = input->spec->linux_.memory_policy,
	};
	int r = 0;

	if (!plan)
		return corc_fail_errno(error, ENOMEM, "compile the plan");
	plan->cgroup = input->cgroup;
	if (!input->no_new_keyring) {
		plan->keyring = corc_arena_printf(arena, "_ses.%s", input->id);
		if (!plan->keyring)
			return corc_fail_errno(error, ENOMEM, "compile the plan");
	}
	corc_builder_init(&compiler.builder, arena, USUAL_OPS);
	corc_choose_namespaces(&compiler);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		r = parts[i](&compiler);
		if (!corc_goes_on(&compiler, r))
			break;
		r = 0;
	}
	if (r == 0 && compiler.refusals > 0)
		r = corc_fail(error, EINVAL, "%u values were refused", compiler.refusals);
	if (r == 0)
		r = corc_builder_finish(
			&compiler.builder, CORC_PLAN_CREATE, input->preserve_fds, plan, error);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_COMPILE);
	*ret_plan = plan;
	return 0;
}
