/* SPDX-License-Identifier: Apache-2.0 */
/* The root file system: cloned, attached in place, taken away. Layer: run; the parent process. */
#include "run/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "run/state.h"
#include "sys/mount.h"

static int clone_rootfs(const struct corc_bundle *bundle, bool in_place, uint64_t *ret_mount,
	struct corc_error *error)
{
	int CORC_CLOSE fd = corc_open_tree_clone(AT_FDCWD, bundle->rootfs, AT_RECURSIVE);
	int r;

	if (fd < 0)
		return corc_fail_errno(error, -fd, "rootfs %s", bundle->rootfs);
	r = corc_mount_setattr(fd, 1, 0, 0, MS_SLAVE);
	if (r < 0)
		return corc_fail_errno(error, -r, "propagation of the rootfs %s", bundle->rootfs);
	r = in_place ? corc_mount_id(fd, ret_mount) : 0;
	if (r < 0)
		return corc_fail_errno(error, -r, "number of the mount on %s", bundle->rootfs);
	return corc_take_fd(&fd);
}

int corc_rootfs_open(const struct corc_bundle *bundle, int *ret_fd, uint64_t *ret_mount,
	struct corc_error *error)
{
	const struct corc_spec *spec = bundle->spec;
	bool has_namespace = corc_spec_find_namespace(spec, CORC_NAMESPACE_MOUNT);
	int fd;

	/* It comes with the binds. */
	if (bundle->plan->opens_inside)
		return 0;
	if (has_namespace || spec->mounts.count > 0) {
		fd = clone_rootfs(bundle, !has_namespace, ret_mount, error);
	} else {
		fd = open(bundle->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return corc_fail_errno(error, errno, "rootfs %s", bundle->rootfs);
	}
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

int corc_rootfs_attach(const struct corc_bundle *bundle, int fd, struct corc_error *error)
{
	int CORC_CLOSE target = open(bundle->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (target < 0)
		return corc_fail_errno(error, errno, "rootfs %s", bundle->rootfs);
	r = corc_attach_mount(fd, target);
	/* Below a shared mount it has become shared itself; what the container mounts is its own.
	 */
	if (r == 0)
		r = corc_mount_setattr(fd, 1, 0, 0, MS_PRIVATE);
	return r < 0 ? corc_fail_errno(error, -r, "mount the rootfs on %s", bundle->rootfs) : 0;
}

int corc_rootfs_detach(
	const char *path, uint64_t mount, const char *boot_id, struct corc_error *error)
{
	char boot[CORC_BOOT_ID_SIZE];
	char link[32];
	uint64_t found;
	int r;

	if (mount == 0)
		return 0;
	r = corc_boot_id(boot, error);
	if (r < 0)
		return r;
	int CORC_CLOSE fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (strcmp(boot, boot_id) != 0 || fd < 0)
		return 0;
	r = corc_mount_id(fd, &found);
	/* By the fd: what the path leads to may have changed. */
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (r == 0 && found == mount)
		r = corc_detach_path(link);
	return r < 0 ? corc_fail_errno(error, -r, "unmount the rootfs %s", path) : 0;
}
