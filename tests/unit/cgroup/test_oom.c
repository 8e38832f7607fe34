/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lack of memory: counted by cgroup v2 in a file, which here is a plain one; told by cgroup v1
 * through an eventfd, which needs the kernel.
 */
#include "kernel_fixture.h"

#include "cgroup/oom.h"

struct fake {
	char top[64];
	struct corc_cgroup_ref_directory directory;
	struct corc_cgroup_ref ref;
	struct corc_oom_watch watch;
	struct corc_error error;
};

static int setup(void **state)
{
	struct fake *fake = test_calloc(1, sizeof(*fake));
	struct stat status;

	*state = fake;
	(void)snprintf(fake->top, sizeof(fake->top), "/tmp/corc-test-oom-XXXXXX");
	if (!mkdtemp(fake->top) || stat(fake->top, &status) < 0)
		return -1;
	fake->directory = (struct corc_cgroup_ref_directory){
		.version = 2, .directory = fake->top, .controllers = "", .inode = status.st_ino};
	fake->ref.directories.items = &fake->directory;
	fake->ref.directories.count = 1;
	fake->watch = (struct corc_oom_watch)CORC_OOM_WATCH_EMPTY;
	return 0;
}

static void forget(struct fake *fake)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/memory.events", fake->top);
	(void)unlink(path);
}

static int teardown(void **state)
{
	struct fake *fake = *state;
	int r;

	corc_cgroup_oom_close(&fake->watch);
	forget(fake);
	r = rmdir(fake->top);
	test_free(fake);
	return r;
}

/* In place, as the kernel's file changes: it stays the same one. */
static void put(struct fake *fake, const char *text)
{
	char path[128];
	int CORC_CLOSE fd = CORC_NO_FD;

	(void)snprintf(path, sizeof(path), "%s/memory.events", fake->top);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_in_range(fd, 0, INT32_MAX);
	assert_int_equal(corc_write_all(fd, text, strlen(text)), 0);
}

static void start(struct fake *fake)
{
	if (corc_cgroup_oom_open(&fake->ref, &fake->watch, &fake->error) < 0)
		fail_msg("%s", fake->error.message);
}

static bool is_readable(const struct corc_oom_watch *watch)
{
	struct pollfd entry = {.fd = watch->event_fd, .events = POLLIN};

	return poll(&entry, 1, 0) > 0;
}

static bool happened(struct corc_oom_watch *watch)
{
	struct corc_error error;
	bool result = false;

	if (corc_cgroup_oom_read(watch, &result, &error) < 0)
		fail_msg("%s", error.message);
	return result;
}

static void counts(void **state)
{
	struct fake *fake = *state;

	put(fake, "low 0\nhigh 0\nmax 0\noom 0\noom_kill 2\noom_group_kill 0\n");
	start(fake);
	assert_false(is_readable(&fake->watch));
	/* What was there before does not count, nor does another line. */
	assert_false(happened(&fake->watch));
	put(fake, "low 0\nhigh 9\nmax 9\noom 9\noom_kill 2\noom_group_kill 9\n");
	assert_true(is_readable(&fake->watch));
	assert_false(happened(&fake->watch));
	assert_false(is_readable(&fake->watch));
	put(fake, "low 0\nhigh 0\nmax 9\noom 9\noom_kill 3\n");
	assert_true(is_readable(&fake->watch));
	assert_true(happened(&fake->watch));
	assert_false(happened(&fake->watch));
	/* Once for many. */
	put(fake, "oom_kill 100\n");
	assert_true(happened(&fake->watch));
	assert_false(happened(&fake->watch));
}

static void group_goes_away(void **state)
{
	struct fake *fake = *state;

	put(fake, "oom_kill 0\n");
	start(fake);
	put(fake, "oom_kill 1\n");
	forget(fake);
	assert_false(happened(&fake->watch));
}

static void no_controller(void **state)
{
	struct fake *fake = *state;

	start(fake);
	assert_true(fake->watch.event_fd < 0);
	assert_false(happened(&fake->watch));
	fake->ref.directories.count = 0;
	start(fake);
	assert_true(fake->watch.event_fd < 0);
	/* v1, but another controller. */
	fake->ref.directories.count = 1;
	fake->directory.version = 1;
	fake->directory.controllers = "cpu,cpuacct";
	start(fake);
	assert_true(fake->watch.event_fd < 0);
}

static void failures(void **state)
{
	struct fake *fake = *state;

	put(fake, "oom_kill many\n");
	assert_int_equal(corc_cgroup_oom_open(&fake->ref, &fake->watch, &fake->error), -EBADMSG);
	assert_non_null(strstr(fake->error.message, fake->top));
	assert_int_equal(fake->error.step, CORC_STEP_CGROUP);
	assert_true(fake->watch.event_fd < 0);
	put(fake, "oom_kill 1\n");
	start(fake);
	put(fake, "oom_kill -1\n");
	assert_int_equal(
		corc_cgroup_oom_read(&fake->watch, &(bool){false}, &fake->error), -EBADMSG);
	fake->directory.inode++;
	corc_cgroup_oom_close(&fake->watch);
	assert_int_equal(corc_cgroup_oom_open(&fake->ref, &fake->watch, &fake->error), -ESTALE);
}

/* --- cgroup v1, on the kernel ------------------------------------------------------------------
 */

#define LIMIT_MB 8

static void exceed(void)
{
	size_t size = (size_t)4 * LIMIT_MB << 20;
	char *memory = malloc(size);

	for (size_t at = 0; memory && at < size; at += 4096)
		((volatile char *)memory)[at] = 1;
}

/* A child that joins the group and takes more than it may. */
static void run_out(struct kernel_fixture *fixture)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct corc_error error;

		if (corc_cgroup_attach(&fixture->ref, getpid(), &error) == 0)
			exceed();
		_exit(0);
	}
	assert_in_range(pid, 1, INT32_MAX);
	fixture->children[fixture->child_count++] = pid;
	assert_int_equal(kernel_signal_of(fixture, pid), SIGKILL);
}

static void real_v1(void **state)
{
	struct kernel_fixture *fixture = *state;
	struct corc_oom_watch CORC_CLEANUP(corc_cgroup_oom_close) watch = CORC_OOM_WATCH_EMPTY;

	if (!kernel_exists("/sys/fs/cgroup/memory/memory.stat"))
		skip();
	kernel_compile(fixture, "", "\"memory\":{\"limit\":8388608,\"swap\":8388608}");
	kernel_make(fixture);
	kernel_apply(fixture);
	if (corc_cgroup_oom_open(&fixture->ref, &watch, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
	assert_int_equal(watch.version, 1);
	assert_false(happened(&watch));
	run_out(fixture);
	assert_true(is_readable(&watch));
	assert_true(happened(&watch));
	assert_false(happened(&watch));
	/* The kernel signals the end of the group in the same way. */
	kernel_remove(fixture);
	assert_int_equal(
		poll(&(struct pollfd){.fd = watch.event_fd, .events = POLLIN}, 1, DEADLINE_MS), 1);
	assert_false(happened(&watch));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts),
		TEST(group_goes_away),
		TEST(no_controller),
		TEST(failures),
		/* The last: it is left out where the machine has no cgroup v1. */
		cmocka_unit_test_setup_teardown(real_v1, kernel_setup, kernel_teardown),
	};
	size_t count = sizeof(tests) / sizeof(tests[0]) - !kernel_view(CORC_CGROUP_V1);

	return _cmocka_run_group_tests("oom", tests, count, NULL, NULL);
}
