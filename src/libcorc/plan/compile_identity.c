/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.user and process.capabilities. Layer: plan; the parent process only.
 */
#include <errno.h>
#include <string.h>

#include "plan/compiler.h"

#define DEFAULT_UMASK 0022

static const char *const set_keys[CORC_CAPS_COUNT] = {
	[CORC_CAPS_BOUNDING] = "bounding",
	[CORC_CAPS_EFFECTIVE] = "effective",
	[CORC_CAPS_INHERITABLE] = "inheritable",
	[CORC_CAPS_PERMITTED] = "permitted",
	[CORC_CAPS_AMBIENT] = "ambient",
};

/* Whether a set before this one has the name too: then it was warned of already. */
static bool is_known(
	const struct corc_spec_capabilities *capabilities, size_t set, const char *name)
{
	for (size_t i = 0; i < set; i++)
		for (size_t k = 0; k < capabilities->sets[i].count; k++)
			if (strcmp(capabilities->sets[i].items[k], name) == 0)
				return true;
	return false;
}

/* In a user namespace other than the caller's everything is there to give. */
uint64_t corc_available_capabilities(const struct corc_compiler *compiler)
{
	uint64_t all = UINT64_MAX >> (63 - compiler->host->last_capability);

	if (corc_has_namespace(compiler, CORC_NAMESPACE_USER))
		return all;
	return compiler->host->capabilities & all;
}

static uint64_t read_set(struct corc_compiler *compiler, size_t set)
{
	const struct corc_spec_capabilities *capabilities = compiler->process->capabilities;
	const struct corc_string_array *names = &capabilities->sets[set];
	uint64_t mask = 0;

	for (size_t i = 0; i < names->count; i++) {
		int number = corc_capability_number(names->items[i]);

		if (number >= 0 && (compiler->capabilities & (UINT64_C(1) << number)))
			mask |= UINT64_C(1) << number;
		else if (!is_known(capabilities, set, names->items[i]))
			corc_warn(compiler, corc_source_item(capabilities->node, set_keys[set], i),
				"unknown or unavailable capability %s is ignored", names->items[i]);
	}
	return mask;
}

/* The first name of a set that is in the mask, for messages. */
static size_t find_name(const struct corc_string_array *names, uint64_t mask)
{
	for (size_t i = 0; i < names->count; i++) {
		int number = corc_capability_number(names->items[i]);

		if (number >= 0 && (mask & (UINT64_C(1) << number)))
			return i;
	}
	return 0;
}

/* The kernel refuses it later and does not say which. */
static int check_effective(struct corc_compiler *compiler, const uint64_t masks[CORC_CAPS_COUNT])
{
	const struct corc_spec_capabilities *capabilities = compiler->process->capabilities;
	const struct corc_string_array *names = &capabilities->sets[CORC_CAPS_EFFECTIVE];
	uint64_t beyond = masks[CORC_CAPS_EFFECTIVE] & ~masks[CORC_CAPS_PERMITTED];
	size_t index;

	if (!beyond)
		return 0;
	index = find_name(names, beyond);
	return corc_refuse(compiler,
		corc_source_item(capabilities->node, set_keys[CORC_CAPS_EFFECTIVE], index),
		"%s cannot be effective without being permitted", names->items[index]);
}

/* What the kernel would not raise is left out, as other runtimes do it. */
static void limit_ambient(struct corc_compiler *compiler, uint64_t masks[CORC_CAPS_COUNT])
{
	const struct corc_spec_capabilities *capabilities = compiler->process->capabilities;
	const struct corc_string_array *names = &capabilities->sets[CORC_CAPS_AMBIENT];
	uint64_t allowed = masks[CORC_CAPS_PERMITTED] & masks[CORC_CAPS_INHERITABLE];

	for (size_t i = 0; i < names->count; i++) {
		int number = corc_capability_number(names->items[i]);

		if (number < 0 || !(masks[CORC_CAPS_AMBIENT] & ~allowed & (UINT64_C(1) << number)))
			continue;
		corc_warn(compiler,
			corc_source_item(capabilities->node, set_keys[CORC_CAPS_AMBIENT], i),
			"ambient capability %s is ignored: it is not permitted and inheritable",
			names->items[i]);
	}
	masks[CORC_CAPS_AMBIENT] &= allowed;
}

static int compile_capabilities(struct corc_compiler *compiler)
{
	struct corc_op_identity *identity = &compiler->identity;
	uint64_t masks[CORC_CAPS_COUNT] = {0};
	int r;

	if (!compiler->process->capabilities)
		return 0;
	for (size_t i = 0; i < CORC_CAPS_COUNT; i++)
		masks[i] = read_set(compiler, i);
	r = check_effective(compiler, masks);
	if (r < 0)
		return r;
	limit_ambient(compiler, masks);
	identity->bounding = masks[CORC_CAPS_BOUNDING];
	identity->effective = masks[CORC_CAPS_EFFECTIVE];
	identity->inheritable = masks[CORC_CAPS_INHERITABLE];
	identity->permitted = masks[CORC_CAPS_PERMITTED];
	identity->ambient = masks[CORC_CAPS_AMBIENT];
	return 0;
}

static int compile_groups(struct corc_compiler *compiler, bool groups_denied, bool keep_groups)
{
	const struct corc_spec_user *user = &compiler->process->user;
	const struct corc_u32_array *groups = &user->additional_gids;

	if (groups_denied && !keep_groups && groups->count > 0)
		return corc_refuse(compiler, corc_source(user->node, "additionalGids"),
			"cannot set any additional groups in a rootless container");
	if (groups_denied || keep_groups)
		compiler->identity.flags |= CORC_IDENTITY_KEEP_GROUPS;
	if (keep_groups)
		return 0;
	compiler->identity.groups = corc_builder_array(
		&compiler->builder, groups->items, groups->count * sizeof(*groups->items));
	return 0;
}

int corc_compile_identity(struct corc_compiler *compiler, bool groups_denied, bool keep_groups)
{
	const struct corc_spec_process *process = compiler->process;
	struct corc_op_identity *identity = &compiler->identity;
	int r = compile_groups(compiler, groups_denied, keep_groups);

	if (r == 0)
		r = compile_capabilities(compiler);
	if (r < 0)
		return r;
	identity->uid = process->user.uid;
	identity->gid = process->user.gid;
	identity->umask = process->user.umask ? *process->user.umask : DEFAULT_UMASK;
	if (process->no_new_privileges)
		identity->flags |= CORC_IDENTITY_NO_NEW_PRIVILEGES;
	else if (compiler->plan->seccomp_program)
		identity->flags |= CORC_IDENTITY_KEEP_SYS_ADMIN;
	return 0;
}
