/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of system call numbers to BPF. Layer: plan; the parent process only. */
#include "plan/seccomp_tree.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#define NEAR 255            /* how far a conditional jump goes */
#define ANYWHERE UINT32_MAX /* of a jump to the end, until that is known */
#define ARCHITECTURE_SIZE 3
#define RANGE_SIZE 3 /* a leaf, a comparison, and a jump when it goes far */

struct output {
	struct sock_filter *program;
	size_t length;
};

static void put(struct output *output, struct sock_filter instruction)
{
	output->program[output->length++] = instruction;
}

static void put_leaf(struct output *output, uint32_t answer)
{
	if (answer == CORC_SECCOMP_MISS)
		put(output, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, ANYWHERE));
	else
		put(output, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

/* Depth: the logarithm of count. */
static void put_ranges(struct output *output, const struct corc_seccomp_range *ranges, size_t count)
{
	size_t middle = count / 2;
	size_t at = output->length;
	size_t left;

	if (count == 1) {
		put_leaf(output, ranges->answer);
		return;
	}
	put(output, (struct sock_filter)BPF_JUMP(
			    BPF_JMP | BPF_JGE | BPF_K, ranges[middle].first, 0, 0));
	put_ranges(output, ranges, middle);
	left = output->length - at - 1;
	if (left <= NEAR) {
		output->program[at].jt = (uint8_t)left;
	} else {
		/* All jumps on the left are relative or to the end: it can be moved. */
		memmove(&output->program[at + 2], &output->program[at + 1],
			left * sizeof(*output->program));
		output->length++;
		output->program[at].jf = 1;
		output->program[at + 1] =
			(struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)left);
	}
	put_ranges(output, ranges + middle, count - middle);
}

/* Goes on behind the table when the architecture is another. */
static void put_table(struct output *output, const struct corc_seccomp_table *table)
{
	size_t at = output->length;

	put(output,
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, table->architecture, 1, 0));
	put(output, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	put(output, (struct sock_filter)BPF_STMT(
			    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	put_ranges(output, table->ranges, table->count);
	output->program[at + 1].k = (uint32_t)(output->length - at - 2);
}

size_t corc_seccomp_tree_max(const struct corc_seccomp_table *tables, size_t count)
{
	size_t result = 1;

	for (size_t i = 0; i < count; i++)
		result += ARCHITECTURE_SIZE + RANGE_SIZE * tables[i].count;
	return result;
}

size_t corc_seccomp_tree(
	const struct corc_seccomp_table *tables, size_t count, struct sock_filter *program)
{
	struct output output = {.program = program};

	put(&output, (struct sock_filter)BPF_STMT(
			     BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	for (size_t i = 0; i < count; i++)
		put_table(&output, &tables[i]);
	for (size_t i = 0; i < output.length; i++)
		if (program[i].code == (BPF_JMP | BPF_JA) && program[i].k == ANYWHERE)
			program[i].k = (uint32_t)(output.length - i - 1);
	return output.length;
}
