/* SPDX-License-Identifier: Apache-2.0 */
/* The process of an exec. Layer: run; the parent process. */
#include "run/exec_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"

static int no_memory(struct corc_error *error)
{
	return corc_fail_errno(error, ENOMEM, "the process to execute");
}

/* *array + items (NULL-terminated, may be NULL), in a new place. */
static int append(struct corc_arena *arena, struct corc_string_array *array,
	const char *const *items, struct corc_error *error)
{
	size_t more = 0;

	while (items && items[more])
		more++;
	if (more == 0)
		return 0;
	const char **joined = corc_arena_array(arena, array->count + more + 1, sizeof(char *));

	if (!joined)
		return no_memory(error);
	if (array->count > 0)
		memcpy(joined, array->items, array->count * sizeof(char *));
	memcpy(joined + array->count, items, more * sizeof(char *));
	array->items = joined;
	array->count += more;
	return 0;
}

static int add_groups(struct corc_arena *arena, struct corc_u32_array *array,
	const struct corc_exec_options *options, struct corc_error *error)
{
	size_t more = options->additional_gid_count;

	if (more == 0)
		return 0;
	uint32_t *joined = corc_arena_array(arena, array->count + more, sizeof(uint32_t));

	if (!joined)
		return no_memory(error);
	if (array->count > 0)
		memcpy(joined, array->items, array->count * sizeof(uint32_t));
	memcpy(joined + array->count, options->additional_gids, more * sizeof(uint32_t));
	array->items = joined;
	array->count += more;
	return 0;
}

/* As runc: into bounding, effective and permitted; ambient only where there are inheritable. */
static int add_capabilities(struct corc_arena *arena, struct corc_spec_process *process,
	const char *const *names, struct corc_error *error)
{
	static const enum corc_capability_set sets[] = {
		CORC_CAPS_BOUNDING, CORC_CAPS_EFFECTIVE, CORC_CAPS_PERMITTED, CORC_CAPS_AMBIENT};
	int r = 0;

	if (!names || !names[0])
		return 0;
	struct corc_spec_capabilities *copy = corc_arena_alloc(arena, sizeof(*copy));

	if (!copy)
		return no_memory(error);
	if (process->capabilities)
		*copy = *process->capabilities;
	process->capabilities = copy;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]) && r == 0; i++) {
		if (sets[i] == CORC_CAPS_AMBIENT && copy->sets[CORC_CAPS_INHERITABLE].count == 0)
			continue;
		r = append(arena, &copy->sets[sets[i]], names, error);
	}
	return r;
}

static int change_user(
	struct corc_spec_process *process, const char *user, struct corc_error *error)
{
	uint32_t uid, gid;
	int has_gid = 0;

	if (!user)
		return 0;
	if (corc_parse_user(user, &uid, &gid, &has_gid) < 0)
		return corc_fail(error, EINVAL,
			"user \"%s\": expected UID or UID:GID, numbers from 0 to %u", user,
			CORC_ID_MAX);
	process->user.uid = uid;
	if (has_gid)
		process->user.gid = gid;
	return 0;
}

static int check_environment(const char *const *entries, struct corc_error *error)
{
	for (size_t i = 0; entries && entries[i]; i++) {
		const char *equals = strchr(entries[i], '=');

		if (!equals || equals == entries[i])
			return corc_fail(error, EINVAL,
				"invalid environment variable: missing \"=\" or name: \"%s\"",
				entries[i]);
	}
	return 0;
}

static int change_label(
	const char **label, const char *wanted, const char *option, struct corc_error *error)
{
	const char *problem;

	if (!wanted || !*wanted)
		return 0;
	problem = corc_spec_label_problem(wanted);
	if (problem)
		return corc_fail(error, EINVAL, "%s %s", option, problem);
	*label = wanted;
	return 0;
}

static int from_options(struct corc_arena *arena, const struct corc_exec_options *options,
	const struct corc_exec_base *base, struct corc_spec_process *process,
	struct corc_error *error)
{
	int r;

	*process = base->process;
	process->terminal = options->tty;
	process->args = (struct corc_string_array){0};
	r = append(arena, &process->args, options->args, error);
	if (r == 0 && process->args.count == 0)
		r = corc_fail(error, EINVAL, "args must not be empty");
	if (r == 0)
		r = check_environment(options->env, error);
	if (r == 0)
		r = append(arena, &process->env, options->env, error);
	if (r == 0)
		r = change_user(process, options->user, error);
	if (r == 0)
		r = add_groups(arena, &process->user.additional_gids, options, error);
	if (r == 0)
		r = add_capabilities(arena, process, options->capabilities, error);
	if (r == 0)
		r = change_label(
			&process->apparmor_profile, options->apparmor, "--apparmor", error);
	if (r == 0)
		r = change_label(
			&process->selinux_label, options->process_label, "--process-label", error);
	if (r < 0)
		return r;
	if (options->no_new_privileges)
		process->no_new_privileges = true;
	if (options->cwd) {
		if (options->cwd[0] != '/')
			return corc_fail(error, EINVAL, "Cwd must be an absolute path: \"%s\"",
				options->cwd);
		process->cwd = options->cwd;
	}
	return 0;
}

static int from_file(struct corc_arena *arena, const struct corc_exec_options *options,
	const struct corc_exec_base *base, struct corc_exec_process *made, struct corc_error *error)
{
	const char *slash = strrchr(options->process_file, '/');
	struct corc_spec_process *parsed = NULL;
	size_t length = 0;
	/* A pipe of the caller's shell is one, too. */
	int CORC_CLOSE fd = open(options->process_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : corc_read_stream(fd, CORC_CONFIG_MAX, &made->text, &length);

	if (r < 0)
		return corc_fail_errno(error, -r, "process file %s", options->process_file);
	made->file_document = (struct corc_json_document){
		.arena = arena, .file = slash ? slash + 1 : options->process_file};
	r = corc_spec_parse_process(&made->file_document, made->text, length, &parsed, error);
	if (r < 0)
		return r;
	made->process = *parsed;
	made->process.terminal = parsed->terminal || options->tty;
	/* What a container may weigh does not depend on who starts a process in it. */
	if (!made->process.oom_score_adj)
		made->process.oom_score_adj = base->process.oom_score_adj;
	/* Nor who confines it. */
	if (!made->process.apparmor_profile)
		made->process.apparmor_profile = base->process.apparmor_profile;
	if (!made->process.selinux_label)
		made->process.selinux_label = base->process.selinux_label;
	made->document = &made->file_document;
	return 0;
}

int corc_exec_process_make(struct corc_arena *arena, const struct corc_exec_options *options,
	const struct corc_exec_base *base, struct corc_exec_process *ret_process,
	struct corc_error *error)
{
	if (options->process_file)
		return from_file(arena, options, base, ret_process, error);
	return from_options(arena, options, base, &ret_process->process, error);
}

void corc_exec_process_done(struct corc_exec_process *process)
{
	free(process->text);
	process->text = NULL;
}
