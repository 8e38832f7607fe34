/* SPDX-License-Identifier: Apache-2.0 */
/* Directories that are closed to somebody, in words. Layer: run; the parent process. */
#include "run/closed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Who may pass is decided by ids of the host's; those that are told are the looker's. */
int corc_closed_hint(const char *directory, const char *who, unsigned mode, unsigned owner,
	const char *uid_map, struct corc_error *error)
{
	char mapping[96] = "";

	if (uid_map && *uid_map) {
		/* The first of its lines "INSIDE OUTSIDE COUNT". */
		int inside = (int)strcspn(uid_map, " ");
		const char *next = uid_map + inside + (uid_map[inside] == ' ');

		(void)snprintf(mapping, sizeof(mapping),
			"; its user namespace maps user %.*s to %.*s of the host", inside, uid_map,
			(int)strcspn(next, " "), next);
	}
	return corc_error_hint(error, "%s is closed to %s: mode %04o, owner %u%s", directory, who,
		mode, owner, mapping);
}

static bool is_closed(const char *directory, struct stat *ret_status)
{
	return syscall(SYS_faccessat2, AT_FDCWD, directory, X_OK, AT_EACCESS) < 0 &&
	       errno == EACCES && stat(directory, ret_status) == 0 && S_ISDIR(ret_status->st_mode);
}

int corc_closed_find(const char *path, const char *uid_map, struct corc_error *error)
{
	char prefix[PATH_MAX];
	size_t length = strlen(path);
	struct stat status;

	if (error->code != EACCES || path[0] != '/' || length >= sizeof(prefix))
		return -error->code;
	for (size_t end = 1; end <= length; end++) {
		if (end > 1 && path[end] != '/' && path[end] != '\0')
			continue;
		memcpy(prefix, path, end);
		prefix[end] = '\0';
		if (is_closed(prefix, &status))
			return corc_closed_hint(prefix, "the user of corc", status.st_mode & 07777,
				status.st_uid, uid_map, error);
	}
	return -error->code;
}
