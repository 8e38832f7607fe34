/* SPDX-License-Identifier: Apache-2.0 */
/* New limits of a group that is there: what is completed, and the order of the writes. */
#include "plan/cgroup_fixture.h"

#include <errno.h>

static const struct corc_cgroup_current unlimited = {
	.memory_limit = -1,
	.memory_swap = -1,
	.cpu_quota = -1,
	.cpu_period = 100000,
	.realtime_period = 1000000,
};

/* v1: 64 of memory, 128 together; v2: 64 and 64. */
static const struct corc_cgroup_current limited_v1 = {
	.memory_limit = 64,
	.memory_swap = 128,
	.memory_usage = 32,
	.cpu_quota = 50000,
	.cpu_period = 100000,
	.cpu_burst = 20000,
	.realtime_runtime = 5000,
	.realtime_period = 10000,
};

static const struct corc_cgroup_current limited_v2 = {
	.memory_limit = 64,
	.memory_swap = 64,
	.memory_usage = 32,
	.cpu_quota = 50000,
	.cpu_period = 20000,
	.cpu_burst = 20000,
};

static int update(struct cgroup_fixture *fixture, enum corc_cgroup_mode mode,
	const struct corc_cgroup_current *current, const char *resources)
{
	struct corc_cgroup_update_input input = {.current = current};
	char text[1024];
	int length = snprintf(text, sizeof(text), "{%s}", resources);
	int r;

	assert_int_equal(fixture_compile(fixture, mode, ""), 0);
	input.place = fixture->plan;
	r = corc_spec_parse_resources(&fixture->arena, "resources.json", text, (size_t)length,
		&fixture->spec, &fixture->error);
	if (r < 0)
		return r;
	input.spec = fixture->spec;
	return corc_compile_cgroup_update(&fixture->arena, &input, &fixture->plan, &fixture->error);
}

struct row {
	const struct corc_cgroup_current *current;
	const char *resources;
	const char *settings;
};

static void check_rows(
	void **state, enum corc_cgroup_mode mode, const struct row *rows, size_t count)
{
	struct cgroup_fixture *fixture = *state;

	for (size_t i = 0; i < count; i++) {
		if (update(fixture, mode, rows[i].current, rows[i].resources) < 0)
			fail_msg("%s: %s", rows[i].resources, fixture->error.message);
		if (strcmp(fixture_settings(fixture), rows[i].settings) != 0)
			fail_msg("%s\nfound:    %s\nexpected: %s", rows[i].resources,
				fixture_settings(fixture), rows[i].settings);
	}
}

#define CHECK(state, mode, rows) check_rows(state, mode, rows, sizeof(rows) / sizeof((rows)[0]))

#define LIMIT "memory.limit_in_bytes="
#define MEMSW "memory.memsw.limit_in_bytes="

static void memory_v1(void **state)
{
	static const struct row rows[] = {
		{&limited_v1, "", ""},
		{&limited_v1, "\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0}", ""},
		/* raised beyond the old sum, lowered below the old limit, and in between */
		{&limited_v1, "\"memory\":{\"limit\":256,\"swap\":512}", MEMSW "512 " LIMIT "256"},
		{&limited_v1, "\"memory\":{\"limit\":16,\"swap\":32}", LIMIT "16 " MEMSW "32"},
		{&limited_v1, "\"memory\":{\"limit\":16,\"swap\":64}", MEMSW "64 " LIMIT "16"},
		{&limited_v1, "\"memory\":{\"limit\":32,\"swap\":63}", LIMIT "32 " MEMSW "63"},
		{&limited_v1, "\"memory\":{\"limit\":100}", LIMIT "100"},
		{&limited_v1, "\"memory\":{\"limit\":128}", LIMIT "128"},
		{&limited_v1, "\"memory\":{\"swap\":64}", MEMSW "64"},
		{&limited_v1, "\"memory\":{\"swap\":-1}", MEMSW "-1?"},
		{&limited_v1, "\"memory\":{\"limit\":-1}", MEMSW "-1? " LIMIT "-1"},
		{&limited_v1, "\"memory\":{\"limit\":300,\"swap\":-1}", MEMSW "-1? " LIMIT "300"},
		{&unlimited, "\"memory\":{\"limit\":16,\"swap\":32}", LIMIT "16 " MEMSW "32"},
		{&unlimited, "\"memory\":{\"limit\":16}", LIMIT "16"},
		{&limited_v1, "\"memory\":{\"disableOOMKiller\":false,\"swappiness\":7}",
			"memory.oom_control=0 memory.swappiness=7"},
	};

	CHECK(state, CORC_CGROUP_V1, rows);
}

/* Swap alone is written, and between two writes there is never less room than at both ends. */
static void memory_v2(void **state)
{
	static const struct row rows[] = {
		{&limited_v2, "\"memory\":{\"limit\":100}", "memory.max=100"},
		{&limited_v2, "\"memory\":{\"limit\":256,\"swap\":512}",
			"memory.swap.max=256 memory.max=256"},
		{&limited_v2, "\"memory\":{\"limit\":16,\"swap\":32}",
			"memory.max=16 memory.swap.max=16"},
		{&limited_v2, "\"memory\":{\"limit\":16,\"swap\":128}",
			"memory.swap.max=112 memory.max=16"},
		{&limited_v2, "\"memory\":{\"limit\":100,\"swap\":128}",
			"memory.max=100 memory.swap.max=28"},
		{&limited_v2, "\"memory\":{\"limit\":100,\"swap\":100}",
			"memory.max=100 memory.swap.max=0?"},
		{&limited_v2, "\"memory\":{\"swap\":100}", "memory.swap.max=36"},
		{&limited_v2, "\"memory\":{\"swap\":64}", "memory.swap.max=0?"},
		{&limited_v2, "\"memory\":{\"swap\":-1}", "memory.swap.max=max?"},
		{&limited_v2, "\"memory\":{\"limit\":-1}", "memory.swap.max=max? memory.max=max"},
		{&limited_v2, "\"memory\":{\"limit\":-1,\"swap\":32}",
			"memory.max=max memory.swap.max=32"},
		{&unlimited, "\"memory\":{\"limit\":16,\"swap\":48}",
			"memory.max=16 memory.swap.max=32"},
		{&unlimited, "\"memory\":{\"swap\":-1,\"reservation\":5}",
			"memory.swap.max=max? memory.low=5"},
	};

	CHECK(state, CORC_CGROUP_V2, rows);
}

static void cpu_v1(void **state)
{
	static const struct row rows[] = {
		{&limited_v1, "\"cpu\":{\"quota\":10000}", "cpu.cfs_quota_us=10000"},
		{&limited_v1, "\"cpu\":{\"period\":200000}", "cpu.cfs_period_us=200000"},
		/* half of a processor before and after: no more than that in between */
		{&limited_v1, "\"cpu\":{\"quota\":10000,\"period\":20000}",
			"cpu.cfs_quota_us=10000 cpu.cfs_period_us=20000"},
		{&limited_v1, "\"cpu\":{\"quota\":100000,\"period\":200000}",
			"cpu.cfs_period_us=200000 cpu.cfs_quota_us=100000"},
		{&limited_v1, "\"cpu\":{\"quota\":-1,\"period\":20000}",
			"cpu.cfs_quota_us=-1 cpu.cfs_period_us=20000"},
		{&unlimited, "\"cpu\":{\"quota\":10000,\"period\":20000}",
			"cpu.cfs_period_us=20000 cpu.cfs_quota_us=10000"},
		{&limited_v1, "\"cpu\":{\"quota\":10000,\"burst\":10000}",
			"cpu.cfs_burst_us=10000 cpu.cfs_quota_us=10000"},
		{&limited_v1, "\"cpu\":{\"quota\":80000,\"burst\":60000}",
			"cpu.cfs_quota_us=80000 cpu.cfs_burst_us=60000"},
		{&limited_v1, "\"cpu\":{\"realtimeRuntime\":500,\"realtimePeriod\":1000}",
			"cpu.rt_runtime_us=500 cpu.rt_period_us=1000"},
		{&limited_v1, "\"cpu\":{\"realtimeRuntime\":50000,\"realtimePeriod\":100000}",
			"cpu.rt_period_us=100000 cpu.rt_runtime_us=50000"},
		{&limited_v1, "\"cpu\":{\"idle\":0,\"shares\":9}", "cpu.idle=0 cpu.shares=9"},
		{&limited_v1, "\"cpu\":{\"cpus\":\"\",\"mems\":\"0\"}", "cpuset.mems=0"},
	};

	CHECK(state, CORC_CGROUP_V1, rows);
}

static void cpu_v2(void **state)
{
	static const struct row rows[] = {
		{&limited_v2, "\"cpu\":{\"quota\":10000}", "cpu.max=10000 20000"},
		{&limited_v2, "\"cpu\":{\"period\":30000}", "cpu.max=50000 30000"},
		{&limited_v2, "\"cpu\":{\"quota\":-1}", "cpu.max=max 20000"},
		{&limited_v2, "\"cpu\":{\"quota\":10000,\"period\":30000}", "cpu.max=10000 30000"},
		{&unlimited, "\"cpu\":{\"period\":30000}", "cpu.max=max 30000"},
		{&unlimited, "\"cpu\":{\"quota\":30000}", "cpu.max=30000 100000"},
		{&limited_v2, "\"cpu\":{\"quota\":10000,\"burst\":10000}",
			"cpu.max.burst=10000 cpu.max=10000 20000"},
		{&limited_v2, "\"cpu\":{\"quota\":90000,\"burst\":90000}",
			"cpu.max=90000 20000 cpu.max.burst=90000"},
		{&limited_v2, "\"cpu\":{\"shares\":1024}", "cpu.weight=100"},
	};

	CHECK(state, CORC_CGROUP_V2, rows);
}

/* What can fail without harm comes before the memory, and unified last. */
static void order_of_the_parts(void **state)
{
	static const struct row rows[] = {
		{&unlimited,
			"\"unified\":{\"memory.high\":\"5\"},\"memory\":{\"limit\":16},"
			"\"pids\":{\"limit\":5},\"cpu\":{\"shares\":2,\"cpus\":\"0\"},"
			"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1}],"
			"\"devices\":[{\"allow\":false}]",
			"cpuset.cpus=0 cpu.weight=1 pids.max=5 hugetlb.2MB.max=1 "
			"hugetlb.2MB.rsvd.max=1? memory.max=16 memory.high=5"},
	};
	struct cgroup_fixture *fixture = *state;

	CHECK(state, CORC_CGROUP_V2, rows);
	assert_int_equal(fixture->plan->device_program_count, 0);
}

static void no_device_rules(void **state)
{
	struct cgroup_fixture *fixture = *state;

	assert_int_equal(update(fixture, CORC_CGROUP_V1, &unlimited,
				 "\"devices\":[{\"allow\":false},{\"allow\":true}]"),
		0);
	assert_int_equal(fixture->plan->setting_count, 0);
}

struct error_row {
	enum corc_cgroup_mode mode;
	const struct corc_cgroup_current *current;
	const char *resources, *message, *path;
};

static void errors(void **state)
{
	static const char too_small[] = "memory+swap limit should be >= memory limit";
	static const char no_limit[] = "unable to set swap limit without memory limit";
	static const struct error_row rows[] = {
		{CORC_CGROUP_V1, &limited_v1, "\"memory\":{\"limit\":129}", too_small,
			"memory.limit"},
		{CORC_CGROUP_V1, &limited_v1, "\"memory\":{\"swap\":63}", too_small, "memory.swap"},
		{CORC_CGROUP_V2, &limited_v2, "\"memory\":{\"swap\":63}", too_small, "memory.swap"},
		{CORC_CGROUP_V1, &unlimited, "\"memory\":{\"swap\":63}", no_limit, "memory.swap"},
		{CORC_CGROUP_V2, &unlimited, "\"memory\":{\"swap\":63}", no_limit, "memory.swap"},
		{CORC_CGROUP_V2, &limited_v2, "\"memory\":{\"limit\":5,\"checkBeforeUpdate\":true}",
			"rejecting memory limit 5 <= usage 32", "memory.limit"},
		{CORC_CGROUP_V1, &limited_v1,
			"\"memory\":{\"limit\":32,\"checkBeforeUpdate\":true}",
			"rejecting memory limit 32 <= usage 32", "memory.limit"},
		{CORC_CGROUP_V2, &limited_v2,
			"\"memory\":{\"limit\":5,\"swap\":32,\"checkBeforeUpdate\":true}",
			"rejecting memory+swap limit 32 <= usage 32", "memory.swap"},
		{CORC_CGROUP_V1, &unlimited, "\"cpu\":{\"shares\":1}",
			"the minimum allowed cpu-shares is 2", "cpu.shares"},
		{CORC_CGROUP_HYBRID, &unlimited, "\"network\":{\"classID\":1}",
			"needs the cgroup controller \"net_cls\", which is not mounted",
			"network.classID"},
	};
	struct cgroup_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct error_row *row = &rows[i];

		fixture->error = (struct corc_error){0};
		if (update(fixture, row->mode, row->current, row->resources) != -EINVAL)
			fail_msg("%s is taken", row->resources);
		assert_string_equal(fixture->error.message, row->message);
		assert_string_equal(fixture->error.origin.path, row->path);
		assert_string_equal(fixture->error.origin.file, "resources.json");
		assert_int_equal(fixture->error.step, CORC_STEP_COMPILE);
	}
}

/* The wish of the configuration counts when the resources have none of their own. */
static void check_before_update(void **state)
{
	static const struct {
		bool is_configured;
		const char *resources;
		int result;
	} rows[] = {
		{false, "{\"memory\":{\"limit\":5}}", 0},
		{true, "{\"memory\":{\"limit\":5}}", -EINVAL},
		{true, "{\"memory\":{\"limit\":5,\"checkBeforeUpdate\":false}}", 0},
		{false, "{\"memory\":{\"limit\":5,\"checkBeforeUpdate\":true}}", -EINVAL},
		{true, "{\"memory\":{\"limit\":33}}", 0},
		{true, "{\"memory\":{\"limit\":-1,\"swap\":-1}}", 0},
	};
	struct cgroup_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct corc_cgroup_update_input input = {
			.current = &limited_v2, .check_memory = rows[i].is_configured};

		assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2, ""), 0);
		input.place = fixture->plan;
		assert_int_equal(
			corc_spec_parse_resources(&fixture->arena, "r", rows[i].resources,
				strlen(rows[i].resources), &fixture->spec, &fixture->error),
			0);
		input.spec = fixture->spec;
		assert_int_equal(corc_compile_cgroup_update(
					 &fixture->arena, &input, &fixture->plan, &fixture->error),
			rows[i].result);
	}
}

/* Without a file there is no position in messages. */
static void no_file(void **state)
{
	static const char text[] =
		"{\"cpu\":{\"idle\":2,\"shares\":-1},\"pids\":{\"limit\":\"x\"}}";
	static const char warned[] = "{\"memory\":{\"kernel\":1}}";
	struct cgroup_fixture *fixture = *state;
	struct corc_cgroup_update_input input = {.current = &unlimited};

	assert_int_equal(corc_spec_parse_resources(&fixture->arena, "", text, strlen(text),
				 &fixture->spec, &fixture->error),
		-EINVAL);
	assert_non_null(strstr(fixture->error.message, "\ncpu.shares: expected"));
	assert_non_null(strstr(fixture->error.message, "\npids.limit: expected"));
	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2, ""), 0);
	input.place = fixture->plan;
	assert_int_equal(corc_spec_parse_resources(&fixture->arena, "", warned, strlen(warned),
				 &fixture->spec, &fixture->error),
		0);
	input.spec = fixture->spec;
	assert_int_equal(corc_compile_cgroup_update(
				 &fixture->arena, &input, &fixture->plan, &fixture->error),
		0);
	assert_int_equal(fixture->plan->warnings.count, 1);
	assert_string_equal(fixture->plan->warnings.items[0],
		"memory.kernel: limits of kernel memory are obsolete, the value is ignored");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_v1),
		TEST(memory_v2),
		TEST(cpu_v1),
		TEST(cpu_v2),
		TEST(order_of_the_parts),
		TEST(no_device_rules),
		TEST(errors),
		TEST(check_before_update),
		TEST(no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
