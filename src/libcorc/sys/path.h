/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths that somebody else controls. Layer: sys; parent and stage. All return -errno on failure.
 */
#ifndef CORC_SYS_PATH_H
#define CORC_SYS_PATH_H

#include <linux/openat2.h>
#include <stdint.h>

/*
 * openat2(2); O_CLOEXEC is added. resolve: RESOLVE_*.
 */
int corc_openat2(
	int directory_fd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/* O_PATH of a path inside the tree at root_fd: symbolic links and ".." never lead out of it. */
int corc_open_in_root(int root_fd, const char *path);

#endif
