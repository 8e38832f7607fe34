/* SPDX-License-Identifier: Apache-2.0 */
/* In the namespaces of the stage. Layer: run; the parent process. */
#include "run/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/process.h"

#define CHILD_STACK ((size_t)512 * 1024) /* pages that are not touched cost nothing */

struct visit {
	const struct corc_inside *inside;
	void (*function)(void *argument);
	void *argument;
	int code; /* errno of entering; the memory is shared with the parent */
};

void corc_inside_close(struct corc_inside *inside)
{
	if (!inside->is_open)
		return;
	corc_close_(inside->user_fd);
	corc_close_(inside->mount_fd);
	corc_close_(inside->root_fd);
	inside->is_open = false;
}

static int open_namespace(pid_t pid, const char *name, struct corc_error *error)
{
	char path[40];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? corc_fail_errno(error, errno, "the container's %s namespace", name) : fd;
}

static void open_root(void *argument)
{
	struct corc_inside *inside = argument;

	inside->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (inside->root_fd < 0)
		inside->root_fd = -errno;
}

int corc_inside_open(pid_t pid, struct corc_inside *ret_inside, struct corc_error *error)
{
	struct corc_inside CORC_CLEANUP(corc_inside_close) inside = {.is_open = true,
		.user_fd = open_namespace(pid, "user", error),
		.mount_fd = CORC_NO_FD,
		.root_fd = CORC_NO_FD};
	int r = inside.user_fd;

	if (r >= 0)
		r = inside.mount_fd = open_namespace(pid, "mnt", error);
	if (r >= 0)
		r = corc_inside_call(&inside, open_root, &inside, error);
	if (r == 0 && inside.root_fd < 0)
		r = corc_fail_errno(
			error, -inside.root_fd, "the root of the container's namespace");
	if (r < 0)
		return corc_error_step(error, CORC_STEP_NAMESPACES);
	*ret_inside = inside;
	inside.is_open = false;
	return 0;
}

/*
 * The kernel puts who enters a mount namespace at the top of all that is mounted on its root, which
 * is the container's as soon as the stage has attached that: its links would be followed.
 */
static int enter(const struct corc_inside *inside)
{
	int r = corc_setns(inside->user_fd, CLONE_NEWUSER);

	if (r == 0)
		r = corc_setns(inside->mount_fd, CLONE_NEWNS);
	if (r == 0 && inside->root_fd >= 0 && (fchdir(inside->root_fd) < 0 || chroot(".") < 0))
		r = -errno;
	return r;
}

/* In the child, on a stack of its own, all signals blocked, the parent's thread waiting. */
static int run_child(void *data)
{
	struct visit *visit = data;
	int r = enter(visit->inside);

	visit->code = -r;
	if (r == 0)
		visit->function(visit->argument);
	return 0;
}

int corc_inside_call(const struct corc_inside *inside, void (*function)(void *argument),
	void *argument, struct corc_error *error)
{
	struct visit visit = {inside, function, argument, EPROTO};
	int pidfd = CORC_NO_FD;
	struct clone_args args = {
		.flags = CLONE_FILES | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd};
	void *stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	struct corc_exit ignored;

	if (stack == MAP_FAILED)
		return corc_fail_errno(error, errno, "entering the container's namespaces");
	uint64_t before = corc_block_signals(UINT64_MAX);
	pid_t pid = corc_clone3_vfork(&args, stack, CHILD_STACK, run_child, &visit);

	(void)corc_block_signals(before);
	(void)munmap(stack, CHILD_STACK);
	if (pid < 0)
		return corc_fail_errno(error, -pid, "entering the container's namespaces");
	(void)corc_wait_pidfd(pidfd, -1, &ignored);
	corc_close_(pidfd);
	if (visit.code)
		return corc_fail_errno(error, visit.code, "entering the container's namespaces");
	return 0;
}
