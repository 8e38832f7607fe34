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

/*
 * An emulator that writes /proc/self/stat itself tells the start of its own first process, which
 * may by chance be that of the caller. It cannot tell the size of the memory, which is never 0.
 */
static inline bool writes_stat(void)
{
	char text[1024];
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *at;

	(void)close(fd);
	text[length < 0 ? 0 : length] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 23; field++)
		at = strchr(at + 1, ' ');
	return at && strncmp(at, " 0 ", 3) == 0;
}

static inline void need_own_stat(void)
{
	if (is_emulated() && writes_stat())
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
