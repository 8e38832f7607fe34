/* SPDX-License-Identifier: Apache-2.0 */
/* Filters are run here, in an interpreter, and their answers compared. */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include "plan_fixture.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plan/seccomp_tree.h"
#include "sys/emulator.h"
#ifdef HAVE_SECCOMP
#	include <seccomp.h>

#	include "plan/seccomp_rules.h"
#endif

#define X32 0x40000000u
#define ERRNO(code) (SECCOMP_RET_ERRNO | (code))

/* The instructions of classic BPF that filters are made of. */
static uint32_t run(
	const struct sock_filter *program, size_t count, const struct seccomp_data *data)
{
	uint32_t accumulator = 0;

	for (size_t at = 0; at < count; at++) {
		const struct sock_filter *one = &program[at];
		bool is_true = false;

		switch (one->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_in_range(one->k, 0, sizeof(*data) - 4);
			memcpy(&accumulator, (const char *)data + one->k, 4);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= one->k;
			continue;
		case BPF_RET | BPF_K:
			return one->k;
		case BPF_JMP | BPF_JA:
			at += one->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			is_true = accumulator == one->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			is_true = accumulator > one->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			is_true = accumulator >= one->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			is_true = (accumulator & one->k) != 0;
			break;
		default:
			fail_msg("instruction %zu has code %#x", at, one->code);
		}
		at += is_true ? one->jt : one->jf;
	}
	fail_msg("ran out of the program");
	return 0;
}

static uint32_t ask(
	const struct sock_filter *program, size_t count, uint32_t architecture, uint32_t number)
{
	const struct seccomp_data data = {.nr = (int)number, .arch = architecture};

	return run(program, count, &data);
}

/* A table whose ranges begin at 0, and at each of the numbers. */
static void test_tree(void **state)
{
	struct corc_seccomp_range first[700], second[] = {{0, 5}, {9, CORC_SECCOMP_MISS}};
	struct corc_seccomp_table tables[] = {
		{AUDIT_ARCH_X86_64, first, 0},
		{AUDIT_ARCH_I386, second, 2},
	};

	(void)state;
	/* Every size, up to those where jumps go far. */
	for (size_t count = 1; count <= 700; count += count < 20 ? 1 : 97) {
		struct sock_filter program[3 * 702 + 8];
		size_t length;

		tables[0].count = count;
		for (size_t i = 0; i < count; i++)
			first[i] = (struct corc_seccomp_range){(uint32_t)(3 * i),
				i % 5 == 2 ? CORC_SECCOMP_MISS : (uint32_t)(SECCOMP_RET_ERRNO + i)};
		assert_true(corc_seccomp_tree_max(tables, 2) < sizeof(program) / 8);
		length = corc_seccomp_tree(tables, 2, program);
		assert_true(length <= corc_seccomp_tree_max(tables, 2));
		program[length++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		for (uint32_t number = 0; number < 3 * count + 5; number++) {
			size_t range = number / 3 < count ? number / 3 : count - 1;
			uint32_t expected = first[range].answer == CORC_SECCOMP_MISS
						    ? SECCOMP_RET_ALLOW
						    : first[range].answer;

			assert_int_equal(ask(program, length, AUDIT_ARCH_X86_64, number), expected);
		}
		assert_int_equal(ask(program, length, AUDIT_ARCH_I386, 8), 5);
		assert_int_equal(ask(program, length, AUDIT_ARCH_I386, 9), SECCOMP_RET_ALLOW);
		assert_int_equal(
			ask(program, length, AUDIT_ARCH_I386, UINT32_MAX), SECCOMP_RET_ALLOW);
		assert_int_equal(ask(program, length, AUDIT_ARCH_AARCH64, 8), SECCOMP_RET_ALLOW);
	}
}

#ifdef HAVE_SECCOMP

#	if defined(__x86_64__)
#		define NATIVE AUDIT_ARCH_X86_64
#	elif defined(__aarch64__)
#		define NATIVE AUDIT_ARCH_AARCH64
#	endif

struct filter {
	struct plan_fixture fixture;
	const struct sock_filter *program;
	size_t count;
};

/* `members` are those of "seccomp". */
static int try_filter(struct filter *filter, const char *members)
{
	const char *seccomp =
		corc_arena_printf(&filter->fixture.arena, ", \"seccomp\": {%s}", members);
	int r = plan_compile(&filter->fixture, plan_config(&filter->fixture, seccomp, ""));

	if (r < 0)
		return r;
	filter->program = filter->fixture.plan->seccomp_program;
	filter->count = filter->fixture.plan->seccomp_size / sizeof(*filter->program);
	return 0;
}

static void make_filter(struct filter *filter, const char *members)
{
	if (try_filter(filter, members) < 0)
		fail_msg("%s", filter->fixture.error.message);
	assert_non_null(filter->program);
}

static void test_allow_list(void **state)
{
	struct filter filter = {0};

	(void)state;
	make_filter(&filter,
		"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\", "
		"\"write\", \"nosuchcall\"], \"action\": \"SCMP_ACT_ALLOW\"}, {\"names\": "
		"[\"getpid\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 7}, {\"names\": "
		"[\"getppid\"], \"action\": \"SCMP_ACT_KILL_PROCESS\"}, {\"names\": [\"getuid\"], "
		"\"action\": \"SCMP_ACT_TRAP\"}, {\"names\": [\"getgid\"], \"action\": "
		"\"SCMP_ACT_LOG\"}, {\"names\": [\"statx\"], \"action\": \"SCMP_ACT_ERRNO\"}]");

	const struct {
		uint32_t number, answer;
	} cases[] = {
		{SYS_read, SECCOMP_RET_ALLOW},
		{SYS_write, SECCOMP_RET_ALLOW},
		{SYS_getpid, ERRNO(7)},
		{SYS_getppid, SECCOMP_RET_KILL_PROCESS},
		{SYS_getuid, SECCOMP_RET_TRAP},
		{SYS_getgid, SECCOMP_RET_LOG},
		{SYS_setsid, ERRNO(EPERM)},
		{SYS_statx, ERRNO(EPERM)},
		/* Newer than anything that the profile names. */
		{SYS_statx + 1, ERRNO(ENOSYS)},
		{SYS_clone3, ERRNO(ENOSYS)},
		{100000, ERRNO(ENOSYS)},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t found = ask(filter.program, filter.count, NATIVE, cases[i].number);

		if (found != cases[i].answer)
			fail_msg("case %zu: found %#x", i, found);
	}
	/* Absent flags mean this one. */
	assert_int_equal(filter.fixture.plan->seccomp_flags, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	plan_done(&filter.fixture);
}

/* No ENOSYS where the default answers a new call already. */
static void test_no_enosys(void **state)
{
	static const struct {
		const char *members;
		uint32_t answer;
	} cases[] = {
		{"\"defaultAction\": \"SCMP_ACT_ALLOW\"", SECCOMP_RET_ALLOW},
		{"\"defaultAction\": \"SCMP_ACT_LOG\"", SECCOMP_RET_LOG},
		{"\"defaultAction\": \"SCMP_ACT_TRACE\"", SECCOMP_RET_TRACE | EPERM},
		{"\"defaultAction\": \"SCMP_ACT_TRACE\", \"defaultErrnoRet\": 9",
			SECCOMP_RET_TRACE | 9},
		{"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38", ERRNO(ENOSYS)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter filter = {0};

		make_filter(
			&filter, corc_arena_printf(&filter.fixture.arena,
					 "%s, \"syscalls\": [{\"names\": [\"read\"], \"action\": "
					 "\"SCMP_ACT_KILL\"}]",
					 cases[i].members));
		assert_int_equal(
			ask(filter.program, filter.count, NATIVE, 100000), cases[i].answer);
		assert_int_equal(ask(filter.program, filter.count, NATIVE, SYS_read),
			SECCOMP_RET_KILL_THREAD);
		plan_done(&filter.fixture);
	}
}

static uint32_t ask_argument(const struct filter *filter, uint32_t number, uint64_t value)
{
	const struct seccomp_data data = {
		.nr = (int)number, .arch = NATIVE, .args = {value, value}};

	return run(filter->program, filter->count, &data);
}

static void test_arguments(void **state)
{
	struct filter filter = {0};

	(void)state;
	make_filter(&filter,
		"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
		"{\"names\": [\"close\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
		"\"value\": 5, \"op\": \"SCMP_CMP_LE\"}]},"
		"{\"names\": [\"dup\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
		"\"value\": 240, \"valueTwo\": 16, \"op\": \"SCMP_CMP_MASKED_EQ\"}]},"
		/* Twice the same argument: one or the other. */
		"{\"names\": [\"fchdir\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
		"\"value\": 1, \"op\": \"SCMP_CMP_EQ\"}, {\"index\": 0, \"value\": 2, \"op\": "
		"\"SCMP_CMP_EQ\"}]},"
		/* Two arguments: both. */
		"{\"names\": [\"dup3\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
		"\"value\": 3, \"op\": \"SCMP_CMP_GE\"}, {\"index\": 1, \"value\": 4, \"op\": "
		"\"SCMP_CMP_LT\"}]}]");
	assert_int_equal(ask_argument(&filter, SYS_close, 5), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_argument(&filter, SYS_close, 6), ERRNO(EPERM));
	assert_int_equal(ask_argument(&filter, SYS_close, UINT64_C(1) << 32), ERRNO(EPERM));
	assert_int_equal(ask_argument(&filter, SYS_dup, 0x1f), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_argument(&filter, SYS_dup, 0x2f), ERRNO(EPERM));
	assert_int_equal(ask_argument(&filter, SYS_fchdir, 1), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_argument(&filter, SYS_fchdir, 2), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_argument(&filter, SYS_fchdir, 3), ERRNO(EPERM));
	assert_int_equal(ask_argument(&filter, SYS_dup3, 3), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_argument(&filter, SYS_dup3, 2), ERRNO(EPERM));
	assert_int_equal(ask_argument(&filter, SYS_dup3, 4), ERRNO(EPERM));
	plan_done(&filter.fixture);
}

/* Where calls that the kernel does not know arrive as number 0. */
static void test_s390x(void **state)
{
	struct corc_arena arena = {0};
	struct corc_seccomp_entry entry = {.name = "read", .action = SECCOMP_RET_ALLOW};
	struct corc_seccomp_rules rules = {.default_action = ERRNO(EPERM),
		.has_enosys = true,
		.architectures = {SCMP_ARCH_S390X, SCMP_ARCH_PPC64LE},
		.architecture_count = 2,
		.entries = &entry,
		.count = 1,
		.last = {400, 400}};
	struct corc_seccomp_table tables[CORC_SECCOMP_ARCHITECTURES];
	struct sock_filter program[64];
	size_t length;

	(void)state;
	assert_int_equal(corc_seccomp_tables(&arena, &rules, tables), 2);
	assert_true(corc_seccomp_tree_max(tables, 2) < 64);
	length = corc_seccomp_tree(tables, 2, program);
	program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ERRNO(EPERM));
	assert_int_equal(ask(program, length, SCMP_ARCH_S390X, 0), ERRNO(ENOSYS));
	assert_int_equal(ask(program, length, SCMP_ARCH_S390X, 1), ERRNO(EPERM));
	assert_int_equal(ask(program, length, SCMP_ARCH_S390X, 3), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(program, length, SCMP_ARCH_S390X, 400), ERRNO(EPERM));
	assert_int_equal(ask(program, length, SCMP_ARCH_S390X, 401), ERRNO(ENOSYS));
	assert_int_equal(ask(program, length, SCMP_ARCH_PPC64LE, 0), ERRNO(EPERM));
	assert_int_equal(ask(program, length, SCMP_ARCH_PPC64LE, 401), ERRNO(ENOSYS));
	corc_arena_done(&arena);
}

#	if defined(__x86_64__)
/* Many rules make the tree of comparisons that CTL_OPTIMIZE asks for. */
static void test_architectures(void **state)
{
	struct filter filter = {0};
	const char *members =
		"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86_64\", "
		"\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"], \"syscalls\": [{\"names\": [\"read\", "
		"\"write\", \"open\", \"close\", \"stat\", \"fstat\", \"lstat\", \"poll\", \"lseek\", "
		"\"mmap\", \"mprotect\", \"munmap\", \"brk\", \"rt_sigaction\", \"pread64\", "
		"\"access\", \"pipe\", \"select\", \"dup\", \"clone3\"], \"action\": "
		"\"SCMP_ACT_ALLOW\"}]";

	(void)state;
	make_filter(&filter, members);

	const struct {
		uint32_t architecture, number, answer;
	} cases[] = {
		{AUDIT_ARCH_X86_64, 0, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_X86_64, 32, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_X86_64, 33, ERRNO(EPERM)},
		{AUDIT_ARCH_X86_64, 435, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_X86_64, 436, ERRNO(ENOSYS)},
		{AUDIT_ARCH_X86_64, X32 + 1, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_X86_64, X32 + 435, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_X86_64, X32 + 33, ERRNO(EPERM)},
		/* The numbers of x32 alone begin at 512: its read and others come last there. */
		{AUDIT_ARCH_X86_64, X32 + 600, ERRNO(ENOSYS)},
		{AUDIT_ARCH_I386, 3, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_I386, 7, ERRNO(EPERM)},
		{AUDIT_ARCH_I386, 436, ERRNO(ENOSYS)},
		{AUDIT_ARCH_AARCH64, 0, SECCOMP_RET_KILL_THREAD},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t found =
			ask(filter.program, filter.count, cases[i].architecture, cases[i].number);

		if (found != cases[i].answer)
			fail_msg("case %zu: found %#x", i, found);
	}
	/* Neighbours with one answer are one range, and libseccomp has not got them as well. */
	assert_true(filter.count < 160);
	plan_done(&filter.fixture);
}

/* Parts of socketcall(2) that disagree, which only that call allowed before them makes possible. */
static void test_multiplexed(void **state)
{
	struct filter filter = {0};

	(void)state;
	make_filter(&filter,
		"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"], "
		"\"syscalls\": [{\"names\": [\"socketcall\", \"bind\", \"clone3\"], \"action\": "
		"\"SCMP_ACT_ALLOW\"}, {\"names\": [\"socket\"], \"action\": "
		"\"SCMP_ACT_ERRNO\", \"errnoRet\": 22, \"args\": [{\"index\": 0, \"value\": 16, "
		"\"op\": \"SCMP_CMP_EQ\"}]}, {\"names\": [\"socket\"], \"action\": "
		"\"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 16, \"op\": "
		"\"SCMP_CMP_NE\"}]}]");
	assert_int_equal(ask_argument(&filter, SYS_socket, 16), ERRNO(22));
	assert_int_equal(ask_argument(&filter, SYS_socket, 1), SECCOMP_RET_ALLOW);
	assert_int_equal(ask_argument(&filter, SYS_bind, 1), SECCOMP_RET_ALLOW);
	assert_int_equal(
		ask(filter.program, filter.count, AUDIT_ARCH_I386, 102), SECCOMP_RET_ALLOW);
	assert_int_equal(
		ask(filter.program, filter.count, AUDIT_ARCH_I386, 361), SECCOMP_RET_ALLOW);
	plan_done(&filter.fixture);
}

/* The last call that the profile names need not be one that it answers by a tree. */
static void test_last_of_x32(void **state)
{
	struct filter filter = {0};

	(void)state;
	make_filter(&filter,
		"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X32\"], "
		"\"syscalls\": [{\"names\": [\"read\", \"write\", \"open\", \"close\"], "
		"\"action\": \"SCMP_ACT_ALLOW\"}, {\"names\": [\"clone3\"], \"action\": "
		"\"SCMP_ACT_ERRNO\"}]");

	const struct {
		uint32_t number, answer;
	} cases[] = {
		{3, SECCOMP_RET_ALLOW},
		{4, ERRNO(EPERM)},
		{435, ERRNO(EPERM)},
		{436, ERRNO(ENOSYS)},
		{X32, SECCOMP_RET_ALLOW},
		{X32 + 4, ERRNO(EPERM)},
		{X32 + 435, ERRNO(EPERM)},
		{X32 + 436, ERRNO(ENOSYS)},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t found =
			ask(filter.program, filter.count, AUDIT_ARCH_X86_64, cases[i].number);

		if (found != cases[i].answer)
			fail_msg("case %zu: found %#x", i, found);
	}
	plan_done(&filter.fixture);
}

/* An architecture that is not in the profile is not let through by its ENOSYS. */
static void test_native_only(void **state)
{
	struct filter filter = {0};

	(void)state;
	make_filter(&filter,
		"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], "
		"\"action\": \"SCMP_ACT_ALLOW\"}]");
	assert_int_equal(
		ask(filter.program, filter.count, AUDIT_ARCH_X86_64, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(
		ask(filter.program, filter.count, AUDIT_ARCH_X86_64, X32), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(
		ask(filter.program, filter.count, AUDIT_ARCH_I386, 3), SECCOMP_RET_KILL_THREAD);
	plan_done(&filter.fixture);
}
#	elif defined(__aarch64__)
/* Programs for 32 bits beside those for 64: their calls have other numbers, and open(2) is one of
 * them. */
static void test_arm(void **state)
{
	static const struct {
		uint32_t architecture, number, answer;
	} cases[] = {
		{AUDIT_ARCH_AARCH64, 63, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_AARCH64, 3, ERRNO(EPERM)},
		{AUDIT_ARCH_AARCH64, 435, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_AARCH64, 436, ERRNO(ENOSYS)},
		{AUDIT_ARCH_ARM, 3, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_ARM, 5, SECCOMP_RET_ALLOW},
		{AUDIT_ARCH_ARM, 63, ERRNO(EPERM)},
		{AUDIT_ARCH_ARM, 436, ERRNO(ENOSYS)},
		{AUDIT_ARCH_X86_64, 0, SECCOMP_RET_KILL_THREAD},
	};
	struct filter filter = {0};

	(void)state;
	make_filter(&filter,
		"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_ARM\"], "
		"\"syscalls\": [{\"names\": [\"read\", \"open\", \"clone3\"], \"action\": "
		"\"SCMP_ACT_ALLOW\"}]");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t found =
			ask(filter.program, filter.count, cases[i].architecture, cases[i].number);

		if (found != cases[i].answer)
			fail_msg("case %zu: found %#x", i, found);
	}
	plan_done(&filter.fixture);
}
#	endif

/* The whole profile as libseccomp alone compiles it: what every part of ours is held against. */
static size_t reference(
	const struct corc_spec_seccomp *seccomp, struct sock_filter program[BPF_MAXINSNS * 4])
{
	uint32_t fallback =
		corc_seccomp_action(*seccomp->default_action, seccomp->default_errno_ret);
	scmp_filter_ctx context = seccomp_init(fallback);
	int fd = memfd_create("corc-test", MFD_CLOEXEC);
	ssize_t size;

	assert_non_null(context);
	assert_true(fd >= 0);
#	if defined(__x86_64__)
	assert_int_equal(seccomp_arch_add(context, SCMP_ARCH_X86), 0);
	assert_int_equal(seccomp_arch_add(context, SCMP_ARCH_X32), 0);
#	endif
	for (size_t i = 0; i < seccomp->syscalls.count; i++) {
		const struct corc_spec_seccomp_rule *rule = &seccomp->syscalls.items[i];
		uint32_t action = corc_seccomp_action(rule->action, rule->errno_ret);
		struct scmp_arg_cmp conditions[6];

		for (size_t k = 0; k < rule->args.count; k++)
			conditions[k] = (struct scmp_arg_cmp){rule->args.items[k].index,
				(enum scmp_compare)rule->args.items[k].op,
				rule->args.items[k].value, rule->args.items[k].value_two};
		for (size_t k = 0; k < rule->names.count && action != fallback; k++) {
			int number = seccomp_syscall_resolve_name(rule->names.items[k]);
			int r = seccomp_rule_add_array(
				context, action, number, (unsigned)rule->args.count, conditions);

			if (r < 0) {
				seccomp_release(context);
				(void)close(fd);
				return 0;
			}
		}
	}
	assert_int_equal(seccomp_export_bpf(context, fd), 0);
	size = pread(fd, program, BPF_MAXINSNS * 4 * sizeof(*program), 0);
	assert_true(size > 0);
	(void)close(fd);
	seccomp_release(context);
	return (size_t)size / sizeof(*program);
}

static void compare_answers(const struct filter *filter, const struct sock_filter *other,
	size_t other_count, uint32_t fallback)
{
	static const uint32_t architectures[] = {NATIVE, AUDIT_ARCH_I386, AUDIT_ARCH_ARM};
	static const uint32_t bases[] = {0, X32, UINT32_MAX - 9};
	static const uint64_t arguments[] = {0, 1, 2, 7, 0x100000000, UINT64_MAX};
	size_t same = 0;

	for (size_t i = 0; i < 3 * 3 * 600; i++) {
		uint32_t number = bases[i / 600 % 3] + (uint32_t)(i % 600);

		for (size_t k = 0; k < sizeof(arguments) / sizeof(arguments[0]); k++) {
			const uint64_t value = arguments[k];
			const struct seccomp_data data = {.nr = (int)number,
				.arch = architectures[i / 1800],
				.args = {
					value, arguments[(k + 1) % 6], value, value, value, value}};
			uint32_t ours = run(filter->program, filter->count, &data);
			uint32_t theirs = run(other, other_count, &data);

			/* Calls that the profile does not know are the one difference. */
			if (ours == ERRNO(ENOSYS) && theirs == fallback)
				continue;
			if (ours != theirs)
				fail_msg("%#x: call %#x with %#llx: %#x, not %#x", data.arch,
					number, (unsigned long long)value, ours, theirs);
			same++;
		}
	}
	assert_true(same > 1000);
}

static void put_rule(struct corc_buffer *text, const char *name, uint32_t choice)
{
	static const char *const actions[] = {"\"SCMP_ACT_ALLOW\"", "\"SCMP_ACT_ALLOW\"",
		"\"SCMP_ACT_ALLOW\"", "\"SCMP_ACT_ERRNO\", \"errnoRet\": 9", "\"SCMP_ACT_TRAP\"",
		"\"SCMP_ACT_LOG\"", "\"SCMP_ACT_KILL_PROCESS\""};
	static const char *const operators[] = {"EQ", "NE", "LT", "LE", "GT", "GE"};

	corc_buffer_printf(text, "%s{\"names\": [\"%s\"], \"action\": %s",
		text->data[text->length - 1] == '[' ? "" : ",", name, actions[choice % 7]);
	if (choice / 7 % 6 == 0)
		corc_buffer_printf(text,
			", \"args\": [{\"index\": %u, \"value\": %u, \"op\": \"SCMP_CMP_%s\"}]",
			choice / 42 % 3, choice / 126 % 4, operators[choice / 504 % 6]);
	corc_buffer_puts(text, "}");
}

/* Profiles by chance, with conditions, parts of socketcall and ipc, and calls given twice. */
static void put_profile(struct corc_buffer *text, uint32_t seed)
{
	corc_buffer_puts(text, "\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [");
	for (int number = 0; number < 440; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

		seed = seed * 1664525u + 1013904223u;
		if (name && seed >> 30 != 0)
			put_rule(text, name, seed >> 8);
		if (name && seed >> 27 == 31)
			put_rule(text, name, seed >> 9);
		free(name);
	}
	if (seed & 0x10000)
		put_rule(text, "socketcall", 0);
	if (seed & 0x20000)
		put_rule(text, "ipc", 7);
	corc_buffer_puts(text, "]");
#	if defined(__x86_64__)
	corc_buffer_puts(text, ", \"architectures\": [\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"]");
#	endif
}

static void test_against_libseccomp(void **state)
{
	static struct sock_filter other[BPF_MAXINSNS * 4];
	size_t compared = 0;

	(void)state;
	for (uint32_t seed = 1; seed <= 40; seed++) {
		struct filter filter = {0};
		struct corc_buffer CORC_BUFFER members = {0};
		size_t count;
		int r;

		put_profile(&members, seed * 2654435761u);
		r = try_filter(&filter, members.data);
		assert_non_null(filter.fixture.spec);
		count = reference(filter.fixture.spec->linux_.seccomp, other);
		/* Rules that libseccomp does not take together. */
		if (count == 0 || r < 0) {
			assert_true(count == 0 && r < 0);
		} else {
			compare_answers(&filter, other, count, ERRNO(EPERM));
			compared++;
		}
		plan_done(&filter.fixture);
	}
	assert_true(compared > 4);
}

static void test_flags(void **state)
{
	static const struct {
		const char *flags;
		uint64_t expected;
	} cases[] = {
		{"", 0},
		{"\"SECCOMP_FILTER_FLAG_LOG\"", SECCOMP_FILTER_FLAG_LOG},
		{"\"SECCOMP_FILTER_FLAG_TSYNC\"", 0},
		{"\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\", \"SECCOMP_FILTER_FLAG_LOG\"",
			SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_LOG},
		{"\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter filter = {0};

		make_filter(
			&filter, corc_arena_printf(&filter.fixture.arena,
					 "\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [%s]",
					 cases[i].flags));
		assert_int_equal(filter.fixture.plan->seccomp_flags, cases[i].expected);
		assert_int_equal(plan_op(filter.fixture.plan, CORC_OP_SECCOMP, 0)->seccomp.flags,
			cases[i].expected);
		plan_done(&filter.fixture);
	}
}

/* With a listener, which is loaded where nobody sees the process, also with no_new_privs. */
static void test_listener(void **state)
{
	struct filter filter = {0};
	const char *members =
		"\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"agent\", "
		"\"listenerMetadata\": \"x\", \"flags\": "
		"[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"], \"syscalls\": [{\"names\": "
		"[\"getpid\"], \"action\": \"SCMP_ACT_NOTIFY\"}, {\"names\": [\"close\"], "
		"\"action\": \"SCMP_ACT_NOTIFY\", \"args\": [{\"index\": 0, \"value\": 5, "
		"\"op\": \"SCMP_CMP_EQ\"}]}]";

	(void)state;
	make_filter(&filter, members);
	assert_int_equal(filter.fixture.plan->seccomp_flags,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | 1u << 5 /* WAIT_KILLABLE_RECV */);
	assert_string_equal(filter.fixture.plan->listener_path, "/bundle/agent");
	assert_string_equal(filter.fixture.plan->listener_metadata, "x");
	assert_int_equal(
		ask(filter.program, filter.count, NATIVE, SYS_getpid), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask_argument(&filter, SYS_close, 5), SECCOMP_RET_USER_NOTIF);
	assert_int_equal(ask_argument(&filter, SYS_close, 6), SECCOMP_RET_ALLOW);
	plan_done(&filter.fixture);
	assert_int_equal(try_filter(&filter, "\"defaultAction\": \"SCMP_ACT_ALLOW\", "
					     "\"syscalls\": [{\"names\": [\"getpid\"], "
					     "\"action\": \"SCMP_ACT_NOTIFY\"}]"),
		-EINVAL);
	assert_string_equal(filter.fixture.error.origin.path, "linux.seccomp.syscalls[0].action");
	plan_done(&filter.fixture);
}

/* Actions that are the default say nothing; the rest of the rule's calls still count. */
static void test_default_action_repeated(void **state)
{
	struct filter filter = {0};

	(void)state;
	make_filter(&filter,
		"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"clone3\"], "
		"\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1}, {\"names\": [\"read\"], "
		"\"action\": \"SCMP_ACT_ALLOW\"}]");
	assert_int_equal(ask(filter.program, filter.count, NATIVE, SYS_clone3), ERRNO(EPERM));
	assert_int_equal(ask(filter.program, filter.count, NATIVE, SYS_clone3 + 1), ERRNO(ENOSYS));
	assert_int_equal(ask(filter.program, filter.count, NATIVE, SYS_read), SECCOMP_RET_ALLOW);
	plan_done(&filter.fixture);
}

static void test_off(void **state)
{
	struct filter filter = {0};

	(void)state;
	assert_int_equal(try_filter(&filter, ""), 0);
	assert_null(filter.program);
	assert_int_equal(plan_count(filter.fixture.plan, CORC_OP_SECCOMP), 0);
	plan_done(&filter.fixture);
}

/* So many conditions do not fit into what the kernel takes. */
static void test_too_long(void **state)
{
	struct filter filter = {0};
	struct corc_buffer CORC_BUFFER members = {0};

	(void)state;
	corc_buffer_puts(&members, "\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [");
	for (unsigned i = 0; i < 4200; i++)
		corc_buffer_printf(&members,
			"%s{\"names\": [\"close\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
			"[{\"index\": 0, \"value\": %u, \"op\": \"SCMP_CMP_EQ\"}]}",
			i ? "," : "", 2 * i);
	corc_buffer_puts(&members, "]");
	assert_int_equal(try_filter(&filter, members.data), -EINVAL);
	assert_non_null(strstr(filter.fixture.error.message, "the kernel takes 4096"));
	assert_int_equal(filter.fixture.error.step, CORC_STEP_SECCOMP);
	assert_string_equal(filter.fixture.error.origin.path, "linux.seccomp");
	plan_done(&filter.fixture);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
#ifdef HAVE_SECCOMP
		cmocka_unit_test(test_allow_list),
		cmocka_unit_test(test_no_enosys),
		cmocka_unit_test(test_arguments),
#	if defined(__x86_64__)
		cmocka_unit_test(test_architectures),
		cmocka_unit_test(test_native_only),
		cmocka_unit_test(test_multiplexed),
		cmocka_unit_test(test_last_of_x32),
#	elif defined(__aarch64__)
		cmocka_unit_test(test_arm),
#	endif
		cmocka_unit_test(test_against_libseccomp),
		cmocka_unit_test(test_s390x),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_listener),
		cmocka_unit_test(test_default_action_repeated),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_too_long),
#endif
	};

#ifdef HAVE_SECCOMP
	/* What it can compile, libseccomp asks the kernel that would load it. */
	if (is_emulated())
		assert_int_equal(seccomp_api_set(5), 0);
#endif
	return cmocka_run_group_tests_name("seccomp", tests, NULL, NULL);
}
