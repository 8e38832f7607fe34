/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new network namespace, made by a process of its own while the parent prepares the rest: the
 * kernel takes longer for it than for all other namespaces together. Layer: run; the parent
 * process.
 *
 * The process shares the memory and the file descriptors of its maker and does two system calls. It
 * is no part of the container, and what it makes goes with the last fd of it.
 */
#ifndef CORC_RUN_NETWORK_H
#define CORC_RUN_NETWORK_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define CORC_NETWORK_STACK 8192

/* Empty: pidfd negative. */
struct corc_network {
	char *stack; /* CORC_NETWORK_STACK bytes, of the caller; NULL: it is not to be begun */
	int pidfd;
	int result; /* the fd of the namespace, or -errno */
};

#define CORC_NETWORK_EMPTY                          \
	{                                           \
		.pidfd = -1, .result = -EINPROGRESS \
	}

/* To be begun. */
static inline void corc_network_init(struct corc_network *network, char stack[CORC_NETWORK_STACK])
{
	*network = (struct corc_network)CORC_NETWORK_EMPTY;
	network->stack = stack;
}

/* Returns at once. `network` and its stack stay where they are until the end. */
int corc_network_begin(struct corc_network *network, struct corc_error *error);

/* Whether there is nothing to wait for any more. */
static inline bool corc_network_is_ready(const struct corc_network *network)
{
	return __atomic_load_n(&network->result, __ATOMIC_ACQUIRE) != -EINPROGRESS;
}

/* Waits for the namespace; returns an fd of it, which the caller owns. */
int corc_network_end(struct corc_network *network, uint32_t deadline_ms, struct corc_error *error);

/* Ends what was begun and not waited for. */
void corc_network_done(struct corc_network *network);

#endif
