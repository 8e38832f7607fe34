/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing a directory with all that is in it. Layer: base; the parent process only.
 *
 * Each directory is opened by its name below the one that holds it, by an openat2 that refuses
 * links and mount points: renaming things meanwhile cannot lead out of the tree, and what is bound
 * into it from the same file system stays.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

/* One descriptor is open for each level. */
#define MAX_DEPTH 128
/* A file system may pass over entries while others are removed. */
#define MAX_PASSES 8
/* On the stack of each level; an entry has at most 280 bytes. */
#define ENTRIES_SIZE 1024

/* As getdents64 writes it. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

static int open_directory(int directory_fd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	long fd = syscall(SYS_openat2, directory_fd, name, &how, sizeof(how));

	if (fd < 0)
		return errno == ELOOP ? -ENOTDIR : -errno;
	return (int)fd;
}

static int remove_directory(int directory_fd, const char *name, unsigned depth);

static int remove_entry(int directory_fd, const struct entry *entry, unsigned depth)
{
	if (entry->type != DT_DIR) {
		if (unlinkat(directory_fd, entry->name, 0) == 0 || errno == ENOENT)
			return 0;
		if (errno != EISDIR)
			return -errno;
	}
	return remove_directory(directory_fd, entry->name, depth + 1);
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Returns 0 or a negative errno; whether the directory is empty then is told by rmdir. */
static int remove_content(int fd, unsigned depth)
{
	union {
		struct entry first;
		char bytes[ENTRIES_SIZE];
	} buffer;
	long length;

	while ((length = syscall(SYS_getdents64, fd, &buffer, sizeof(buffer))) > 0) {
		const struct entry *entry;

		for (long at = 0; at < length; at += entry->size) {
			int r = 0;

			entry = (const struct entry *)(const void *)(buffer.bytes + at);
			if (!is_dots(entry->name))
				r = remove_entry(fd, entry, depth);
			if (r < 0)
				return r;
		}
	}
	return length < 0 ? -errno : 0;
}

static int remove_directory(int directory_fd, const char *name, unsigned depth)
{
	int CORC_CLOSE fd = depth < MAX_DEPTH ? open_directory(directory_fd, name) : -ELOOP;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	for (unsigned pass = 0; pass < MAX_PASSES; pass++) {
		int r = remove_content(fd, depth);

		if (r < 0)
			return r;
		if (unlinkat(directory_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY)
			return -errno;
		if (lseek(fd, 0, SEEK_SET) < 0)
			return -errno;
	}
	return -ENOTEMPTY;
}

int corc_remove_tree(int directory_fd, const char *name)
{
	if (name[0] == '\0' || strchr(name, '/') || strcmp(name, ".") == 0 ||
		strcmp(name, "..") == 0)
		return -EINVAL;
	return remove_directory(directory_fd, name, 0);
}
