/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Destinations below the container's root. Layer: stage.
 *
 * A path is resolved once, by the kernel, inside the root (RESOLVE_IN_ROOT), and from then on only
 * the fd counts. Missing directories are made one by one relative to the fd of the one above, so a
 * container that swaps directories for links can make nothing appear on the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/path.h"

#define LINKS_MAX 40

/* The end of the component that begins at `at` (which is no slash). */
static size_t component_end(const char *path, size_t at)
{
	while (path[at] && path[at] != '/')
		at++;
	return at;
}

/*
 * path[0..end) names a link that leads nowhere: puts its target in place of it, so that what is
 * missing behind it is made inside the root.
 */
static int follow_dangling(int parent, char path[PATH_MAX], size_t start, size_t end)
{
	char link[PATH_MAX], rest[PATH_MAX], saved = path[end];
	size_t rest_length = strlen(path + end);

	path[end] = '\0';
	ssize_t length = readlinkat(parent, path + start, link, sizeof(link) - 1);

	path[end] = saved;
	if (length < 0)
		return errno == EINVAL ? -ENOTDIR : -errno;
	memcpy(rest, path + end, rest_length + 1);
	if (link[0] == '/')
		start = 0;
	if (start + (size_t)length + rest_length >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path + start, link, (size_t)length);
	memcpy(path + start + (size_t)length, rest, rest_length + 1);
	return 0;
}

/* Opens path[0..end), for which the directory above exists; makes it when nothing is there. */
static int step(struct corc_stage *stage, char path[PATH_MAX], size_t start, size_t end, int parent)
{
	char saved = path[end];
	int fd, r;

	path[end] = '\0';
	fd = corc_openat2(stage->root, path, O_PATH | O_DIRECTORY, 0,
		RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	if (fd == -ENOENT) {
		const char *name = path + start;

		if (mkdirat(parent, name, 0755) == 0) {
			fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			fd = fd < 0 ? -errno : fd;
		} else if (errno == EEXIST) {
			path[end] = saved;
			r = follow_dangling(parent, path, start, end);
			return r < 0 ? r : -ELOOP;
		} else {
			fd = -errno;
		}
	}
	path[end] = saved;
	return fd;
}

/*
 * One walk down the path, making what is missing. -ELOOP: a link was put into the path, walk
 * again.
 */
static int walk(struct corc_stage *stage, char path[PATH_MAX])
{
	int CORC_CLOSE directory =
		corc_openat2(stage->root, ".", O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT);

	if (directory < 0)
		return directory;
	for (size_t at = 0; path[at];) {
		if (path[at] == '/') {
			at++;
			continue;
		}
		size_t end = component_end(path, at);
		int next = step(stage, path, at, end, directory);

		if (next < 0)
			return next;
		corc_close_(directory);
		directory = next;
		at = end;
	}
	return corc_take_fd(&directory);
}

/* mkdir -p; path is scratch. */
static int make_directories(struct corc_stage *stage, char path[PATH_MAX])
{
	for (int links = 0; links < LINKS_MAX; links++) {
		int fd = walk(stage, path);

		if (fd != -ELOOP)
			return fd;
	}
	return -ELOOP;
}

int corc_stage_parent(struct corc_stage *stage, const char *path, const char **ret_name)
{
	char copy[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	int fd;

	*ret_name = slash ? slash + 1 : path;
	if (!**ret_name || strcmp(*ret_name, "..") == 0 || strcmp(*ret_name, ".") == 0)
		return -EINVAL;
	if (length >= sizeof(copy))
		return -ENAMETOOLONG;
	memcpy(copy, path, length);
	copy[length] = '\0';
	fd = corc_openat2(stage->root, length ? copy : ".", O_PATH | O_DIRECTORY, 0,
		RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	return fd == -ENOENT ? make_directories(stage, copy) : fd;
}

/* Usually only the last is missing. What is in the way is for the whole walk. */
static int make_directory(struct corc_stage *stage, char path[PATH_MAX])
{
	const char *name;
	int CORC_CLOSE parent = corc_stage_parent(stage, path, &name);

	if (parent < 0 || mkdirat(parent, name, 0755) < 0)
		return make_directories(stage, path);
	int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* -EAGAIN: a link was put into the path, try again. */
static int try_make_file(struct corc_stage *stage, char path[PATH_MAX])
{
	const char *name;
	int CORC_CLOSE parent = corc_stage_parent(stage, path, &name);

	if (parent < 0)
		return parent;
	int CORC_CLOSE file =
		openat(parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);

	if (file < 0 && errno != EEXIST)
		return -errno;
	if (file < 0) {
		int r = follow_dangling(parent, path, (size_t)(name - path), strlen(path));

		/* -ENOTDIR: no link; somebody else made it meanwhile. */
		if (r != -ENOTDIR)
			return r < 0 ? r : -EAGAIN;
	}
	int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make_file(struct corc_stage *stage, char path[PATH_MAX])
{
	for (int links = 0; links < LINKS_MAX; links++) {
		int fd = try_make_file(stage, path);

		if (fd != -EAGAIN)
			return fd;
	}
	return -ELOOP;
}

/* A new one: the path has no end yet. */
static int make_target(struct corc_stage *stage, const char *path, bool directory)
{
	char copy[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(copy))
		return -ENAMETOOLONG;
	memcpy(copy, path, length + 1);
	return directory ? make_directory(stage, copy) : make_file(stage, copy);
}

int corc_stage_target(struct corc_stage *stage, const char *path, bool directory)
{
	struct stat status;
	int CORC_CLOSE fd = corc_openat2(stage->root, path, O_PATH | (directory ? O_DIRECTORY : 0),
		0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	stage->made_target = fd == -ENOENT;
	if (stage->made_target)
		fd = make_target(stage, path, directory);
	if (fd < 0 || directory)
		return corc_take_fd(&fd);
	if (fstat(fd, &status) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? -EISDIR : corc_take_fd(&fd);
}

void corc_stage_find_obstacle(struct corc_stage *stage, const char *path)
{
	char prefix[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(prefix))
		return;
	for (size_t end = 1; end <= length; end++) {
		struct stat status;

		if (path[end] != '/' && path[end] != '\0')
			continue;
		memcpy(prefix, path, end);
		prefix[end] = '\0';
		int CORC_CLOSE fd = corc_openat2(
			stage->root, prefix, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

		if (fd < 0 || fstat(fd, &status) < 0)
			return;
		if (!S_ISDIR(status.st_mode)) {
			corc_stage_set_text(stage, prefix, end);
			return;
		}
	}
}
