/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the finished container to the user's program: the ops that create and exec share. Layer:
 * plan; the parent process only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "plan/compiler.h"

static struct corc_op_source process_source(const struct corc_compiler *compiler, const char *key)
{
	return corc_source(compiler->process->node, key);
}

/*
 * By the stage itself and not by the parent through its pid: the stage's report leads to the
 * property, and an exec does the same.
 */
void corc_add_oom_score_adj(struct corc_compiler *compiler, bool may_be_denied)
{
	const int64_t *value = compiler->process->oom_score_adj;
	struct corc_op *op;
	char text[24];

	if (!value)
		return;
	(void)snprintf(text, sizeof(text), "%lld", (long long)*value);
	op = corc_builder_op(
		&compiler->builder, CORC_OP_OOM_SCORE_ADJ, process_source(compiler, "oomScoreAdj"));
	op->oom_score_adj.text = corc_builder_string(&compiler->builder, text);
	op->oom_score_adj.may_be_denied = may_be_denied;
}

static bool is_chosen(enum corc_rlimit_choice choice, const struct corc_spec_rlimit *rlimit)
{
	return choice == CORC_RLIMITS_ALL ||
	       (choice == CORC_RLIMITS_NPROC) == (rlimit->type == RLIMIT_NPROC);
}

void corc_raise_rlimits(struct corc_compiler *compiler, enum corc_rlimit_choice choice)
{
	const struct corc_spec_rlimits *rlimits = &compiler->process->rlimits;

	for (size_t i = 0; i < rlimits->count; i++) {
		struct corc_op *op;

		if (!is_chosen(choice, &rlimits->items[i]))
			continue;
		op = corc_builder_op(&compiler->builder, CORC_OP_RLIMIT,
			corc_source(rlimits->items[i].node, "hard"));
		op->rlimit.resource = rlimits->items[i].type;
		op->rlimit.flags = CORC_RLIMIT_RAISE;
		op->rlimit.soft = rlimits->items[i].hard;
		op->rlimit.hard = rlimits->items[i].hard;
	}
}

void corc_add_rlimits(struct corc_compiler *compiler, enum corc_rlimit_choice choice)
{
	const struct corc_spec_rlimits *rlimits = &compiler->process->rlimits;

	for (size_t i = 0; i < rlimits->count; i++) {
		const struct corc_spec_rlimit *rlimit = &rlimits->items[i];
		struct corc_op *op;

		if (!is_chosen(choice, rlimit))
			continue;
		op = corc_builder_op(
			&compiler->builder, CORC_OP_RLIMIT, corc_source(rlimit->node, NULL));
		op->rlimit.resource = rlimit->type;
		op->rlimit.soft = rlimit->soft;
		op->rlimit.hard = rlimit->hard;
	}
}

/* The caller's own terminal, which the container's will be shown on, knows better. */
static void set_console_size(struct corc_compiler *compiler, struct corc_op_console *console)
{
	const struct corc_spec_console_size *size = compiler->process->console_size;

	console->rows = compiler->console_rows;
	console->columns = compiler->console_columns;
	if ((console->rows && console->columns) || !size)
		return;
	console->rows = size->height;
	console->columns = size->width;
}

void corc_add_console(struct corc_compiler *compiler, bool mount)
{
	struct corc_op *op;

	if (!compiler->process->terminal)
		return;
	op = corc_builder_op(
		&compiler->builder, CORC_OP_CONSOLE, process_source(compiler, "terminal"));
	op->console.uid = compiler->process->user.uid;
	/* The group is that of the devpts (gid=5), which lets write(1) and others in. */
	op->console.gid = UINT32_MAX;
	op->console.mount = mount;
	set_console_size(compiler, &op->console);
	compiler->plan->terminal = true;
}

void corc_add_session(struct corc_compiler *compiler)
{
	corc_add_plain(compiler, CORC_OP_SESSION, process_source(compiler, NULL));
	if (compiler->process->terminal)
		corc_add_plain(compiler, CORC_OP_CONTROLLING_TERMINAL,
			process_source(compiler, "terminal"));
}

void corc_add_visible(struct corc_compiler *compiler, bool gate)
{
	struct corc_op *op = corc_builder_op(
		&compiler->builder, CORC_OP_CLONE_VISIBLE, process_source(compiler, NULL));

	op->clone_visible.gate = gate;
	compiler->plan->clones = true;
	corc_add_session(compiler);
	corc_add_rlimits(compiler, CORC_RLIMITS_NPROC);
}

/* The name of a variable. */
static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

static uint32_t hash_name(const char *variable, size_t length)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)variable[i]) * 16777619u;
	return hash;
}

/* Puts the variable into a table of 2^n places; false when one of that name is there. */
static bool remember(const char **table, size_t size, const char *variable)
{
	size_t length = name_length(variable);
	size_t at = hash_name(variable, length) & (size - 1);

	for (; table[at]; at = (at + 1) & (size - 1))
		if (name_length(table[at]) == length && memcmp(table[at], variable, length) == 0)
			return false;
	table[at] = variable;
	return true;
}

/* Of variables given twice the last counts, and stands where that stood. */
static int remove_duplicates(struct corc_compiler *compiler, const struct corc_string_array *env,
	struct corc_string_array *ret_result)
{
	size_t size = 16, next = env->count;
	const char **table, **items;

	while (size < 2 * env->count)
		size *= 2;
	table = corc_arena_array(compiler->arena, size, sizeof(*table));
	items = corc_arena_array(compiler->arena, env->count + 1, sizeof(*items));
	if (!table || !items)
		return -ENOMEM;
	for (size_t i = env->count; i-- > 0;)
		if (remember(table, size, env->items[i]))
			items[--next] = env->items[i];
	ret_result->items = items + next;
	ret_result->count = env->count - next;
	return 0;
}

static void add_list(struct corc_compiler *compiler, enum corc_op_kind kind, const char *key,
	const struct corc_string_array *list)
{
	struct corc_op *op =
		corc_builder_op(&compiler->builder, kind, process_source(compiler, key));

	op->list.items = corc_builder_list(&compiler->builder, list->items, list->count);
	op->list.count = (uint32_t)list->count;
}

/* The variables of the configuration, and behind them those that the caller adds. */
static int join_environment(struct corc_compiler *compiler, struct corc_string_array *ret_joined)
{
	const struct corc_string_array *own = &compiler->process->env, *more;
	const char **items;

	*ret_joined = *own;
	if (!compiler->input || compiler->input->environment.count == 0)
		return 0;
	more = &compiler->input->environment;
	items = corc_arena_array(compiler->arena, own->count + more->count, sizeof(*items));
	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < own->count; i++)
		items[i] = own->items[i];
	for (size_t i = 0; i < more->count; i++)
		items[own->count + i] = more->items[i];
	ret_joined->items = items;
	ret_joined->count += more->count;
	return 0;
}

static void add_environment(struct corc_compiler *compiler)
{
	struct corc_string_array joined = {0}, environment = {0};

	if (join_environment(compiler, &joined) < 0 ||
		remove_duplicates(compiler, &joined, &environment) < 0)
		compiler->builder.code = ENOMEM;
	add_list(compiler, CORC_OP_ENVIRONMENT, "env", &environment);
}

static void add_filter(struct corc_compiler *compiler)
{
	const struct corc_plan *plan = compiler->plan;
	struct corc_op_source source = process_source(compiler, NULL);
	struct corc_op *op;

	if (compiler->spec && corc_has_raw_filter(compiler->spec))
		source = corc_source(compiler->spec->node, "annotations");
	else if (compiler->spec)
		source = corc_source(compiler->spec->linux_.seccomp->node, NULL);
	op = corc_builder_op(&compiler->builder, CORC_OP_SECCOMP, source);
	op->seccomp.program =
		corc_builder_array(&compiler->builder, plan->seccomp_program, plan->seccomp_size);
	op->seccomp.flags = plan->seccomp_flags;
}

static void add_identity_op(
	struct corc_compiler *compiler, enum corc_op_kind kind, struct corc_op_source source)
{
	corc_builder_op(&compiler->builder, kind, source)->identity = compiler->identity;
}

void corc_add_identity(struct corc_compiler *compiler)
{
	const struct corc_spec_process *process = compiler->process;

	corc_add_execution_domain(compiler);
	/* Before and after: some directories are open to root only, others to the user only. */
	corc_add_path(compiler, CORC_OP_CHDIR, process_source(compiler, "cwd"), process->cwd);
	add_identity_op(compiler, CORC_OP_IDENTITY, process_source(compiler, "user"));
	corc_add_path(compiler, CORC_OP_CHDIR, process_source(compiler, "cwd"), process->cwd);
	add_environment(compiler);
	corc_builder_op(&compiler->builder, CORC_OP_HOME, process_source(compiler, "env"))
		->home.uid = process->user.uid;
	add_list(compiler, CORC_OP_LOOKUP, "args", &process->args);
	if (!compiler->plan->seccomp_program ||
		(process->no_new_privileges && !compiler->plan->listener_path))
		return;
	add_filter(compiler);
	if (process->no_new_privileges)
		return;
	compiler->identity.flags &= ~(uint32_t)CORC_IDENTITY_KEEP_SYS_ADMIN;
	add_identity_op(compiler, CORC_OP_DROP_SYS_ADMIN, process_source(compiler, "capabilities"));
}

void corc_add_last_filter(struct corc_compiler *compiler)
{
	if (compiler->plan->seccomp_program && compiler->process->no_new_privileges &&
		!compiler->plan->listener_path)
		add_filter(compiler);
}
