/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as a whole. Layer: base; the parent process only. All return -errno on failure.
 */
#ifndef CORC_BASE_IO_H
#define CORC_BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"

/*
 * Reads a regular file of at most `max` bytes (-EFBIG beyond, -EISDIR, -EINVAL for other types;
 * a FIFO is never waited for). *ret_data is malloc'ed and NUL-terminated.
 */
int corc_read_file(
	int directory_fd, const char *path, size_t max, char **ret_data, size_t *ret_length);

/* The same into an arena, for files that know their size. */
int corc_read_file_into(struct corc_arena *arena, int directory_fd, const char *path, size_t max,
	char **ret_data, size_t *ret_length);

/* The same as corc_read_file for what comes out of an fd until its end: a pipe, standard input. */
int corc_read_stream(int fd, size_t max, char **ret_data, size_t *ret_length);

/*
 * Reads a small file of procfs, sysfs or a cgroup into a caller's buffer, NUL-terminated, trailing
 * newlines removed. Returns the length; -EFBIG when it does not fit.
 */
ssize_t corc_read_small(int directory_fd, const char *path, char *buffer, size_t size);

/* Writes all bytes, through EINTR and short writes. */
int corc_write_all(int fd, const void *data, size_t length);

/* Opens an existing file for writing and writes all in one write(2): cgroup and procfs files. */
int corc_write_existing(int directory_fd, const char *path, const void *data, size_t length);

/*
 * Makes a file that nobody looks at before it is complete; -EEXIST when it is there. A part that a
 * failure leaves is the caller's to remove.
 */
int corc_write_new(
	int directory_fd, const char *name, const void *data, size_t length, mode_t mode);

/* Adds to the end of an existing file, in one write(2): a reader sees all of it or nothing. */
int corc_append(int directory_fd, const char *name, const void *data, size_t length);

/*
 * Makes or replaces a file so that a reader sees the old or the new content, never a part:
 * O_TMPFILE-less, ".NAME.tmp" (O_EXCL after unlink) and rename in the same directory.
 */
int corc_write_atomic(
	int directory_fd, const char *name, const void *data, size_t length, mode_t mode);

/* mkdir -p for a host path. */
int corc_mkdir_all(const char *path, mode_t mode);

/* Removes a directory below directory_fd with all that is in it, never following a link or
 * crossing into another file system. -ENOENT is success. */
int corc_remove_tree(int directory_fd, const char *name);

#endif
