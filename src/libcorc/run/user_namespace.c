/* SPDX-License-Identifier: Apache-2.0 */
/* User namespaces without a process of a container in them. Layer: run; the parent process. */
#include "run/user_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "sys/process.h"

#define MAP_MAX ((size_t)64 * 1024) /* bytes of a uid_map; the kernel's own limit is a page */

/*
 * The child that is in the namespace. It writes its errno, 0 for none, when it is there, and ends
 * when the other end of its pipe is closed: it does not outlive the caller.
 */
struct holder {
	pid_t pid;
	int pidfd;
	int hold;      /* as long as this is open, the child waits */
	int directory; /* /proc/PID */
};

#define HOLDER_EMPTY                                                             \
	{                                                                        \
		.pidfd = CORC_NO_FD, .hold = CORC_NO_FD, .directory = CORC_NO_FD \
	}

static void holder_end(struct holder *holder)
{
	struct corc_exit ignored;

	corc_close_(holder->hold);
	corc_close_(holder->directory);
	if (holder->pidfd < 0)
		return;
	(void)corc_pidfd_send_signal(holder->pidfd, SIGKILL);
	(void)corc_wait_pidfd(holder->pidfd, -1, &ignored);
	corc_close_(holder->pidfd);
}

/* In the child, a copy of a process that may have threads: system calls and nothing else. */
static void hold(int user_namespace, int report, int wait, int other_end)
{
	int code = user_namespace < 0 ? 0 : -corc_setns(user_namespace, CLONE_NEWUSER);
	char byte;

	(void)close(other_end);
	if (write(report, &code, sizeof(code)) == sizeof(code) && code == 0)
		while (read(wait, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

static int open_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
}

/* Waits until the child is in its namespace. */
static int await(int report)
{
	int code = EPROTO;
	ssize_t got;

	do
		got = read(report, &code, sizeof(code));
	while (got < 0 && errno == EINTR);
	return got == sizeof(code) ? -code : -EPROTO;
}

static int open_directory(const char *path, struct holder *holder)
{
	holder->directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return holder->directory < 0 ? -errno : 0;
}

/* user_namespace: to be entered; negative: a new one is made. */
static int holder_start(int user_namespace, struct holder *holder)
{
	int report[2] = {CORC_NO_FD, CORC_NO_FD}, wait[2] = {CORC_NO_FD, CORC_NO_FD};
	char path[32];
	int r = open_pipe(report);

	if (r == 0)
		r = open_pipe(wait);
	if (r == 0) {
		/* A signal to the group must not run the caller's handlers in the copy. */
		uint64_t before = corc_block_signals(UINT64_MAX);

		holder->pid = corc_clone3_fork(user_namespace < 0 ? CLONE_NEWUSER : 0);
		if (holder->pid == 0)
			hold(user_namespace, report[1], wait[0], wait[1]);
		(void)corc_block_signals(before);
		r = holder->pid < 0 ? holder->pid : 0;
	}
	holder->hold = corc_take_fd(&wait[1]);
	corc_close_(wait[0]);
	corc_close_(report[1]);
	if (r == 0) {
		holder->pidfd = corc_pidfd_open(holder->pid);
		r = holder->pidfd < 0 ? holder->pidfd : await(report[0]);
	}
	corc_close_(report[0]);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)holder->pid);
	return open_directory(path, holder);
}

static int write_map(
	const struct holder *holder, const char *file, const char *map, struct corc_error *error)
{
	int r = corc_write_existing(holder->directory, file, map, strlen(map));

	return r < 0 ? corc_fail_errno(error, -r, "%s \"%.*s\"", file,
			       (int)(strlen(map) - (map[0] != '\0')), map)
		     : 0;
}

int corc_user_namespace_new(const char *uid_map, const char *gid_map, struct corc_error *error)
{
	struct holder CORC_CLEANUP(holder_end) holder = HOLDER_EMPTY;
	int r = holder_start(CORC_NO_FD, &holder);

	if (r < 0)
		return corc_fail_errno(error, -r, "a user namespace for mappings");
	r = write_map(&holder, "uid_map", uid_map, error);
	if (r == 0)
		r = write_map(&holder, "gid_map", gid_map, error);
	if (r < 0)
		return r;
	int fd = openat(holder.directory, "ns/user", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? corc_fail_errno(error, errno, "a user namespace for mappings") : fd;
}

/* The next of the numbers of a line; *at then stands behind it. */
static int read_id(const char **at, uint32_t *ret_id)
{
	const char *start = *at + strspn(*at, " ");
	size_t length = strspn(start, "0123456789");
	uint64_t number;
	int r = corc_parse_u64(start, length, UINT32_MAX, &number);

	*at = start + length;
	if (r == 0)
		*ret_id = (uint32_t)number;
	return r;
}

/* "INSIDE OUTSIDE COUNT" */
static int read_line(const char *line, struct corc_spec_id_mapping *mapping)
{
	int r = read_id(&line, &mapping->container_id);

	if (r == 0)
		r = read_id(&line, &mapping->host_id);
	return r < 0 ? r : read_id(&line, &mapping->size);
}

static int read_map(const struct holder *holder, const char *file, struct corc_arena *arena,
	struct corc_spec_id_mappings *ret_mappings)
{
	struct corc_spec_id_mappings mappings = {0};
	char CORC_FREE *text = NULL;
	char *rest, *line;
	size_t length = 0, capacity = 0;
	int fd = openat(holder->directory, file, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : corc_read_stream(fd, MAP_MAX, &text, &length);

	corc_close_(fd);
	if (r < 0)
		return r;
	rest = text;
	while ((line = strsep(&rest, "\n")) && *line) {
		mappings.items = corc_arena_grow(
			arena, mappings.items, mappings.count, &capacity, sizeof(*mappings.items));
		if (!mappings.items)
			return -ENOMEM;
		r = read_line(line, &mappings.items[mappings.count++]);
		if (r < 0)
			return r;
	}
	*ret_mappings = mappings;
	return 0;
}

int corc_user_namespace_mappings(int fd, struct corc_arena *arena,
	struct corc_spec_id_mappings *ret_uids, struct corc_spec_id_mappings *ret_gids,
	struct corc_error *error)
{
	struct holder CORC_CLEANUP(holder_end) holder = HOLDER_EMPTY;
	int r = fd < 0 ? open_directory("/proc/self", &holder) : holder_start(fd, &holder);

	if (r == 0)
		r = read_map(&holder, "uid_map", arena, ret_uids);
	if (r == 0)
		r = read_map(&holder, "gid_map", arena, ret_gids);
	return r < 0 ? corc_fail_errno(error, -r, "reading the mappings of the user namespace") : 0;
}
