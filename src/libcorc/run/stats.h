/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of a container that is open. Layer: run; the parent process. */
#ifndef CORC_RUN_STATS_H
#define CORC_RUN_STATS_H

#include <corc/stats.h>

#include "run/container.h"

/* ESRCH: "container with id X is not running". */
int corc_stats_check_running(const struct corc_container *container, struct corc_error *error);

/* To be given back with corc_stats_done. */
int corc_stats_read(const struct corc_container *container, struct corc_stats *ret_stats,
	struct corc_error *error);

#endif
