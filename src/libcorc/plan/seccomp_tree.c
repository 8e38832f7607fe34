/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of system call numbers to BPF. Layer: plan; the parent process only. */
#include "plan/seccomp_tree.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#define NEAR 255            /* how far a conditional jump goes */
#define ANYWHERE UINT32_MAX /* of a jump to the end, until that is known */
#define ARCHITECTURE_SIZE 3
#define RANGE_SIZE 2  /* a comparison and a leaf */
#define BLOCK_MAX 128 /* ranges whose comparisons and leaves all reach each other */
#define BLOCK_JUMP 1  /* over the left half, for each division into blocks */

_Static_assert(2 * BLOCK_MAX - 1 <= NEAR, "the first comparison reaches the last leaf");

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

static void put_comparison(struct output *output, uint32_t first)
{
	put(output, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 0));
}

/* Ranges whose leaves stand behind their comparisons, each answer once. */
struct block {
	struct output *output;
	size_t begin;
	/* Jumps of comparison number i that go to the leaf of an answer. */
	struct {
		bool is_leaf;
		uint32_t answer;
	} jumps[BLOCK_MAX][2]; /* not taken, taken */
};

/* Depth: the logarithm of count, which is at least 2. */
static void put_comparisons(
	struct block *block, const struct corc_seccomp_range *ranges, size_t count)
{
	size_t middle = count / 2;
	size_t at = block->output->length;
	size_t index = at - block->begin;
	const struct corc_seccomp_range *halves[2] = {ranges, ranges + middle};
	const size_t counts[2] = {middle, count - middle};

	put_comparison(block->output, ranges[middle].first);
	for (int i = 0; i < 2; i++) {
		block->jumps[index][i].is_leaf = counts[i] == 1;
		block->jumps[index][i].answer = halves[i]->answer;
		if (counts[i] == 1)
			continue;
		if (i == 1)
			block->output->program[at].jt = (uint8_t)(block->output->length - at - 1);
		put_comparisons(block, halves[i], counts[i]);
	}
}

/* The place of a leaf, which is put at the end when it is not there. */
static size_t find_leaf(struct output *output, size_t leaves, uint32_t answer)
{
	for (size_t at = leaves; at < output->length; at++) {
		const struct sock_filter *leaf = &output->program[at];
		bool is_miss = leaf->code == (BPF_JMP | BPF_JA);

		if (is_miss ? answer == CORC_SECCOMP_MISS : leaf->k == answer)
			return at;
	}
	put_leaf(output, answer);
	return output->length - 1;
}

static void put_block(struct output *output, const struct corc_seccomp_range *ranges, size_t count)
{
	struct block block = {.output = output, .begin = output->length};
	size_t leaves;

	if (count == 1) {
		put_leaf(output, ranges->answer);
		return;
	}
	put_comparisons(&block, ranges, count);
	leaves = output->length;
	for (size_t at = block.begin; at < leaves; at++) {
		struct sock_filter *comparison = &output->program[at];
		uint8_t *const distances[2] = {&comparison->jf, &comparison->jt};

		for (int i = 0; i < 2; i++)
			if (block.jumps[at - block.begin][i].is_leaf)
				*distances[i] =
					(uint8_t)(find_leaf(output, leaves,
							  block.jumps[at - block.begin][i].answer) -
						  at - 1);
	}
}

/* Blocks, and above them comparisons with a jump that goes far. */
static void put_ranges(struct output *output, const struct corc_seccomp_range *ranges, size_t count)
{
	size_t middle = count / 2;
	size_t at = output->length;

	if (count <= BLOCK_MAX) {
		put_block(output, ranges, count);
		return;
	}
	put_comparison(output, ranges[middle].first);
	output->program[at].jf = BLOCK_JUMP;
	put(output, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	put_ranges(output, ranges, middle);
	output->program[at + 1].k = (uint32_t)(output->length - at - 2);
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

	/* A division into blocks, of which each has at least half of the most, is a jump more. */
	for (size_t i = 0; i < count; i++)
		result += ARCHITECTURE_SIZE + RANGE_SIZE * tables[i].count +
			  tables[i].count / (BLOCK_MAX / 2);
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
