/* SPDX-License-Identifier: Apache-2.0 */
/* What a cgroup knows about a failure that looks like something else. Layer: cgroup. */
#include "cgroup/hint.h"

#include <errno.h>
#include <limits.h>
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
static const char *const usage_files[] = {"memory.usage_in_bytes", "memory.current"};
static const char *const event_files[] = {"memory.oom_control", "memory.events"};

/* The directory with a controller, or NULL; its version is 1 or 2. */
static const struct corc_cgroup_ref_directory *find_directory(
	const struct corc_cgroup_ref *ref, const char *controller)
{
	for (size_t i = 0; ref && i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *item = &ref->directories.items[i];

		/* Beside hierarchies of version 1 that of version 2 has no controllers. */
		if (item->version == 2 ? ref->directories.count == 1
				       : corc_cgroup_lists(item->controllers, controller))
			return item;
	}
	return NULL;
}

static ssize_t read_line(int fd, const char *file, char line[NUMBER_SIZE])
{
	ssize_t length = corc_read_small(fd, file, line, NUMBER_SIZE);

	if (length >= 0)
		line[strcspn(line, "\n")] = '\0';
	return length;
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
	const struct corc_cgroup_ref_directory *memory = find_directory(ref, "memory");
	char text[TEXT_SIZE], limit[NUMBER_SIZE], usage[NUMBER_SIZE];
	uint64_t killed = 0;

	if (!memory)
		return -error->code;
	size_t version = memory->version - 1;
	int CORC_CLOSE fd = corc_cgroup_open_own(memory);

	if (fd < 0 || corc_read_small(fd, event_files[version], text, sizeof(text)) < 0 ||
		read_line(fd, limit_files[version], limit) < 0 ||
		read_line(fd, usage_files[version], usage) < 0 ||
		!find_number(text, "oom_kill", &killed) || killed == 0)
		return -error->code;
	return corc_error_hint(error,
		"the kernel killed it because the container ran out of memory: %s is %s, %s is %s now",
		limit_files[version], limit, usage_files[version], usage);
}

/* Whether as many processes are below this cgroup as may be born there. */
static bool is_full(int fd, char limit[NUMBER_SIZE], char current[NUMBER_SIZE])
{
	uint64_t most = 0, count = 0;

	return read_line(fd, "pids.max", limit) >= 0 &&
	       read_line(fd, "pids.current", current) >= 0 &&
	       corc_parse_u64(limit, strlen(limit), UINT64_MAX, &most) == 0 &&
	       corc_parse_u64(current, strlen(current), UINT64_MAX, &count) == 0 && count >= most;
}

int corc_cgroup_hint_full(const struct corc_cgroup_ref *ref, struct corc_error *error)
{
	const struct corc_cgroup_ref_directory *pids = find_directory(ref, "pids");
	char directory[PATH_MAX], limit[NUMBER_SIZE], current[NUMBER_SIZE];

	if (error->code != EAGAIN || !pids || strlen(pids->directory) >= sizeof(directory))
		return -error->code;
	(void)snprintf(directory, sizeof(directory), "%s", pids->directory);
	/* The limits of those above hold, too. The root of the hierarchy has none. */
	while (directory[0]) {
		int CORC_CLOSE fd = corc_cgroup_open_path(directory);

		if (fd >= 0 && is_full(fd, limit, current))
			return corc_error_hint(error, "%s is full: pids.current is %s, pids.max %s",
				directory, current, limit);
		char *slash = strrchr(directory, '/');

		if (!slash)
			break;
		*slash = '\0';
	}
	return -error->code;
}
