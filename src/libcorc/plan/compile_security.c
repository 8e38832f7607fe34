/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels of AppArmor and SELinux, and the session keyring. Layer: plan; the parent process only.
 *
 * A label that is asked for and cannot be had is an error: a process without its confinement is
 * not what the configuration describes.
 */
#include <errno.h>
#include <string.h>

#include "plan/compiler.h"
#include "sys/keyring.h"

#define CONTEXT_ANNOTATION "run.oci.mount_context_type"

/* The mount options of SELinux that take a label; the first is what a mount gets. */
static const char *const contexts[] = {"context", "fscontext", "defcontext", "rootcontext"};

#define CONTEXT_COUNT (sizeof(contexts) / sizeof(contexts[0]))

static struct corc_op_source label_source(const struct corc_compiler *compiler, const char *key)
{
	return corc_source(compiler->process->node, key);
}

static int check_profile(struct corc_compiler *compiler, const struct corc_security_facts *facts)
{
	const char *profile = compiler->process->apparmor_profile;
	struct corc_op_source source = label_source(compiler, "apparmorProfile");

	if (!profile)
		return 0;
	if (!facts->apparmor)
		return corc_refuse(compiler, source,
			"apparmor is not enabled: the profile \"%.200s\" cannot be applied",
			profile);
	if (facts->apparmor_profile != CORC_LABEL_BAD)
		return 0;
	(void)corc_refuse(compiler, source, "apparmor profile \"%.200s\" is not loaded", profile);
	return corc_error_hint(compiler->error, "apparmor_parser loads profiles, aa-status lists");
}

static int check_selinux(struct corc_compiler *compiler, const struct corc_security_facts *facts,
	struct corc_op_source source, const char *label, enum corc_label_answer answer)
{
	if (!label)
		return 0;
	if (!facts->selinux)
		return corc_refuse(compiler, source,
			"selinux label is specified in config, but selinux is disabled or not "
			"supported");
	if (answer != CORC_LABEL_BAD)
		return 0;
	return corc_refuse(
		compiler, source, "selinux label \"%.200s\" is not valid in the policy", label);
}

int corc_check_labels(struct corc_compiler *compiler, const struct corc_security_facts *facts)
{
	int r;

	if (!facts || !compiler->process)
		return 0;
	r = check_profile(compiler, facts);
	return r < 0 ? r
		     : check_selinux(compiler, facts, label_source(compiler, "selinuxLabel"),
			       compiler->process->selinux_label, facts->selinux_label);
}

/* Which of the options a mount gets: an annotation of crun's. */
static int read_context_type(struct corc_compiler *compiler, const char **ret_type)
{
	const struct corc_string_map *annotations = &compiler->spec->annotations;
	struct corc_op_source source = corc_source(
		corc_json_find(compiler->document, compiler->spec->node, "annotations", UINT32_MAX),
		CONTEXT_ANNOTATION);

	*ret_type = contexts[0];
	for (size_t i = 0; i < annotations->count; i++) {
		if (strcmp(annotations->keys[i], CONTEXT_ANNOTATION) != 0)
			continue;
		for (size_t k = 0; k < CONTEXT_COUNT; k++) {
			if (strcmp(annotations->values[i], contexts[k]) != 0)
				continue;
			*ret_type = contexts[k];
			return 0;
		}
		return corc_refuse(compiler, source,
			"expected \"context\", \"fscontext\", \"defcontext\" or \"rootcontext\", "
			"found \"%.40s\"",
			annotations->values[i]);
	}
	return 0;
}

int corc_compile_mount_label(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	const struct corc_security_facts *facts = &compiler->host->security;
	const char *type;
	int r = check_selinux(compiler, facts, corc_source(linux_->node, "mountLabel"),
		linux_->mount_label, facts->mount_label);

	if (r < 0 || !linux_->mount_label)
		return r;
	r = read_context_type(compiler, &type);
	if (r < 0)
		return r;
	compiler->mount_context =
		corc_arena_printf(compiler->arena, "%s=%s", type, linux_->mount_label);
	return compiler->mount_context ? 0 : corc_fail_errno(compiler->error, ENOMEM, "mountLabel");
}

/* The configuration itself labels this mount. */
static bool has_context(const struct corc_string_array *data)
{
	for (size_t i = 0; i < data->count; i++)
		for (size_t k = 0; k < CONTEXT_COUNT; k++) {
			size_t length = strlen(contexts[k]);

			if (strncmp(data->items[i], contexts[k], length) == 0 &&
				data->items[i][length] == '=')
				return true;
		}
	return false;
}

const char *corc_label_option(const struct corc_compiler *compiler, const char *fstype,
	const struct corc_string_array *data)
{
	/* The kernel labels these by what it shows in them. */
	bool takes_none = strcmp(fstype, "proc") == 0 || strcmp(fstype, "sysfs") == 0;

	return takes_none || has_context(data) ? NULL : compiler->mount_context;
}

void corc_label_filesystem(struct corc_compiler *compiler, const char *fstype,
	const struct corc_string_array *data, struct corc_op_mount *mount)
{
	struct corc_builder *builder = &compiler->builder;
	const char *option = corc_label_option(compiler, fstype, data);
	const char **items;

	if (!option) {
		mount->data = corc_builder_list(builder, data->items, data->count);
		return;
	}
	if (strcmp(fstype, "mqueue") == 0) {
		mount->data = corc_builder_list(builder, data->items, data->count);
		mount->label = corc_builder_string(builder, compiler->spec->linux_.mount_label);
		return;
	}
	items = corc_arena_array(compiler->arena, data->count + 1, sizeof(*items));
	if (!items) {
		builder->code = ENOMEM;
		return;
	}
	if (data->count > 0)
		memcpy(items, data->items, data->count * sizeof(*items));
	items[data->count] = option;
	mount->data = corc_builder_list(builder, items, data->count + 1);
}

/* Whether there is something to write before the program is executed. */
static bool has_labels(const struct corc_compiler *compiler)
{
	return compiler->process->apparmor_profile || compiler->process->selinux_label;
}

void corc_add_host_proc(struct corc_compiler *compiler)
{
	bool profile = compiler->process->apparmor_profile != NULL;

	if (has_labels(compiler))
		corc_add_plain(compiler, CORC_OP_HOST_PROC,
			label_source(compiler, profile ? "apparmorProfile" : "selinuxLabel"));
}

static void add_label(
	struct corc_compiler *compiler, enum corc_label_use use, const char *key, const char *label)
{
	struct corc_op *op;

	if (!label)
		return;
	op = corc_builder_op(&compiler->builder, CORC_OP_LABEL, label_source(compiler, key));
	op->label.text = corc_builder_string(&compiler->builder, label);
	op->label.use = use;
}

static void add_keyring(struct corc_compiler *compiler, const char *name, bool is_new)
{
	struct corc_op *op;

	if (!name)
		return;
	/* As long as nothing is executed, all keys of this process get it. */
	add_label(compiler, CORC_LABEL_SELINUX_KEYS, "selinuxLabel",
		compiler->process->selinux_label);
	op = corc_builder_op(&compiler->builder, CORC_OP_KEYRING, label_source(compiler, NULL));
	op->keyring.name = corc_builder_string(&compiler->builder, name);
	if (is_new)
		op->keyring.permissions = CORC_KEY_SESSION_DEFAULT | CORC_KEY_USER_SEARCH;
}

void corc_add_security(struct corc_compiler *compiler, const char *keyring, bool is_new)
{
	const struct corc_spec_process *process = compiler->process;

	add_keyring(compiler, keyring, is_new);
	add_label(compiler, CORC_LABEL_APPARMOR_EXEC, "apparmorProfile", process->apparmor_profile);
	add_label(compiler, CORC_LABEL_SELINUX_EXEC, "selinuxLabel", process->selinux_label);
}
