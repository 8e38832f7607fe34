/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ops in words. Layer: plan; the parent process only. A text is followed by ": CAUSE" in errors, so
 * it names the action and the object, as people say it.
 */
#include "sys/mount.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "plan/capabilities.h"
#include "plan/compile.h"
#include "plan/mount_options.h"
#include "plan/namespaces.h"

struct description {
	const struct corc_plan_header *plan;
	const struct corc_op *op;
	struct corc_buffer *buffer;
};

/* On one line, whatever a configuration has in it. */
static void put_text(struct corc_buffer *buffer, const char *text)
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

static void put(const struct description *to, const char *text)
{
	corc_buffer_puts(to->buffer, text);
}

static void put_ref(const struct description *to, struct corc_ref ref)
{
	put_text(to->buffer, corc_plan_data(to->plan, ref));
}

static const char *namespace_name(uint64_t flag)
{
	for (size_t i = 0; i < CORC_NAMESPACE_COUNT; i++)
		if (corc_namespaces[i].flag == flag)
			return corc_namespaces[i].name;
	return "unknown";
}

static void describe_join(const struct description *to)
{
	corc_buffer_printf(
		to->buffer, "join %s namespace", namespace_name(to->op->join.type));
}

static void describe_setns(const struct description *to)
{
	put(to, "enter namespaces: ");
	corc_namespaces_put(to->op->setns.types, to->buffer);
}

static void put_limit(const struct description *to, uint64_t limit)
{
	if (limit == UINT64_MAX)
		put(to, "unlimited");
	else
		corc_buffer_printf(to->buffer, "%llu", (unsigned long long)limit);
}

static void describe_rlimit(const struct description *to)
{
	static const char *const names[RLIM_NLIMITS] = {
		[RLIMIT_AS] = "RLIMIT_AS",
		[RLIMIT_CORE] = "RLIMIT_CORE",
		[RLIMIT_CPU] = "RLIMIT_CPU",
		[RLIMIT_DATA] = "RLIMIT_DATA",
		[RLIMIT_FSIZE] = "RLIMIT_FSIZE",
		[RLIMIT_LOCKS] = "RLIMIT_LOCKS",
		[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",
		[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE",
		[RLIMIT_NICE] = "RLIMIT_NICE",
		[RLIMIT_NOFILE] = "RLIMIT_NOFILE",
		[RLIMIT_NPROC] = "RLIMIT_NPROC",
		[RLIMIT_RSS] = "RLIMIT_RSS",
		[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",
		[RLIMIT_RTTIME] = "RLIMIT_RTTIME",
		[RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
		[RLIMIT_STACK] = "RLIMIT_STACK",
	};
	const struct corc_op_rlimit *rlimit = &to->op->rlimit;
	bool is_known = rlimit->resource < RLIM_NLIMITS && names[rlimit->resource];
	const char *name = is_known ? names[rlimit->resource] : "rlimit";

	if (rlimit->flags & CORC_RLIMIT_RAISE) {
		corc_buffer_printf(to->buffer, "raise %s to ", name);
		put_limit(to, rlimit->hard);
		return;
	}
	corc_buffer_printf(to->buffer, "set %s to ", name);
	put_limit(to, rlimit->soft);
	put(to, ", hard ");
	put_limit(to, rlimit->hard);
}

static void describe_clone(const struct description *to)
{
	if (!to->op->clone.flags) {
		put(to, "clone into the pid namespace");
		return;
	}
	put(to, "clone with new namespaces: ");
	corc_namespaces_put(to->op->clone.flags, to->buffer);
}

static void describe_map_ids(const struct description *to)
{
	corc_buffer_printf(to->buffer, "become %u:%u in the user namespace",
		to->op->map_ids.uid, to->op->map_ids.gid);
}

static void describe_unshare(const struct description *to)
{
	put(to, "new namespaces: ");
	corc_namespaces_put(to->op->unshare.flags, to->buffer);
}

/* The lines of the text, as one. */
static void describe_time_offsets(const struct description *to)
{
	const char *text = corc_plan_data(to->plan, to->op->time_offsets.text);

	put(to, "new namespaces: time");
	for (const char *separator = " ("; *text; separator = ", ") {
		size_t length = strcspn(text, "\n");

		put(to, separator);
		corc_buffer_append(to->buffer, text, length);
		text += length + (text[length] == '\n');
		if (!*text)
			put(to, ")");
	}
}

static void put_propagation(const struct description *to, uint64_t flags)
{
	const char *name = corc_propagation_name(flags);

	put(to, name ? name : "unknown");
}

static void describe_propagation(const struct description *to)
{
	put(to, "make / ");
	put_propagation(to, to->op->propagation.flags);
}

static void describe_rootfs(const struct description *to)
{
	put(to, "root file system ");
	put_ref(to, to->op->rootfs.path);
	if (!to->op->rootfs.propagation)
		return;
	put(to, " (");
	put_propagation(to, to->op->rootfs.propagation);
	put(to, ")");
}

static void describe_mount(const struct description *to)
{
	const struct corc_op_mount *mount = &to->op->mount;
	struct corc_buffer CORC_BUFFER options = {0};
	const char *data = corc_plan_data(to->plan, mount->data);

	put(to, "mount ");
	put_ref(to, mount->fstype);
	put(to, " on ");
	put_ref(to, mount->destination);
	corc_mount_attributes_put(mount->attr_set, &options);
	if (mount->propagation)
		corc_buffer_printf(&options, "%s%s", options.length ? "," : "",
			corc_propagation_name(mount->propagation));
	for (const char *at = data; at < data + mount->data.length; at += strlen(at) + 1) {
		corc_buffer_puts(&options, options.length ? "," : "");
		put_text(&options, at);
	}
	if (options.length)
		corc_buffer_printf(to->buffer, " (%s)", options.data);
	to->buffer->failed |= options.failed;
}

static void describe_attach(const struct description *to)
{
	put(to, "bind ");
	put_ref(to, to->op->attach.source);
	put(to, " on ");
	put_ref(to, to->op->attach.destination);
	if (!to->op->attach.options.length)
		return;
	put(to, " (");
	put_ref(to, to->op->attach.options);
	put(to, ")");
}

static void describe_device(const struct description *to)
{
	const struct corc_op_device *device = &to->op->device;

	put(to, "device ");
	put_ref(to, device->path);
	if (S_ISFIFO(device->mode))
		put(to, " (p");
	else
		corc_buffer_printf(to->buffer, " (%c %u:%u", S_ISBLK(device->mode) ? 'b' : 'c',
			device->major, device->minor);
	corc_buffer_printf(to->buffer, ", mode %04o", device->mode & 07777);
	if (device->uid || device->gid)
		corc_buffer_printf(to->buffer, ", owner %u:%u", device->uid, device->gid);
	put(to, ")");
}

static void describe_symlink(const struct description *to)
{
	put(to, "link ");
	put_ref(to, to->op->symlink.path);
	put(to, " to ");
	put_ref(to, to->op->symlink.target);
}

static void describe_console(const struct description *to)
{
	put(to, to->op->console.mount ? "console on /dev/console" : "console");
	corc_buffer_printf(to->buffer, " for user %u", to->op->console.uid);
}

static void describe_hostname(const struct description *to)
{
	put(to, "hostname ");
	put_ref(to, to->op->text.text);
}

static void describe_sysctl(const struct description *to)
{
	put(to, "sysctl ");
	put_ref(to, to->op->sysctl.key);
	put(to, "=");
	put_ref(to, to->op->sysctl.value);
}

/* "%s" of the table below stands for the path. */
static void put_with_path(const struct description *to, const char *before, const char *after)
{
	put(to, before);
	put_ref(to, to->op->path.path);
	put(to, after);
}

static void describe_mount_readonly(const struct description *to)
{
	put_with_path(to, "make mount ", " read-only");
}

static void describe_mask(const struct description *to)
{
	put_with_path(to, "mask ", "");
}

static void describe_readonly(const struct description *to)
{
	put_with_path(to, "make ", " read-only");
}

static void describe_chroot(const struct description *to)
{
	put_with_path(to, "change root to ", "");
}

static void describe_make_cwd(const struct description *to)
{
	put_with_path(to, "make cwd (\"", "\")");
}

static void describe_chdir(const struct description *to)
{
	put_with_path(to, "chdir to cwd (\"", "\")");
}

static void put_capabilities(const struct description *to)
{
	const struct corc_op_identity *identity = &to->op->identity;
	const struct {
		const char *name;
		uint64_t mask;
	} sets[] = {
		{"bounding", identity->bounding},
		{"effective", identity->effective},
		{"permitted", identity->permitted},
		{"inheritable", identity->inheritable},
		{"ambient", identity->ambient},
	};
	bool is_usual = !identity->inheritable && !identity->ambient &&
			identity->bounding == identity->permitted &&
			identity->effective == identity->permitted;

	if (is_usual) {
		put(to, ", capabilities ");
		corc_capabilities_put(
			identity->permitted, identity->last_capability, to->buffer);
		return;
	}
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		corc_buffer_printf(to->buffer, ", %s ", sets[i].name);
		corc_capabilities_put(sets[i].mask, identity->last_capability, to->buffer);
	}
}

static void describe_identity(const struct description *to)
{
	const struct corc_op_identity *identity = &to->op->identity;
	const char *groups = corc_plan_data(to->plan, identity->groups);

	corc_buffer_printf(to->buffer, "user %u:%u", identity->uid, identity->gid);
	for (uint32_t at = 0; at < identity->groups.length; at += sizeof(uint32_t)) {
		uint32_t group;

		memcpy(&group, groups + at, sizeof(group));
		corc_buffer_printf(to->buffer, "%s%u", at ? "," : ", groups ", group);
	}
	if (identity->flags & CORC_IDENTITY_KEEP_GROUPS)
		put(to, ", groups kept");
	put_capabilities(to);
	corc_buffer_printf(to->buffer, ", umask %04o", identity->umask);
	if (identity->flags & CORC_IDENTITY_NO_NEW_PRIVILEGES)
		put(to, ", no new privileges");
}

static void describe_environment(const struct description *to)
{
	uint32_t count = to->op->list.count;

	corc_buffer_printf(to->buffer, "environment of %u variable%s", count, count == 1 ? "" : "s");
}

static void describe_home(const struct description *to)
{
	corc_buffer_printf(to->buffer, "home directory of user %u", to->op->home.uid);
}

static void put_program(const struct description *to, const char *before, struct corc_ref arguments)
{
	put(to, before);
	put_text(to->buffer, corc_plan_data(to->plan, arguments));
	put(to, "\"");
}

static void describe_lookup(const struct description *to)
{
	put_program(to, "exec: \"", to->op->list.items);
}

static void describe_seccomp(const struct description *to)
{
	corc_buffer_printf(to->buffer, "seccomp filter of %u instructions",
		to->op->seccomp.program.length / 8);
}

static void describe_clone_visible(const struct description *to)
{
	put(to, "clone the process");
	if (to->op->clone_visible.gate)
		put(to, ", wait for its cgroup");
}

/* The program is that of the lookup. */
static void describe_exec(const struct description *to)
{
	for (const struct corc_op *op = to->op; op >= corc_plan_ops(to->plan); op--) {
		if (op->kind != CORC_OP_LOOKUP)
			continue;
		put_program(to, "exec \"", op->list.items);
		return;
	}
	put(to, "exec");
}

struct row {
	enum corc_step step;
	const char *text; /* of an op without members */
	void (*describe)(const struct description *to);
};

static const struct row rows[CORC_OP_MAX_] = {
	[CORC_OP_JOIN] = {CORC_STEP_NAMESPACES, NULL, describe_join},
	[CORC_OP_SETNS] = {CORC_STEP_NAMESPACES, NULL, describe_setns},
	[CORC_OP_RLIMIT] = {CORC_STEP_IDENTITY, NULL, describe_rlimit},
	[CORC_OP_CLONE] = {CORC_STEP_NAMESPACES, NULL, describe_clone},
	[CORC_OP_MAP_IDS] = {CORC_STEP_NAMESPACES, NULL, describe_map_ids},
	[CORC_OP_WAIT_PLACED] = {CORC_STEP_CGROUP, "wait for the cgroup", NULL},
	[CORC_OP_UNSHARE] = {CORC_STEP_NAMESPACES, NULL, describe_unshare},
	[CORC_OP_TIME_OFFSETS] = {CORC_STEP_NAMESPACES, NULL, describe_time_offsets},
	[CORC_OP_PROPAGATION] = {CORC_STEP_MOUNTS, NULL, describe_propagation},
	[CORC_OP_ROOTFS] = {CORC_STEP_MOUNTS, NULL, describe_rootfs},
	[CORC_OP_MOUNT] = {CORC_STEP_MOUNTS, NULL, describe_mount},
	[CORC_OP_ATTACH] = {CORC_STEP_MOUNTS, NULL, describe_attach},
	[CORC_OP_MOUNT_READONLY] = {CORC_STEP_MOUNTS, NULL, describe_mount_readonly},
	[CORC_OP_DEVICE] = {CORC_STEP_DEVICES, NULL, describe_device},
	[CORC_OP_SYMLINK] = {CORC_STEP_DEVICES, NULL, describe_symlink},
	[CORC_OP_CONSOLE] = {CORC_STEP_CONSOLE, NULL, describe_console},
	[CORC_OP_HOSTNAME] = {CORC_STEP_NAMESPACES, NULL, describe_hostname},
	[CORC_OP_PROC] = {CORC_STEP_MOUNTS, "procfs for sysctls", NULL},
	[CORC_OP_SYSCTL] = {CORC_STEP_NAMESPACES, NULL, describe_sysctl},
	[CORC_OP_MASK] = {CORC_STEP_MOUNTS, NULL, describe_mask},
	[CORC_OP_READONLY] = {CORC_STEP_MOUNTS, NULL, describe_readonly},
	[CORC_OP_ROOT_READONLY] = {CORC_STEP_MOUNTS, "make / read-only", NULL},
	[CORC_OP_PIVOT] = {CORC_STEP_MOUNTS, "pivot root", NULL},
	[CORC_OP_CHROOT] = {CORC_STEP_MOUNTS, NULL, describe_chroot},
	[CORC_OP_SESSION] = {CORC_STEP_IDENTITY, "new session", NULL},
	[CORC_OP_CONTROLLING_TERMINAL] = {CORC_STEP_CONSOLE, "controlling terminal", NULL},
	[CORC_OP_MAKE_CWD] = {CORC_STEP_MOUNTS, NULL, describe_make_cwd},
	[CORC_OP_IDENTITY] = {CORC_STEP_IDENTITY, NULL, describe_identity},
	[CORC_OP_CHDIR] = {CORC_STEP_EXEC, NULL, describe_chdir},
	[CORC_OP_ENVIRONMENT] = {CORC_STEP_EXEC, NULL, describe_environment},
	[CORC_OP_HOME] = {CORC_STEP_EXEC, NULL, describe_home},
	[CORC_OP_LOOKUP] = {CORC_STEP_EXEC, NULL, describe_lookup},
	[CORC_OP_SECCOMP] = {CORC_STEP_SECCOMP, NULL, describe_seccomp},
	[CORC_OP_DROP_SYS_ADMIN] = {CORC_STEP_IDENTITY, "drop CAP_SYS_ADMIN", NULL},
	[CORC_OP_READY] = {CORC_STEP_EXEC, "report ready", NULL},
	[CORC_OP_WAIT_START] = {CORC_STEP_EXEC, "wait for start", NULL},
	[CORC_OP_CLONE_VISIBLE] = {CORC_STEP_NAMESPACES, NULL, describe_clone_visible},
	[CORC_OP_EXEC] = {CORC_STEP_EXEC, NULL, describe_exec},
};

enum corc_step corc_op_step(uint32_t kind)
{
	return kind < CORC_OP_MAX_ ? rows[kind].step : CORC_STEP_NONE;
}

void corc_op_describe(const struct corc_plan_header *plan, const struct corc_op *op,
	struct corc_buffer *buffer)
{
	const struct description to = {plan, op, buffer};
	const struct row *row = &rows[op->kind];

	if (row->text)
		corc_buffer_puts(buffer, row->text);
	else
		row->describe(&to);
}
