/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources → files and values, on each version of cgroups. */
#include "plan/cgroup_fixture.h"

#include <errno.h>

/* A row: the members of "resources" and what is to be written. */
struct row {
	const char *resources;
	const char *settings;
};

static void check_rows(
	void **state, enum corc_cgroup_mode mode, const struct row *rows, size_t count)
{
	struct cgroup_fixture *fixture = *state;

	for (size_t i = 0; i < count; i++) {
		char members[1024];

		(void)snprintf(members, sizeof(members), "\"resources\":{%s}", rows[i].resources);
		if (fixture_compile(fixture, mode, members) < 0)
			fail_msg("%s: %s", rows[i].resources, fixture->error.message);
		if (strcmp(fixture_settings(fixture), rows[i].settings) != 0)
			fail_msg("%s\nfound:    %s\nexpected: %s", rows[i].resources,
				fixture_settings(fixture), rows[i].settings);
	}
}

#define CHECK(state, mode, rows) check_rows(state, mode, rows, sizeof(rows) / sizeof((rows)[0]))

static void memory_v2(void **state)
{
	static const struct row rows[] = {
		{"", ""},
		{"\"memory\":{}", ""},
		{"\"memory\":{\"limit\":0,\"swap\":0}", ""},
		{"\"memory\":{\"limit\":4096}", "memory.max=4096"},
		{"\"memory\":{\"limit\":-1}", "memory.max=max memory.swap.max=max?"},
		{"\"memory\":{\"limit\":4096,\"swap\":12288}",
			"memory.max=4096 memory.swap.max=8192"},
		{"\"memory\":{\"limit\":4096,\"swap\":4096}", "memory.max=4096 memory.swap.max=0?"},
		{"\"memory\":{\"limit\":4096,\"swap\":-1}", "memory.max=4096 memory.swap.max=max?"},
		{"\"memory\":{\"swap\":-1}", "memory.swap.max=max?"},
		{"\"memory\":{\"limit\":-1,\"swap\":4096}", "memory.max=max memory.swap.max=4096"},
		{"\"memory\":{\"reservation\":2048}", "memory.low=2048"},
		{"\"memory\":{\"reservation\":-1}", "memory.low=max"},
		{"\"memory\":{\"limit\":9223372036854771712}", "memory.max=9223372036854771712"},
	};

	CHECK(state, CORC_CGROUP_V2, rows);
}

/* The sum is never below the limit, whichever of both is written first. */
static void memory_v1(void **state)
{
	static const struct row rows[] = {
		{"\"memory\":{\"limit\":4096}", "memory.limit_in_bytes=4096"},
		{"\"memory\":{\"limit\":-1}",
			"memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=-1"},
		{"\"memory\":{\"limit\":4096,\"swap\":8192}",
			"memory.limit_in_bytes=4096 memory.memsw.limit_in_bytes=8192"},
		{"\"memory\":{\"limit\":4096,\"swap\":-1}",
			"memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=4096"},
		{"\"memory\":{\"reservation\":2048,\"swappiness\":0,\"disableOOMKiller\":true}",
			"memory.soft_limit_in_bytes=2048 memory.oom_control=1 memory.swappiness=0"},
		{"\"memory\":{\"disableOOMKiller\":false}", ""},
	};

	CHECK(state, CORC_CGROUP_V1, rows);
}

static void cpu_v2(void **state)
{
	static const struct row rows[] = {
		{"\"cpu\":{}", ""},
		{"\"cpu\":{\"shares\":0,\"quota\":0,\"period\":0}", ""},
		{"\"cpu\":{\"shares\":1024}", "cpu.weight=100"},
		{"\"cpu\":{\"quota\":50000}", "cpu.max=50000 100000"},
		{"\"cpu\":{\"period\":20000}", "cpu.max=max 20000"},
		{"\"cpu\":{\"quota\":-1,\"period\":20000}", "cpu.max=max 20000"},
		{"\"cpu\":{\"quota\":10000,\"period\":20000,\"burst\":5000}",
			"cpu.max=10000 20000 cpu.max.burst=5000"},
		{"\"cpu\":{\"idle\":1}", "cpu.idle=1"},
		{"\"cpu\":{\"idle\":0,\"shares\":2}", "cpu.idle=0 cpu.weight=1"},
		{"\"cpu\":{\"cpus\":\"0-1\",\"mems\":\"0\",\"shares\":262144}",
			"cpuset.cpus=0-1 cpuset.mems=0 cpu.weight=10000"},
		{"\"cpu\":{\"realtimeRuntime\":1,\"realtimePeriod\":2}", ""},
	};

	CHECK(state, CORC_CGROUP_V2, rows);
}

static void cpu_v1(void **state)
{
	static const struct row rows[] = {
		{"\"cpu\":{\"shares\":1024}", "cpu.shares=1024"},
		{"\"cpu\":{\"quota\":10000,\"period\":20000,\"burst\":5000,\"idle\":1}",
			"cpu.cfs_period_us=20000 cpu.cfs_quota_us=10000 cpu.cfs_burst_us=5000 "
			"cpu.idle=1"},
		{"\"cpu\":{\"quota\":-1}", "cpu.cfs_quota_us=-1"},
		{"\"cpu\":{\"realtimeRuntime\":1000,\"realtimePeriod\":2000}",
			"cpu.rt_period_us=2000 cpu.rt_runtime_us=1000"},
		{"\"cpu\":{\"cpus\":\"0\",\"mems\":\"0\"}", "cpuset.cpus=0 cpuset.mems=0"},
	};

	CHECK(state, CORC_CGROUP_V1, rows);
}

static void pids(void **state)
{
	static const struct row rows[] = {
		{"\"pids\":{}", ""},
		{"\"pids\":{\"limit\":5}", "pids.max=5"},
		{"\"pids\":{\"limit\":0}", "pids.max=1"},
		{"\"pids\":{\"limit\":-1}", "pids.max=max"},
		{"\"pids\":{\"limit\":-5}", "pids.max=max"},
	};

	CHECK(state, CORC_CGROUP_V1, rows);
	CHECK(state, CORC_CGROUP_V2, rows);
}

static void unified(void **state)
{
	static const struct row v2[] = {
		{"\"unified\":{\"memory.high\":\"4096\"}", "memory.high=4096"},
		{"\"unified\":{\"io.max\":\"8:0 rbps=1\\n8:16 rbps=2\\n\"}",
			"io.max=8:0 rbps=1 io.max=8:16 rbps=2"},
		{"\"unified\":{\"memory.max\":\"max\"},\"memory\":{\"limit\":4096}",
			"memory.max=4096 memory.max=max"},
		{"\"unified\":{\"cgroup.max.depth\":\"3\"}", "cgroup.max.depth=3"},
		{"\"unified\":{\"memory.high\":\"\"}", ""},
	};
	/* What v1 has not mounted can only be in the v2 hierarchy beside it. */
	static const struct row hybrid[] = {
		{"\"unified\":{\"hugetlb.2MB.max\":\"0\"},\"memory\":{\"limit\":4096}",
			"memory.limit_in_bytes=4096 hugetlb.2MB.max=0"},
	};

	CHECK(state, CORC_CGROUP_V2, v2);
	CHECK(state, CORC_CGROUP_HYBRID, hybrid);
}

static void lists_of_controllers(void **state)
{
	(void)state;
	assert_true(corc_cgroup_lists("cpu,cpuacct", "cpu"));
	assert_true(corc_cgroup_lists("cpu,cpuacct", "cpuacct"));
	assert_true(corc_cgroup_lists("freezer", "freezer"));
	assert_false(corc_cgroup_lists("cpuset,cpuacct", "cpu"));
	assert_false(corc_cgroup_lists("", "cpu"));
	assert_false(corc_cgroup_lists("cpu", ""));
}

static void directory_of_controller(void **state)
{
	struct cgroup_fixture *fixture = *state;

	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_HYBRID, ""), 0);
	assert_int_equal(corc_cgroup_plan_directory(fixture->plan, "cpuacct"), 0);
	assert_int_equal(corc_cgroup_plan_directory(fixture->plan, "cpu"), 0);
	assert_int_equal(corc_cgroup_plan_directory(fixture->plan, "hugetlb"), 6);
	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V1, ""), 0);
	assert_int_equal(corc_cgroup_plan_directory(fixture->plan, "hugetlb"), 6);
	assert_int_equal(fixture->plan->directory_count, 6);
}

struct path_row {
	enum corc_cgroup_mode mode;
	const char *members;
	const char *first, *last; /* directories */
};

static void paths(void **state)
{
	static const struct path_row rows[] = {
		{CORC_CGROUP_V2, "\"cgroupsPath\":\"/a//b/./c/\"", "/cg/a/b/c", "/cg/a/b/c"},
		{CORC_CGROUP_V2, "\"cgroupsPath\":\"a/b\"", "/cg/user.slice/a/b",
			"/cg/user.slice/a/b"},
		{CORC_CGROUP_V2, "", "/cg/user.slice/web", "/cg/user.slice/web"},
		{CORC_CGROUP_V1, "\"cgroupsPath\":\"/a\"", "/cg/cpu,cpuacct/a", "/cg/systemd/a"},
		{CORC_CGROUP_V1, "\"cgroupsPath\":\"a\"", "/cg/cpu,cpuacct/user.slice/a",
			"/cg/systemd/user.slice/a"},
		{CORC_CGROUP_HYBRID, "", "/cg/cpu,cpuacct/user.slice/web",
			"/cg/unified/user.slice/web"},
	};
	struct cgroup_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct corc_cgroup_plan *plan;

		assert_int_equal(fixture_compile(fixture, rows[i].mode, rows[i].members), 0);
		plan = fixture->plan;
		assert_int_equal(plan->mode, rows[i].mode);
		assert_string_equal(plan->directories[0].directory, rows[i].first);
		assert_string_equal(
			plan->directories[plan->directory_count - 1].directory, rows[i].last);
	}
}

/* A caller at the top, or one whose own group was not read. */
static void paths_at_the_top(void **state)
{
	static const char *const own[] = {"/", NULL, "/a"};
	struct cgroup_fixture *fixture = *state;

	fixture_parse(fixture, "");
	for (size_t i = 0; i < 3; i++) {
		fixture_layout(fixture, CORC_CGROUP_V2);
		fixture->layout.hierarchies[0].self = own[i];
		assert_int_equal(
			corc_compile_cgroup(&fixture->arena,
				&(struct corc_cgroup_input){fixture->spec, &fixture->layout, "web",
					CORC_CGROUP_MANAGER_CGROUPFS},
				&fixture->plan, &fixture->error),
			0);
		assert_string_equal(fixture->plan->directories[0].path, "/web");
	}
}

/* The loader refuses ".."; a path that comes without it may not climb either. */
static void paths_do_not_climb(void **state)
{
	struct cgroup_fixture *fixture = *state;

	fixture_layout(fixture, CORC_CGROUP_V2);
	fixture_parse(fixture, "");
	fixture->spec->linux_.cgroups_path = "a/../../../../etc";
	assert_int_equal(corc_compile_cgroup(&fixture->arena,
				 &(struct corc_cgroup_input){fixture->spec, &fixture->layout, "web",
					 CORC_CGROUP_MANAGER_CGROUPFS},
				 &fixture->plan, &fixture->error),
		0);
	assert_string_equal(fixture->plan->directories[0].directory, "/cg/user.slice/etc");
	fixture->spec->linux_.cgroups_path = "/../../etc";
	assert_int_equal(corc_compile_cgroup(&fixture->arena,
				 &(struct corc_cgroup_input){fixture->spec, &fixture->layout, "web",
					 CORC_CGROUP_MANAGER_CGROUPFS},
				 &fixture->plan, &fixture->error),
		0);
	assert_string_equal(fixture->plan->directories[0].directory, "/cg/etc");
}

struct error_row {
	enum corc_cgroup_mode mode;
	const char *members;
	const char *message;
	const char *origin;
};

static void errors(void **state)
{
	static const struct error_row rows[] = {
		{CORC_CGROUP_V2, "\"cgroupsPath\":\"/\"", "the root cgroup cannot be a container's",
			"linux.cgroupsPath"},
		{CORC_CGROUP_V1, "\"resources\":{\"unified\":{\"memory.high\":\"1\"}}",
			"unified is for cgroup v2, and the controller \"memory\" is mounted as "
			"cgroup v1",
			"linux.resources.unified[\"memory.high\"]"},
		{CORC_CGROUP_HYBRID, "\"resources\":{\"unified\":{\"memory.high\":\"1\"}}",
			"unified is for cgroup v2, and the controller \"memory\" is mounted as "
			"cgroup v1",
			"linux.resources.unified[\"memory.high\"]"},
		{CORC_CGROUP_V1, "\"resources\":{\"unified\":{\"hugetlb.2MB.max\":\"1\"}}",
			"needs the cgroup controller \"hugetlb\", which is not mounted",
			"linux.resources.unified[\"hugetlb.2MB.max\"]"},
		{CORC_CGROUP_V2, "\"resources\":{\"unified\":{\"cgroup.procs\":\"1\"}}",
			"\"cgroup.procs\" is not a resource",
			"linux.resources.unified[\"cgroup.procs\"]"},
		{CORC_CGROUP_NONE, "\"resources\":{\"memory\":{\"limit\":1}}",
			"needs the cgroup controller \"memory\", but no cgroups are mounted",
			"linux.resources.memory.limit"},
		{CORC_CGROUP_NONE, "\"resources\":{\"pids\":{\"limit\":1}}",
			"needs the cgroup controller \"pids\", but no cgroups are mounted",
			"linux.resources.pids.limit"},
		{CORC_CGROUP_NONE, "\"resources\":{\"devices\":[{\"allow\":false}]}",
			"needs the cgroup controller \"devices\", but no cgroups are mounted",
			"linux.resources.devices"},
		{CORC_CGROUP_V1, "\"resources\":{\"cpu\":{\"shares\":1}}",
			"the minimum allowed cpu-shares is 2", "linux.resources.cpu.shares"},
		{CORC_CGROUP_V1, "\"resources\":{\"cpu\":{\"shares\":262145}}",
			"the maximum allowed cpu-shares is 262144", "linux.resources.cpu.shares"},
	};
	struct cgroup_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture->error = (struct corc_error){0};
		assert_int_equal(fixture_compile(fixture, rows[i].mode, rows[i].members), -EINVAL);
		assert_string_equal(fixture->error.message, rows[i].message);
		assert_string_equal(fixture->error.origin.path, rows[i].origin);
		assert_int_equal(fixture->error.origin.line, 2);
		assert_int_equal(fixture->error.step, CORC_STEP_COMPILE);
	}
}

static void warnings(void **state)
{
	static const char *const properties[] = {"swappiness", "disableOOMKiller"};
	struct cgroup_fixture *fixture = *state;

	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2,
				 "\"resources\":{\"memory\":{\"swappiness\":60,"
				 "\"disableOOMKiller\":true}}"),
		0);
	assert_int_equal(fixture->plan->warnings.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const char *warning = fixture->plan->warnings.items[i];

		assert_non_null(strstr(warning, "config.json:2:"));
		assert_non_null(strstr(warning, properties[i]));
	}
	assert_null(fixture->plan->warnings.items[2]);
	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V1,
				 "\"resources\":{\"memory\":{\"swappiness\":60,"
				 "\"disableOOMKiller\":true}}"),
		0);
	assert_int_equal(fixture->plan->warnings.count, 0);
}

/* Each setting knows the value that it comes from. */
static void origins(void **state)
{
	struct cgroup_fixture *fixture = *state;
	const struct corc_json_document *document;
	struct corc_origin origin;

	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2,
				 "\"resources\":{\"memory\":{\"limit\":4096,\"swap\":8192},"
				 "\"unified\":{\"memory.high\":\"1\"}}"),
		0);
	document = &fixture->spec->document;
	for (size_t i = 0; i < 3; i++) {
		static const char *const paths_found[] = {"linux.resources.memory.limit",
			"linux.resources.memory.swap", "linux.resources.unified[\"memory.high\"]"};
		const struct corc_cgroup_setting *setting = &fixture->plan->settings[i];

		corc_json_origin(document,
			corc_json_find(document, setting->node, setting->key, UINT32_MAX), &origin);
		assert_string_equal(origin.path, paths_found[i]);
	}
}

static void required(void **state)
{
	struct cgroup_fixture *fixture = *state;

	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2, ""), 0);
	assert_false(fixture->plan->is_required);
	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2,
				 "\"resources\":{\"devices\":[{\"allow\":false}]}"),
		0);
	assert_false(fixture->plan->is_required);
	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_V2, "\"cgroupsPath\":\"/a\""), 0);
	assert_true(fixture->plan->is_required);
	assert_int_equal(
		fixture_compile(fixture, CORC_CGROUP_V2, "\"resources\":{\"pids\":{\"limit\":5}}"),
		0);
	assert_true(fixture->plan->is_required);
}

/* A privileged container without limits needs no cgroup. */
static void nothing_needed(void **state)
{
	struct cgroup_fixture *fixture = *state;

	assert_int_equal(fixture_compile(fixture, CORC_CGROUP_NONE,
				 "\"resources\":{\"devices\":[{\"allow\":true}]}"),
		0);
	assert_int_equal(fixture->plan->mode, CORC_CGROUP_NONE);
	assert_int_equal(fixture->plan->directory_count, 0);
}

static void managers(void **state)
{
	struct cgroup_fixture *fixture = *state;

	fixture_layout(fixture, CORC_CGROUP_V2);
	fixture_parse(fixture, "\"resources\":{\"memory\":{\"limit\":4096}}");
	assert_int_equal(corc_compile_cgroup(&fixture->arena,
				 &(struct corc_cgroup_input){fixture->spec, &fixture->layout, "web",
					 CORC_CGROUP_MANAGER_SYSTEMD},
				 &fixture->plan, &fixture->error),
		-ENOTSUP);
	assert_int_equal(corc_compile_cgroup(&fixture->arena,
				 &(struct corc_cgroup_input){fixture->spec, &fixture->layout, "web",
					 CORC_CGROUP_MANAGER_DISABLED},
				 &fixture->plan, &fixture->error),
		0);
	assert_int_equal(fixture->plan->mode, CORC_CGROUP_NONE);
	assert_int_equal(fixture->plan->setting_count, 0);
	assert_int_equal(fixture->plan->directory_count, 0);
	assert_int_equal(fixture->plan->warnings.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_v2),
		TEST(memory_v1),
		TEST(cpu_v2),
		TEST(cpu_v1),
		TEST(pids),
		TEST(unified),
		TEST(lists_of_controllers),
		TEST(directory_of_controller),
		TEST(paths),
		TEST(paths_at_the_top),
		TEST(paths_do_not_climb),
		TEST(errors),
		TEST(warnings),
		TEST(origins),
		TEST(required),
		TEST(nothing_needed),
		TEST(managers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
