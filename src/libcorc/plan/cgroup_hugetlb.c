/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.hugepageLimits and linux.resources.rdma → files of the hugetlb and rdma
 * controllers. Layer: plan; the parent process only; pure.
 */
#include <inttypes.h>

#include "plan/cgroup_builder.h"

#define HUGETLB "hugetlb"
#define RDMA "rdma"

/* A page counts when it is reserved, and when it is there: one limit for each. */
static int add_hugepage_limit(struct corc_cgroup_builder *builder,
	const struct corc_spec_hugepage_limit *limit, const char *suffix)
{
	static const char *const counters[] = {"", ".rsvd"};
	struct corc_cgroup_value value = {limit->node, "limit"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++) {
		const char *file = corc_arena_printf(
			builder->arena, HUGETLB ".%s%s.%s", limit->page_size, counters[i], suffix);

		r = corc_cgroup_add(builder, value, HUGETLB, file,
			file ? corc_arena_printf(builder->arena, "%" PRIu64, limit->limit) : NULL);
	}
	/* Reservations are counted since Linux 5.7, and not with every configuration. */
	if (r == 0)
		corc_cgroup_mark_optional(builder);
	return r;
}

int corc_cgroup_build_hugetlb(
	struct corc_cgroup_builder *builder, const struct corc_spec_hugepage_limits *limits)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < limits->count; i++) {
		const struct corc_spec_hugepage_limit *limit = &limits->items[i];
		int version = corc_cgroup_version_of(
			builder, (struct corc_cgroup_value){limit->node, "limit"}, HUGETLB);

		if (version < 0)
			return version;
		r = add_hugepage_limit(builder, limit, version == 2 ? "max" : "limit_in_bytes");
	}
	return r;
}

/* " NAME=NUMBER", or nothing. */
static const char *limit_word(struct corc_arena *arena, const char *name, const uint32_t *limit)
{
	return limit ? corc_arena_printf(arena, " %s=%" PRIu32, name, *limit) : "";
}

/* Both versions have the same file: a device a line. */
int corc_cgroup_build_rdma(
	struct corc_cgroup_builder *builder, const struct corc_spec_rdmas *devices)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < devices->count; i++) {
		const struct corc_spec_rdma *device = &devices->items[i];
		struct corc_cgroup_value value = {
			device->node, device->hca_handles ? "hcaHandles" : "hcaObjects"};
		const char *handles = limit_word(builder->arena, "hca_handle", device->hca_handles);
		const char *objects = limit_word(builder->arena, "hca_object", device->hca_objects);

		if (!device->hca_handles && !device->hca_objects)
			continue;
		r = corc_cgroup_version_of(builder, value, RDMA);
		if (r < 0)
			return r;
		r = corc_cgroup_add(builder, value, RDMA, "rdma.max",
			handles && objects ? corc_arena_printf(builder->arena, "%s%s%s",
						     device->name, handles, objects)
					   : NULL);
	}
	return r;
}
