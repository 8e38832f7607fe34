/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and limiting on plain directories, for controllers that a test machine may not have: what
 * is written where, in which order, and what is said when it fails.
 */
#include "cgroup/fake_fixture.h"

static int apply(struct fake *fake)
{
	return corc_cgroup_apply(fake->plan.spec, fake->plan.plan, &fake->ref, &fake->plan.error);
}

static void settings_v2(void **state)
{
	struct fake *fake = *state;

	compile(fake, 2, "",
		"\"memory\":{\"limit\":8192,\"swap\":8192,\"reservation\":4096},"
		"\"cpu\":{\"shares\":1024,\"quota\":5000,\"cpus\":\"0\"},"
		"\"pids\":{\"limit\":3},\"unified\":{\"memory.high\":\"6000\"}");
	assert_int_equal(fake->ref.directories.items[0].made, 2);
	make(fake);
	assert_int_equal(fake->ref.directories.items[0].made, 2);
	assert_int_not_equal(fake->ref.directories.items[0].inode, 0);
	/* There is no file of the swap: it is off. */
	put(fake, "pod/web/memory.max", "max       ");
	put(fake, "pod/web/memory.low", "");
	put(fake, "pod/web/memory.high", "");
	put(fake, "pod/web/cpu.weight", "");
	put(fake, "pod/web/cpu.max", "");
	put(fake, "pod/web/cpuset.cpus", "");
	put(fake, "pod/web/pids.max", "");
	if (apply(fake) < 0)
		fail_msg("%s", fake->plan.error.message);
	/* A plain file keeps the rest: it was one write from its beginning. */
	check(fake, "pod/web/memory.max", "8192      ");
	check(fake, "pod/web/memory.low", "4096");
	check(fake, "pod/web/memory.high", "6000");
	check(fake, "pod/web/cpu.weight", "100");
	check(fake, "pod/web/cpu.max", "5000 100000");
	check(fake, "pod/web/cpuset.cpus", "0");
	check(fake, "pod/web/pids.max", "3");
}

/* The weight of a kernel with BFQ, and of one without. */
static void weights_v2(void **state)
{
	struct fake *fake = *state;

	compile(fake, 2, "",
		"\"blockIO\":{\"weight\":100,"
		"\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":1000}]}");
	make(fake);
	put(fake, "pod/web/io.weight", "");
	if (apply(fake) < 0)
		fail_msg("%s", fake->plan.error.message);
	check(fake, "pod/web/io.weight", "8:0 10000");
	put(fake, "pod/web/io.weight", "");
	put(fake, "pod/web/io.bfq.weight", "");
	if (apply(fake) < 0)
		fail_msg("%s", fake->plan.error.message);
	check(fake, "pod/web/io.weight", "");
	check(fake, "pod/web/io.bfq.weight", "8:0 1000");
}

static void hugepages_without_reservations(void **state)
{
	struct fake *fake = *state;

	compile(fake, 2, "", "\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]");
	make(fake);
	put(fake, "pod/web/hugetlb.2MB.max", "");
	if (apply(fake) < 0)
		fail_msg("%s", fake->plan.error.message);
	check(fake, "pod/web/hugetlb.2MB.max", "4194304");
	put(fake, "pod/web/hugetlb.2MB.rsvd.max", "");
	assert_int_equal(apply(fake), 0);
	check(fake, "pod/web/hugetlb.2MB.rsvd.max", "4194304");
}

/* All that the top has is given on, in one write for each group on the way. */
static void controllers_are_enabled(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(mkdir(path_of(fake, "pod"), 0700), 0);
	put(fake, "cgroup.controllers", "cpuset cpu io memory pids\n");
	put(fake, "cgroup.subtree_control", "io memory pids\n");
	put(fake, "pod/cgroup.controllers", "cpu memory\n");
	put(fake, "pod/cgroup.subtree_control", "");
	compile(fake, 2, "", "");
	make(fake);
	assert_int_equal(fake->ref.directories.items[0].made, 1);
	/* Over the beginning of "io memory pids". */
	check(fake, "cgroup.subtree_control", "+cpuset +cpuds");
	check(fake, "pod/cgroup.subtree_control", "+cpu +memory");
}

/* The usual case: the group has what the top has, nothing in between is looked at. */
static void nothing_to_enable(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(mkdir(path_of(fake, "pod"), 0700), 0);
	assert_int_equal(mkdir(path_of(fake, "pod/web"), 0700), 0);
	put(fake, "cgroup.controllers", "memory pids\n");
	put(fake, "cgroup.subtree_control", "");
	put(fake, "pod/web/cgroup.controllers", "pids memory\n");
	put(fake, "pod/web/cgroup.procs", "");
	compile(fake, 2, "", "");
	make(fake);
	assert_int_equal(fake->ref.directories.items[0].made, 0);
	check(fake, "cgroup.subtree_control", "");
}

static void check_error(struct fake *fake, int code, const char *message, const char *origin)
{
	assert_int_equal(apply(fake), -code);
	assert_string_equal(fake->plan.error.message, message);
	assert_string_equal(fake->plan.error.origin.path, origin);
	assert_int_equal(fake->plan.error.step, CORC_STEP_CGROUP);
}

static void controller_not_delegated(void **state)
{
	struct fake *fake = *state;
	char expected[256];

	put(fake, "cgroup.controllers", "cpu pids\n");
	put(fake, "cgroup.subtree_control", "cpu pids\n");
	compile(fake, 2, "", "\"memory\":{\"limit\":8192}");
	make(fake);
	put(fake, "pod/web/cgroup.controllers", "cpu pids\n");
	(void)snprintf(expected, sizeof(expected),
		"needs the cgroup controller \"memory\", which %s does not have (delegated here: "
		"cpu pids)",
		fake->top);
	check_error(fake, ENOENT, expected, "linux.resources.memory.limit");
	assert_string_not_equal(fake->plan.error.hint, "");
}

/* Somewhere on the way down the controller is lost, and the reason is asked for once more. */
static void controller_not_enabled(void **state)
{
	struct fake *fake = *state;
	char expected[256];

	compile(fake, 2, "", "\"memory\":{\"limit\":8192}");
	make(fake);
	put(fake, "cgroup.controllers", "memory\n");
	put(fake, "cgroup.subtree_control", "memory\n");
	put(fake, "pod/cgroup.controllers", "memory\n");
	put(fake, "pod/web/cgroup.controllers", "\n");
	assert_int_equal(mkdir(path_of(fake, "pod/cgroup.subtree_control"), 0700), 0);
	(void)snprintf(expected, sizeof(expected),
		"needs the cgroup controller \"memory\", which could not be enabled in %s/pod: is "
		"a directory",
		fake->top);
	check_error(fake, EISDIR, expected, "linux.resources.memory.limit");
}

static void a_file_is_missing(void **state)
{
	struct fake *fake = *state;

	compile(fake, 2, "", "\"unified\":{\"memory.future\":\"1\"}");
	make(fake);
	put(fake, "pod/web/cgroup.controllers", "memory\n");
	check_error(fake, ENOENT, "write \"1\" to memory.future: no such file or directory",
		"linux.resources.unified[\"memory.future\"]");
}

static void settings_v1(void **state)
{
	struct fake *fake = *state;

	compile(fake, 1, "cpu,cpuacct,pids",
		"\"cpu\":{\"shares\":512,\"quota\":5000},\"pids\":{\"limit\":0}");
	make(fake);
	put(fake, "pod/web/cpu.shares", "");
	put(fake, "pod/web/cpu.cfs_quota_us", "");
	put(fake, "pod/web/pids.max", "");
	if (apply(fake) < 0)
		fail_msg("%s", fake->plan.error.message);
	check(fake, "pod/web/cpu.shares", "512");
	check(fake, "pod/web/cpu.cfs_quota_us", "5000");
	check(fake, "pod/web/pids.max", "1");
}

/* Each empty cpuset on the way takes its parent's; one that has its own keeps it. */
static void cpuset_v1(void **state)
{
	static const char *const groups[] = {"", "a/", "a/b/", "a/b/pod/", "a/b/pod/web/"};
	struct fake *fake = *state;
	char name[64];

	compile(fake, 1, "cpuset", "");
	fake->plan.plan->directories[0].path = "/a/b/pod/web";
	fake->plan.plan->directories[0].directory = path_of(fake, "a/b/pod/web");
	assert_int_equal(corc_cgroup_intent(
				 &fake->plan.arena, fake->plan.plan, &fake->ref, &fake->plan.error),
		0);
	for (size_t i = 0; i < 5; i++) {
		if (i > 0) {
			(void)snprintf(name, sizeof(name), "%s", groups[i]);
			assert_int_equal(mkdir(path_of(fake, name), 0700), 0);
		}
		(void)snprintf(name, sizeof(name), "%scpuset.cpus", groups[i]);
		put(fake, name, i == 0 ? "0-7\n" : i == 2 ? "2-3\n" : "");
		(void)snprintf(name, sizeof(name), "%scpuset.mems", groups[i]);
		put(fake, name, i == 0 ? "0\n" : "\n");
	}
	put(fake, "a/b/pod/web/cgroup.procs", "");
	make(fake);
	check(fake, "a/cpuset.cpus", "0-7");
	check(fake, "a/b/cpuset.cpus", "2-3");
	check(fake, "a/b/pod/web/cpuset.cpus", "2-3");
	check(fake, "a/b/pod/web/cpuset.mems", "0");
}

/* A group that has processes already, below it too, is not taken. */
static void refuses_processes(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(mkdir(path_of(fake, "pod"), 0700), 0);
	assert_int_equal(mkdir(path_of(fake, "pod/web"), 0700), 0);
	assert_int_equal(mkdir(path_of(fake, "pod/web/sub"), 0700), 0);
	put(fake, "pod/web/cgroup.procs", "");
	put(fake, "pod/web/sub/cgroup.procs", "12\n345\n");
	put(fake, "pod/web/cgroup.events", "populated 1\nfrozen 0\n");
	compile(fake, 2, "", "");
	assert_int_equal(corc_cgroup_make(fake->plan.plan, &fake->ref, &fake->plan.error), -EBUSY);
	assert_non_null(strstr(
		fake->plan.error.message, "container's cgroup is not empty: 2 process(es) found"));
	assert_int_equal(access(path_of(fake, "pod/web/sub"), F_OK), 0);
	assert_int_equal(fake->ref.directories.items[0].inode, 0);
}

static void refuses_frozen(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(mkdir(path_of(fake, "pod"), 0700), 0);
	assert_int_equal(mkdir(path_of(fake, "pod/web"), 0700), 0);
	put(fake, "pod/web/cgroup.events", "populated 0\nfrozen 0\n");
	put(fake, "pod/web/cgroup.freeze", "1\n");
	compile(fake, 2, "", "");
	assert_int_equal(corc_cgroup_make(fake->plan.plan, &fake->ref, &fake->plan.error), -EBUSY);
	assert_non_null(strstr(fake->plan.error.message, "container's cgroup unexpectedly frozen"));
}

/* A file is in the way of the second component: the first one is not left behind. */
static void failure_leaves_nothing(void **state)
{
	struct fake *fake = *state;

	compile(fake, 2, "", "");
	fake->plan.plan->directories[0].directory = path_of(fake, "a/b/file/c");
	fake->ref.directories.items[0].directory = path_of(fake, "a/b/file/c");
	assert_int_equal(mkdir(path_of(fake, "a"), 0700), 0);
	assert_int_equal(mkdir(path_of(fake, "a/b"), 0700), 0);
	put(fake, "a/b/file", "");
	assert_int_equal(
		corc_cgroup_make(fake->plan.plan, &fake->ref, &fake->plan.error), -ENOTDIR);
	assert_non_null(strstr(fake->plan.error.message, "a/b/file/c: not a directory"));
	assert_int_equal(access(path_of(fake, "a/b"), F_OK), 0);

	fake->ref.directories.items[0].directory =
		corc_arena_printf(&fake->plan.arena, "%s/x/y/%0300d/z", fake->top, 1);
	assert_int_equal(
		corc_cgroup_make(fake->plan.plan, &fake->ref, &fake->plan.error), -ENAMETOOLONG);
	assert_int_equal(access(path_of(fake, "x"), F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(settings_v2),
		TEST(weights_v2),
		TEST(hugepages_without_reservations),
		TEST(controllers_are_enabled),
		TEST(nothing_to_enable),
		TEST(controller_not_delegated),
		TEST(controller_not_enabled),
		TEST(a_file_is_missing),
		TEST(settings_v1),
		TEST(cpuset_v1),
		TEST(refuses_processes),
		TEST(refuses_frozen),
		TEST(failure_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
