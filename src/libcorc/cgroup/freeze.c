/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Freezing and thawing the processes of a container. Layer: cgroup; the parent process only.
 *
 * One freezer is enough. In hybrid mode it is that of v2: what it holds can still be killed, and it
 * tells when it is done. The freezer of v1 does neither, and may have to be asked again.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
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
#include "sys/process.h"

#define NAMED_MAX 4
/* The freezer of v1 has no event to wait for. */
#define RETRY_MS 1
/* What does not stop may be waiting for something that has: let all go on for a moment. */
#define ROUNDS_TO_THAW 50

static bool has_freezer(const struct corc_cgroup_ref_directory *directory)
{
	return directory->version == 2 || corc_cgroup_lists(directory->controllers, "freezer");
}

/* The one to freeze with: a v2 directory before any other. NULL: there is none. */
static const struct corc_cgroup_ref_directory *find_freezer(const struct corc_cgroup_ref *ref)
{
	const struct corc_cgroup_ref_directory *found = NULL;

	for (size_t i = 0; i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *directory = &ref->directories.items[i];

		if (has_freezer(directory) && (!found || directory->version == 2))
			found = directory;
	}
	return found;
}

/*
 * Processes that were being born when the group was frozen are found by the next write; reading is
 * what makes the kernel look whether all have stopped.
 */
static int freeze_v1(int fd, uint64_t deadline)
{
	for (unsigned round = 1;; round++) {
		bool complete = false;
		int r = corc_cgroup_v1_freeze(fd, true);

		if (r == 0)
			r = corc_cgroup_v1_is_all_frozen(fd, &complete);
		if (r < 0 || complete)
			return r;
		if (corc_now_ms() >= deadline)
			return -ETIMEDOUT;
		if (round % ROUNDS_TO_THAW == 0)
			(void)corc_cgroup_v1_freeze(fd, false);
		(void)poll(NULL, 0, RETRY_MS);
	}
}

static int freeze_v2(int fd, uint32_t deadline_ms)
{
	int r = corc_cgroup_v2_freeze(fd, true);

	return r < 0 ? r : corc_cgroup_v2_wait_frozen(fd, true, (int)deadline_ms);
}

static int ask(const struct corc_cgroup_ref_directory *directory, int fd, bool frozen)
{
	return directory->version == 2 ? corc_cgroup_v2_freeze(fd, frozen)
				       : corc_cgroup_v1_freeze(fd, frozen);
}

static int fail_unfrozen(const struct corc_cgroup_ref_directory *directory, int fd,
	uint32_t deadline_ms, struct corc_error *error)
{
	struct corc_pids CORC_PIDS pids = {0};
	struct corc_buffer CORC_BUFFER text = {0};
	int CORC_CLOSE proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t count = 0;

	if (corc_cgroup_pids_below(fd, &pids) == 0)
		count = corc_cgroup_describe_uninterruptible(
			&text, proc_fd, pids.items, pids.count, NAMED_MAX);
	(void)corc_fail(error, ETIMEDOUT,
		"the container's processes could not be frozen within %u ms; %zu thread(s) cannot "
		"be stopped%s%s",
		deadline_ms, count, text.length > 0 ? ":" : "", text.length > 0 ? text.data : "");
	return corc_error_hint(error,
		"a process in state D waits for a device or a file system; cgroup %s is thawed again",
		directory->directory);
}

int corc_cgroup_freeze(
	const struct corc_cgroup_ref *ref, uint32_t deadline_ms, struct corc_error *error)
{
	const struct corc_cgroup_ref_directory *directory = find_freezer(ref);
	int CORC_CLOSE fd = CORC_NO_FD;
	int thawed = 0;
	int r;

	if (!directory) {
		(void)corc_fail(error, ENOTSUP, "the container has no cgroup that can be frozen");
		return corc_error_step(error, CORC_STEP_CGROUP);
	}
	fd = corc_cgroup_open_own(directory);
	r = fd < 0                    ? fd
	    : directory->version == 2 ? freeze_v2(fd, deadline_ms)
				      : freeze_v1(fd, corc_now_ms() + deadline_ms);
	if (r == 0)
		return 0;
	/*
	 * Who is in state D is in the way. What v1 has frozen is in that state, too; thawing in v2
	 * wakes everybody for a moment.
	 */
	if (fd >= 0 && directory->version == 1)
		thawed = ask(directory, fd, false);
	if (r == -ETIMEDOUT)
		(void)fail_unfrozen(directory, fd, deadline_ms, error);
	else
		(void)corc_fail_errno(error, -r, "freeze cgroup %s", directory->directory);
	if (fd >= 0 && directory->version == 2)
		thawed = ask(directory, fd, false);
	if (thawed < 0)
		(void)corc_error_append(error, "it could not be thawed again");
	return corc_error_step(error, CORC_STEP_CGROUP);
}

/* The nearest group above that is frozen by itself, as a length of the path; 0: none is. */
static size_t frozen_above(const struct corc_cgroup_ref_directory *directory)
{
	const char *file = directory->version == 2 ? "cgroup.freeze" : "freezer.self_freezing";
	size_t length = strlen(directory->directory);
	char path[PATH_MAX + 64];
	char value[8];

	while (true) {
		while (length > 0 && directory->directory[length - 1] != '/')
			length--;
		if (length <= 1)
			return 0;
		length--;
		(void)snprintf(
			path, sizeof(path), "%.*s/%s", (int)length, directory->directory, file);
		/* The top of the hierarchy has no such file. */
		if (corc_read_small(AT_FDCWD, path, value, sizeof(value)) < 0)
			return 0;
		if (strcmp(value, "1") == 0)
			return length;
	}
}

static int thaw(const struct corc_cgroup_ref_directory *directory, uint32_t deadline_ms,
	struct corc_error *error)
{
	int CORC_CLOSE fd = corc_cgroup_open_own(directory);
	size_t above;
	int r;

	/* What is gone is not frozen. */
	if (fd == -ENOENT || fd == -ESTALE)
		return 0;
	r = fd < 0 ? fd : ask(directory, fd, false);
	if (r < 0)
		return corc_fail_errno(error, -r, "thaw cgroup %s", directory->directory);
	above = frozen_above(directory);
	if (above > 0)
		return corc_fail(error, EBUSY,
			"the container is frozen by the cgroup %.*s above its own", (int)above,
			directory->directory);
	if (directory->version == 2)
		r = corc_cgroup_v2_wait_frozen(fd, false, (int)deadline_ms);
	return r < 0 ? corc_fail_errno(error, -r, "thaw cgroup %s", directory->directory) : 0;
}

int corc_cgroup_thaw(
	const struct corc_cgroup_ref *ref, uint32_t deadline_ms, struct corc_error *error)
{
	int result = 0;

	for (size_t i = 0; i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *directory = &ref->directories.items[i];

		if (has_freezer(directory) && thaw(directory, deadline_ms, error) < 0)
			result = corc_error_step(error, CORC_STEP_CGROUP);
	}
	return result;
}
