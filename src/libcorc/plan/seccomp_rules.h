/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a seccomp profile, sorted: those that are a name and an action, and those that
 * libseccomp has to compile. Layer: plan; the parent process only; used by compile_seccomp.c alone.
 */
#ifndef CORC_PLAN_SECCOMP_RULES_H
#define CORC_PLAN_SECCOMP_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "plan/seccomp_tree.h"
#include "spec/spec.h"

#define CORC_SECCOMP_ARCHITECTURES 32

/* One name of one rule. */
struct corc_seccomp_entry {
	const char *name;
	int number;      /* of the native architecture, or a negative one of libseccomp */
	uint32_t action; /* SCMP_ACT_*, which is SECCOMP_RET_* */
	const struct corc_spec_seccomp_rule *rule;
	bool is_complex; /* has conditions, or another rule for this call has, or disagrees */
};

struct corc_seccomp_rules {
	uint32_t default_action;
	bool has_enosys; /* calls newer than the profile get ENOSYS */
	uint32_t architectures[CORC_SECCOMP_ARCHITECTURES]; /* SCMP_ARCH_*, the native one first */
	size_t architecture_count;
	struct corc_seccomp_entry *entries;
	size_t count;
	/* The largest number that the profile names, for each architecture; -1: none. */
	int64_t last[CORC_SECCOMP_ARCHITECTURES];
};

/* SCMP_ACT_* of an action of the specification. */
uint32_t corc_seccomp_action(uint32_t action, const uint32_t *errno_ret);

/*
 * Fills entries, last and has_enosys; the rest is there already. Names that libseccomp does not
 * know are left out: profiles are made for many kernels. Returns 0 or -ENOMEM.
 */
int corc_seccomp_rules_read(struct corc_arena *arena, const struct corc_spec_seccomp *seccomp,
	struct corc_seccomp_rules *rules);

/*
 * The tables of all entries that are not complex, one for each architecture of the kernel. Returns
 * their number, -ENOMEM, or -EEXIST when two names that disagree have one number, which libseccomp
 * does not have.
 */
int corc_seccomp_tables(struct corc_arena *arena, const struct corc_seccomp_rules *rules,
	struct corc_seccomp_table tables[CORC_SECCOMP_ARCHITECTURES]);

#endif
