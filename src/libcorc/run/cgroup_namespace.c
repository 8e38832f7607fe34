/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup namespaces for processes that are elsewhere. Layer: run; the parent process. */
#include "run/cgroup_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sys/process.h"

#define CHILD_STACK 16384

/* The memory and the descriptors are the parent's. */
static int make(void *argument)
{
	int *result = argument;
	int r = corc_unshare(CLONE_NEWCGROUP);

	if (r == 0) {
		int fd = open("/proc/self/ns/cgroup", O_RDONLY | O_CLOEXEC);

		r = fd < 0 ? -errno : fd;
	}
	*result = r;
	return 0;
}

int corc_cgroup_namespace_make(int directory_fd)
{
	char stack[CHILD_STACK] __attribute__((aligned(64)));
	int pidfd = CORC_NO_FD, result = -EPROTO;
	struct clone_args args = {.flags = CLONE_FILES | CLONE_PIDFD | CLONE_INTO_CGROUP,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.cgroup = (uint64_t)directory_fd};
	struct corc_exit ignored;
	uint64_t before = corc_block_signals(UINT64_MAX);
	pid_t pid = corc_clone3_vfork(&args, stack, sizeof(stack), make, &result);

	(void)corc_block_signals(before);
	if (pid < 0)
		return (int)pid;
	(void)corc_wait_pidfd(pidfd, -1, &ignored);
	corc_close_(pidfd);
	return result;
}
