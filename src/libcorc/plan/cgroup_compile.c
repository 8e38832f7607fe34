/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup plan as a whole: where the directories are, and the parts of linux.resources in the
 * order of writing. Layer: plan; the parent process only; pure.
 */
#include <corc/corc.h>
#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "plan/cgroup_builder.h"

static int no_memory(struct corc_cgroup_builder *builder)
{
	return corc_fail(builder->error, ENOMEM, "out of memory");
}

static struct corc_cgroup_value path_value(const struct corc_cgroup_builder *builder)
{
	return (struct corc_cgroup_value){builder->spec->linux_.node, "cgroupsPath"};
}

/*
 * Where a relative path begins. On v2 a group with processes cannot give controllers to its
 * children, so the place beside the caller's own is taken.
 */
static const char *relative_base(
	struct corc_arena *arena, const struct corc_cgroup_hierarchy *hierarchy)
{
	const char *self = hierarchy->self ? hierarchy->self : "/";
	const char *slash;

	if (hierarchy->version == 1)
		return self;
	slash = strrchr(self, '/');
	return slash ? corc_arena_strndup(arena, self, (size_t)(slash - self)) : "/";
}

static int place(struct corc_cgroup_builder *builder, const char *path, uint32_t index)
{
	const struct corc_cgroup_hierarchy *hierarchy = &builder->layout->hierarchies[index];
	struct corc_cgroup_plan *plan = builder->plan;
	struct corc_cgroup_directory *directory = &plan->directories[plan->directory_count];
	const char *base = "/";

	/* ".." goes no further up than to where a path begins. */
	if (path[0] != '/') {
		base = relative_base(builder->arena, hierarchy);
		path = corc_path_clean(builder->arena, path);
		if (!base || !path)
			return no_memory(builder);
		path++;
	}
	*directory = (struct corc_cgroup_directory){
		.hierarchy = index,
		.version = hierarchy->version,
		.mountpoint = hierarchy->mountpoint,
		.controllers = hierarchy->controllers ? hierarchy->controllers : "",
		.path = corc_path_join(builder->arena, base, path),
	};
	if (!directory->path)
		return no_memory(builder);
	if (directory->path[1] == '\0')
		return corc_spec_fail(builder->spec, path_value(builder).node, "cgroupsPath",
			UINT32_MAX, builder->error, "the root cgroup cannot be a container's");
	directory->directory =
		corc_arena_printf(builder->arena, "%s%s", hierarchy->mountpoint, directory->path);
	if (!directory->directory)
		return no_memory(builder);
	plan->directory_count++;
	return 0;
}

static int place_all(struct corc_cgroup_builder *builder, const char *id)
{
	const char *path = builder->spec->linux_.cgroups_path;
	struct corc_cgroup_plan *plan = builder->plan;
	int r = 0;

	if (plan->unit)
		path = plan->unit_path;
	else if (!path || path[0] == '\0')
		path = id;
	plan->directories = corc_arena_array(
		builder->arena, builder->layout->count, sizeof(*plan->directories));
	if (!plan->directories && builder->layout->count > 0)
		return no_memory(builder);
	for (uint32_t i = 0; r == 0 && i < builder->layout->count; i++)
		r = place(builder, path, i);
	return r;
}

/*
 * Memory comes late: on a failure all is set back, and only a limit of memory kills. unified is
 * last: it may repeat what a typed property set.
 */
static int build_limits(struct corc_cgroup_builder *builder)
{
	const struct corc_spec_resources *resources = &builder->spec->linux_.resources;
	int r = 0;

	if (resources->cpu)
		r = corc_cgroup_build_cpuset(builder, resources->cpu);
	if (r == 0 && resources->cpu)
		r = corc_cgroup_build_cpu(builder, resources->cpu);
	if (r == 0 && resources->pids)
		r = corc_cgroup_build_pids(builder, resources->pids);
	if (r == 0)
		r = corc_cgroup_build_block_io(builder, &resources->block_io);
	if (r == 0)
		r = corc_cgroup_build_hugetlb(builder, &resources->hugepage_limits);
	if (r == 0)
		r = corc_cgroup_build_rdma(builder, &resources->rdma);
	if (r == 0)
		r = corc_cgroup_build_network(builder, &resources->network);
	if (r == 0 && resources->memory)
		r = corc_cgroup_build_memory(builder, resources->memory);
	return r < 0 ? r : corc_cgroup_build_unified(builder, resources);
}

static int build_resources(struct corc_cgroup_builder *builder)
{
	const struct corc_spec_resources *resources = &builder->spec->linux_.resources;
	int r = build_limits(builder);

	builder->plan->is_required =
		builder->plan->setting_count > 0 || builder->spec->linux_.cgroups_path;
	return r < 0 ? r : corc_cgroup_build_devices(builder, resources);
}

/* Whether there is anything among the resources; engines write some objects empty. */
static bool is_empty(const struct corc_spec_resources *resources)
{
	const struct corc_spec_block_io *block_io = &resources->block_io;

	return resources->devices.count == 0 && !resources->memory && !resources->cpu &&
	       !resources->pids && resources->unified.count == 0 && !block_io->weight &&
	       !block_io->leaf_weight && block_io->weight_devices.count == 0 &&
	       block_io->read_bps.count + block_io->write_bps.count + block_io->read_iops.count +
			       block_io->write_iops.count ==
		       0 &&
	       resources->hugepage_limits.count == 0 && resources->rdma.count == 0 &&
	       !resources->network.class_id && resources->network.priorities.count == 0;
}

static int build_disabled(struct corc_cgroup_builder *builder)
{
	builder->plan->mode = CORC_CGROUP_NONE;
	if (is_empty(&builder->spec->linux_.resources))
		return 0;
	return corc_cgroup_warn(builder,
		(struct corc_cgroup_value){builder->spec->linux_.node, "resources"},
		"cgroups are disabled by the caller, the limits are ignored");
}

static int build(struct corc_cgroup_builder *builder, const char *id, int manager)
{
	int r;

	if (manager == CORC_CGROUP_MANAGER_DISABLED)
		return build_disabled(builder);
	builder->plan->mode = builder->layout->mode;
	if (manager == CORC_CGROUP_MANAGER_SYSTEMD) {
		r = corc_systemd_compile_unit(builder, id);
		if (r < 0)
			return r;
	}
	r = place_all(builder, id);
	if (r == 0)
		r = build_resources(builder);
	if (r < 0 || !builder->plan->unit)
		return r;
	return corc_systemd_add_properties(builder, builder->plan->unit);
}

int corc_compile_cgroup_update(struct corc_arena *arena,
	const struct corc_cgroup_update_input *input, struct corc_cgroup_plan **ret_plan,
	struct corc_error *error)
{
	struct corc_cgroup_builder builder = {
		.arena = arena,
		.spec = input->spec,
		.current = input->current,
		.check_memory = input->check_memory,
		.plan = corc_arena_alloc(arena, sizeof(*builder.plan)),
		.error = error,
	};

	if (!builder.plan)
		return no_memory(&builder);
	builder.plan->mode = input->place->mode;
	builder.plan->directories = input->place->directories;
	builder.plan->directory_count = input->place->directory_count;
	if (build_limits(&builder) < 0 ||
		(input->unit && corc_systemd_compile_update(&builder, input->unit) < 0))
		return corc_error_step(error, CORC_STEP_COMPILE);
	*ret_plan = builder.plan;
	return 0;
}

int corc_compile_cgroup(struct corc_arena *arena, const struct corc_cgroup_input *input,
	struct corc_cgroup_plan **ret_plan, struct corc_error *error)
{
	struct corc_cgroup_builder builder = {
		.arena = arena,
		.spec = input->spec,
		.layout = input->layout,
		.plan = corc_arena_alloc(arena, sizeof(*builder.plan)),
		.error = error,
	};
	int r;

	if (!builder.plan)
		return no_memory(&builder);
	r = build(&builder, input->id, input->manager);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_COMPILE);
	*ret_plan = builder.plan;
	return 0;
}
