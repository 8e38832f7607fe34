/* SPDX-License-Identifier: Apache-2.0 */
/* The container's file system. Layer: stage. */
#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/path.h"

#define PROPAGATION_TYPES (MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE)

int corc_op_propagation(struct corc_stage *stage, const struct corc_op *op)
{
	uint64_t flags = op->propagation.flags;

	stage->propagation = flags & PROPAGATION_TYPES;
	return corc_mount_setattr_path("/", (flags & MS_REC) != 0, 0, 0, flags & PROPAGATION_TYPES);
}

/*
 * Over "/" and not over its own place: the way to that may be closed to the root of a user
 * namespace, and pivot_root only asks for a mount below the old root. But hooks expect the
 * container's tree at its own place, where they mount and write into it.
 */
static int open_rootfs_place(struct corc_stage *stage, const struct corc_op_rootfs *rootfs)
{
	int fd = -1;

	if (rootfs->at_path)
		fd = openat(AT_FDCWD, corc_stage_text(stage, rootfs->path),
			O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && (!rootfs->at_path || errno == EACCES))
		fd = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int corc_op_rootfs(struct corc_stage *stage, const struct corc_op *op)
{
	int CORC_CLOSE place = CORC_NO_FD;
	int r;

	if (op->rootfs.is_sent) {
		stage->slots[CORC_SLOT_ROOTFS] = corc_stage_next_mount(stage);
		if (stage->slots[CORC_SLOT_ROOTFS] < 0)
			return stage->slots[CORC_SLOT_ROOTFS];
	}
	if (op->rootfs.in_place) {
		stage->root = stage->slots[CORC_SLOT_ROOTFS];
		return 0;
	}
	/*
	 * A mount namespace that was joined may share its mounts with the host's: what is attached
	 * and taken away here must not reach them.
	 */
	if (!stage->propagation) {
		r = corc_mount_setattr_path("/", 1, 0, 0, MS_SLAVE);
		if (r < 0)
			return r;
	}
	place = open_rootfs_place(stage, &op->rootfs);
	if (place < 0)
		return place;
	stage->root = stage->slots[CORC_SLOT_ROOTFS];
	r = corc_attach_mount(stage->root, place);
	stage->root_propagation = op->rootfs.propagation;
	return r;
}

/* Nothing may cover what security modules and sysctls are written to. */
static int check_not_procfs(struct corc_stage *stage, int fd, uint32_t flags)
{
	struct statfs status;

	if (flags & CORC_MOUNT_INSIDE_PROC)
		return 0;
	if (fstatfs(fd, &status) < 0)
		return -errno;
	if (status.f_type != PROC_SUPER_MAGIC)
		return 0;
	stage->detail = CORC_DETAIL_INSIDE_PROC;
	return -EPERM;
}

/* Takes fd and gives it back when it is a directory, or is none. */
static int check_kind(int taken, bool directory)
{
	struct stat status;
	int CORC_CLOSE fd = taken;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (directory != !!S_ISDIR(status.st_mode))
		return directory ? -ENOTDIR : -EISDIR;
	return corc_take_fd(&fd);
}

/* What stands at the end of the path, be it a symbolic link. */
static int open_unfollowed(struct corc_stage *stage, const char *path)
{
	const char *name;
	int CORC_CLOSE parent = corc_stage_parent(stage, path, &name);

	if (parent < 0)
		return parent;
	int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The destination of a mount; procfs and sysfs may not be led elsewhere by a link. */
static int open_destination(
	struct corc_stage *stage, const char *path, uint32_t flags, bool directory)
{
	int CORC_CLOSE fd = -ENOENT;

	stage->made_target = false;
	if (flags & CORC_MOUNT_NOFOLLOW)
		fd = open_unfollowed(stage, path);
	if (flags & CORC_MOUNT_NO_SYMLINKS) {
		fd = corc_openat2(stage->root, path, O_PATH | O_DIRECTORY, 0,
			RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	}
	if (fd == -ENOENT)
		fd = corc_stage_target(stage, path, directory);
	if (fd >= 0 && (flags & CORC_MOUNT_NOFOLLOW))
		fd = check_kind(fd, directory);
	if (fd < 0) {
		stage->detail = CORC_DETAIL_TARGET;
		if (fd == -ENOTDIR)
			corc_stage_find_obstacle(stage, path);
		return fd;
	}
	int r = check_not_procfs(stage, fd, flags);

	return r < 0 ? r : corc_take_fd(&fd);
}

/*
 * "mode=" with the permissions of the directory that the tmpfs will cover. One that was made for it
 * has none that anybody has chosen: then it is everybody's, as a tmpfs is by itself.
 */
static int inherit_mode(int context, int target)
{
	struct stat status;
	char digits[5];

	if (fstat(target, &status) < 0)
		return -errno;
	for (int i = 0; i < 4; i++)
		digits[i] = (char)('0' + ((status.st_mode >> (9 - 3 * i)) & 7));
	digits[4] = '\0';
	return corc_fsconfig(context, "mode", digits);
}

/* The list of "key=value" and "key". */
static int configure(struct corc_stage *stage, int context, struct corc_ref data)
{
	const char *at = corc_stage_text(stage, data);
	const char *end = at + data.length;

	for (stage->value = 0; at < end; stage->value++) {
		int r = corc_fsconfig_option(context, at);

		if (r < 0) {
			stage->detail = CORC_DETAIL_OPTION;
			return r;
		}
		at += strlen(at) + 1;
	}
	return 0;
}

/* A new instance of a file system, detached. */
static int make_filesystem(struct corc_stage *stage, const struct corc_op_mount *mount, int target)
{
	const char *source = corc_stage_text(stage, mount->source);
	int CORC_CLOSE context = corc_fsopen(corc_stage_text(stage, mount->fstype));
	int r = 0;

	if (context < 0) {
		stage->detail = CORC_DETAIL_FILESYSTEM;
		return context;
	}
	if (*source)
		r = corc_fsconfig(context, "source", source);
	if (r == 0 && (mount->flags & CORC_MOUNT_JOINED_PID))
		r = corc_fsconfig_fd(context, "pidns", stage->pid_namespace);
	if (r == 0)
		r = configure(stage, context, mount->data);
	if (r == 0 && (mount->superblock_flags & 1))
		r = corc_fsconfig(context, "ro", NULL);
	if (r == 0 && (mount->flags & CORC_MOUNT_INHERIT_MODE) && !stage->made_target)
		r = inherit_mode(context, target);
	if (r < 0)
		return r;
	return corc_fsmount(context, mount->attr_set);
}

static int set_propagation(int fd, uint64_t propagation)
{
	if (!propagation)
		return 0;
	return corc_mount_setattr(
		fd, (propagation & MS_REC) != 0, 0, 0, propagation & PROPAGATION_TYPES);
}

/* The root of a file system that takes no label as an option. */
static int label_root(int mount, const char *label)
{
	int CORC_CLOSE fd = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fsetxattr(fd, "security.selinux", label, strlen(label) + 1, 0) < 0)
		return -errno;
	return 0;
}

/*
 * A sysfs belongs to a network namespace, and who does not own that may not mount one. The host's
 * shows the same, and more: it gets the flags with all that is mounted in it.
 */
static int clone_host_sysfs(uint64_t attributes)
{
	int CORC_CLOSE fd = corc_open_tree_clone(AT_FDCWD, "/sys", AT_RECURSIVE);
	int r = fd;

	if (fd >= 0)
		r = corc_mount_setattr(fd, 1, attributes & ~(uint64_t)MOUNT_ATTR__ATIME, 0, 0);
	return r < 0 ? r : corc_take_fd(&fd);
}

/* From here on a failure takes it away again. */
static int remember(struct corc_stage *stage, int fd, uint32_t flags, struct corc_ref destination)
{
	int copy;

	if (!(flags & CORC_MOUNT_UNDO))
		return 0;
	if (stage->undo_count == CORC_MOUNT_BATCH)
		return -EBADMSG;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return -errno;
	stage->undo[stage->undo_count].fd = copy;
	stage->undo[stage->undo_count++].destination = destination;
	return 0;
}

/*
 * A directory by its fd: as working directory it is "." whatever the path leads to now. A file by
 * its name, which nobody can give to something else while it is mounted over.
 */
static int detach(struct corc_stage *stage, int fd, const char *path)
{
	int CORC_CLOSE parent = CORC_NO_FD;
	const char *name = ".";
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISDIR(status.st_mode)) {
		parent = corc_stage_parent(stage, path, &name);
		if (parent < 0)
			return parent;
		fd = parent;
	}
	return fchdir(fd) < 0 ? -errno : corc_detach_path(name);
}

void corc_stage_undo_mounts(struct corc_stage *stage)
{
	uint32_t detail = stage->detail;

	while (stage->undo_count > 0) {
		int CORC_CLOSE fd = stage->undo[--stage->undo_count].fd;

		(void)detach(stage, fd,
			corc_stage_text(stage, stage->undo[stage->undo_count].destination));
	}
	stage->detail = detail;
}

int corc_op_mount(struct corc_stage *stage, const struct corc_op *op)
{
	const struct corc_op_mount *mount = &op->mount;
	int CORC_CLOSE target = open_destination(
		stage, corc_stage_text(stage, mount->destination), mount->flags, true);
	int r = 0;

	if (target < 0)
		return target;
	int CORC_CLOSE fd = make_filesystem(stage, mount, target);

	if (fd == -EPERM && (mount->flags & CORC_MOUNT_OR_HOST))
		fd = clone_host_sysfs(mount->attr_set);
	if (fd < 0)
		return fd;
	if (mount->flags & CORC_MOUNT_COPY_UP)
		r = corc_stage_copy_up(
			stage, target, fd, (mount->flags & CORC_MOUNT_COPY_OWNER) != 0);
	if (r == 0 && mount->label.length)
		r = label_root(fd, corc_stage_text(stage, mount->label));
	if (r == 0)
		r = corc_attach_mount(fd, target);
	if (r == 0)
		r = remember(stage, fd, mount->flags, mount->destination);
	if (r == 0)
		r = set_propagation(fd, mount->propagation);
	if (r < 0)
		return r;
	if (mount->flags & CORC_MOUNT_KEEP_PROC)
		stage->proc = corc_take_fd(&fd);
	else if (mount->flags & CORC_MOUNT_DEV)
		stage->dev = corc_take_fd(&fd);
	return 0;
}

/* A link in place of a bind mount; one that says the same is good. */
static int copy_symlink(struct corc_stage *stage, int source, const char *path)
{
	char wanted[PATH_MAX], there[PATH_MAX];
	const char *name;
	ssize_t length = readlinkat(source, "", wanted, sizeof(wanted) - 1);

	if (length < 0)
		return -errno;
	wanted[length] = '\0';
	int CORC_CLOSE parent = corc_stage_parent(stage, path, &name);

	if (parent < 0)
		return parent;
	if (symlinkat(wanted, parent, name) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (readlinkat(parent, name, there, sizeof(there)) == length &&
		memcmp(there, wanted, (size_t)length) == 0)
		return 0;
	stage->detail = CORC_DETAIL_IN_THE_WAY;
	return -EEXIST;
}

/* The root of a file system that is made already gets the permissions of what it will cover. */
static int copy_mode(int mount, int target)
{
	int CORC_CLOSE fd = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(target, &status) < 0)
		return -errno;
	return fchmod(fd, status.st_mode & 07777) < 0 ? -errno : 0;
}

int corc_op_attach(struct corc_stage *stage, const struct corc_op *op)
{
	uint32_t flags = op->attach.flags;
	int CORC_CLOSE fd = corc_stage_next_mount(stage);
	struct stat status;
	int r = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (S_ISLNK(status.st_mode) && (flags & CORC_MOUNT_COPY_SYMLINK))
		return copy_symlink(stage, fd, corc_stage_text(stage, op->attach.destination));
	int CORC_CLOSE target = open_destination(stage,
		corc_stage_text(stage, op->attach.destination), flags, S_ISDIR(status.st_mode));

	if (target < 0)
		return target;
	if (flags & CORC_MOUNT_INHERIT_MODE)
		r = copy_mode(fd, target);
	if (r == 0 && (flags & CORC_MOUNT_COPY_UP))
		r = corc_stage_copy_up(stage, target, fd, (flags & CORC_MOUNT_COPY_OWNER) != 0);
	if (r == 0)
		r = corc_attach_mount(fd, target);
	if (r == 0)
		r = remember(stage, fd, flags, op->attach.destination);
	if (r == 0 && (flags & CORC_MOUNT_DEV))
		stage->dev = corc_take_fd(&fd);
	return r;
}

/* The file system of the mount, when there is something to tell it. */
static int reconfigure(struct corc_stage *stage, int fd, struct corc_ref data)
{
	if (!data.length)
		return 0;
	int CORC_CLOSE context = corc_fspick(fd);

	if (context < 0)
		return context;
	int r = configure(stage, context, data);

	return r < 0 ? r : corc_fsreconfigure(context);
}

/* The mount that is there already. */
static int open_mount(struct corc_stage *stage, const char *path, uint32_t flags)
{
	int CORC_CLOSE fd = flags & CORC_MOUNT_NOFOLLOW ? open_unfollowed(stage, path)
							: corc_open_in_root(stage->root, path);
	int r = fd < 0 ? fd : check_not_procfs(stage, fd, flags);

	if (r == 0)
		r = corc_is_mount_root(fd);
	if (r < 0)
		return r;
	if (r == 0) {
		stage->detail = CORC_DETAIL_NOT_A_MOUNT;
		return -EINVAL;
	}
	return corc_take_fd(&fd);
}

int corc_op_remount(struct corc_stage *stage, const struct corc_op *op)
{
	const struct corc_op_remount *remount = &op->remount;
	int CORC_CLOSE fd =
		open_mount(stage, corc_stage_text(stage, remount->destination), remount->flags);
	int r = fd < 0 ? fd : reconfigure(stage, fd, remount->data);

	if (r == 0 && (remount->recursive_attr_set || remount->recursive_attr_clear))
		r = corc_mount_setattr(
			fd, 1, remount->recursive_attr_set, remount->recursive_attr_clear, 0);
	if (r == 0 && (remount->attr_set || remount->attr_clear))
		r = corc_mount_setattr(fd, 0, remount->attr_set, remount->attr_clear, 0);
	return r < 0 ? r : set_propagation(fd, remount->propagation);
}

int corc_op_mount_readonly(struct corc_stage *stage, const struct corc_op *op)
{
	int CORC_CLOSE fd = corc_open_in_root(stage->root, corc_stage_text(stage, op->path.path));

	return fd < 0 ? fd : corc_mount_setattr(fd, 0, MOUNT_ATTR_RDONLY, 0, 0);
}

int corc_op_unmount(struct corc_stage *stage, const struct corc_op *op)
{
	int CORC_CLOSE fd =
		open_mount(stage, corc_stage_text(stage, op->path.path), CORC_MOUNT_INSIDE_PROC);

	return fd < 0 ? fd : detach(stage, fd, corc_stage_text(stage, op->path.path));
}

int corc_op_root_readonly(struct corc_stage *stage, const struct corc_op *op)
{
	(void)op;
	return corc_mount_setattr(stage->root, 0, MOUNT_ATTR_RDONLY, 0, 0);
}

/* A shared mount cannot be pivoted to, so this comes after it. */
static int set_root_propagation(struct corc_stage *stage)
{
	return set_propagation(stage->root, stage->root_propagation);
}

int corc_op_pivot(struct corc_stage *stage, const struct corc_op *op)
{
	int r = corc_pivot_root(stage->root);

	(void)op;
	return r < 0 ? r : set_root_propagation(stage);
}

int corc_op_chroot(struct corc_stage *stage, const struct corc_op *op)
{
	(void)op;
	stage->root = stage->slots[CORC_SLOT_ROOTFS];
	if (fchdir(stage->root) < 0 || chroot(".") < 0)
		return -errno;
	return set_root_propagation(stage);
}

int corc_op_proc(struct corc_stage *stage, const struct corc_op *op)
{
	int CORC_CLOSE context = corc_fsopen("proc");

	(void)op;
	if (context < 0)
		return context;
	stage->proc =
		corc_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return stage->proc < 0 ? stage->proc : 0;
}

int corc_op_make_cwd(struct corc_stage *stage, const struct corc_op *op)
{
	int CORC_CLOSE fd = corc_stage_target(stage, corc_stage_text(stage, op->path.path), true);

	/* chdir says in detail what is closed, and it may be open to the user. */
	return fd < 0 && fd != -EACCES ? fd : 0;
}
