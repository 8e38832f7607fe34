/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --pid-file. Layer: run; the parent process.
 *
 * In two steps, so that a file that cannot be written is found out before anything is started: a
 * hidden file beside it is opened first, filled and renamed later.
 */
#ifndef CORC_RUN_PID_FILE_H
#define CORC_RUN_PID_FILE_H

#include <sys/types.h>

#include "base/error.h"

struct corc_pid_file {
	const char *path; /* NULL: none was asked for */
	int committed;
	int directory_fd;
	int fd;
};

#define CORC_PID_FILE_EMPTY                                \
	{                                                  \
		.path = NULL, .directory_fd = -1, .fd = -1 \
	}

/* path NULL: nothing to do, now and later. */
int corc_pid_file_open(const char *path, struct corc_pid_file *ret_file, struct corc_error *error);

/* Decimal, no newline; a reader never sees a part of it. */
int corc_pid_file_commit(struct corc_pid_file *file, pid_t pid, struct corc_error *error);

/* Takes a committed file back. */
void corc_pid_file_remove(const struct corc_pid_file *file);

/* Removes what was not committed. */
void corc_pid_file_done(struct corc_pid_file *file);

#endif
