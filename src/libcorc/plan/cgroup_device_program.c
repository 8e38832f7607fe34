/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules → an eBPF program for cgroup v2. Layer: plan; the parent process only; pure.
 *
 * The program looks at the rules from the last to the first and keeps in one register the letters
 * of the access that no rule has decided yet. An allowing rule takes its letters away, and nothing
 * left means yes; a denying rule that has one of them means no, and so does the end.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>

#include "plan/cgroup_device_rules.h"
#include "plan/cgroup_plan.h"

/* The kernel's numbers are used for ours. */
_Static_assert((int)CORC_DEVICE_MKNOD == (int)BPF_DEVCG_ACC_MKNOD, "mknod");
_Static_assert((int)CORC_DEVICE_READ == (int)BPF_DEVCG_ACC_READ, "read");
_Static_assert((int)CORC_DEVICE_WRITE == (int)BPF_DEVCG_ACC_WRITE, "write");

enum {
	ANSWER = BPF_REG_0,
	CONTEXT = BPF_REG_1,
	TYPE = BPF_REG_2,
	OPEN = BPF_REG_3, /* letters that are not decided yet */
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5,
};

#define PROLOGUE_SIZE 6
#define RULE_SIZE_MAX 7
#define END_SIZE 2

struct program {
	struct bpf_insn *instructions;
	size_t count;
};

static struct bpf_insn *emit(struct program *program, uint8_t code, uint8_t destination,
	int16_t offset, int32_t immediate)
{
	struct bpf_insn *instruction = &program->instructions[program->count++];

	*instruction = (struct bpf_insn){
		.code = code,
		.dst_reg = destination & 0xf,
		.off = offset,
		.imm = immediate,
	};
	return instruction;
}

static void emit_load(struct program *program, uint8_t destination, size_t offset)
{
	emit(program, BPF_LDX | BPF_MEM | BPF_W, destination, (int16_t)offset, 0)->src_reg =
		CONTEXT;
}

static void emit_answer(struct program *program, bool allow)
{
	emit(program, BPF_ALU64 | BPF_MOV | BPF_K, ANSWER, 0, allow);
	emit(program, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

/* access_type is the letters in the upper 16 bits and the type in the lower ones. */
static void emit_prologue(struct program *program)
{
	emit_load(program, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(program, BPF_ALU64 | BPF_MOV | BPF_X, OPEN, 0, 0)->src_reg = TYPE;
	emit(program, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0xffff);
	emit(program, BPF_ALU64 | BPF_RSH | BPF_K, OPEN, 0, 16);
	emit_load(program, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	emit_load(program, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

/* Comparisons have 32 bits: the constant is not sign-extended. */
static void emit_unless_equal(struct program *program, uint8_t destination, uint32_t constant)
{
	emit(program, BPF_JMP32 | BPF_JNE | BPF_K, destination, 0, (int32_t)constant);
}

static void emit_match(struct program *program, const struct corc_device_rule *rule)
{
	if (rule->type != CORC_DEVICE_ALL)
		emit_unless_equal(program, TYPE,
			rule->type == CORC_DEVICE_CHAR ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK);
	if (rule->major != CORC_DEVICE_ANY)
		emit_unless_equal(program, MAJOR, (uint32_t)rule->major);
	if (rule->minor != CORC_DEVICE_ANY)
		emit_unless_equal(program, MINOR, (uint32_t)rule->minor);
}

static void emit_rule(struct program *program, const struct corc_device_rule *rule)
{
	size_t first = program->count;
	size_t end;

	emit_match(program, rule);
	end = program->count;
	if (rule->access != CORC_DEVICE_ALL_ACCESS && rule->allow) {
		emit(program, BPF_ALU64 | BPF_AND | BPF_K, OPEN, 0, (int32_t)~rule->access);
		emit_unless_equal(program, OPEN, 0);
		end = program->count;
	} else if (rule->access != CORC_DEVICE_ALL_ACCESS) {
		emit(program, BPF_JMP | BPF_JSET | BPF_K, OPEN, 1, (int32_t)rule->access);
		emit(program, BPF_JMP | BPF_JA, 0, 0, 0);
		end = program->count;
	}
	emit_answer(program, rule->allow);
	/* Every jump without a distance leads behind the rule. */
	for (size_t i = first; i < end; i++) {
		struct bpf_insn *instruction = &program->instructions[i];
		uint8_t class = BPF_CLASS(instruction->code);

		if ((class == BPF_JMP || class == BPF_JMP32) && instruction->off == 0)
			instruction->off = (int16_t)(program->count - i - 1);
	}
}

/*
 * The rules that can still decide something: from the last total one. *ret_allows_all: none of them
 * denies.
 */
static size_t first_effective(const struct corc_device_rules *rules, bool *ret_allows_all)
{
	bool denies = false;
	size_t i = rules->count;

	while (i > 0) {
		const struct corc_device_rule *rule = &rules->items[--i];

		denies = denies || !rule->allow;
		if (corc_device_rule_is_total(rule)) {
			*ret_allows_all = !denies;
			return i;
		}
	}
	*ret_allows_all = false;
	return 0;
}

int corc_compile_device_program(struct corc_arena *arena,
	const struct corc_spec_device_rules *rules, const void **ret_program, size_t *ret_count)
{
	struct corc_device_rules all;
	struct program program = {0};
	bool allows_all;
	bool total;
	size_t first;
	int r = corc_device_rules_of(arena, rules, &all);

	if (r < 0)
		return r;
	first = first_effective(&all, &allows_all);
	if (allows_all) {
		*ret_program = NULL;
		*ret_count = 0;
		return 0;
	}
	program.instructions = corc_arena_array(arena,
		PROLOGUE_SIZE + (all.count - first) * RULE_SIZE_MAX + END_SIZE,
		sizeof(struct bpf_insn));
	if (!program.instructions)
		return -ENOMEM;
	total = corc_device_rule_is_total(&all.items[first]);
	emit_prologue(&program);
	for (size_t i = all.count; i > first + total; i--)
		emit_rule(&program, &all.items[i - 1]);
	emit_answer(&program, total && all.items[first].allow);
	*ret_program = program.instructions;
	*ret_count = program.count;
	return 0;
}
