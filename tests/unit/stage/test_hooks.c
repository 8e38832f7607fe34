/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks that the stage runs, in the process of the test, which is also its parent. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "stage_fixture.h"
#include "sys/message.h"
#include "sys/process.h"

static struct stage_fixture fixture;
static struct corc_stage *const stage = &fixture.stage;
static int top;
static char *vectors[CORC_STAGE_VECTORS];

static int hook_setup(void **state)
{
	if (temporary_setup(state) < 0)
		return -1;
	top = *(int *)*state;
	/* As the stage does when it begins. */
	assert_int_equal(corc_close_range(3, ~0u, CORC_CLOSE_RANGE_CLOEXEC), 0);
	stage_init(&fixture);
	stage->vectors = vectors;
	stage->vector_count = CORC_STAGE_VECTORS;
	return 0;
}

static int hook_teardown(void **state)
{
	corc_close_(stage->hook_state);
	stage_done(&fixture);
	return temporary_teardown(state);
}

/* The op that makes their input; "/" of the test is that of the container. */
static void add_state(const char *before, const char *after)
{
	struct corc_op *op =
		corc_builder_op(&fixture.builder, CORC_OP_HOOK_STATE, corc_source(0, NULL));

	op->hook_state.before = corc_builder_string(&fixture.builder, before);
	op->hook_state.after = corc_builder_string(&fixture.builder, after);
	op->hook_state.directory = corc_builder_string(&fixture.builder, temporary_path());
}

struct request {
	const char *path;
	const char *const *arguments; /* NULL: none */
	const char *const *environment;
	uint32_t place, timeout, index;
};

static void add_hook(const struct request *request)
{
	struct corc_op *op = corc_builder_op(&fixture.builder, CORC_OP_HOOK, corc_source(0, NULL));
	size_t count = 0;

	op->hook.place = request->place;
	op->hook.timeout = request->timeout;
	op->hook.index = request->index;
	op->hook.path = corc_builder_string(&fixture.builder, request->path);
	while (request->arguments && request->arguments[count])
		count++;
	op->hook.arguments = corc_builder_list(&fixture.builder, request->arguments, count);
	op->hook.argument_count = (uint32_t)count;
	count = 0;
	while (request->environment && request->environment[count])
		count++;
	op->hook.environment = corc_builder_list(&fixture.builder, request->environment, count);
	op->hook.environment_count = (uint32_t)count;
}

/* A plan of the input and one hook; returns what the hook's op returned. */
static int run_hook(const struct request *request)
{
	add_state("{\"pid\":", "}");
	add_hook(request);
	stage_finish(&fixture);
	assert_int_equal(corc_op_hook_state(stage, stage_op(&fixture, 0)), 0);
	return corc_op_hook(stage, stage_op(&fixture, 1));
}

static int run_script(const char *script, uint32_t timeout)
{
	const char *const arguments[] = {"sh", "-c", script, NULL};
	const struct request request = {.path = "/bin/sh",
		.arguments = arguments,
		.place = CORC_HOOK_BY_PATH,
		.timeout = timeout,
		.index = 5};

	return run_hook(&request);
}

/* --- by its path ------------------------------------------------------------------------------ */

static void test_state(void **state)
{
	char expected[64];

	(void)state;
	assert_int_equal(run_script("cat >state", 0), 0);
	(void)snprintf(expected, sizeof(expected), "{\"pid\":%d}", (int)getpid());
	assert_text(top, "state", expected);
	/* Each hook reads it from its beginning. */
	assert_int_equal(unlinkat(top, "state", 0), 0);
	assert_int_equal(corc_op_hook(stage, stage_op(&fixture, 1)), 0);
	assert_text(top, "state", expected);
}

/* Only what the op says; a session of its own; no fd but three. */
static void test_surroundings(void **state)
{
	static const char script[] =
		"echo \"$A ${HOME-none} $0 $1\" >said\n"
		"for fd in /proc/self/fd/*; do [ \"${fd##*/}\" -le 2 ] || readlink \"$fd\"; done | "
		"grep -v -e /proc -e pipe >>said\n"
		"read -r line </proc/self/stat; set -- $line; [ $1 = $6 ] && echo leader >>said";
	const char *const arguments[] = {"other name", "-c", script, "zero", "one", NULL};
	const char *const environment[] = {"A=b", NULL};
	const struct request request = {.path = "/bin/sh",
		.arguments = arguments,
		.environment = environment,
		.place = CORC_HOOK_BY_PATH};
	int CORC_CLOSE other = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(other >= 3);
	assert_int_equal(run_hook(&request), 0);
	assert_text(top, "said", "b none zero one\nleader\n");
}

static void test_no_arguments(void **state)
{
	char path[512], expected[600];
	const struct request request = {.path = path, .place = CORC_HOOK_BY_PATH};

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/hook", temporary_path());
	(void)snprintf(expected, sizeof(expected), "%s 0\n", path);
	write_text(top, "hook", "#!/bin/sh\necho \"$0 $#\" >said\n");
	assert_int_equal(fchmodat(top, "hook", 0755, 0), 0);
	assert_int_equal(run_hook(&request), 0);
	assert_text(top, "said", expected);
}

static void assert_report(uint32_t detail, int code, const char *text)
{
	assert_int_equal(stage->detail, detail);
	assert_int_equal(stage->value & 0xff, code);
	assert_int_equal(stage->value >> 8 & 0xffffff, 5);
	assert_string_equal(stage->text, text);
}

static void test_exit(void **state)
{
	(void)state;
	assert_int_equal(run_script("echo out; exit 7", 0), -ECANCELED);
	assert_report(CORC_DETAIL_HOOK_EXIT, 7, "out\n");
}

static void test_error_output_first(void **state)
{
	(void)state;
	assert_int_equal(run_script("echo out; echo reason >&2; exit 1", 0), -ECANCELED);
	assert_report(CORC_DETAIL_HOOK_EXIT, 1, "reason\n");
}

static void test_signal(void **state)
{
	(void)state;
	assert_int_equal(run_script("kill -TERM $$", 0), -ECANCELED);
	assert_report(CORC_DETAIL_HOOK_SIGNAL, SIGTERM, "");
}

/* What it started goes with it: they are one session. */
static void test_time_is_over(void **state)
{
	char text[32] = "";

	(void)state;
	assert_int_equal(
		run_script("sleep 1000 & echo $! >child; echo waiting; wait", 1), -ETIMEDOUT);
	assert_report(CORC_DETAIL_HOOK_TIMEOUT, SIGKILL, "waiting\n");
	assert_true(stage->value >> 32 >= 1000);
	int CORC_CLOSE child = openat(top, "child", O_RDONLY | O_CLOEXEC);

	assert_true(read(child, text, sizeof(text) - 1) > 0);
	int CORC_CLOSE pidfd = corc_pidfd_open(atoi(text));

	if (pidfd >= 0) {
		struct pollfd entry = {.fd = pidfd, .events = POLLIN};

		assert_int_equal(poll(&entry, 1, 10000), 1);
	}
}

static void test_not_there(void **state)
{
	const struct request request = {.path = "/no/such", .place = CORC_HOOK_BY_PATH, .index = 5};

	(void)state;
	assert_int_equal(run_hook(&request), -ENOENT);
	assert_report(CORC_DETAIL_HOOK_EXEC, 127, "");
}

static void test_long_output(void **state)
{
	(void)state;
	assert_int_equal(
		run_script(
			"i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done; exit 1",
			0),
		-ECANCELED);
	assert_int_equal(strlen(stage->text), sizeof(stage->text) - 1);
	assert_non_null(strstr(stage->text, "line 19998\nline 19999\n"));
}

static void test_left_behind(void **state)
{
	(void)state;
	assert_int_equal(run_script("sleep 1000 & echo $!; exit 1", 0), -ECANCELED);
	int pid = atoi(stage->text);

	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
}

static void test_fds(void **state)
{
	size_t before;

	(void)state;
	assert_int_equal(run_script("exit 0", 0), 0);
	before = open_fds();
	assert_int_equal(corc_op_hook(stage, stage_op(&fixture, 1)), 0);
	assert_int_equal(corc_op_hook_state(stage, stage_op(&fixture, 0)), 0);
	assert_int_equal(open_fds(), before);
}

/* --- by the parent ---------------------------------------------------------------------------- */

static int parent = CORC_NO_FD;

static void open_channel(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	parent = ends[0];
	stage->slots[CORC_SLOT_CHANNEL] = ends[1];
}

static void close_channel(void)
{
	corc_close_(corc_take_fd(&parent));
	corc_close_(corc_take_fd(&stage->slots[CORC_SLOT_CHANNEL]));
}

/* Said ahead of time: a packet waits in the channel. */
static void say(uint32_t type, int fd)
{
	struct corc_message message = {.type = type};

	assert_int_equal(corc_send_fds(parent, &message, sizeof(message), &fd, fd >= 0 ? 1 : 0), 0);
}

static uint32_t heard(void)
{
	struct corc_message message = {0};
	ssize_t got = recv(parent, &message, sizeof(message), MSG_DONTWAIT);

	return got < 0 ? 0 : message.type;
}

static void test_parent_runs_it(void **state)
{
	const struct request request = {.path = "/no/such", .place = CORC_HOOK_BY_PARENT};

	(void)state;
	open_channel();
	say(CORC_MESSAGE_GO_ON, CORC_NO_FD);
	assert_int_equal(run_hook(&request), 0);
	assert_int_equal(heard(), CORC_MESSAGE_HOOK);
	assert_int_equal(heard(), 0);
	say(CORC_MESSAGE_MOUNTS, CORC_NO_FD);
	assert_int_equal(corc_op_hook(stage, stage_op(&fixture, 1)), -EBADMSG);
	close_channel();
}

/* The program is what the fd says, whatever its path leads to by now. */
static void run_by_fd(const char *program, const char *name, uint32_t umask_before)
{
	const char *const arguments[] = {"sh", "-c", "umask >mask; echo \"$0\" >said", name, NULL};
	const struct request request = {
		.path = "/no/such", .arguments = arguments, .place = CORC_HOOK_BY_FD};
	int CORC_CLOSE fd = open(program, O_PATH | O_CLOEXEC);
	mode_t mask = umask(umask_before);

	assert_true(fd >= 0);
	open_channel();
	say(CORC_MESSAGE_PROGRAM, fd);
	assert_int_equal(run_hook(&request), 0);
	assert_int_equal(umask(mask), umask_before);
	assert_int_equal(heard(), CORC_MESSAGE_HOOK);
	assert_int_equal(heard(), CORC_MESSAGE_HOOK_DONE);
	close_channel();
}

static void test_by_fd(void **state)
{
	(void)state;
	run_by_fd("/bin/sh", "name", 0);
	assert_text(top, "said", "name\n");
	assert_text(top, "mask", "0022\n");
}

/* Its interpreter opens it a second time. */
static void test_script_by_fd(void **state)
{
	char path[512];
	const struct request here = {.path = path, .place = CORC_HOOK_BY_FD};

	(void)state;
	write_text(top, "script", "#!/bin/sh\necho \"script $0\" >said\n");
	assert_int_equal(fchmodat(top, "script", 0755, 0), 0);
	(void)snprintf(path, sizeof(path), "%s/script", temporary_path());
	int CORC_CLOSE fd = open(path, O_PATH | O_CLOEXEC);
	char expected[600];

	open_channel();
	say(CORC_MESSAGE_PROGRAM, fd);
	assert_int_equal(run_hook(&here), 0);
	(void)snprintf(expected, sizeof(expected), "script %s\n", path);
	assert_text(top, "said", expected);
	/* Something else is there now: the one that was opened is run. */
	assert_int_equal(renameat(top, "script", top, "moved"), 0);
	write_text(top, "script", "#!/bin/sh\necho other >said\n");
	assert_int_equal(unlinkat(top, "said", 0), 0);
	say(CORC_MESSAGE_PROGRAM, fd);
	assert_int_equal(corc_op_hook(stage, stage_op(&fixture, 1)), 0);
	int CORC_CLOSE said = openat(top, "said", O_RDONLY | O_CLOEXEC);
	char text[64] = "";

	assert_true(read(said, text, sizeof(text) - 1) > 0);
	assert_int_equal(strncmp(text, "script /dev/fd/", 15), 0);
	close_channel();
}

static void test_no_program(void **state)
{
	const struct request request = {.path = "/bin/true", .place = CORC_HOOK_BY_FD};

	(void)state;
	open_channel();
	say(CORC_MESSAGE_PROGRAM, CORC_NO_FD);
	assert_int_equal(run_hook(&request), -EBADMSG);
	say(CORC_MESSAGE_GO_ON, CORC_NO_FD);
	assert_int_equal(corc_op_hook(stage, stage_op(&fixture, 1)), -EBADMSG);
	close_channel();
}

static int lose_parent(void *argument)
{
	const char *const arguments[] = {"sh", "-c", "echo $$ >pid; exec sleep 1000", NULL};
	const struct request request = {
		.path = "/bin/sh", .arguments = arguments, .place = CORC_HOOK_BY_PATH};

	(void)argument;
	open_channel();
	corc_close_(parent);
	(void)run_hook(&request);
	return 0;
}

/* Its hook goes with the stage. */
static void test_parent_is_gone(void **state)
{
	int status = status_of_child(lose_parent, NULL);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

/* --- copies of the output --------------------------------------------------------------------- */

/* A pipe in a slot; returns the end to read. */
static int open_copy(int which)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	stage->slots[CORC_SLOT_HOOK_OUTPUT + which] = ends[1];
	return ends[0];
}

static void close_copy(int which)
{
	corc_close_(corc_take_fd(&stage->slots[CORC_SLOT_HOOK_OUTPUT + which]));
}

static void assert_read(int fd, const char *expected)
{
	char text[64] = "";

	assert_int_equal(read(fd, text, sizeof(text) - 1), strlen(expected));
	assert_string_equal(text, expected);
}

static void test_copies(void **state)
{
	int CORC_CLOSE out = open_copy(0);
	int CORC_CLOSE errors = open_copy(1);

	(void)state;
	assert_int_equal(run_script("echo out; echo reason >&2; exit 3", 0), -ECANCELED);
	assert_report(CORC_DETAIL_HOOK_EXIT, 3, "reason\n");
	assert_read(out, "out\n");
	assert_read(errors, "reason\n");
	close_copy(0);
	close_copy(1);
}

static const size_t much = 1000000;

/* Reads slowly at first, then all; the exit code tells whether it was everything. */
static pid_t start_reader(int fd)
{
	pid_t pid = fork();
	struct pollfd entry = {.fd = fd, .events = POLLIN};
	char data[5000];
	size_t total = 0;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	close_copy(0);
	for (;;) {
		(void)poll(&entry, 1, -1);
		ssize_t got = read(fd, data, sizeof(data));

		if (got <= 0)
			_exit(got == 0 && total == much ? 0 : 1);
		total += (size_t)got;
	}
}

/* More than the pipe holds: the hook waits for who reads. */
static void test_long_copy(void **state)
{
	int status = 0, CORC_CLOSE out = open_copy(0);
	pid_t reader = start_reader(out);

	(void)state;
	corc_close_(corc_take_fd(&out));
	assert_int_equal(run_script("head -c 1000000 /dev/zero", 0), 0);
	close_copy(0);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);
}

static void test_nobody_reads(void **state)
{
	struct sigaction action;

	(void)state;
	corc_close_(open_copy(0));
	assert_int_equal(run_script("head -c 1000000 /dev/zero; kill -PIPE $$", 0), -ECANCELED);
	assert_int_equal(stage->detail, CORC_DETAIL_HOOK_SIGNAL);
	assert_int_equal(stage->value & 0xff, SIGPIPE);
	assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
	assert_true(action.sa_handler == SIG_DFL);
	close_copy(0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hook_setup, hook_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_state),
		TEST(test_surroundings),
		TEST(test_no_arguments),
		TEST(test_exit),
		TEST(test_error_output_first),
		TEST(test_signal),
		TEST(test_time_is_over),
		TEST(test_not_there),
		TEST(test_long_output),
		TEST(test_left_behind),
		TEST(test_fds),
		TEST(test_parent_runs_it),
		TEST(test_by_fd),
		TEST(test_script_by_fd),
		TEST(test_no_program),
		TEST(test_parent_is_gone),
		TEST(test_copies),
		TEST(test_long_copy),
		TEST(test_nobody_reads),
	};

	return cmocka_run_group_tests_name("stage/hooks", tests, NULL, NULL);
}
