/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Learning that a container ran out of memory. Layer: cgroup; the parent process only.
 *
 * v2 counts the killed processes of the group and of all below in memory.events, and tells of a
 * change by inotify. v1 signals an eventfd, also when the group is removed.
 */
#include "cgroup/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "cgroup/directory.h"

#define EVENTS_SIZE 1024
#define NOTICES_SIZE 4096

void corc_cgroup_oom_close(struct corc_oom_watch *watch)
{
	corc_close_(watch->directory_fd);
	corc_close_(watch->event_fd);
	corc_close_(watch->control_fd);
	*watch = (struct corc_oom_watch)CORC_OOM_WATCH_EMPTY;
}

/* Where the memory is counted: v1 when it has the controller. NULL: nowhere. */
static const struct corc_cgroup_ref_directory *find_memory(const struct corc_cgroup_ref *ref)
{
	const struct corc_cgroup_ref_directory *found = NULL;

	for (size_t i = 0; i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *directory = &ref->directories.items[i];

		if (directory->version == 1 && corc_cgroup_lists(directory->controllers, "memory"))
			return directory;
		if (directory->version == 2)
			found = directory;
	}
	return found;
}

/* "oom_kill 3" among the lines of memory.events. */
static int read_killed(int directory_fd, uint64_t *ret_killed)
{
	static const char key[] = "oom_kill ";
	char text[EVENTS_SIZE];
	ssize_t length = corc_read_small(directory_fd, "memory.events", text, sizeof(text));
	char *rest = text;
	char *line;

	if (length < 0)
		return (int)length;
	while ((line = strsep(&rest, "\n"))) {
		const char *number = line + sizeof(key) - 1;

		if (strncmp(line, key, sizeof(key) - 1) == 0)
			return corc_parse_u64(number, strlen(number), UINT64_MAX, ret_killed) < 0
				       ? -EBADMSG
				       : 0;
	}
	*ret_killed = 0;
	return 0;
}

/* The count is taken after the watch is there, so that nothing falls between the two. */
static int open_v2(struct corc_oom_watch *watch)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/memory.events", watch->directory_fd);
	watch->event_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->event_fd < 0)
		return -errno;
	if (inotify_add_watch(watch->event_fd, path, IN_MODIFY) < 0)
		return -errno;
	return read_killed(watch->directory_fd, &watch->killed);
}

static int open_v1(struct corc_oom_watch *watch)
{
	char order[32];

	watch->control_fd = openat(watch->directory_fd, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	if (watch->control_fd < 0)
		return -errno;
	watch->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watch->event_fd < 0)
		return -errno;
	(void)snprintf(order, sizeof(order), "%d %d", watch->event_fd, watch->control_fd);
	return corc_write_existing(
		watch->directory_fd, "cgroup.event_control", order, strlen(order));
}

int corc_cgroup_oom_open(const struct corc_cgroup_ref *ref, struct corc_oom_watch *ret_watch,
	struct corc_error *error)
{
	const struct corc_cgroup_ref_directory *directory = find_memory(ref);
	struct corc_oom_watch CORC_CLEANUP(corc_cgroup_oom_close) watch = CORC_OOM_WATCH_EMPTY;
	int r;

	if (!directory)
		return 0;
	watch.version = directory->version;
	watch.directory_fd = corc_cgroup_open_own(directory);
	r = watch.directory_fd < 0 ? watch.directory_fd
	    : watch.version == 2   ? open_v2(&watch)
				   : open_v1(&watch);
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		(void)corc_fail_errno(
			error, -r, "watch for the lack of memory in %s", directory->directory);
		return corc_error_step(error, CORC_STEP_CGROUP);
	}
	*ret_watch = watch;
	watch = (struct corc_oom_watch)CORC_OOM_WATCH_EMPTY;
	return 0;
}

static bool is_gone(int r)
{
	return r == -ENOENT || r == -ENODEV;
}

static int read_v2(struct corc_oom_watch *watch, bool *ret_happened)
{
	char notices[NOTICES_SIZE];
	uint64_t killed = watch->killed;
	int r;

	while (read(watch->event_fd, notices, sizeof(notices)) > 0)
		;
	r = read_killed(watch->directory_fd, &killed);
	if (r < 0)
		return is_gone(r) ? 0 : r;
	*ret_happened = killed > watch->killed;
	watch->killed = killed;
	return 0;
}

static int read_v1(const struct corc_oom_watch *watch, bool *ret_happened)
{
	uint64_t count;
	int CORC_CLOSE control = CORC_NO_FD;

	if (read(watch->event_fd, &count, sizeof(count)) < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	control = openat(watch->directory_fd, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	if (control < 0)
		return is_gone(-errno) ? 0 : -errno;
	*ret_happened = true;
	return 0;
}

int corc_cgroup_oom_read(struct corc_oom_watch *watch, bool *ret_happened, struct corc_error *error)
{
	bool happened = false;
	int r = 0;

	if (watch->event_fd >= 0)
		r = watch->version == 2 ? read_v2(watch, &happened) : read_v1(watch, &happened);
	if (r < 0) {
		(void)corc_fail_errno(error, -r, "watch for the lack of memory");
		return corc_error_step(error, CORC_STEP_CGROUP);
	}
	*ret_happened = happened;
	return 0;
}
