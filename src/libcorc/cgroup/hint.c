/* SPDX-License-Identifier: Apache-2.0 */
/* What a cgroup knows about a failure that looks like something else. Layer: cgroup. */
#include "cgroup/hint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "cgroup/directory.h"
#include "plan/cgroup_plan.h"

#define TEXT_SIZE 1024
#define NUMBER_SIZE 32

/* The files of the memory controller, by the version of the hierarchy. */
static const char *const limit_files[] = {"memory.limit_in_bytes", "memory.max"};
static const char *const event_files[] = {"memory.oom_control", "memory.events"};

/* The directory with the memory controller; *ret_version is 1 or 2. Negative: there is none. */
static int open_memory(const struct corc_cgroup_ref *ref, uint32_t *ret_version)
{
	for (size_t i = 0; ref && i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *item = &ref->directories.items[i];

		/* Beside hierarchies of version 1 that of version 2 has no controllers. */
		if (item->version == 2 ? ref->directories.count > 1
				       : !corc_cgroup_lists(item->controllers, "memory"))
			continue;
		*ret_version = item->version;
		return corc_cgroup_open_own(item);
	}
	return -ENOENT;
}

/* The number behind a key at the start of a line; false when it is not there. */
static bool find_number(const char *text, const char *key, uint64_t *ret_value)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ' ') {
			const char *number = line + length + 1;

			return corc_parse_u64(
				       number, strcspn(number, "\n"), UINT64_MAX, ret_value) == 0;
		}
	}
	return false;
}

int corc_cgroup_hint_killed(const struct corc_cgroup_ref *ref, struct corc_error *error)
{
	char text[TEXT_SIZE], limit[NUMBER_SIZE];
	uint32_t version = 0;
	uint64_t killed = 0;
	int CORC_CLOSE fd = open_memory(ref, &version);

	if (fd < 0 || corc_read_small(fd, event_files[version - 1], text, sizeof(text)) < 0 ||
		corc_read_small(fd, limit_files[version - 1], limit, sizeof(limit)) < 0 ||
		!find_number(text, "oom_kill", &killed) || killed == 0)
		return -error->code;
	return corc_error_hint(error,
		"the kernel killed it because the container ran out of memory: %s is %s",
		limit_files[version - 1], limit);
}
