/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules → an eBPF program for cgroup v2. Layer: plan; the parent process only; pure.
 *
 * The program has a section for each type of device. A section looks at the rules from the last to
 * the first and keeps in one register the letters of the access that no rule has decided yet. An
 * allowing rule takes its letters away, and nothing left means yes; a denying rule that has one of
 * them means no, and so does the end.
 *
 * What it costs to load is the verifier's work, mostly for each conditional jump, so that there is
 * one for a rule and not one for each of its numbers.
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

/* A device number in the kernel: 12 bits major, 20 bits minor. */
#define MINOR_BITS 20
#define MINOR_MAX ((1 << MINOR_BITS) - 1)
#define MAJOR_MAX 4095

enum {
	ANSWER = BPF_REG_0,
	CONTEXT = BPF_REG_1,
	TYPE = BPF_REG_2,
	OPEN = BPF_REG_3, /* letters that are not decided yet */
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5,
	DEVICE = BPF_REG_6, /* both in one */
	SCRATCH = BPF_REG_7,
};

/* Where a jump leads; its distance is filled in at the end. */
enum label { LABEL_NONE, LABEL_NEXT, LABEL_BLOCK, LABEL_ALLOW, LABEL_DENY, LABEL_MAX_ };

#define FIXED_SIZE 20
#define RULE_SIZE_MAX 5
#define SECTIONS 2

struct program {
	struct bpf_insn *instructions;
	uint8_t *labels; /* of each instruction: enum label */
	size_t count;
	size_t targets[LABEL_MAX_];
	bool denies;
};

static struct bpf_insn *emit(
	struct program *program, uint8_t code, uint8_t destination, int32_t immediate)
{
	struct bpf_insn *instruction = &program->instructions[program->count++];

	*instruction = (struct bpf_insn){
		.code = code,
		.dst_reg = destination & 0xf,
		.imm = immediate,
	};
	return instruction;
}

static void emit_load(struct program *program, uint8_t destination, size_t offset)
{
	struct bpf_insn *instruction = emit(program, BPF_LDX | BPF_MEM | BPF_W, destination, 0);

	instruction->src_reg = CONTEXT;
	instruction->off = (int16_t)offset;
}

static void emit_registers(
	struct program *program, uint8_t operation, uint8_t destination, uint8_t source)
{
	emit(program, BPF_ALU64 | operation | BPF_X, destination, 0)->src_reg = source & 0xf;
}

static void emit_constant(
	struct program *program, uint8_t operation, uint8_t destination, int32_t constant)
{
	emit(program, BPF_ALU64 | operation | BPF_K, destination, constant);
}

/* Comparisons have 32 bits: the constant is not sign-extended. */
static void emit_jump(struct program *program, uint8_t operation, uint8_t destination,
	uint32_t constant, enum label label)
{
	program->labels[program->count] = (uint8_t)label;
	emit(program, BPF_JMP32 | operation | BPF_K, destination, (int32_t)constant);
}

static void emit_jump_always(struct program *program, enum label label)
{
	program->labels[program->count] = (uint8_t)label;
	emit(program, BPF_JMP | BPF_JA, 0, 0);
}

static void emit_answer(struct program *program, enum label label)
{
	program->targets[label] = program->count;
	emit_constant(program, BPF_MOV, ANSWER, label == LABEL_ALLOW);
	emit(program, BPF_JMP | BPF_EXIT, 0, 0);
}

/* access_type is the letters in the upper 16 bits and the type in the lower ones. */
static void emit_prologue(struct program *program)
{
	emit_load(program, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit_registers(program, BPF_MOV, OPEN, TYPE);
	emit_constant(program, BPF_AND, TYPE, 0xffff);
	emit_constant(program, BPF_RSH, OPEN, 16);
	emit_load(program, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	emit_load(program, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	emit_registers(program, BPF_MOV, DEVICE, MAJOR);
	emit_constant(program, BPF_LSH, DEVICE, MINOR_BITS);
	emit_registers(program, BPF_OR, DEVICE, MINOR);
	emit_jump(program, BPF_JNE, TYPE, BPF_DEVCG_DEV_CHAR, LABEL_BLOCK);
}

/* The register that tells whether a device is meant, and its value then. */
struct match {
	uint8_t source;
	uint32_t constant;
};

static bool is_any_device(const struct corc_device_rule *rule)
{
	return rule->major == CORC_DEVICE_ANY && rule->minor == CORC_DEVICE_ANY;
}

static struct match match_of(const struct corc_device_rule *rule)
{
	if (rule->minor == CORC_DEVICE_ANY)
		return (struct match){MAJOR, (uint32_t)rule->major};
	if (rule->major == CORC_DEVICE_ANY)
		return (struct match){MINOR, (uint32_t)rule->minor};
	return (struct match){DEVICE, (uint32_t)rule->major << MINOR_BITS | (uint32_t)rule->minor};
}

/* The rule decides all letters that are open. */
static void emit_full(
	struct program *program, const struct corc_device_rule *rule, enum label answer)
{
	if (is_any_device(rule)) {
		emit_jump_always(program, answer);
		return;
	}
	emit_jump(program, BPF_JEQ, match_of(rule).source, match_of(rule).constant, answer);
}

/*
 * The rule decides a part of them; the rest goes on to the next. The comparison is made in a
 * scratch register: otherwise the verifier, who knows the device exactly where the rule matched,
 * would look at all that follows once more for each such rule.
 */
static void emit_partial(
	struct program *program, const struct corc_device_rule *rule, enum label answer)
{
	size_t match_jump = SIZE_MAX;

	if (!is_any_device(rule)) {
		emit_registers(program, BPF_MOV, SCRATCH, match_of(rule).source);
		emit_constant(program, BPF_XOR, SCRATCH, (int32_t)match_of(rule).constant);
		match_jump = program->count;
		emit_jump(program, BPF_JNE, SCRATCH, 0, LABEL_NEXT);
	}
	if (rule->allow) {
		emit_constant(program, BPF_AND, OPEN, (int32_t)~rule->access);
		emit_jump(program, BPF_JEQ, OPEN, 0, answer);
	} else {
		emit_jump(program, BPF_JSET, OPEN, rule->access, answer);
	}
	if (match_jump != SIZE_MAX)
		program->instructions[match_jump].off = (int16_t)(program->count - match_jump - 1);
}

static bool exists(const struct corc_device_rule *rule)
{
	return rule->major <= MAJOR_MAX && rule->minor <= MINOR_MAX;
}

static void emit_section(
	struct program *program, const struct corc_device_rules *rules, uint32_t type)
{
	uint32_t open = CORC_DEVICE_ALL_ACCESS;

	for (size_t i = rules->count; i > 0; i--) {
		const struct corc_device_rule *rule = &rules->items[i - 1];
		enum label answer = rule->allow ? LABEL_ALLOW : LABEL_DENY;

		if ((rule->type != CORC_DEVICE_ALL && rule->type != type) || !exists(rule) ||
			(rule->access & open) == 0)
			continue;
		program->denies = program->denies || !rule->allow;
		if ((rule->access & open) == open)
			emit_full(program, rule, answer);
		else
			emit_partial(program, rule, answer);
		if (!is_any_device(rule))
			continue;
		open &= ~rule->access;
		if (open == 0)
			return;
	}
	program->denies = true;
	emit_jump_always(program, LABEL_DENY);
}

/* Distances have 16 bits. */
static int resolve_labels(struct program *program)
{
	if (program->count > INT16_MAX)
		return -E2BIG;
	for (size_t i = 0; i < program->count; i++)
		if (program->labels[i] > LABEL_NEXT)
			program->instructions[i].off =
				(int16_t)(program->targets[program->labels[i]] - i - 1);
	return 0;
}

int corc_compile_device_program(struct corc_arena *arena,
	const struct corc_spec_device_rules *rules, const void **ret_program, size_t *ret_count)
{
	struct corc_device_rules all;
	struct program program = {0};
	size_t size;
	int r = corc_device_rules_of(arena, rules, &all);

	if (r < 0)
		return r;
	size = FIXED_SIZE + all.count * RULE_SIZE_MAX * SECTIONS;
	program.instructions = corc_arena_array(arena, size, sizeof(*program.instructions));
	program.labels = corc_arena_array(arena, size, sizeof(*program.labels));
	if (!program.instructions || !program.labels)
		return -ENOMEM;
	emit_prologue(&program);
	emit_section(&program, &all, CORC_DEVICE_CHAR);
	program.targets[LABEL_BLOCK] = program.count;
	emit_section(&program, &all, CORC_DEVICE_BLOCK);
	if (!program.denies) {
		*ret_program = NULL;
		*ret_count = 0;
		return 0;
	}
	emit_answer(&program, LABEL_DENY);
	emit_answer(&program, LABEL_ALLOW);
	r = resolve_labels(&program);
	if (r < 0)
		return r;
	*ret_program = program.instructions;
	*ret_count = program.count;
	return 0;
}
