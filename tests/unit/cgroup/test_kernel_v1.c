/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups on the real kernel with cgroup v1, and v2 beside it where the machine has that. Nothing is
 * mounted: these are the machine's hierarchies, and all groups are below one of our own.
 */
#include "kernel_fixture.h"

#include <sys/mman.h>

/* Skips where a controller is not on v1. */
static void need(struct kernel_fixture *fixture, const char *controller)
{
	const struct corc_cgroup_layout *layout = &fixture->plan.layout;

	for (uint32_t i = 0; i < layout->count; i++) {
		const struct corc_cgroup_hierarchy *hierarchy = &layout->hierarchies[i];

		if (hierarchy->version == 1 && strstr(hierarchy->controllers, controller))
			return;
	}
	skip();
}

static void check_file(
	struct kernel_fixture *fixture, const char *controller, const char *file, const char *text)
{
	char rest[128];

	(void)snprintf(rest, sizeof(rest), "/a/%s", file);
	kernel_check(kernel_path(fixture, controller, rest), text);
}

static void make_and_remove(void **state)
{
	struct kernel_fixture *fixture = *state;
	pid_t pid;

	kernel_compile(fixture, "/a", "");
	assert_int_equal(fixture->ref.directories.count, fixture->plan.layout.count);
	kernel_make(fixture);
	for (size_t i = 0; i < fixture->ref.directories.count; i++) {
		assert_int_equal(fixture->ref.directories.items[i].made, 2);
		assert_int_not_equal(fixture->ref.directories.items[i].inode, 0);
		assert_true(kernel_exists(fixture->ref.directories.items[i].directory));
	}
	pid = kernel_child(fixture, NULL);
	kernel_attach(fixture, pid);
	assert_int_equal(kernel_count_pids(fixture), 1);
	kernel_remove(fixture);
	kernel_check_nothing_left(fixture);
	assert_int_equal(kernel_signal_of(fixture, pid), SIGKILL);
}

/* Undoing includes the hierarchies that were done before the one that failed. */
static void failure_leaves_nothing(void **state)
{
	struct kernel_fixture *fixture = *state;
	struct corc_cgroup_ref_directory *last;

	kernel_compile(fixture, "/a", "");
	last = &fixture->ref.directories.items[fixture->ref.directories.count - 1];
	last->directory =
		corc_arena_printf(&fixture->plan.arena, "%s/cgroup.procs/x", last->directory);
	assert_int_equal(corc_cgroup_make(fixture->plan.plan, &fixture->ref, &fixture->plan.error),
		-ENOTDIR);
	assert_int_equal(fixture->plan.error.step, CORC_STEP_CGROUP);
	kernel_check_nothing_left(fixture);
}

static void memory(void **state)
{
	struct kernel_fixture *fixture = *state;

	need(fixture, "memory");
	kernel_compile(fixture, "/a",
		"\"memory\":{\"limit\":33554432,\"swap\":67108864,\"reservation\":16777216,"
		"\"swappiness\":10,\"disableOOMKiller\":true}");
	kernel_make(fixture);
	kernel_apply(fixture);
	check_file(fixture, "memory", "memory.limit_in_bytes", "33554432");
	check_file(fixture, "memory", "memory.memsw.limit_in_bytes", "67108864");
	check_file(fixture, "memory", "memory.soft_limit_in_bytes", "16777216");
	check_file(fixture, "memory", "memory.swappiness", "10");
}

#define HELD ((size_t)8 * 1024 * 1024)

static void *held(void)
{
	return mmap(NULL, HELD, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* Locked pages cannot be reclaimed: the limit is refused, with the numbers to understand it. */
static void memory_in_use(void **state)
{
	struct kernel_fixture *fixture = *state;
	char *memory_held;
	pid_t pid;
	int status;

	need(fixture, "memory");
	kernel_compile(fixture, "/a", "\"memory\":{\"limit\":4096}");
	kernel_make(fixture);
	memory_held = held();
	assert_ptr_not_equal(memory_held, MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		struct corc_error error;

		if (corc_cgroup_attach(&fixture->ref, getpid(), &error) < 0)
			_exit(1);
		_exit(mlock(memory_held, HELD) < 0 ? 2 : 0);
	}
	assert_in_range(pid, 1, INT32_MAX);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* The pages are charged to the group for as long as the mapping of the parent lives. */
	if (status != 0)
		skip();
	assert_int_equal(mlock(memory_held, HELD), 0);
	assert_int_equal(corc_cgroup_apply(fixture->plan.spec, fixture->plan.plan, &fixture->ref,
				 &fixture->plan.error),
		-EBUSY);
	assert_non_null(strstr(fixture->plan.error.message,
		"unable to set memory limit to 4096 (current usage: "));
	assert_null(strstr(fixture->plan.error.message, "current usage: 0"));
	assert_null(strstr(fixture->plan.error.message, "peak usage: 0"));
	assert_string_equal(fixture->plan.error.origin.path, "linux.resources.memory.limit");
	assert_int_equal(munmap(memory_held, HELD), 0);
}

static void cpu(void **state)
{
	struct kernel_fixture *fixture = *state;

	need(fixture, "cpu");
	kernel_compile(fixture, "/a",
		"\"cpu\":{\"shares\":512,\"period\":50000,\"quota\":20000,\"burst\":10000}");
	kernel_make(fixture);
	kernel_apply(fixture);
	check_file(fixture, "cpu", "cpu.shares", "512");
	check_file(fixture, "cpu", "cpu.cfs_period_us", "50000");
	check_file(fixture, "cpu", "cpu.cfs_quota_us", "20000");
	check_file(fixture, "cpu", "cpu.cfs_burst_us", "10000");
}

static void cpuset(void **state)
{
	struct kernel_fixture *fixture = *state;
	char all[256];

	need(fixture, "cpuset");
	kernel_compile(fixture, "/a", "\"cpu\":{\"cpus\":\"0\"}");
	kernel_make(fixture);
	assert_in_range(corc_read_small(AT_FDCWD, kernel_path(fixture, "cpuset", "/../cpuset.mems"),
				all, sizeof(all)),
		1, sizeof(all));
	check_file(fixture, "cpuset", "cpuset.mems", all);
	kernel_apply(fixture);
	check_file(fixture, "cpuset", "cpuset.cpus", "0");
	kernel_attach(fixture, kernel_child(fixture, NULL));
}

static void pids(void **state)
{
	struct kernel_fixture *fixture = *state;

	need(fixture, "pids");
	kernel_compile(fixture, "/a", "\"pids\":{\"limit\":0}");
	kernel_make(fixture);
	kernel_apply(fixture);
	check_file(fixture, "pids", "pids.max", "1");
}

static void devices(void **state)
{
	struct kernel_fixture *fixture = *state;

	need(fixture, "devices");
	kernel_compile(fixture, "/a",
		"\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\","
		"\"major\":1,\"minor\":11,\"access\":\"r\"}]");
	kernel_make(fixture);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/kmsg", O_RDWR), 0);
	kernel_apply(fixture);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/null", O_RDWR), 0);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/kmsg", O_RDONLY), 0);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/kmsg", O_WRONLY), EPERM);
}

/* A part of a wildcard, the other way round: all but one. */
static void devices_denied_singly(void **state)
{
	struct kernel_fixture *fixture = *state;

	need(fixture, "devices");
	kernel_compile(fixture, "/a",
		"\"devices\":[{\"allow\":true,\"access\":\"rwm\"},{\"allow\":false,\"type\":\"c\","
		"\"major\":1,\"minor\":11,\"access\":\"w\"}]");
	kernel_make(fixture);
	kernel_apply(fixture);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/kmsg", O_RDONLY), 0);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/kmsg", O_WRONLY), EPERM);
}

static void count_signal(int number)
{
	static volatile sig_atomic_t received;

	(void)number;
	/* A second one would end the process by another signal. */
	if (++received > 1)
		abort();
}

static void handle_usr1(void)
{
	(void)signal(SIGUSR1, count_signal);
}

/* One signal for a process, not one for each hierarchy. */
static void signals(void **state)
{
	struct kernel_fixture *fixture = *state;
	pid_t pid;

	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	pid = kernel_child(fixture, handle_usr1);
	kernel_attach(fixture, pid);
	assert_int_equal(corc_cgroup_signal(&fixture->ref, SIGUSR1, &fixture->plan.error), 0);
	assert_int_equal(corc_cgroup_signal(&fixture->ref, SIGTERM, &fixture->plan.error), 0);
	assert_int_equal(kernel_signal_of(fixture, pid), SIGTERM);
}

/* What is frozen is killed too. */
static void frozen(void **state)
{
	struct kernel_fixture *fixture = *state;
	bool is_frozen = true;
	pid_t pid;

	need(fixture, "freezer");
	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	pid = kernel_child(fixture, NULL);
	kernel_attach(fixture, pid);
	assert_int_equal(corc_cgroup_is_frozen(&fixture->ref, &is_frozen, &fixture->plan.error), 0);
	assert_false(is_frozen);
	assert_int_equal(
		kernel_write(kernel_path(fixture, "freezer", "/a/freezer.state"), "FROZEN"), 0);
	assert_int_equal(corc_cgroup_is_frozen(&fixture->ref, &is_frozen, &fixture->plan.error), 0);
	assert_true(is_frozen);
	kernel_remove(fixture);
	kernel_check_nothing_left(fixture);
	assert_int_equal(kernel_signal_of(fixture, pid), SIGKILL);
}

/* Leaves the freezer of v1 as the only one. */
static void forget_v2(struct kernel_fixture *fixture)
{
	size_t kept = 0;

	for (size_t i = 0; i < fixture->ref.directories.count; i++)
		if (fixture->ref.directories.items[i].version == 1)
			fixture->ref.directories.items[kept++] = fixture->ref.directories.items[i];
	fixture->ref.directories.count = kept;
}

static void freezes_and_thaws(void **state)
{
	struct kernel_fixture *fixture = *state;
	const char *file;

	need(fixture, "freezer");
	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	kernel_attach(fixture, kernel_child(fixture, NULL));
	forget_v2(fixture);
	file = kernel_path(fixture, "freezer", "/a/freezer.state");
	for (int i = 0; i < 20; i++) {
		if (corc_cgroup_freeze(&fixture->ref, DEADLINE_MS, &fixture->plan.error) < 0)
			fail_msg("%s", fixture->plan.error.message);
		kernel_check(file, "FROZEN");
		if (corc_cgroup_thaw(&fixture->ref, DEADLINE_MS, &fixture->plan.error) < 0)
			fail_msg("%s", fixture->plan.error.message);
		kernel_check(file, "THAWED");
	}
	assert_int_equal(
		kernel_write(kernel_path(fixture, "freezer", "/freezer.state"), "FROZEN"), 0);
	assert_int_equal(
		corc_cgroup_thaw(&fixture->ref, DEADLINE_MS, &fixture->plan.error), -EBUSY);
	assert_non_null(strstr(fixture->plan.error.message, " above its own"));
}

/* In hybrid mode one of the two is enough; both are thawed. */
static void freezes_with_v2(void **state)
{
	struct kernel_fixture *fixture = *state;
	const char *file;

	if (fixture->plan.layout.mode != CORC_CGROUP_HYBRID)
		skip();
	need(fixture, "freezer");
	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	kernel_attach(fixture, kernel_child(fixture, NULL));
	file = kernel_path(fixture, "freezer", "/a/freezer.state");
	if (corc_cgroup_freeze(&fixture->ref, DEADLINE_MS, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
	kernel_check(file, "THAWED");
	kernel_check(kernel_path(fixture, "", "/a/cgroup.events"), "populated 1\nfrozen 1");
	assert_int_equal(kernel_write(file, "FROZEN"), 0);
	if (corc_cgroup_thaw(&fixture->ref, DEADLINE_MS, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
	kernel_check(file, "THAWED");
	kernel_check(kernel_path(fixture, "", "/a/cgroup.events"), "populated 1\nfrozen 0");
}

static void refuses_frozen(void **state)
{
	struct kernel_fixture *fixture = *state;

	need(fixture, "freezer");
	kernel_compile(fixture, "/a", "");
	assert_int_equal(mkdir(kernel_path(fixture, "freezer", ""), 0755), 0);
	assert_int_equal(
		kernel_write(kernel_path(fixture, "freezer", "/freezer.state"), "FROZEN"), 0);
	assert_int_equal(
		corc_cgroup_make(fixture->plan.plan, &fixture->ref, &fixture->plan.error), -EBUSY);
	assert_non_null(
		strstr(fixture->plan.error.message, "container's cgroup unexpectedly frozen"));
	assert_false(kernel_exists(kernel_path(fixture, "freezer", "/a")));
}

static void refuses_processes(void **state)
{
	struct kernel_fixture *fixture = *state;
	char text[16];

	need(fixture, "pids");
	need(fixture, "memory");
	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	(void)snprintf(text, sizeof(text), "%d", (int)kernel_child(fixture, NULL));
	assert_int_equal(kernel_write(kernel_path(fixture, "pids", "/a/cgroup.procs"), text), 0);
	assert_int_equal(
		corc_cgroup_make(fixture->plan.plan, &fixture->ref, &fixture->plan.error), -EBUSY);
	assert_non_null(strstr(fixture->plan.error.message,
		"container's cgroup is not empty: 1 process(es) found"));
	assert_true(kernel_exists(kernel_path(fixture, "memory", "/a")));
}

/* A process that cannot die, here because a group above is frozen, is named at the deadline. */
static void survivors_are_named(void **state)
{
	struct kernel_fixture *fixture = *state;
	const char *freezer;
	char expected[64];
	pid_t pid;

	need(fixture, "freezer");
	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	pid = kernel_child(fixture, NULL);
	assert_int_equal(mkdir(kernel_path(fixture, "freezer", "/a/b"), 0755), 0);
	kernel_attach(fixture, pid);
	freezer = kernel_path(fixture, "freezer", "/freezer.state");
	assert_int_equal(kernel_write(freezer, "FROZEN"), 0);
	assert_int_equal(corc_cgroup_remove(&fixture->ref, 50, &fixture->plan.error), -EBUSY);
	if (!strstr(fixture->plan.error.message, "1 process(es) left: ") ||
		!strstr(fixture->plan.error.message, "device or resource busy"))
		fail_msg("%s", fixture->plan.error.message);
	(void)snprintf(expected, sizeof(expected), " %d \"", (int)pid);
	assert_non_null(strstr(fixture->plan.error.message, expected));
	assert_int_equal(fixture->plan.error.step, CORC_STEP_CGROUP);
	assert_int_equal(kernel_write(freezer, "THAWED"), 0);
	kernel_remove(fixture);
	kernel_check_nothing_left(fixture);
}

/* What v1 does not have is looked for in the v2 hierarchy beside it, and given on when needed. */
static void v2_beside_v1(void **state)
{
	struct kernel_fixture *fixture = *state;
	char controllers[256];

	if (fixture->plan.layout.mode != CORC_CGROUP_HYBRID)
		skip();
	kernel_compile(fixture, "/a",
		"\"unified\":{\"cgroup.max.descendants\":\"7\",\"hugetlb.2MB.max\":\"2097152\"}");
	kernel_make(fixture);
	if (corc_read_small(AT_FDCWD, kernel_path(fixture, "", "/a/cgroup.controllers"),
		    controllers, sizeof(controllers)) < 0 ||
		!strstr(controllers, "hugetlb"))
		skip();
	kernel_apply(fixture);
	check_file(fixture, "", "cgroup.max.descendants", "7");
	check_file(fixture, "", "hugetlb.2MB.max", "2097152");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kernel_setup, kernel_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(make_and_remove),
		TEST(failure_leaves_nothing),
		TEST(memory),
		TEST(memory_in_use),
		TEST(cpu),
		TEST(cpuset),
		TEST(pids),
		TEST(devices),
		TEST(devices_denied_singly),
		TEST(signals),
		TEST(frozen),
		TEST(freezes_and_thaws),
		TEST(freezes_with_v2),
		TEST(refuses_frozen),
		TEST(refuses_processes),
		TEST(survivors_are_named),
		TEST(v2_beside_v1),
	};

	if (!kernel_view(CORC_CGROUP_V1)) {
		printf("1..0 # SKIP needs root and cgroup v1\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
