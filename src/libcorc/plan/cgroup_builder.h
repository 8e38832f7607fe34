/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files cgroup_*.c of this folder share. Layer: plan; the parent process only.
 */
#ifndef CORC_PLAN_CGROUP_BUILDER_H
#define CORC_PLAN_CGROUP_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/cgroup_plan.h"

/* A plan that is being made. */
struct corc_cgroup_builder {
	struct corc_arena *arena;
	const struct corc_spec *spec;
	const struct corc_cgroup_layout *layout;
	const struct corc_cgroup_current *current; /* NULL: of a group that is new */
	bool check_memory;
	struct corc_cgroup_plan *plan;
	size_t setting_capacity, warning_capacity, property_capacity;
	struct corc_error *error;
};

/* A value of the configuration: the object's node and the property. */
struct corc_cgroup_value {
	uint32_t node;
	const char *key;
};

/*
 * The version of cgroups (1 or 2) in which a controller's files are. On v2 it is not known here
 * whether the controller was delegated: writing finds out. Fails when it is in no hierarchy.
 */
int corc_cgroup_version_of(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *controller);

/* Adds a file to write; `text` NULL is failed memory. */
int corc_cgroup_add(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *controller, const char *file, const char *text);

/* The same for a number. */
int corc_cgroup_add_number(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *controller, const char *file, int64_t number);

/* What was added last may be missing in the kernel. */
void corc_cgroup_mark_optional(struct corc_cgroup_builder *builder);

/* What to write when the file that was added last is missing; `text` NULL is failed memory. */
int corc_cgroup_set_fallback(
	struct corc_cgroup_builder *builder, const char *file, const char *text);

/* Adds "FILE:LINE:COLUMN: PATH: TEXT" to the warnings. */
int corc_cgroup_warn(
	struct corc_cgroup_builder *builder, struct corc_cgroup_value value, const char *text);

/* The parts of linux.resources; each returns 0 or -errno with the builder's error filled. */
int corc_cgroup_build_memory(
	struct corc_cgroup_builder *builder, const struct corc_spec_memory *memory);
int corc_cgroup_build_cpu(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu);
int corc_cgroup_build_cpuset(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu);
int corc_cgroup_build_pids(struct corc_cgroup_builder *builder, const struct corc_spec_pids *pids);
int corc_cgroup_build_block_io(
	struct corc_cgroup_builder *builder, const struct corc_spec_block_io *block_io);
int corc_cgroup_build_hugetlb(
	struct corc_cgroup_builder *builder, const struct corc_spec_hugepage_limits *limits);
int corc_cgroup_build_rdma(
	struct corc_cgroup_builder *builder, const struct corc_spec_rdmas *devices);
int corc_cgroup_build_network(
	struct corc_cgroup_builder *builder, const struct corc_spec_network *network);
int corc_cgroup_build_devices(
	struct corc_cgroup_builder *builder, const struct corc_spec_resources *resources);
int corc_cgroup_build_unified(
	struct corc_cgroup_builder *builder, const struct corc_spec_resources *resources);

/* cpu.shares (v1, 2 … 262144) → cpu.weight (v2, 1 … 10000). 0: 0. */
uint32_t corc_cgroup_weight(uint64_t shares);

#endif
