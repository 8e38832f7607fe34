/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits that a container has now. Layer: cgroup; the parent process only.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "cgroup/directory.h"
#include "cgroup/update.h"

#define DEFAULT_PERIOD 100000
/* v1 counts pages: "unlimited" is the largest whole page, of up to 64 KiB, that fits. */
#define UNLIMITED_V1 (INT64_MAX - 65535)

/* A number; "max" and what v1 has for it are -1. False: it stays as it was. */
static bool read_number(int fd, const char *file, int64_t *ret_number)
{
	char text[64];
	ssize_t length = corc_read_small(fd, file, text, sizeof(text));
	int64_t number;

	if (length <= 0)
		return false;
	if (strcmp(text, "max") == 0)
		number = -1;
	else if (corc_parse_i64(text, (size_t)length, &number) < 0)
		return false;
	*ret_number = number >= UNLIMITED_V1 ? -1 : number;
	return true;
}

static void read_unsigned(int fd, const char *file, uint64_t *ret_number)
{
	int64_t number;

	if (read_number(fd, file, &number) && number >= 0)
		*ret_number = (uint64_t)number;
}

static void read_memory(int fd, int version, struct corc_cgroup_current *current)
{
	bool is_v1 = version == 1;

	(void)read_number(
		fd, is_v1 ? "memory.limit_in_bytes" : "memory.max", &current->memory_limit);
	(void)read_number(fd, is_v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max",
		&current->memory_swap);
	read_unsigned(
		fd, is_v1 ? "memory.usage_in_bytes" : "memory.current", &current->memory_usage);
}

/* "QUOTA PERIOD", of which the first may be "max". */
static void read_cpu_max(int fd, struct corc_cgroup_current *current)
{
	char text[64];
	ssize_t length = corc_read_small(fd, "cpu.max", text, sizeof(text));
	char *blank = length > 0 ? strchr(text, ' ') : NULL;
	int64_t quota = -1;
	uint64_t period;

	if (!blank || corc_parse_u64(blank + 1, strlen(blank + 1), UINT64_MAX, &period) < 0 ||
		(strncmp(text, "max ", 4) != 0 &&
			corc_parse_i64(text, (size_t)(blank - text), &quota) < 0))
		return;
	current->cpu_quota = quota;
	current->cpu_period = period;
}

static void read_cpu(int fd, int version, struct corc_cgroup_current *current)
{
	if (version == 2) {
		read_cpu_max(fd, current);
		read_unsigned(fd, "cpu.max.burst", &current->cpu_burst);
		return;
	}
	(void)read_number(fd, "cpu.cfs_quota_us", &current->cpu_quota);
	read_unsigned(fd, "cpu.cfs_period_us", &current->cpu_period);
	read_unsigned(fd, "cpu.cfs_burst_us", &current->cpu_burst);
	(void)read_number(fd, "cpu.rt_runtime_us", &current->realtime_runtime);
	read_unsigned(fd, "cpu.rt_period_us", &current->realtime_period);
}

void corc_cgroup_current_read(const struct corc_cgroup_plan *place,
	const struct corc_cgroup_ref *ref, struct corc_cgroup_current *ret_current)
{
	static const struct {
		const char *controller;
		void (*read)(int fd, int version, struct corc_cgroup_current *current);
	} parts[] = {{"memory", read_memory}, {"cpu", read_cpu}};
	struct corc_cgroup_current current = {
		.memory_limit = -1,
		.memory_swap = -1,
		.cpu_quota = -1,
		.cpu_period = DEFAULT_PERIOD,
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t index = corc_cgroup_plan_directory(place, parts[i].controller);
		int CORC_CLOSE fd = CORC_NO_FD;

		if (index == place->directory_count)
			continue;
		fd = corc_cgroup_open_own(&ref->directories.items[index]);
		if (fd >= 0)
			parts[i].read(fd, place->directories[index].version, &current);
	}
	*ret_current = current;
}
