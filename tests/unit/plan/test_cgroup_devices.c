/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules → the filter of v2 and the lines of v1. The filter's decisions are compared, by an
 * interpreter of its instructions, with a plain evaluation of the rules; the kernel's verifier gets
 * to see it where the tests run as root.
 */
#include "plan/cgroup_fixture.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/bpf.h"

#define MKNOD 1u
#define READ 2u
#define WRITE 4u

struct request {
	uint32_t type; /* enum corc_device_type */
	uint32_t major, minor;
	uint32_t access;
};

/* Registers as the kernel has them: every ALU and jump instruction that the filter may use. */
static bool jumps(const struct bpf_insn *instruction, uint64_t left, uint64_t right)
{
	if (BPF_CLASS(instruction->code) == BPF_JMP32) {
		left = (uint32_t)left;
		right = (uint32_t)right;
	}
	switch (BPF_OP(instruction->code)) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return left == right;
	case BPF_JNE:
		return left != right;
	case BPF_JSET:
		return (left & right) != 0;
	default:
		fail_msg("unexpected jump 0x%x", instruction->code);
		return false;
	}
}

static uint64_t alu(const struct bpf_insn *instruction, uint64_t left, uint64_t right)
{
	switch (BPF_OP(instruction->code)) {
	case BPF_MOV:
		return right;
	case BPF_AND:
		return left & right;
	case BPF_OR:
		return left | right;
	case BPF_XOR:
		return left ^ right;
	case BPF_LSH:
		return left << right;
	case BPF_RSH:
		return left >> right;
	default:
		fail_msg("unexpected operation 0x%x", instruction->code);
		return 0;
	}
}

static uint32_t load(const struct bpf_insn *instruction, const struct request *request)
{
	uint32_t context[3] = {
		request->access << 16 | (request->type == CORC_DEVICE_CHAR ? BPF_DEVCG_DEV_CHAR
									   : BPF_DEVCG_DEV_BLOCK),
		request->major,
		request->minor,
	};

	assert_int_equal(instruction->code, BPF_LDX | BPF_MEM | BPF_W);
	assert_int_equal(instruction->src_reg, BPF_REG_1);
	assert_true(instruction->off == 0 || instruction->off == 4 || instruction->off == 8);
	return context[instruction->off / 4];
}

static bool interpret(const struct bpf_insn *program, size_t count, const struct request *request)
{
	uint64_t registers[16] = {0};
	size_t at = 0;

	while (at < count) {
		const struct bpf_insn *instruction = &program[at++];
		uint64_t *destination = &registers[instruction->dst_reg];
		uint64_t right = BPF_SRC(instruction->code) == BPF_X
					 ? registers[instruction->src_reg]
					 : (uint64_t)(int64_t)instruction->imm;

		if (instruction->code == (BPF_JMP | BPF_EXIT))
			return registers[BPF_REG_0] != 0;
		if (BPF_CLASS(instruction->code) == BPF_LDX)
			*destination = load(instruction, request);
		else if (BPF_CLASS(instruction->code) == BPF_ALU64)
			*destination = alu(instruction, *destination, right);
		else if (jumps(instruction, *destination, right))
			at += (size_t)instruction->off;
	}
	fail_msg("the program has no end");
	return false;
}

static uint32_t letters(const char *access)
{
	if (!access)
		return MKNOD | READ | WRITE;
	return (strchr(access, 'm') ? MKNOD : 0) | (strchr(access, 'r') ? READ : 0) |
	       (strchr(access, 'w') ? WRITE : 0);
}

static bool matches(const struct corc_spec_device_rule *rule, const struct request *request)
{
	return (!rule->type || *rule->type == CORC_DEVICE_ALL || *rule->type == request->type) &&
	       (!rule->major || *rule->major == -1 || *rule->major == request->major) &&
	       (!rule->minor || *rule->minor == -1 || *rule->minor == request->minor);
}

static bool is_built_in(const struct request *request, uint32_t letter)
{
	static const uint32_t always[][2] = {
		{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 2}, {10, 200}};

	if (letter == MKNOD)
		return true;
	if (request->type != CORC_DEVICE_CHAR)
		return false;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (always[i][0] == request->major && always[i][1] == request->minor)
			return true;
	return request->major == 136;
}

/* Letter by letter: the last rule that has it decides; all letters must be allowed. */
static bool evaluate(const struct corc_spec_device_rules *rules, const struct request *request)
{
	for (uint32_t letter = MKNOD; letter <= WRITE; letter <<= 1) {
		bool allowed = false;

		if (!(request->access & letter))
			continue;
		for (size_t i = 0; i < rules->count; i++)
			if (matches(&rules->items[i], request) &&
				(letters(rules->items[i].access) & letter))
				allowed = rules->items[i].allow;
		if (!allowed && !is_built_in(request, letter))
			return false;
	}
	return true;
}

#define RULES_MAX 12

/* A small generator of our own: the same rules on every machine. */
static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

struct random_rules {
	struct corc_spec_device_rule items[RULES_MAX];
	uint32_t types[RULES_MAX];
	int64_t majors[RULES_MAX], minors[RULES_MAX];
	struct corc_spec_device_rules rules;
};

/* Few numbers, so that rules meet. The kernel has 12 bits for a major number and 20 for a minor. */
static const int64_t majors[] = {1, 5, 8, 136, 4095, 4096, 4294967295};
static const int64_t minors[] = {1, 3, 8, 128, 1048575, 1048576, 4294967295};
#define NUMBERS 7
#define EXISTING_NUMBERS 5

static void draw_rules(struct random_rules *random, uint64_t *seed)
{
	static const char *const accesses[] = {
		NULL, "rwm", "r", "w", "m", "rw", "rm", "wm", "wrm", ""};

	random->rules = (struct corc_spec_device_rules){random->items, draw(seed, RULES_MAX + 1)};
	for (size_t i = 0; i < random->rules.count; i++) {
		static const uint32_t types[] = {
			CORC_DEVICE_CHAR, CORC_DEVICE_BLOCK, CORC_DEVICE_ALL};
		uint32_t major = draw(seed, NUMBERS + 3);
		uint32_t minor = draw(seed, NUMBERS + 3);

		random->types[i] = types[draw(seed, 3)];
		random->majors[i] = major < NUMBERS ? majors[major] : -1;
		random->minors[i] = minor < NUMBERS ? minors[minor] : -1;
		random->items[i] = (struct corc_spec_device_rule){
			.allow = draw(seed, 2) != 0,
			.type = draw(seed, 8) ? &random->types[i] : NULL,
			.major = major == NUMBERS ? NULL : &random->majors[i],
			.minor = minor == NUMBERS ? NULL : &random->minors[i],
			.access = accesses[draw(seed, 10)],
		};
	}
}

static void check_request(const struct random_rules *random, const struct bpf_insn *program,
	size_t count, const struct request *request)
{
	bool expected = evaluate(&random->rules, request);
	bool found = count == 0 || interpret(program, count, request);

	if (found != expected)
		fail_msg("type %u %u:%u access %u: %s, expected the opposite", request->type,
			request->major, request->minor, request->access,
			found ? "allowed" : "denied");
}

static void check_requests(
	const struct random_rules *random, const struct bpf_insn *program, size_t count)
{
	for (uint32_t type = CORC_DEVICE_CHAR; type <= CORC_DEVICE_BLOCK; type++)
		for (size_t major = 0; major < EXISTING_NUMBERS; major++)
			for (size_t minor = 0; minor < EXISTING_NUMBERS; minor++)
				for (uint32_t access = 1; access < 8; access++)
					check_request(random, program, count,
						&(struct request){type, (uint32_t)majors[major],
							(uint32_t)minors[minor], access});
}

static void random_rules_decide_as_written(void **state)
{
	uint64_t seed = 42;
	size_t allowed_all = 0;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct corc_arena arena = {0};
		struct random_rules random = {0};
		const void *program;
		size_t count;

		draw_rules(&random, &seed);
		assert_int_equal(
			corc_compile_device_program(&arena, &random.rules, &program, &count), 0);
		allowed_all += count == 0;
		check_requests(&random, program, count);
		corc_arena_done(&arena);
	}
	/* A total rule that allows is drawn now and then. */
	assert_in_range(allowed_all, 1, 1000);
}

/* Loads a program; skips where that is not allowed to anybody. */
static void check_verifier(struct corc_arena *arena, const void *program, size_t count)
{
	static char log[65536];
	int fd = corc_bpf_load_device(program, count, NULL, 0);

	if (fd >= 0) {
		assert_int_equal(close(fd), 0);
		return;
	}
	(void)corc_bpf_load_device(program, count, log, sizeof(log));
	corc_arena_done(arena);
	if (fd == -EPERM || fd == -ENOSYS)
		skip();
	fail_msg("errno %d\n%s", -fd, log);
}

static void verifier_accepts_random_rules(void **state)
{
	uint64_t seed = 7;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (int round = 0; round < 300; round++) {
		struct corc_arena arena = {0};
		struct random_rules random = {0};
		const void *program;
		size_t count;

		draw_rules(&random, &seed);
		assert_int_equal(
			corc_compile_device_program(&arena, &random.rules, &program, &count), 0);
		if (count > 0)
			check_verifier(&arena, program, count);
		corc_arena_done(&arena);
	}
}

/* Distances of jumps have 16 bits. */
static void too_many_rules(void **state)
{
	enum { COUNT = 40000 };
	struct corc_spec_device_rule *items = test_calloc(COUNT, sizeof(*items));
	struct corc_spec_device_rules rules = {items, COUNT};
	struct corc_arena arena = {0};
	const void *program;
	size_t count;
	int64_t number = 8;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		items[i] = (struct corc_spec_device_rule){
			.allow = true, .major = &number, .minor = &number, .access = "rw"};
	assert_int_equal(corc_compile_device_program(&arena, &rules, &program, &count), -E2BIG);
	corc_arena_done(&arena);
	test_free(items);
}

/* Rules with a part of the letters leave more to remember; the verifier has a limit for that. */
static void verifier_accepts_many_rules(void **state)
{
	enum { COUNT = 1000 };
	static struct corc_spec_device_rule items[COUNT];
	static int64_t numbers[COUNT];
	static const char *const accesses[] = {"rw", "r", "w"};
	static int64_t major = 226;
	static uint32_t type = CORC_DEVICE_CHAR;
	struct corc_spec_device_rules rules = {items, COUNT};
	struct corc_arena arena = {0};
	const void *program;
	size_t count;

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < COUNT; i++) {
		numbers[i] = (int64_t)i;
		items[i] = (struct corc_spec_device_rule){
			.allow = i % 5 != 0,
			.type = &type,
			.major = &major,
			.minor = &numbers[i],
			.access = accesses[i % 3],
		};
	}
	assert_int_equal(corc_compile_device_program(&arena, &rules, &program, &count), 0);
	check_verifier(&arena, program, count);
	corc_arena_done(&arena);
}

struct decision {
	const char *rules;
	struct request request;
	bool allowed;
};

/* The cases that matter by themselves. */
static void decisions(void **state)
{
	static const char deny_all[] = "{\"allow\":false,\"access\":\"rwm\"}";
	static const char read_only[] = "{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,"
					"\"type\":\"b\",\"major\":8,\"access\":\"r\"}";
	static const char hole[] = "{\"allow\":true,\"access\":\"rwm\"},{\"allow\":false,"
				   "\"type\":\"b\",\"major\":8,\"minor\":1,\"access\":\"w\"}";
	static const struct decision rows[] = {
		{deny_all, {CORC_DEVICE_CHAR, 1, 3, READ | WRITE}, true},
		{deny_all, {CORC_DEVICE_CHAR, 1, 3, READ | WRITE | MKNOD}, true},
		{deny_all, {CORC_DEVICE_CHAR, 136, 77, READ | WRITE}, true},
		{deny_all, {CORC_DEVICE_BLOCK, 1, 3, READ}, false},
		{deny_all, {CORC_DEVICE_BLOCK, 8, 0, MKNOD}, true},
		{deny_all, {CORC_DEVICE_BLOCK, 8, 0, READ}, false},
		{deny_all, {CORC_DEVICE_CHAR, 1, 1, READ}, false},
		{"", {CORC_DEVICE_BLOCK, 8, 0, READ}, false},
		{"", {CORC_DEVICE_CHAR, 1, 3, WRITE}, true},
		{read_only, {CORC_DEVICE_BLOCK, 8, 1, READ}, true},
		{read_only, {CORC_DEVICE_BLOCK, 8, 1, READ | WRITE}, false},
		{read_only, {CORC_DEVICE_BLOCK, 9, 1, READ}, false},
		{hole, {CORC_DEVICE_BLOCK, 8, 1, READ}, true},
		{hole, {CORC_DEVICE_BLOCK, 8, 1, READ | WRITE}, false},
		{hole, {CORC_DEVICE_BLOCK, 8, 2, READ | WRITE}, true},
	};
	struct cgroup_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char members[512];

		(void)snprintf(members, sizeof(members), "\"resources\":{\"devices\":[%s]}",
			rows[i].rules);
		assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2, members), 0);
		assert_int_not_equal(fixture->plan->device_program_count, 0);
		if (interpret(fixture->plan->device_program, fixture->plan->device_program_count,
			    &rows[i].request) != rows[i].allowed)
			fail_msg("row %zu: expected %d", i, rows[i].allowed);
	}
}

/* A privileged container: nothing is loaded, nothing is written. */
static void all_allowed(void **state)
{
	static const char members[] =
		"\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
		"{\"allow\":true,\"type\":\"a\",\"access\":\"rwm\"}]}";
	struct cgroup_fixture *fixture = *state;

	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2, members), 0);
	assert_int_equal(fixture->plan->device_program_count, 0);
	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V1, members), 0);
	assert_int_equal(fixture->plan->setting_count, 0);
}

/* "devices.deny=a devices.allow=c *:* m …", without those that are always there. */
static const char *v1_lines(struct cgroup_fixture *fixture)
{
	const char *text = "";
	size_t built_in = 0;

	assert_int_equal(fixture->plan->device_program_count, 0);
	for (size_t i = 0; i < fixture->plan->setting_count; i++) {
		const struct corc_cgroup_setting *setting = &fixture->plan->settings[i];

		assert_string_equal(setting->controller, "devices");
		if (setting->key && i > 0) {
			built_in++;
			continue;
		}
		text = corc_arena_printf(&fixture->arena, "%s%s%s=%s", text,
			text[0] != '\0' ? " " : "", setting->file, setting->value);
		assert_non_null(text);
	}
	assert_int_equal(built_in, strncmp(text, "devices.deny=a", 14) == 0 ? 11 : 0);
	return text;
}

struct line_row {
	const char *rules;
	const char *lines;
};

static void lines_of_v1(void **state)
{
	static const struct line_row rows[] = {
		{"", "devices.deny=a"},
		{"{\"allow\":false,\"access\":\"rwm\"}", "devices.deny=a"},
		{"{\"allow\":false},{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":229,"
		 "\"access\":\"rwm\"}",
			"devices.deny=a devices.allow=c 10:229 rwm"},
		{"{\"allow\":true,\"type\":\"b\",\"major\":8,\"access\":\"r\"},"
		 "{\"allow\":true,\"type\":\"b\",\"major\":8,\"access\":\"w\"}",
			"devices.deny=a devices.allow=b 8:* rw"},
		{"{\"allow\":true,\"major\":8,\"access\":\"r\"}",
			"devices.deny=a devices.allow=c 8:* r devices.allow=b 8:* r"},
		/* taken back wholly and partly */
		{"{\"allow\":true,\"type\":\"b\",\"major\":8,\"minor\":1,\"access\":\"rw\"},"
		 "{\"allow\":true,\"type\":\"b\",\"major\":9,\"minor\":1,\"access\":\"rw\"},"
		 "{\"allow\":false,\"type\":\"b\",\"major\":8,\"access\":\"rwm\"},"
		 "{\"allow\":false,\"type\":\"b\",\"access\":\"w\"}",
			"devices.deny=a devices.allow=b 9:1 r"},
		{"{\"allow\":true},{\"allow\":false,\"type\":\"b\",\"major\":8,\"access\":\"rw\"}",
			"devices.allow=a devices.deny=b 8:* rw"},
		{"{\"allow\":true,\"type\":\"b\",\"major\":8,\"access\":\"rw\"},{\"allow\":false}",
			"devices.deny=a"},
	};
	struct cgroup_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char members[1024];

		(void)snprintf(members, sizeof(members), "\"resources\":{\"devices\":[%s]}",
			rows[i].rules);
		assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V1, members), 0);
		assert_string_equal(v1_lines(fixture), rows[i].lines);
	}
}

/* v1 has no order: a part of a wildcard cannot be taken out of it. */
static void holes_on_v1(void **state)
{
	static const char *const rules[] = {
		"{\"allow\":false},{\"allow\":true,\"type\":\"b\",\"major\":8,\"access\":\"rw\"},"
		"{\"allow\":false,\"type\":\"b\",\"major\":8,\"minor\":1,\"access\":\"w\"}",
		"{\"allow\":true},{\"allow\":true,\"type\":\"b\",\"access\":\"r\"},"
		"{\"allow\":false,\"type\":\"c\",\"major\":1,\"access\":\"rw\"}",
	};
	static const char *const messages[] = {
		"cgroup v1 cannot deny a part of a wildcard rule",
		"cgroup v1 cannot allow a part of a wildcard rule (/dev/null and the like are "
		"always allowed)",
	};
	struct cgroup_fixture *fixture = *state;

	for (size_t i = 0; i < 2; i++) {
		char members[512];

		(void)snprintf(
			members, sizeof(members), "\"resources\":{\"devices\":[%s]}", rules[i]);
		assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V1, members), -EINVAL);
		assert_string_equal(fixture->error.message, messages[i]);
		assert_string_equal(fixture->error.origin.path, "linux.resources.devices[2]");
		assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2, members), 0);
	}
}

/* In hybrid mode the filter goes to v2 when v1 has no devices controller. */
static void filter_beside_v1(void **state)
{
	struct cgroup_fixture *fixture = *state;

	fixture_parse(fixture, "");
	fixture->layout = (struct corc_cgroup_layout){.mode = CORC_CGROUP_HYBRID};
	fixture_add(fixture, 1, "/cg/memory", "memory", "/");
	fixture_add(fixture, 2, "/cg/unified", "", "/");
	assert_int_equal(corc_compile_cgroup(&fixture->arena,
				 &(struct corc_cgroup_input){fixture->spec, &fixture->layout, "web",
					 CORC_CGROUP_MANAGER_CGROUPFS},
				 &fixture->plan, &fixture->error),
		0);
	assert_int_not_equal(fixture->plan->device_program_count, 0);
	assert_int_equal(fixture->plan->setting_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(decisions),
		TEST(random_rules_decide_as_written),
		TEST(verifier_accepts_random_rules),
		TEST(verifier_accepts_many_rules),
		TEST(too_many_rules),
		TEST(all_allowed),
		TEST(lines_of_v1),
		TEST(holes_on_v1),
		TEST(filter_beside_v1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
