/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scope that systemd makes for a container: its name, its place and its properties. Layer:
 * plan; the parent process only; pure.
 *
 * The properties are made from the settings of the cgroup plan, so that systemd and corc write the
 * same values to the same files, whoever is last.
 */
#ifndef CORC_PLAN_SYSTEMD_UNIT_H
#define CORC_PLAN_SYSTEMD_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

struct corc_cgroup_builder;
struct corc_spec_device_rules;

/*
 * A value of D-Bus. Its type is the first character of the signature: "a" and "(" have items, "d"
 * has `real`, "s", "o" and "g" have text, all others `number` (two's complement).
 */
struct corc_bus_value {
	const char *signature; /* "t", "as", "a(ss)" */
	uint64_t number;
	double real;
	const char *text;
	const struct corc_bus_value *items;
	size_t count;
};

struct corc_systemd_property {
	/* The value of the configuration behind it. */
	uint32_t node;
	const char *key;
	const char *name; /* "MemoryMax" */
	struct corc_bus_value value;
	/* The version of systemd that has it; 0: all that run on the oldest kernel have it. */
	uint32_t since;
};

struct corc_systemd_unit {
	const char *name;  /* "corc-web.scope" */
	const char *slice; /* "system.slice" */
	bool is_user;      /* of the user's systemd, not of the system's */
	struct corc_systemd_property *properties;
	size_t property_count;
};

/* No limit: what systemd calls "infinity". */
#define CORC_SYSTEMD_INFINITY UINT64_MAX

/*
 * linux.cgroupsPath "SLICE:PREFIX:NAME" → the unit's slice and name. Absent: the default slice and
 * the unit corc-ID.scope. Errors have their origin in the configuration.
 */
int corc_systemd_name_unit(
	struct corc_cgroup_builder *builder, const char *id, struct corc_systemd_unit *unit);

/* "a-b.slice" → "/a.slice/a-b.slice", "-.slice" → "". NULL: not the name of a slice; no memory. */
const char *corc_systemd_expand_slice(struct corc_arena *arena, const char *slice);

/*
 * Makes the unit of builder->plan, whose directories are made too; then, when the settings are
 * there, corc_systemd_add_properties fills it. Properties of annotations come last.
 */
int corc_systemd_compile_unit(struct corc_cgroup_builder *builder, const char *id);
int corc_systemd_add_properties(
	struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit);

/* For an update: the properties that follow from the settings, and no others. */
int corc_systemd_compile_update(struct corc_cgroup_builder *builder, const char *name);

/* The settings' properties, appended to the unit (systemd_limits.c). */
int corc_systemd_add_limits(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit);

/*
 * DevicePolicy and DeviceAllow (systemd_devices.c). What they allow is what the rules allow, or
 * more where systemd cannot express them; the container's own filter always holds as well.
 */
int corc_systemd_add_devices(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit);

/* The annotations org.systemd.property.NAME (systemd_annotations.c). */
int corc_systemd_add_annotations(
	struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit);

/* Appends a property, from the value `key` of the object `node`. -ENOMEM is in builder->error. */
int corc_systemd_add(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit,
	const struct corc_systemd_property *property);

/*
 * "0-2,5" → the bytes of a set of bits, the lowest first: {0x27}. -EINVAL: not such a list.
 */
int corc_systemd_parse_bits(struct corc_arena *arena, const char *text, struct corc_bus_value *ret);

/* A share of the processors' time in the form that systemd and the kernel both keep as it is. */
struct corc_systemd_quota {
	uint64_t per_second; /* microseconds of processor time a second; INFINITY: no limit */
	int64_t quota;       /* microseconds a period; negative: no limit */
	uint64_t period;     /* microseconds */
};

/*
 * Quota and period as a configuration has them (quota <= 0: no limit) → rounded up to a whole
 * percent, which is all that systemd remembers, with the shortest period that the kernel takes.
 */
struct corc_systemd_quota corc_systemd_round_quota(int64_t quota, uint64_t period);

/*
 * The text form of a D-Bus value, as in org.systemd.property annotations: true, 5, uint64 5,
 * 'text',
 * ["a", "b"], byte 0x1f, @as []. -EINVAL with *ret_problem saying what is wrong; -ENOMEM.
 */
int corc_bus_value_parse(struct corc_arena *arena, const char *text, struct corc_bus_value *ret,
	const char **ret_problem);

/* The same form, written. */
void corc_bus_value_print(const struct corc_bus_value *value, struct corc_buffer *buffer);

#endif
