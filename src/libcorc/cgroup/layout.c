/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cgroup hierarchies the host has mounted. Layer: cgroup; the parent process only.
 *
 * A host with cgroup v2 alone costs one statfs; only others have their mount table read.
 */
#include "cgroup/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/path.h"
#include "cgroup/cgroup.h"

#define TOP "/sys/fs/cgroup"
#define MOUNTINFO_MAX ((size_t)256 * 1024 * 1024)
#define OWN_PATHS "/proc/self/cgroup"
#define OWN_PATHS_MAX ((size_t)1024 * 1024)
#define DELETED " (deleted)"

/* The controllers of v1, of those words that stand among the options of its mounts. */
static bool is_controller(const char *word)
{
	static const char *const names[] = {"blkio", "cpu", "cpuacct", "cpuset", "debug", "devices",
		"freezer", "hugetlb", "memory", "misc", "net_cls", "net_prio", "perf_event", "pids",
		"rdma"};

	if (strncmp(word, "name=", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(word, names[i]) == 0)
			return true;
	return false;
}

/* "rw,xattr,cpu,cpuacct" → "cpu,cpuacct", in the same place. */
static void keep_controllers(char *options)
{
	char *to = options;
	char *word;

	for (char *rest = options; (word = strsep(&rest, ","));) {
		size_t length = strlen(word);

		if (!is_controller(word))
			continue;
		if (to != options)
			*to++ = ',';
		memmove(to, word, length);
		to += length;
	}
	*to = '\0';
}

/* Blanks and the like are written as "\040". */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
			from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* The fields of a line that count. */
struct mount {
	char *root, *mountpoint, *type, *options;
};

static bool parse_mount(char *line, struct mount *ret_mount)
{
	char *tail = strstr(line, " - ");
	struct mount mount;

	if (!tail)
		return false;
	*tail = '\0';
	tail += 3;
	for (int skipped = 0; skipped < 3; skipped++)
		if (!strsep(&line, " "))
			return false;
	mount.root = strsep(&line, " ");
	mount.mountpoint = strsep(&line, " ");
	mount.type = strsep(&tail, " ");
	(void)strsep(&tail, " ");
	mount.options = tail;
	if (!mount.root || !mount.mountpoint || !mount.options)
		return false;
	unescape(mount.root);
	unescape(mount.mountpoint);
	*ret_mount = mount;
	return true;
}

/* A later mount hides those below its mount point. */
static void forget_below(struct corc_cgroup_layout_reader *reader, const char *mountpoint)
{
	struct corc_cgroup_layout *layout = reader->layout;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < layout->count; i++) {
		if (corc_path_is_below(layout->hierarchies[i].mountpoint, mountpoint))
			continue;
		layout->hierarchies[kept] = layout->hierarchies[i];
		reader->roots[kept++] = reader->roots[i];
	}
	layout->count = kept;
}

/* Whether a hierarchy is there already: it may be mounted at more places than one. */
static bool is_known(const struct corc_cgroup_layout *layout, int version, const char *controllers)
{
	for (uint32_t i = 0; i < layout->count; i++)
		if (layout->hierarchies[i].version == version &&
			strcmp(layout->hierarchies[i].controllers, controllers) == 0)
			return true;
	return false;
}

static int add_hierarchy(
	struct corc_cgroup_layout_reader *reader, const struct mount *mount, int version)
{
	struct corc_cgroup_layout *layout = reader->layout;
	struct corc_cgroup_hierarchy *hierarchy = &layout->hierarchies[layout->count];

	if (version == 1)
		keep_controllers(mount->options);
	else
		mount->options[0] = '\0';
	if (is_known(layout, version, mount->options))
		return 0;
	if (layout->count == CORC_CGROUP_HIERARCHIES)
		return -E2BIG;
	hierarchy->version = version;
	hierarchy->mountpoint = corc_arena_strdup(reader->arena, mount->mountpoint);
	hierarchy->controllers = corc_arena_strdup(reader->arena, mount->options);
	reader->roots[layout->count] = corc_arena_strdup(reader->arena, mount->root);
	if (!hierarchy->mountpoint || !hierarchy->controllers || !reader->roots[layout->count])
		return -ENOMEM;
	hierarchy->self = NULL;
	layout->count++;
	return 0;
}

static enum corc_cgroup_mode mode_of(const struct corc_cgroup_layout *layout)
{
	uint32_t v1 = 0;

	for (uint32_t i = 0; i < layout->count; i++)
		v1 += layout->hierarchies[i].version == 1;
	if (layout->count == 0)
		return CORC_CGROUP_NONE;
	if (v1 == 0)
		return CORC_CGROUP_V2;
	return v1 == layout->count ? CORC_CGROUP_V1 : CORC_CGROUP_HYBRID;
}

int corc_cgroup_layout_mounts(
	struct corc_cgroup_layout_reader *reader, char *mountinfo, const char *top)
{
	struct mount mount;
	char *line;
	int r = 0;

	while (r == 0 && (line = strsep(&mountinfo, "\n"))) {
		if (!parse_mount(line, &mount) || !corc_path_is_below(mount.mountpoint, top))
			continue;
		forget_below(reader, mount.mountpoint);
		if (strcmp(mount.type, "cgroup") == 0)
			r = add_hierarchy(reader, &mount, 1);
		else if (strcmp(mount.type, "cgroup2") == 0)
			r = add_hierarchy(reader, &mount, 2);
	}
	reader->layout->mode = mode_of(reader->layout);
	return r;
}

/* The path below the mount; what the mount does not show is taken as its top. */
static const char *visible_path(const char *path, const char *root)
{
	size_t length = strlen(root);

	if (strncmp(path, "/..", 3) == 0 || !corc_path_is_below(path, root))
		return "/";
	if (length == 1)
		return path;
	return path[length] == '\0' ? "/" : path + length;
}

static void strip_deleted(char *path)
{
	size_t length = strlen(path);
	size_t suffix = sizeof(DELETED) - 1;

	if (length > suffix && strcmp(path + length - suffix, DELETED) == 0)
		path[length - suffix] = '\0';
}

/* A line is "9:cpu,cpuacct:/path"; that of v2 is "0::/path". */
int corc_cgroup_layout_own_paths(struct corc_cgroup_layout_reader *reader, char *text)
{
	struct corc_cgroup_layout *layout = reader->layout;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *number = strsep(&line, ":");
		char *controllers = strsep(&line, ":");

		if (!number || !controllers || !line || line[0] != '/')
			continue;
		strip_deleted(line);
		for (uint32_t i = 0; i < layout->count; i++) {
			struct corc_cgroup_hierarchy *hierarchy = &layout->hierarchies[i];

			if (strcmp(hierarchy->controllers, controllers) != 0)
				continue;
			hierarchy->self = corc_arena_strdup(
				reader->arena, visible_path(line, reader->roots[i]));
			if (!hierarchy->self)
				return -ENOMEM;
		}
	}
	return 0;
}

static int read_mounts(struct corc_cgroup_layout_reader *reader, struct corc_error *error)
{
	char CORC_FREE *text = NULL;
	size_t length;
	int r = corc_read_file(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, &length);

	if (r < 0)
		return corc_fail_errno(error, -r, "read /proc/self/mountinfo");
	r = corc_cgroup_layout_mounts(reader, text, TOP);
	return r < 0 ? corc_fail_errno(error, -r, "the cgroup mounts below " TOP) : 0;
}

static int read_own_paths(struct corc_cgroup_layout_reader *reader, struct corc_error *error)
{
	char usual[4096];
	char CORC_FREE *large = NULL;
	size_t length;
	int r = (int)corc_read_small(AT_FDCWD, OWN_PATHS, usual, sizeof(usual));

	if (r == -EFBIG)
		r = corc_read_file(AT_FDCWD, OWN_PATHS, OWN_PATHS_MAX, &large, &length);
	if (r >= 0)
		r = corc_cgroup_layout_own_paths(reader, large ? large : usual);
	return r < 0 ? corc_fail_errno(error, -r, "read " OWN_PATHS) : 0;
}

static void set_unified(struct corc_cgroup_layout_reader *reader)
{
	reader->layout->mode = CORC_CGROUP_V2;
	reader->layout->count = 1;
	reader->layout->hierarchies[0] = (struct corc_cgroup_hierarchy){
		.version = 2,
		.mountpoint = TOP,
		.controllers = "",
	};
	reader->roots[0] = "/";
}

int corc_cgroup_layout_read(struct corc_arena *arena, bool own_paths,
	struct corc_cgroup_layout *ret_layout, struct corc_error *error)
{
	struct corc_cgroup_layout layout = {0};
	struct corc_cgroup_layout_reader reader = {.arena = arena, .layout = &layout};
	struct statfs file_system;
	int r = 0;

	if (statfs(TOP, &file_system) < 0) {
		if (errno != ENOENT)
			return corc_fail_errno(error, errno, "statfs " TOP);
	} else if (file_system.f_type == CGROUP2_SUPER_MAGIC) {
		set_unified(&reader);
	} else {
		r = read_mounts(&reader, error);
	}
	if (r == 0 && own_paths && layout.count > 0)
		r = read_own_paths(&reader, error);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_CGROUP);
	*ret_layout = layout;
	return 0;
}
