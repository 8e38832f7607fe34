/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing the cgroups of a container. Layer: cgroup; the parent process only.
 *
 * The usual case is an empty group: a look at its inode and one rmdir. Only a group that is in the
 * way has its processes killed and waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/cgroup.h"
#include "cgroup/describe_process.h"
#include "cgroup/directory.h"
#include "cgroup/processes.h"
#include "cgroup/v1.h"
#include "cgroup/v2.h"
#include "cgroup/walk.h"
#include "sys/process.h"

#define WAIT_BATCH 64
#define SURVIVORS_MAX 4
/* A dying process leaves its v1 group a little after its pidfd says so; there is no event. */
#define RETRY_MS 1

static int remaining_ms(uint64_t deadline)
{
	uint64_t now = corc_now_ms();

	return now >= deadline ? 0 : (int)(deadline - now);
}

/* The last component is gone: then those parents that we made, as far as they are empty. */
static void remove_parents(const struct corc_cgroup_ref_directory *directory)
{
	if (directory->made > 1)
		(void)corc_cgroup_remove_path(directory->directory, directory->made);
}

/* rmdir of a group that is ours. -EBUSY: there are processes or groups in it. */
static int try_remove(const struct corc_cgroup_ref_directory *directory)
{
	int CORC_CLOSE fd = CORC_NO_FD;

	if (directory->inode == 0) {
		(void)corc_cgroup_remove_path(directory->directory, directory->made);
		return 0;
	}
	fd = corc_cgroup_open_own(directory);
	if (fd == -ESTALE)
		return 0;
	if (fd < 0 && fd != -ENOENT)
		return fd;
	if (fd >= 0 && rmdir(directory->directory) < 0 && errno != ENOENT)
		return errno == ENOTEMPTY ? -EBUSY : -errno;
	remove_parents(directory);
	return 0;
}

static int leave_remove(void *data, int parent_fd, const char *name)
{
	(void)data;
	/* What is in the way shows at the top. */
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT && errno != EBUSY &&
		errno != ENOTEMPTY)
		return -errno;
	return 0;
}

static int remove_tree(const struct corc_cgroup_ref_directory *directory)
{
	struct corc_cgroup_walker walker = {.leave = leave_remove};
	int CORC_CLOSE fd = corc_cgroup_open_own(directory);

	if (fd >= 0)
		(void)corc_cgroup_walk(fd, &walker);
	return try_remove(directory);
}

/* Waits until one process is gone. */
static void wait_for_exit(pid_t pid, uint64_t deadline)
{
	int CORC_CLOSE pidfd = corc_pidfd_open(pid);
	struct pollfd wait = {.fd = pidfd, .events = POLLIN};

	if (pidfd >= 0)
		(void)poll(&wait, 1, remaining_ms(deadline));
}

static int wait_v1(const struct corc_cgroup_ref_directory *directory, uint64_t deadline)
{
	struct corc_pids CORC_PIDS pids = {0};
	int CORC_CLOSE fd = corc_cgroup_open_own(directory);
	int r = fd < 0 ? fd : corc_cgroup_pids_below(fd, &pids);

	for (size_t i = 0; i < pids.count; i++)
		wait_for_exit(pids.items[i], deadline);
	return r;
}

static int wait_v2(const struct corc_cgroup_ref_directory *directory, uint64_t deadline)
{
	int CORC_CLOSE fd = corc_cgroup_open_own(directory);

	return fd < 0 ? fd : corc_cgroup_v2_wait_empty(fd, remaining_ms(deadline));
}

/*
 * Every directory once, by `remove`. Returns the number of those that are left; the first of them
 * and what was wrong are told.
 */
struct left_over {
	const struct corc_cgroup_ref_directory *directory;
	int code;
};

static size_t remove_each(const struct corc_cgroup_ref *ref,
	int (*remove_one)(const struct corc_cgroup_ref_directory *), struct left_over *ret_first)
{
	size_t left = 0;

	for (size_t i = 0; i < ref->directories.count; i++) {
		int r = remove_one(&ref->directories.items[i]);

		if (r == 0)
			continue;
		if (left++ == 0)
			*ret_first = (struct left_over){&ref->directories.items[i], r};
	}
	return left;
}

static void wait_each(const struct corc_cgroup_ref *ref, uint64_t deadline)
{
	for (size_t i = 0; i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *directory = &ref->directories.items[i];

		if (directory->version == 2)
			(void)wait_v2(directory, deadline);
		else
			(void)wait_v1(directory, deadline);
	}
}

static int fail_survivors(const struct left_over *left, struct corc_error *error)
{
	struct corc_pids CORC_PIDS pids = {0};
	struct corc_buffer CORC_BUFFER text = {0};
	int CORC_CLOSE fd = corc_cgroup_open_own(left->directory);
	int CORC_CLOSE proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)corc_cgroup_pids_below(fd, &pids);
	for (size_t i = 0; i < pids.count && i < SURVIVORS_MAX; i++)
		corc_cgroup_describe_process(&text, proc_fd, pids.items[i]);
	return corc_fail_errno(error, -left->code, "remove cgroup %s, %zu process(es) left%s%s",
		left->directory->directory, pids.count, text.length > 0 ? ":" : "",
		text.length > 0 ? text.data : "");
}

static int remove_busy(
	const struct corc_cgroup_ref *ref, uint64_t deadline, struct corc_error *error)
{
	struct left_over first = {0};

	while (true) {
		int r = corc_cgroup_signal(ref, SIGKILL, error);

		if (r < 0)
			return r;
		wait_each(ref, deadline);
		if (remove_each(ref, remove_tree, &first) == 0)
			return 0;
		if (first.code != -EBUSY || remaining_ms(deadline) == 0)
			return fail_survivors(&first, error);
		(void)poll(NULL, 0, RETRY_MS);
	}
}

int corc_cgroup_remove(
	const struct corc_cgroup_ref *ref, uint32_t deadline_ms, struct corc_error *error)
{
	uint64_t deadline = corc_now_ms() + deadline_ms;
	struct left_over first = {0};

	if (remove_each(ref, try_remove, &first) == 0)
		return 0;
	if (remove_busy(ref, deadline, error) == 0)
		return 0;
	return corc_error_step(error, CORC_STEP_CGROUP);
}
