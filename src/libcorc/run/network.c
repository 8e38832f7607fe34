/* SPDX-License-Identifier: Apache-2.0 */
/* Making a network namespace ahead. Layer: run; the parent process. */
#include "run/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/arch.h"
#include "sys/process.h"

#define END_PATIENCE_MS 1000
/* How often is looked whether the process still lives. */
#define LOOK_MS 100

/* In the process of its own, all signals blocked, while the parent goes on. */
static int make(void *argument)
{
	static const char path[] = "/proc/self/ns/net";
	struct corc_network *network = argument;
	long r = corc_raw_syscall(SYS_unshare, CLONE_NEWNET, 0, 0, 0);

	if (r == 0)
		r = corc_raw_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
	__atomic_store_n(&network->result, (int)r, __ATOMIC_RELEASE);
	(void)corc_raw_syscall(SYS_futex, (long)&network->result, FUTEX_WAKE_PRIVATE, 1, 0);
	return 0;
}

int corc_network_begin(struct corc_network *network, struct corc_error *error)
{
	int pidfd = CORC_NO_FD;
	struct clone_args args = {
		.flags = CLONE_FILES | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd};
	uint64_t before = corc_block_signals(UINT64_MAX);
	pid_t pid = corc_clone3_beside(&args, network->stack, CORC_NETWORK_STACK, make, network);

	(void)corc_block_signals(before);
	if (pid < 0)
		return corc_fail_errno(error, -pid, "starting to make the network namespace");
	network->pidfd = pidfd;
	return 0;
}

static bool has_ended(struct corc_network *network)
{
	struct corc_exit status;

	if (corc_wait_pidfd(network->pidfd, 0, &status) == -ETIMEDOUT)
		return false;
	corc_close_(corc_take_fd(&network->pidfd));
	return true;
}

/* Not for its end, which comes later: the process is reaped by corc_network_done. */
static int wait_for_result(struct corc_network *network, uint32_t deadline_ms)
{
	static const struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
	uint64_t end = corc_now_ms() + deadline_ms;

	for (;;) {
		int r = __atomic_load_n(&network->result, __ATOMIC_ACQUIRE);

		if (r != -EINPROGRESS)
			return r;
		if (syscall(SYS_futex, &network->result, FUTEX_WAIT_PRIVATE, r, &look) == 0 ||
			errno != ETIMEDOUT)
			continue;
		if (has_ended(network))
			return -ECHILD;
		if (corc_now_ms() >= end)
			return -ETIMEDOUT;
	}
}

int corc_network_end(struct corc_network *network, uint32_t deadline_ms, struct corc_error *error)
{
	int r = wait_for_result(network, deadline_ms);

	if (r < 0)
		return corc_fail_errno(error, -r, "making the network namespace");
	network->result = CORC_NO_FD;
	return r;
}

void corc_network_done(struct corc_network *network)
{
	struct corc_exit status;

	if (network->pidfd >= 0) {
		/* As long as it runs its stack is in use. Where the kernel lets it wait it can be
		 * killed. */
		if (corc_wait_pidfd(network->pidfd, END_PATIENCE_MS, &status) == -ETIMEDOUT) {
			(void)corc_pidfd_send_signal(network->pidfd, SIGKILL);
			(void)corc_wait_pidfd(network->pidfd, -1, &status);
		}
		corc_close_(corc_take_fd(&network->pidfd));
	}
	corc_close_(corc_take_fd(&network->result));
}
