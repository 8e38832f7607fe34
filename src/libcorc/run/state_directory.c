/* SPDX-License-Identifier: Apache-2.0 */
/* Making, opening, locking and removing ROOT/ID. Layer: run; the parent process. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "run/state.h"
#include "sys/process.h"

#define LOCK_RETRY_MS 5

void corc_state_close(struct corc_state_directory *directory)
{
	corc_close_(directory->fd);
	corc_close_(directory->root_fd);
	directory->fd = directory->root_fd = CORC_NO_FD;
}

int corc_id_check(const char *id, struct corc_error *error)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-";

	if (!*id || strspn(id, allowed) != strlen(id) || strcmp(id, ".") == 0 ||
		strcmp(id, "..") == 0 || strlen(id) > 255) {
		(void)corc_fail(error, EINVAL, "invalid container ID format: \"%.300s\"", id);
		return corc_error_hint(error,
			"letters, digits, \"_\", \"+\", \".\" and \"-\", at most 255 of them");
	}
	return 0;
}

/* Sticky, because those who clean up $XDG_RUNTIME_DIR spare sticky entries. */
static int make_root(const char *root, struct corc_error *error)
{
	int r = corc_mkdir_all(root, 0700);

	if (r < 0)
		return corc_fail_errno(error, -r, "state directory %s", root);
	if (chmod(root, 01700) < 0)
		return corc_fail_errno(error, errno, "state directory %s", root);
	return 0;
}

static int open_root(struct corc_runtime *runtime, bool make, struct corc_error *error)
{
	int fd = openat(AT_FDCWD, runtime->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd >= 0)
		return fd;
	if (errno != ENOENT || !make)
		return corc_fail_errno(error, errno, "state directory %s", runtime->root);
	r = make_root(runtime->root, error);
	if (r < 0)
		return r;
	fd = openat(AT_FDCWD, runtime->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return corc_fail_errno(error, errno, "state directory %s", runtime->root);
	return fd;
}

int corc_state_make(struct corc_runtime *runtime, const char *id,
	struct corc_state_directory *ret_directory, struct corc_error *error)
{
	struct corc_state_directory CORC_CLEANUP(corc_state_close) made =
		CORC_STATE_DIRECTORY_EMPTY;

	made.root_fd = open_root(runtime, true, error);
	if (made.root_fd < 0)
		return made.root_fd;
	if (mkdirat(made.root_fd, id, 0700) < 0) {
		if (errno == EEXIST)
			return corc_fail(error, EEXIST, "container with given ID already exists");
		return corc_fail_errno(error, errno, "state directory %s/%s", runtime->root, id);
	}
	made.fd = openat(made.root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (made.fd < 0 || flock(made.fd, LOCK_EX | LOCK_NB) < 0) {
		(void)corc_fail_errno(error, errno, "state directory %s/%s", runtime->root, id);
		(void)unlinkat(made.root_fd, id, AT_REMOVEDIR);
		return -error->code;
	}
	made.id = id;
	*ret_directory = made;
	made.fd = made.root_fd = CORC_NO_FD;
	return 0;
}

int corc_state_open(struct corc_runtime *runtime, const char *id,
	struct corc_state_directory *ret_directory, struct corc_error *error)
{
	struct corc_state_directory CORC_CLEANUP(corc_state_close) opened =
		CORC_STATE_DIRECTORY_EMPTY;

	opened.root_fd = open_root(runtime, false, error);
	if (opened.root_fd < 0 && opened.root_fd != -ENOENT)
		return opened.root_fd;
	if (opened.root_fd >= 0)
		opened.fd =
			openat(opened.root_fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (opened.root_fd < 0 || (opened.fd < 0 && errno == ENOENT))
		return corc_fail(error, ENOENT, "container does not exist");
	if (opened.fd < 0)
		return corc_fail_errno(error, errno, "state directory %s/%s", runtime->root, id);
	opened.id = id;
	*ret_directory = opened;
	opened.fd = opened.root_fd = CORC_NO_FD;
	return 0;
}

int corc_state_lock(struct corc_runtime *runtime, struct corc_state_directory *directory,
	struct corc_error *error)
{
	uint64_t end = corc_now_ms() + runtime->deadline_ms;
	struct stat status;

	while (flock(directory->fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return corc_fail_errno(error, errno, "lock of the state directory");
		if (corc_now_ms() >= end)
			return corc_fail(error, EBUSY,
				"another process has been working on container %s for more than %u ms",
				directory->id, runtime->deadline_ms);
		/* A lock has no event that could be waited for together with a deadline. */
		(void)poll(NULL, 0, LOCK_RETRY_MS);
	}
	if (fstat(directory->fd, &status) < 0)
		return corc_fail_errno(error, errno, "state directory of %s", directory->id);
	if (status.st_nlink == 0)
		return corc_fail(error, ENOENT, "container does not exist");
	return 0;
}

void corc_state_unlock(const struct corc_state_directory *directory)
{
	(void)flock(directory->fd, LOCK_UN);
}

int corc_state_remove(struct corc_state_directory *directory, struct corc_error *error)
{
	int r = corc_remove_tree(directory->root_fd, directory->id);

	if (r < 0)
		return corc_fail_errno(
			error, -r, "removing the state directory of %s", directory->id);
	return 0;
}

int corc_boot_id(char boot_id[CORC_BOOT_ID_SIZE], struct corc_error *error)
{
	ssize_t r = corc_read_small(
		AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot_id, CORC_BOOT_ID_SIZE);

	if (r < 0)
		return corc_fail_errno(error, (int)-r, "/proc/sys/kernel/random/boot_id");
	return 0;
}
