/* SPDX-License-Identifier: Apache-2.0 */
/* Masked and read-only paths, host name, sysctls. Layer: stage. */
#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/path.h"

#define MASK_ATTRIBUTES \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* One empty directory serves for all: the first mask makes it, the others clone that mount. */
static int mask_directory(struct corc_stage *stage, int target, const char *context)
{
	if (stage->empty >= 0) {
		int CORC_CLOSE clone = corc_open_tree_clone(stage->empty, "", 0);

		return clone < 0 ? clone : corc_attach_mount(clone, target);
	}
	int CORC_CLOSE filesystem = corc_fsopen("tmpfs");

	if (filesystem < 0)
		return filesystem;
	int r = corc_fsconfig(filesystem, "source", "tmpfs");

	if (r == 0)
		r = corc_fsconfig(filesystem, "mode", "755");
	if (r == 0 && *context)
		r = corc_fsconfig_option(filesystem, context);
	if (r < 0)
		return r;
	stage->empty = corc_fsmount(filesystem, MASK_ATTRIBUTES);
	return stage->empty < 0 ? stage->empty : corc_attach_mount(stage->empty, target);
}

/* The host's, and only if it is the null device. */
static int open_null(void)
{
	struct stat status;
	int CORC_CLOSE fd = openat(AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))
		return -ENODEV;
	return corc_take_fd(&fd);
}

static int mask_file(struct corc_stage *stage, int target)
{
	if (stage->null < 0) {
		stage->null = open_null();
		if (stage->null < 0) {
			stage->detail = CORC_DETAIL_NOT_A_DEVICE;
			return stage->null;
		}
	}
	int CORC_CLOSE clone = corc_open_tree_clone(stage->null, "", 0);

	return clone < 0 ? clone : corc_attach_mount(clone, target);
}

static bool is_missing(int r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

int corc_op_mask(struct corc_stage *stage, const struct corc_op *op)
{
	struct stat status;
	int CORC_CLOSE target =
		corc_open_in_root(stage->root, corc_stage_text(stage, op->mask.path));

	if (target < 0)
		return is_missing(target) ? 0 : target;
	if (fstat(target, &status) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return mask_directory(stage, target, corc_stage_text(stage, op->mask.context));
	return mask_file(stage, target);
}

int corc_op_readonly(struct corc_stage *stage, const struct corc_op *op)
{
	int CORC_CLOSE target =
		corc_open_in_root(stage->root, corc_stage_text(stage, op->path.path));

	if (target < 0)
		return is_missing(target) ? 0 : target;
	int CORC_CLOSE clone = corc_open_tree_clone(target, "", AT_RECURSIVE);

	if (clone < 0)
		return clone;
	int r = corc_mount_setattr(clone, 0, MOUNT_ATTR_RDONLY, 0, 0);

	return r < 0 ? r : corc_attach_mount(clone, target);
}

int corc_op_hostname(struct corc_stage *stage, const struct corc_op *op)
{
	(void)stage;
	if (sethostname(corc_stage_text(stage, op->text.text), op->text.text.length) < 0)
		return -errno;
	return 0;
}

int corc_op_domainname(struct corc_stage *stage, const struct corc_op *op)
{
	(void)stage;
	if (setdomainname(corc_stage_text(stage, op->text.text), op->text.text.length) < 0)
		return -errno;
	return 0;
}

int corc_op_sysctl(struct corc_stage *stage, const struct corc_op *op)
{
	char path[512] = "sys/";
	size_t length = op->sysctl.key.length;

	if (length + 5 > sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path + 4, corc_stage_text(stage, op->sysctl.key), length + 1);
	/* Nothing that is mounted over this procfs may catch the write. */
	int CORC_CLOSE fd = corc_openat2(stage->proc, path, O_WRONLY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);

	if (fd < 0)
		return fd;
	if (write(fd, corc_stage_text(stage, op->sysctl.value), op->sysctl.value.length) < 0)
		return -errno;
	return 0;
}
