/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics of one directory of a version. Layer: cgroup; the parent process only.
 * They leave alone what the directory does not tell. Negative errno with the reader's error filled.
 */
#ifndef CORC_CGROUP_STATS_VERSIONS_H
#define CORC_CGROUP_STATS_VERSIONS_H

#include "cgroup/stats_read.h"

/* `controllers`: those of the directory. */
int corc_stats_v1(
	const struct corc_stats_reader *reader, const char *controllers, struct corc_stats *stats);
int corc_stats_v2(const struct corc_stats_reader *reader, struct corc_stats *stats);

#endif
