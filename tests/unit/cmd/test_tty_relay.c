/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal relay, on pseudo terminals and pipes of our own. An alarm ends whatever would wait
 * for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/tty_relay.h"

enum { DEADLINE_SECONDS = 30 };

struct pty {
	int master;
	int slave;
};

/* What the relay stands between. */
struct scene {
	struct pty console;
	int input[2];  /* a pipe: [1] is where a user types */
	int output[2]; /* a pipe: [0] is what a user sees */
	struct corc_tty_relay relay;
};

static struct pty open_pty(void)
{
	struct pty pty = {.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), .slave = -1};

	assert_true(pty.master >= 0);
	assert_int_equal(unlockpt(pty.master), 0);
	pty.slave = ioctl(pty.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(pty.slave >= 0);
	return pty;
}

static int open_scene(void **state)
{
	static struct scene scene;

	(void)alarm(DEADLINE_SECONDS);
	(void)signal(SIGPIPE, SIG_IGN);
	scene = (struct scene){.relay = CORC_TTY_RELAY_NONE};
	scene.console = open_pty();
	assert_int_equal(pipe2(scene.input, O_CLOEXEC), 0);
	assert_int_equal(pipe2(scene.output, O_CLOEXEC), 0);
	*state = &scene;
	return 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	corc_tty_relay_done(&scene->relay);
	for (int i = 0; i < 2; i++) {
		close_one(&scene->input[i]);
		close_one(&scene->output[i]);
	}
	close_one(&scene->console.master);
	close_one(&scene->console.slave);
	return 0;
}

static void start(struct scene *scene)
{
	corc_tty_relay_start(
		&scene->relay, scene->console.master, scene->input[0], scene->output[1]);
}

/* True: fd can be read from now. */
static bool is_readable(int fd)
{
	struct pollfd slot = {.fd = fd, .events = POLLIN};

	return poll(&slot, 1, 0) == 1;
}

static void pump_once(struct scene *scene)
{
	struct pollfd slots[CORC_TTY_RELAY_SLOTS];

	corc_tty_relay_prepare(&scene->relay, slots);
	assert_true(poll(slots, CORC_TTY_RELAY_SLOTS, -1) > 0);
	corc_tty_relay_handle(&scene->relay, slots);
}

/* Lets the relay work until `length` bytes have come out at fd, and compares them. */
static void assert_arrives(struct scene *scene, int fd, const char *expected, size_t length)
{
	char text[256];
	size_t have = 0;

	assert_true(length <= sizeof(text));
	while (have < length) {
		ssize_t part;

		while (!is_readable(fd))
			pump_once(scene);
		part = read(fd, text + have, length - have);
		assert_true(part > 0);
		have += (size_t)part;
	}
	assert_memory_equal(text, expected, length);
	assert_false(is_readable(fd));
}

/* Nothing is ready: a loop around poll would sleep. */
static void assert_is_idle(struct scene *scene)
{
	struct pollfd slots[CORC_TTY_RELAY_SLOTS];

	corc_tty_relay_prepare(&scene->relay, slots);
	assert_int_equal(poll(slots, CORC_TTY_RELAY_SLOTS, 0), 0);
}

static void put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void no_echo(struct scene *scene)
{
	struct termios settings;

	assert_int_equal(tcgetattr(scene->console.slave, &settings), 0);
	settings.c_lflag &= ~(tcflag_t)ECHO;
	assert_int_equal(tcsetattr(scene->console.slave, TCSANOW, &settings), 0);
}

static void test_both_directions(void **state)
{
	struct scene *scene = *state;

	no_echo(scene);
	start(scene);
	put(scene->input[1], "typed\n");
	assert_arrives(scene, scene->console.slave, "typed\n", 6);
	put(scene->console.slave, "shown\n");
	assert_arrives(scene, scene->output[0], "shown\r\n", 7);
	assert_is_idle(scene);
}

static void test_end_of_input(void **state)
{
	struct scene *scene = *state;
	char byte;

	no_echo(scene);
	start(scene);
	put(scene->input[1], "line\n");
	close_one(&scene->input[1]);
	assert_arrives(scene, scene->console.slave, "line\n", 5);
	while (!is_readable(scene->console.slave))
		pump_once(scene);
	assert_int_equal(read(scene->console.slave, &byte, 1), 0);
	assert_is_idle(scene);
}

static void test_end_of_input_within_a_line(void **state)
{
	struct scene *scene = *state;
	char text[16];

	no_echo(scene);
	start(scene);
	put(scene->input[1], "part");
	close_one(&scene->input[1]);
	while (!is_readable(scene->console.slave))
		pump_once(scene);
	assert_int_equal(read(scene->console.slave, text, sizeof(text)), 4);
	assert_memory_equal(text, "part", 4);
	while (!is_readable(scene->console.slave))
		pump_once(scene);
	assert_int_equal(read(scene->console.slave, text, sizeof(text)), 0);
}

static void test_shared_descriptors_stay_blocking(void **state)
{
	struct scene *scene = *state;

	start(scene);
	assert_int_equal(fcntl(scene->input[0], F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(scene->output[1], F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(scene->relay.output_fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(scene->console.master, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
}

/* The program may close its terminal and open it again. */
static void test_console_without_a_user(void **state)
{
	struct scene *scene = *state;
	char path[64];

	assert_int_equal(ptsname_r(scene->console.master, path, sizeof(path)), 0);
	start(scene);
	close_one(&scene->console.slave);
	assert_is_idle(scene);
	scene->console.slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(scene->console.slave >= 0);
	put(scene->console.slave, "back\n");
	assert_arrives(scene, scene->output[0], "back\r\n", 6);
}

/* Fills a pipe to the brim. Returns the number of bytes. */
static size_t fill_pipe(int fd)
{
	static const char filler[4096];
	size_t length = 0;
	int flags = fcntl(fd, F_GETFL);

	assert_int_equal(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	for (;;) {
		ssize_t part = write(fd, filler, sizeof(filler));

		if (part < 0)
			break;
		length += (size_t)part;
	}
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fcntl(fd, F_SETFL, flags), 0);
	return length;
}

static void skip_bytes(int fd, size_t length)
{
	char text[4096];

	while (length > 0) {
		ssize_t part = read(fd, text, length < sizeof(text) ? length : sizeof(text));

		assert_true(part > 0);
		length -= (size_t)part;
	}
}

static void test_stalled_output(void **state)
{
	struct scene *scene = *state;
	size_t filler = fill_pipe(scene->output[1]);

	no_echo(scene);
	start(scene);
	put(scene->console.slave, "late\n");
	pump_once(scene);
	put(scene->console.slave, "later\n");
	assert_is_idle(scene);
	put(scene->input[1], "typed\n");
	assert_arrives(scene, scene->console.slave, "typed\n", 6);
	assert_is_idle(scene);
	skip_bytes(scene->output[0], filler);
	assert_arrives(scene, scene->output[0], "late\r\nlater\r\n", 13);
}

/* A socket stays blocking, because it is shared: that must not hold up what is typed. */
static void test_stalled_socket(void **state)
{
	struct scene *scene = *state;
	int size = 1;
	size_t filler;

	close_one(&scene->output[0]);
	close_one(&scene->output[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, scene->output), 0);
	assert_int_equal(
		setsockopt(scene->output[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	filler = fill_pipe(scene->output[1]);
	no_echo(scene);
	start(scene);
	put(scene->console.slave, "late\n");
	pump_once(scene);
	put(scene->input[1], "typed\n");
	assert_arrives(scene, scene->console.slave, "typed\n", 6);
	skip_bytes(scene->output[0], filler);
	assert_arrives(scene, scene->output[0], "late\r\n", 6);
}

static void test_closed_output(void **state)
{
	struct scene *scene = *state;

	start(scene);
	close_one(&scene->output[0]);
	put(scene->console.slave, "nobody reads this\n");
	pump_once(scene);
	put(scene->console.slave, "nor this\n");
	pump_once(scene);
	assert_is_idle(scene);
	corc_tty_relay_finish(&scene->relay);
	assert_true(corc_tty_relay_is_drained(&scene->relay));
}

static void test_finish_passes_on_what_is_left(void **state)
{
	struct scene *scene = *state;

	start(scene);
	put(scene->console.slave, "last words\n");
	assert_false(corc_tty_relay_is_drained(&scene->relay));
	close_one(&scene->console.slave);
	corc_tty_relay_finish(&scene->relay);
	assert_true(corc_tty_relay_is_drained(&scene->relay));
	assert_arrives(scene, scene->output[0], "last words\r\n", 12);
}

static void test_finish_with_stalled_output(void **state)
{
	struct scene *scene = *state;
	size_t filler = fill_pipe(scene->output[1]);

	start(scene);
	put(scene->console.slave, "last words\n");
	corc_tty_relay_finish(&scene->relay);
	assert_false(corc_tty_relay_is_drained(&scene->relay));
	assert_is_idle(scene);
	skip_bytes(scene->output[0], filler);
	assert_arrives(scene, scene->output[0], "last words\r\n", 12);
	assert_true(corc_tty_relay_is_drained(&scene->relay));
}

static void test_our_terminal_is_raw_and_set_back(void **state)
{
	struct scene *scene = *state;
	struct winsize size = {.ws_row = 33, .ws_col = 77};
	struct winsize seen = {0};
	struct termios before = {0}, during = {0}, after = {0};
	struct pty ours = open_pty();

	assert_int_equal(ioctl(ours.slave, TIOCSWINSZ, &size), 0);
	assert_int_equal(tcgetattr(ours.slave, &before), 0);
	corc_tty_relay_start(&scene->relay, scene->console.master, ours.slave, scene->output[1]);
	assert_int_equal(tcgetattr(ours.slave, &during), 0);
	assert_int_equal(during.c_lflag & (tcflag_t)(ICANON | ECHO | ISIG), 0);
	assert_int_equal(during.c_oflag & (tcflag_t)OPOST, 0);
	assert_int_equal(fcntl(ours.slave, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(ioctl(scene->console.slave, TIOCGWINSZ, &seen), 0);
	assert_int_equal(seen.ws_row, 33);
	assert_int_equal(seen.ws_col, 77);

	size.ws_row = 11;
	assert_int_equal(ioctl(ours.slave, TIOCSWINSZ, &size), 0);
	corc_tty_relay_resize(&scene->relay);
	assert_int_equal(ioctl(scene->console.slave, TIOCGWINSZ, &seen), 0);
	assert_int_equal(seen.ws_row, 11);

	corc_tty_relay_done(&scene->relay);
	assert_int_equal(tcgetattr(ours.slave, &after), 0);
	assert_memory_equal(&after, &before, sizeof(before));
	close_one(&ours.master);
	close_one(&ours.slave);
}

static void test_no_terminal(void **state)
{
	struct corc_tty_relay relay = CORC_TTY_RELAY_NONE;
	struct pollfd slots[CORC_TTY_RELAY_SLOTS];

	(void)state;
	corc_tty_relay_prepare(&relay, slots);
	for (int i = 0; i < CORC_TTY_RELAY_SLOTS; i++)
		assert_true(slots[i].fd < 0);
	corc_tty_relay_resize(&relay);
	corc_tty_relay_finish(&relay);
	assert_true(corc_tty_relay_is_drained(&relay));
	corc_tty_relay_done(&relay);
}

#define SCENE_TEST(function) cmocka_unit_test_setup_teardown(function, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_both_directions),
		SCENE_TEST(test_end_of_input),
		SCENE_TEST(test_end_of_input_within_a_line),
		SCENE_TEST(test_shared_descriptors_stay_blocking),
		SCENE_TEST(test_console_without_a_user),
		SCENE_TEST(test_stalled_output),
		SCENE_TEST(test_stalled_socket),
		SCENE_TEST(test_closed_output),
		SCENE_TEST(test_finish_passes_on_what_is_left),
		SCENE_TEST(test_finish_with_stalled_output),
		SCENE_TEST(test_our_terminal_is_raw_and_set_back),
		cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests_name("cmd/tty_relay", tests, NULL, NULL);
}
