/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount API of Linux 5.2+ (fsopen(2), fsmount(2), open_tree(2), move_mount(2),
 * mount_setattr(2)). Layer: sys; parent and stage. All return -errno on failure.
 *
 * <sys/mount.h> and <linux/mount.h> cannot both be included with every libc: this header is the
 * one place that gives MS_*, MOUNT_ATTR_* and MNT_DETACH.
 */
#ifndef CORC_SYS_MOUNT_H
#define CORC_SYS_MOUNT_H

#include <linux/mount.h>
#include <stdint.h>

#ifndef AT_RECURSIVE
#	define AT_RECURSIVE 0x8000
#endif
#ifndef MNT_DETACH
#	define MNT_DETACH 2
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#	define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* A file system context; CLOEXEC. */
int corc_fsopen(const char *type);
/* key = value, or the flag key when value is NULL. */
int corc_fsconfig(int context_fd, const char *key, const char *value);
/* key = what the fd is. */
int corc_fsconfig_fd(int context_fd, const char *key, int fd);
/* The context of the file system that is mounted at fd, for corc_fsconfig and corc_fsreconfigure.
 */
int corc_fspick(int mount_fd);
int corc_fsreconfigure(int context_fd);
/* "key=value" or the flag "key". -EINVAL: a key longer than any that there is. */
int corc_fsconfig_option(int context_fd, const char *option);
/* FSCONFIG_CMD_CREATE and fsmount: a detached mount; attributes are MOUNT_ATTR_*. CLOEXEC. */
int corc_fsmount(int context_fd, uint64_t attributes);
/*
 * A detached clone of the mount at path ("" : of fd itself). flags: AT_RECURSIVE with all below,
 * AT_SYMLINK_NOFOLLOW of a symbolic link itself.
 */
int corc_open_tree_clone(int directory_fd, const char *path, unsigned flags);
/* Attaches a detached mount on the directory or file that target_fd is. */
int corc_attach_mount(int mount_fd, int target_fd);
/* Changes a mount (fd itself): attributes and propagation (MS_SHARED, MS_SLAVE … or 0). */
int corc_mount_setattr(
	int mount_fd, int recursive, uint64_t set, uint64_t clear, uint64_t propagation);
/*
 * Gives a detached mount the ids of a user namespace: what the file system has as id N is shown as
 * what the namespace has as N. -EINVAL: the file system cannot (MOUNT_ATTR_IDMAP).
 */
int corc_mount_idmap(int mount_fd, int recursive, int user_namespace_fd);
/* corc_mount_setattr for a path of the host's view. */
int corc_mount_setattr_path(
	const char *path, int recursive, uint64_t set, uint64_t clear, uint64_t propagation);
/* 1: a mount begins at what fd is; 0: it is within one. */
int corc_is_mount_root(int fd);
/* The number of the mount that fd is in, as in /proc/self/mountinfo. */
int corc_mount_id(int fd, uint64_t *ret_id);
/* Takes the mount at a path of the host's view away, with all below. */
int corc_detach_path(const char *path);
/* Makes the mount at new_root_fd the root and takes the old one away. */
int corc_pivot_root(int new_root_fd);

#endif
