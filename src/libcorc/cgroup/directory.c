/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, making and removing directories of cgroup hierarchies. Layer: cgroup; the parent process
 * only.
 *
 * Others make and remove cgroups below the same parents at the same time: a parent that vanishes
 * before its child is made is made again.
 */
#include "cgroup/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/path.h"
#include "sys/process.h"

#define DIRECTORY_MODE 0755

int corc_cgroup_open_path(const char *directory)
{
	return corc_openat2(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0, RESOLVE_NO_SYMLINKS);
}

int corc_cgroup_inode(int fd, uint64_t *ret_inode)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	*ret_inode = status.st_ino;
	return 0;
}

int corc_cgroup_open_own(const struct corc_cgroup_ref_directory *directory)
{
	int CORC_CLOSE fd = CORC_NO_FD;
	uint64_t inode = 0;
	int r;

	if (directory->inode == 0)
		return -ESTALE;
	fd = corc_cgroup_open_path(directory->directory);
	if (fd < 0)
		return fd;
	r = corc_cgroup_inode(fd, &inode);
	if (r < 0)
		return r;
	return inode == directory->inode ? corc_take_fd(&fd) : -ESTALE;
}

int corc_cgroup_open_processes(
	const struct corc_cgroup_ref *ref, const struct corc_cgroup_ref_directory *directory)
{
	int CORC_CLOSE own = corc_cgroup_open_own(directory);

	if (own < 0 || !ref->processes || directory->version != 2)
		return corc_take_fd(&own);
	return corc_openat2(own, ref->processes, O_RDONLY | O_DIRECTORY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

static int copy_path(const char *directory, char path[PATH_MAX])
{
	size_t length = strlen(directory);

	if (directory[0] != '/')
		return -EINVAL;
	if (length >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path, directory, length + 1);
	return 0;
}

/* Cuts off the last component. False when nothing is left. */
static bool cut_component(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return false;
	*slash = '\0';
	return true;
}

int corc_cgroup_remove_path(const char *directory, uint32_t count)
{
	char path[PATH_MAX];
	int r = copy_path(directory, path);

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		if (rmdir(path) < 0 && errno != ENOENT)
			return -errno;
		if (!cut_component(path))
			break;
	}
	return r;
}

int corc_cgroup_count_missing(const char *directory, uint32_t *ret_missing)
{
	char path[PATH_MAX];
	uint32_t missing = 0;
	int r = copy_path(directory, path);

	while (r == 0 && faccessat(AT_FDCWD, path, F_OK, 0) < 0) {
		if (errno != ENOENT)
			return -errno;
		missing++;
		if (!cut_component(path))
			break;
	}
	if (r == 0)
		*ret_missing = missing;
	return r;
}

/* ENOENT: somebody has just taken it away. */
static int check_directory(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

/*
 * Makes every component from the top. On a failure those are removed again, as far as they are
 * empty, that came with or after the first that was made.
 */
static int make_components(char path[PATH_MAX], uint32_t *ret_made)
{
	uint32_t made = 0;
	uint32_t to_undo = 0;
	int r = 0;

	for (char *end = strchr(path + 1, '/'); r == 0; end = strchr(end + 1, '/')) {
		if (end)
			*end = '\0';
		bool is_new = mkdir(path, DIRECTORY_MODE) == 0;

		if (!is_new)
			r = errno == EEXIST ? check_directory(path) : -errno;
		if (r == 0)
			made = is_new ? made + 1 : 0;
		if (r == 0 && (made > 0 || to_undo > 0))
			to_undo++;
		if (!end)
			break;
		if (r == 0)
			*end = '/';
	}
	if (r == 0)
		*ret_made = made;
	else if (to_undo > 0 && cut_component(path))
		(void)corc_cgroup_remove_path(path, to_undo);
	return r;
}

/* A parent is gone, or is about to be: somebody else has no need of it any more. */
static bool is_taken_away(int r)
{
	return r == -ENOENT || r == -ENODEV;
}

int corc_cgroup_make_path(const char *directory, uint32_t *ret_made)
{
	char path[PATH_MAX];
	uint64_t deadline = corc_now_ms() + CORC_CGROUP_TAKEN_AWAY_MS;
	int r = copy_path(directory, path);

	if (r < 0)
		return r;
	for (;;) {
		if (mkdir(directory, DIRECTORY_MODE) == 0) {
			*ret_made = 1;
			return 0;
		}
		if (errno == EEXIST) {
			*ret_made = 0;
			return 0;
		}
		if (!is_taken_away(-errno))
			return -errno;
		(void)copy_path(directory, path);
		r = make_components(path, ret_made);
		if (!is_taken_away(r) || corc_now_ms() > deadline)
			return r;
	}
}

bool corc_cgroup_next_component(const char **path, char name[NAME_MAX + 1])
{
	const char *start = *path + strspn(*path, "/");
	size_t length = strcspn(start, "/");

	if (length == 0 || length > NAME_MAX)
		return false;
	memcpy(name, start, length);
	name[length] = '\0';
	*path = start + length;
	return true;
}
