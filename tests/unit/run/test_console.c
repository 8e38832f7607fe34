/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets a terminal, and handing it over. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "run/conductor.h"
#include "run_fixture.h"
#include "sys/message.h"

static struct corc_error error;

static void test_check(void **state)
{
	static const struct {
		bool terminal;
		const char *socket;
		bool keep;
		const char *refusal;
	} cases[] = {
		{false, NULL, false, NULL},
		{false, NULL, true, NULL},
		{true, "/socket", false, NULL},
		{true, NULL, true, NULL},
		{true, NULL, false,
			"cannot allocate tty if corc will detach without setting console socket"},
		{false, "/socket", false,
			"cannot use console socket if corc will not detach or allocate tty"},
		{false, "/socket", true,
			"cannot use console socket if corc will not detach or allocate tty"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int r = corc_console_check(
			cases[i].terminal, cases[i].socket, cases[i].keep, &error);

		assert_int_equal(r, cases[i].refusal ? -EINVAL : 0);
		if (cases[i].refusal)
			assert_string_equal(error.message, cases[i].refusal);
	}
}

/* Binds below the directory of the test, whose path may be longer than an address. */
static int listen_at(int directory, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int CORC_CLOSE place = openat(directory, ".", O_PATH | O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(
		address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", place, name);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* Hands /dev/null over as terminal 7, and looks at what arrives. */
static void check_hand_over(int listener, const char *path)
{
	struct corc_conductor conductor = {
		.console_fd = open("/dev/null", O_RDWR | O_CLOEXEC), .console_number = 7};
	struct stat found, expected;
	char name[64] = "";
	size_t count = 0;
	int got = -1;

	assert_success(corc_console_hand_over(&conductor, path, &error), &error);
	/* It is the other's alone now. */
	assert_true(conductor.console_fd < 0);
	int CORC_CLOSE connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	assert_int_equal(corc_receive_fds(connection, name, sizeof(name) - 1, &got, 1, &count),
		strlen("/dev/pts/7"));
	assert_string_equal(name, "/dev/pts/7");
	assert_int_equal(count, 1);
	assert_int_equal(fstat(got, &found), 0);
	assert_int_equal(stat("/dev/null", &expected), 0);
	assert_true(found.st_ino == expected.st_ino && found.st_rdev == expected.st_rdev);
	assert_int_equal(close(got), 0);
	assert_int_equal(recv(connection, name, 1, 0), 0);
}

static void test_hand_over(void **state)
{
	int CORC_CLOSE listener = listen_at(*(int *)*state, "socket");
	size_t before = open_fds();

	check_hand_over(listener, run_path("socket"));
	assert_int_equal(open_fds(), before);
}

static void test_hand_over_to_a_long_path(void **state)
{
	char name[128];

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	make_directory(*(int *)*state, name);
	int CORC_CLOSE directory = openat(*(int *)*state, name, O_PATH | O_CLOEXEC);
	int CORC_CLOSE listener = listen_at(directory, "socket");
	char path[512];
	size_t before = open_fds();

	(void)snprintf(path, sizeof(path), "%s/%s/socket", temporary_path(), name);
	assert_true(strlen(path) > sizeof(((struct sockaddr_un *)0)->sun_path));
	check_hand_over(listener, path);
	assert_int_equal(open_fds(), before);
	(void)unlinkat(directory, "socket", 0);
}

static void test_nothing_to_hand_over(void **state)
{
	struct corc_conductor conductor = {.console_fd = -1};

	(void)state;
	assert_int_equal(corc_console_hand_over(&conductor, "/nonexistent/socket", &error), 0);
	conductor.console_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* The caller keeps it. */
	assert_int_equal(corc_console_hand_over(&conductor, NULL, &error), 0);
	assert_true(conductor.console_fd >= 0);
	assert_int_equal(close(conductor.console_fd), 0);
}

static void assert_refused(const char *path, int code)
{
	struct corc_conductor conductor = {.console_fd = open("/dev/null", O_RDWR | O_CLOEXEC)};
	size_t before = open_fds();
	char text[1024];

	assert_int_equal(corc_console_hand_over(&conductor, path, &error), -code);
	(void)snprintf(text, sizeof(text), "console socket %s: ", path);
	assert_int_equal(strncmp(error.message, text, strlen(text)), 0);
	assert_int_equal(error.step, CORC_STEP_CONSOLE);
	assert_true(conductor.console_fd < 0);
	assert_int_equal(open_fds(), before - 1);
}

static void test_refused(void **state)
{
	char path[512];

	assert_refused("/nonexistent/socket", ENOENT);
	write_text(*(int *)*state, "file", "x");
	assert_refused(run_path("file"), ECONNREFUSED);
	/* Somebody listened once. */
	assert_int_equal(close(listen_at(*(int *)*state, "socket")), 0);
	assert_refused(run_path("socket"), ECONNREFUSED);
	(void)snprintf(path, sizeof(path), "%s/%0200d", temporary_path(), 0);
	assert_refused(path, ENOENT);
	assert_refused("", ECONNREFUSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		TEST(test_hand_over),
		TEST(test_hand_over_to_a_long_path),
		TEST(test_nothing_to_hand_over),
		TEST(test_refused),
	};

	return cmocka_run_group_tests_name("run/console", tests, NULL, NULL);
}
