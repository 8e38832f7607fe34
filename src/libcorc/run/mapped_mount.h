/* SPDX-License-Identifier: Apache-2.0 */
/* Idmapped mounts. Layer: run; the parent process. */
#ifndef CORC_RUN_MAPPED_MOUNT_H
#define CORC_RUN_MAPPED_MOUNT_H

#include "plan/compile.h"

/* A new file system of bind->fstype with its options: a detached mount, owned by the caller. */
int corc_mapped_filesystem_make(const struct corc_plan_bind *bind, struct corc_error *error);

/* Gives the detached mount its mappings. An error names the file system that cannot have any. */
int corc_mapped_mount_map(
	const struct corc_plan_bind *bind, int mount_fd, struct corc_error *error);

#endif
