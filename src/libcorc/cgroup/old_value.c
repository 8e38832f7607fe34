/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the files of cgroups are set back. Layer: cgroup; the parent process only.
 */
#include <string.h>

#include "cgroup/update.h"

#define OOM_CONTROL "memory.oom_control"
#define OOM_KILL_DISABLE "oom_kill_disable"

/*
 * Files with a line for each key, where a write changes one of them; and what stands for a key that
 * has no line.
 */
static const struct {
	const char *file;
	const char *missing;
} keyed[] = {
	{"blkio.bfq.weight_device", "0"},
	{"blkio.leaf_weight_device", "0"},
	{"blkio.throttle.read_bps_device", "0"},
	{"blkio.throttle.read_iops_device", "0"},
	{"blkio.throttle.write_bps_device", "0"},
	{"blkio.throttle.write_iops_device", "0"},
	{"blkio.weight_device", "0"},
	{"dmem.low", "0"},
	{"dmem.max", "max"},
	{"dmem.min", "0"},
	{"io.bfq.weight", "default"},
	{"io.latency", "target=0"},
	{"io.max", "rbps=max wbps=max riops=max wiops=max"},
	{"io.weight", "default"},
	{"misc.max", "max"},
	{"net_prio.ifpriomap", "0"},
	{"rdma.max", "hca_handle=max hca_object=max"},
};

/* The line of `content` that begins with the key, *ret_length bytes. NULL: there is none. */
static const char *find_line(
	const char *content, const char *key, size_t key_length, size_t *ret_length)
{
	for (const char *line = content; *line != '\0';) {
		size_t length = strcspn(line, "\n");

		if (length > key_length && memcmp(line, key, key_length) == 0 &&
			line[key_length] == ' ') {
			*ret_length = length;
			return line;
		}
		line += length;
		line += *line == '\n';
	}
	return NULL;
}

/* A value alone is that of the key "default". */
static const char *old_line(
	struct corc_arena *arena, const char *written, const char *content, const char *missing)
{
	const char *key = strchr(written, ' ') ? written : "default ";
	size_t key_length = strcspn(key, " ");
	size_t length = 0;
	const char *line = find_line(content, key, key_length, &length);

	if (line)
		return corc_arena_strndup(arena, line, length);
	if (key != written)
		return corc_arena_strdup(arena, content);
	return corc_arena_printf(arena, "%.*s %s", (int)key_length, key, missing);
}

const char *corc_cgroup_old_value(
	struct corc_arena *arena, const char *file, const char *written, const char *content)
{
	size_t length = 0;

	for (size_t i = 0; i < sizeof(keyed) / sizeof(keyed[0]); i++)
		if (strcmp(keyed[i].file, file) == 0)
			return old_line(arena, written, content, keyed[i].missing);
	if (strcmp(file, OOM_CONTROL) == 0) {
		const char *line =
			find_line(content, OOM_KILL_DISABLE, strlen(OOM_KILL_DISABLE), &length);
		size_t skipped = sizeof(OOM_KILL_DISABLE);

		if (line)
			return corc_arena_strndup(arena, line + skipped, length - skipped);
	}
	/* A write of nothing is none. */
	return corc_arena_strdup(arena, content[0] != '\0' ? content : "\n");
}
