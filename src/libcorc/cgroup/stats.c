/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the processes of a container use. Layer: cgroup; the parent process only.
 */
#include "cgroup/stats.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cgroup/directory.h"
#include "cgroup/stats_versions.h"

static int read_directory(struct corc_arena *arena,
	const struct corc_cgroup_ref_directory *directory, struct corc_stats *stats,
	struct corc_error *error)
{
	int CORC_CLOSE fd = corc_cgroup_open_own(directory);
	struct corc_stats_reader reader = {
		.arena = arena, .error = error, .directory = directory->directory, .fd = fd};

	if (fd < 0)
		return corc_fail_errno(error, -fd, "cgroup %s", directory->directory);
	return directory->version == 2 ? corc_stats_v2(&reader, stats)
				       : corc_stats_v1(&reader, directory->controllers, stats);
}

int corc_cgroup_stats(struct corc_arena *arena, const struct corc_cgroup_ref *ref,
	struct corc_stats *ret_stats, struct corc_error *error)
{
	struct corc_stats stats = {0};

	/* v1 after v2: each controller is in one of them, and v2 counts some without it. */
	for (uint32_t version = 2; version >= 1; version--) {
		for (size_t i = 0; i < ref->directories.count; i++) {
			const struct corc_cgroup_ref_directory *directory =
				&ref->directories.items[i];

			if (directory->version == version &&
				read_directory(arena, directory, &stats, error) < 0)
				return corc_error_step(error, CORC_STEP_CGROUP);
		}
	}
	*ret_stats = stats;
	return 0;
}
