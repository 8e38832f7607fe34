/* SPDX-License-Identifier: Apache-2.0 */
/* Labels and keyrings that could not be had, in words. Layer: run; the parent process. */
#include <errno.h>
#include <string.h>

#include "run/conductor.h"

/* Made as often as containers are, and counted for each user. */
static int explain_keyring(const char *words, int code, struct corc_error *error)
{
	(void)corc_fail_errno(error, code, "unable to %s", words);
	if (code != EDQUOT)
		return -code;
	return corc_error_hint(error,
		"the user has as many keys as /proc/sys/kernel/keys/maxkeys (root: root_maxkeys) "
		"and maxbytes allow; --no-new-keyring does without");
}

/* Engines tell an error of a security module by the path in quotes. */
static int explain_label(uint32_t use, const char *label, const struct corc_message *message,
	struct corc_error *error)
{
	static const struct {
		const char *text;
		int code; /* that has a hint */
		const char *hint;
	} uses[] = {
		[CORC_LABEL_APPARMOR_EXEC] = {"unable to apply apparmor profile: write "
					      "`/proc/self/attr/apparmor/exec`",
			ENOENT, "the profile is not loaded"},
		[CORC_LABEL_SELINUX_EXEC] = {"can't set process label: write "
					     "`/proc/self/attr/exec`",
			EINVAL, "the policy does not know the label"},
		[CORC_LABEL_SELINUX_KEYS] = {"can't set key label: write "
					     "`/proc/self/attr/keycreate`",
			EINVAL, "the policy does not know the label"},
	};
	const char *text = uses[use].text;

	if (message->detail == CORC_DETAIL_READ_BACK)
		return corc_fail(error, message->code,
			"%s: \"%s\" was written and reads back differently", text, label);
	(void)corc_fail_errno(error, message->code, "%s: \"%s\"", text, label);
	if (message->code == uses[use].code)
		return corc_error_hint(error, "%s", uses[use].hint);
	if (message->code == EACCES)
		return corc_error_hint(error, "the runtime itself is confined and may not do that");
	return -message->code;
}

int corc_explain_security(const struct corc_plan_header *wire, const struct corc_op *op,
	const char *words, const struct corc_message *message, struct corc_error *error)
{
	if (op->kind == CORC_OP_LABEL && op->label.use <= CORC_LABEL_SELINUX_KEYS)
		return explain_label(
			op->label.use, corc_plan_data(wire, op->label.text), message, error);
	return explain_keyring(words, message->code, error);
}

int corc_hint_confined(const char *apparmor_profile, const char *selinux_label,
	const struct corc_message *message, struct corc_error *error)
{
	bool is_forbidden = message->code == EACCES || message->code == EPERM;

	if (message->detail != CORC_DETAIL_NONE || !is_forbidden)
		return -error->code;
	if (apparmor_profile && *apparmor_profile && strcmp(apparmor_profile, "unconfined") != 0)
		return corc_error_hint(error,
			"its file allows it, the AppArmor profile \"%s\" may not",
			apparmor_profile);
	if (selinux_label && *selinux_label)
		return corc_error_hint(
			error, "its file allows it, SELinux may not for \"%s\"", selinux_label);
	return -error->code;
}
