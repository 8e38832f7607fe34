/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connects a container's terminal with standard input and output. Layer: cmd; the parent process.
 */
#include "cmd/tty_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * A pty holds at most some 68 KiB on its way. A process that was left behind and goes on writing
 * must not keep us longer than that.
 */
#define DRAIN_MAX ((size_t)256 * 1024)

enum { SLOT_INPUT, SLOT_CONSOLE, SLOT_OUTPUT };

static bool is_empty(const struct corc_tty_flow *flow)
{
	return flow->start == flow->end;
}

/*
 * The same terminal or pipe, opened anew and non-blocking. O_NONBLOCK on the original would hold
 * for everybody who shares it, our shell too, and also after a SIGKILL. Negative if that is not
 * possible: then the original is used, in chunks, and only when poll says that it is ready.
 */
static int open_anew(int fd, int flags)
{
	char path[sizeof("/proc/self/fd/-2147483648")];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool is_type(int fd, mode_t type)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type;
}

/* False: a terminal that belongs to another job now. Reading from it is not ours. */
static bool is_in_foreground(int tty_fd)
{
	pid_t group = tcgetpgrp(tty_fd);

	return group < 0 || group == getpgrp();
}

static void make_raw(struct corc_tty_relay *relay, int fd)
{
	struct termios raw;

	if (tcgetattr(fd, &relay->saved) < 0)
		return;
	raw = relay->saved;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return;
	relay->saved_fd = fd;
	relay->is_raw = true;
}

static void set_input(struct corc_tty_relay *relay, int fd)
{
	relay->input_fd = fd;
	relay->input_ends_line = true;
	if (!isatty(fd))
		return;
	relay->size_fd = fd;
	if (!is_in_foreground(fd)) {
		relay->input_fd = CORC_NO_FD;
		return;
	}
	make_raw(relay, fd);
	relay->own_input_fd = open_anew(fd, O_RDONLY);
	if (relay->own_input_fd >= 0)
		relay->input_fd = relay->own_input_fd;
}

static void set_output(struct corc_tty_relay *relay, int fd)
{
	bool is_tty = isatty(fd);

	relay->output_fd = fd;
	relay->is_output_socket = is_type(fd, S_IFSOCK);
	if (is_tty && relay->size_fd < 0)
		relay->size_fd = fd;
	if (is_tty || is_type(fd, S_IFIFO))
		relay->own_output_fd = open_anew(fd, O_WRONLY);
	if (relay->own_output_fd >= 0)
		relay->output_fd = relay->own_output_fd;
}

/*
 * With the other side open the master does not hang up when the container has closed all of its
 * own descriptors for a while, as an init does. False: it cannot be opened.
 */
static bool open_peer(struct corc_tty_relay *relay)
{
	corc_close_(relay->peer_fd);
	relay->peer_fd = ioctl(relay->console_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return relay->peer_fd >= 0;
}

void corc_tty_relay_start(struct corc_tty_relay *relay, int console_fd, int input_fd, int output_fd)
{
	int flags = fcntl(console_fd, F_GETFL);

	relay->console_fd = console_fd;
	if (flags >= 0)
		(void)fcntl(console_fd, F_SETFL, flags | O_NONBLOCK);
	(void)open_peer(relay);
	set_input(relay, input_fd);
	set_output(relay, output_fd);
	corc_tty_relay_resize(relay);
}

void corc_tty_relay_size(uint16_t *ret_rows, uint16_t *ret_columns)
{
	struct winsize size;

	*ret_rows = *ret_columns = 0;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0 &&
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
}

void corc_tty_relay_resize(struct corc_tty_relay *relay)
{
	struct winsize size;

	if (relay->console_fd < 0 || relay->size_fd < 0)
		return;
	if (ioctl(relay->size_fd, TIOCGWINSZ, &size) == 0 && size.ws_row != 0 && size.ws_col != 0)
		(void)ioctl(relay->console_fd, TIOCSWINSZ, &size);
}

void corc_tty_relay_prepare(
	const struct corc_tty_relay *relay, struct pollfd slots[CORC_TTY_RELAY_SLOTS])
{
	bool has_input = !is_empty(&relay->to_console);
	bool has_output = !is_empty(&relay->to_output);
	short console_events = 0;

	if (!has_output)
		console_events |= POLLIN;
	if (has_input)
		console_events |= POLLOUT;
	slots[SLOT_INPUT] = (struct pollfd){
		.fd = has_input || relay->is_finishing ? -1 : relay->input_fd,
		.events = POLLIN,
	};
	slots[SLOT_CONSOLE] = (struct pollfd){
		.fd = console_events == 0 || relay->is_finishing ? -1 : relay->console_fd,
		.events = console_events,
	};
	slots[SLOT_OUTPUT] = (struct pollfd){
		.fd = has_output ? relay->output_fd : -1,
		.events = POLLOUT,
	};
}

/* Writes what is there. False: fd takes nothing any more, ever. A socket cannot be opened anew. */
static bool flush(struct corc_tty_flow *flow, int fd, bool is_socket)
{
	while (!is_empty(flow)) {
		const char *data = flow->data + flow->start;
		size_t left = flow->end - flow->start;
		ssize_t length = is_socket ? send(fd, data, left, MSG_DONTWAIT | MSG_NOSIGNAL)
					   : write(fd, data, left);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno == EAGAIN;
		flow->start += (size_t)length;
	}
	return true;
}

/* Reads into an empty flow. 0: the end, or an error that is as good; negative: nothing yet. */
static ssize_t fill(struct corc_tty_flow *flow, int fd)
{
	ssize_t length = read(fd, flow->data, sizeof(flow->data));

	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? -1 : 0;
	flow->start = 0;
	flow->end = (size_t)length;
	return length;
}

/* In the middle of a line the first such character only ends the line. */
static void send_end_of_file(struct corc_tty_relay *relay)
{
	struct corc_tty_flow *flow = &relay->to_console;
	struct termios settings;

	if (tcgetattr(relay->console_fd, &settings) < 0)
		return;
	flow->start = 0;
	flow->end = 0;
	if (!relay->input_ends_line)
		flow->data[flow->end++] = (char)settings.c_cc[VEOF];
	flow->data[flow->end++] = (char)settings.c_cc[VEOF];
}

static void read_input(struct corc_tty_relay *relay)
{
	ssize_t length = fill(&relay->to_console, relay->input_fd);

	if (length > 0)
		relay->input_ends_line = relay->to_console.data[length - 1] == '\n';
	if (length != 0)
		return;
	relay->input_fd = CORC_NO_FD;
	send_end_of_file(relay);
}

static void write_output(struct corc_tty_relay *relay)
{
	if (relay->output_fd >= 0 &&
		flush(&relay->to_output, relay->output_fd, relay->is_output_socket))
		return;
	relay->output_fd = CORC_NO_FD;
	relay->to_output.start = relay->to_output.end;
}

static void write_console(struct corc_tty_relay *relay)
{
	if (!flush(&relay->to_console, relay->console_fd, false))
		relay->to_console.start = relay->to_console.end;
}

static void read_console(struct corc_tty_relay *relay)
{
	ssize_t length = fill(&relay->to_output, relay->console_fd);

	if (length > 0)
		write_output(relay);
	/* Hung up, by vhangup in the container: whoever opens the terminal next is heard again. */
	if (length == 0 && !open_peer(relay))
		relay->console_fd = CORC_NO_FD;
}

/* Alternates until nothing is left to read, or the output takes no more for the moment. */
static void drain(struct corc_tty_relay *relay)
{
	write_output(relay);
	while (is_empty(&relay->to_output)) {
		ssize_t length = 0;

		if (relay->console_fd >= 0 && relay->drain_left > 0)
			length = fill(&relay->to_output, relay->console_fd);
		if (length <= 0) {
			relay->is_drained = true;
			return;
		}
		relay->drain_left -=
			(size_t)length < relay->drain_left ? (size_t)length : relay->drain_left;
		write_output(relay);
	}
}

void corc_tty_relay_handle(
	struct corc_tty_relay *relay, const struct pollfd slots[CORC_TTY_RELAY_SLOTS])
{
	if (relay->is_finishing) {
		if (slots[SLOT_OUTPUT].revents != 0)
			drain(relay);
		return;
	}
	if (slots[SLOT_OUTPUT].revents != 0)
		write_output(relay);
	if ((slots[SLOT_CONSOLE].revents & ~POLLOUT) != 0 && is_empty(&relay->to_output))
		read_console(relay);
	if (slots[SLOT_INPUT].revents != 0)
		read_input(relay);
	if (!is_empty(&relay->to_console))
		write_console(relay);
}

void corc_tty_relay_finish(struct corc_tty_relay *relay)
{
	relay->is_finishing = true;
	relay->drain_left = DRAIN_MAX;
	drain(relay);
}

bool corc_tty_relay_is_drained(const struct corc_tty_relay *relay)
{
	return relay->is_drained;
}

void corc_tty_relay_done(struct corc_tty_relay *relay)
{
	if (relay->is_raw)
		(void)tcsetattr(relay->saved_fd, TCSANOW, &relay->saved);
	relay->is_raw = false;
	corc_close_(corc_take_fd(&relay->peer_fd));
	corc_close_(corc_take_fd(&relay->own_input_fd));
	corc_close_(corc_take_fd(&relay->own_output_fd));
}
