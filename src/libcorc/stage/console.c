/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal of the process. Layer: stage. */
#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/message.h"
#include "sys/path.h"

#ifndef TIOCGPTPEER
#	define TIOCGPTPEER _IO('T', 0x41)
#endif

/*
 * The multiplexer of the container's own devpts, which a container may have replaced by anything:
 * the directory is looked at before something in it is opened. Before the pivot it is looked up
 * below the root mount, later below "/".
 */
static int open_multiplexer(struct corc_stage *stage)
{
	struct statfs filesystem;
	struct stat status;
	int root = stage->root >= 0 ? stage->root : AT_FDCWD;
	int CORC_CLOSE directory = corc_openat2(root, "/dev/pts", O_PATH | O_DIRECTORY, 0,
		root >= 0 ? RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS : RESOLVE_NO_SYMLINKS);

	stage->detail = CORC_DETAIL_NOT_DEVPTS;
	if (directory < 0)
		return directory;
	if (fstatfs(directory, &filesystem) < 0)
		return -errno;
	if (filesystem.f_type != DEVPTS_SUPER_MAGIC)
		return -ENODEV;
	int CORC_CLOSE fd = corc_openat2(directory, "ptmx", O_RDWR | O_NOCTTY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_rdev != makedev(5, 2))
		return -ENODEV;
	stage->detail = CORC_DETAIL_NONE;
	return corc_take_fd(&fd);
}

/* Puts the slave on /dev/console, a file that is made without following anything. */
static int mount_console(struct corc_stage *stage, int slave)
{
	struct stat status;
	const char *name;
	int CORC_CLOSE directory = corc_stage_parent(stage, "/dev/console", &name);

	if (directory < 0)
		return directory;
	int CORC_CLOSE made =
		openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (made < 0 && errno != EEXIST)
		return -errno;
	int CORC_CLOSE target = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (target < 0 || fstat(target, &status) < 0)
		return -errno;
	if (S_ISLNK(status.st_mode) || S_ISDIR(status.st_mode)) {
		stage->detail = CORC_DETAIL_IN_THE_WAY;
		return -EEXIST;
	}
	int CORC_CLOSE clone = corc_open_tree_clone(slave, "", 0);

	return clone < 0 ? clone : corc_attach_mount(clone, target);
}

/* The master leaves with its number, from which the parent makes the path /dev/pts/N. */
static int send_master(struct corc_stage *stage, int master)
{
	unsigned number = 0;

	if (ioctl(master, TIOCGPTN, &number) < 0)
		return -errno;
	struct corc_message message = {
		.type = CORC_MESSAGE_CONSOLE, .op = stage->op, .value = number};

	return corc_send_fds(
		stage->slots[CORC_SLOT_CHANNEL], &message, sizeof(message), &master, 1);
}

static int use_as_stdio(int slave)
{
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(slave, fd) < 0)
			return -errno;
	}
	return 0;
}

int corc_op_console(struct corc_stage *stage, const struct corc_op *op)
{
	const struct corc_op_console *console = &op->console;
	struct winsize size = {.ws_row = (unsigned short)console->rows,
		.ws_col = (unsigned short)console->columns};
	int unlock = 0, r = 0;
	int CORC_CLOSE master = open_multiplexer(stage);

	if (master < 0)
		return master;
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return -errno;
	int CORC_CLOSE slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (slave < 0)
		return -errno;
	if (size.ws_row && size.ws_col && ioctl(master, TIOCSWINSZ, &size) < 0)
		return -errno;
	if (console->mount)
		r = mount_console(stage, slave);
	if (r == 0 && fchown(slave, console->uid, (gid_t)-1) < 0)
		r = -errno;
	if (r == 0)
		r = send_master(stage, master);
	return r < 0 ? r : use_as_stdio(slave);
}

int corc_op_session(struct corc_stage *stage, const struct corc_op *op)
{
	(void)stage;
	(void)op;
	return setsid() < 0 ? -errno : 0;
}

int corc_op_controlling_terminal(struct corc_stage *stage, const struct corc_op *op)
{
	(void)stage;
	(void)op;
	return ioctl(0, TIOCSCTTY, 0) < 0 ? -errno : 0;
}
