/* SPDX-License-Identifier: Apache-2.0 */
/* The stage's side of the protocol. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "stage_fixture.h"
#include "sys/message.h"

static struct stage_fixture fixture;
static int parent;

static int channel_setup(void **state)
{
	int pair[2];

	(void)state;
	stage_init(&fixture);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	parent = pair[0];
	fixture.stage.slots[CORC_SLOT_CHANNEL] = fixture.stage.report = pair[1];
	fixture.stage.op = 7;
	return 0;
}

static int channel_teardown(void **state)
{
	(void)state;
	corc_close_(parent);
	corc_stage_close_slot(&fixture.stage, CORC_SLOT_CHANNEL);
	stage_done(&fixture);
	return 0;
}

static struct corc_message receive(void)
{
	struct corc_message message = {0};

	assert_int_equal(recv(parent, &message, sizeof(message), MSG_DONTWAIT), sizeof(message));
	return message;
}

static void answer(uint32_t type, uint64_t value, const int *fds, size_t count)
{
	struct corc_message message = {.type = type, .value = value};

	assert_int_equal(corc_send_fds(parent, &message, sizeof(message), fds, count), 0);
}

static void test_send(void **state)
{
	(void)state;
	assert_int_equal(corc_stage_send(&fixture.stage, CORC_MESSAGE_CHILD, UINT64_C(1) << 40), 0);
	struct corc_message message = receive();

	assert_int_equal(message.type, CORC_MESSAGE_CHILD);
	assert_int_equal(message.op, 7);
	assert_true(message.value == UINT64_C(1) << 40);
	assert_int_equal(message.code, 0);
	assert_int_equal(message.detail, CORC_DETAIL_NONE);
	assert_int_equal(message.text[0], '\0');
}

static void test_report(void **state)
{
	(void)state;
	fixture.stage.detail = CORC_DETAIL_OPTION;
	fixture.stage.value = 3;
	memset(fixture.stage.text, 'x', sizeof(fixture.stage.text));
	corc_stage_report(&fixture.stage, ENOTDIR);
	struct corc_message message = receive();

	assert_int_equal(message.type, CORC_MESSAGE_FAILED);
	assert_int_equal(message.code, ENOTDIR);
	assert_int_equal(message.op, 7);
	assert_int_equal(message.detail, CORC_DETAIL_OPTION);
	assert_int_equal(message.value, 3);
	assert_memory_equal(message.text, fixture.stage.text, sizeof(message.text));
}

static void test_expect(void **state)
{
	(void)state;
	answer(CORC_MESSAGE_GO_ON, 0, NULL, 0);
	answer(CORC_MESSAGE_GO_ON, 0, NULL, 0);
	assert_int_equal(corc_stage_expect(&fixture.stage, CORC_MESSAGE_GO_ON), 0);
	assert_int_equal(corc_stage_expect(&fixture.stage, CORC_MESSAGE_START), -EBADMSG);
	assert_int_equal(send(parent, "short", 5, 0), 5);
	assert_int_equal(corc_stage_expect(&fixture.stage, CORC_MESSAGE_START), -EBADMSG);
}

static int expect_start(void *argument)
{
	(void)argument;
	child_equal(shutdown(parent, SHUT_WR), 0);
	(void)corc_stage_expect(&fixture.stage, CORC_MESSAGE_START);
	return 0;
}

static int expect_mounts(void *argument)
{
	(void)argument;
	child_equal(shutdown(parent, SHUT_WR), 0);
	(void)corc_stage_next_mount(&fixture.stage);
	return 0;
}

/* A stage whose parent has gone must not go on: it ends at once. */
static void test_parent_is_gone(void **state)
{
	(void)state;
	assert_int_equal(WEXITSTATUS(status_of_child(expect_start, NULL)), 1);
	assert_int_equal(WEXITSTATUS(status_of_child(expect_mounts, NULL)), 1);
}

/* A batch is asked for when the one before is used up. */
static void test_mounts(void **state)
{
	int fds[] = {parent, parent, parent};

	(void)state;
	answer(CORC_MESSAGE_MOUNTS, 2, fds, 2);
	answer(CORC_MESSAGE_MOUNTS, 1, fds, 1);
	for (int i = 0; i < 3; i++) {
		int CORC_CLOSE mount = corc_stage_next_mount(&fixture.stage);

		assert_true(mount >= 0);
		assert_int_equal(fcntl(mount, F_GETFD), FD_CLOEXEC);
		if (i != 1)
			assert_int_equal(receive().type, CORC_MESSAGE_WANT_MOUNTS);
	}
	struct corc_message none;

	assert_int_equal(recv(parent, &none, sizeof(none), MSG_DONTWAIT), -1);
}

static void test_largest_batch(void **state)
{
	int fds[CORC_MOUNT_BATCH + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = parent;
	answer(CORC_MESSAGE_MOUNTS, CORC_MOUNT_BATCH, fds, CORC_MOUNT_BATCH);
	answer(CORC_MESSAGE_MOUNTS, CORC_MOUNT_BATCH + 1, fds, CORC_MOUNT_BATCH + 1);
	for (int i = 0; i < CORC_MOUNT_BATCH; i++) {
		int mount = corc_stage_next_mount(&fixture.stage);

		assert_true(mount >= 0);
		assert_int_equal(close(mount), 0);
	}
	assert_int_equal(corc_stage_next_mount(&fixture.stage), -EBADMSG);
}

static void test_bad_batches(void **state)
{
	(void)state;
	answer(CORC_MESSAGE_MOUNTS, 0, NULL, 0);
	assert_int_equal(corc_stage_next_mount(&fixture.stage), -EBADMSG);
	answer(CORC_MESSAGE_MOUNTS, 2, &parent, 1);
	assert_int_equal(corc_stage_next_mount(&fixture.stage), -EBADMSG);
	answer(CORC_MESSAGE_GO_ON, 1, &parent, 1);
	assert_int_equal(corc_stage_next_mount(&fixture.stage), -EBADMSG);
	assert_int_equal(corc_send_fds(parent, "short", 5, &parent, 1), 0);
	assert_int_equal(corc_stage_next_mount(&fixture.stage), -EBADMSG);
}

/* The parent has waited for systemd before it looks at what the stage asks for. */
static void test_placed_ahead(void **state)
{
	(void)state;
	answer(CORC_MESSAGE_PLACED, 0, NULL, 0);
	answer(CORC_MESSAGE_MOUNTS, 1, &parent, 1);
	int CORC_CLOSE mount = corc_stage_next_mount(&fixture.stage);

	assert_true(mount >= 0);
	assert_true(fixture.stage.placed);
	fixture.stage.placed = false;
	answer(CORC_MESSAGE_PLACED, 0, NULL, 0);
	answer(CORC_MESSAGE_GO_ON, 0, NULL, 0);
	assert_int_equal(corc_stage_expect(&fixture.stage, CORC_MESSAGE_GO_ON), 0);
	assert_true(fixture.stage.placed);
}

/* run says START as soon as all is recorded, maybe while the stage still waits for mounts. */
static void test_start_ahead_of_mounts(void **state)
{
	(void)state;
	answer(CORC_MESSAGE_START, 0, NULL, 0);
	answer(CORC_MESSAGE_MOUNTS, 1, &parent, 1);
	assert_false(fixture.stage.started);
	int CORC_CLOSE mount = corc_stage_next_mount(&fixture.stage);

	assert_true(mount >= 0);
	assert_true(fixture.stage.started);
}

static void test_close_slot(void **state)
{
	int fd = dup3(parent, 200, O_CLOEXEC);

	(void)state;
	fixture.stage.slots[CORC_SLOT_START] = fd;
	corc_stage_close_slot(&fixture.stage, CORC_SLOT_START);
	assert_true(fixture.stage.slots[CORC_SLOT_START] < 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* Empty ones may be closed, too. */
	corc_stage_close_slot(&fixture.stage, CORC_SLOT_START);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, channel_setup, channel_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_send),
		TEST(test_report),
		TEST(test_expect),
		TEST(test_parent_is_gone),
		TEST(test_mounts),
		TEST(test_largest_batch),
		TEST(test_bad_batches),
		TEST(test_placed_ahead),
		TEST(test_start_ahead_of_mounts),
		TEST(test_close_slot),
	};

	return cmocka_run_group_tests_name("stage/channel", tests, NULL, NULL);
}
