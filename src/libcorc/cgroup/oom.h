/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Learning that a container ran out of memory. Layer: cgroup; the parent process only.
 */
#ifndef CORC_CGROUP_OOM_H
#define CORC_CGROUP_OOM_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup/cgroup.h"

struct corc_oom_watch {
	uint32_t version;
	int directory_fd;
	int event_fd; /* readable when something happened; negative: there is no memory controller
		       */
	int control_fd;
	uint64_t killed; /* v2: how many processes were killed, as far as it was told */
};

#define CORC_OOM_WATCH_EMPTY                                         \
	{                                                            \
		.directory_fd = -1, .event_fd = -1, .control_fd = -1 \
	}

/* What happened before does not count. No memory controller is no error. */
int corc_cgroup_oom_open(const struct corc_cgroup_ref *ref, struct corc_oom_watch *ret_watch,
	struct corc_error *error);

/*
 * Whether it happened since the last call, never waiting. A group that is gone had nothing to tell.
 */
int corc_cgroup_oom_read(
	struct corc_oom_watch *watch, bool *ret_happened, struct corc_error *error);

/* Accepts an empty one. */
void corc_cgroup_oom_close(struct corc_oom_watch *watch);

#endif
