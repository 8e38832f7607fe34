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
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

/* One descriptor is open for each level. */
#define MAX_DEPTH 128
/* A file system may pass over entries while others are removed. */
#define MAX_PASSES 8

static void close_directory(DIR **directory)
{
	int saved = errno;

	if (*directory)
		(void)closedir(*directory);
	errno = saved;
}

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

static int remove_entry(int directory_fd, const struct dirent *entry, unsigned depth)
{
	if (entry->d_type != DT_DIR) {
		if (unlinkat(directory_fd, entry->d_name, 0) == 0 || errno == ENOENT)
			return 0;
		if (errno != EISDIR)
			return -errno;
	}
	return remove_directory(directory_fd, entry->d_name, depth + 1);
}

/* Returns 0 or a negative errno; whether the directory is empty then is told by rmdir. */
static int remove_content(DIR *directory, unsigned depth)
{
	rewinddir(directory);
	for (;;) {
		struct dirent *entry;
		int r;

		errno = 0;
		/* The stream is ours alone. NOLINTNEXTLINE(concurrency-mt-unsafe) */
		entry = readdir(directory);
		if (!entry)
			return -errno;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = remove_entry(dirfd(directory), entry, depth);
		if (r < 0)
			return r;
	}
}

static int remove_directory(int directory_fd, const char *name, unsigned depth)
{
	DIR CORC_CLEANUP(close_directory) *directory = NULL;
	int CORC_CLOSE fd = depth < MAX_DEPTH ? open_directory(directory_fd, name) : -ELOOP;
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	directory = fdopendir(fd);
	if (!directory)
		return -errno;
	(void)corc_take_fd(&fd);
	for (unsigned pass = 0; pass < MAX_PASSES; pass++) {
		r = remove_content(directory, depth);
		if (r < 0)
			return r;
		if (unlinkat(directory_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY)
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
