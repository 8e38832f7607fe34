/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stage reports, in words. Layer: run; the parent process. The stage sends numbers only;
 * every text is made here, from the plan.
 */
#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "run/closed.h"
#include "run/conductor.h"

/* Details that are a sentence of their own, after the words for the op. */
static const struct {
	const char *text;
	bool with_errno;
} details[CORC_DETAIL_MAX_] = {
	[CORC_DETAIL_CWD_OUTSIDE] =
		{"current working directory is outside of container mount namespace root -- possible container breakout detected",
			false},
	[CORC_DETAIL_NOT_A_DEVICE] = {"something else is in its place", true},
	[CORC_DETAIL_IN_THE_WAY] = {"something else is in its place", true},
	[CORC_DETAIL_NOT_A_MOUNT] = {"there is no mount", true},
	[CORC_DETAIL_NOT_DEVPTS] = {"/dev/pts/ptmx of the container is no terminal multiplexer",
		true},
	[CORC_DETAIL_INSIDE_PROC] = {"the destination cannot be mounted because it is inside /proc",
		false},
	[CORC_DETAIL_READ_BACK] = {"what was set reads back differently", false},
	[CORC_DETAIL_FILESYSTEM] = {"file system type", true},
	[CORC_DETAIL_PLAN] = {"the plan is damaged", true},
};

void corc_message_text(const struct corc_message *message, char *text, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(message->text) && message->text[i] && at + 5 < size; i++) {
		unsigned char c = (unsigned char)message->text[i];

		if (c == '\r') {
			text[at++] = '\\';
			text[at++] = 'r';
		} else if (c >= 0x20 && c < 0x7f && c != '"') {
			text[at++] = (char)c;
		} else {
			text[at++] = '\\';
			text[at++] = 'x';
			text[at++] = hex[c >> 4];
			text[at++] = hex[c & 15];
		}
	}
	text[at] = '\0';
}

static int explain_interpreter(
	const char *name, const struct corc_message *message, struct corc_error *error)
{
	char interpreter[512];

	corc_message_text(message, interpreter, sizeof(interpreter));
	if (interpreter[0] == '\0')
		return corc_fail_errno(error, message->code,
			"exec: \"%s\": its \"#!\" line names no interpreter", name);
	(void)corc_fail_errno(error, message->code, "exec: \"%s\": interpreter \"%s\" not found",
		name, interpreter);
	if (strstr(interpreter, "\\r"))
		return corc_error_hint(error, "the script has Windows line ends");
	return -error->code;
}

static int hint_closed(
	const char *uid_map, const struct corc_message *message, struct corc_error *error)
{
	char directory[4 * sizeof(message->text) + 8];

	corc_message_text(message, directory, sizeof(directory));
	return corc_closed_hint(directory, "the user of the process",
		CORC_FILE_VALUE_MODE(message->value), CORC_FILE_VALUE_OWNER(message->value),
		uid_map, error);
}

/* Programs: the words that clients match. */
int corc_explain_program(const char *name, const char *uid_map, const struct corc_message *message,
	struct corc_error *error)
{
	int code = message->code;

	switch (message->detail) {
	case CORC_DETAIL_NOT_IN_PATH:
		return corc_fail(error, ENOENT,
			"exec: \"%s\": executable file not found in $PATH: no such file or directory",
			name);
	case CORC_DETAIL_INTERPRETER:
		return explain_interpreter(name, message, error);
	case CORC_DETAIL_MACHINE:
		(void)corc_fail_errno(error, code, "exec: \"%s\"", name);
		return corc_error_hint(error,
			"it is a program for another processor (ELF machine %llu)",
			(unsigned long long)(message->value & 0xffff));
	case CORC_DETAIL_NO_FORMAT:
		(void)corc_fail_errno(error, code, "exec: \"%s\"", name);
		return corc_error_hint(
			error, "it is neither an ELF program nor a script with a \"#!\" line");
	case CORC_DETAIL_NOEXEC_MOUNT:
		(void)corc_fail_errno(error, code, "exec: \"%s\"", name);
		return corc_error_hint(error, "its file system is mounted noexec");
	case CORC_DETAIL_NO_X_BIT:
		(void)corc_fail_errno(error, code, "exec: \"%s\"", name);
		return corc_error_hint(error, "its mode is %04o, its owner user %u",
			CORC_FILE_VALUE_MODE(message->value),
			CORC_FILE_VALUE_OWNER(message->value));
	case CORC_DETAIL_CLOSED:
		(void)corc_fail_errno(error, code, "exec: \"%s\"", name);
		return hint_closed(uid_map, message, error);
	default:
		break;
	}
	if (code == ENOENT && strchr(name, '/'))
		return corc_fail_errno(error, ENOENT, "exec: \"%s\": stat %s", name, name);
	return corc_fail_errno(error, code, "exec: \"%s\"", name);
}

/* The label of this use; NULL: there is none. */
static const char *find_label(const struct corc_plan_header *wire, uint32_t use)
{
	const struct corc_op *ops = corc_plan_ops(wire);

	for (uint32_t i = 0; i < wire->op_count; i++)
		if (ops[i].kind == CORC_OP_LABEL && ops[i].label.use == use)
			return corc_plan_data(wire, ops[i].label.text);
	return NULL;
}

/* The op that holds the program's name; EXEC itself has no operand. */
static const struct corc_op *find_lookup(const struct corc_plan_header *wire)
{
	const struct corc_op *ops = corc_plan_ops(wire);

	for (uint32_t i = 0; i < wire->op_count; i++) {
		if (ops[i].kind == CORC_OP_LOOKUP)
			return &ops[i];
	}
	return NULL;
}

static int explain_op(const struct corc_plan *plan, const struct corc_op *op,
	const struct corc_message *message, struct corc_error *error)
{
	const struct corc_plan_header *wire = plan->wire;
	struct corc_buffer CORC_BUFFER words = {0};
	const struct corc_op *lookup = find_lookup(wire);

	if (lookup && (op->kind == CORC_OP_LOOKUP || op->kind == CORC_OP_EXEC)) {
		(void)corc_explain_program(
			corc_plan_data(wire, lookup->list.items), plan->uid_map, message, error);
		return op->kind == CORC_OP_LOOKUP
			       ? -error->code
			       : corc_hint_confined(find_label(wire, CORC_LABEL_APPARMOR_EXEC),
					 find_label(wire, CORC_LABEL_SELINUX_EXEC), message, error);
	}
	corc_op_describe(wire, op, &words);
	const char *text = words.data ? words.data : "step";

	if (op->kind == CORC_OP_HOOK && corc_is_hook_report(message))
		return corc_hook_explain(corc_plan_data(wire, op->hook.path), message, error);
	if (op->kind == CORC_OP_OOM_SCORE_ADJ && message->code == EACCES) {
		(void)corc_fail_errno(error, EACCES, "%s", text);
		return corc_error_hint(
			error, "to lower it below that of the caller needs CAP_SYS_RESOURCE");
	}
	if (op->kind == CORC_OP_IDENTITY && message->code == EINVAL) {
		(void)corc_fail_errno(error, EINVAL, "%s", text);
		return corc_error_hint(error,
			"the user or a group has no mapping in the container's user namespace");
	}
	if (op->kind == CORC_OP_KEYRING || op->kind == CORC_OP_LABEL)
		return corc_explain_security(wire, op, text, message, error);
	if (message->detail == CORC_DETAIL_CLOSED) {
		(void)corc_fail_errno(error, message->code, "%s", text);
		return hint_closed(plan->uid_map, message, error);
	}
	if (corc_is_about_mount(op, message))
		return corc_explain_mount(wire, op, text, message, error);
	if (message->detail >= CORC_DETAIL_MAX_ || !details[message->detail].text)
		return corc_fail_errno(error, message->code, "%s", text);
	if (details[message->detail].with_errno)
		return corc_fail_errno(
			error, message->code, "%s: %s", text, details[message->detail].text);
	return corc_fail(error, message->code, "%s: %s", text, details[message->detail].text);
}

int corc_explain(const struct corc_plan *plan, const struct corc_json_document *document,
	const struct corc_message *message, struct corc_error *error)
{
	const struct corc_plan_header *wire = plan->wire;

	if (message->op >= wire->op_count || message->code <= 0 || message->code > 4095)
		return corc_fail(error, EPROTO, "the stage sent a report that makes no sense");
	const struct corc_op *op = &corc_plan_ops(wire)[message->op];
	const struct corc_op_source *source = &plan->sources[message->op];

	(void)explain_op(plan, op, message, error);
	if (document)
		corc_json_origin(document,
			corc_json_find(document, source->node, source->key, source->index),
			&error->origin);
	return corc_error_step(error, corc_op_step(op->kind));
}
