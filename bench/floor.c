/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of the benchmarks: what the kernel has to do for a container of the default
 * configuration, and nothing else. No configuration is read, no state kept, nothing checked,
 * masked, limited or dropped: no runtime can be faster than this, and each is measured by how near
 * it comes.
 *
 *   floor run ROOTFS CGROUP PROGRAM    six new namespaces, a new cgroup, the seven mounts
 *   floor exec PID CGROUP PROGRAM      a second process in the container of PID, born in CGROUP
 *
 * A program of its own, linked with libc only; the parent and the child are the same code.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DETACH 2 /* MNT_DETACH: <sys/mount.h> and <linux/mount.h> exclude each other */

#define OPTIONS_MAX 4
#define NOSUID_NOEXEC_NODEV (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV)

struct mount_row {
	const char *type;
	const char *target; /* from the new root */
	unsigned int attributes;
	mode_t make_mode; /* 0: the directory is in the rootfs or comes with another mount */
	const char *options[OPTIONS_MAX][2];
};

static const struct mount_row mounts[] = {
	{"proc", "proc", 0, 0, {}},
	{"tmpfs", "dev", MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME, 0,
		{{"mode", "755"}, {"size", "65536k"}}},
	{"devpts", "dev/pts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0755,
		{{"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}}},
	{"tmpfs", "dev/shm", NOSUID_NOEXEC_NODEV, 0755, {{"mode", "1777"}, {"size", "65536k"}}},
	{"mqueue", "dev/mqueue", NOSUID_NOEXEC_NODEV, 0755, {}},
	{"sysfs", "sys", NOSUID_NOEXEC_NODEV | MOUNT_ATTR_RDONLY, 0, {}},
	{"cgroup2", "sys/fs/cgroup", NOSUID_NOEXEC_NODEV | MOUNT_ATTR_RDONLY, 0, {}},
};

static char *const payload_environment[] = {"PATH=/usr/bin:/bin", NULL};

static long check(long result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
		_exit(125);
	}
	return result;
}

static _Noreturn void execute(char *program)
{
	char *const arguments[] = {program, NULL};

	execve(program, arguments, payload_environment);
	check(-1, program);
	_exit(125);
}

/* As fork: 0 in the child, which is born in the cgroup. */
static pid_t clone_into(int cgroup, uint64_t flags)
{
	struct clone_args args = {.flags = flags | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup};

	return (pid_t)check(syscall(SYS_clone3, &args, sizeof(args)), "clone3");
}

static int wait_for(pid_t pid)
{
	int status = 0;

	check(waitpid(pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void attach(int mount, const char *target)
{
	check(syscall(SYS_move_mount, mount, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH),
		target);
	close(mount);
}

static void add_mount(const struct mount_row *row)
{
	int fs = (int)check(syscall(SYS_fsopen, row->type, FSOPEN_CLOEXEC), row->type);
	int mount;

	for (int i = 0; i < OPTIONS_MAX && row->options[i][0]; i++)
		check(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, row->options[i][0],
			      row->options[i][1], 0),
			row->options[i][0]);
	check(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), row->type);
	mount = (int)check(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, row->attributes), row->type);
	close(fs);
	if (row->make_mode)
		check(mkdir(row->target, row->make_mode), row->target);
	attach(mount, row->target);
}

static void enter_rootfs(const char *rootfs)
{
	struct mount_attr slave = {.propagation = 1 << 19 /* MS_SLAVE */};
	int tree;

	check(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &slave, sizeof(slave)),
		"mount_setattr /");
	tree = (int)check(syscall(SYS_open_tree, AT_FDCWD, rootfs,
				  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE),
		rootfs);
	attach(tree, rootfs);
	check(chdir(rootfs), rootfs);
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		add_mount(&mounts[i]);
	check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	check(syscall(SYS_umount2, ".", DETACH), "umount2 of the old root");
	check(chdir("/"), "chdir /");
}

static int run(char **arguments)
{
	const char *rootfs = arguments[0], *cgroup_path = arguments[1];
	int cgroup, status;
	pid_t pid;

	check(mkdir(cgroup_path, 0755), cgroup_path);
	cgroup = (int)check(open(cgroup_path, O_DIRECTORY | O_PATH | O_CLOEXEC), cgroup_path);
	pid = clone_into(
		cgroup, CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS);
	if (pid == 0) {
		/* Not in the clone: its root is to be the new cgroup. */
		check(syscall(SYS_unshare, CLONE_NEWCGROUP), "unshare the cgroup namespace");
		enter_rootfs(rootfs);
		execute(arguments[2]);
	}
	status = wait_for(pid);
	check(rmdir(cgroup_path), cgroup_path);
	return status;
}

static int exec(char **arguments)
{
	pid_t target = (pid_t)strtol(arguments[0], NULL, 10), pid;
	int cgroup = (int)check(open(arguments[1], O_DIRECTORY | O_PATH | O_CLOEXEC), arguments[1]);
	int pidfd = (int)check(syscall(SYS_pidfd_open, target, 0), "pidfd_open");

	check(syscall(SYS_setns, pidfd,
		      CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS |
			      CLONE_NEWCGROUP),
		"setns");
	pid = clone_into(cgroup, 0);
	if (pid == 0)
		execute(arguments[2]);
	return wait_for(pid);
}

static const struct {
	const char *name;
	int arguments;
	int (*function)(char **arguments);
} commands[] = {
	{"run", 3, run},
	{"exec", 3, exec},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0 && argc - 2 == commands[i].arguments)
			return commands[i].function(argv + 2);
	fprintf(stderr, "usage: floor run ROOTFS CGROUP PROGRAM | exec PID CGROUP PROGRAM\n");
	return 125;
}
