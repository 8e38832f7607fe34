/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.network → files of net_cls and net_prio, which only cgroup v1 has. Layer: plan;
 * the parent process only; pure.
 */
#include <inttypes.h>

#include "plan/cgroup_builder.h"

/* Whether there is something to do for a property; otherwise *ret_result is what to return. */
static bool has_v1(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *controller, int *ret_result)
{
	const struct corc_cgroup_plan *plan = builder->plan;
	size_t index = corc_cgroup_plan_directory(plan, controller);

	if (index < plan->directory_count && plan->directories[index].version == 1)
		return true;
	if (plan->mode == CORC_CGROUP_V2)
		*ret_result = corc_cgroup_warn(builder, value,
			"cgroup v2 has no classes and priorities of networks, the value is ignored");
	else
		*ret_result = corc_spec_fail(builder->spec, value.node, value.key, UINT32_MAX,
			builder->error, "needs the cgroup controller \"%s\", which is not mounted",
			controller);
	return false;
}

static int add_class(struct corc_cgroup_builder *builder, const struct corc_spec_network *network)
{
	struct corc_cgroup_value value = {network->node, "classID"};
	int r = 0;

	if (!network->class_id || *network->class_id == 0)
		return 0;
	if (!has_v1(builder, value, "net_cls", &r))
		return r;
	return corc_cgroup_add_number(
		builder, value, "net_cls", "net_cls.classid", *network->class_id);
}

int corc_cgroup_build_network(
	struct corc_cgroup_builder *builder, const struct corc_spec_network *network)
{
	struct corc_cgroup_value value = {network->node, "priorities"};
	int r = add_class(builder, network);

	if (r < 0 || network->priorities.count == 0)
		return r;
	if (!has_v1(builder, value, "net_prio", &r))
		return r;
	for (size_t i = 0; r == 0 && i < network->priorities.count; i++) {
		const struct corc_spec_interface_priority *item = &network->priorities.items[i];

		value = (struct corc_cgroup_value){item->node, "priority"};
		r = corc_cgroup_add(builder, value, "net_prio", "net_prio.ifpriomap",
			corc_arena_printf(
				builder->arena, "%s %" PRIu32, item->name, item->priority));
	}
	return r;
}
