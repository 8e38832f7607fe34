/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules → DevicePolicy and DeviceAllow. Layer: plan; the parent process only; pure.
 *
 * systemd has a list of what is allowed and no order. Rules that deny a part of what others allow
 * are left out: the list then allows more than the container's own filter, and both have to agree
 * before a device can be used. That filter is not systemd's, and stays when systemd is reloaded.
 */
#include <errno.h>
#include <inttypes.h>

#include "plan/cgroup_builder.h"
#include "plan/cgroup_device_rules.h"
#include "plan/systemd_unit.h"

#define TYPE_COUNT 2

/* The rules from the last one on that decides about everything. */
static size_t find_start(const struct corc_device_rules *rules, bool *ret_allows)
{
	size_t start = 0;

	*ret_allows = false;
	for (size_t i = 0; i < rules->count; i++) {
		if (!corc_device_rule_is_total(&rules->items[i]))
			continue;
		*ret_allows = rules->items[i].allow;
		start = i + 1;
	}
	return start;
}

/* A path that needs no node, or a class of devices: a minor number alone is not to be had. */
static const char *device_name(
	struct corc_arena *arena, uint32_t type, const struct corc_device_rule *rule)
{
	const char *name = type == CORC_DEVICE_CHAR ? "char" : "block";

	if (rule->major == CORC_DEVICE_ANY)
		return corc_arena_printf(arena, "%s-*", name);
	if (rule->minor == CORC_DEVICE_ANY)
		return corc_arena_printf(arena, "%s-%" PRId64, name, rule->major);
	return corc_arena_printf(
		arena, "/dev/%s/%" PRId64 ":%" PRId64, name, rule->major, rule->minor);
}

static int make_item(struct corc_arena *arena, uint32_t type, const struct corc_device_rule *rule,
	struct corc_bus_value *ret_item)
{
	const struct corc_bus_value pair[] = {
		{.signature = "s", .text = device_name(arena, type, rule)},
		{.signature = "s",
			.text = corc_arena_printf(arena, "%s%s%s",
				rule->access & CORC_DEVICE_READ ? "r" : "",
				rule->access & CORC_DEVICE_WRITE ? "w" : "",
				rule->access & CORC_DEVICE_MKNOD ? "m" : "")},
	};

	*ret_item = (struct corc_bus_value){.signature = "(ss)",
		.items = corc_arena_memdup(arena, pair, sizeof(pair)),
		.count = 2};
	return pair[0].text && pair[1].text && ret_item->items ? 0 : -ENOMEM;
}

static int make_list(struct corc_arena *arena, const struct corc_device_rules *rules,
	struct corc_bus_value *list)
{
	static const uint32_t types[TYPE_COUNT] = {CORC_DEVICE_CHAR, CORC_DEVICE_BLOCK};
	struct corc_bus_value *items =
		corc_arena_array(arena, rules->count * TYPE_COUNT, sizeof(*items));
	int r = items ? 0 : -ENOMEM;

	*list = (struct corc_bus_value){.signature = "a(ss)", .items = items};
	for (size_t i = 0; i < rules->count; i++) {
		const struct corc_device_rule *rule = &rules->items[i];

		for (size_t k = 0; r == 0 && rule->allow && k < TYPE_COUNT; k++)
			if (rule->type == CORC_DEVICE_ALL || rule->type == types[k])
				r = make_item(arena, types[k], rule, &items[list->count++]);
	}
	return r;
}

int corc_systemd_add_devices(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit)
{
	const struct corc_spec_resources *resources = &builder->spec->linux_.resources;
	struct corc_device_rules rules;
	struct corc_systemd_property property = {
		.node = resources->node, .key = "devices", .name = "DevicePolicy"};
	bool allows;
	size_t start;
	int r;

	/* A user's systemd may load no filter. */
	if (unit->is_user)
		return 0;
	r = corc_device_rules_of(builder->arena, &resources->devices, &rules);
	if (r < 0)
		return corc_fail(builder->error, -r, "out of memory");
	start = find_start(&rules, &allows);
	rules.items += start;
	rules.count -= start;
	property.value =
		(struct corc_bus_value){.signature = "s", .text = allows ? "auto" : "strict"};
	r = corc_systemd_add(builder, unit, &property);
	if (r < 0 || allows)
		return r;
	property.name = "DeviceAllow";
	if (make_list(builder->arena, &rules, &property.value) < 0)
		return corc_fail(builder->error, ENOMEM, "out of memory");
	return corc_systemd_add(builder, unit, &property);
}
