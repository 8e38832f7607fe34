/* SPDX-License-Identifier: Apache-2.0 */
/* Entering and making namespaces. Layer: stage. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"
#include "sys/process.h"

int corc_op_join(struct corc_stage *stage, const struct corc_op *op)
{
	int r = corc_setns(stage->slots[op->join.slot], (int)op->join.type);

	if (op->join.keep)
		stage->pid_namespace = stage->slots[op->join.slot];
	else
		corc_stage_close_slot(stage, op->join.slot);
	return r;
}

int corc_op_setns(struct corc_stage *stage, const struct corc_op *op)
{
	return corc_setns(stage->slots[CORC_SLOT_TARGET], (int)op->setns.types);
}

int corc_op_rlimit(struct corc_stage *stage, const struct corc_op *op)
{
	struct limit {
		uint64_t soft, hard;
	} limit = {op->rlimit.soft, op->rlimit.hard}, now;

	(void)stage;
	if (op->rlimit.flags & CORC_RLIMIT_RAISE) {
		if (syscall(SYS_prlimit64, 0, op->rlimit.resource, NULL, &now) < 0)
			return -errno;
		if (now.hard >= limit.hard)
			return 0;
	}
	return syscall(SYS_prlimit64, 0, op->rlimit.resource, &limit, NULL) < 0 ? -errno : 0;
}

/* In the parent of a clone: name the child and end. */
static int hand_over(struct corc_stage *stage, pid_t pid)
{
	if (pid < 0)
		return pid;
	if (pid > 0)
		_exit(corc_stage_send(stage, CORC_MESSAGE_CHILD, (uint64_t)pid) < 0);
	return 0;
}

int corc_op_clone(struct corc_stage *stage, const struct corc_op *op)
{
	int r;

	/* The files in /proc/PID of a process that is not dumpable belong to the host's root; a
	 * parent without privileges could not write the maps. */
	if ((op->clone.flags & CLONE_NEWUSER) && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return -errno;
	r = hand_over(stage, corc_clone3_fork(op->clone.flags | CLONE_PARENT));
	return r < 0 ? r : corc_stage_expect(stage, CORC_MESSAGE_GO_ON);
}

int corc_op_clone_visible(struct corc_stage *stage, const struct corc_op *op)
{
	int r;

	/* What this process still holds must not be seen in the container. */
	corc_stage_close_all(stage);
	r = hand_over(stage, corc_clone_fork(CLONE_PARENT));
	if (r == 0 && op->clone_visible.gate)
		r = corc_stage_expect(stage, CORC_MESSAGE_GO_ON);
	return r;
}

int corc_op_map_ids(struct corc_stage *stage, const struct corc_op *op)
{
	(void)stage;
	/* With setgroups denied there is nothing to drop, and it says EPERM. */
	if (!op->map_ids.keep_groups && setgroups(0, NULL) < 0 && errno != EPERM)
		return -errno;
	if (setresgid(op->map_ids.gid, op->map_ids.gid, op->map_ids.gid) < 0)
		return -errno;
	if (setresuid(op->map_ids.uid, op->map_ids.uid, op->map_ids.uid) < 0)
		return -errno;
	return 0;
}

int corc_op_wait_placed(struct corc_stage *stage, const struct corc_op *op)
{
	(void)op;
	return stage->placed ? 0 : corc_stage_expect(stage, CORC_MESSAGE_PLACED);
}

int corc_op_unshare(struct corc_stage *stage, const struct corc_op *op)
{
	(void)stage;
	return corc_unshare((int)op->unshare.flags);
}

int corc_op_net_devices(struct corc_stage *stage, const struct corc_op *op)
{
	int r = corc_stage_send(stage, CORC_MESSAGE_NET_DEVICES, 0);

	(void)op;
	return r < 0 ? r : corc_stage_expect(stage, CORC_MESSAGE_GO_ON);
}

/* Opens a file of this process below a procfs that is one. */
static int open_self(const char *path, int flags)
{
	struct statfs status;
	int CORC_CLOSE fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &status) < 0)
		return -errno;
	if (status.f_type != PROC_SUPER_MAGIC && status.f_type != NSFS_MAGIC)
		return -ENODEV;
	return corc_take_fd(&fd);
}

/*
 * Writes to a file in /proc/self. The files of a process that is not dumpable are the host root's,
 * which the root of a user namespace is not.
 */
static int write_self(const char *path, const char *text)
{
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);

	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	int CORC_CLOSE fd = open_self(path, O_WRONLY);

	(void)prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
	if (fd < 0)
		return fd;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int corc_op_oom_score_adj(struct corc_stage *stage, const struct corc_op *op)
{
	int r = write_self(
		"/proc/self/oom_score_adj", corc_stage_text(stage, op->oom_score_adj.text));

	return r == -EACCES && op->oom_score_adj.may_be_denied ? 0 : r;
}

int corc_op_time_offsets(struct corc_stage *stage, const struct corc_op *op)
{
	const char *text = corc_stage_text(stage, op->time_offsets.text);
	int r = corc_unshare(CLONE_NEWTIME);

	if (r == 0 && *text)
		r = write_self("/proc/self/timens_offsets", text);
	if (r < 0)
		return r;
	int CORC_CLOSE children = open_self("/proc/self/ns/time_for_children", O_RDONLY);

	return children < 0 ? children : corc_setns(children, CLONE_NEWTIME);
}
