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
			"cpu.idle=1 cpu.cfs_period_us=20000 cpu.cfs_quota_us=10000 "
			"cpu.cfs_burst_us=5000"},
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

#define THROTTLES                                                                              \
	"\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1048576}]," \
	"\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":16,\"rate\":2},"                   \
	"{\"major\":8,\"minor\":0,\"rate\":0}],"                                               \
	"\"throttleReadIOPSDevice\":[{\"major\":259,\"minor\":1,\"rate\":3}],"                 \
	"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":18446744073709551615}]}"

static void block_io(void **state)
{
	static const struct row v2[] = {
		{"\"blockIO\":{}", ""},
		{"\"blockIO\":{\"weight\":0,\"leafWeight\":0}", ""},
		{"\"blockIO\":{\"weight\":10}", "io.bfq.weight=10|io.weight=1"},
		{"\"blockIO\":{\"weight\":500}", "io.bfq.weight=500|io.weight=4950"},
		{"\"blockIO\":{\"weight\":1000,\"leafWeight\":20}",
			"io.bfq.weight=1000|io.weight=10000"},
		{"\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":100,"
		 "\"leafWeight\":10},{\"major\":8,\"minor\":16,\"weight\":0}]}",
			"io.bfq.weight=8:0 100|io.weight=8:0 910"},
		{THROTTLES, "io.max=8:0 rbps=1048576 io.max=8:16 wbps=2 io.max=8:0 wbps=max "
			    "io.max=259:1 riops=3 io.max=8:0 wiops=18446744073709551615"},
	};
	static const struct row v1[] = {
		{"\"blockIO\":{\"weight\":10,\"leafWeight\":20}",
			"blkio.weight=10|blkio.bfq.weight=10 blkio.leaf_weight=20"},
		{"\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":100,"
		 "\"leafWeight\":10},{\"major\":8,\"minor\":16,\"weight\":0}]}",
			"blkio.weight_device=8:0 100|blkio.bfq.weight_device=8:0 100 "
			"blkio.leaf_weight_device=8:0 10"},
		{THROTTLES, "blkio.throttle.read_bps_device=8:0 1048576 "
			    "blkio.throttle.write_bps_device=8:16 2 "
			    "blkio.throttle.write_bps_device=8:0 0 "
			    "blkio.throttle.read_iops_device=259:1 3 "
			    "blkio.throttle.write_iops_device=8:0 18446744073709551615"},
	};

	CHECK(state, CORC_CGROUP_V2, v2);
	CHECK(state, CORC_CGROUP_V1, v1);
}

static void hugepages_and_rdma(void **state)
{
	static const struct row v2[] = {
		{"\"hugepageLimits\":[],\"rdma\":{}", ""},
		{"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304},"
		 "{\"pageSize\":\"1GB\",\"limit\":0}]",
			"hugetlb.2MB.max=4194304 hugetlb.2MB.rsvd.max=4194304? "
			"hugetlb.1GB.max=0 hugetlb.1GB.rsvd.max=0?"},
		{"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000},"
		 "\"mlx4_0\":{\"hcaObjects\":0}}",
			"rdma.max=mlx5_1 hca_handle=3 hca_object=10000 "
			"rdma.max=mlx4_0 hca_object=0"},
	};
	static const struct row v1[] = {
		{"\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":65536}]",
			"hugetlb.64KB.limit_in_bytes=65536 "
			"hugetlb.64KB.rsvd.limit_in_bytes=65536?"},
		{"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3}}", "rdma.max=mlx5_1 hca_handle=3"},
	};

	CHECK(state, CORC_CGROUP_V2, v2);
	CHECK(state, CORC_CGROUP_HYBRID, v2);
	CHECK(state, CORC_CGROUP_V1, v1);
}

static void network(void **state)
{
	static const struct row v1[] = {
		{"\"network\":{\"classID\":0,\"priorities\":[]}", ""},
		{"\"network\":{\"classID\":1048577,\"priorities\":[{\"name\":\"eth0\","
		 "\"priority\":5},{\"name\":\"lo\",\"priority\":0}]}",
			"net_cls.classid=1048577 net_prio.ifpriomap=eth0 5 "
			"net_prio.ifpriomap=lo 0"},
	};
	static const struct row v2[] = {
		{"\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"lo\",\"priority\":1}]}",
			""},
	};

	CHECK(state, CORC_CGROUP_V1, v1);
	CHECK(state, CORC_CGROUP_V2, v2);
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
	assert_int_equal(corc_cgroup_plan_directory(fixture->plan, "misc"), 10);
	assert_int_equal(fixture->plan->directory_count, 10);
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
		{CORC_CGROUP_V1, "\"resources\":{\"unified\":{\"misc.max\":\"1\"}}",
			"needs the cgroup controller \"misc\", which is not mounted",
			"linux.resources.unified[\"misc.max\"]"},
		{CORC_CGROUP_HYBRID, "\"resources\":{\"network\":{\"classID\":1}}",
			"needs the cgroup controller \"net_cls\", which is not mounted",
			"linux.resources.network.classID"},
		{CORC_CGROUP_HYBRID,
			"\"resources\":{\"network\":{\"priorities\":[{\"name\":\"lo\","
			"\"priority\":1}]}}",
			"needs the cgroup controller \"net_prio\", which is not mounted",
			"linux.resources.network.priorities"},
		{CORC_CGROUP_NONE,
			"\"resources\":{\"blockIO\":{\"throttleReadIOPSDevice\":["
			"{\"major\":8,\"minor\":0,\"rate\":1}]}}",
			"needs the cgroup controller \"blkio\", but no cgroups are mounted",
			"linux.resources.blockIO.throttleReadIOPSDevice"},
		{CORC_CGROUP_NONE,
			"\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1}]}",
			"needs the cgroup controller \"hugetlb\", but no cgroups are mounted",
			"linux.resources.hugepageLimits[0].limit"},
		{CORC_CGROUP_NONE, "\"resources\":{\"rdma\":{\"a\":{\"hcaObjects\":1}}}",
			"needs the cgroup controller \"rdma\", but no cgroups are mounted",
			"linux.resources.rdma.a.hcaObjects"},
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

/* The properties that are warned about, in order, each at its place. */
static void check_warnings(struct cgroup_fixture *fixture, enum corc_cgroup_mode mode,
	const char *resources, const char *const *properties)
{
	const struct corc_string_array *warnings;
	char members[1024];
	size_t i = 0;

	(void)snprintf(members, sizeof(members), "\"resources\":{%s}", resources);
	if (fixture_compile(fixture, mode, members) < 0)
		fail_msg("%s: %s", resources, fixture->error.message);
	warnings = &fixture->plan->warnings;
	for (; properties[i]; i++) {
		if (i == warnings->count)
			fail_msg("%s: no warning of %s", resources, properties[i]);
		assert_non_null(strstr(warnings->items[i], "config.json:2:"));
		assert_non_null(strstr(warnings->items[i], properties[i]));
		assert_non_null(strstr(warnings->items[i], "ignored"));
	}
	if (warnings->count > 0)
		assert_null(warnings->items[warnings->count]);
	if (warnings->count != i)
		fail_msg("%s: %s", resources, warnings->items[i]);
}

static void warnings(void **state)
{
	static const char memory[] = "\"memory\":{\"swappiness\":60,\"disableOOMKiller\":true}";
	static const char gone[] =
		"\"memory\":{\"kernel\":1,\"kernelTCP\":-1,\"useHierarchy\":false}";
	static const char harmless[] =
		"\"memory\":{\"kernel\":0,\"kernelTCP\":0,\"useHierarchy\":true,"
		"\"checkBeforeUpdate\":true}";
	static const char leaves[] =
		"\"blockIO\":{\"leafWeight\":10,\"weightDevice\":[{\"major\":8,\"minor\":0,"
		"\"leafWeight\":10}]}";
	static const char network_only[] =
		"\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"lo\",\"priority\":1}]}";
	static const char *const none[] = {NULL};
	static const char *const memory_warnings[] = {"swappiness", "disableOOMKiller", NULL};
	static const char *const gone_warnings[] = {
		"memory.kernel:", "memory.kernelTCP:", "useHierarchy", NULL};
	static const char *const leaf_warnings[] = {
		"blockIO.leafWeight", "weightDevice[0].leafWeight", NULL};
	static const char *const network_warnings[] = {"classID", "priorities", NULL};

	check_warnings(*state, CORC_CGROUP_V2, memory, memory_warnings);
	check_warnings(*state, CORC_CGROUP_V1, memory, none);
	check_warnings(*state, CORC_CGROUP_V2, gone, gone_warnings);
	check_warnings(*state, CORC_CGROUP_V1, gone, gone_warnings);
	check_warnings(*state, CORC_CGROUP_V2, harmless, none);
	check_warnings(*state, CORC_CGROUP_V2, leaves, leaf_warnings);
	check_warnings(*state, CORC_CGROUP_V1, leaves, none);
	check_warnings(*state, CORC_CGROUP_V2, network_only, network_warnings);
	check_warnings(*state, CORC_CGROUP_V1, network_only, none);
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
		TEST(block_io),
		TEST(hugepages_and_rdma),
		TEST(network),
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
