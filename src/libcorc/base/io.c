/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as a whole. Layer: base; the parent process only.
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* First guess for files that do not tell their size (procfs, sysfs). */
#define UNKNOWN_SIZE 4096
/* The kernel gives what has less than this in one piece: its pages are filled before it stops. */
#define ONE_PIECE 2048

static ssize_t read_retry(int fd, void *buffer, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, buffer, size);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* Neither a FIFO without a writer nor a terminal may hold or change the caller. */
static int open_regular(int directory_fd, const char *path, struct stat *ret_status)
{
	int CORC_CLOSE fd =
		openat(directory_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ENXIO ? -EINVAL : -errno; /* a socket */
	if (fstat(fd, ret_status) < 0)
		return -errno;
	if (S_ISDIR(ret_status->st_mode))
		return -EISDIR;
	if (!S_ISREG(ret_status->st_mode))
		return -EINVAL;
	return corc_take_fd(&fd);
}

/* Room for at least one byte more, but never for more than max + 1: that byte tells "too large". */
static int grow(char **data, size_t *capacity, size_t first, size_t max)
{
	size_t wanted = *capacity == 0 ? first : *capacity * 2;
	char *larger;

	if (wanted > max + 1)
		wanted = max + 1;
	larger = realloc(*data, wanted);
	if (!larger)
		return -ENOMEM;
	*data = larger;
	*capacity = wanted;
	return 0;
}

/* `expected` is the size that the file claims, 0 when it does not tell. */
static int read_to_end(int fd, size_t expected, size_t max, char **ret_data, size_t *ret_length)
{
	char CORC_FREE *data = NULL;
	size_t capacity = 0;
	size_t length = 0;
	ssize_t got;
	int r;

	do {
		if (length == capacity) {
			r = grow(&data, &capacity, expected > 0 ? expected + 1 : UNKNOWN_SIZE, max);
			if (r < 0)
				return r;
		}
		got = read_retry(fd, data + length, capacity - length);
		if (got < 0)
			return (int)got;
		length += (size_t)got;
		if (length > max)
			return -EFBIG;
	} while (got > 0 && length != expected);
	data[length] = '\0'; /* the last read did not fill the room */
	*ret_data = corc_take_pointer(data);
	*ret_length = length;
	return 0;
}

int corc_read_file(
	int directory_fd, const char *path, size_t max, char **ret_data, size_t *ret_length)
{
	struct stat status = {0};
	int CORC_CLOSE fd = open_regular(directory_fd, path, &status);

	if (fd < 0)
		return fd;
	if (max > SSIZE_MAX / 4)
		max = SSIZE_MAX / 4;
	if (status.st_size < 0 || (uint64_t)status.st_size > max)
		return -EFBIG;
	return read_to_end(fd, (size_t)status.st_size, max, ret_data, ret_length);
}

int corc_read_file_into(struct corc_arena *arena, int directory_fd, const char *path, size_t max,
	char **ret_data, size_t *ret_length)
{
	struct stat status = {0};
	int CORC_CLOSE fd = open_regular(directory_fd, path, &status);
	size_t length = 0;
	ssize_t got = 1;

	if (fd < 0)
		return fd;
	if (status.st_size < 0 || (uint64_t)status.st_size > max)
		return -EFBIG;
	char *data = corc_arena_alloc(arena, (size_t)status.st_size + 1);

	if (!data)
		return -ENOMEM;
	while (got > 0 && length < (size_t)status.st_size) {
		got = read_retry(fd, data + length, (size_t)status.st_size - length);
		if (got < 0)
			return (int)got;
		length += (size_t)got;
	}
	*ret_data = data;
	*ret_length = length;
	return 0;
}

int corc_read_stream(int fd, size_t max, char **ret_data, size_t *ret_length)
{
	if (max > SSIZE_MAX / 4)
		max = SSIZE_MAX / 4;
	return read_to_end(fd, 0, max, ret_data, ret_length);
}

ssize_t corc_read_small(int directory_fd, const char *path, char *buffer, size_t size)
{
	int CORC_CLOSE fd = openat(directory_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t length = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	do {
		if (length == size)
			return -EFBIG;
		got = read_retry(fd, buffer + length, size - length);
		if (got < 0)
			return got;
		length += (size_t)got;
		if (length < size && length < ONE_PIECE)
			break;
	} while (got > 0);
	while (length > 0 && buffer[length - 1] == '\n')
		length--;
	buffer[length] = '\0';
	return (ssize_t)length;
}

int corc_write_all(int fd, const void *data, size_t length)
{
	const char *bytes = data;

	while (length > 0) {
		ssize_t put = write(fd, bytes, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes += put;
		length -= (size_t)put;
	}
	return 0;
}

static int write_once(
	int directory_fd, const char *path, int flags, const void *data, size_t length)
{
	int CORC_CLOSE fd = openat(directory_fd, path, O_WRONLY | O_CLOEXEC | flags);
	ssize_t put;

	if (fd < 0)
		return -errno;
	do {
		put = write(fd, data, length);
	} while (put < 0 && errno == EINTR);
	if (put < 0)
		return -errno;
	return (size_t)put == length ? 0 : -EIO;
}

int corc_write_existing(int directory_fd, const char *path, const void *data, size_t length)
{
	return write_once(directory_fd, path, O_NOCTTY, data, length);
}

int corc_append(int directory_fd, const char *name, const void *data, size_t length)
{
	return write_once(directory_fd, name, O_APPEND | O_NOFOLLOW, data, length);
}

/* "." and ".." and what leads elsewhere is not the name of an entry. */
static bool is_entry_name(const char *name)
{
	return name[0] != '\0' && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

int corc_write_new(int directory_fd, const char *name, const void *data, size_t length, mode_t mode)
{
	int CORC_CLOSE fd = openat(
		directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = corc_write_all(fd, data, length);
	/* Not by open's mode, which the caller's umask narrows. */
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	return r;
}

int corc_write_atomic(
	int directory_fd, const char *name, const void *data, size_t length, mode_t mode)
{
	char temporary[NAME_MAX + 1];
	int r;

	if (!is_entry_name(name))
		return -EINVAL;
	r = snprintf(temporary, sizeof(temporary), ".%s.tmp", name);
	if (r < 0 || (size_t)r >= sizeof(temporary))
		return -ENAMETOOLONG;
	if (unlinkat(directory_fd, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	r = corc_write_new(directory_fd, temporary, data, length, mode);
	if (r == 0 && renameat(directory_fd, temporary, directory_fd, name) < 0)
		r = -errno;
	if (r < 0 && r != -EEXIST)
		(void)unlinkat(directory_fd, temporary, 0);
	return r;
}

static int make_directory(const char *path, mode_t mode)
{
	struct stat status;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &status) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

int corc_mkdir_all(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	size_t length = strlen(path);
	int r = make_directory(path, mode);

	if (r != -ENOENT || length == 0)
		return r;
	if (length >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, length + 1);
	for (size_t at = 1; at <= length; at++) {
		if (path[at] != '/' && path[at] != '\0')
			continue;
		part[at] = '\0';
		r = make_directory(part, mode);
		if (r < 0)
			return r;
		part[at] = path[at];
	}
	return 0;
}
