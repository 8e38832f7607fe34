/* SPDX-License-Identifier: Apache-2.0 */
/* A hook as a process. */
#include "run/hook_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/cleanup.h"
#include "sys/emulator.h"

static const char *script;
static char *arguments[] = {(char *)"hook", (char *)"-c", NULL, NULL};
static char *environment[] = {(char *)"A=b", NULL};

static struct corc_hook_request request_of(const char *text)
{
	need_call(SYS_clone3, "clone3");
	script = text;
	arguments[2] = (char *)script;
	return (struct corc_hook_request){.path = "/bin/sh",
		.arguments = arguments,
		.environment = environment,
		.directory = "/",
		.input = open("/dev/null", O_RDONLY | O_CLOEXEC),
		.files = {CORC_NO_FD, CORC_NO_FD},
		.peer = CORC_NO_FD};
}

static int run(struct corc_hook_request *request, struct corc_hook_result *result)
{
	int r = corc_hook_process_run(request, result);

	corc_close_(request->input);
	return r;
}

static struct corc_hook_result run_script(const char *text)
{
	struct corc_hook_request request = request_of(text);
	struct corc_hook_result result = {0};

	assert_int_equal(run(&request, &result), 0);
	assert_int_equal(result.end, CORC_HOOK_ENDED);
	return result;
}

static void assert_tail(const struct corc_hook_tail *tail, const char *text)
{
	assert_int_equal(tail->length, strlen(text));
	assert_memory_equal(tail->text, text, tail->length);
}

static void test_exit(void **state)
{
	struct corc_hook_result result = run_script("exit 7");

	(void)state;
	assert_false(result.exit.killed);
	assert_int_equal(result.exit.code, 7);
	result = run_script("kill -TERM $$");
	assert_true(result.exit.killed);
	assert_int_equal(result.exit.code, SIGTERM);
}

static void test_output(void **state)
{
	struct corc_hook_result result = run_script("echo out; echo error >&2");

	(void)state;
	assert_tail(&result.tails[0], "out\n");
	assert_tail(&result.tails[1], "error\n");
}

/* More than a pipe and a tail hold: the end is kept. */
static void test_long_output(void **state)
{
	struct corc_hook_result result =
		run_script("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done");
	static const char end[] = "line 19998\nline 19999\n";

	(void)state;
	assert_int_equal(result.tails[0].length, sizeof(result.tails[0].text));
	assert_memory_equal(result.tails[0].text + sizeof(result.tails[0].text) - strlen(end), end,
		strlen(end));
}

/* Only what the request says, no fd but three, default signals, a session of its own. */
static void test_surroundings(void **state)
{
	int CORC_CLOSE leaked = open("/dev/null", O_RDONLY);
	struct corc_hook_result result;

	(void)state;
	assert_true(leaked >= 3);
	assert_ptr_not_equal(signal(SIGUSR1, SIG_IGN), SIG_ERR);
	result = run_script("echo \"$A ${HOME-none} $PWD\"; for fd in /proc/self/fd/*; do "
			    "[ \"${fd##*/}\" -le 2 ] || readlink \"$fd\" | grep null; done; "
			    "read -r line </proc/self/stat; set -- $line; "
			    "[ $1 = $6 ] && echo leader; kill -USR1 $$");
	(void)signal(SIGUSR1, SIG_DFL);
	assert_tail(&result.tails[0], "b none /\nleader\n");
	assert_true(result.exit.killed);
	assert_int_equal(result.exit.code, SIGUSR1);
}

static void test_timeout(void **state)
{
	struct corc_hook_request request = request_of("echo waiting; sleep 1000");
	struct corc_hook_result result = {0};

	(void)state;
	request.timeout_ms = 50;
	assert_int_equal(run(&request, &result), 0);
	assert_int_equal(result.end, CORC_HOOK_TIMED_OUT);
	assert_true(result.exit.killed);
	assert_int_equal(result.exit.code, SIGKILL);
	assert_true(result.elapsed_ms >= 50);
}

static void test_peer(void **state)
{
	struct corc_hook_request request = request_of("sleep 1000");
	struct corc_hook_result result = {0};
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	request.peer = corc_pidfd_open(pid);
	assert_true(request.peer >= 0);
	assert_int_equal(run(&request, &result), 0);
	assert_int_equal(result.end, CORC_HOOK_PEER_GONE);
	assert_true(result.exit.killed);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	corc_close_(request.peer);
}

/* What it leaves behind may hold the output for as long as it likes. */
static void test_left_behind(void **state)
{
	struct corc_hook_result result = run_script("sleep 1000 & echo $!");
	int pid = atoi(result.tails[0].text);

	(void)state;
	assert_int_equal(result.exit.code, 0);
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
}

static void test_cannot_start(void **state)
{
	struct corc_hook_request request = request_of("exit 0");
	struct corc_hook_result result = {0};

	(void)state;
	request.path = "/no/such/program";
	assert_int_equal(corc_hook_process_run(&request, &result), -ENOENT);
	request.path = "/dev/null";
	assert_int_equal(corc_hook_process_run(&request, &result), -EACCES);
	request.path = "/bin/sh";
	request.directory = "/no/such/directory";
	assert_int_equal(run(&request, &result), -ENOENT);
}

static void test_files(void **state)
{
	struct corc_hook_request request = request_of("echo out; echo error >&2");
	struct corc_hook_result result = {0};
	char text[64] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	request.files[0] = ends[1];
	assert_int_equal(run(&request, &result), 0);
	corc_close_(ends[1]);
	assert_int_equal(read(ends[0], text, sizeof(text)), 4);
	assert_string_equal(text, "out\n");
	corc_close_(ends[0]);
	assert_tail(&result.tails[1], "error\n");
}

static void test_fds(void **state)
{
	size_t before = open_fds();

	(void)state;
	(void)run_script("exit 0");
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_long_output),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_peer),
		cmocka_unit_test(test_left_behind),
		cmocka_unit_test(test_cannot_start),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_fds),
	};

	return cmocka_run_group_tests_name("run/hook_process", tests, NULL, NULL);
}
