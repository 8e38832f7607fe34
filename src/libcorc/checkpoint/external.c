/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts from the host, for CRIU. Layer: checkpoint; the parent process. */
#include "checkpoint/external.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/path.h"
#include "checkpoint/mountinfo.h"
#include "sys/mount.h"
#include "sys/path.h"

struct search {
	struct corc_arena *arena;
	struct corc_mountinfo info;
	int root; /* of the container */
	struct corc_criu_pairs *mounts;
};

static void search_done(struct search *search)
{
	corc_close_(search->root);
}

const char *corc_bind_key(struct corc_arena *arena, const struct corc_plan *plan, size_t bind)
{
	const char *destination = plan->binds[bind].destination;
	unsigned earlier = 0;

	for (size_t i = 0; i < bind; i++)
		earlier += strcmp(plan->binds[i].destination, destination) == 0;
	return corc_arena_printf(arena, "bind-%016" PRIx64 "-%u",
		corc_hash(destination, strlen(destination)), earlier);
}

/* CRIU writes "mnt[MOUNT POINT]:KEY" and looks for the end of the first part. */
static bool can_be_named(const char *mount_point)
{
	if (strstr(mount_point, "]:"))
		return false;
	for (const char *at = mount_point; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	return true;
}

static int add(struct search *search, const struct corc_mount *mount, const char *key,
	struct corc_error *error)
{
	for (size_t i = 0; i < search->mounts->count; i++)
		if (strcmp(search->mounts->items[i].key, mount->point) == 0)
			return 0;
	if (!can_be_named(mount->point)) {
		(void)corc_fail(error, EINVAL, "the mount on %s cannot be checkpointed",
			corc_mount_printable(search->arena, mount->point));
		return corc_error_hint(error,
			"CRIU cannot tell a mount point with \"]:\" or a control character in "
			"it from another one");
	}
	if (corc_criu_pairs_add(search->arena, search->mounts, mount->point, key) < 0)
		return corc_fail_errno(error, ENOMEM, "external mounts");
	return 0;
}

/* The mount that begins at a path of the container, NULL when none does. */
static const struct corc_mount *find(
	const struct search *search, const char *path, struct stat *ret_status)
{
	int CORC_CLOSE fd = corc_open_in_root(search->root, path);
	uint64_t id;

	if (fd < 0 || corc_is_mount_root(fd) <= 0 || corc_mount_id(fd, &id) < 0 ||
		fstat(fd, ret_status) < 0)
		return NULL;
	return corc_mountinfo_find(&search->info, id);
}

static int add_binds(struct search *search, const struct corc_plan *plan, struct corc_error *error)
{
	int r = 0;

	for (size_t i = 0; i < plan->bind_count && r == 0; i++) {
		struct stat status;

		/* A file system of the container's own. */
		if (plan->binds[i].fstype)
			continue;
		const struct corc_mount *mount = find(search, plan->binds[i].destination, &status);
		const char *key = corc_bind_key(search->arena, plan, i);

		if (!key)
			return corc_fail_errno(error, ENOMEM, "external mounts");
		/* The container may have unmounted it. */
		if (mount)
			r = add(search, mount, key, error);
	}
	return r;
}

/* Masked directories are a file system of the container's own, which CRIU makes again. */
static int add_masks(
	struct search *search, const struct corc_string_array *paths, struct corc_error *error)
{
	int r = 0;

	for (size_t i = 0; i < paths->count && r == 0; i++) {
		struct stat status;
		const struct corc_mount *mount = find(search, paths->items[i], &status);

		if (mount && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3))
			r = add(search, mount, CORC_MASK_KEY, error);
	}
	return r;
}

bool corc_is_cgroup_mount(const struct corc_spec_mount *mount)
{
	return mount->type &&
	       (strcmp(mount->type, "cgroup") == 0 || strcmp(mount->type, "cgroup2") == 0);
}

/* In a user namespace CRIU could not mount it: the cgroup namespace is not that user's. */
static int add_cgroups(
	struct search *search, const struct corc_spec_mounts *mounts, struct corc_error *error)
{
	int r = 0;

	for (size_t i = 0; i < mounts->count && r == 0; i++) {
		struct stat status;
		struct statfs filesystem;
		const char *destination = mounts->items[i].destination;

		if (!corc_is_cgroup_mount(&mounts->items[i]))
			continue;
		int CORC_CLOSE fd = corc_open_in_root(search->root, destination);
		const struct corc_mount *mount = find(search, destination, &status);

		if (mount && fd >= 0 && fstatfs(fd, &filesystem) == 0 &&
			filesystem.f_type == CGROUP2_SUPER_MAGIC)
			r = add(search, mount, CORC_CGROUP_KEY, error);
	}
	return r;
}

int corc_external_mounts(struct corc_arena *arena, const struct corc_plan *plan,
	const struct corc_spec *spec, pid_t pid, struct corc_criu_pairs *mounts,
	struct corc_error *error)
{
	struct search CORC_CLEANUP(search_done)
		search = {.arena = arena, .root = CORC_NO_FD, .mounts = mounts};
	char path[64];
	int r = corc_mountinfo_read(arena, pid, &search.info, error);

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	search.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (search.root < 0)
		return corc_fail_errno(error, errno, "%s", path);
	r = add_binds(&search, plan, error);
	if (r == 0)
		r = add_cgroups(&search, &spec->mounts, error);
	return r < 0 ? r : add_masks(&search, &spec->linux_.masked_paths, error);
}

static int make_entry(int parent, const char *name, bool is_directory)
{
	if (is_directory)
		return mkdirat(parent, name, 0755) < 0 ? -errno : 0;
	return mknodat(parent, name, S_IFREG | 0644, 0) < 0 ? -errno : 0;
}

/* Each component by itself, from the root on: what a link leads to is inside, too. */
int corc_mount_target_make(int root, const char *path, bool is_directory)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	char *clean = corc_path_clean(&arena, path);
	int r = clean ? 0 : -ENOMEM;

	for (char *end = clean; r == 0 && end && end[1]; end = strchr(end + 1, '/')) {
		char *next = strchr(end + 1, '/');

		if (next)
			*next = '\0';
		int CORC_CLOSE fd = corc_open_in_root(root, clean);

		r = fd < 0 ? fd : 0;
		if (r == -ENOENT) {
			*end = '\0';
			int CORC_CLOSE parent = corc_open_in_root(root, *clean ? clean : "/");

			*end = '/';
			r = parent < 0 ? parent : make_entry(parent, end + 1, next || is_directory);
		}
		if (!next)
			break;
		*next = '/';
	}
	return r;
}
