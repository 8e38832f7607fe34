/* SPDX-License-Identifier: Apache-2.0 */
/* The ops that make the user's process, in words. Layer: plan; the parent process only. */
#include <linux/seccomp.h>
#include <string.h>
#include <sys/resource.h>

#include "plan/capabilities.h"
#include "plan/describe.h"
#include "spec/spec.h"

static void put_limit(const struct corc_description *to, uint64_t limit)
{
	if (limit == UINT64_MAX)
		corc_describe_put(to, "unlimited");
	else
		corc_buffer_printf(to->buffer, "%llu", (unsigned long long)limit);
}

void corc_describe_oom_score_adj(const struct corc_description *to)
{
	corc_describe_put(to, "oom_score_adj ");
	corc_describe_ref(to, to->op->oom_score_adj.text);
}

/* The bits of a mask as a list: "0-3,7". */
static void put_mask(const struct corc_description *to, struct corc_ref mask)
{
	const unsigned char *words = (const unsigned char *)corc_plan_data(to->plan, mask);
	uint32_t bits = mask.length * 8;
	const char *separator = "";

	for (uint32_t i = 0; i < bits; i++) {
		uint32_t end = i;

		while (end < bits && (words[end / 8] >> (end % 8)) & 1)
			end++;
		if (end == i)
			continue;
		corc_buffer_printf(to->buffer, "%s%u", separator, i);
		if (end - 1 > i)
			corc_buffer_printf(to->buffer, "-%u", end - 1);
		separator = ",";
		i = end;
	}
}

void corc_describe_affinity(const struct corc_description *to)
{
	corc_describe_put(to, "run on CPUs ");
	put_mask(to, to->op->affinity.cpus);
}

void corc_describe_personality(const struct corc_description *to)
{
	corc_buffer_printf(
		to->buffer, "personality %llu", (unsigned long long)to->op->personality.persona);
}

void corc_describe_memory_policy(const struct corc_description *to)
{
	const struct corc_json_enum *mode = corc_spec_memory_policy_modes;

	while (mode->name && mode->value != (to->op->memory_policy.mode & 0xff))
		mode++;
	corc_buffer_printf(to->buffer, "memory policy %s", mode->name ? mode->name : "unknown");
	if (!to->op->memory_policy.nodes.length)
		return;
	corc_describe_put(to, " of nodes ");
	put_mask(to, to->op->memory_policy.nodes);
}

void corc_describe_rlimit(const struct corc_description *to)
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
	corc_describe_put(to, ", hard ");
	put_limit(to, rlimit->hard);
}

void corc_describe_console(const struct corc_description *to)
{
	corc_describe_put(to, to->op->console.mount ? "console on /dev/console" : "console");
	corc_buffer_printf(to->buffer, " for user %u", to->op->console.uid);
	if (to->op->console.rows && to->op->console.columns)
		corc_buffer_printf(to->buffer, ", %u rows, %u columns", to->op->console.rows,
			to->op->console.columns);
}

void corc_describe_chdir(const struct corc_description *to)
{
	corc_describe_put(to, "chdir to cwd (\"");
	corc_describe_ref(to, to->op->path.path);
	corc_describe_put(to, "\")");
}

void corc_describe_label(const struct corc_description *to)
{
	static const char *const uses[] = {
		[CORC_LABEL_APPARMOR_EXEC] = "apparmor profile ",
		[CORC_LABEL_SELINUX_EXEC] = "selinux label ",
		[CORC_LABEL_SELINUX_KEYS] = "selinux label for keys ",
	};
	uint32_t use = to->op->label.use;

	corc_describe_put(to, use < sizeof(uses) / sizeof(uses[0]) ? uses[use] : "label ");
	corc_describe_ref(to, to->op->label.text);
}

void corc_describe_keyring(const struct corc_description *to)
{
	corc_describe_put(to, "join session keyring ");
	corc_describe_ref(to, to->op->keyring.name);
}

static void put_capabilities(const struct corc_description *to)
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
		corc_describe_put(to, ", capabilities ");
		corc_capabilities_put(identity->permitted, identity->last_capability, to->buffer);
		return;
	}
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		corc_buffer_printf(to->buffer, ", %s ", sets[i].name);
		corc_capabilities_put(sets[i].mask, identity->last_capability, to->buffer);
	}
}

void corc_describe_identity(const struct corc_description *to)
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
		corc_describe_put(to, ", groups kept");
	put_capabilities(to);
	corc_buffer_printf(to->buffer, ", umask %04o", identity->umask);
	if (identity->flags & CORC_IDENTITY_NO_NEW_PRIVILEGES)
		corc_describe_put(to, ", no new privileges");
}

void corc_describe_environment(const struct corc_description *to)
{
	uint32_t count = to->op->list.count;

	corc_buffer_printf(
		to->buffer, "environment of %u variable%s", count, count == 1 ? "" : "s");
}

void corc_describe_home(const struct corc_description *to)
{
	corc_buffer_printf(to->buffer, "home directory of user %u", to->op->home.uid);
}

static void put_program(
	const struct corc_description *to, const char *before, struct corc_ref arguments)
{
	corc_describe_put(to, before);
	corc_describe_escaped(to->buffer, corc_plan_data(to->plan, arguments));
	corc_describe_put(to, "\"");
}

void corc_describe_lookup(const struct corc_description *to)
{
	put_program(to, "exec: \"", to->op->list.items);
}

void corc_describe_seccomp(const struct corc_description *to)
{
	corc_describe_put(to, "load the seccomp filter");
	if (to->op->seccomp.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		corc_describe_put(to, " and give its listener away");
}

void corc_describe_clone_visible(const struct corc_description *to)
{
	corc_describe_put(to, "clone the process");
	if (to->op->clone_visible.gate)
		corc_describe_put(to, ", wait for its parent");
}

void corc_describe_hook(const struct corc_description *to)
{
	const struct corc_op_hook *hook = &to->op->hook;

	if (hook->phase < CORC_HOOK_PHASE_COUNT)
		corc_buffer_printf(to->buffer, "%s hook ", corc_hook_phases[hook->phase].name);
	corc_describe_ref(to, hook->path);
	if (hook->timeout)
		corc_buffer_printf(to->buffer, " (at most %u s)", hook->timeout);
}

/* The program is that of the lookup. */
void corc_describe_exec(const struct corc_description *to)
{
	for (const struct corc_op *op = to->op; op >= corc_plan_ops(to->plan); op--) {
		if (op->kind != CORC_OP_LOOKUP)
			continue;
		put_program(to, "exec \"", op->list.items);
		return;
	}
	corc_describe_put(to, "exec");
}
