/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the processes of a container use. Layer: cgroup; the parent process only.
 */
#ifndef CORC_CGROUP_STATS_H
#define CORC_CGROUP_STATS_H

#include <corc/stats.h>

#include "cgroup/cgroup.h"

/*
 * Reads the statistics of all controllers into the arena. In hybrid mode the controllers of v1 come
 * before those of v2. ENOENT, ESTALE: a cgroup is gone; EBADMSG: a file makes no sense.
 */
int corc_cgroup_stats(struct corc_arena *arena, const struct corc_cgroup_ref *ref,
	struct corc_stats *ret_stats, struct corc_error *error);

#endif
