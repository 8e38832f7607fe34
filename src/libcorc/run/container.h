/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container that is there: its directory, its state, how it is now. Layer: run; the parent
 * process. What start, exec, kill and state begin with.
 */
#ifndef CORC_RUN_CONTAINER_H
#define CORC_RUN_CONTAINER_H

#include "run/state.h"

struct corc_container {
	struct corc_arena arena; /* holds what state refers to */
	struct corc_state_directory directory;
	struct corc_state_file state;
	enum corc_status status;
	int pidfd; /* of the container's process; negative when it is stopped */
};

/* What a usual state needs, read: for an arena that takes from the stack first. */
#define CORC_STATE_SPACE ((size_t)3 * 1024)

/*
 * container: CORC_CONTAINER_EMPTY, or with an empty arena of the caller's in it; it is that again
 * after a failure. lock: nobody else shall start or remove it meanwhile. Errors: ENOENT, EINVAL for
 * a bad id, EBADMSG for a damaged state. Close what was opened.
 */
int corc_container_open(struct corc_runtime *runtime, const char *id, bool lock,
	struct corc_container *container, struct corc_error *error);

/* Whether its process is in the user namespace of the caller. */
bool corc_container_shares_user_namespace(const struct corc_container *container);

/* Accepts one that was never opened, when it is CORC_CONTAINER_EMPTY. */
void corc_container_close(struct corc_container *container);

#define CORC_CONTAINER_EMPTY                                         \
	{                                                            \
		.directory = CORC_STATE_DIRECTORY_EMPTY, .pidfd = -1 \
	}

#endif
