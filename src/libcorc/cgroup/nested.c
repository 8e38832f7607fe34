/* SPDX-License-Identifier: Apache-2.0 */
/* Groups within a scope. Layer: cgroup; the parent process only. */
#include "cgroup/nested.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/directory.h"
#include "cgroup/v2.h"

#define MODE 0755
#define DELEGATED_FILES "/sys/kernel/cgroup/delegate"

/* The files with which a group is managed; what this kernel has not got is not there. */
static int give(int fd, const struct corc_cgroup_plan *plan)
{
	char names[1024];
	char *rest = names;
	char *name;

	if (plan->delegated_uid == 0)
		return 0;
	if (fchown(fd, plan->delegated_uid, plan->delegated_gid) < 0)
		return -errno;
	if (corc_read_small(AT_FDCWD, DELEGATED_FILES, names, sizeof(names)) < 0)
		(void)snprintf(names, sizeof(names),
			"cgroup.procs\ncgroup.threads\ncgroup.subtree_control");
	while ((name = strsep(&rest, "\n")))
		if (name[0] != '\0' &&
			fchownat(fd, name, plan->delegated_uid, plan->delegated_gid,
				AT_SYMLINK_NOFOLLOW) < 0 &&
			errno != ENOENT)
			return -errno;
	return 0;
}

/* The group below `parent`, or -errno. */
static int make_below(int parent, const char *name)
{
	int fd;

	if (mkdirat(parent, name, MODE) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int make(const struct corc_cgroup_plan *plan, const struct corc_cgroup_ref_directory *item)
{
	const char *path = plan->processes;
	char name[NAME_MAX + 1];
	int CORC_CLOSE at = corc_cgroup_open_own(item);

	while (at >= 0 && corc_cgroup_next_component(&path, name)) {
		int below = make_below(at, name);

		corc_close_(at);
		at = below;
	}
	return at < 0 ? at : give(at, plan);
}

int corc_cgroup_make_processes(const struct corc_cgroup_plan *plan,
	const struct corc_cgroup_ref *ref, struct corc_error *error)
{
	int r;

	if (!plan->processes)
		return 0;
	r = make(plan, &ref->directories.items[0]);
	return r < 0 ? corc_fail_errno(error, -r, "make cgroup %s/%s",
			       ref->directories.items[0].directory, plan->processes)
		     : 0;
}

void corc_cgroup_enable_processes(
	const struct corc_cgroup_plan *plan, const struct corc_cgroup_ref *ref)
{
	struct corc_cgroup_directory directory = plan->directories[0];
	char path[PATH_MAX];
	int CORC_CLOSE fd = corc_cgroup_open_processes(ref, &ref->directories.items[0]);

	(void)snprintf(path, sizeof(path), "%s/%s", directory.path, plan->processes);
	directory.path = path;
	if (fd >= 0)
		corc_cgroup_v2_enable(fd, &directory, NULL);
}
