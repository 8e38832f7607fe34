/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/status and attr, and what of them is allowed. Layer: checkpoint; the parent process. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

#include "base/number.h"
#include "checkpoint/verify.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int parse_hex(const char *text, size_t length, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (length == 0 || length > 16)
		return -EBADMSG;
	for (size_t i = 0; i < length; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';

		if (!is_digit && !(text[i] >= 'a' && text[i] <= 'f'))
			return -EBADMSG;
		value = value << 4 | (uint64_t)(is_digit ? text[i] - '0' : text[i] - 'a' + 10);
	}
	*ret_value = value;
	return 0;
}

/* Decimal numbers between blanks, until the end of the line. */
static int parse_ids(const char *text, uint32_t *ids, size_t max, size_t *ret_count)
{
	size_t count = 0;

	for (;;) {
		uint64_t value;

		text += strspn(text, " \t");
		size_t length = strcspn(text, " \t\n");

		if (length == 0)
			break;
		if (count == max)
			return -E2BIG;
		if (corc_parse_u64(text, length, UINT32_MAX, &value) < 0)
			return -EBADMSG;
		ids[count++] = (uint32_t)value;
		text += length;
	}
	*ret_count = count;
	return 0;
}

enum kind { HEX, NUMBER, IDS };

static const struct {
	const char *name;
	enum kind kind;
	size_t offset;
} lines[] = {
	{"CapInh", HEX, offsetof(struct corc_credentials, inheritable)},
	{"CapPrm", HEX, offsetof(struct corc_credentials, permitted)},
	{"CapEff", HEX, offsetof(struct corc_credentials, effective)},
	{"CapBnd", HEX, offsetof(struct corc_credentials, bounding)},
	{"CapAmb", HEX, offsetof(struct corc_credentials, ambient)},
	{"NoNewPrivs", NUMBER, offsetof(struct corc_credentials, no_new_privs)},
	{"Seccomp", NUMBER, offsetof(struct corc_credentials, seccomp)},
	{"Uid", IDS, offsetof(struct corc_credentials, uids)},
	{"Gid", IDS, offsetof(struct corc_credentials, gids)},
};

/* The text behind "NAME:", NULL when there is no such line. */
static const char *find_line(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, name, length) == 0 && text[length] == ':')
			return text + length + 1 + strspn(text + length + 1, " \t");
	}
	return NULL;
}

static int parse_line(const char *value, enum kind kind, void *member)
{
	size_t count = 0;
	int r;

	switch (kind) {
	case HEX:
		return parse_hex(value, strcspn(value, "\n"), member);
	case NUMBER:
		r = parse_ids(value, member, 1, &count);
		return r < 0 || count == 1 ? r : -EBADMSG;
	case IDS:
	default:
		r = parse_ids(value, member, 4, &count);
		return r < 0 || count == 4 ? r : -EBADMSG;
	}
}

int corc_credentials_parse(const char *text, struct corc_credentials *ret_credentials)
{
	const char *groups = find_line(text, "Groups");
	int r = 0;

	for (size_t i = 0; i < COUNT(lines) && r == 0; i++) {
		const char *value = find_line(text, lines[i].name);

		r = value ? parse_line(
				    value, lines[i].kind, (char *)ret_credentials + lines[i].offset)
			  : -EBADMSG;
	}
	if (r < 0)
		return r;
	return groups ? parse_ids(groups, ret_credentials->groups, COUNT(ret_credentials->groups),
				&ret_credentials->group_count)
		      : -EBADMSG;
}

static bool all_are(const uint32_t ids[4], uint32_t id)
{
	for (int i = 0; i < 4; i++)
		if (ids[i] != id)
			return false;
	return true;
}

static bool has_group(const uint32_t *groups, size_t count, uint32_t group)
{
	for (size_t i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* Fewer groups take rights away as more of them give some: files can refuse a group. */
static bool are_same_groups(
	const struct corc_credentials *found, const uint32_t *groups, size_t count)
{
	for (size_t i = 0; i < found->group_count; i++)
		if (!has_group(groups, count, found->groups[i]))
			return false;
	for (size_t i = 0; i < count; i++)
		if (!has_group(found->groups, found->group_count, groups[i]))
			return false;
	return true;
}

static bool may(const struct corc_op_identity *allowed, int capability)
{
	return allowed->permitted >> capability & 1;
}

static const char *capability_problem(
	const struct corc_credentials *found, const struct corc_op_identity *allowed)
{
	/* What is permitted can be made effective, inheritable and ambient. */
	if (found->bounding & ~allowed->bounding)
		return "its bounding set of capabilities";
	if (found->permitted & ~allowed->permitted)
		return "its permitted capabilities";
	if (found->effective & ~(allowed->permitted | allowed->effective))
		return "its effective capabilities";
	if (found->inheritable & ~(allowed->permitted | allowed->inheritable))
		return "its inheritable capabilities";
	if (found->ambient & ~(allowed->permitted | allowed->ambient))
		return "its ambient capabilities";
	return NULL;
}

const char *corc_credentials_problem(const struct corc_credentials *found,
	const struct corc_op_identity *allowed, const uint32_t *groups, bool has_filter)
{
	size_t count = allowed->groups.length / sizeof(uint32_t);

	if (!all_are(found->uids, allowed->uid) && !may(allowed, CAP_SETUID))
		return "its user";
	if (!all_are(found->gids, allowed->gid) && !may(allowed, CAP_SETGID))
		return "its group";
	if (!(allowed->flags & CORC_IDENTITY_KEEP_GROUPS) && !may(allowed, CAP_SETGID) &&
		!are_same_groups(found, groups, count))
		return "its additional groups";
	if ((allowed->flags & CORC_IDENTITY_NO_NEW_PRIVILEGES) && !found->no_new_privs)
		return "no_new_privs, which is not set";
	if (has_filter && found->seccomp != SECCOMP_MODE_FILTER)
		return "seccomp, which has no filter";
	return capability_problem(found, allowed);
}

bool corc_label_is(const char *text, const char *wanted)
{
	size_t length = strlen(wanted);

	if (strncmp(text, wanted, length) != 0)
		return false;
	const char *mode = text + length;

	if (*mode == '\0')
		return true;
	if (strncmp(mode, " (", 2) != 0)
		return false;
	return strcmp(mode + 2 + strcspn(mode + 2, " ()"), ")") == 0;
}
