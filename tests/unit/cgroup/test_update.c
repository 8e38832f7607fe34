/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing limits on plain directories: what is in force, what is written, and that all of it is
 * set back when one file refuses. A plain file keeps what a shorter write does not reach, so old
 * values are as long as new ones here.
 */
#include "cgroup/fake_fixture.h"

#include <signal.h>
#include <sys/resource.h>

#include "cgroup/update.h"

/* A container's group, and the plan of an update of it. */
static void begin(struct fake *fake, int version, const char *controllers)
{
	compile(fake, version, controllers, "");
	make(fake);
}

static int update(struct fake *fake, const char *resources)
{
	struct corc_arena *arena = &fake->plan.arena;
	struct corc_error *error = &fake->plan.error;
	struct corc_cgroup_current current;
	struct corc_cgroup_plan place, *plan;
	struct corc_cgroup_update_input input = {.place = &place, .current = &current};

	*error = (struct corc_error){0};
	assert_int_equal(corc_spec_parse_resources(arena, "r.json", resources, strlen(resources),
				 &fake->plan.spec, error),
		0);
	assert_int_equal(
		corc_cgroup_place(arena, &fake->plan.layout, &fake->ref, &place, error), 0);
	corc_cgroup_current_read(&place, &fake->ref, &current);
	input.spec = fake->plan.spec;
	if (corc_compile_cgroup_update(arena, &input, &plan, error) < 0)
		fail_msg("%s", error->message);
	return corc_cgroup_update(
		&(struct corc_cgroup_update){arena, fake->plan.spec, plan, &fake->ref, NULL},
		error);
}

static void old_values(void **state)
{
	static const struct {
		const char *file, *written, *content, *old;
	} rows[] = {
		{"memory.max", "8192", "max", "max"},
		{"cpu.max", "max 50000", "10000 20000", "10000 20000"},
		{"cpuset.cpus", "0", "", "\n"},
		{"memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0\noom_kill 3", "0"},
		{"memory.oom_control", "0", "oom_kill_disable 1\nunder_oom 0\noom_kill 3", "1"},
		{"io.weight", "200", "default 100\n8:0 50", "default 100"},
		{"io.weight", "8:0 200", "default 100\n8:0 50", "8:0 50"},
		{"io.weight", "8:16 200", "default 100\n8:0 50", "8:16 default"},
		{"io.bfq.weight", "default 7", "default 100\n8:0 50", "default 100"},
		{"io.max", "8:0 rbps=1", "8:16 rbps=2 wbps=max\n8:0 rbps=9 wbps=max riops=5",
			"8:0 rbps=9 wbps=max riops=5"},
		{"io.max", "8:1 rbps=1", "8:16 rbps=2 wbps=max\n8:10 rbps=9",
			"8:1 rbps=max wbps=max riops=max wiops=max"},
		{"io.max", "8:1 rbps=1", "", "8:1 rbps=max wbps=max riops=max wiops=max"},
		{"blkio.throttle.read_bps_device", "8:0 5", "8:0 1\n8:16 2", "8:0 1"},
		{"blkio.throttle.write_iops_device", "8:0 5", "", "8:0 0"},
		{"blkio.bfq.weight", "300", "100", "100"},
		{"rdma.max", "mlx5_1 hca_handle=3",
			"mlx4_0 hca_handle=1 hca_object=max\nmlx5_1 hca_handle=2 hca_object=9",
			"mlx5_1 hca_handle=2 hca_object=9"},
		{"rdma.max", "mlx5_1 hca_handle=3", "mlx5_10 hca_handle=1",
			"mlx5_1 hca_handle=max hca_object=max"},
		{"net_prio.ifpriomap", "eth0 5", "lo 0\neth0 3", "eth0 3"},
		{"misc.max", "sev 5", "sev_es 3", "sev max"},
	};
	struct fake *fake = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(corc_cgroup_old_value(&fake->plan.arena, rows[i].file,
					    rows[i].written, rows[i].content),
			rows[i].old);
}

static void check_current(
	const struct corc_cgroup_current *found, const struct corc_cgroup_current *expected)
{
	assert_int_equal(found->memory_limit, expected->memory_limit);
	assert_int_equal(found->memory_swap, expected->memory_swap);
	assert_int_equal(found->memory_usage, expected->memory_usage);
	assert_int_equal(found->cpu_quota, expected->cpu_quota);
	assert_int_equal(found->cpu_period, expected->cpu_period);
	assert_int_equal(found->cpu_burst, expected->cpu_burst);
	assert_int_equal(found->realtime_runtime, expected->realtime_runtime);
	assert_int_equal(found->realtime_period, expected->realtime_period);
}

static void read_current(struct fake *fake, struct corc_cgroup_current *current)
{
	struct corc_cgroup_plan place;

	assert_int_equal(corc_cgroup_place(&fake->plan.arena, &fake->plan.layout, &fake->ref,
				 &place, &fake->plan.error),
		0);
	corc_cgroup_current_read(&place, &fake->ref, current);
}

static void what_is_in_force_v2(void **state)
{
	struct fake *fake = *state;
	struct corc_cgroup_current current;

	begin(fake, 2, "");
	read_current(fake, &current);
	check_current(&current, &(struct corc_cgroup_current){.memory_limit = -1,
					.memory_swap = -1,
					.cpu_quota = -1,
					.cpu_period = 100000});
	put(fake, "pod/web/memory.max", "max\n");
	put(fake, "pod/web/memory.swap.max", "0\n");
	put(fake, "pod/web/memory.current", "12288\n");
	put(fake, "pod/web/cpu.max", "max 50000\n");
	read_current(fake, &current);
	check_current(&current, &(struct corc_cgroup_current){.memory_limit = -1,
					.memory_usage = 12288,
					.cpu_quota = -1,
					.cpu_period = 50000});
	put(fake, "pod/web/memory.max", "8192\n");
	put(fake, "pod/web/cpu.max", "20000 50000\n");
	put(fake, "pod/web/cpu.max.burst", "700\n");
	read_current(fake, &current);
	check_current(&current, &(struct corc_cgroup_current){.memory_limit = 8192,
					.memory_usage = 12288,
					.cpu_quota = 20000,
					.cpu_period = 50000,
					.cpu_burst = 700});
}

static void what_is_in_force_v1(void **state)
{
	struct fake *fake = *state;
	struct corc_cgroup_current current;

	begin(fake, 1, "cpu,memory");
	put(fake, "pod/web/memory.limit_in_bytes", "8192\n");
	put(fake, "pod/web/memory.memsw.limit_in_bytes", "9223372036854771712\n");
	put(fake, "pod/web/memory.usage_in_bytes", "4096\n");
	put(fake, "pod/web/cpu.cfs_quota_us", "-1\n");
	put(fake, "pod/web/cpu.cfs_period_us", "40000\n");
	put(fake, "pod/web/cpu.rt_runtime_us", "950\n");
	put(fake, "pod/web/cpu.rt_period_us", "1000\n");
	read_current(fake, &current);
	check_current(&current, &(struct corc_cgroup_current){.memory_limit = 8192,
					.memory_swap = -1,
					.memory_usage = 4096,
					.cpu_quota = -1,
					.cpu_period = 40000,
					.realtime_runtime = 950,
					.realtime_period = 1000});
}

static void place_of_a_reference(void **state)
{
	struct fake *fake = *state;
	struct corc_cgroup_plan place;
	struct corc_cgroup_layout empty = {0};

	begin(fake, 2, "");
	assert_int_equal(corc_cgroup_place(&fake->plan.arena, &fake->plan.layout, &fake->ref,
				 &place, &fake->plan.error),
		0);
	assert_int_equal(place.mode, CORC_CGROUP_V2);
	assert_string_equal(place.directories[0].mountpoint, fake->top);
	assert_string_equal(place.directories[0].path, "/pod/web");
	/* A hierarchy that is not mounted any more. */
	assert_int_equal(
		corc_cgroup_place(&fake->plan.arena, &empty, &fake->ref, &place, &fake->plan.error),
		0);
	assert_string_equal(place.directories[0].mountpoint, path_of(fake, "pod/web"));
	assert_string_equal(place.directories[0].path, "");
	fake->ref.directories.count = 0;
	assert_int_equal(
		corc_cgroup_place(&fake->plan.arena, &empty, &fake->ref, &place, &fake->plan.error),
		0);
	assert_int_equal(place.mode, CORC_CGROUP_NONE);
}

static void written(void **state)
{
	struct fake *fake = *state;

	begin(fake, 2, "");
	put(fake, "pod/web/memory.max", "4096");
	put(fake, "pod/web/memory.swap.max", "4096");
	put(fake, "pod/web/cpu.max", "10000 80000");
	put(fake, "pod/web/pids.max", "5");
	if (update(fake, "{\"memory\":{\"swap\":9216},\"cpu\":{\"quota\":20000},"
			 "\"pids\":{\"limit\":-1}}") < 0)
		fail_msg("%s", fake->plan.error.message);
	check(fake, "pod/web/memory.max", "4096");
	check(fake, "pod/web/memory.swap.max", "5120");
	check(fake, "pod/web/cpu.max", "20000 80000");
	check(fake, "pod/web/pids.max", "max");
}

/* The last file refuses; those before it hold again what they held. */
static void set_back(void **state)
{
	struct fake *fake = *state;

	begin(fake, 2, "");
	put(fake, "pod/web/cpu.weight", "100");
	put(fake, "pod/web/cpu.max", "10000 80000");
	put(fake, "pod/web/pids.max", "max");
	put(fake, "pod/web/io.max", "8:0 rbps=500 wbps=max riops=max wiops=max\n");
	put(fake, "pod/web/memory.max", "409600");
	assert_int_equal(mkdir(path_of(fake, "pod/web/memory.high"), 0700), 0);
	assert_int_equal(
		update(fake, "{\"cpu\":{\"shares\":512,\"period\":20000},\"pids\":{\"limit\":5},"
			     "\"memory\":{\"limit\":8192},\"unified\":{\"memory.high\":\"1\"},"
			     "\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,"
			     "\"rate\":9}]}}"),
		-EISDIR);
	assert_string_equal(fake->plan.error.message, "write \"1\" to memory.high: is a directory");
	assert_string_equal(fake->plan.error.origin.path, "unified[\"memory.high\"]");
	assert_int_equal(fake->plan.error.step, CORC_STEP_CGROUP);
	check(fake, "pod/web/cpu.weight", "100");
	check(fake, "pod/web/cpu.max", "10000 80000");
	check(fake, "pod/web/pids.max", "max");
	check(fake, "pod/web/io.max", "8:0 rbps=500 wbps=max riops=max wiops=max");
	check(fake, "pod/web/memory.max", "409600");
}

/* Two lines of one file: the second is taken back before the first, to what was there at first. */
static void set_back_twice(void **state)
{
	struct fake *fake = *state;

	begin(fake, 2, "");
	put(fake, "pod/web/hugetlb.2MB.max", "1000000");
	assert_int_equal(
		update(fake, "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":2000000},"
			     "{\"pageSize\":\"2MB\",\"limit\":3000000},"
			     "{\"pageSize\":\"1GB\",\"limit\":1}]}"),
		-ENOENT);
	check(fake, "pod/web/hugetlb.2MB.max", "1000000");
}

/* Files that take one byte: the new value fits, and the old one does not. */
static void cannot_be_set_back(void **state)
{
	struct fake *fake = *state;
	struct rlimit before, one_byte;
	int r;

	begin(fake, 2, "");
	put(fake, "pod/web/pids.max", "100");
	put(fake, "pod/web/memory.max", "max");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	one_byte = (struct rlimit){.rlim_cur = 1, .rlim_max = before.rlim_max};
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &one_byte), 0);
	r = update(fake, "{\"pids\":{\"limit\":5},\"memory\":{\"limit\":8192}}");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
	assert_true(r < 0);
	assert_non_null(strstr(fake->plan.error.message, "write \"8192\" to memory.max: "));
	assert_non_null(
		strstr(fake->plan.error.message, "; pids.max could not be set back to \"100\": "));
	assert_string_equal(fake->plan.error.origin.path, "memory.limit");
}

static void another_group_in_its_place(void **state)
{
	struct fake *fake = *state;

	begin(fake, 2, "");
	put(fake, "pod/web/pids.max", "max");
	fake->ref.directories.items[0].inode++;
	assert_int_equal(update(fake, "{\"pids\":{\"limit\":5}}"), -ESTALE);
	check(fake, "pod/web/pids.max", "max");
}

/* A group that was not given the controller gets it on the way. */
static void enables_what_is_needed(void **state)
{
	struct fake *fake = *state;

	begin(fake, 2, "");
	put(fake, "cgroup.controllers", "hugetlb misc\n");
	put(fake, "cgroup.subtree_control", "");
	put(fake, "pod/cgroup.controllers", "hugetlb\n");
	put(fake, "pod/cgroup.subtree_control", "");
	put(fake, "pod/web/cgroup.controllers", "\n");
	put(fake, "pod/web/hugetlb.2MB.max", "max");
	assert_int_equal(
		update(fake, "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":300}]}"), 0);
	check(fake, "cgroup.subtree_control", "+hugetlb");
	check(fake, "pod/cgroup.subtree_control", "+hugetlb");
	check(fake, "pod/web/hugetlb.2MB.max", "300");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(old_values),
		TEST(what_is_in_force_v2),
		TEST(what_is_in_force_v1),
		TEST(place_of_a_reference),
		TEST(written),
		TEST(set_back),
		TEST(set_back_twice),
		TEST(cannot_be_set_back),
		TEST(another_group_in_its_place),
		TEST(enables_what_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
