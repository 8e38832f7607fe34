/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of cgroup v2. Layer: cgroup; the parent process only.
 */
#include "cgroup/v2.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/directory.h"
#include "sys/process.h"

#define EVENTS_SIZE 256

/* "populated 1\nfrozen 0\n" in any order, with more to come in later kernels. */
static struct corc_cgroup_events parse_events(const char *text)
{
	return (struct corc_cgroup_events){
		.populated = strstr(text, "populated 1") != NULL,
		.frozen = strstr(text, "frozen 1") != NULL,
	};
}

int corc_cgroup_v2_events(int fd, struct corc_cgroup_events *ret_events)
{
	char text[EVENTS_SIZE];
	ssize_t length = corc_read_small(fd, "cgroup.events", text, sizeof(text));

	if (length < 0)
		return (int)length;
	*ret_events = parse_events(text);
	return 0;
}

int corc_cgroup_v2_is_frozen(int fd, bool *ret_frozen)
{
	struct corc_cgroup_events events;
	char wanted[8];
	int r = corc_cgroup_v2_events(fd, &events);
	ssize_t length;

	if (r < 0)
		return r;
	if (events.frozen) {
		*ret_frozen = true;
		return 0;
	}
	length = corc_read_small(fd, "cgroup.freeze", wanted, sizeof(wanted));
	if (length < 0)
		return (int)length;
	*ret_frozen = strcmp(wanted, "1") == 0;
	return 0;
}

int corc_cgroup_v2_freeze(int fd, bool frozen)
{
	return corc_write_existing(fd, "cgroup.freeze", frozen ? "1" : "0", 1);
}

int corc_cgroup_v2_kill(int fd)
{
	return corc_write_existing(fd, "cgroup.kill", "1", 1);
}

/* The file tells of a change since it was last read by POLLPRI. */
static int wait_for_change(int events_fd, uint64_t deadline)
{
	struct pollfd wait = {.fd = events_fd, .events = POLLPRI};
	uint64_t now = corc_now_ms();

	if (now >= deadline)
		return -ETIMEDOUT;
	if (poll(&wait, 1, (int)(deadline - now)) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static bool is_empty(struct corc_cgroup_events events)
{
	return !events.populated;
}

static bool is_frozen(struct corc_cgroup_events events)
{
	return events.frozen;
}

static bool is_thawed(struct corc_cgroup_events events)
{
	return !events.frozen;
}

static int wait_until(int fd, bool (*is_so)(struct corc_cgroup_events events), int timeout_ms)
{
	int CORC_CLOSE events_fd = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	uint64_t deadline = corc_now_ms() + (uint64_t)timeout_ms;
	int r = 0;

	if (events_fd < 0)
		return -errno;
	while (r == 0) {
		char text[EVENTS_SIZE];
		ssize_t length = pread(events_fd, text, sizeof(text) - 1, 0);

		if (length < 0)
			return -errno;
		text[length] = '\0';
		if (is_so(parse_events(text)))
			return 0;
		r = wait_for_change(events_fd, deadline);
	}
	return r;
}

int corc_cgroup_v2_wait_empty(int fd, int timeout_ms)
{
	return wait_until(fd, is_empty, timeout_ms);
}

int corc_cgroup_v2_wait_frozen(int fd, bool frozen, int timeout_ms)
{
	return wait_until(fd, frozen ? is_frozen : is_thawed, timeout_ms);
}

void corc_cgroup_v2_controllers(int fd, char list[CORC_CGROUP_CONTROLLERS_SIZE])
{
	if (corc_read_small(fd, "cgroup.controllers", list, CORC_CGROUP_CONTROLLERS_SIZE) < 0)
		list[0] = '\0';
}

bool corc_cgroup_v2_has(const char *list, const char *word, size_t length)
{
	for (const char *at = list; *at != '\0';) {
		size_t item = strcspn(at, " ");

		if (item == length && memcmp(at, word, length) == 0)
			return true;
		at += item;
		at += *at == ' ';
	}
	return false;
}

/* Appends "+WORD" for each word of `wanted` that is in `available`, and not in `enabled`. */
static size_t list_missing(
	const char *wanted, const char *available, const char *enabled, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (const char *at = wanted; *at != '\0';) {
		size_t length = strcspn(at, " ");

		if (length > 0 && corc_cgroup_v2_has(available, at, length) &&
			!corc_cgroup_v2_has(enabled, at, length) && used + length + 3 < size)
			used += (size_t)snprintf(text + used, size - used, "%s+%.*s",
				used > 0 ? " " : "", (int)length, at);
		at += length;
		at += *at == ' ';
	}
	return used;
}

/* All in one write, which fails as a whole; then each for itself. */
static void write_enabled(int fd, const char *words)
{
	if (corc_write_existing(fd, "cgroup.subtree_control", words, strlen(words)) == 0 ||
		!strchr(words, ' '))
		return;
	for (const char *at = words; *at != '\0';) {
		size_t length = strcspn(at, " ");

		(void)corc_write_existing(fd, "cgroup.subtree_control", at, length);
		at += length;
		at += *at == ' ';
	}
}

/* For the children of one group; `needed` NULL: all that it has. */
static void enable_at(int fd, const char *needed)
{
	char available[CORC_CGROUP_CONTROLLERS_SIZE];
	char enabled[CORC_CGROUP_CONTROLLERS_SIZE];
	char words[2 * CORC_CGROUP_CONTROLLERS_SIZE];

	corc_cgroup_v2_controllers(fd, available);
	if (corc_read_small(fd, "cgroup.subtree_control", enabled, sizeof(enabled)) < 0)
		return;
	if (list_missing(needed ? needed : available, available, enabled, words, sizeof(words)) > 0)
		write_enabled(fd, words);
}

/* Down to the parent of the last component. */
static void enable_down(const struct corc_cgroup_directory *directory, const char *needed)
{
	int CORC_CLOSE at = corc_cgroup_open_path(directory->mountpoint);
	const char *path = directory->path;
	char name[NAME_MAX + 1];

	while (at >= 0 && corc_cgroup_next_component(&path, name)) {
		int fd;

		enable_at(at, needed);
		fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		corc_close_(at);
		at = fd;
	}
}

/* What the top of the hierarchy has. */
static int read_top(const struct corc_cgroup_directory *directory, char *list, size_t size)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/cgroup.controllers", directory->mountpoint);
	ssize_t got;

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	got = corc_read_small(AT_FDCWD, path, list, size);
	return got < 0 ? (int)got : 0;
}

/* The group has what its parent enabled: equal to the top's list, nothing is missing between. */
void corc_cgroup_v2_enable(
	int fd, const struct corc_cgroup_directory *directory, const char *needed)
{
	char own[CORC_CGROUP_CONTROLLERS_SIZE];
	char all[CORC_CGROUP_CONTROLLERS_SIZE] = "";
	char words[2 * CORC_CGROUP_CONTROLLERS_SIZE];
	const char *wanted = needed ? needed : all;

	if (!needed && read_top(directory, all, sizeof(all)) < 0)
		return;
	corc_cgroup_v2_controllers(fd, own);
	if (list_missing(wanted, wanted, own, words, sizeof(words)) > 0)
		enable_down(directory, needed);
}

static int fail_missing(
	struct corc_error *error, const char *controller, const char *where, const char *available)
{
	int r = corc_fail(error, ENOENT,
		"needs the cgroup controller \"%s\", which %s does not have (delegated here: %s)",
		controller, where, available[0] != '\0' ? available : "none");

	(void)corc_error_hint(error,
		"it is disabled in the kernel, mounted as cgroup v1, or not delegated to the caller");
	return r;
}

static int fail_not_enabled(
	struct corc_error *error, const char *controller, const char *where, int code)
{
	int r = corc_fail_errno(error, code,
		"needs the cgroup controller \"%s\", which could not be enabled in %s", controller,
		where);

	if (code == EBUSY)
		(void)corc_error_hint(error, "that cgroup has processes of its own");
	else if (code == EACCES || code == EPERM)
		(void)corc_error_hint(
			error, "on systemd hosts: Delegate=%s for its unit", controller);
	return r;
}

/* The first group on the way down that has not got the controller, or cannot give it on. */
int corc_cgroup_v2_explain(const struct corc_cgroup_directory *directory,
	const struct corc_cgroup_setting *setting, struct corc_error *error)
{
	int CORC_CLOSE at = corc_cgroup_open_path(directory->mountpoint);
	const char *path = directory->path;
	size_t length = strlen(setting->controller);
	char list[CORC_CGROUP_CONTROLLERS_SIZE];
	char word[64];
	char name[NAME_MAX + 1];
	char where[PATH_MAX];

	(void)snprintf(word, sizeof(word), "+%s", setting->controller);
	while (at >= 0) {
		int below;
		int r;

		(void)snprintf(where, sizeof(where), "%s%.*s", directory->mountpoint,
			(int)(path - directory->path), directory->path);
		corc_cgroup_v2_controllers(at, list);
		if (!corc_cgroup_v2_has(list, setting->controller, length))
			return fail_missing(error, setting->controller, where, list);
		if (!corc_cgroup_next_component(&path, name))
			break;
		r = corc_write_existing(at, "cgroup.subtree_control", word, strlen(word));
		if (r < 0)
			return fail_not_enabled(error, setting->controller, where, -r);
		below = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		corc_close_(at);
		at = below;
	}
	return corc_fail_errno(error, ENOENT, "write \"%s\" to %s", setting->value, setting->file);
}
