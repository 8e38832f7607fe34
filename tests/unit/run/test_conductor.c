/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's side of the protocol, against a stage that says whatever it likes. */
#include "run/conductor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "plan/builder.h"
#include "run/listener.h"
#include "run_fixture.h"
#include "sys/message.h"
#include "sys/process.h"

static struct corc_arena arena;
static struct corc_plan plan;
static struct corc_conductor conductor;
static struct corc_message message;
static struct corc_error error;
static int stage; /* the stage's end of the channel */
static size_t fds_before;

static int conductor_setup(void **state)
{
	struct corc_builder builder;
	int pair[2];

	if (run_setup(state) < 0)
		return -1;
	fds_before = open_fds();
	corc_builder_init(&builder, &arena, 16);
	(void)corc_builder_op(&builder, CORC_OP_READY, corc_source(0, NULL));
	plan = (struct corc_plan){.terminal = true};
	if (corc_builder_finish(&builder, CORC_PLAN_CREATE, 0, &plan, &error) < 0 ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	conductor = (struct corc_conductor){.runtime = run_runtime(),
		.plan = &plan,
		.stage = {.pidfd = -1, .channel = pair[0]},
		.console_fd = -1,
		.listener_fd = -1};
	stage = pair[1];
	message = (struct corc_message){0};
	return 0;
}

static int conductor_teardown(void **state)
{
	corc_close_(stage);
	corc_close_(conductor.console_fd);
	corc_close_(conductor.listener_fd);
	corc_stage_process_end(&conductor.stage);
	/* Whatever came, nothing of it stays open. */
	if (open_fds() != fds_before)
		return -1;
	corc_arena_done(&arena);
	return run_teardown(state);
}

static void say(uint32_t type, uint64_t value, const int *fds, size_t count)
{
	struct corc_message said = {.type = type, .value = value};

	assert_int_equal(corc_send_fds(stage, &said, sizeof(said), fds, count), 0);
}

static void close_stage(void)
{
	assert_int_equal(close(corc_take_fd(&stage)), 0);
}

static void assert_refused(int code, const char *text)
{
	assert_int_equal(corc_conductor_wait(&conductor, &message, &error), -code);
	assert_int_equal(error.code, code);
	if (!strstr(error.message, text))
		fail_msg("%s", error.message);
	assert_int_equal(message.type, 0);
}

/* --- messages --------------------------------------------------------------------------------- */

static void test_messages(void **state)
{
	(void)state;
	say(CORC_MESSAGE_CHILD, 77, NULL, 0);
	say(CORC_MESSAGE_READY, 0, NULL, 0);
	assert_int_equal(corc_conductor_wait(&conductor, &message, &error), 0);
	assert_int_equal(message.type, CORC_MESSAGE_CHILD);
	assert_int_equal(message.value, 77);
	assert_int_equal(
		corc_conductor_expect(&conductor, CORC_MESSAGE_READY, &message, &error), 0);
	assert_int_equal(message.type, CORC_MESSAGE_READY);
	close_stage();
	assert_int_equal(corc_conductor_wait(&conductor, &message, &error), 1);
	assert_int_equal(corc_conductor_wait(&conductor, &message, &error), 1);
}

static void test_not_expected(void **state)
{
	(void)state;
	say(CORC_MESSAGE_READY, 0, NULL, 0);
	assert_int_equal(
		corc_conductor_expect(&conductor, CORC_MESSAGE_CHILD, &message, &error), -EPROTO);
	assert_string_equal(
		error.message, "the stage sent a message that was not expected (type 5)");
}

static void test_report(void **state)
{
	(void)state;
	struct corc_message said = {.type = CORC_MESSAGE_FAILED, .code = ENOSPC};

	assert_int_equal(send(stage, &said, sizeof(said), 0), sizeof(said));
	assert_refused(ENOSPC, "report ready: no space left on device");
}

/* The report of a stage that ended while the parent still spoke comes before its end. */
static void test_report_of_a_gone_stage(void **state)
{
	(void)state;
	struct corc_message said = {.type = CORC_MESSAGE_FAILED, .code = ENOSPC};

	assert_int_equal(corc_conductor_send(&conductor, CORC_MESSAGE_PLACED, &error), 0);
	assert_int_equal(send(stage, &said, sizeof(said), 0), sizeof(said));
	assert_int_equal(send(stage, &said, sizeof(said), 0), sizeof(said));
	close_stage();
	assert_refused(ENOSPC, "no space left on device");
	assert_int_equal(corc_conductor_send(&conductor, CORC_MESSAGE_START, &error), 0);
	assert_refused(ENOSPC, "no space left on device");
	assert_int_equal(corc_conductor_wait(&conductor, &message, &error), 1);
}

static void test_hostile_types(void **state)
{
	static const uint32_t types[] = {0, CORC_MESSAGE_GO_ON, CORC_MESSAGE_PLACED,
		CORC_MESSAGE_MOUNTS, CORC_MESSAGE_START, CORC_MESSAGE_START + 1, INT32_MAX,
		UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		say(types[i], 0, NULL, 0);
		assert_refused(EPROTO, "was not expected");
	}
}

static void test_hostile_sizes(void **state)
{
	char packet[sizeof(message) + 1] = {CORC_MESSAGE_READY};
	int fd = stage;

	(void)state;
	for (size_t size = 1; size < sizeof(message); size++) {
		assert_int_equal(send(stage, packet, size, 0), size);
		assert_refused(EPROTO, "was not expected");
	}
	assert_int_equal(send(stage, packet, sizeof(packet), 0), sizeof(packet));
	assert_refused(EBADMSG, "reading from the stage");
	assert_int_equal(corc_send_fds(stage, packet, 5, &fd, 1), 0);
	assert_refused(EPROTO, "was not expected");
	/* Nothing but an fd is not the end. */
	assert_int_equal(corc_send_fds(stage, packet, 0, &fd, 1), 0);
	assert_refused(EBADMSG, "reading from the stage");
}

/* Fds come with the console only. */
static void test_hostile_fds(void **state)
{
	static const uint32_t types[] = {CORC_MESSAGE_READY, CORC_MESSAGE_CHILD,
		CORC_MESSAGE_FAILED, CORC_MESSAGE_WANT_MOUNTS};
	int fds[] = {stage, stage};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		say(types[i], 1, fds, 1);
		assert_refused(EPROTO, "was not expected");
	}
	say(CORC_MESSAGE_CONSOLE, 1, fds, 2);
	assert_refused(EBADMSG, "reading from the stage");
}

static void test_deadline(void **state)
{
	(void)state;
	run_runtime()->deadline_ms = 10;
	assert_refused(ETIMEDOUT, "the stage made no progress for 10 ms");
}

static void test_too_many_mounts(void **state)
{
	(void)state;
	say(CORC_MESSAGE_WANT_MOUNTS, 0, NULL, 0);
	assert_refused(EPROTO, "the stage asked for a bind mount too many");
}

/* --- console ---------------------------------------------------------------------------------- */

static void test_console(void **state)
{
	(void)state;
	say(CORC_MESSAGE_CONSOLE, 1048576, &stage, 1);
	say(CORC_MESSAGE_READY, 0, NULL, 0);
	assert_int_equal(corc_conductor_wait(&conductor, &message, &error), 0);
	assert_int_equal(message.type, CORC_MESSAGE_READY);
	assert_true(conductor.console_fd >= 0);
	assert_int_equal(fcntl(conductor.console_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(conductor.console_number, 1048576);
	/* One is enough. */
	say(CORC_MESSAGE_CONSOLE, 1, &stage, 1);
	message.type = 0;
	assert_refused(EPROTO, "was not expected");
	assert_int_equal(conductor.console_number, 1048576);
}

static void test_hostile_console(void **state)
{
	(void)state;
	say(CORC_MESSAGE_CONSOLE, 1, NULL, 0);
	assert_refused(EPROTO, "was not expected");
	say(CORC_MESSAGE_CONSOLE, 1048577, &stage, 1);
	assert_refused(EPROTO, "was not expected");
	say(CORC_MESSAGE_CONSOLE, UINT64_MAX, &stage, 1);
	assert_refused(EPROTO, "was not expected");
	/* Nobody asked for a terminal. */
	plan.terminal = false;
	say(CORC_MESSAGE_CONSOLE, 1, &stage, 1);
	assert_refused(EPROTO, "was not expected");
	assert_true(conductor.console_fd < 0);
}

/* --- the end of a stage ----------------------------------------------------------------------- */

/* A process that ends with this code, or is killed by this signal when it is negative. */
static pid_t make_process(int end)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (end < 0)
			(void)kill(getpid(), -end);
		_exit(end);
	}
	return pid;
}

static void assert_death(int end, const char *text)
{
	conductor.stage.pid = make_process(end);
	conductor.stage.pidfd = corc_pidfd_open(conductor.stage.pid);
	assert_int_equal(
		corc_conductor_expect(&conductor, CORC_MESSAGE_READY, &message, &error), -EPROTO);
	assert_string_equal(error.message, text);
	assert_true(conductor.stage.pidfd < 0);
}

static void test_death(void **state)
{
	(void)state;
	close_stage();
	assert_death(3, "the stage ended with exit code 3");
	assert_string_equal(error.hint, "");
	assert_death(-SIGTERM, "the stage was killed by signal 15");
	assert_string_equal(error.hint, "");
	assert_death(-SIGKILL, "the stage was killed by signal 9");
	assert_string_equal(error.hint, "");
}

/* --- the child of a stage --------------------------------------------------------------------- */

static void test_adopt(void **state)
{
	pid_t first = make_process(0), second = make_process(4);
	struct corc_exit status;

	(void)state;
	conductor.stage.pid = first;
	conductor.stage.pidfd = corc_pidfd_open(first);
	assert_success(corc_conductor_adopt(&conductor, (uint64_t)second, &error), &error);
	assert_int_equal(conductor.stage.pid, second);
	/* The one that named it is reaped. */
	assert_int_equal(waitpid(first, NULL, 0), -1);
	assert_int_equal(corc_wait_pidfd(conductor.stage.pidfd, -1, &status), 0);
	assert_int_equal(status.code, 4);
}

static void assert_not_adopted(uint64_t pid)
{
	pid_t before = conductor.stage.pid;

	assert_int_equal(corc_conductor_adopt(&conductor, pid, &error), -EPROTO);
	assert_int_equal(conductor.stage.pid, before);
}

static void test_hostile_children(void **state)
{
	(void)state;
	conductor.stage.pid = make_process(0);
	conductor.stage.pidfd = corc_pidfd_open(conductor.stage.pid);
	assert_not_adopted(0);
	assert_not_adopted(1);
	assert_not_adopted((uint64_t)getpid());
	assert_not_adopted((uint64_t)getppid());
	assert_not_adopted((uint64_t)conductor.stage.pid);
	assert_not_adopted((uint64_t)INT32_MAX + 1);
	assert_not_adopted(UINT64_MAX);
	/* A child of ours, behind a number that is no pid. */
	pid_t another = make_process(0);

	assert_not_adopted((uint64_t)another | UINT64_C(1) << 32);
	assert_int_equal(waitpid(another, NULL, 0), another);
}

/* --- speaking --------------------------------------------------------------------------------- */

static void test_send(void **state)
{
	struct corc_message got = {0};

	(void)state;
	assert_success(corc_conductor_send(&conductor, CORC_MESSAGE_GO_ON, &error), &error);
	assert_int_equal(recv(stage, &got, sizeof(got), MSG_DONTWAIT), sizeof(got));
	assert_int_equal(got.type, CORC_MESSAGE_GO_ON);
	close_stage();
	/* Told by the next wait. */
	assert_int_equal(corc_conductor_send(&conductor, CORC_MESSAGE_GO_ON, &error), 0);
}

/* --- the seccomp listener --------------------------------------------------------------------- */

/* A stage that is this process, as far as its fds are concerned. */
static int wait_listener(uint64_t fd)
{
	conductor.stage.pidfd = corc_pidfd_open(getpid());
	assert_true(conductor.stage.pidfd >= 0);
	say(CORC_MESSAGE_LISTENER, fd, NULL, 0);
	int r = corc_conductor_wait(&conductor, &message, &error);

	/* Or the teardown would end the test. */
	corc_close_(corc_take_fd(&conductor.stage.pidfd));
	return r;
}

static void test_listener_not_expected(void **state)
{
	(void)state;
	assert_int_equal(wait_listener(0), -EPROTO);
	assert_string_equal(error.message, "the stage sent a listener that was not expected");
	assert_int_equal(conductor.listener_fd, -1);
}

/* What is no listener is not given away, whatever the stage says. */
static void test_listener_is_none(void **state)
{
	static const struct corc_plan with_listener = {.listener_path = "/nobody"};
	int CORC_CLOSE null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	conductor.plan = &with_listener;
	assert_int_equal(wait_listener((uint64_t)null), -EPROTO);
	assert_string_equal(error.message, "the stage sent an fd that is no seccomp listener");
	assert_int_equal(wait_listener(100000), -EBADF);
	assert_int_equal(wait_listener(UINT64_C(1) << 40), -EPROTO);
	assert_int_equal(conductor.listener_fd, -1);
	conductor.listener_fd = fcntl(null, F_DUPFD_CLOEXEC, 3);
	assert_int_equal(wait_listener((uint64_t)null), -EPROTO);
	assert_string_equal(error.message, "the stage sent a listener that was not expected");
}

static void test_listener_missing(void **state)
{
	static const struct corc_plan with_listener = {.listener_path = "/nobody"};
	const struct corc_string_map none = {0};
	const struct corc_listener_state container = {.id = "web", .annotations = &none};

	(void)state;
	assert_int_equal(corc_listener_hand_over(&conductor, &container, &error), 0);
	conductor.plan = &with_listener;
	assert_int_equal(corc_listener_hand_over(&conductor, &container, &error), -EPROTO);
	assert_string_equal(error.message, "the stage sent no seccomp listener");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, conductor_setup, conductor_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_messages),
		TEST(test_not_expected),
		TEST(test_listener_not_expected),
		TEST(test_listener_is_none),
		TEST(test_listener_missing),
		TEST(test_report),
		TEST(test_report_of_a_gone_stage),
		TEST(test_hostile_types),
		TEST(test_hostile_sizes),
		TEST(test_hostile_fds),
		TEST(test_deadline),
		TEST(test_too_many_mounts),
		TEST(test_console),
		TEST(test_hostile_console),
		TEST(test_death),
		TEST(test_adopt),
		TEST(test_hostile_children),
		TEST(test_send),
	};

	return cmocka_run_group_tests_name("run/conductor", tests, NULL, NULL);
}
