/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.memory → files of the memory controller. Layer: plan; the parent process only;
 * pure.
 *
 * A value of 0 is "not given", as runc has it.
 */
#include <errno.h>
#include <inttypes.h>

#include "plan/cgroup_builder.h"

#define CONTROLLER "memory"
#define SWAP_V2 "memory.swap.max"
#define SWAP_V1 "memory.memsw.limit_in_bytes"

static int64_t value_of(const int64_t *value)
{
	return value ? *value : 0;
}

/* "max" for -1: only v1 knows negative numbers. */
static int add_v2(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *file, int64_t bytes)
{
	if (bytes < 0)
		return corc_cgroup_add(builder, value, CONTROLLER, file, "max");
	return corc_cgroup_add_number(builder, value, CONTROLLER, file, bytes);
}

/* The swap of v2 alone from the sum of memory and swap; the checks of the loader went before. */
static int add_swap_v2(struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	struct corc_cgroup_value value = {memory->node, memory->swap ? "swap" : "limit"};
	int64_t limit = value_of(memory->limit);
	int64_t swap = value_of(memory->swap);
	int r;

	if (swap == 0 && limit != -1)
		return 0;
	if (swap == 0)
		swap = -1;
	else if (swap > 0 && limit == 0)
		return corc_spec_fail(builder->spec, memory->node, "swap", UINT32_MAX,
			builder->error, "unable to set swap limit without memory limit");
	else if (swap > 0 && swap < limit)
		return corc_spec_fail(builder->spec, memory->node, "swap", UINT32_MAX,
			builder->error, "memory+swap limit should be >= memory limit");
	else if (swap > 0 && limit > 0)
		swap -= limit;
	r = add_v2(builder, value, SWAP_V2, swap);
	/* Without swap accounting there is no file, and neither is there anything to limit. */
	if (r == 0 && swap <= 0)
		corc_cgroup_mark_optional(builder);
	return r;
}

static int build_v2(struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	int64_t limit = value_of(memory->limit);
	int64_t reservation = value_of(memory->reservation);
	int r = 0;

	if (limit != 0)
		r = add_v2(builder, (struct corc_cgroup_value){memory->node, "limit"}, "memory.max",
			limit);
	if (r == 0)
		r = add_swap_v2(builder, memory);
	if (r == 0 && reservation != 0)
		r = add_v2(builder, (struct corc_cgroup_value){memory->node, "reservation"},
			"memory.low", reservation);
	if (r == 0 && memory->swappiness)
		r = corc_cgroup_warn(builder,
			(struct corc_cgroup_value){memory->node, "swappiness"},
			"cgroup v2 has no swappiness, the value is ignored");
	if (r == 0 && memory->disable_oom_killer && *memory->disable_oom_killer)
		r = corc_cgroup_warn(builder,
			(struct corc_cgroup_value){memory->node, "disableOOMKiller"},
			"cgroup v2 cannot disable the OOM killer, the value is ignored");
	return r;
}

/* The sum may never be below the limit: a limit is lowered first, "unlimited" is set first. */
static int add_limits_v1(struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	struct corc_cgroup_value limit_value = {memory->node, "limit"};
	struct corc_cgroup_value swap_value = {memory->node, memory->swap ? "swap" : "limit"};
	int64_t limit = value_of(memory->limit);
	int64_t swap = value_of(memory->swap);
	bool implied = swap == 0 && limit == -1;
	int r = 0;

	if (implied)
		swap = -1;
	if (swap > 0 && limit == 0)
		return corc_spec_fail(builder->spec, memory->node, "swap", UINT32_MAX,
			builder->error, "unable to set swap limit without memory limit");
	if (swap == -1) {
		r = corc_cgroup_add(builder, swap_value, CONTROLLER, SWAP_V1, "-1");
		if (r == 0)
			corc_cgroup_mark_optional(builder);
	}
	if (r == 0 && limit != 0)
		r = corc_cgroup_add_number(
			builder, limit_value, CONTROLLER, "memory.limit_in_bytes", limit);
	if (r == 0 && swap > 0)
		r = corc_cgroup_add_number(builder, swap_value, CONTROLLER, SWAP_V1, swap);
	return r;
}

static int build_v1(struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	int64_t reservation = value_of(memory->reservation);
	int r = add_limits_v1(builder, memory);

	if (r == 0 && reservation != 0)
		r = corc_cgroup_add_number(builder,
			(struct corc_cgroup_value){memory->node, "reservation"}, CONTROLLER,
			"memory.soft_limit_in_bytes", reservation);
	if (r == 0 && memory->disable_oom_killer && *memory->disable_oom_killer)
		r = corc_cgroup_add(builder,
			(struct corc_cgroup_value){memory->node, "disableOOMKiller"}, CONTROLLER,
			"memory.oom_control", "1");
	if (r == 0 && memory->swappiness)
		r = corc_cgroup_add_number(builder,
			(struct corc_cgroup_value){memory->node, "swappiness"}, CONTROLLER,
			"memory.swappiness", (int64_t)*memory->swappiness);
	return r;
}

/* What kernels had once and still have files for. */
static int warn_gone(struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	const char *gone = "limits of kernel memory are obsolete, the value is ignored";
	int r = 0;

	if (value_of(memory->kernel) != 0)
		r = corc_cgroup_warn(
			builder, (struct corc_cgroup_value){memory->node, "kernel"}, gone);
	if (r == 0 && value_of(memory->kernel_tcp) != 0)
		r = corc_cgroup_warn(
			builder, (struct corc_cgroup_value){memory->node, "kernelTCP"}, gone);
	if (r == 0 && memory->use_hierarchy && !*memory->use_hierarchy)
		r = corc_cgroup_warn(builder,
			(struct corc_cgroup_value){memory->node, "useHierarchy"},
			"groups are always accounted with those below, the value is ignored");
	return r;
}

static bool is_empty(const struct corc_spec_memory *memory)
{
	return value_of(memory->limit) == 0 && value_of(memory->reservation) == 0 &&
	       value_of(memory->swap) == 0 && !memory->swappiness &&
	       !(memory->disable_oom_killer && *memory->disable_oom_killer);
}

int corc_cgroup_build_memory(
	struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	const char *key = memory->limit ? "limit" : NULL;
	int version;
	int r = warn_gone(builder, memory);

	if (r < 0 || is_empty(memory))
		return r;
	version = corc_cgroup_version_of(
		builder, (struct corc_cgroup_value){memory->node, key}, CONTROLLER);
	if (version < 0)
		return version;
	return version == 2 ? build_v2(builder, memory) : build_v1(builder, memory);
}
