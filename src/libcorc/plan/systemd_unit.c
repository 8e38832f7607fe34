/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unit as a whole: name, place, and the properties in the order in which systemd is told.
 * Layer: plan; the parent process only; pure.
 */
#include "plan/systemd_unit.h"

#include <errno.h>
#include <string.h>

#include "plan/cgroup_builder.h"

#define SUBGROUP "run.oci.systemd.subgroup"
#define DELEGATED "run.oci.delegate-cgroup"
#define OBJECT_NAME_MAX 255

static int no_memory(struct corc_cgroup_builder *builder)
{
	return corc_fail(builder->error, ENOMEM, "out of memory");
}

int corc_systemd_add(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit,
	const struct corc_systemd_property *property)
{
	unit->properties = corc_arena_grow(builder->arena, unit->properties, unit->property_count,
		&builder->property_capacity, sizeof(*unit->properties));
	if (!unit->properties)
		return no_memory(builder);
	unit->properties[unit->property_count++] = *property;
	return 0;
}

static int add_text(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit,
	const char *name, const char *text)
{
	const struct corc_systemd_property property = {
		.node = builder->spec->linux_.node,
		.key = "cgroupsPath",
		.name = name,
		.value = {.signature = "s", .text = text},
	};

	return text ? corc_systemd_add(builder, unit, &property) : no_memory(builder);
}

static int add_switch(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit,
	const char *name, bool value)
{
	const struct corc_systemd_property property = {
		.node = builder->spec->linux_.node,
		.key = "cgroupsPath",
		.name = name,
		.value = {.signature = "b", .number = value},
	};

	return corc_systemd_add(builder, unit, &property);
}

static bool has_v1(const struct corc_cgroup_plan *plan)
{
	return plan->mode == CORC_CGROUP_V1 || plan->mode == CORC_CGROUP_HYBRID;
}

/*
 * What makes the scope the container's: it goes when the last process has gone, however that came;
 * it gives the controllers on; and it is not stopped with others for the sake of order.
 */
static int add_basics(
	struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit, const char *id)
{
	const struct {
		const char *name;
		bool value;
	} switches[] = {
		{"DefaultDependencies", false},
		{"Delegate", true},
		{"CPUAccounting", true},
		{"MemoryAccounting", true},
		{"TasksAccounting", true},
		{has_v1(builder->plan) ? "BlockIOAccounting" : "IOAccounting", true},
	};
	int r = add_text(builder, unit, "Description",
		corc_arena_printf(builder->arena, "corc container %s", id));

	if (r == 0)
		r = add_text(builder, unit, "Slice", unit->slice);
	if (r == 0)
		r = add_text(builder, unit, "CollectMode", "inactive-or-failed");
	for (size_t i = 0; r == 0 && i < sizeof(switches) / sizeof(switches[0]); i++)
		r = add_switch(builder, unit, switches[i].name, switches[i].value);
	return r;
}

static const char *find_annotation(const struct corc_cgroup_builder *builder, const char *key)
{
	const struct corc_string_map *map = &builder->spec->annotations;

	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->keys[i], key) == 0)
			return map->values[i];
	return "";
}

static int check_name(struct corc_cgroup_builder *builder, const char *annotation, const char *name)
{
	const struct corc_json_document *document = &builder->spec->document;

	if (!strchr(name, '/') && name[0] != '.' && strlen(name) <= OBJECT_NAME_MAX)
		return 0;
	return corc_spec_fail(builder->spec,
		corc_json_find(document, builder->spec->node, "annotations", UINT32_MAX),
		annotation, UINT32_MAX, builder->error, "\"%s\" is not the name of a cgroup", name);
}

/* The host's id of the container's root. */
static uint32_t root_id(const struct corc_spec_id_mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (mappings->items[i].container_id == 0)
			return mappings->items[i].host_id;
	return 0;
}

/* The groups below the scope that the container's processes are in, by annotations of crun's. */
static int place_processes(struct corc_cgroup_builder *builder)
{
	const char *group = find_annotation(builder, SUBGROUP);
	const char *delegated = find_annotation(builder, DELEGATED);
	int r = check_name(builder, SUBGROUP, group);

	if (r == 0)
		r = check_name(builder, DELEGATED, delegated);
	if (r < 0 || builder->plan->mode != CORC_CGROUP_V2 || group[0] == '\0')
		return r;
	builder->plan->processes = group;
	if (delegated[0] == '\0')
		return 0;
	builder->plan->processes = corc_arena_printf(builder->arena, "%s/%s", group, delegated);
	builder->plan->delegated_uid = root_id(&builder->spec->linux_.uid_mappings);
	builder->plan->delegated_gid = root_id(&builder->spec->linux_.gid_mappings);
	return builder->plan->processes ? 0 : no_memory(builder);
}

int corc_systemd_compile_unit(struct corc_cgroup_builder *builder, const char *id)
{
	const struct corc_systemd_layout *systemd = &builder->layout->systemd;
	struct corc_systemd_unit *unit = corc_arena_alloc(builder->arena, sizeof(*unit));
	const char *slice;
	int r;

	if (!unit)
		return no_memory(builder);
	if (builder->layout->count == 0)
		return corc_fail(builder->error, ENOENT,
			"the systemd cgroup manager needs cgroups, and none are mounted below /sys/fs/cgroup");
	unit->is_user = systemd->is_user;
	r = corc_systemd_name_unit(builder, id, unit);
	if (r < 0)
		return r;
	slice = corc_systemd_expand_slice(builder->arena, unit->slice);
	builder->plan->unit = unit;
	builder->plan->unit_path =
		slice ? corc_arena_printf(builder->arena, "%s%s/%s",
				systemd->path ? systemd->path : "", slice, unit->name)
		      : NULL;
	if (!builder->plan->unit_path)
		return no_memory(builder);
	r = add_basics(builder, unit, id);
	return r < 0 ? r : place_processes(builder);
}

int corc_systemd_add_properties(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit)
{
	int r = corc_systemd_add_devices(builder, unit);

	if (r == 0)
		r = corc_systemd_add_limits(builder, unit);
	return r < 0 ? r : corc_systemd_add_annotations(builder, unit);
}

int corc_systemd_compile_update(struct corc_cgroup_builder *builder, const char *name)
{
	struct corc_systemd_unit *unit = corc_arena_alloc(builder->arena, sizeof(*unit));

	if (!unit)
		return no_memory(builder);
	unit->name = name;
	builder->plan->unit = unit;
	return corc_systemd_add_limits(builder, unit);
}
