/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staying with a process until it ends: run and exec without --detach. Layer: cmd; the parent
 * process.
 */
#ifndef CORC_CMD_FOREGROUND_H
#define CORC_CMD_FOREGROUND_H

#include <stdbool.h>

#include <corc/corc.h>

#include "base/cleanup.h"

/* Texts that clients know. */
#define CORC_CONSOLE_SOCKET_MISSING \
	"cannot allocate tty if corc will detach without setting console socket"
#define CORC_CONSOLE_SOCKET_USELESS \
	"cannot use console socket if corc will not detach or allocate tty"

struct corc_foreground {
	int signal_fd;
	struct corc_notify *notify; /* relayed meanwhile; borrowed, NULL: none */
};

#define CORC_FOREGROUND_NONE            \
	{                               \
		.signal_fd = CORC_NO_FD \
	}
#define CORC_CHILD_NONE                                       \
	{                                                     \
		.pidfd = CORC_NO_FD, .console_fd = CORC_NO_FD \
	}

/*
 * To be called before the process is started: blocks every signal, so that none gets lost or ends
 * corc on the way, and with `is_subreaper` adopts orphaned descendants. Signals stay blocked: what
 * comes after the process has ended is cleaning up.
 */
int corc_foreground_init(
	struct corc_foreground *foreground, bool is_subreaper, struct corc_error *error);

void corc_foreground_done(struct corc_foreground *foreground);

/*
 * Passes signals and the terminal on until the child ends; releases the child in any case.
 * *ret_status as corc_child_wait gives it.
 */
int corc_foreground_wait(struct corc_foreground *foreground, struct corc_child *child,
	int *ret_status, struct corc_error *error);

/* Closes what belongs to a child that nobody is going to wait for. */
void corc_foreground_release(struct corc_child *child);

#endif
