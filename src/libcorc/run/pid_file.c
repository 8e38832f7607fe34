/* SPDX-License-Identifier: Apache-2.0 */
/* --pid-file. Layer: run; the parent process. */
#include "run/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int hidden_name(const char *path, char name[NAME_MAX + 1])
{
	int length = snprintf(name, NAME_MAX + 1, ".%s", base_name(path));

	return length > NAME_MAX ? -ENAMETOOLONG : 0;
}

static int open_directory(const char *path)
{
	char directory[PATH_MAX] = ".";
	size_t length = (size_t)(base_name(path) - path);

	if (length >= sizeof(directory))
		return -ENAMETOOLONG;
	if (length > 0) {
		memcpy(directory, path, length);
		directory[length] = '\0';
	}
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int corc_pid_file_open(const char *path, struct corc_pid_file *ret_file, struct corc_error *error)
{
	char name[NAME_MAX + 1];
	struct corc_pid_file file = CORC_PID_FILE_EMPTY;
	int r;

	if (!path)
		return 0;
	r = hidden_name(path, name);
	if (r < 0)
		return corc_fail_errno(error, -r, "pid file %s", path);
	file.directory_fd = open_directory(path);
	if (file.directory_fd < 0)
		return corc_fail_errno(error, -file.directory_fd, "pid file %s", path);
	struct stat status;

	/* Found out now: the rename comes when the program runs already. */
	if (!*base_name(path) || (fstatat(file.directory_fd, base_name(path), &status, 0) == 0 &&
					 S_ISDIR(status.st_mode))) {
		corc_close_(file.directory_fd);
		return corc_fail_errno(error, EISDIR, "pid file %s", path);
	}
	/* One that a killed process left behind is of no use to anybody. */
	(void)unlinkat(file.directory_fd, name, 0);
	file.fd = openat(file.directory_fd, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (file.fd < 0) {
		(void)corc_fail_errno(error, errno, "pid file %s", path);
		corc_close_(file.directory_fd);
		return -error->code;
	}
	file.path = path;
	*ret_file = file;
	return 0;
}

int corc_pid_file_commit(struct corc_pid_file *file, pid_t pid, struct corc_error *error)
{
	char name[NAME_MAX + 1], digits[16];
	int length = snprintf(digits, sizeof(digits), "%d", (int)pid);

	if (!file->path)
		return 0;
	int r = hidden_name(file->path, name);

	if (r == 0)
		r = corc_write_all(file->fd, digits, (size_t)length);
	if (r == 0 &&
		renameat(file->directory_fd, name, file->directory_fd, base_name(file->path)) < 0)
		r = -errno;
	if (r < 0)
		return corc_fail_errno(error, -r, "pid file %s", file->path);
	file->committed = 1;
	return 0;
}

void corc_pid_file_remove(const struct corc_pid_file *file)
{
	if (file->committed)
		(void)unlinkat(file->directory_fd, base_name(file->path), 0);
}

void corc_pid_file_done(struct corc_pid_file *file)
{
	char name[NAME_MAX + 1];

	if (file->path && !file->committed && hidden_name(file->path, name) == 0)
		(void)unlinkat(file->directory_fd, name, 0);
	corc_close_(file->fd);
	corc_close_(file->directory_fd);
	*file = (struct corc_pid_file)CORC_PID_FILE_EMPTY;
}
