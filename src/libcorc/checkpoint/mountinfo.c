/* SPDX-License-Identifier: Apache-2.0 */
/* Reading /proc/PID/mountinfo. Layer: checkpoint; the parent process. */
#include "checkpoint/mountinfo.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"

#define MOUNTINFO_MAX ((size_t)64 * 1024 * 1024)
/* ID PARENT MAJOR:MINOR ROOT POINT … */
#define POINT_FIELD 4

static bool is_octal(const char *text)
{
	for (int i = 0; i < 3; i++)
		if (text[i] < '0' || text[i] > '7')
			return false;
	return true;
}

/* "\040" is a blank. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && is_octal(text + 1)) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

static int parse_line(char *line, struct corc_mount *mount)
{
	char *field = line, *end = strchr(line, ' ');

	if (!end || corc_parse_u64(field, (size_t)(end - field), UINT64_MAX, &mount->id) < 0)
		return -EBADMSG;
	for (int i = 0; i < POINT_FIELD; i++) {
		field = strchr(field, ' ');
		if (!field)
			return -EBADMSG;
		field++;
	}
	end = strchr(field, ' ');
	if (!end)
		return -EBADMSG;
	*end = '\0';
	unescape(field);
	mount->point = field;
	return 0;
}

int corc_mountinfo_parse(struct corc_arena *arena, char *text, struct corc_mountinfo *ret_info)
{
	struct corc_mountinfo info = {0};
	char *next;

	for (char *line = text; line && *line; line = next) {
		struct corc_mount *items = corc_arena_grow(
			arena, info.items, info.count, &info.capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		info.items = items;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		int r = parse_line(line, &items[info.count]);

		if (r < 0)
			return r;
		info.count++;
	}
	*ret_info = info;
	return 0;
}

int corc_mountinfo_read(struct corc_arena *arena, pid_t pid, struct corc_mountinfo *ret_info,
	struct corc_error *error)
{
	char path[64];
	char CORC_FREE *text = NULL;
	size_t length = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	int CORC_CLOSE fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : corc_read_stream(fd, MOUNTINFO_MAX, &text, &length);
	char *kept = r == 0 ? corc_arena_text(arena, text, length) : NULL;

	if (r == 0)
		r = kept ? corc_mountinfo_parse(arena, kept, ret_info) : -ENOMEM;
	return r < 0 ? corc_fail_errno(error, -r, "%s", path) : 0;
}

const struct corc_mount *corc_mountinfo_find(const struct corc_mountinfo *info, uint64_t id)
{
	for (size_t i = 0; i < info->count; i++)
		if (info->items[i].id == id)
			return &info->items[i];
	return NULL;
}

const char *corc_mount_printable(struct corc_arena *arena, const char *point)
{
	char *text = corc_arena_strdup(arena, point);

	for (char *at = text; at && *at; at++)
		if (!isprint((unsigned char)*at))
			*at = '?';
	return text ? text : "?";
}
