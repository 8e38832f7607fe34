/* SPDX-License-Identifier: Apache-2.0 */
/* Device nodes and links in /dev. Layer: stage. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/path.h"

/* The directory of a path; /dev itself is opened once. Borrowed fds are not closed: *ret_own. */
static int open_directory(
	struct corc_stage *stage, const char *path, const char **ret_name, int *ret_own)
{
	*ret_own = CORC_NO_FD;
	if (strncmp(path, "/dev/", 5) == 0 && !strchr(path + 5, '/')) {
		*ret_name = path + 5;
		if (stage->dev < 0)
			stage->dev = corc_openat2(stage->root, "/dev", O_PATH | O_DIRECTORY, 0,
				RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
		if (stage->dev != -ENOENT)
			return stage->dev;
	}
	*ret_own = corc_stage_parent(stage, path, ret_name);
	return *ret_own;
}

static bool is_same_device(const struct stat *status, const struct corc_op_device *device)
{
	if ((status->st_mode & S_IFMT) != (device->mode & S_IFMT))
		return false;
	return S_ISFIFO(device->mode) || status->st_rdev == makedev(device->major, device->minor);
}

/*
 * Makes way for a node where the image brought one of the same device with another mode or owner.
 * Returns 1 when it is gone, 0 when the one that is there serves. What is mounted there is a node
 * of the host, whose mode is not the container's to choose; that and what cannot be taken away
 * stays.
 */
static int remove_existing(struct corc_stage *stage, int directory, const char *name,
	const struct corc_op_device *device)
{
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!is_same_device(&status, device)) {
		stage->detail = CORC_DETAIL_NOT_A_DEVICE;
		return -EEXIST;
	}
	if ((status.st_mode & 07777) == (device->mode & 07777) && status.st_uid == device->uid &&
		status.st_gid == device->gid)
		return 0;
	if (unlinkat(directory, name, 0) < 0)
		return errno == EBUSY || errno == EROFS ? 0 : -errno;
	return 1;
}

/* Never by its name once it is there: a link could have been put in its place. */
static int make_node(struct corc_stage *stage, int directory, const char *name,
	const struct corc_op_device *device)
{
	dev_t number = makedev(device->major, device->minor);

	if (mknodat(directory, name, device->mode, number) < 0) {
		int r = errno == EEXIST ? remove_existing(stage, directory, name, device) : -errno;

		if (r <= 0)
			return r;
		if (mknodat(directory, name, device->mode, number) < 0)
			return -errno;
	}
	if (device->uid == 0 && device->gid == 0)
		return 0;
	if (fchownat(directory, name, device->uid, device->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

int corc_op_device(struct corc_stage *stage, const struct corc_op *op)
{
	const char *name;
	int CORC_CLOSE own = CORC_NO_FD;
	int directory = open_directory(stage, corc_stage_text(stage, op->device.path), &name, &own);

	return directory < 0 ? directory : make_node(stage, directory, name, &op->device);
}

int corc_op_symlink(struct corc_stage *stage, const struct corc_op *op)
{
	const char *target = corc_stage_text(stage, op->symlink.target);
	const char *name;
	char there[256];
	int CORC_CLOSE own = CORC_NO_FD;
	int directory =
		open_directory(stage, corc_stage_text(stage, op->symlink.path), &name, &own);

	if (directory < 0)
		return directory;
	if (symlinkat(target, directory, name) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	/* An image that brings its own link, or something else in its place, keeps it; only a
	 * ptmx of another devpts would open terminals of somebody else. */
	ssize_t length = readlinkat(directory, name, there, sizeof(there) - 1);

	if (strcmp(name, "ptmx") != 0 ||
		(length == (ssize_t)strlen(target) && memcmp(there, target, (size_t)length) == 0))
		return 0;
	if (unlinkat(directory, name, 0) < 0 || symlinkat(target, directory, name) < 0)
		return -errno;
	return 0;
}
