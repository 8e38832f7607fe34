/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests on the real kernel: a group of our own in every hierarchy, children that sit in it, and
 * the removal of both whatever happened. As root only.
 */
#ifndef TEST_KERNEL_FIXTURE_H
#define TEST_KERNEL_FIXTURE_H

#include "plan/cgroup_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/cgroup.h"

#define CHILDREN_MAX 16
#define DEADLINE_MS 10000

struct kernel_fixture {
	struct cgroup_fixture plan;
	struct corc_cgroup_ref ref;
	char name[64]; /* "/corc-test-cgroup-PID" */
	pid_t children[CHILDREN_MAX];
	size_t child_count;
};

/*
 * The view of the tests: mounts of our own, for `mode` V2 with nothing but cgroup2. Tells whether
 * the machine gives it.
 */
static inline bool kernel_view(enum corc_cgroup_mode mode)
{
	struct corc_arena arena = {0};
	struct corc_cgroup_layout layout;
	struct corc_error error;
	int r;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	if (mode == CORC_CGROUP_V2 && mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) < 0)
		return false;
	r = corc_cgroup_layout_read(&arena, false, &layout, &error);
	corc_arena_done(&arena);
	return r == 0 && (layout.mode == CORC_CGROUP_V2) == (mode == CORC_CGROUP_V2) &&
	       layout.mode != CORC_CGROUP_NONE;
}

static inline int kernel_setup(void **state)
{
	struct kernel_fixture *fixture = test_calloc(1, sizeof(*fixture));

	*state = fixture;
	(void)snprintf(fixture->name, sizeof(fixture->name), "/corc-test-cgroup-%d", (int)getpid());
	return corc_cgroup_layout_read(
		&fixture->plan.arena, false, &fixture->plan.layout, &fixture->plan.error);
}

static inline int kernel_write(const char *path, const char *text)
{
	return corc_write_existing(AT_FDCWD, path, text, strlen(text));
}

/* Only what a failed test left: thaw, and remove from the bottom. */
static inline int kernel_tidy_entry(
	const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)where;
	if (type != FTW_DP)
		return 0;
	for (int i = 0; i < 1000 && rmdir(path) < 0 && errno == EBUSY; i++)
		(void)poll(NULL, 0, 1);
	return 0;
}

static inline void kernel_thaw(const struct kernel_fixture *fixture, const char *top)
{
	static const char *const files[][2] = {{"cgroup.freeze", "0"}, {"freezer.state", "THAWED"},
		{"a/cgroup.freeze", "0"}, {"a/freezer.state", "THAWED"}};
	char path[512];

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s/%s", top, fixture->name, files[i][0]);
		(void)kernel_write(path, files[i][1]);
	}
}

static inline int kernel_teardown(void **state)
{
	struct kernel_fixture *fixture = *state;
	const struct corc_cgroup_layout *layout = &fixture->plan.layout;
	char path[512];

	for (size_t i = 0; i < fixture->child_count; i++)
		(void)kill(fixture->children[i], SIGKILL);
	for (uint32_t i = 0; i < layout->count; i++)
		kernel_thaw(fixture, layout->hierarchies[i].mountpoint);
	for (size_t i = 0; i < fixture->child_count; i++)
		(void)waitpid(fixture->children[i], NULL, 0);
	for (uint32_t i = 0; i < layout->count; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", layout->hierarchies[i].mountpoint,
			fixture->name);
		(void)nftw(path, kernel_tidy_entry, 16, FTW_DEPTH | FTW_PHYS);
	}
	corc_arena_done(&fixture->plan.arena);
	test_free(fixture);
	return 0;
}

/* The plan and the intent of a group below ours: `path` is "/a/b". */
static inline void kernel_compile(
	struct kernel_fixture *fixture, const char *path, const char *resources)
{
	char members[2048];

	(void)snprintf(members, sizeof(members), "\"cgroupsPath\":\"%s%s\",\"resources\":{%s}",
		fixture->name, path, resources);
	fixture_parse(&fixture->plan, members);
	if (corc_compile_cgroup(&fixture->plan.arena,
		    &(struct corc_cgroup_input){fixture->plan.spec, &fixture->plan.layout, "web",
			    CORC_CGROUP_MANAGER_CGROUPFS},
		    &fixture->plan.plan, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
	if (corc_cgroup_intent(&fixture->plan.arena, fixture->plan.plan, &fixture->ref,
		    &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
}

static inline void kernel_make(struct kernel_fixture *fixture)
{
	if (corc_cgroup_make(fixture->plan.plan, &fixture->ref, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
}

static inline void kernel_remove(struct kernel_fixture *fixture)
{
	if (corc_cgroup_remove(&fixture->ref, DEADLINE_MS, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
}

/* A process that runs `body` and then waits for its end; it ends with the test. */
static inline pid_t kernel_child(struct kernel_fixture *fixture, void (*body)(void))
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_in_range(fixture->child_count, 0, CHILDREN_MAX - 1);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (body)
			body();
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		while (true)
			(void)pause();
	}
	assert_in_range(pid, 1, INT32_MAX);
	fixture->children[fixture->child_count++] = pid;
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return pid;
}

static inline void kernel_attach(struct kernel_fixture *fixture, pid_t pid)
{
	if (corc_cgroup_attach(&fixture->ref, pid, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
}

/* The signal that ended a child. */
static inline int kernel_signal_of(struct kernel_fixture *fixture, pid_t pid)
{
	siginfo_t info = {0};

	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	for (size_t i = 0; i < fixture->child_count; i++)
		if (fixture->children[i] == pid)
			fixture->children[i] = fixture->children[--fixture->child_count];
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return info.si_code == CLD_KILLED ? info.si_status : 0;
}

static inline bool kernel_is_alive(pid_t pid)
{
	siginfo_t info = {0};

	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG), 0);
	return info.si_pid == 0;
}

/* A path of ours in the hierarchy with that controller; "" : v2. */
static inline const char *kernel_path(
	struct kernel_fixture *fixture, const char *controller, const char *rest)
{
	const struct corc_cgroup_plan *plan = fixture->plan.plan;
	size_t index = corc_cgroup_plan_directory(plan, controller);
	const char *path;

	assert_in_range(index, 0, plan->directory_count - 1);
	path = corc_arena_printf(&fixture->plan.arena, "%s%s%s",
		plan->directories[index].mountpoint, fixture->name, rest);
	assert_non_null(path);
	return path;
}

static inline bool kernel_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static inline void kernel_check(const char *path, const char *text)
{
	char found[256];

	if (corc_read_small(AT_FDCWD, path, found, sizeof(found)) < 0)
		fail_msg("%s cannot be read", path);
	assert_string_equal(found, text);
}

/* Nothing of ours is left in any hierarchy. */
static inline void kernel_check_nothing_left(struct kernel_fixture *fixture)
{
	for (size_t i = 0; i < fixture->plan.plan->directory_count; i++) {
		const char *top = fixture->plan.plan->directories[i].mountpoint;
		char path[512];

		(void)snprintf(path, sizeof(path), "%s%s", top, fixture->name);
		if (kernel_exists(path))
			fail_msg("%s is left", path);
	}
}

static inline void kernel_apply(struct kernel_fixture *fixture)
{
	if (corc_cgroup_apply(fixture->plan.spec, fixture->plan.plan, &fixture->ref,
		    &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
}

static inline size_t kernel_count_pids(struct kernel_fixture *fixture)
{
	pid_t *pids;
	size_t count;

	if (corc_cgroup_pids(&fixture->ref, &pids, &count, &fixture->plan.error) < 0)
		fail_msg("%s", fixture->plan.error.message);
	free(pids);
	return count;
}

/* What a process in the group gets when it opens a file: 0 or an errno. */
static inline int kernel_errno_of_open(struct kernel_fixture *fixture, const char *path, int flags)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct corc_error error;
		int fd;

		if (corc_cgroup_attach(&fixture->ref, getpid(), &error) < 0)
			_exit(255);
		fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
		_exit(fd < 0 ? errno : 0);
	}
	assert_in_range(pid, 1, INT32_MAX);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
