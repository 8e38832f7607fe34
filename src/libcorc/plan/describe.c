/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ops in words. Layer: plan; the parent process only. A text is followed by ": CAUSE" in errors, so
 * it names the action and the object, as people say it.
 */
#include "plan/describe.h"

#include <string.h>

#include "base/utf8.h"
#include "plan/compile.h"
#include "plan/namespaces.h"

/* On one line, whatever a configuration has in it. */
void corc_describe_escaped(struct corc_buffer *buffer, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t step = corc_utf8_length(text, left);
		unsigned char byte = (unsigned char)*text;

		if (step == 0 || byte < 0x20 || byte == 0x7f) {
			corc_buffer_printf(buffer, "\\x%02x", byte);
			step = 1;
		} else {
			corc_buffer_append(buffer, text, step);
		}
		text += step;
		left -= step;
	}
}

void corc_describe_put(const struct corc_description *to, const char *text)
{
	corc_buffer_puts(to->buffer, text);
}

void corc_describe_ref(const struct corc_description *to, struct corc_ref ref)
{
	corc_describe_escaped(to->buffer, corc_plan_data(to->plan, ref));
}

static const char *namespace_name(uint64_t flag)
{
	for (size_t i = 0; i < CORC_NAMESPACE_COUNT; i++)
		if (corc_namespaces[i].flag == flag)
			return corc_namespaces[i].name;
	return "unknown";
}

static void describe_join(const struct corc_description *to)
{
	corc_buffer_printf(to->buffer, "join %s namespace", namespace_name(to->op->join.type));
}

static void describe_setns(const struct corc_description *to)
{
	corc_describe_put(to, "enter namespaces: ");
	corc_namespaces_put(to->op->setns.types, to->buffer);
}

static void describe_clone(const struct corc_description *to)
{
	if (!to->op->clone.flags) {
		corc_describe_put(to, "clone into the pid namespace");
		return;
	}
	corc_describe_put(to, "clone with new namespaces: ");
	corc_namespaces_put(to->op->clone.flags, to->buffer);
}

static void describe_map_ids(const struct corc_description *to)
{
	corc_buffer_printf(to->buffer, "become %u:%u in the user namespace", to->op->map_ids.uid,
		to->op->map_ids.gid);
}

static void describe_unshare(const struct corc_description *to)
{
	corc_describe_put(to, "new namespaces: ");
	corc_namespaces_put(to->op->unshare.flags, to->buffer);
}

/* The lines of the text, as one. */
static void describe_time_offsets(const struct corc_description *to)
{
	const char *text = corc_plan_data(to->plan, to->op->time_offsets.text);

	corc_describe_put(to, "new namespaces: time");
	for (const char *separator = " ("; *text; separator = ", ") {
		size_t length = strcspn(text, "\n");

		corc_describe_put(to, separator);
		corc_buffer_append(to->buffer, text, length);
		text += length + (text[length] == '\n');
		if (!*text)
			corc_describe_put(to, ")");
	}
}

static void describe_net_devices(const struct corc_description *to)
{
	struct corc_ref list = to->op->list.items;
	const char *at = corc_plan_data(to->plan, list);
	const char *end = at + list.length;

	corc_describe_put(to, "wait for network devices: ");
	for (const char *separator = ""; at < end; at += strlen(at) + 1) {
		corc_describe_put(to, separator);
		corc_describe_escaped(to->buffer, at);
		separator = ", ";
	}
}

static void describe_hostname(const struct corc_description *to)
{
	corc_describe_put(to, "hostname ");
	corc_describe_ref(to, to->op->text.text);
}

static void describe_domainname(const struct corc_description *to)
{
	corc_describe_put(to, "domainname ");
	corc_describe_ref(to, to->op->text.text);
}

static void describe_sysctl(const struct corc_description *to)
{
	corc_describe_put(to, "sysctl ");
	corc_describe_ref(to, to->op->sysctl.key);
	corc_describe_put(to, "=");
	corc_describe_ref(to, to->op->sysctl.value);
}

struct row {
	enum corc_step step;
	const char *text; /* of an op without members */
	corc_describe_function *describe;
};

static const struct row rows[CORC_OP_MAX_] = {
	[CORC_OP_AFFINITY] = {CORC_STEP_IDENTITY, NULL, corc_describe_affinity},
	[CORC_OP_OOM_SCORE_ADJ] = {CORC_STEP_IDENTITY, NULL, corc_describe_oom_score_adj},
	[CORC_OP_HOST_PROC] = {CORC_STEP_IDENTITY, "procfs of the host, for labels", NULL},
	[CORC_OP_JOIN] = {CORC_STEP_NAMESPACES, NULL, describe_join},
	[CORC_OP_SETNS] = {CORC_STEP_NAMESPACES, NULL, describe_setns},
	[CORC_OP_RLIMIT] = {CORC_STEP_IDENTITY, NULL, corc_describe_rlimit},
	[CORC_OP_CLONE] = {CORC_STEP_NAMESPACES, NULL, describe_clone},
	[CORC_OP_MAP_IDS] = {CORC_STEP_NAMESPACES, NULL, describe_map_ids},
	[CORC_OP_WAIT_PLACED] = {CORC_STEP_CGROUP, "wait for the cgroup", NULL},
	[CORC_OP_UNSHARE] = {CORC_STEP_NAMESPACES, NULL, describe_unshare},
	[CORC_OP_TIME_OFFSETS] = {CORC_STEP_NAMESPACES, NULL, describe_time_offsets},
	[CORC_OP_NET_DEVICES] = {CORC_STEP_NAMESPACES, NULL, describe_net_devices},
	[CORC_OP_PROPAGATION] = {CORC_STEP_MOUNTS, NULL, corc_describe_propagation},
	[CORC_OP_ROOTFS] = {CORC_STEP_MOUNTS, NULL, corc_describe_rootfs},
	[CORC_OP_MOUNT] = {CORC_STEP_MOUNTS, NULL, corc_describe_mount},
	[CORC_OP_ATTACH] = {CORC_STEP_MOUNTS, NULL, corc_describe_attach},
	[CORC_OP_REMOUNT] = {CORC_STEP_MOUNTS, NULL, corc_describe_remount},
	[CORC_OP_MOUNT_READONLY] = {CORC_STEP_MOUNTS, NULL, corc_describe_mount_readonly},
	[CORC_OP_DEVICE] = {CORC_STEP_DEVICES, NULL, corc_describe_device},
	[CORC_OP_SYMLINK] = {CORC_STEP_DEVICES, NULL, corc_describe_symlink},
	[CORC_OP_CONSOLE] = {CORC_STEP_CONSOLE, NULL, corc_describe_console},
	[CORC_OP_HOSTNAME] = {CORC_STEP_NAMESPACES, NULL, describe_hostname},
	[CORC_OP_DOMAINNAME] = {CORC_STEP_NAMESPACES, NULL, describe_domainname},
	[CORC_OP_PROC] = {CORC_STEP_MOUNTS, "procfs for sysctls", NULL},
	[CORC_OP_SYSCTL] = {CORC_STEP_NAMESPACES, NULL, describe_sysctl},
	[CORC_OP_HOOK_STATE] = {CORC_STEP_HOOKS, "state for the hooks", NULL},
	[CORC_OP_HOOK] = {CORC_STEP_HOOKS, NULL, corc_describe_hook},
	[CORC_OP_MASK] = {CORC_STEP_MOUNTS, NULL, corc_describe_mask},
	[CORC_OP_READONLY] = {CORC_STEP_MOUNTS, NULL, corc_describe_readonly},
	[CORC_OP_ROOT_READONLY] = {CORC_STEP_MOUNTS, "make / read-only", NULL},
	[CORC_OP_UNMOUNT] = {CORC_STEP_MOUNTS, NULL, corc_describe_unmount},
	[CORC_OP_PIVOT] = {CORC_STEP_MOUNTS, "pivot root", NULL},
	[CORC_OP_CHROOT] = {CORC_STEP_MOUNTS, NULL, corc_describe_chroot},
	[CORC_OP_SESSION] = {CORC_STEP_IDENTITY, "new session", NULL},
	[CORC_OP_CONTROLLING_TERMINAL] = {CORC_STEP_CONSOLE, "controlling terminal", NULL},
	[CORC_OP_MAKE_CWD] = {CORC_STEP_MOUNTS, NULL, corc_describe_make_cwd},
	[CORC_OP_LABEL] = {CORC_STEP_IDENTITY, NULL, corc_describe_label},
	[CORC_OP_KEYRING] = {CORC_STEP_IDENTITY, NULL, corc_describe_keyring},
	[CORC_OP_PERSONALITY] = {CORC_STEP_IDENTITY, NULL, corc_describe_personality},
	[CORC_OP_MEMORY_POLICY] = {CORC_STEP_IDENTITY, NULL, corc_describe_memory_policy},
	[CORC_OP_IDENTITY] = {CORC_STEP_IDENTITY, NULL, corc_describe_identity},
	[CORC_OP_CHDIR] = {CORC_STEP_EXEC, NULL, corc_describe_chdir},
	[CORC_OP_ENVIRONMENT] = {CORC_STEP_EXEC, NULL, corc_describe_environment},
	[CORC_OP_HOME] = {CORC_STEP_EXEC, NULL, corc_describe_home},
	[CORC_OP_LOOKUP] = {CORC_STEP_EXEC, NULL, corc_describe_lookup},
	[CORC_OP_SECCOMP] = {CORC_STEP_SECCOMP, NULL, corc_describe_seccomp},
	[CORC_OP_DROP_SYS_ADMIN] = {CORC_STEP_IDENTITY, "drop CAP_SYS_ADMIN", NULL},
	[CORC_OP_READY] = {CORC_STEP_EXEC, "report ready", NULL},
	[CORC_OP_WAIT_START] = {CORC_STEP_EXEC, "wait for start", NULL},
	[CORC_OP_CLONE_VISIBLE] = {CORC_STEP_NAMESPACES, NULL, corc_describe_clone_visible},
	[CORC_OP_EXEC] = {CORC_STEP_EXEC, NULL, corc_describe_exec},
};

enum corc_step corc_op_step(uint32_t kind)
{
	return kind < CORC_OP_MAX_ ? rows[kind].step : CORC_STEP_NONE;
}

void corc_op_describe(
	const struct corc_plan_header *plan, const struct corc_op *op, struct corc_buffer *buffer)
{
	const struct corc_description to = {plan, op, buffer};
	const struct row *row = &rows[op->kind];

	if (row->text)
		corc_buffer_puts(buffer, row->text);
	else
		row->describe(&to);
}
