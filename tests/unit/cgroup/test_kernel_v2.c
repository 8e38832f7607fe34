/* SPDX-License-Identifier: Apache-2.0 */
/* Groups on the real kernel with cgroup v2 alone, in a mount namespace of the test. */
#include "kernel_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "sys/emulator.h"

static const char *at(struct kernel_fixture *fixture, const char *rest)
{
	return kernel_path(fixture, "", rest);
}

static void make_and_remove(void **state)
{
	struct kernel_fixture *fixture = *state;
	struct stat status;

	kernel_compile(fixture, "/a/b", "");
	assert_int_equal(fixture->ref.directories.items[0].made, 3);
	assert_false(kernel_exists(at(fixture, "")));
	kernel_make(fixture);
	assert_int_equal(fixture->ref.directories.items[0].made, 3);
	assert_int_equal(stat(at(fixture, "/a/b"), &status), 0);
	assert_int_equal(fixture->ref.directories.items[0].inode, status.st_ino);
	kernel_remove(fixture);
	kernel_check_nothing_left(fixture);
	kernel_remove(fixture);
}

/* Parents that were there, or that others use, stay. */
static void parents_stay(void **state)
{
	struct kernel_fixture *fixture = *state;

	kernel_compile(fixture, "/a/b", "");
	assert_int_equal(mkdir(at(fixture, ""), 0755), 0);
	kernel_make(fixture);
	assert_int_equal(fixture->ref.directories.items[0].made, 2);
	assert_int_equal(mkdir(at(fixture, "/a/other"), 0755), 0);
	kernel_remove(fixture);
	assert_false(kernel_exists(at(fixture, "/a/b")));
	assert_true(kernel_exists(at(fixture, "/a/other")));
	assert_int_equal(rmdir(at(fixture, "/a/other")), 0);
	fixture->ref.directories.items[0].made = 3;
	kernel_remove(fixture);
	kernel_check_nothing_left(fixture);
}

static void an_intent_removes_only_what_is_empty(void **state)
{
	struct kernel_fixture *fixture = *state;
	struct corc_cgroup_ref_directory *item;
	pid_t pid;

	kernel_compile(fixture, "/a/b", "");
	kernel_make(fixture);
	pid = kernel_child(fixture, NULL);
	kernel_attach(fixture, pid);
	item = &fixture->ref.directories.items[0];
	item->inode = 0;
	kernel_remove(fixture);
	assert_true(kernel_exists(at(fixture, "/a/b")));
	assert_true(kernel_is_alive(pid));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(kernel_signal_of(fixture, pid), SIGKILL);
	kernel_remove(fixture);
	kernel_check_nothing_left(fixture);
}

/* What has another inode was made by somebody else, under the same name. */
static void another_inode_is_left_alone(void **state)
{
	struct kernel_fixture *fixture = *state;
	pid_t pid;
	bool frozen;

	kernel_compile(fixture, "", "");
	kernel_make(fixture);
	pid = kernel_child(fixture, NULL);
	kernel_attach(fixture, pid);
	fixture->ref.directories.items[0].inode++;
	assert_int_equal(corc_cgroup_signal(&fixture->ref, SIGKILL, &fixture->plan.error), 0);
	assert_int_equal(corc_cgroup_signal(&fixture->ref, SIGTERM, &fixture->plan.error), 0);
	kernel_remove(fixture);
	assert_true(kernel_exists(at(fixture, "")));
	assert_true(kernel_is_alive(pid));
	assert_int_equal(kernel_count_pids(fixture), 0);
	assert_int_equal(corc_cgroup_is_frozen(&fixture->ref, &frozen, &fixture->plan.error), 0);
	assert_false(frozen);
	assert_int_equal(corc_cgroup_attach(&fixture->ref, pid, &fixture->plan.error), -ESTALE);
	assert_int_equal(corc_cgroup_open(&fixture->ref, &fixture->plan.error), -ESTALE);
}

static void refuses_processes(void **state)
{
	struct kernel_fixture *fixture = *state;
	pid_t pid = kernel_child(fixture, NULL);
	char text[16];

	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	assert_int_equal(mkdir(at(fixture, "/a/sub"), 0755), 0);
	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	assert_int_equal(kernel_write(at(fixture, "/a/sub/cgroup.procs"), text), 0);
	assert_int_equal(
		corc_cgroup_make(fixture->plan.plan, &fixture->ref, &fixture->plan.error), -EBUSY);
	assert_non_null(strstr(fixture->plan.error.message,
		"container's cgroup is not empty: 1 process(es) found"));
	assert_true(kernel_is_alive(pid));
	assert_true(kernel_exists(at(fixture, "/a")));
}

/* Also when it is a group above that is frozen; what was made for nothing is removed. */
static void refuses_frozen(void **state)
{
	struct kernel_fixture *fixture = *state;

	kernel_compile(fixture, "/a", "");
	assert_int_equal(mkdir(at(fixture, ""), 0755), 0);
	assert_int_equal(kernel_write(at(fixture, "/cgroup.freeze"), "1"), 0);
	assert_int_equal(
		corc_cgroup_make(fixture->plan.plan, &fixture->ref, &fixture->plan.error), -EBUSY);
	assert_non_null(
		strstr(fixture->plan.error.message, "container's cgroup unexpectedly frozen"));
	assert_false(kernel_exists(at(fixture, "/a")));
	assert_int_equal(kernel_write(at(fixture, "/cgroup.freeze"), "0"), 0);
	assert_int_equal(mkdir(at(fixture, "/a"), 0755), 0);
	assert_int_equal(kernel_write(at(fixture, "/a/cgroup.freeze"), "1"), 0);
	assert_int_equal(
		corc_cgroup_make(fixture->plan.plan, &fixture->ref, &fixture->plan.error), -EBUSY);
	assert_true(kernel_exists(at(fixture, "/a")));
}

static void frozen(void **state)
{
	struct kernel_fixture *fixture = *state;
	bool is_frozen = true;

	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	kernel_attach(fixture, kernel_child(fixture, NULL));
	assert_int_equal(corc_cgroup_is_frozen(&fixture->ref, &is_frozen, &fixture->plan.error), 0);
	assert_false(is_frozen);
	assert_int_equal(kernel_write(at(fixture, "/a/cgroup.freeze"), "1"), 0);
	assert_int_equal(corc_cgroup_is_frozen(&fixture->ref, &is_frozen, &fixture->plan.error), 0);
	assert_true(is_frozen);
	/* Killing does not need thawing. */
	kernel_remove(fixture);
	kernel_check_nothing_left(fixture);
	assert_int_equal(corc_cgroup_is_frozen(&fixture->ref, &is_frozen, &fixture->plan.error), 0);
	assert_false(is_frozen);
}

static void freeze(struct kernel_fixture *fixture)
{
	if (corc_cgroup_freeze(&fixture->ref, DEADLINE_MS, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
}

static void thaw(struct kernel_fixture *fixture)
{
	if (corc_cgroup_thaw(&fixture->ref, DEADLINE_MS, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
}

/* Done is done: what returns has happened. */
static void freezes_and_thaws(void **state)
{
	struct kernel_fixture *fixture = *state;
	const char *events;

	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	kernel_attach(fixture, kernel_child(fixture, NULL));
	events = at(fixture, "/a/cgroup.events");
	for (int i = 0; i < 20; i++) {
		freeze(fixture);
		kernel_check(events, "populated 1\nfrozen 1");
		thaw(fixture);
		kernel_check(events, "populated 1\nfrozen 0");
	}
	freeze(fixture);
	freeze(fixture);
	thaw(fixture);
	thaw(fixture);
	kernel_remove(fixture);
	/* What is gone is not frozen, and cannot be. */
	thaw(fixture);
	assert_int_equal(
		corc_cgroup_freeze(&fixture->ref, DEADLINE_MS, &fixture->plan.error), -ENOENT);
	assert_int_equal(fixture->plan.error.step, CORC_STEP_CGROUP);
	fixture->ref.directories.count = 0;
	assert_int_equal(
		corc_cgroup_freeze(&fixture->ref, DEADLINE_MS, &fixture->plan.error), -ENOTSUP);
	thaw(fixture);
}

/* It is not waited for what will not come. */
static void frozen_from_above(void **state)
{
	struct kernel_fixture *fixture = *state;
	char expected[256];

	kernel_compile(fixture, "/a/b/c", "");
	kernel_make(fixture);
	kernel_attach(fixture, kernel_child(fixture, NULL));
	assert_int_equal(kernel_write(at(fixture, "/a/cgroup.freeze"), "1"), 0);
	assert_int_equal(corc_cgroup_thaw(&fixture->ref, UINT32_MAX, &fixture->plan.error), -EBUSY);
	(void)snprintf(expected, sizeof(expected),
		"the container is frozen by the cgroup %s above its own", at(fixture, "/a"));
	assert_string_equal(fixture->plan.error.message, expected);
	assert_int_equal(kernel_write(at(fixture, "/a/cgroup.freeze"), "0"), 0);
	thaw(fixture);
}

/* Ignores what a container ignores at its start. */
static void ignore_term(void)
{
	(void)signal(SIGTERM, SIG_IGN);
}

static void signals(void **state)
{
	struct kernel_fixture *fixture = *state;
	pid_t first, second, outside;

	kernel_compile(fixture, "", "");
	kernel_make(fixture);
	first = kernel_child(fixture, NULL);
	second = kernel_child(fixture, ignore_term);
	outside = kernel_child(fixture, NULL);
	kernel_attach(fixture, second);
	assert_int_equal(mkdir(at(fixture, "/sub"), 0755), 0);
	assert_int_equal(kernel_count_pids(fixture), 1);
	{
		char text[16];

		(void)snprintf(text, sizeof(text), "%d", (int)first);
		assert_int_equal(kernel_write(at(fixture, "/sub/cgroup.procs"), text), 0);
	}
	assert_int_equal(kernel_count_pids(fixture), 2);
	assert_int_equal(corc_cgroup_signal(&fixture->ref, SIGTERM, &fixture->plan.error), 0);
	assert_int_equal(kernel_signal_of(fixture, first), SIGTERM);
	assert_true(kernel_is_alive(second));
	assert_int_equal(corc_cgroup_signal(&fixture->ref, SIGKILL, &fixture->plan.error), 0);
	assert_int_equal(kernel_signal_of(fixture, second), SIGKILL);
	assert_true(kernel_is_alive(outside));
	assert_int_equal(corc_cgroup_signal(&fixture->ref, SIGTERM, &fixture->plan.error), 0);
}

/* A container with groups of its own, nested deep and wide. */
static void removes_what_is_below(void **state)
{
	enum { DEPTH = 120, WIDTH = 40 };
	struct kernel_fixture *fixture = *state;
	pid_t pid = kernel_child(fixture, ignore_term);
	char text[16];
	int CORC_CLOSE fd = CORC_NO_FD;

	kernel_compile(fixture, "", "");
	kernel_make(fixture);
	for (int i = 0; i < WIDTH; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "/w%d", i);
		assert_int_equal(mkdir(at(fixture, name), 0755), 0);
	}
	fd = open(at(fixture, "/w7"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < DEPTH; i++) {
		int below;

		assert_int_equal(mkdirat(fd, "d", 0755), 0);
		assert_int_equal(mkdirat(fd, "e", 0755), 0);
		below = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_in_range(below, 0, INT32_MAX);
		assert_int_equal(close(fd), 0);
		fd = below;
	}
	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	assert_int_equal(corc_write_existing(fd, "cgroup.procs", text, strlen(text)), 0);
	assert_int_equal(kernel_count_pids(fixture), 1);
	kernel_remove(fixture);
	kernel_check_nothing_left(fixture);
	assert_int_equal(kernel_signal_of(fixture, pid), SIGKILL);
}

static void born_inside(void **state)
{
	struct kernel_fixture *fixture = *state;
	struct stat status;
	int CORC_CLOSE fd = CORC_NO_FD;

	kernel_compile(fixture, "/a", "");
	kernel_make(fixture);
	fd = corc_cgroup_open(&fixture->ref, &fixture->plan.error);
	assert_in_range(fd, 0, INT32_MAX);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_ino, fixture->ref.directories.items[0].inode);
	assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

static void device_filter(void **state)
{
	struct kernel_fixture *fixture = *state;

	need_call(SYS_bpf, "bpf");
	kernel_compile(fixture, "",
		"\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\","
		"\"major\":1,\"minor\":11,\"access\":\"r\"}]");
	kernel_make(fixture);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/kmsg", O_RDWR), 0);
	if (corc_cgroup_apply(fixture->plan.spec, fixture->plan.plan, &fixture->ref,
		    &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/null", O_RDWR), 0);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/kmsg", O_RDONLY), 0);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/kmsg", O_WRONLY), EPERM);
	assert_int_equal(kernel_errno_of_open(fixture, "/dev/kmsg", O_RDWR), EPERM);
	kernel_remove(fixture);
}

static void unified(void **state)
{
	struct kernel_fixture *fixture = *state;

	need_call(SYS_bpf, "bpf");
	kernel_compile(fixture, "", "\"unified\":{\"cgroup.max.depth\":\"3\"}");
	kernel_make(fixture);
	assert_int_equal(corc_cgroup_apply(fixture->plan.spec, fixture->plan.plan, &fixture->ref,
				 &fixture->plan.error),
		0);
	kernel_check(at(fixture, "/cgroup.max.depth"), "3");
}

/* The kernel's answer to a bad value, with the place of the value. */
static void refused_value(void **state)
{
	struct kernel_fixture *fixture = *state;

	kernel_compile(fixture, "", "\"unified\":{\"cgroup.max.depth\":\"deep\"}");
	kernel_make(fixture);
	assert_int_equal(corc_cgroup_apply(fixture->plan.spec, fixture->plan.plan, &fixture->ref,
				 &fixture->plan.error),
		-EINVAL);
	assert_string_equal(fixture->plan.error.message,
		"write \"deep\" to cgroup.max.depth: invalid argument");
	assert_string_equal(
		fixture->plan.error.origin.path, "linux.resources.unified[\"cgroup.max.depth\"]");
}

static void controller_that_nobody_has(void **state)
{
	struct kernel_fixture *fixture = *state;

	kernel_compile(fixture, "", "\"unified\":{\"nosuch.max\":\"3\"}");
	kernel_make(fixture);
	assert_int_equal(corc_cgroup_apply(fixture->plan.spec, fixture->plan.plan, &fixture->ref,
				 &fixture->plan.error),
		-ENOENT);
	assert_non_null(strstr(fixture->plan.error.message,
		"needs the cgroup controller \"nosuch\", which /sys/fs/cgroup does not have"));
}

/* The limit of a group above, in words. */
static void too_deep(void **state)
{
	struct kernel_fixture *fixture = *state;

	kernel_compile(fixture, "/a/b/c", "");
	assert_int_equal(mkdir(at(fixture, ""), 0755), 0);
	assert_int_equal(kernel_write(at(fixture, "/cgroup.max.depth"), "2"), 0);
	assert_int_equal(
		corc_cgroup_make(fixture->plan.plan, &fixture->ref, &fixture->plan.error), -EAGAIN);
	assert_non_null(strstr(fixture->plan.error.hint, "cgroup.max.depth"));
	assert_false(kernel_exists(at(fixture, "/a")));
}

/* What the top has, the group has. */
static void controllers_are_given_on(void **state)
{
	struct kernel_fixture *fixture = *state;
	char all[256];

	kernel_compile(fixture, "/a/b", "");
	kernel_make(fixture);
	assert_in_range(
		corc_read_small(AT_FDCWD, "/sys/fs/cgroup/cgroup.controllers", all, sizeof(all)), 0,
		sizeof(all));
	kernel_check(at(fixture, "/a/b/cgroup.controllers"), all);
}

#define WORKERS 3
#define ROUNDS 500

struct worker {
	struct kernel_fixture *fixture;
	int number;
	int result;
	struct corc_error error;
};

static int make_and_remove_once(struct worker *worker)
{
	struct corc_arena arena = {0};
	struct corc_cgroup_directory directory = {.version = 2, .mountpoint = "/sys/fs/cgroup"};
	struct corc_cgroup_plan plan = {
		.mode = CORC_CGROUP_V2, .directories = &directory, .directory_count = 1};
	struct corc_cgroup_ref ref;
	int r;

	directory.controllers = "";
	directory.path =
		corc_arena_printf(&arena, "%s/s/t/u/v/%d", worker->fixture->name, worker->number);
	directory.directory = corc_arena_printf(&arena, "/sys/fs/cgroup%s", directory.path);
	r = corc_cgroup_intent(&arena, &plan, &ref, &worker->error);
	if (r == 0)
		r = corc_cgroup_make(&plan, &ref, &worker->error);
	if (r == 0)
		r = corc_cgroup_remove(&ref, DEADLINE_MS, &worker->error);
	corc_arena_done(&arena);
	return r;
}

static void *work(void *data)
{
	struct worker *worker = data;

	for (int i = 0; worker->result == 0 && i < ROUNDS; i++)
		worker->result = make_and_remove_once(worker);
	return NULL;
}

struct tidier {
	struct kernel_fixture *fixture;
	atomic_bool stop;
};

/* Takes the common parents away whenever they are empty. */
static void *tidy(void *data)
{
	struct tidier *tidier = data;
	int CORC_CLOSE top = open(at(tidier->fixture, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (!atomic_load(&tidier->stop)) {
		(void)unlinkat(top, "s/t/u/v", AT_REMOVEDIR);
		(void)unlinkat(top, "s/t/u", AT_REMOVEDIR);
		(void)unlinkat(top, "s/t", AT_REMOVEDIR);
		(void)unlinkat(top, "s", AT_REMOVEDIR);
	}
	return NULL;
}

/* Containers with common parents come and go at once: nobody fails because of the others. */
static void many_at_once(void **state)
{
	struct kernel_fixture *fixture = *state;
	struct worker workers[WORKERS];
	pthread_t threads[WORKERS];
	struct tidier tidier = {.fixture = fixture};
	pthread_t tidier_thread;

	kernel_compile(fixture, "", "");
	assert_int_equal(mkdir(at(fixture, ""), 0755), 0);
	assert_int_equal(pthread_create(&tidier_thread, NULL, tidy, &tidier), 0);
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){.fixture = fixture, .number = i};
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	atomic_store(&tidier.stop, true);
	assert_int_equal(pthread_join(tidier_thread, NULL), 0);
	for (int i = 0; i < WORKERS; i++)
		if (workers[i].result < 0)
			fail_msg("%s", workers[i].error.message);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kernel_setup, kernel_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(make_and_remove),
		TEST(parents_stay),
		TEST(an_intent_removes_only_what_is_empty),
		TEST(another_inode_is_left_alone),
		TEST(refuses_processes),
		TEST(refuses_frozen),
		TEST(frozen),
		TEST(freezes_and_thaws),
		TEST(frozen_from_above),
		TEST(signals),
		TEST(removes_what_is_below),
		TEST(born_inside),
		TEST(device_filter),
		TEST(unified),
		TEST(refused_value),
		TEST(controller_that_nobody_has),
		TEST(too_deep),
		TEST(controllers_are_given_on),
		TEST(many_at_once),
	};

	if (!kernel_view(CORC_CGROUP_V2)) {
		printf("1..0 # SKIP needs root and cgroup v2\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
