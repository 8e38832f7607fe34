/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of the host whose output is wanted. Layer: cmd; the parent process.
 */
#include "cmd/host_program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#define CHUNK 65536

static bool is_executable(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
}

int corc_host_program_find(const char *name, char path[PATH_MAX], struct corc_error *error)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the command has one thread. */
	const char *list = getenv("PATH");

	while (list && *list != '\0') {
		size_t length = strcspn(list, ":");

		if (list[0] == '/' &&
			snprintf(path, PATH_MAX, "%.*s/%s", (int)length, list, name) < PATH_MAX &&
			is_executable(path))
			return 0;
		list += length;
		list += *list == ':';
	}
	return corc_fail(error, ENOENT, "exec: \"%s\": executable file not found in $PATH", name);
}

/* Its standard streams: nothing, and the pipe twice. */
static int spawn(const char *path, const char *const *arguments, int output_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return r;
	r = posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY | O_CLOEXEC, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output_fd, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn(ret_pid, path, &actions, NULL, (char *const *)arguments, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* Until nobody can write any more. */
static int read_all(int fd, struct corc_buffer *output)
{
	char chunk[CHUNK];
	ssize_t got;

	do {
		got = read(fd, chunk, sizeof(chunk));
		if (got > 0)
			corc_buffer_append(output, chunk, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? errno : 0;
}

static int reap(pid_t pid, int *ret_status)
{
	pid_t got;

	do {
		got = waitpid(pid, ret_status, 0);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? errno : 0;
}

static int check_end(const char *name, int status, const char *written, struct corc_error *error)
{
	int length = (int)strcspn(written, "\n");
	char end[48];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		(void)snprintf(end, sizeof(end), "exit status %d", WEXITSTATUS(status));
	else
		(void)snprintf(end, sizeof(end), "ended by signal %d", WTERMSIG(status));
	return corc_fail(
		error, EIO, "%s: %s%s%.*s", name, end, length > 0 ? ": " : "", length, written);
}

int corc_host_program_read(
	const char *const *arguments, struct corc_buffer *output, struct corc_error *error)
{
	char path[PATH_MAX];
	int ends[2];
	pid_t pid = 0;
	int status = 0;
	int r = corc_host_program_find(arguments[0], path, error);

	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return corc_fail_errno(error, errno, "pipe");
	int CORC_CLOSE output_fd = ends[0];

	r = spawn(path, arguments, ends[1], &pid);
	(void)close(ends[1]);
	if (r != 0)
		return corc_fail_errno(error, r, "execute %s", path);
	r = read_all(output_fd, output);
	if (r == 0)
		r = reap(pid, &status);
	if (r != 0)
		return corc_fail_errno(error, r, "read the output of %s", path);
	if (output->failed)
		return corc_fail_errno(error, ENOMEM, "read the output of %s", path);
	return check_end(arguments[0], status, output->data ? output->data : "", error);
}
