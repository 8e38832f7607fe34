/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks that the parent runs, and what is said of those that ended badly, here and in the stage. */
#include "run/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "run_fixture.h"
#include "sys/emulator.h"

static struct corc_arena arena;
static struct corc_spec *spec;
static struct corc_hooks hooks;
static struct corc_error error;
static char text[16384];

static char logged[4096];

static void log_line(void *data, enum corc_log_level level, const char *message)
{
	size_t length = strlen(logged);

	(void)data;
	if (level == CORC_LOG_WARNING)
		(void)snprintf(logged + length, sizeof(logged) - length, "%s\n", message);
}

static int hooks_setup(void **state)
{
	logged[0] = '\0';
	error = (struct corc_error){0};
	if (run_setup(state) < 0)
		return -1;
	run_runtime()->log = log_line;
	return 0;
}

static int hooks_teardown(void **state)
{
	corc_arena_done(&arena);
	return run_teardown(state);
}

/* A configuration whose hooks are on the third line; TOP in it is the test's directory. */
static void configure(const char *annotations, const char *list)
{
	char whole[8192], *at = text;

	(void)snprintf(whole, sizeof(whole),
		"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"},\n"
		"\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}},\n"
		"\"hooks\":{%s},\"annotations\":{%s},\"linux\":{}}",
		list, annotations);
	for (const char *from = whole; *from;) {
		bool is_top = strncmp(from, "TOP", 3) == 0;

		at += snprintf(at, sizeof(text) - (size_t)(at - text), "%.*s", is_top ? 4096 : 1,
			is_top ? temporary_path() : from);
		from += is_top ? 3 : 1;
	}
	corc_arena_done(&arena);
	assert_success(
		corc_spec_parse(&arena, "config.json", text, strlen(text), &spec, &error), &error);
	hooks = (struct corc_hooks){.runtime = run_runtime(),
		.spec = spec,
		.state = {"web", temporary_path(), &spec->annotations},
		.pid = 4711,
		.pidfd = CORC_NO_FD};
}

#define SHELL(script) "{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"" script "\"]}"

/* One prestart hook that is a shell script. */
static int run_script(const char *script)
{
	char list[2048];

	(void)snprintf(list, sizeof(list),
		"\"prestart\":[{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"%s\"]}]", script);
	configure("", list);
	return corc_hook_run(&hooks, CORC_HOOK_PRESTART, 0, &error);
}

/* The message is `begin`, a number, and `end`. */
static void assert_message(const char *begin, const char *end)
{
	const char *at = error.message;
	size_t length = strlen(begin);

	if (strncmp(at, begin, length) != 0 || !strchr("0123456789", at[length]))
		fail_msg("\"%s\" does not begin with \"%s\" and a number", at, begin);
	at += length + strspn(at + length, "0123456789");
	assert_string_equal(at, end);
}

static void assert_origin(const char *path)
{
	assert_string_equal(error.origin.file, "config.json");
	assert_string_equal(error.origin.path, path);
	assert_int_equal(error.origin.line, 3);
	assert_int_equal(error.step, CORC_STEP_HOOKS);
}

/* --- which ------------------------------------------------------------------------------------ */

static void test_mask(void **state)
{
	static const char *const names[] = {"prestart", "createRuntime", "createContainer",
		"startContainer", "poststart", "poststop"};
	char list[128];

	(void)state;
	configure("", "");
	assert_int_equal(corc_hooks_mask(spec), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(list, sizeof(list), "\"%s\":[{\"path\":\"/h\"}]", names[i]);
		configure("", list);
		assert_int_equal(corc_hooks_mask(spec), 1u << i);
		assert_int_equal(corc_hooks_mask(spec), CORC_HOOKS_BIT(i));
	}
	configure("", "\"prestart\":[{\"path\":\"/h\"}],\"poststop\":[{\"path\":\"/h\"}]");
	assert_int_equal(corc_hooks_mask(spec), 1 | 1 << CORC_HOOK_POSTSTOP);
}

/* The stage asks for them one after the other, whatever the order in the file. */
static void test_of_creation(void **state)
{
	static const struct {
		enum corc_hook_phase phase;
		size_t index;
	} order[] = {{CORC_HOOK_PRESTART, 0}, {CORC_HOOK_CREATE_RUNTIME, 0},
		{CORC_HOOK_CREATE_RUNTIME, 1}, {CORC_HOOK_CREATE_CONTAINER, 0}};
	enum corc_hook_phase phase = CORC_HOOK_POSTSTOP;
	size_t index = 99;

	(void)state;
	configure("", "\"startContainer\":[{\"path\":\"/h\"}],\"createContainer\":[{\"path\":\"/"
		      "h\"}],\"createRuntime\":[{\"path\":\"/h\"},{\"path\":\"/h\"}],\"prestart\":["
		      "{\"path\":\"/h\"}],\"poststart\":[{\"path\":\"/h\"}]");
	for (size_t i = 0; i < COUNT(order); i++) {
		assert_true(corc_hooks_of_creation(spec, i, &phase, &index));
		assert_int_equal(phase, order[i].phase);
		assert_int_equal(index, order[i].index);
	}
	assert_false(corc_hooks_of_creation(spec, COUNT(order), &phase, &index));
	assert_false(corc_hooks_of_creation(spec, SIZE_MAX, &phase, &index));
}

/* --- running ---------------------------------------------------------------------------------- */

static void test_state_and_surroundings(void **state)
{
	need_call(SYS_clone3, "clone3");

	static const struct {
		enum corc_hook_phase phase;
		const char *key, *status;
	} phases[] = {{CORC_HOOK_PRESTART, "prestart", "creating"},
		{CORC_HOOK_CREATE_RUNTIME, "createRuntime", "creating"},
		{CORC_HOOK_POSTSTART, "poststart", "running"},
		{CORC_HOOK_POSTSTOP, "poststop", "stopped"}};
	int top = *(int *)*state;
	char list[512], expected[8192];

	for (size_t i = 0; i < COUNT(phases); i++) {
		(void)snprintf(list, sizeof(list),
			"\"%s\":[{\"path\":\"/bin/sh\",\"env\":[\"A=b\"],\"args\":[\"sh\",\"-c\","
			"\"cat >state; echo $PWD $A ${PATH-none} >where\"]}]",
			phases[i].key);
		/* Without PATH the shell has its own idea of one; cat is found by it. */
		configure("\"k\":\"v\"", list);
		assert_success(corc_hook_run(&hooks, phases[i].phase, 0, &error), &error);
		(void)snprintf(expected, sizeof(expected),
			"{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"status\":\"%s\",\"pid\":4711,"
			"\"bundle\":\"%s\",\"annotations\":{\"k\":\"v\"}}",
			phases[i].status, temporary_path());
		assert_text(top, "state", expected);
	}
	int CORC_CLOSE where = openat(top, "where", O_RDONLY | O_CLOEXEC);
	ssize_t length = read(where, text, sizeof(text) - 1);

	assert_true(length > 0);
	text[length] = '\0';
	(void)snprintf(expected, sizeof(expected), "%s b ", temporary_path());
	assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
}

/* Without args the program gets its path as the name. */
static void test_no_arguments(void **state)
{
	need_call(SYS_clone3, "clone3");

	int top = *(int *)*state;

	write_text(top, "hook", "#!/bin/sh\necho \"$0 $#\" >said\n");
	assert_int_equal(fchmodat(top, "hook", 0755, 0), 0);
	configure("", "\"poststart\":[{\"path\":\"TOP/hook\"}]");
	assert_success(corc_hooks_run(&hooks, CORC_HOOK_POSTSTART, &error), &error);
	(void)snprintf(text, sizeof(text), "%s/hook 0\n", temporary_path());
	assert_text(top, "said", text);
}

static void test_how_it_ended(void **state)
{
	need_call(SYS_clone3, "clone3");

	static const struct {
		const char *script, *begin, *end;
		int code;
	} rows[] = {
		{"exit 3", "/bin/sh: exited with status 3 after ", " ms", ECANCELED},
		{"kill -9 $$", "/bin/sh: killed by signal 9 after ", " ms", ECANCELED},
		{"echo out; exit 1", "/bin/sh: exited with status 1 after ", " ms: out", ECANCELED},
		{"echo out; echo reason >&2; exit 1", "/bin/sh: exited with status 1 after ",
			" ms: reason", ECANCELED},
		{"echo 1; echo 2; echo 3; printf 4; exit 1", "/bin/sh: exited with status 1 after ",
			" ms: 2 | 3 | 4", ECANCELED},
		{"printf 'a\\\\r\\\\n\\\\n\\\\nb\\\\033c\\\\n\\\\n'; exit 1",
			"/bin/sh: exited with status 1 after ", " ms: a | b\\x1bc", ECANCELED},
		{"printf '\\\\n\\\\n'; exit 1", "/bin/sh: exited with status 1 after ", " ms",
			ECANCELED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		error = (struct corc_error){0};
		assert_int_equal(run_script(rows[i].script), -rows[i].code);
		assert_message(rows[i].begin, rows[i].end);
		assert_origin("hooks.prestart[0]");
	}
	assert_success(run_script("echo much >&2; exit 0"), &error);
}

/* Lines that are longer than what an error has room for do not spoil the rest. */
static void test_long_last_line(void **state)
{
	need_call(SYS_clone3, "clone3");
	(void)state;
	assert_int_equal(run_script("i=0; while [ $i -lt 999 ]; do printf xxxxx; i=$((i+1)); done; "
				    "echo; echo end; exit 1"),
		-ECANCELED);
	assert_non_null(strstr(error.message, "ms: "));
	assert_non_null(strstr(error.message, "end"));
}

static void test_time_is_over(void **state)
{
	need_call(SYS_clone3, "clone3");
	(void)state;
	configure("", "\"poststart\":[{\"path\":\"/bin/sh\",\"timeout\":1,"
		      "\"args\":[\"sh\",\"-c\",\"echo waiting; sleep 1000\"]}]");
	assert_int_equal(corc_hook_run(&hooks, CORC_HOOK_POSTSTART, 0, &error), -ETIMEDOUT);
	assert_message("/bin/sh: timed out, killed after ", " ms: waiting");
	assert_origin("hooks.poststart[0]");
}

static void test_container_ends(void **state)
{
	need_call(SYS_clone3, "clone3");

	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	configure("", "\"createRuntime\":[" SHELL("sleep 1000") "]");
	hooks.pidfd = corc_pidfd_open(pid);
	assert_int_equal(corc_hook_run(&hooks, CORC_HOOK_CREATE_RUNTIME, 0, &error), -ECANCELED);
	assert_message("/bin/sh: killed after ", " ms: the container's process has ended");
	corc_close_(hooks.pidfd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_not_there(void **state)
{
	need_call(SYS_clone3, "clone3");
	(void)state;
	configure("", "\"prestart\":[{\"path\":\"/bin/true\"},{\"path\":\"/no/such\"}]");
	assert_int_equal(corc_hook_run(&hooks, CORC_HOOK_PRESTART, 1, &error), -ENOENT);
	assert_string_equal(error.message, "/no/such: no such file or directory");
	assert_origin("hooks.prestart[1]");
}

static void test_lost_status(void **state)
{
	need_call(SYS_clone3, "clone3");
	(void)state;
	assert_ptr_not_equal(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	assert_int_equal(run_script("exit 0"), -ECHILD);
	(void)signal(SIGCHLD, SIG_DFL);
	assert_non_null(strstr(error.message, "its exit status was lost"));
}

/* The first failure ends a phase; but a container that is gone has all its poststop hooks run. */
static void test_phases(void **state)
{
	need_call(SYS_clone3, "clone3");

	int top = *(int *)*state;

	configure("",
		"\"poststart\":[" SHELL("echo 1 >>said") "," SHELL("exit 4") "," SHELL(
			"echo 3 >>said") "],\"poststop\":[" SHELL("exit 5") "," SHELL("echo 5 "
										      ">>"
										      "said") "]");
	assert_int_equal(corc_hooks_run(&hooks, CORC_HOOK_POSTSTART, &error), -ECANCELED);
	assert_origin("hooks.poststart[1]");
	assert_text(top, "said", "1\n");
	assert_string_equal(logged, "");
	corc_hooks_run_poststop(&hooks);
	assert_text(top, "said", "1\n5\n");
	assert_non_null(strstr(logged, "hooks.poststop[0]: /bin/sh: exited with status 5 after "));
	assert_null(strstr(logged, "poststop[1]"));
	assert_success(corc_hooks_run(&hooks, CORC_HOOK_PRESTART, &error), &error);
}

static void test_files(void **state)
{
	need_call(SYS_clone3, "clone3");

	int top = *(int *)*state;

	write_text(top, "out", "before\n");
	configure("\"run.oci.hooks.stdout\":\"TOP/out\",\"run.oci.hooks.stderr\":\"TOP/errors\"",
		"\"prestart\":[" SHELL("echo said; echo failed >&2; exit 1") "]");
	assert_int_equal(corc_hook_run(&hooks, CORC_HOOK_PRESTART, 0, &error), -ECANCELED);
	assert_message("/bin/sh: exited with status 1 after ", " ms: failed");
	assert_text(top, "out", "before\nsaid\n");
	assert_text(top, "errors", "failed\n");
	configure("\"run.oci.hooks.stderr\":\"/no/such/file\"",
		"\"prestart\":[" SHELL("echo >ran") "]");
	assert_int_equal(corc_hook_run(&hooks, CORC_HOOK_PRESTART, 0, &error), -ENOENT);
	assert_string_equal(
		error.message, "run.oci.hooks.stderr: /no/such/file: no such file or directory");
	assert_origin("hooks.prestart[0]");
	assert_false(is_there(top, "ran"));
}

static void test_fds(void **state)
{
	need_call(SYS_clone3, "clone3");

	size_t before = open_fds();

	(void)state;
	configure("\"run.oci.hooks.stdout\":\"TOP/out\",\"run.oci.hooks.stderr\":\"/no/such/file\"",
		"\"prestart\":[{\"path\":\"/bin/true\"}]");
	assert_int_equal(corc_hook_run(&hooks, CORC_HOOK_PRESTART, 0, &error), -ENOENT);
	assert_success(run_script("exit 0"), &error);
	assert_int_equal(run_script("exit 1"), -ECANCELED);
	assert_int_equal(open_fds(), before);
}

/* --- for the stage ---------------------------------------------------------------------------- */

static void test_open(void **state)
{
	(void)state;
	configure("", "\"createContainer\":[{\"path\":\"/bin/sh\"},{\"path\":\"/no/such\"}]");
	int CORC_CLOSE fd = corc_hook_open(&hooks, CORC_HOOK_CREATE_CONTAINER, 0, &error);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(corc_hook_open(&hooks, CORC_HOOK_CREATE_CONTAINER, 1, &error), -ENOENT);
	assert_string_equal(error.message, "/no/such: no such file or directory");
	assert_origin("hooks.createContainer[1]");
}

static void test_reports(void **state)
{
	static const struct {
		uint32_t detail;
		int code;
		const char *expected;
		int result;
	} rows[] = {
		{CORC_DETAIL_HOOK_EXIT, 7, "/h: exited with status 7 after 1500 ms: last",
			-ECANCELED},
		{CORC_DETAIL_HOOK_SIGNAL, 11, "/h: killed by signal 11 after 1500 ms: last",
			-ECANCELED},
		{CORC_DETAIL_HOOK_TIMEOUT, 9, "/h: timed out, killed after 1500 ms: last",
			-ETIMEDOUT},
		{CORC_DETAIL_HOOK_EXEC, 0, "/h: permission denied", -EACCES},
	};
	struct corc_message message = {.code = EACCES};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		message.detail = rows[i].detail;
		message.value = CORC_HOOK_VALUE(0, rows[i].code, 1500);
		(void)snprintf(message.text, sizeof(message.text), "first\x01\nlast\n");
		message.text[0] = '\0';
		memcpy(message.text, "last\n", 6);
		assert_true(corc_is_hook_report(&message));
		assert_int_equal(corc_hook_explain("/h", &message, &error), rows[i].result);
		assert_string_equal(error.message, rows[i].expected);
		assert_int_equal(error.step, CORC_STEP_HOOKS);
	}
	for (uint32_t detail = 0; detail < CORC_DETAIL_HOOK_EXIT; detail++) {
		message.detail = detail;
		assert_false(corc_is_hook_report(&message));
	}
	message.detail = CORC_DETAIL_MAX_;
	assert_false(corc_is_hook_report(&message));
}

/* It comes from a stage that the image's programs run beside: it need not end. */
static void test_endless_report(void **state)
{
	struct corc_message message = {.detail = CORC_DETAIL_HOOK_EXIT};

	(void)state;
	memset(message.text, 'x', sizeof(message.text));
	assert_int_equal(corc_hook_explain("/h", &message, &error), -ECANCELED);
	assert_int_equal(strspn(strrchr(error.message, ' ') + 1, "x"), sizeof(message.text));
}

/* --- output of those in the stage ------------------------------------------------------------- */

static struct corc_hook_output output;
static int ends[CORC_HOOK_OUTPUTS];

static int make_output(int top, const char *annotations, const char *list)
{
	configure(annotations, list);
	output = (struct corc_hook_output)CORC_HOOK_OUTPUT_EMPTY;
	ends[0] = ends[1] = CORC_NO_FD;
	return corc_hook_output_make(top, spec, &output, ends, &error);
}

static void end_output(void)
{
	corc_hook_output_done(&output);
	corc_close_(ends[0]);
	corc_close_(ends[1]);
}

#define TO_OUT "\"run.oci.hooks.stdout\":\"TOP/out\""

static void test_output_wanted(void **state)
{
	static const char *const lists[] = {"", "\"prestart\":[{\"path\":\"/h\"}]",
		"\"poststop\":[{\"path\":\"/h\"}],\"createRuntime\":[{\"path\":\"/h\"}]"};
	static const char *const in_stage[] = {"\"createContainer\":[{\"path\":\"/h\"}]",
		"\"startContainer\":[{\"path\":\"/h\"}]"};
	int top = *(int *)*state;

	for (size_t i = 0; i < COUNT(lists); i++) {
		assert_success(make_output(top, TO_OUT, lists[i]), &error);
		assert_true(output.fifos[0] < 0 && ends[0] < 0);
		assert_false(is_there(top, "hook-stdout.fifo"));
	}
	for (size_t i = 0; i < COUNT(in_stage); i++) {
		assert_success(make_output(top, "", in_stage[i]), &error);
		assert_false(corc_hook_output_wanted(spec));
		assert_false(is_there(top, "hook-stdout.fifo"));
		assert_success(make_output(top, TO_OUT, in_stage[i]), &error);
		assert_true(output.fifos[0] >= 0 && ends[0] >= 0);
		assert_true(output.fifos[1] < 0 && ends[1] < 0);
		assert_int_equal(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
		assert_int_equal(fcntl(ends[0], F_GETFL) & O_ACCMODE, O_WRONLY);
		assert_false(is_there(top, "hook-stderr.fifo"));
		assert_int_equal(make_output(top, TO_OUT, in_stage[i]), -EEXIST);
		end_output();
		corc_hook_output_unlink(top);
		assert_false(is_there(top, "hook-stdout.fifo"));
	}
}

/* While no hook runs nothing is polled or read; after it everything is there. */
static void test_output_copied(void **state)
{
	static char much[60000];
	int top = *(int *)*state;
	size_t before = open_fds();

	assert_success(make_output(top, TO_OUT, "\"createContainer\":[{\"path\":\"/h\"}]"), &error);
	assert_int_equal(corc_hook_output_fd(&output, 0), CORC_NO_FD);
	assert_int_equal(corc_hook_output_fd(NULL, 0), CORC_NO_FD);
	assert_success(
		corc_hook_begin_output(&hooks, CORC_HOOK_CREATE_CONTAINER, 0, &output, &error),
		&error);
	assert_int_equal(corc_hook_output_fd(&output, 0), output.fifos[0]);
	assert_int_equal(corc_hook_output_fd(&output, 1), CORC_NO_FD);
	assert_int_equal(write(ends[0], "one\n", 4), 4);
	corc_hook_output_copy(&output);
	assert_text(top, "out", "one\n");
	corc_hook_output_copy(&output);
	memset(much, 'x', sizeof(much));
	assert_int_equal(write(ends[0], much, sizeof(much)), sizeof(much));
	corc_hook_output_end(&output);
	assert_int_equal(corc_hook_output_fd(&output, 0), CORC_NO_FD);
	int CORC_CLOSE out = openat(top, "out", O_RDONLY | O_CLOEXEC);

	assert_int_equal(lseek(out, 0, SEEK_END), 4 + sizeof(much));
	corc_close_(corc_take_fd(&out));
	end_output();
	assert_int_equal(open_fds(), before);
}

static void test_output_found_again(void **state)
{
	int top = *(int *)*state;

	assert_success(make_output(top, TO_OUT, "\"startContainer\":[{\"path\":\"/h\"}]"), &error);
	corc_hook_output_done(&output);
	assert_success(corc_hook_output_open(top, &output, &error), &error);
	assert_true(output.fifos[0] >= 0);
	assert_true(output.fifos[1] < 0);
	assert_int_equal(write(ends[0], "x", 1), 1);
	assert_success(
		corc_hook_begin_output(&hooks, CORC_HOOK_START_CONTAINER, 0, &output, &error),
		&error);
	corc_hook_output_end(&output);
	assert_text(top, "out", "x");
	end_output();
	/* Of a build that made none. */
	corc_hook_output_unlink(top);
	output = (struct corc_hook_output)CORC_HOOK_OUTPUT_EMPTY;
	assert_success(corc_hook_output_open(top, &output, &error), &error);
	assert_success(
		corc_hook_begin_output(&hooks, CORC_HOOK_START_CONTAINER, 0, &output, &error),
		&error);
	assert_true(output.files[0] < 0);
}

static void test_output_file_refused(void **state)
{
	assert_success(make_output(*(int *)*state, "\"run.oci.hooks.stderr\":\"/no/such/file\"",
			       "\"startContainer\":[{\"path\":\"/h\"},{\"path\":\"/i\"}]"),
		&error);
	assert_int_equal(
		corc_hook_begin_output(&hooks, CORC_HOOK_START_CONTAINER, 1, &output, &error),
		-ENOENT);
	assert_origin("hooks.startContainer[1]");
	end_output();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, hooks_setup, hooks_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mask),
		TEST(test_of_creation),
		TEST(test_state_and_surroundings),
		TEST(test_no_arguments),
		TEST(test_how_it_ended),
		TEST(test_long_last_line),
		TEST(test_time_is_over),
		TEST(test_container_ends),
		TEST(test_not_there),
		TEST(test_lost_status),
		TEST(test_phases),
		TEST(test_files),
		TEST(test_fds),
		TEST(test_open),
		TEST(test_reports),
		TEST(test_endless_report),
		TEST(test_output_wanted),
		TEST(test_output_copied),
		TEST(test_output_found_again),
		TEST(test_output_file_refused),
	};

	return cmocka_run_group_tests_name("run/hooks", tests, NULL, NULL);
}
