/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests that are run by an emulator of another processor, which carries system calls over to
 * the kernel below it, knows some of them not, and answers others itself. Who runs tests so sets
 * CORC_TEST_EMULATED; everywhere else a missing call is a failure. What is missing is asked for, so
 * that a newer emulator runs more.
 */
#ifndef CORC_TEST_SYS_EMULATOR_H
#define CORC_TEST_SYS_EMULATOR_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "sys/support.h"

static inline bool is_emulated(void)
{
	return getenv("CORC_TEST_EMULATED") != NULL;
}

/* No call does anything with these arguments. */
static inline bool lacks_call(long number)
{
	return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) < 0 && errno == ENOSYS;
}

static inline void need_call(long number, const char *name)
{
	char reason[64];

	if (!is_emulated() || !lacks_call(number))
		return;
	(void)snprintf(reason, sizeof(reason), "the emulator has no %s", name);
	skip_because(reason);
}

/* The fields of /proc/PID/stat behind the name, up to the one that tells the start; empty: none. */
static inline void read_stat(int directory, const char *path, char *fields, size_t size)
{
	char text[1024];
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *at;

	(void)close(fd);
	fields[0] = text[length < 0 ? 0 : length] = '\0';
	at = length < 0 ? NULL : strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		(void)snprintf(fields, size, "%.*s", (int)strcspn(at + 1, " "), at + 1);
}

/* A process may be told another start than the others see. */
static inline void need_own_stat(void)
{
	char told[32], seen[32], path[32];
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)snprintf(path, sizeof(path), "%d/stat", (int)getpid());
	read_stat(AT_FDCWD, "/proc/self/stat", told, sizeof(told));
	read_stat(proc, path, seen, sizeof(seen));
	(void)close(proc);
	if (is_emulated() && strcmp(told, seen) != 0)
		skip_because("the emulator writes /proc/self/stat itself");
}

/* fork(2) by another name is known, and nothing beside it. */
static inline void need_clone_without_signal(void)
{
	pid_t pid = is_emulated() ? (pid_t)syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L) : -1;

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		(void)waitpid(pid, NULL, __WALL);
	else if (is_emulated() && errno == EINVAL)
		skip_because("the emulator knows clone only with SIGCHLD");
}

#endif
