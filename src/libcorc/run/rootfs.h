/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's root file system in the host. Layer: run; the parent process.
 *
 * With a mount namespace the stage attaches a clone of the tree there, and the host's mounts stay
 * as they are. A container with mounts that shares the host's mount namespace gets the clone
 * attached over the directory itself, so that one mount holds all that it mounts and takes it along
 * when it goes. The number of that mount is in the marker before it is attached.
 */
#ifndef CORC_RUN_ROOTFS_H
#define CORC_RUN_ROOTFS_H

#include <stdint.h>

#include "run/bundle.h"

/*
 * *ret_fd: a detached clone of the tree at root.path, which receives what is mounted in the host
 * and gives nothing back; the directory itself for a container without mounts. *ret_mount: the
 * number of the clone when it is to be attached in the host, else 0.
 */
int corc_rootfs_open(const struct corc_bundle *bundle, int *ret_fd, uint64_t *ret_mount,
	struct corc_error *error);

/* Attaches the clone over its directory. */
int corc_rootfs_attach(const struct corc_bundle *bundle, int fd, struct corc_error *error);

/*
 * Takes the mount away when it is the one at the path. Nothing to do: no number, another boot,
 * another mount or none.
 */
int corc_rootfs_detach(
	const char *path, uint64_t mount, const char *boot_id, struct corc_error *error);

#endif
