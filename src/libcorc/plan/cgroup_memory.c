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

/* limit and swap as they are to be: 0 stays, -1 unlimited. */
struct limits {
	int64_t limit, swap;
	struct corc_cgroup_value limit_value, swap_value;
};

/* Without a limit there is no swap to limit either. */
static struct limits limits_of(const struct corc_spec_memory *memory)
{
	struct limits limits = {
		.limit = value_of(memory->limit),
		.swap = value_of(memory->swap),
		.limit_value = {memory->node, "limit"},
		.swap_value = {memory->node, memory->swap ? "swap" : "limit"},
	};

	if (limits.limit == -1 && limits.swap == 0)
		limits.swap = -1;
	return limits;
}

static int fail_swap(
	struct corc_cgroup_builder *builder, struct corc_cgroup_value value, const char *text)
{
	return corc_spec_fail(
		builder->spec, value.node, value.key, UINT32_MAX, builder->error, "%s", text);
}

/*
 * A limit of both together against that of memory, `limit`; one that is not given is what the group
 * has. Without either, swap is refused as on v1, where there would be no memory left for it.
 */
static int check_swap(
	struct corc_cgroup_builder *builder, const struct limits *limits, int64_t *ret_limit)
{
	int64_t limit = limits->limit;

	if (limit == 0)
		limit = builder->current ? builder->current->memory_limit : -1;
	if (limits->swap > 0 && limits->limit == 0 && limit == -1)
		return fail_swap(builder, limits->swap_value,
			"unable to set swap limit without memory limit");
	if (limits->swap > 0 && limits->swap < limit)
		return fail_swap(
			builder, limits->swap_value, "memory+swap limit should be >= memory limit");
	*ret_limit = limit;
	return 0;
}

static int add_limit_v2(struct corc_cgroup_builder *builder, const struct limits *limits)
{
	return limits->limit == 0
		       ? 0
		       : add_v2(builder, limits->limit_value, "memory.max", limits->limit);
}

static int add_swap_v2(
	struct corc_cgroup_builder *builder, const struct limits *limits, int64_t swap)
{
	int r = limits->swap == 0 ? 0 : add_v2(builder, limits->swap_value, SWAP_V2, swap);

	/* Without swap accounting there is no file, and neither is there anything to limit. */
	if (r == 0 && limits->swap != 0 && swap <= 0)
		corc_cgroup_mark_optional(builder);
	return r;
}

/* The file of v2 is of swap alone. More swap comes before, and less after the memory: in between
 * there is never less room than before or after. */
static int add_limits_v2(struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	struct limits limits = limits_of(memory);
	int64_t swap = limits.swap;
	int64_t limit, old_swap;
	bool swap_first;
	int r = check_swap(builder, &limits, &limit);

	if (r < 0)
		return r;
	if (swap > 0 && limit > 0)
		swap -= limit;
	old_swap = builder->current ? builder->current->memory_swap : -1;
	swap_first = old_swap >= 0 && (swap < 0 || swap > old_swap);
	if (swap_first)
		r = add_swap_v2(builder, &limits, swap);
	if (r == 0)
		r = add_limit_v2(builder, &limits);
	if (r == 0 && !swap_first)
		r = add_swap_v2(builder, &limits, swap);
	return r;
}

static int build_v2(struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	int64_t reservation = value_of(memory->reservation);
	int r = add_limits_v2(builder, memory);

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

static int add_swap_v1(struct corc_cgroup_builder *builder, const struct limits *limits)
{
	int r;

	if (limits->swap == 0)
		return 0;
	r = corc_cgroup_add_number(builder, limits->swap_value, CONTROLLER, SWAP_V1, limits->swap);
	if (r == 0 && limits->swap == -1)
		corc_cgroup_mark_optional(builder);
	return r;
}

/* The kernel takes no sum below the limit: what is valid beside the old value goes first. */
static int add_limits_v1(struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	const struct corc_cgroup_current *current = builder->current;
	struct limits limits = limits_of(memory);
	bool swap_first = limits.swap == -1;
	int64_t limit;
	int r = check_swap(builder, &limits, &limit);

	if (r < 0)
		return r;
	if (current && limits.swap == 0 && limits.limit > 0 && current->memory_swap >= 0 &&
		limits.limit > current->memory_swap)
		return fail_swap(
			builder, limits.limit_value, "memory+swap limit should be >= memory limit");
	if (current && limits.swap > 0 && current->memory_limit >= 0)
		swap_first = limits.swap >= current->memory_limit;
	if (swap_first)
		r = add_swap_v1(builder, &limits);
	if (r == 0 && limits.limit != 0)
		r = corc_cgroup_add_number(builder, limits.limit_value, CONTROLLER,
			"memory.limit_in_bytes", limits.limit);
	if (r == 0 && !swap_first)
		r = add_swap_v1(builder, &limits);
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
	/* A new group has an OOM killer. */
	if (r == 0 && memory->disable_oom_killer &&
		(*memory->disable_oom_killer || builder->current))
		r = corc_cgroup_add(builder,
			(struct corc_cgroup_value){memory->node, "disableOOMKiller"}, CONTROLLER,
			"memory.oom_control", *memory->disable_oom_killer ? "1" : "0");
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

/* Below what is in use the kernel would reclaim, and then kill. */
static int check_usage(struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	int64_t limit = value_of(memory->limit);
	int64_t swap = value_of(memory->swap);
	bool is_wanted =
		memory->check_before_update ? *memory->check_before_update : builder->check_memory;
	uint64_t usage = builder->current ? builder->current->memory_usage : 0;

	if (!is_wanted || usage == 0)
		return 0;
	if (swap > 0 && (uint64_t)swap <= usage)
		return corc_spec_fail(builder->spec, memory->node, "swap", UINT32_MAX,
			builder->error, "rejecting memory+swap limit %" PRId64 " <= usage %" PRIu64,
			swap, usage);
	if (limit > 0 && (uint64_t)limit <= usage)
		return corc_spec_fail(builder->spec, memory->node, "limit", UINT32_MAX,
			builder->error, "rejecting memory limit %" PRId64 " <= usage %" PRIu64,
			limit, usage);
	return 0;
}

/* The property to name when the controller is missing; NULL: nothing is asked for. */
static const char *first_property(
	const struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	if (value_of(memory->limit) != 0)
		return "limit";
	if (value_of(memory->swap) != 0)
		return "swap";
	if (value_of(memory->reservation) != 0)
		return "reservation";
	if (memory->swappiness)
		return "swappiness";
	return memory->disable_oom_killer && (*memory->disable_oom_killer || builder->current)
		       ? "disableOOMKiller"
		       : NULL;
}

int corc_cgroup_build_memory(
	struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory)
{
	const char *key = first_property(builder, memory);
	int version;
	int r = warn_gone(builder, memory);

	if (r < 0 || !key)
		return r;
	version = corc_cgroup_version_of(
		builder, (struct corc_cgroup_value){memory->node, key}, CONTROLLER);
	if (version < 0)
		return version;
	r = check_usage(builder, memory);
	if (r < 0)
		return r;
	return version == 2 ? build_v2(builder, memory) : build_v1(builder, memory);
}
