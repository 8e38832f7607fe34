/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpcopyup: a tmpfs that begins with what the directory below it holds. Layer: stage.
 *
 * The source is read through a clone of its mount that is nodev and read-only, so that no device is
 * opened and nothing of the image changes; every name is opened relative to the fd of its directory
 * and no link is followed. The tmpfs is attached nowhere yet: nobody else can change what is in it.
 * How much is copied is limited by the size and the number of inodes of the tmpfs. Hard links
 * become files of their own; links and special files have no extended attributes.
 */
#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"

#define DEPTH_MAX 256 /* two fds a level */
#define XATTR_VALUE_MAX 65536
#define XATTR_LIST_MAX 65536

/* As getdents64(2) gives them. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* One directory at work. */
struct level {
	struct corc_stage *stage;
	int from, to;
	int depth;
};

static int copy_directory(const struct level *level);

/* "b" becomes "a/b" on the way back to the top. */
static void put_before(struct corc_stage *stage, const char *name)
{
	size_t length = strlen(name), there = strlen(stage->text);

	if (stage->detail != CORC_DETAIL_COPY_UP) {
		stage->detail = CORC_DETAIL_COPY_UP;
		there = 0;
	}
	if (length + there + 2 > sizeof(stage->text))
		return;
	memmove(stage->text + length + 1, stage->text, there);
	memcpy(stage->text, name, length);
	stage->text[length] = there ? '/' : '\0';
	stage->text[length + 1 + there] = '\0';
}

static int write_whole(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);

		if (written < 0)
			return -errno;
		data += written;
		size -= (size_t)written;
	}
	return 0;
}

/* [at, end) of both files. The file may be shorter by now. */
static int copy_range(int from, int to, off_t at, off_t end)
{
	static char buffer[65536];

	if (lseek(from, at, SEEK_SET) < 0 || lseek(to, at, SEEK_SET) < 0)
		return -errno;
	while (at < end) {
		size_t want =
			end - at < (off_t)sizeof(buffer) ? (size_t)(end - at) : sizeof(buffer);
		ssize_t got = read(from, buffer, want);

		if (got <= 0)
			return got < 0 ? -errno : 0;
		int r = write_whole(to, buffer, (size_t)got);

		if (r < 0)
			return r;
		at += got;
	}
	return 0;
}

/* Holes stay holes: they are no data, and in a tmpfs they would be memory. */
static int copy_data(int from, int to, off_t size)
{
	off_t at = 0;

	while (at < size) {
		off_t data = lseek(from, at, SEEK_DATA);

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			return -errno;
		off_t end = lseek(from, data, SEEK_HOLE);

		if (end < 0)
			return -errno;
		if (end > size)
			end = size;
		int r = copy_range(from, to, data, end);

		if (r < 0)
			return r;
		at = end > at ? end : size;
	}
	return ftruncate(to, size) < 0 ? -errno : 0;
}

/* What a tmpfs cannot hold, or this user may not give, stays behind. */
static int copy_attribute(int from, int to, const char *name)
{
	static char value[XATTR_VALUE_MAX];
	ssize_t size = fgetxattr(from, name, value, sizeof(value));

	if (size < 0)
		return errno == ENODATA ? 0 : -errno;
	if (fsetxattr(to, name, value, (size_t)size, 0) == 0)
		return 0;
	return errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;
}

static int copy_attributes(int from, int to)
{
	static char names[XATTR_LIST_MAX];
	ssize_t length = flistxattr(from, names, sizeof(names));

	if (length < 0)
		return errno == EOPNOTSUPP ? 0 : -errno;
	for (ssize_t at = 0; at < length;) {
		int r = copy_attribute(from, to, names + at);

		if (r < 0)
			return r;
		at += (ssize_t)strlen(names + at) + 1;
	}
	return 0;
}

static int copy_file(const struct level *level, const char *name, const struct stat *status)
{
	struct stat opened;
	int CORC_CLOSE from = openat(
		level->from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (from < 0 || fstat(from, &opened) < 0)
		return -errno;
	/* Somebody else put another file in its place. */
	if (!S_ISREG(opened.st_mode))
		return -EAGAIN;
	int CORC_CLOSE to =
		openat(level->to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (to < 0)
		return -errno;
	int r = copy_data(from, to, opened.st_size);

	if (r == 0 && fchown(to, status->st_uid, status->st_gid) < 0)
		r = -errno;
	if (r == 0 && fchmod(to, status->st_mode & 07777) < 0)
		r = -errno;
	return r < 0 ? r : copy_attributes(from, to);
}

static int copy_subdirectory(const struct level *level, const char *name, const struct stat *status)
{
	static const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int CORC_CLOSE from = openat(level->from, name, flags);

	if (from < 0 || mkdirat(level->to, name, 0700) < 0)
		return -errno;
	int CORC_CLOSE to = openat(level->to, name, flags);

	if (to < 0)
		return -errno;
	struct level below = {level->stage, from, to, level->depth + 1};
	int r = copy_directory(&below);

	if (r == 0 && fchown(to, status->st_uid, status->st_gid) < 0)
		r = -errno;
	if (r == 0 && fchmod(to, status->st_mode & 07777) < 0)
		r = -errno;
	return r < 0 ? r : copy_attributes(from, to);
}

/* Links, FIFOs, sockets, devices: nothing to read. */
static int copy_node(const struct level *level, const char *name, const struct stat *status)
{
	static char target[PATH_MAX];
	ssize_t length = 0;
	int r;

	if (S_ISLNK(status->st_mode)) {
		length = readlinkat(level->from, name, target, sizeof(target) - 1);
		if (length < 0)
			return -errno;
		target[length] = '\0';
		r = symlinkat(target, level->to, name);
	} else {
		r = mknodat(level->to, name, status->st_mode, status->st_rdev);
	}
	if (r < 0 ||
		fchownat(level->to, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISLNK(status->st_mode))
		return 0;
	/* The change of owner may have taken bits away. Nobody else can put a link there. */
	return fchmodat(level->to, name, status->st_mode & 07777, 0) < 0 ? -errno : 0;
}

static int copy_entry(const struct level *level, const char *name)
{
	struct stat status;
	int r;

	if (fstatat(level->from, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		/* Gone since the directory was read. */
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(status.st_mode))
		r = copy_subdirectory(level, name, &status);
	else if (S_ISREG(status.st_mode))
		r = copy_file(level, name, &status);
	else
		r = copy_node(level, name, &status);
	if (r < 0)
		return r;
	const struct timespec times[] = {status.st_atim, status.st_mtim};

	return utimensat(level->to, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int copy_directory(const struct level *level)
{
	char buffer[2048] __attribute__((aligned(8)));

	if (level->depth > DEPTH_MAX)
		return -ELOOP;
	for (;;) {
		long length = syscall(SYS_getdents64, level->from, buffer, sizeof(buffer));

		if (length <= 0)
			return length < 0 ? -errno : 0;
		for (long at = 0; at < length;) {
			const struct entry *entry = (const void *)(buffer + at);
			int r = is_dot(entry->name) ? 0 : copy_entry(level, entry->name);

			if (r < 0) {
				put_before(level->stage, entry->name);
				return r;
			}
			at += entry->size;
		}
	}
}

int corc_stage_copy_up(struct corc_stage *stage, int from, int to, bool copy_owner)
{
	struct stat status;
	int CORC_CLOSE clone = corc_open_tree_clone(from, "", AT_RECURSIVE);
	int r = clone < 0
			? clone
			: corc_mount_setattr(clone, 1, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, 0, 0);

	if (r < 0)
		return r;
	int CORC_CLOSE source = openat(clone, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int CORC_CLOSE top = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (source < 0 || top < 0 || fstat(source, &status) < 0)
		return -errno;
	struct level level = {stage, source, top, 0};

	r = copy_directory(&level);
	if (r == 0 && copy_owner && fchown(top, status.st_uid, status.st_gid) < 0)
		r = -errno;
	if (r == 0)
		r = copy_attributes(source, top);
	const struct timespec times[] = {status.st_atim, status.st_mtim};

	if (r == 0 && futimens(top, times) < 0)
		r = -errno;
	return r;
}
