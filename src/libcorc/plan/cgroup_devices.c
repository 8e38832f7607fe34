/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.devices → the filter of v2, or lines for devices.deny and devices.allow of v1.
 * Layer: plan; the parent process only; pure.
 *
 * v1 keeps "all" or "none" and a list of exceptions without any order. The rules are turned into
 * that; what it cannot express, a hole in an exception, is refused.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "plan/cgroup_builder.h"
#include "plan/cgroup_device_rules.h"

#define CONTROLLER "devices"
#define RULE_KEY "devices"

struct exceptions {
	struct corc_device_rule *items; /* of type CHAR or BLOCK; access 0: taken back */
	size_t count;
	bool base_allows;
};

static bool covers_number(int64_t wide, int64_t narrow)
{
	return wide == CORC_DEVICE_ANY || wide == narrow;
}

static bool covers(const struct corc_device_rule *wide, const struct corc_device_rule *narrow)
{
	return wide->type == narrow->type && covers_number(wide->major, narrow->major) &&
	       covers_number(wide->minor, narrow->minor);
}

static bool overlap(const struct corc_device_rule *a, const struct corc_device_rule *b)
{
	return a->type == b->type &&
	       (covers_number(a->major, b->major) || covers_number(b->major, a->major)) &&
	       (covers_number(a->minor, b->minor) || covers_number(b->minor, a->minor));
}

static void add_exception(struct exceptions *exceptions, const struct corc_device_rule *rule)
{
	for (size_t i = 0; i < exceptions->count; i++) {
		struct corc_device_rule *item = &exceptions->items[i];

		if (covers(item, rule) && covers(rule, item)) {
			item->access |= rule->access;
			return;
		}
	}
	exceptions->items[exceptions->count++] = *rule;
}

/* Takes the rule's letters from all exceptions within it. */
static int take_back(struct corc_cgroup_builder *builder, struct exceptions *exceptions,
	const struct corc_device_rule *rule)
{
	for (size_t i = 0; i < exceptions->count; i++) {
		struct corc_device_rule *item = &exceptions->items[i];

		if (!overlap(item, rule) || (item->access & rule->access) == 0)
			continue;
		if (!covers(rule, item))
			return corc_spec_fail(builder->spec,
				rule->built_in ? item->node : rule->node, NULL, UINT32_MAX,
				builder->error, "cgroup v1 cannot %s a part of a wildcard rule%s",
				rule->allow ? "allow" : "deny",
				rule->built_in ? " (/dev/null and the like are always allowed)"
					       : "");
		item->access &= ~rule->access;
	}
	return 0;
}

static int apply_rule(struct corc_cgroup_builder *builder, struct exceptions *exceptions,
	const struct corc_device_rule *rule)
{
	static const uint32_t types[] = {CORC_DEVICE_CHAR, CORC_DEVICE_BLOCK};

	if (corc_device_rule_is_total(rule)) {
		exceptions->count = 0;
		exceptions->base_allows = rule->allow;
		return 0;
	}
	for (size_t i = 0; i < 2; i++) {
		struct corc_device_rule one = *rule;
		int r = 0;

		if (rule->type != CORC_DEVICE_ALL && rule->type != types[i])
			continue;
		one.type = types[i];
		if (rule->allow == exceptions->base_allows)
			r = take_back(builder, exceptions, &one);
		else
			add_exception(exceptions, &one);
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *number_text(int64_t number, char buffer[24])
{
	if (number == CORC_DEVICE_ANY)
		return "*";
	(void)snprintf(buffer, 24, "%" PRId64, number);
	return buffer;
}

/* "c 1:3 rwm" */
static const char *line_of(struct corc_arena *arena, const struct corc_device_rule *rule)
{
	char major[24], minor[24];

	return corc_arena_printf(arena, "%c %s:%s %s%s%s",
		rule->type == CORC_DEVICE_CHAR ? 'c' : 'b', number_text(rule->major, major),
		number_text(rule->minor, minor), rule->access & CORC_DEVICE_READ ? "r" : "",
		rule->access & CORC_DEVICE_WRITE ? "w" : "",
		rule->access & CORC_DEVICE_MKNOD ? "m" : "");
}

static int add_lines(struct corc_cgroup_builder *builder, const struct exceptions *exceptions,
	struct corc_cgroup_value all)
{
	const char *base = exceptions->base_allows ? "devices.allow" : "devices.deny";
	const char *other = exceptions->base_allows ? "devices.deny" : "devices.allow";
	int r = corc_cgroup_add(builder, all, CONTROLLER, base, "a");

	for (size_t i = 0; r == 0 && i < exceptions->count; i++) {
		const struct corc_device_rule *item = &exceptions->items[i];
		struct corc_cgroup_value value = {item->node, NULL};

		if (item->access != 0)
			r = corc_cgroup_add(builder, item->built_in ? all : value, CONTROLLER,
				other, line_of(builder->arena, item));
	}
	return r;
}

static bool is_empty(const struct exceptions *exceptions)
{
	for (size_t i = 0; i < exceptions->count; i++)
		if (exceptions->items[i].access != 0)
			return false;
	return true;
}

static int build_v1(struct corc_cgroup_builder *builder,
	const struct corc_spec_resources *resources, struct corc_cgroup_value all)
{
	struct corc_device_rules rules = {0};
	struct exceptions exceptions = {0};
	int r = corc_device_rules_of(builder->arena, &resources->devices, &rules);

	exceptions.items =
		corc_arena_array(builder->arena, rules.count * 2, sizeof(*exceptions.items));
	if (r < 0 || !exceptions.items)
		return corc_fail(builder->error, ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < rules.count; i++)
		r = apply_rule(builder, &exceptions, &rules.items[i]);
	/* A new group has what its parent has, and may not ask for more. */
	if (r < 0 || (exceptions.base_allows && is_empty(&exceptions)))
		return r;
	return add_lines(builder, &exceptions, all);
}

static int build_v2(struct corc_cgroup_builder *builder,
	const struct corc_spec_resources *resources, struct corc_cgroup_value all)
{
	struct corc_cgroup_plan *plan = builder->plan;
	int r = corc_compile_device_program(builder->arena, &resources->devices,
		&plan->device_program, &plan->device_program_count);

	if (r == -E2BIG)
		return corc_spec_fail(builder->spec, all.node, all.key, UINT32_MAX, builder->error,
			"too many rules for a filter");
	if (r < 0)
		return corc_fail(builder->error, -r, "out of memory");
	if (plan->device_program_count == 0)
		return 0;
	r = corc_cgroup_version_of(builder, all, CONTROLLER);
	return r < 0 ? r : 0;
}

/* Where everything is allowed it does not matter whether there is a controller. */
int corc_cgroup_build_devices(
	struct corc_cgroup_builder *builder, const struct corc_spec_resources *resources)
{
	const struct corc_cgroup_plan *plan = builder->plan;
	struct corc_cgroup_value all = {resources->node, RULE_KEY};
	size_t index = corc_cgroup_plan_directory(plan, CONTROLLER);

	if (index < plan->directory_count && plan->directories[index].version == 1)
		return build_v1(builder, resources, all);
	return build_v2(builder, resources, all);
}
