/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes in the words of an error. Layer: cgroup; the parent process only.
 */
#include "cgroup/describe_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "sys/process.h"

#define WCHAN_SIZE 64

/* The function of the kernel that the thread waits in; "" when it does not, or nobody may know. */
static void read_wchan(int directory_fd, pid_t tid, char wchan[WCHAN_SIZE])
{
	char path[48];

	(void)snprintf(path, sizeof(path), "%d/wchan", (int)tid);
	if (corc_read_small(directory_fd, path, wchan, WCHAN_SIZE) < 0 || strcmp(wchan, "0") == 0)
		wchan[0] = '\0';
}

/* The directory is /proc, or the "task" of a process. */
static bool describe(struct corc_buffer *text, int directory_fd, pid_t tid)
{
	char path[48], name[64], wchan[WCHAN_SIZE];
	uint64_t start;
	char state = '?';

	(void)snprintf(path, sizeof(path), "%d/comm", (int)tid);
	if (corc_read_small(directory_fd, path, name, sizeof(name)) < 0)
		return false;
	read_wchan(directory_fd, tid, wchan);
	(void)corc_process_start_time(directory_fd, tid, &start, &state);
	corc_buffer_printf(text, " %d \"%s\" (state %c", (int)tid, name, state);
	if (wchan[0] != '\0')
		corc_buffer_printf(text, " in %s", wchan);
	corc_buffer_puts(text, ")");
	return true;
}

void corc_cgroup_describe_process(struct corc_buffer *text, int proc_fd, pid_t pid)
{
	(void)describe(text, proc_fd, pid);
}

/* Asleep, and not to be woken before what it waits for has happened. */
static bool is_uninterruptible(int task_fd, pid_t tid)
{
	uint64_t start;
	char state = 0;

	return corc_process_start_time(task_fd, tid, &start, &state) == 0 && state == 'D';
}

static size_t describe_threads(
	struct corc_buffer *text, int proc_fd, pid_t pid, size_t before, size_t max)
{
	char path[32];
	size_t count = 0;
	DIR *stream;
	struct dirent *entry;
	int fd;

	(void)snprintf(path, sizeof(path), "%d/task", (int)pid);
	fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stream = fd >= 0 ? fdopendir(fd) : NULL;
	if (!stream) {
		corc_close_(fd);
		return 0;
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone. */
	while ((entry = readdir(stream))) {
		uint64_t tid;

		if (corc_parse_u64(entry->d_name, strlen(entry->d_name), INT32_MAX, &tid) < 0 ||
			!is_uninterruptible(fd, (pid_t)tid))
			continue;
		if (before + count >= max || describe(text, fd, (pid_t)tid))
			count++;
	}
	(void)closedir(stream);
	return count;
}

size_t corc_cgroup_describe_uninterruptible(
	struct corc_buffer *text, int proc_fd, const pid_t *pids, size_t count, size_t max)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += describe_threads(text, proc_fd, pids[i], found, max);
	return found;
}
