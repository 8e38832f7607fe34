/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts that could not be made, in words. Layer: run; the parent process. */
#include <errno.h>
#include <linux/sched.h>
#include <string.h>

#include "run/conductor.h"

/* The option number `index` of a mount's list. */
static const char *option_text(
	const struct corc_plan_header *wire, const struct corc_op *op, uint64_t index)
{
	struct corc_ref list = op->kind == CORC_OP_MOUNT ? op->mount.data : op->remount.data;
	const char *at = corc_plan_data(wire, list);
	const char *end = at + list.length;

	for (; at < end && index > 0; index--)
		at += strlen(at) + 1;
	return at < end ? at : "?";
}

static bool has_user_namespace(const struct corc_plan_header *wire)
{
	const struct corc_op *ops = corc_plan_ops(wire);

	for (uint32_t i = 0; i < wire->op_count; i++)
		if ((ops[i].kind == CORC_OP_CLONE && (ops[i].clone.flags & CLONE_NEWUSER)) ||
			(ops[i].kind == CORC_OP_JOIN && ops[i].join.type == CLONE_NEWUSER))
			return true;
	return false;
}

/* What the kernel wants of a user namespace before it mounts these. */
static void hint_filesystem(
	const struct corc_plan_header *wire, const struct corc_op *op, struct corc_error *error)
{
	static const struct {
		const char *type, *hint;
	} hints[] = {
		{"sysfs",
			"in a user namespace it needs a network namespace that is new or belongs to it; without one bind the host's /sys"},
		{"proc",
			"in a user namespace it needs a pid namespace that is new or belongs to it, and a /proc outside that nothing covers"},
		{"mqueue",
			"in a user namespace it needs an ipc namespace that is new or belongs to it"},
		{"cgroup",
			"in a user namespace it needs a cgroup namespace that is new or belongs to it"},
		{"cgroup2",
			"in a user namespace it needs a cgroup namespace that is new or belongs to it"},
	};
	const char *type = corc_plan_data(wire, op->mount.fstype);

	if (!has_user_namespace(wire))
		return;
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strcmp(type, hints[i].type) == 0)
			(void)corc_error_hint(error, "%s", hints[i].hint);
}

static bool is_about_filesystem(const struct corc_op *op, const struct corc_message *message)
{
	if (op->kind != CORC_OP_MOUNT && op->kind != CORC_OP_REMOUNT)
		return false;
	switch (message->detail) {
	case CORC_DETAIL_NONE:
	case CORC_DETAIL_OPTION:
	case CORC_DETAIL_COPY_UP:
		return true;
	case CORC_DETAIL_FILESYSTEM:
		/* The kernel knows the type. */
		return message->code == EPERM;
	default:
		return false;
	}
}

static int explain_filesystem(const struct corc_plan_header *wire, const struct corc_op *op,
	const char *text, const struct corc_message *message, struct corc_error *error)
{
	char file[4 * sizeof(message->text) + 8];

	if (message->detail == CORC_DETAIL_OPTION)
		return corc_fail_errno(error, message->code, "%s: option \"%s\"", text,
			option_text(wire, op, message->value));
	if (message->detail == CORC_DETAIL_COPY_UP) {
		corc_message_text(message, file, sizeof(file));
		return corc_fail_errno(error, message->code, "%s: copying %s", text, file);
	}
	(void)corc_fail_errno(error, message->code, "%s", text);
	if (op->kind == CORC_OP_MOUNT && message->code == EPERM)
		hint_filesystem(wire, op, error);
	return -error->code;
}

/* `text` is what is no directory: the destination, or something on the way to it. */
static int hint_not_directory(const struct corc_plan_header *wire, const struct corc_op *op,
	const struct corc_message *message, struct corc_error *error)
{
	bool is_mount = op->kind == CORC_OP_MOUNT;
	const char *destination =
		corc_plan_data(wire, is_mount ? op->mount.destination : op->attach.destination);
	char obstacle[4 * sizeof(message->text) + 8];

	corc_message_text(message, obstacle, sizeof(obstacle));
	if (*obstacle && strncmp(destination, message->text, sizeof(message->text) - 1) != 0)
		return corc_error_hint(error, "%s on the way is a file", obstacle);
	return corc_error_hint(
		error, is_mount ? "the destination is a file"
				: "the source is a directory and the destination a file");
}

/* A mount point that is not what it has to be, or is not there and cannot be made. */
static int explain_destination(const struct corc_plan_header *wire, const struct corc_op *op,
	const char *words, const struct corc_message *message, struct corc_error *error)
{
	int code = message->code;

	/* The kernel has one errno for both ways round, and clients know that one. */
	if (code == EISDIR)
		return corc_fail_errno(error, ENOTDIR,
			"%s: the source is a file and the destination a directory", words);
	(void)corc_fail_errno(error, code, "%s: destination", words);
	if (code == ENOTDIR && (op->kind == CORC_OP_MOUNT || op->kind == CORC_OP_ATTACH))
		return hint_not_directory(wire, op, message, error);
	if (code == EROFS)
		return corc_error_hint(error,
			"it is not there and cannot be made: the rootfs itself is read-only");
	return -code;
}

bool corc_is_about_mount(const struct corc_op *op, const struct corc_message *message)
{
	return message->detail == CORC_DETAIL_TARGET || is_about_filesystem(op, message);
}

int corc_explain_mount(const struct corc_plan_header *wire, const struct corc_op *op,
	const char *words, const struct corc_message *message, struct corc_error *error)
{
	return message->detail == CORC_DETAIL_TARGET
		       ? explain_destination(wire, op, words, message, error)
		       : explain_filesystem(wire, op, words, message, error);
}
