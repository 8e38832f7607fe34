/* SPDX-License-Identifier: Apache-2.0 */
/* Directories that are closed to somebody, in words. Layer: run; the parent process. */
#ifndef CORC_RUN_CLOSED_H
#define CORC_RUN_CLOSED_H

#include "base/error.h"

/*
 * Adds that the directory is closed to `who`. uid_map: the text for /proc/PID/uid_map of who
 * looked, NULL: no user namespace, or not known. Returns -error->code.
 */
int corc_closed_hint(const char *directory, const char *who, unsigned mode, unsigned owner,
	const char *uid_map, struct corc_error *error);

/*
 * After EACCES for an absolute path: adds the first directory on the way that the caller may not
 * pass. For other errors, and when there is none, nothing. Returns -error->code.
 */
int corc_closed_find(const char *path, const char *uid_map, struct corc_error *error);

#endif
