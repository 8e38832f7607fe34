/* SPDX-License-Identifier: Apache-2.0 */
/* Packets with fds: what arrives, and that nothing stays open of what is refused. */
#include "sys/message.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sys/support.h"

static int pair[2];

static int pair_setup(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int pair_teardown(void **state)
{
	(void)state;
	corc_close_(pair[0]);
	corc_close_(pair[1]);
	return 0;
}

static void close_one(int *fd)
{
	assert_int_equal(close(*fd), 0);
	*fd = CORC_NO_FD;
}

static void assert_same_file(int a, int b)
{
	struct stat first, second;

	assert_int_equal(fstat(a, &first), 0);
	assert_int_equal(fstat(b, &second), 0);
	assert_true(first.st_ino == second.st_ino && first.st_dev == second.st_dev);
}

static void test_fds_arrive(void **state)
{
	int CORC_CLOSE root = open("/", O_RDONLY);
	int CORC_CLOSE null = open("/dev/null", O_RDONLY);
	int sent[] = {root, null, pair[0]};
	int got[5] = {-1, -1, -1, -1, -1};
	char text[8];
	size_t count = 99;

	(void)state;
	assert_int_equal(corc_send_fds(pair[0], "abc", 3, sent, COUNT(sent)), 0);
	assert_int_equal(corc_receive_fds(pair[1], text, sizeof(text), got, COUNT(got), &count), 3);
	assert_memory_equal(text, "abc", 3);
	assert_int_equal(count, COUNT(sent));
	for (size_t i = 0; i < count; i++) {
		assert_int_not_equal(got[i], sent[i]);
		assert_same_file(got[i], sent[i]);
		assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
		assert_int_equal(close(got[i]), 0);
	}
	assert_int_equal(got[3], -1);
}

static void test_without_fds(void **state)
{
	char text[3];
	size_t count = 99;

	(void)state;
	assert_int_equal(corc_send_fds(pair[0], "abc", 3, NULL, 0), 0);
	assert_int_equal(corc_receive_fds(pair[1], text, sizeof(text), NULL, 0, &count), 3);
	assert_memory_equal(text, "abc", 3);
	assert_int_equal(count, 0);
}

/* One packet is one call, also when two are waiting. */
static void test_packet_by_packet(void **state)
{
	int fd = pair[0], got = -1;
	char text[8];
	size_t count = 99;

	(void)state;
	assert_int_equal(corc_send_fds(pair[0], "one", 3, NULL, 0), 0);
	assert_int_equal(corc_send_fds(pair[0], "2", 1, &fd, 1), 0);
	assert_int_equal(corc_receive_fds(pair[1], text, sizeof(text), &got, 1, &count), 3);
	assert_int_equal(count, 0);
	assert_int_equal(corc_receive_fds(pair[1], text, sizeof(text), &got, 1, &count), 1);
	assert_int_equal(count, 1);
	assert_int_equal(close(got), 0);
}

static void test_as_many_as_fit(void **state)
{
	int fds[20 * CORC_MESSAGE_FDS_MAX], got[CORC_MESSAGE_FDS_MAX];
	size_t count = 0, before;
	char byte;

	(void)state;
	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = pair[0];
	before = open_fds();
	assert_int_equal(corc_send_fds(pair[0], "x", 1, fds, CORC_MESSAGE_FDS_MAX + 1), -EINVAL);
	assert_int_equal(corc_send_fds(pair[0], "x", 1, fds, COUNT(fds)), -EINVAL);
	assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(corc_send_fds(pair[0], "x", 1, fds, CORC_MESSAGE_FDS_MAX), 0);
	assert_int_equal(corc_receive_fds(pair[1], &byte, 1, got, COUNT(got), &count), 1);
	assert_int_equal(count, CORC_MESSAGE_FDS_MAX);
	assert_int_equal(open_fds(), before + CORC_MESSAGE_FDS_MAX);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(close(got[i]), 0);
}

static void test_excess_is_closed(void **state)
{
	int fds[] = {pair[0], pair[0], pair[0]};
	int got[2] = {-1, -1};
	size_t count = 99, before = open_fds();
	char byte;

	(void)state;
	assert_int_equal(corc_send_fds(pair[0], "x", 1, fds, 3), 0);
	assert_int_equal(corc_receive_fds(pair[1], &byte, 1, got, 2, &count), -EBADMSG);
	assert_int_equal(open_fds(), before);
	assert_int_equal(corc_send_fds(pair[0], "x", 1, fds, 1), 0);
	assert_int_equal(corc_receive_fds(pair[1], &byte, 1, NULL, 0, &count), -EBADMSG);
	assert_int_equal(open_fds(), before);
	assert_int_equal(count, 99);
}

static void test_cut_packet(void **state)
{
	int fds[] = {pair[0], pair[0]};
	int got[4];
	size_t count = 99, before = open_fds();
	char text[4];

	(void)state;
	assert_int_equal(corc_send_fds(pair[0], "12345", 5, fds, 2), 0);
	assert_int_equal(
		corc_receive_fds(pair[1], text, sizeof(text), got, COUNT(got), &count), -EBADMSG);
	assert_int_equal(count, 99);
	assert_int_equal(open_fds(), before);
}

/* The kernel delivers as many as there is room for in the table of fds, and tells. */
static int receive_in_full_table(void *argument)
{
	struct rlimit limit;
	int lowest = fcntl(pair[1], F_DUPFD_CLOEXEC, 0);
	int got[4];
	size_t count = 99;
	char byte;

	(void)argument;
	child_assert(lowest >= 0);
	child_equal(close(lowest), 0);
	child_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)lowest + 2;
	child_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	child_equal(corc_receive_fds(pair[1], &byte, 1, got, COUNT(got), &count), -EBADMSG);
	child_equal(count, 99);
	child_equal(fcntl(pair[1], F_DUPFD_CLOEXEC, 0), lowest);
	return 0;
}

static void test_cut_control(void **state)
{
	int fds[] = {pair[0], pair[0], pair[0], pair[0]};

	(void)state;
	assert_int_equal(corc_send_fds(pair[0], "x", 1, fds, COUNT(fds)), 0);
	run_in_child(receive_in_full_table, NULL);
}

static void test_end(void **state)
{
	int got = -1;
	size_t count = 99;
	char byte;

	(void)state;
	close_one(&pair[0]);
	assert_int_equal(corc_receive_fds(pair[1], &byte, 1, &got, 1, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(got, -1);
}

/* Zero bytes are the end of the channel; a packet of zero bytes that brings an fd is not. */
static void test_empty_packet_with_fd(void **state)
{
	int fd = pair[0], got = -1;
	size_t count = 99, before = open_fds();
	char byte;

	(void)state;
	assert_int_equal(corc_send_fds(pair[0], "", 0, &fd, 1), 0);
	assert_int_equal(corc_receive_fds(pair[1], &byte, 1, &got, 1, &count), -EBADMSG);
	assert_int_equal(open_fds(), before);
}

/* Other control messages are passed over. */
static void test_credentials_beside_fds(void **state)
{
	int fd = pair[0], got = -1, on = 1;
	size_t count = 99;
	char byte;

	(void)state;
	assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	assert_int_equal(corc_send_fds(pair[0], "x", 1, &fd, 1), 0);
	assert_int_equal(corc_receive_fds(pair[1], &byte, 1, &got, 1, &count), 1);
	assert_int_equal(count, 1);
	assert_same_file(got, pair[0]);
	assert_int_equal(close(got), 0);
}

static int send_to_nobody(void *argument)
{
	int stream[2];

	(void)argument;
	(void)signal(SIGPIPE, SIG_DFL);
	child_equal(corc_send_fds(pair[0], "x", 1, NULL, 0), -EPIPE);
	/* Where the kernel would raise it. */
	child_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, stream), 0);
	child_equal(close(stream[1]), 0);
	child_equal(corc_send_fds(stream[0], "x", 1, NULL, 0), -EPIPE);
	return 0;
}

/* No signal ends the program. */
static void test_nobody_listens(void **state)
{
	(void)state;
	close_one(&pair[1]);
	run_in_child(send_to_nobody, NULL);
}

static void test_errors(void **state)
{
	size_t count = 99;
	int bad = -1;
	char byte;

	(void)state;
	assert_int_equal(corc_send_fds(-1, "x", 1, NULL, 0), -EBADF);
	assert_int_equal(corc_send_fds(pair[0], "x", 1, &bad, 1), -EBADF);
	assert_int_equal(corc_receive_fds(-1, &byte, 1, NULL, 0, &count), -EBADF);
	assert_int_equal(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(corc_receive_fds(pair[1], &byte, 1, NULL, 0, &count), -EAGAIN);
	assert_int_equal(count, 99);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fds_arrive),
		TEST(test_without_fds),
		TEST(test_packet_by_packet),
		TEST(test_as_many_as_fit),
		TEST(test_excess_is_closed),
		TEST(test_cut_packet),
		TEST(test_cut_control),
		TEST(test_end),
		TEST(test_empty_packet_with_fd),
		TEST(test_credentials_beside_fds),
		TEST(test_nobody_listens),
		TEST(test_errors),
	};

	return cmocka_run_group_tests_name("sys/message", tests, NULL, NULL);
}
