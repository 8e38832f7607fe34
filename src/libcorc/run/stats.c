/* SPDX-License-Identifier: Apache-2.0 */
/* What a container uses. Layer: run; the parent process. */
#include "run/stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cgroup/stats.h"

int corc_stats_check_running(const struct corc_container *container, struct corc_error *error)
{
	return container->status == CORC_STATUS_STOPPED
		       ? corc_fail(error, ESRCH, "container with id %s is not running",
				 container->state.id)
		       : 0;
}

int corc_stats_read(const struct corc_container *container, struct corc_stats *ret_stats,
	struct corc_error *error)
{
	struct corc_arena *arena = calloc(1, sizeof(*arena));
	struct corc_stats stats = {0};
	int r;

	if (!arena)
		return corc_fail_errno(error, ENOMEM, "statistics");
	r = corc_cgroup_stats(arena, &container->state.cgroup, &stats, error);
	stats.storage = arena;
	if (r == 0)
		*ret_stats = stats;
	else
		corc_stats_done(&stats);
	return r;
}

void corc_stats_done(struct corc_stats *stats)
{
	if (stats->storage) {
		corc_arena_done(stats->storage);
		free(stats->storage);
	}
	memset(stats, 0, sizeof(*stats));
}

int corc_container_stats(struct corc_runtime *runtime, const char *id, struct corc_stats *ret_stats,
	struct corc_error *error)
{
	struct corc_container CORC_CLEANUP(corc_container_close) container = CORC_CONTAINER_EMPTY;
	int r = corc_container_open(runtime, id, false, &container, error);

	if (r == 0)
		r = corc_stats_check_running(&container, error);
	return r < 0 ? r : corc_stats_read(&container, ret_stats, error);
}
