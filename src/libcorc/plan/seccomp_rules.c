/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a seccomp profile, sorted. Layer: plan; the parent process only. */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#ifdef HAVE_SECCOMP

#	include "plan/seccomp_rules.h"

#	include <errno.h>
#	include <seccomp.h>
#	include <stdlib.h>
#	include <string.h>

/* x32 has no number of its own in the kernel: it is x86-64 with a bit in the call's number. */
#	define X32_BIT 0x40000000u
/* Negative numbers down to this one stand for parts of socketcall(2) and ipc(2). */
#	define MULTIPLEXED_END (-1000)
#	define BACKGROUND_POINTS 5

uint32_t corc_seccomp_action(uint32_t action, const uint32_t *errno_ret)
{
	uint32_t data = errno_ret ? *errno_ret : EPERM;

	switch ((enum corc_seccomp_action)action) {
	case CORC_SECCOMP_KILL:
	case CORC_SECCOMP_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case CORC_SECCOMP_TRAP:
		return SCMP_ACT_TRAP;
	case CORC_SECCOMP_ERRNO:
		return SCMP_ACT_ERRNO(data);
	case CORC_SECCOMP_TRACE:
		return SCMP_ACT_TRACE(data);
	case CORC_SECCOMP_ALLOW:
		return SCMP_ACT_ALLOW;
	case CORC_SECCOMP_LOG:
		return SCMP_ACT_LOG;
	case CORC_SECCOMP_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case CORC_SECCOMP_KILL_PROCESS:
		break;
	}
	return SCMP_ACT_KILL_PROCESS;
}

/* What new calls get is said already where the default lets them through. */
static bool needs_enosys(uint32_t default_action)
{
	return default_action != CORC_SECCOMP_ALLOW && default_action != CORC_SECCOMP_LOG &&
	       default_action != CORC_SECCOMP_TRACE;
}

/*
 * Notes how far the profile knows each architecture. True when one of them has the call as a part
 * of another one, or when it is that other one.
 */
static bool look_at_numbers(struct corc_seccomp_rules *rules, const char *name)
{
	bool is_multiplexed = strcmp(name, "socketcall") == 0 || strcmp(name, "ipc") == 0;

	for (size_t i = 0; i < rules->architecture_count; i++) {
		int number = seccomp_syscall_resolve_name_arch(rules->architectures[i], name);

		if (number > rules->last[i])
			rules->last[i] = number;
		is_multiplexed |= number < 0 && number > MULTIPLEXED_END;
	}
	return is_multiplexed;
}

static void read_rule(struct corc_seccomp_rules *rules, const struct corc_spec_seccomp_rule *rule)
{
	uint32_t action = corc_seccomp_action(rule->action, rule->errno_ret);

	for (size_t i = 0; i < rule->names.count; i++) {
		const char *name = rule->names.items[i];
		int number = seccomp_syscall_resolve_name(name);
		bool is_multiplexed;

		if (number == __NR_SCMP_ERROR)
			continue;
		is_multiplexed = look_at_numbers(rules, name);
		/* Says nothing new, and libseccomp refuses it. */
		if (action == rules->default_action)
			continue;
		rules->entries[rules->count++] = (struct corc_seccomp_entry){
			.name = name,
			.number = number,
			.action = action,
			.rule = rule,
			.is_complex = is_multiplexed || rule->args.count > 0,
		};
	}
}

/* An entry's place while entries of one call are looked for. */
struct place {
	int number;
	size_t index;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

/* Entries of one call: one complex makes all complex, and so do two that disagree. */
static void decide(struct corc_seccomp_entry *entries, const struct place *places, size_t count)
{
	bool is_complex = false;

	for (size_t i = 0; i < count; i++)
		is_complex |= entries[places[i].index].is_complex ||
			      entries[places[i].index].action != entries[places[0].index].action;
	for (size_t i = 0; i < count; i++)
		entries[places[i].index].is_complex = is_complex;
}

static int find_complex(struct corc_arena *arena, struct corc_seccomp_rules *rules)
{
	struct place *places = corc_arena_array(arena, rules->count, sizeof(*places));
	size_t end;

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < rules->count; i++)
		places[i] = (struct place){rules->entries[i].number, i};
	qsort(places, rules->count, sizeof(*places), compare_places);
	for (size_t at = 0; at < rules->count; at = end) {
		for (end = at + 1; end < rules->count; end++)
			if (places[end].number != places[at].number)
				break;
		decide(rules->entries, &places[at], end - at);
	}
	return 0;
}

int corc_seccomp_rules_read(struct corc_arena *arena, const struct corc_spec_seccomp *seccomp,
	struct corc_seccomp_rules *rules)
{
	const struct corc_spec_seccomp_rules *list = &seccomp->syscalls;
	size_t names = 0;

	for (size_t i = 0; i < list->count; i++)
		names += list->items[i].names.count;
	rules->entries = corc_arena_array(arena, names, sizeof(*rules->entries));
	if (!rules->entries)
		return -ENOMEM;
	for (size_t i = 0; i < rules->architecture_count; i++)
		rules->last[i] = -1;
	rules->has_enosys = needs_enosys(*seccomp->default_action);
	for (size_t i = 0; i < list->count; i++)
		read_rule(rules, &list->items[i]);
	return find_complex(arena, rules);
}

/* One architecture of the kernel; x32 is in that of x86-64. */
struct group {
	uint32_t architecture; /* AUDIT_ARCH_* */
	int64_t last, last_x32;
	struct corc_seccomp_range *calls; /* one number each, sorted */
	size_t count;
};

static int compare_calls(const void *a, const void *b)
{
	const struct corc_seccomp_range *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

static void add_calls(
	const struct corc_seccomp_rules *rules, uint32_t architecture, struct group *group)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct corc_seccomp_entry *entry = &rules->entries[i];
		int number;

		if (entry->is_complex)
			continue;
		number = seccomp_syscall_resolve_name_arch(architecture, entry->name);
		if (number >= 0)
			group->calls[group->count++] =
				(struct corc_seccomp_range){(uint32_t)number, entry->action};
	}
}

/* Sorted, each once. */
static int sort_calls(struct group *group)
{
	size_t count = 0;

	qsort(group->calls, group->count, sizeof(*group->calls), compare_calls);
	for (size_t i = 0; i < group->count; i++) {
		if (count == 0 || group->calls[count - 1].first != group->calls[i].first)
			group->calls[count++] = group->calls[i];
		else if (group->calls[count - 1].answer != group->calls[i].answer)
			return -EEXIST;
	}
	group->count = count;
	return 0;
}

/* What a number gets that no entry has. */
static uint32_t background(
	const struct corc_seccomp_rules *rules, const struct group *group, uint32_t number)
{
	bool is_x32 = group->architecture == SCMP_ARCH_X86_64 && number >= X32_BIT;
	int64_t last = is_x32 ? group->last_x32 : group->last;

	/* Calls that the kernel does not know arrive there as setup(2), which nobody has. */
	bool is_unknown = number == 0 && (group->architecture == SCMP_ARCH_S390 ||
						 group->architecture == SCMP_ARCH_S390X);

	if (rules->has_enosys && last >= 0 && (number > last || is_unknown))
		return SCMP_ACT_ERRNO(ENOSYS);
	return CORC_SECCOMP_MISS;
}

/* Adds a range behind all others, or in place of the last when that begins at the same number. */
static void add_range(struct corc_seccomp_table *table, uint32_t first, uint32_t answer)
{
	if (table->count > 0 && table->ranges[table->count - 1].first == first)
		table->count--;
	if (table->count > 0 && table->ranges[table->count - 1].answer == answer)
		return;
	table->ranges[table->count++] = (struct corc_seccomp_range){first, answer};
}

/* Between two calls: the background, and the points where it changes, from the lowest up. */
static void add_gap(const struct corc_seccomp_rules *rules, const struct group *group,
	struct corc_seccomp_table *table, uint64_t from, uint64_t to)
{
	const uint64_t points[BACKGROUND_POINTS] = {
		from,
		1,
		group->last < 0 ? 1 : (uint64_t)group->last + 1,
		X32_BIT,
		group->last_x32 < 0 ? X32_BIT : (uint64_t)group->last_x32 + 1,
	};

	for (size_t i = 0; i < BACKGROUND_POINTS; i++)
		if (points[i] >= from && points[i] < to)
			add_range(table, (uint32_t)points[i],
				background(rules, group, (uint32_t)points[i]));
}

static int fill_table(struct corc_arena *arena, const struct corc_seccomp_rules *rules,
	const struct group *group, struct corc_seccomp_table *table)
{
	uint64_t next = 0;

	table->architecture = group->architecture;
	table->count = 0;
	table->ranges = corc_arena_array(
		arena, 2 * group->count + BACKGROUND_POINTS, sizeof(*table->ranges));
	if (!table->ranges)
		return -ENOMEM;
	for (size_t i = 0; i < group->count; i++) {
		add_gap(rules, group, table, next, group->calls[i].first);
		add_range(table, group->calls[i].first, group->calls[i].answer);
		next = (uint64_t)group->calls[i].first + 1;
	}
	add_gap(rules, group, table, next, UINT64_C(1) << 32);
	return 0;
}

static struct group *find_group(struct group *groups, size_t *count, uint32_t architecture)
{
	uint32_t kernel = architecture == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : architecture;

	for (size_t i = 0; i < *count; i++)
		if (groups[i].architecture == kernel)
			return &groups[i];
	groups[*count] = (struct group){.architecture = kernel, .last = -1, .last_x32 = -1};
	return &groups[(*count)++];
}

int corc_seccomp_tables(struct corc_arena *arena, const struct corc_seccomp_rules *rules,
	struct corc_seccomp_table tables[CORC_SECCOMP_ARCHITECTURES])
{
	struct group groups[CORC_SECCOMP_ARCHITECTURES];
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < rules->architecture_count; i++) {
		bool is_x32 = rules->architectures[i] == SCMP_ARCH_X32;
		struct group *group = find_group(groups, &count, rules->architectures[i]);

		*(is_x32 ? &group->last_x32 : &group->last) = rules->last[i];
		if (!group->calls)
			group->calls =
				corc_arena_array(arena, 2 * rules->count, sizeof(*group->calls));
		if (!group->calls)
			return -ENOMEM;
		add_calls(rules, rules->architectures[i], group);
	}
	for (size_t i = 0; i < count && r == 0; i++) {
		r = sort_calls(&groups[i]);
		if (r == 0)
			r = fill_table(arena, rules, &groups[i], &tables[i]);
	}
	return r < 0 ? r : (int)count;
}

#else

/* An empty translation unit is no C. */
typedef int corc_built_without_seccomp;

#endif
