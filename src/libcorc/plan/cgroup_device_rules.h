/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules in one simple form, for both versions of cgroups. Layer: plan; the parent process
 * only; pure.
 */
#ifndef CORC_PLAN_CGROUP_DEVICE_RULES_H
#define CORC_PLAN_CGROUP_DEVICE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "spec/spec.h"

#define CORC_DEVICE_ANY (-1)

enum corc_device_access {
	CORC_DEVICE_MKNOD = 1 << 0,
	CORC_DEVICE_READ = 1 << 1,
	CORC_DEVICE_WRITE = 1 << 2,
	CORC_DEVICE_ALL_ACCESS = 7,
};

struct corc_device_rule {
	bool allow;
	bool built_in;
	uint32_t type;        /* enum corc_device_type: CHAR, BLOCK or ALL */
	int64_t major, minor; /* CORC_DEVICE_ANY */
	uint32_t access;      /* enum corc_device_access */
	uint32_t node;        /* in the configuration, of a rule that is not built in */
};

struct corc_device_rules {
	struct corc_device_rule *items;
	size_t count;
};

/* The configuration's rules, then the built-in ones. -ENOMEM. */
int corc_device_rules_of(struct corc_arena *arena, const struct corc_spec_device_rules *rules,
	struct corc_device_rules *ret_rules);

/* It decides about every device and every access. */
bool corc_device_rule_is_total(const struct corc_device_rule *rule);

#endif
