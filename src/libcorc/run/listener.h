/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp listener: from the stage, which loads the filter, to the agent that the configuration
 * names. Layer: run; the parent process, which the filter does not bind.
 *
 * The parent takes the fd out of the stage and answers for the agent until it hands it over: what
 * the stage itself calls meanwhile goes on.
 */
#ifndef CORC_RUN_LISTENER_H
#define CORC_RUN_LISTENER_H

#include "run/conductor.h"

/* What the agent is told of the container. */
struct corc_listener_state {
	const char *id;
	const char *bundle;
	enum corc_status status;
	pid_t pid; /* of the container's first process */
	const struct corc_string_map *annotations;
};

/* Serves CORC_MESSAGE_LISTENER: the fd becomes conductor->listener_fd, the stage goes on. */
int corc_listener_take(struct corc_conductor *conductor, const struct corc_message *message,
	struct corc_error *error);

/* Lets one system call that waits go on. */
void corc_listener_go_on(int listener_fd);

/* Sends the fd and the state to the agent. Nothing to do when the plan has no listener. */
int corc_listener_hand_over(struct corc_conductor *conductor,
	const struct corc_listener_state *state, struct corc_error *error);

#endif
