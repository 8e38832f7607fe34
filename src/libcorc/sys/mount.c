/* SPDX-License-Identifier: Apache-2.0 */
/* The mount API. Layer: sys; parent and stage. */
#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#define KEY_MAX 64 /* bytes of the name of an option */

/*
 * The kernel's own limit for every path and option text; a wrapper must not be the place where a
 * long one is cut.
 */
static int result(long value)
{
	return value < 0 ? -errno : (int)value;
}

int corc_fsopen(const char *type)
{
	return result(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

int corc_fsconfig(int context_fd, const char *key, const char *value)
{
	unsigned command = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

	return result(syscall(SYS_fsconfig, context_fd, command, key, value, 0));
}

int corc_fsconfig_fd(int context_fd, const char *key, int fd)
{
	return result(syscall(SYS_fsconfig, context_fd, FSCONFIG_SET_FD, key, NULL, fd));
}

int corc_fsconfig_option(int context_fd, const char *option)
{
	const char *equals = strchr(option, '=');
	size_t length = equals ? (size_t)(equals - option) : strlen(option);
	char key[KEY_MAX];

	if (length >= sizeof(key))
		return -EINVAL;
	memcpy(key, option, length);
	key[length] = '\0';
	return corc_fsconfig(context_fd, key, equals ? equals + 1 : NULL);
}

int corc_fsmount(int context_fd, uint64_t attributes)
{
	int r = result(syscall(SYS_fsconfig, context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));

	if (r < 0)
		return r;
	return result(syscall(SYS_fsmount, context_fd, FSMOUNT_CLOEXEC, (unsigned)attributes));
}

int corc_fspick(int mount_fd)
{
	return result(syscall(SYS_fspick, mount_fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));
}

int corc_fsreconfigure(int context_fd)
{
	return result(syscall(SYS_fsconfig, context_fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}

int corc_open_tree_clone(int directory_fd, const char *path, unsigned flags)
{
	flags |= OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	if (!*path)
		flags |= AT_EMPTY_PATH;
	return result(syscall(SYS_open_tree, directory_fd, path, flags));
}

int corc_attach_mount(int mount_fd, int target_fd)
{
	return result(syscall(SYS_move_mount, mount_fd, "", target_fd, "",
		MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

static int set_attributes(int fd, const char *path, unsigned flags, const struct mount_attr *change)
{
	return result(
		syscall(SYS_mount_setattr, fd, path, flags, change, sizeof(struct mount_attr)));
}

int corc_mount_setattr(
	int mount_fd, int recursive, uint64_t set, uint64_t clear, uint64_t propagation)
{
	struct mount_attr change = {.attr_set = set, .attr_clr = clear, .propagation = propagation};

	return set_attributes(
		mount_fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &change);
}

int corc_mount_idmap(int mount_fd, int recursive, int user_namespace_fd)
{
	struct mount_attr change = {
		.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace_fd};

	return set_attributes(
		mount_fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &change);
}

int corc_mount_setattr_path(
	const char *path, int recursive, uint64_t set, uint64_t clear, uint64_t propagation)
{
	struct mount_attr change = {.attr_set = set, .attr_clr = clear, .propagation = propagation};

	return set_attributes(AT_FDCWD, path, recursive ? AT_RECURSIVE : 0, &change);
}

int corc_is_mount_root(int fd)
{
	struct statx status;
	int r = result(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0, &status));

	return r < 0 ? r : (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int corc_mount_id(int fd, uint64_t *ret_id)
{
	struct statx status;
	int r = result(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status));

	if (r < 0)
		return r;
	*ret_id = status.stx_mnt_id;
	return 0;
}

int corc_detach_path(const char *path)
{
	return result(syscall(SYS_umount2, path, MNT_DETACH));
}

int corc_pivot_root(int new_root_fd)
{
	if (fchdir(new_root_fd) < 0)
		return -errno;
	/* The old root ends up stacked on the new one, so that "." names it for the umount. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return -errno;
	if (syscall(SYS_umount2, ".", MNT_DETACH) < 0)
		return -errno;
	return chdir("/") < 0 ? -errno : 0;
}
