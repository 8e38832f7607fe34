/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests that need a process of their own or root, and the directory of base/temporary.h. The
 * tests of stage and run use it too.
 */
#ifndef CORC_TEST_SYS_SUPPORT_H
#define CORC_TEST_SYS_SUPPORT_H

#include <dirent.h>
/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/temporary.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a function of try_in_child returns when it cannot be tried here. */
#define CHILD_SKIP 77

static inline void skip_because(const char *reason)
{
	print_message("# skipped: %s\n", reason);
	skip();
}

static inline void need_root(void)
{
	if (geteuid() != 0)
		skip_because("needs root");
}

/* cmocka's assertions jump: in a child process these tell the place and end it. */
#define child_assert(condition)                                                                   \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			(void)fprintf(                                                            \
				stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                                 \
		}                                                                                 \
	} while (0)

#define child_equal(found, expected)                                                               \
	do {                                                                                       \
		long long found_ = (found), expected_ = (expected);                                \
		if (found_ != expected_) {                                                         \
			(void)fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, \
				#found, found_, expected_);                                        \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

#define child_string(found, expected)                                                        \
	do {                                                                                 \
		const char *found_ = (found), *expected_ = (expected);                       \
		if (strcmp(found_, expected_) != 0) {                                        \
			(void)fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, \
				__LINE__, #found, found_, expected_);                        \
			_exit(1);                                                            \
		}                                                                            \
	} while (0)

/* Runs function(argument) in a child process and returns its wait status. */
static inline int status_of_child(int (*function)(void *argument), void *argument)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(function(argument));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The child has to return 0. */
static inline void run_in_child(int (*function)(void *argument), void *argument)
{
	assert_int_equal(status_of_child(function, argument), 0);
}

/* The child has to return 0, or CHILD_SKIP where it lacks what the reason tells. */
static inline void try_in_child(int (*function)(void *argument), void *argument, const char *reason)
{
	int status = status_of_child(function, argument);

	if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIP)
		skip_because(reason);
	assert_int_equal(status, 0);
}

/* How many fds are open, to see whether one was forgotten. */
static inline size_t open_fds(void)
{
	DIR *stream = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(stream);
	while (readdir(stream))
		count++;
	(void)closedir(stream);
	return count;
}

#endif
