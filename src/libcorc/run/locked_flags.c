/* SPDX-License-Identifier: Apache-2.0 */
/* Flags of the host's mounts that a container in a user namespace keeps. Layer: run. */
#include "run/locked_flags.h"

#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"

#define MOUNTINFO_MAX ((size_t)64 * 1024 * 1024)

static const struct {
	const char *word;
	uint64_t attribute;
} words[] = {
	{"ro", MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID},
	{"nodev", MOUNT_ATTR_NODEV},
	{"noexec", MOUNT_ATTR_NOEXEC},
	{"nodiratime", MOUNT_ATTR_NODIRATIME},
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

static bool has_word(const char *options, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

/* Its name when the choice differs from that of the mount. */
static const char *changed_atime(const char *options, uint64_t set, uint64_t clear)
{
	bool noatime = has_word(options, "noatime"), relatime = has_word(options, "relatime");
	uint64_t there = noatime    ? MOUNT_ATTR_NOATIME
			 : relatime ? MOUNT_ATTR_RELATIME
				    : MOUNT_ATTR_STRICTATIME;

	if ((clear & MOUNT_ATTR__ATIME) != MOUNT_ATTR__ATIME || (set & MOUNT_ATTR__ATIME) == there)
		return NULL;
	return noatime ? "noatime" : relatime ? "relatime" : "strictatime";
}

static const char *find_locked(const char *options, uint64_t set, uint64_t clear)
{
	for (size_t i = 0; i < WORD_COUNT; i++)
		if ((clear & words[i].attribute) && has_word(options, words[i].word))
			return words[i].word;
	return changed_atime(options, set, clear);
}

/* As mountinfo writes it: blanks, ends of lines and backslashes in octal. */
static int escape(const char *path, char *text, size_t size)
{
	size_t at = 0;

	for (; *path; path++) {
		if (at + 5 > size)
			return -ENAMETOOLONG;
		if (strchr(" \t\n\\#", *path)) {
			(void)snprintf(text + at, 5, "\\%03hho", (unsigned char)*path);
			at += 4;
		} else {
			text[at++] = *path;
		}
	}
	text[at] = '\0';
	return 0;
}

static bool is_below(const char *mountpoint, const char *directory)
{
	size_t length = strlen(directory);

	if (strcmp(directory, "/") == 0)
		return mountpoint[1] != '\0';
	return strncmp(mountpoint, directory, length) == 0 && mountpoint[length] == '/';
}

/* One line: "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS …". */
static const char *check_line(
	const struct corc_plan_bind *bind, char *line, uint64_t id, const char *path)
{
	char *fields[6];
	uint64_t line_id;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		fields[i] = strsep(&line, " ");
		if (!fields[i])
			return NULL;
	}
	if (corc_parse_u64(fields[0], strlen(fields[0]), UINT64_MAX, &line_id) < 0)
		return NULL;
	if (line_id == id)
		return find_locked(fields[5], bind->attr_set | bind->recursive_attr_set,
			bind->attr_clear | bind->recursive_attr_clear);
	if (!bind->recursive || !is_below(fields[4], path))
		return NULL;
	return find_locked(fields[5], bind->recursive_attr_set, bind->recursive_attr_clear);
}

int corc_locked_flags_find(const struct corc_plan_bind *bind, char *mountinfo, uint64_t id,
	const char *path, const char **ret_word)
{
	char escaped[4 * PATH_MAX];
	char *line;
	int r = escape(path, escaped, sizeof(escaped));

	if (r < 0)
		return r;
	while ((line = strsep(&mountinfo, "\n"))) {
		const char *word = check_line(bind, line, id, escaped);

		if (word) {
			*ret_word = word;
			return -EPERM;
		}
	}
	return 0;
}

int corc_locked_flags_check(const struct corc_plan_bind *bind, const char **ret_word)
{
	uint64_t clear = bind->attr_clear | bind->recursive_attr_clear, id = 0;
	char link[64], path[PATH_MAX];
	char CORC_FREE *mountinfo = NULL;
	size_t length = 0;

	if (!bind->keeps_locked || !clear)
		return 0;
	int CORC_CLOSE fd =
		open(bind->path, O_PATH | O_CLOEXEC | (bind->nofollow ? O_NOFOLLOW : 0));

	if (fd < 0)
		return -errno;
	int r = corc_mount_id(fd, &id);

	if (r < 0)
		return r;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t size = readlinkat(AT_FDCWD, link, path, sizeof(path) - 1);

	if (size < 0)
		return -errno;
	path[size] = '\0';
	r = corc_read_file(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &mountinfo, &length);
	return r < 0 ? r : corc_locked_flags_find(bind, mountinfo, id, path, ret_word);
}
