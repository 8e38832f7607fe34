/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a process that corc started. Layer: run; the parent process. */
#include <corc/corc.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/process.h"

int corc_child_wait(struct corc_child *child, int *ret_status, struct corc_error *error)
{
	struct corc_exit status;
	int r = corc_wait_pidfd(child->pidfd, -1, &status);

	if (r < 0)
		return corc_fail_errno(error, -r, "waiting for process %d", (int)child->pid);
	corc_close_(child->pidfd);
	corc_close_(child->console_fd);
	child->pidfd = child->console_fd = CORC_NO_FD;
	*ret_status = status.killed ? 128 + status.code : status.code;
	return 0;
}
