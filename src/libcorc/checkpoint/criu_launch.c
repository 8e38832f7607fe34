/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting `criu swrk`. Layer: checkpoint; the parent process and, until it executes CRIU, a child
 * on a stack of its own.
 *
 * For a restore CRIU gets a mount namespace of its own with a small tmpfs on /tmp: the root file
 * system and the sources of bind mounts are attached there under names of ours, CRIU's own
 * temporary folders go there, and all of it ends with CRIU, however that ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "checkpoint/criu.h"
#include "sys/mount.h"
#include "sys/process.h"

#define CHILD_STACK 32768
#define END_PATIENCE_MS 10000

enum { SOCKET_FD = 3, PROGRAM_FD = 4, CONFIG_FD = 5 };

struct child {
	const struct corc_criu_launch *launch;
	/* Standard input, output and error, those with names, then those of the launch. */
	int fds[CORC_CRIU_FIRST_FD + CORC_CRIU_FDS_MAX];
	size_t count;
	int code; /* errno before execve; the memory is shared */
	const char *step;
};

static int fail(struct child *child, const char *step, int r)
{
	child->step = step;
	return r;
}

static int enter_cgroups(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (write(fds[i], "0", 1) != 1)
			return -errno;
	return 0;
}

static int make_cgroup_namespace(struct child *child)
{
	const struct corc_criu_launch *launch = child->launch;
	int r;

	if (launch->cgroup_namespace) {
		r = corc_setns(*launch->cgroup_namespace, CLONE_NEWCGROUP);
		return r < 0 ? fail(child, "join the cgroup namespace", r) : 0;
	}
	if (launch->cgroup_count == 0)
		return 0;
	r = enter_cgroups(launch->cgroups, launch->cgroup_count);
	if (r < 0)
		return fail(child, "enter the container's cgroup", r);
	r = corc_unshare(CLONE_NEWCGROUP);
	if (r < 0)
		return fail(child, "make a cgroup namespace", r);
	r = enter_cgroups(launch->own_cgroups, launch->own_cgroup_count);
	return r < 0 ? fail(child, "leave the container's cgroup", r) : 0;
}

static int attach_place(int staging, const struct corc_criu_place *place)
{
	int made = place->is_directory ? mkdirat(staging, place->name, 0755)
				       : mknodat(staging, place->name, S_IFREG | 0644, 0);

	if (made < 0)
		return -errno;
	int CORC_CLOSE target = openat(staging, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return target < 0 ? -errno : corc_attach_mount(place->tree, target);
}

/* A tmpfs that users of user namespaces can pass through, and where CRIU makes files as one of
 * them. */
static int make_staging(void)
{
	int CORC_CLOSE filesystem = corc_fsopen("tmpfs");
	int r = filesystem < 0 ? filesystem : corc_fsconfig(filesystem, "mode", "1777");

	if (r < 0)
		return r;
	int CORC_CLOSE mount = corc_fsmount(filesystem, 0);
	int CORC_CLOSE target = open(CORC_CRIU_STAGING, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (mount < 0)
		return mount;
	r = target < 0 ? -errno : corc_attach_mount(mount, target);
	return r < 0 ? r : corc_take_fd(&mount);
}

static int make_mount_namespace(struct child *child)
{
	const struct corc_criu_launch *launch = child->launch;
	int r;

	if (!launch->places)
		return 0;
	r = corc_unshare(CLONE_NEWNS);
	if (r == 0)
		r = corc_mount_setattr_path("/", 1, 0, 0, MS_SLAVE);
	if (r < 0)
		return fail(child, "make a mount namespace", r);
	int CORC_CLOSE staging = make_staging();

	if (staging < 0)
		return fail(child, "mount a tmpfs on " CORC_CRIU_STAGING, staging);
	for (size_t i = 0; i < launch->place_count; i++) {
		r = attach_place(staging, &launch->places[i]);
		if (r < 0)
			return fail(child, "attach what is bound into the container", r);
	}
	return 0;
}

/* Copies above all of their places first, so that none is overwritten before it is read. */
static int arrange_fds(struct child *child)
{
	int copies[CORC_CRIU_FIRST_FD + CORC_CRIU_FDS_MAX];
	int count = (int)child->count;

	for (int i = 0; i < count; i++) {
		copies[i] = fcntl(child->fds[i], F_DUPFD_CLOEXEC, count);
		if (copies[i] < 0)
			return -errno;
	}
	for (int i = 0; i < count; i++)
		if (dup2(copies[i], i) < 0)
			return -errno;
	return corc_close_range((unsigned)count, ~0u, CORC_CLOSE_RANGE_CLOEXEC);
}

static int run_child(void *argument)
{
	struct child *child = argument;
	static char *const arguments[] = {(char *)"criu", (char *)"swrk", (char *)"3", NULL};
	static char *const environment[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	int r;

	corc_reset_signals();
	r = make_cgroup_namespace(child);
	if (r == 0)
		r = make_mount_namespace(child);
	if (r == 0)
		r = arrange_fds(child);
	/* By its fd: what is mounted on /tmp now may hide it. */
	if (r == 0)
		r = fail(child, "execute it",
			corc_execveat(PROGRAM_FD, "", arguments, environment, AT_EMPTY_PATH));
	child->code = -r;
	return 127;
}

static int clone_child(struct child *child, struct corc_criu *criu, struct corc_error *error)
{
	char stack[CHILD_STACK] __attribute__((aligned(64)));
	struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&criu->pidfd};
	struct corc_exit ignored;
	uint64_t before = corc_block_signals(UINT64_MAX);

	criu->pid = corc_clone3_vfork(&args, stack, sizeof(stack), run_child, child);
	(void)corc_block_signals(before);
	if (criu->pid < 0)
		return corc_fail_errno(error, -criu->pid, "starting CRIU");
	if (child->code == 0)
		return 0;
	(void)corc_wait_pidfd(criu->pidfd, END_PATIENCE_MS, &ignored);
	return corc_fail_errno(error, child->code, "CRIU %s: %s", child->launch->program,
		child->step ? child->step : "arrange its files");
}

int corc_criu_start(
	const struct corc_criu_launch *launch, struct corc_criu *ret_criu, struct corc_error *error)
{
	struct corc_criu CORC_CLEANUP(corc_criu_end) criu = CORC_CRIU_EMPTY;
	struct child child = {.launch = launch, .count = CORC_CRIU_FIRST_FD + launch->fd_count};
	int CORC_CLOSE null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int CORC_CLOSE program = open(launch->program, O_PATH | O_CLOEXEC);
	int pair[2], r;

	if (program < 0)
		return corc_fail_errno(error, errno, "CRIU %s", launch->program);
	if (launch->fd_count > CORC_CRIU_FDS_MAX)
		return corc_fail(error, E2BIG, "too many files for CRIU");
	criu.messages = memfd_create("corc-criu", MFD_CLOEXEC);
	if (null < 0 || criu.messages < 0)
		return corc_fail_errno(error, errno, "files for CRIU");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return corc_fail_errno(error, errno, "a socket for CRIU");
	criu.socket = pair[0];
	int CORC_CLOSE theirs = pair[1];

	child.fds[STDIN_FILENO] = launch->input < 0 ? null : launch->input;
	child.fds[STDOUT_FILENO] = launch->output < 0 ? null : launch->output;
	child.fds[STDERR_FILENO] = criu.messages;
	child.fds[SOCKET_FD] = theirs;
	child.fds[PROGRAM_FD] = program;
	child.fds[CONFIG_FD] = launch->config < 0 ? null : launch->config;
	if (launch->fd_count > 0)
		memcpy(child.fds + CORC_CRIU_FIRST_FD, launch->fds,
			launch->fd_count * sizeof(child.fds[0]));
	r = clone_child(&child, &criu, error);
	if (r < 0)
		return r;
	*ret_criu = criu;
	criu = (struct corc_criu)CORC_CRIU_EMPTY;
	return 0;
}

void corc_criu_end(struct corc_criu *criu)
{
	struct corc_exit status;

	/* It ends when nobody is there any more to ask for anything. */
	corc_close_(corc_take_fd(&criu->socket));
	if (criu->pidfd >= 0 && corc_wait_pidfd(criu->pidfd, END_PATIENCE_MS, &status) < 0) {
		(void)corc_pidfd_send_signal(criu->pidfd, SIGKILL);
		(void)corc_wait_pidfd(criu->pidfd, END_PATIENCE_MS, &status);
	}
	corc_close_(corc_take_fd(&criu->pidfd));
	corc_close_(corc_take_fd(&criu->messages));
}

/* "rchar: 1234" is the first line of proc_pid_io(5). */
uint64_t corc_read_bytes(pid_t pid)
{
	char path[64], text[256];
	uint64_t bytes = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/io", (int)pid);
	if (corc_read_small(AT_FDCWD, path, text, sizeof(text)) < 0)
		return 0;
	const char *number = strchr(text, ' ');

	if (!number ||
		corc_parse_u64(number + 1, strcspn(number + 1, "\n"), UINT64_MAX, &bytes) < 0)
		return 0;
	return bytes;
}
