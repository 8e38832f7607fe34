/* SPDX-License-Identifier: Apache-2.0 */
/* --pid-file. Layer: run; the parent process. */
#include "run/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"

int corc_pid_file_write(const char *path, pid_t pid, struct corc_error *error)
{
	const char *slash = strrchr(path, '/');
	char directory_path[PATH_MAX] = ".", digits[16];
	int length = snprintf(digits, sizeof(digits), "%d", (int)pid);

	if (slash) {
		size_t size = slash == path ? 1 : (size_t)(slash - path);

		if (size >= sizeof(directory_path))
			return corc_fail_errno(error, ENAMETOOLONG, "pid file %s", path);
		memcpy(directory_path, path, size);
		directory_path[size] = '\0';
	}
	int CORC_CLOSE directory = open(directory_path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return corc_fail_errno(error, errno, "pid file %s", path);
	int r = corc_write_atomic(
		directory, slash ? slash + 1 : path, digits, (size_t)length, 0644);

	return r < 0 ? corc_fail_errno(error, -r, "pid file %s", path) : 0;
}
