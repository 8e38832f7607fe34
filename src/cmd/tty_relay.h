/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connects a container's terminal with standard input and output. Layer: cmd; the parent process.
 *
 * Neither of the two has to be a terminal. If standard input is the one that we are in the
 * foreground of, it is made raw, so that keys such as ^C reach the container's terminal, and set
 * back by corc_tty_relay_done. When standard input ends, the container's terminal is sent its
 * end-of-file character. When standard output is closed, what the container writes is dropped.
 */
#ifndef CORC_CMD_TTY_RELAY_H
#define CORC_CMD_TTY_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#include "base/cleanup.h"

#define CORC_TTY_RELAY_SLOTS 3
#define CORC_TTY_CHUNK 4096

/* Bytes on their way in one direction. The next are read when all of these are written. */
struct corc_tty_flow {
	char data[CORC_TTY_CHUNK];
	size_t start;
	size_t end;
};

struct corc_tty_relay {
	int console_fd; /* the pty master, borrowed; negative: nothing to relay, or no longer */
	int peer_fd;    /* the other side, held open so that the master never hangs up */
	int input_fd;   /* borrowed, or our own: see own_input_fd; negative: at its end */
	int output_fd;  /* negative: closed */
	bool is_output_socket;
	int own_input_fd, own_output_fd;
	int size_fd; /* the terminal whose size counts; borrowed, negative: none */
	bool is_finishing;
	bool is_drained;
	bool input_ends_line; /* the last byte that was read ended a line, or none was */
	size_t drain_left;    /* bytes that are read at most after the end */
	bool is_raw;
	struct termios saved; /* of the input, when is_raw */
	int saved_fd;
	struct corc_tty_flow to_console;
	struct corc_tty_flow to_output;
};

#define CORC_TTY_RELAY_NONE                                                                       \
	{                                                                                         \
		.console_fd = CORC_NO_FD, .peer_fd = CORC_NO_FD, .input_fd = CORC_NO_FD,          \
		.output_fd = CORC_NO_FD, .own_input_fd = CORC_NO_FD, .own_output_fd = CORC_NO_FD, \
		.size_fd = CORC_NO_FD                                                             \
	}

/* Starts relaying; console_fd becomes non-blocking. Without a call of it all others do nothing. */
void corc_tty_relay_start(
	struct corc_tty_relay *relay, int console_fd, int input_fd, int output_fd);

/* Fills what is to be polled for. */
void corc_tty_relay_prepare(
	const struct corc_tty_relay *relay, struct pollfd slots[CORC_TTY_RELAY_SLOTS]);

/* Moves bytes, after poll. */
void corc_tty_relay_handle(
	struct corc_tty_relay *relay, const struct pollfd slots[CORC_TTY_RELAY_SLOTS]);

/* The size of the terminal that we have, 0 without one: the container's begins with it. */
void corc_tty_relay_size(uint16_t *ret_rows, uint16_t *ret_columns);

/* Gives the container's terminal the size of ours. */
void corc_tty_relay_resize(struct corc_tty_relay *relay);

/* The process has ended: from here on only what it has written counts. */
void corc_tty_relay_finish(struct corc_tty_relay *relay);

/* After finish: all is passed on. True also when there is no terminal. */
bool corc_tty_relay_is_drained(const struct corc_tty_relay *relay);

/* Sets our terminal back and closes what is the relay's own. */
void corc_tty_relay_done(struct corc_tty_relay *relay);

#endif
