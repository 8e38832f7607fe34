/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.cgroupsPath and linux.resources → directories and file contents. Layer: plan; the parent
 * process only; pure.
 */
#ifndef CORC_PLAN_CGROUP_PLAN_H
#define CORC_PLAN_CGROUP_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "plan/host.h"
#include "plan/systemd_unit.h"
#include "spec/spec.h"

/* One file to write in the container's cgroup. */
struct corc_cgroup_setting {
	uint32_t node;          /* of the value in the configuration */
	const char *key;        /* its property, for the origin */
	const char *controller; /* "memory"; decides the hierarchy on v1 */
	const char *file;       /* "memory.max" */
	const char *value;
	/* What is written in its place when `file` is missing (weights: BFQ or not); else NULL. */
	const char *fallback_file, *fallback_value;
	bool optional; /* a missing file is no error (rsvd, swap accounting off) */
};

struct corc_cgroup_directory {
	uint32_t hierarchy; /* index into the layout */
	int version;
	const char *mountpoint;
	const char *controllers;
	const char *path;      /* in the hierarchy: "/corc-test/web" */
	const char *directory; /* mountpoint + path */
};

struct corc_cgroup_plan {
	enum corc_cgroup_mode mode;                /* CORC_CGROUP_NONE: nothing to do */
	struct corc_cgroup_directory *directories; /* v2: one; v1: one a hierarchy */
	size_t directory_count;
	struct corc_cgroup_setting *settings; /* in the order of writing */
	size_t setting_count;
	/* v2: the device filter, struct bpf_insn[]; v1: among the settings (devices.deny …) */
	const void *device_program;
	size_t device_program_count;       /* instructions; 0: allow all, nothing is attached */
	struct corc_string_array warnings; /* what is ignored: v1-only values on v2 and the like */
	/* systemd makes the directories, or some of them on v1; NULL: corc does. */
	struct corc_systemd_unit *unit;
	const char *unit_path; /* in each hierarchy */
	/* v2: where in the directory the processes are, "container"; NULL: in itself. */
	const char *processes;
	/* Who may make groups below that: the root of the container's user namespace; 0: nobody. */
	uint32_t delegated_uid, delegated_gid;
	/* cgroupsPath or a limit was given: a caller who may not make cgroups cannot go without. */
	bool is_required;
};

/* Whether the controllers of a v1 hierarchy, "cpu,cpuacct", have the name among them. */
bool corc_cgroup_lists(const char *controllers, const char *name);

/*
 * The directory in which the files of a controller are: the v1 hierarchy that has it mounted, else
 * the v2 one. Returns plan->directory_count when there is neither.
 */
size_t corc_cgroup_plan_directory(const struct corc_cgroup_plan *plan, const char *controller);

/*
 * Errors have their origin in spec.
 * systemd: the path is "SLICE:PREFIX:NAME", see plan/systemd_unit.h.
 * Else: absolute from the root of each hierarchy; relative or absent (then the id): below the
 * caller's own cgroup on v1, and beside it on v2, where a cgroup with processes cannot give
 * controllers to its children; both as runc's cgroupfs driver.
 */
struct corc_cgroup_input {
	const struct corc_spec *spec;
	const struct corc_cgroup_layout *layout;
	const char *id;
	int manager; /* enum corc_cgroup_manager */
};

int corc_compile_cgroup(struct corc_arena *arena, const struct corc_cgroup_input *input,
	struct corc_cgroup_plan **ret_plan, struct corc_error *error);

/* What a container's cgroup has now, as far as the new limits depend on it. */
struct corc_cgroup_current {
	int64_t memory_limit; /* bytes; -1: unlimited */
	int64_t memory_swap;  /* v1: memory and swap; v2: swap alone; -1: unlimited, or no such file
			       */
	uint64_t memory_usage; /* bytes; 0: not known */
	int64_t cpu_quota;     /* microseconds; negative: unlimited */
	uint64_t cpu_period, cpu_burst;
	int64_t realtime_runtime;
	uint64_t realtime_period;
};

struct corc_cgroup_update_input {
	const struct corc_spec *spec; /* linux.resources only, see corc_spec_parse_resources */
	const struct corc_cgroup_plan *place; /* its mode and its directories */
	const struct corc_cgroup_current *current;
	bool check_memory; /* refuse limits below the usage, unless the resources say otherwise */
	const char *unit;  /* the container's unit of systemd; NULL: it has none */
};

/*
 * As corc_compile_cgroup, for a container that is there: what is absent stays as it is, what
 * belongs together is completed from what there is, and the settings are in an order in which the
 * kernel takes each. Device rules are not looked at.
 */
int corc_compile_cgroup_update(struct corc_arena *arena,
	const struct corc_cgroup_update_input *input, struct corc_cgroup_plan **ret_plan,
	struct corc_error *error);

/*
 * Device rules → an eBPF program of type cgroup device. For every letter of the access that is
 * asked for, the last rule decides that matches the device and has the letter; what no rule matches
 * is denied. Built-in rules come last and cannot be taken back: mknod of everything, and null zero
 * full random urandom tty ptmx pts tun. *ret_count 0: everything is allowed. -ENOMEM; -E2BIG: more
 * rules than a program may have.
 */
int corc_compile_device_program(struct corc_arena *arena,
	const struct corc_spec_device_rules *rules, const void **ret_program, size_t *ret_count);

#endif
