/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of system call numbers to BPF. Layer: plan; the parent process only; pure.
 *
 * Nearly all rules of a profile are names without conditions. They become a balanced tree of
 * comparisons over ranges of numbers, which takes the kernel some seven instructions to decide and
 * corc a few microseconds to make. Comparisons share their answers: loading a filter costs the
 * kernel by the instruction.
 */
#ifndef CORC_PLAN_SECCOMP_TREE_H
#define CORC_PLAN_SECCOMP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_filter;

/* An answer that is none of SECCOMP_RET_*: the program behind decides. */
#define CORC_SECCOMP_MISS 0x00000001u

/* From `first` up to the next range. */
struct corc_seccomp_range {
	uint32_t first;
	uint32_t answer; /* SECCOMP_RET_* with data, or CORC_SECCOMP_MISS */
};

/* The first range begins with 0, and the numbers go up. */
struct corc_seccomp_table {
	uint32_t architecture; /* AUDIT_ARCH_*, as the kernel tells it to the filter */
	struct corc_seccomp_range *ranges;
	size_t count; /* at least 1 */
};

/* What corc_seccomp_tree writes at most. */
size_t corc_seccomp_tree_max(const struct corc_seccomp_table *tables, size_t count);

/*
 * Writes the trees of all tables. Whatever they miss, and every other architecture, goes to the
 * instruction behind the last. Returns the number of instructions.
 */
size_t corc_seccomp_tree(
	const struct corc_seccomp_table *tables, size_t count, struct sock_filter *program);

#endif
