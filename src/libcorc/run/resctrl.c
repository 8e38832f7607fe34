/* SPDX-License-Identifier: Apache-2.0 */
/* linux.intelRdt. Layer: run; the parent process. */
#include "run/resctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"

#define MOUNTINFO_MAX ((size_t)64 * 1024 * 1024)
#define STATUS_MAX 256

static const struct corc_json_field resctrl_fields[] = {
	{.name = "group", .type = CORC_JSON_STRING, .offset = offsetof(struct corc_resctrl, group)},
	{.name = "monitor",
		.type = CORC_JSON_STRING,
		.offset = offsetof(struct corc_resctrl, monitor)},
	{.name = "made", .type = CORC_JSON_BOOL, .offset = offsetof(struct corc_resctrl, is_made)},
};

const struct corc_json_object corc_resctrl_object = {
	.name = "resctrl",
	.size = sizeof(struct corc_resctrl),
	.node_offset = offsetof(struct corc_resctrl, node),
	.fields = resctrl_fields,
	.count = sizeof(resctrl_fields) / sizeof(resctrl_fields[0]),
};

/* The mount point in a line of mountinfo of that file system; NULL in others. */
static char *mountpoint_of(char *line)
{
	char *separator = strstr(line, " - ");

	if (!separator || strncmp(separator + 3, "resctrl ", 8) != 0)
		return NULL;
	for (int field = 0; field < 4 && line; field++)
		(void)strsep(&line, " ");
	return strsep(&line, " ");
}

int corc_resctrl_open(struct corc_error *error)
{
	char CORC_FREE *mountinfo = NULL;
	char *rest, *line, *mountpoint = NULL;
	size_t length;
	int r = corc_read_file(
		AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &mountinfo, &length);

	if (r < 0)
		return corc_fail_errno(error, -r, "/proc/self/mountinfo");
	rest = mountinfo;
	while (!mountpoint && (line = strsep(&rest, "\n")))
		mountpoint = mountpoint_of(line);
	if (!mountpoint) {
		(void)corc_fail(error, ENOTSUP, "intelRdt: resctrl is not mounted");
		return corc_error_hint(error,
			"mount -t resctrl resctrl /sys/fs/resctrl, where the processor has it");
	}
	int fd = open(mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? corc_fail_errno(error, errno, "%s", mountpoint) : fd;
}

static int fail(const struct corc_spec *spec, const char *key, struct corc_error *error)
{
	const struct corc_spec_intel_rdt *rdt = spec->linux_.intel_rdt;

	corc_json_origin(&spec->document,
		corc_json_find(&spec->document, rdt->node, key, UINT32_MAX), &error->origin);
	return corc_error_step(error, CORC_STEP_CGROUP);
}

/* All lines that are given, each with its end. */
static void put_schemata(const struct corc_spec_intel_rdt *rdt, struct corc_buffer *text)
{
	if (rdt->l3_cache_schema)
		corc_buffer_printf(text, "%s\n", rdt->l3_cache_schema);
	if (rdt->memory_bandwidth_schema)
		corc_buffer_printf(text, "%s\n", rdt->memory_bandwidth_schema);
	for (size_t i = 0; i < rdt->schemata.count; i++)
		corc_buffer_printf(text, "%s\n", rdt->schemata.items[i]);
}

static bool has_schemata(const struct corc_spec_intel_rdt *rdt)
{
	return rdt->l3_cache_schema || rdt->memory_bandwidth_schema || rdt->schemata.count > 0;
}

static bool same_word(const char *a, size_t a_length, const char *b, size_t b_length)
{
	for (; a_length > 0 && (*a == ' ' || *a == '0'); a_length--)
		a++;
	for (; b_length > 0 && (*b == ' ' || *b == '0'); b_length--)
		b++;
	return a_length == b_length && strncasecmp(a, b, a_length) == 0;
}

/* "0=ff" among "0=00ff;1=0f": the kernel fills up with zeros. */
static bool has_domain(const char *domains, const char *wanted, size_t length)
{
	size_t name = strcspn(wanted, "=");

	if (name >= length)
		return false;
	while (*domains) {
		size_t end = strcspn(domains, ";"), equals = strcspn(domains, "=");

		if (equals < end && same_word(domains, equals, wanted, name) &&
			same_word(domains + equals + 1, end - equals - 1, wanted + name + 1,
				length - name - 1))
			return true;
		domains += end + (domains[end] == ';');
	}
	return false;
}

/* Whether every domain of the line "L3:0=ff;1=ff" has that value in the line of the same name. */
static bool line_is_in(const char *line, char *found)
{
	size_t name = strcspn(line, ":");
	char *there;

	while ((there = strsep(&found, "\n"))) {
		const char *start = there + strspn(there, " ");

		if (strncmp(start, line, name) != 0 || start[name] != ':' || line[name] != ':')
			continue;
		for (const char *at = line + name + 1; *at;) {
			size_t length = strcspn(at, ";");

			if (!has_domain(start + name + 1, at, length))
				return false;
			at += length + (at[length] == ';');
		}
		return true;
	}
	return false;
}

static int check_schemata(
	int root, const char *group, const struct corc_spec *spec, struct corc_error *error)
{
	const struct corc_spec_intel_rdt *rdt = spec->linux_.intel_rdt;
	struct corc_buffer CORC_BUFFER wanted = {0};
	char path[512], there[CORC_SCHEMATA_MAX], copy[CORC_SCHEMATA_MAX];
	char *rest, *line;
	ssize_t got;

	put_schemata(rdt, &wanted);
	(void)snprintf(path, sizeof(path), "%s/schemata", group);
	got = corc_read_small(root, path, there, sizeof(there));
	if (got < 0 || wanted.failed)
		return corc_fail_errno(
			error, got < 0 ? (int)-got : ENOMEM, "intelRdt: schemata of %s", group);
	rest = wanted.data;
	while ((line = strsep(&rest, "\n")) && *line) {
		memcpy(copy, there, sizeof(copy));
		if (line_is_in(line, copy))
			continue;
		(void)corc_fail(error, EINVAL,
			"intelRdt: the group %s is there already, and its schemata differ from \"%s\"",
			group, line);
		return fail(spec, NULL, error);
	}
	return 0;
}

static bool is_directory(int root, const char *path)
{
	struct stat status;

	return fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

int corc_resctrl_intend(int root, const struct corc_spec *spec, const char *id,
	struct corc_resctrl *ret_groups, struct corc_error *error)
{
	const struct corc_spec_intel_rdt *rdt = spec->linux_.intel_rdt;
	struct corc_resctrl groups = {.group = rdt->clos_id ? rdt->clos_id : id};
	int r = 0;

	if (strcmp(groups.group, "/") == 0)
		groups.group = ".";
	if (is_directory(root, groups.group)) {
		r = has_schemata(rdt) ? check_schemata(root, groups.group, spec, error) : 0;
	} else if (rdt->clos_id && !has_schemata(rdt)) {
		(void)corc_fail(error, ENOENT,
			"intelRdt: there is no group %s, and no schemata to make it with",
			groups.group);
		r = fail(spec, "closID", error);
	} else {
		groups.is_made = true;
	}
	if (r < 0)
		return r;
	if (rdt->enable_monitoring) {
		groups.monitor = corc_arena_printf(
			spec->document.arena, "%s/mon_groups/%s", groups.group, id);
		if (!groups.monitor)
			return corc_fail_errno(error, ENOMEM, "intelRdt");
	}
	*ret_groups = groups;
	return 0;
}

/* What the file system says to the last that was refused, behind the errno. */
static int fail_write(int root, int r, const char *path, struct corc_error *error)
{
	char status[STATUS_MAX];

	(void)corc_fail_errno(error, -r, "intelRdt: writing %s", path);
	if (corc_read_small(root, "info/last_cmd_status", status, sizeof(status)) > 0 &&
		strcmp(status, "ok") != 0)
		return corc_error_hint(error, "resctrl: %s", status);
	return r;
}

static int write_file(
	int root, const char *group, const char *file, const char *text, struct corc_error *error)
{
	char path[512];
	int r;

	(void)snprintf(path, sizeof(path), "%s/%s", group, file);
	r = corc_write_existing(root, path, text, strlen(text));
	return r < 0 ? fail_write(root, r, path, error) : 0;
}

static int make_group(int root, const char *path, struct corc_error *error)
{
	if (mkdirat(root, path, 0755) == 0)
		return 0;
	(void)corc_fail_errno(error, errno, "intelRdt: making the group %s", path);
	if (error->code == ENOSPC)
		return corc_error_hint(error, "the processor has no more groups than those in use");
	return -error->code;
}

int corc_resctrl_make(int root, const struct corc_spec *spec, const struct corc_resctrl *groups,
	struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER text = {0};
	int r = groups->is_made ? make_group(root, groups->group, error) : 0;

	put_schemata(spec->linux_.intel_rdt, &text);
	if (r == 0 && groups->is_made && text.length > 0)
		r = text.failed ? corc_fail_errno(error, ENOMEM, "intelRdt")
				: write_file(root, groups->group, "schemata", text.data, error);
	if (r == 0 && groups->monitor)
		r = make_group(root, groups->monitor, error);
	return r < 0 ? fail(spec, NULL, error) : 0;
}

int corc_resctrl_add(
	int root, const struct corc_resctrl *groups, pid_t pid, struct corc_error *error)
{
	char text[16];
	int r;

	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	r = write_file(root, groups->group, "tasks", text, error);
	if (r == 0 && groups->monitor)
		r = write_file(root, groups->monitor, "tasks", text, error);
	return r < 0 ? corc_error_step(error, CORC_STEP_CGROUP) : 0;
}

static int remove_group(int root, const char *path, struct corc_error *error)
{
	if (unlinkat(root, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return corc_fail_errno(error, errno, "intelRdt: removing the group %s", path);
	return 0;
}

int corc_resctrl_remove(int root, const struct corc_resctrl *groups, struct corc_error *error)
{
	int r = groups->monitor ? remove_group(root, groups->monitor, error) : 0;

	return r == 0 && groups->is_made ? remove_group(root, groups->group, error) : r;
}

int corc_resctrl_change(int root, const struct corc_resctrl *groups, const char *schemata,
	char ret_old[CORC_SCHEMATA_MAX], struct corc_error *error)
{
	char path[512];
	ssize_t got = 0;

	(void)snprintf(path, sizeof(path), "%s/schemata", groups->group);
	if (ret_old)
		got = corc_read_small(root, path, ret_old, CORC_SCHEMATA_MAX - 1);
	if (got < 0)
		return corc_fail_errno(error, (int)-got, "intelRdt: %s", path);
	if (ret_old)
		memcpy(ret_old + got, "\n", 2);
	return write_file(root, groups->group, "schemata", schemata, error);
}
