/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doing things with the privileges that a caller without any has in the namespaces of its
 * container. Layer: run; the parent process.
 *
 * Cloning a mount needs CAP_SYS_ADMIN over the mount namespace that it is in. A user who has that
 * nowhere has it in the user namespace that the stage has made, where the mounts of the host are
 * as well: a child that shares the caller's memory and descriptors enters both and does there what
 * the parent does otherwise.
 */
#ifndef CORC_RUN_INSIDE_H
#define CORC_RUN_INSIDE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* All zero: nowhere. */
struct corc_inside {
	bool is_open;
	int user_fd, mount_fd; /* the namespaces */
	int root_fd;           /* what "/" was before the stage has covered it */
};

/* The namespaces of a stage that has just been born into them, knows its ids and waits. */
int corc_inside_open(pid_t pid, struct corc_inside *ret_inside, struct corc_error *error);

void corc_inside_close(struct corc_inside *inside);

/*
 * Calls function(argument) there, and waits for it; descriptors that it opens are the caller's, and
 * paths mean what they mean on the host, also when the container's root is mounted already.
 * Returns 0 when it was called, whatever it did.
 */
int corc_inside_call(const struct corc_inside *inside, void (*function)(void *argument),
	void *argument, struct corc_error *error);

#endif
