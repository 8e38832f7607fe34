/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes in the words of an error: what is it that does not end, or does not freeze. Layer:
 * cgroup; the parent process only.
 */
#ifndef CORC_CGROUP_DESCRIBE_PROCESS_H
#define CORC_CGROUP_DESCRIBE_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buffer.h"

/* Appends ` 12 "sleep" (state D in nfs_wait)`; nothing of a process that is gone. */
void corc_cgroup_describe_process(struct corc_buffer *text, int proc_fd, pid_t pid);

/*
 * Appends the threads of these processes that no signal and no freezer reaches now (state D), at
 * most `max` of them, in the same form. Returns how many there are. What the freezer of v1 holds is
 * in that state, too.
 */
size_t corc_cgroup_describe_uninterruptible(
	struct corc_buffer *text, int proc_fd, const pid_t *pids, size_t count, size_t max);

#endif
