/* SPDX-License-Identifier: Apache-2.0 */
/* Where systemd has its slices, and conversations that cannot begin. */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroup/systemd.h"
#include "sys/process.h"

static void layouts(void **state)
{
	char user[128], elsewhere[128];
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	unsigned uid = (unsigned)geteuid();

	(void)state;
	(void)snprintf(user, sizeof(user), "0::/a/user@%u.service/app.slice/b.scope\n", uid);
	(void)snprintf(elsewhere, sizeof(elsewhere), "/user.slice/user-%u.slice/user@%u.service",
		uid, uid);

	const struct {
		bool is_user;
		const char *text, *path;
	} rows[] = {
		{false, "0::/init.scope\n", ""},
		{false, "0::/machine.slice/m.scope/init.scope\n", "/machine.slice/m.scope"},
		{false, "0::/\n", ""},
		{false, "", ""},
		{false, "0::/../init.scope\n", ""},
		{false, "0::/init.scope/x\n", ""},
		{false, "12:pids:/init.scope\n1:name=systemd:/a/init.scope\n", "/a"},
		{false, "12:pids:/x\n1:name=systemd:/a/init.scope\n0::/b/init.scope\n", "/a"},
		{true, user, strrchr(elsewhere, '/')},
		{true, "0::/user.slice/session-1.scope\n", elsewhere},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct corc_systemd_layout layout;
		char text[256], expected[256];

		(void)snprintf(text, sizeof(text), "%s", rows[i].text);
		(void)snprintf(expected, sizeof(expected), "%s%s", rows[i].text == user ? "/a" : "",
			rows[i].path);
		assert_int_equal(corc_systemd_layout_of(&arena, rows[i].is_user, text, &layout), 0);
		assert_string_equal(layout.path, expected);
		assert_int_equal(layout.is_user, rows[i].is_user);
	}
}

#ifdef HAVE_DBUS
/* A socket that listens and whose connections nobody takes; the path is in `address`. */
static int listen_deaf(int backlog, char address[128])
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(
		name.sun_path, sizeof(name.sun_path), "/tmp/corc-test-%d.bus", (int)getpid());
	(void)snprintf(address, 128, "unix:path=%s", name.sun_path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static int start_on(const char *address, struct corc_error *error)
{
	const struct corc_systemd systemd = {.address = address, .deadline_ms = 300};
	const struct corc_systemd_unit unit = {.name = "corc-test.scope"};

	return corc_systemd_start(&systemd, &unit, getpid(), CORC_NO_FD, error);
}

static void deaf_bus(void **state)
{
	struct corc_error error = {0};
	char address[128];
	int CORC_CLOSE fd = listen_deaf(8, address);
	int r = start_on(address, &error);

	(void)state;
	(void)unlink(address + strlen("unix:path="));
	assert_int_equal(r, -ETIMEDOUT);
	assert_string_equal(error.message, "systemd did not answer within 300 ms");
}

/* connect(2) would wait for a place in the queue without an end. */
static void full_queue(void **state)
{
	struct corc_error error = {0};
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	char address[128];
	int waiting[16];
	size_t count = 0;
	int CORC_CLOSE fd = listen_deaf(1, address);
	int r;

	(void)state;
	(void)snprintf(
		name.sun_path, sizeof(name.sun_path), "%.100s", address + strlen("unix:path="));
	do {
		waiting[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_true(waiting[count] >= 0);
	} while (connect(waiting[count++], (struct sockaddr *)&name, sizeof(name)) == 0 &&
		 count < sizeof(waiting) / sizeof(waiting[0]));
	r = start_on(address, &error);
	while (count > 0)
		corc_close_(waiting[--count]);
	(void)unlink(name.sun_path);
	assert_int_equal(r, -ETIMEDOUT);
	assert_non_null(strstr(error.message, "took no connection for 300 ms"));
}

/* The process that all is for has ended: nobody waits for the deadline. */
static void ended_process(void **state)
{
	const struct corc_systemd_unit unit = {.name = "corc-test.scope"};
	struct corc_error error = {0};
	char address[128];
	int CORC_CLOSE fd = listen_deaf(8, address);
	int ends[2];
	struct corc_systemd systemd = {.address = address, .deadline_ms = 600000};
	int r;

	(void)state;
	/* Readable, as the pidfd of a process that has ended. */
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "", 1), 1);
	r = corc_systemd_start(&systemd, &unit, getpid(), ends[0], &error);
	corc_close_(ends[0]);
	corc_close_(ends[1]);
	(void)unlink(address + strlen("unix:path="));
	assert_int_equal(r, -ESRCH);
}

static void no_bus(void **state)
{
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(start_on("unix:path=/nonexistent/bus", &error), -ENOENT);
	assert_non_null(strstr(error.hint, "--cgroup-manager=cgroupfs"));
	assert_int_equal(start_on("nonsense", &error), -EINVAL);
}
#endif

/* Of a unit that systemd has no file of nothing is said, so nobody has to be there. */
static void unknown_unit(void **state)
{
	const struct corc_systemd systemd = {
		.is_user = true, .runtime_directory = "/nonexistent", .deadline_ms = 300};
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(corc_systemd_stop(&systemd, "corc-test.scope", &error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
#ifdef HAVE_DBUS
		cmocka_unit_test(deaf_bus),
		cmocka_unit_test(full_queue),
		cmocka_unit_test(ended_process),
		cmocka_unit_test(no_bus),
#endif
		cmocka_unit_test(unknown_unit),
	};

	return cmocka_run_group_tests_name("conversations with systemd", tests, NULL, NULL);
}
