/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of cgroup v1. Layer: cgroup; the parent process only.
 */
#include "cgroup/v1.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "cgroup/directory.h"

#define CPUSET_SIZE 8192

/* Copies a list from the parent when the group has none; both fds are directories. */
static int inherit(int parent_fd, int fd, const char *file)
{
	char list[CPUSET_SIZE];
	ssize_t length = corc_read_small(fd, file, list, sizeof(list));

	if (length != 0)
		return length < 0 ? (int)length : 0;
	length = corc_read_small(parent_fd, file, list, sizeof(list));
	if (length < 0)
		return (int)length;
	return corc_write_existing(fd, file, list, (size_t)length);
}

static int fill_down(int top_fd, const char *path)
{
	int CORC_CLOSE parent = fcntl(top_fd, F_DUPFD_CLOEXEC, 3);
	char name[NAME_MAX + 1];
	int r = 0;

	if (parent < 0)
		return -errno;
	while (r == 0 && corc_cgroup_next_component(&path, name)) {
		int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return -errno;
		r = inherit(parent, fd, "cpuset.cpus");
		if (r == 0)
			r = inherit(parent, fd, "cpuset.mems");
		corc_close_(parent);
		parent = fd;
	}
	return r;
}

int corc_cgroup_v1_fill_cpuset(
	const char *mountpoint, const char *directory, struct corc_error *error)
{
	int CORC_CLOSE top = corc_cgroup_open_path(mountpoint);
	int r = top < 0 ? top : fill_down(top, directory + strlen(mountpoint));

	return r < 0 ? corc_fail_errno(error, -r, "copy the cpuset of the parent to %s", directory)
		     : 0;
}

/* THAWED, FREEZING or FROZEN: whether it is this one. */
static int compare_state(int fd, const char *wanted, bool *ret_same)
{
	char state[32];
	ssize_t length = corc_read_small(fd, "freezer.state", state, sizeof(state));

	if (length < 0)
		return (int)length;
	*ret_same = strcmp(state, wanted) == 0;
	return 0;
}

int corc_cgroup_v1_is_frozen(int fd, bool *ret_frozen)
{
	bool thawed = true;
	int r = compare_state(fd, "THAWED", &thawed);

	if (r == 0)
		*ret_frozen = !thawed;
	return r;
}

int corc_cgroup_v1_is_all_frozen(int fd, bool *ret_frozen)
{
	return compare_state(fd, "FROZEN", ret_frozen);
}

int corc_cgroup_v1_freeze(int fd, bool frozen)
{
	const char *state = frozen ? "FROZEN" : "THAWED";

	return corc_write_existing(fd, "freezer.state", state, strlen(state));
}

unsigned long long corc_cgroup_v1_memory(int fd, const char *file)
{
	char text[32];
	uint64_t bytes;
	ssize_t length = corc_read_small(fd, file, text, sizeof(text));

	if (length <= 0 || corc_parse_u64(text, (size_t)length, UINT64_MAX, &bytes) < 0)
		return 0;
	return bytes;
}
