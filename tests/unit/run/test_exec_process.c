/* SPDX-License-Identifier: Apache-2.0 */
/* The process of an exec: the container's own with changes, or that of a file. */
#include "run/exec_process.h"

#include <errno.h>
#include <fcntl.h>

#include "run_fixture.h"

static struct corc_arena arena;
static struct corc_spec_process *own; /* the container's process */
static struct corc_json_document own_document;
static struct corc_exec_base base;
static struct corc_exec_options options;
static struct corc_exec_process made;
static struct corc_error error;

static const char *const arguments[] = {"ls", "-l", NULL};

static const char own_text[] =
	"{\"terminal\": true, \"cwd\": \"/srv\", \"args\": [\"server\", \"--fast\"],"
	"\"env\": [\"PATH=/bin\", \"A=1\"],"
	"\"user\": {\"uid\": 10, \"gid\": 20, \"umask\": 18, \"additionalGids\": [30, 40]},"
	"\"capabilities\": {\"bounding\": [\"CAP_CHOWN\", \"CAP_KILL\"],"
	"\"effective\": [\"CAP_CHOWN\"], \"permitted\": [\"CAP_CHOWN\"]},"
	"\"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"soft\": 5, \"hard\": 6}]}";

static int process_setup(void **state)
{
	if (run_setup(state) < 0)
		return -1;
	own_document = (struct corc_json_document){.arena = &arena, .file = "config.json"};
	if (corc_spec_parse_process(&own_document, own_text, strlen(own_text), &own, &error) < 0)
		return -1;
	base = (struct corc_exec_base){.process = *own};
	options = (struct corc_exec_options){.args = arguments};
	made = (struct corc_exec_process){0};
	return 0;
}

static int process_teardown(void **state)
{
	corc_exec_process_done(&made);
	corc_arena_done(&arena);
	return run_teardown(state);
}

static void make(void)
{
	assert_success(corc_exec_process_make(&arena, &options, &base, &made, &error), &error);
}

static void assert_refused(int code, const char *text)
{
	assert_int_equal(corc_exec_process_make(&arena, &options, &base, &made, &error), -code);
	assert_int_equal(error.code, code);
	if (!strstr(error.message, text))
		fail_msg("%s", error.message);
}

/* Items: "A,B,C". */
static void assert_items(const struct corc_string_array *array, const char *items)
{
	char text[256] = "";
	size_t at = 0;

	for (size_t i = 0; i < array->count; i++)
		at += (size_t)snprintf(
			text + at, sizeof(text) - at, "%s%s", i ? "," : "", array->items[i]);
	assert_string_equal(text, items);
	/* Somebody may look for the end. */
	if (array->items)
		assert_null(array->items[array->count]);
}

/* --- from options ----------------------------------------------------------------------------- */

static void assert_labels(const char *profile, const char *label)
{
	make();
	if (profile)
		assert_string_equal(made.process.apparmor_profile, profile);
	else
		assert_null(made.process.apparmor_profile);
	if (label)
		assert_string_equal(made.process.selinux_label, label);
	else
		assert_null(made.process.selinux_label);
}

static void test_labels(void **state)
{
	(void)state;
	assert_labels(NULL, NULL);
	options.apparmor = "new";
	assert_labels("new", NULL);
	base.process.apparmor_profile = "own";
	base.process.selinux_label = "u:r:own";
	assert_labels("new", "u:r:own");
	options.apparmor = "";
	options.process_label = "u:r:new";
	assert_labels("own", "u:r:new");
	options.process_label = "";
	assert_labels("own", "u:r:own");
}

static void test_bad_labels(void **state)
{
	(void)state;
	options.apparmor = "a\nb";
	assert_refused(EINVAL, "--apparmor has a control character in it");
	options.apparmor = " a";
	assert_refused(EINVAL, "--apparmor begins or ends with a blank");
	options.apparmor = NULL;
	options.process_label = "a ";
	assert_refused(EINVAL, "--process-label begins or ends with a blank");
}

static void test_arguments_only(void **state)
{
	(void)state;
	make();
	assert_items(&made.process.args, "ls,-l");
	assert_items(&made.process.env, "PATH=/bin,A=1");
	assert_string_equal(made.process.cwd, "/srv");
	assert_int_equal(made.process.user.uid, 10);
	assert_int_equal(made.process.user.gid, 20);
	assert_int_equal(made.process.user.additional_gids.count, 2);
	assert_int_equal(made.process.rlimits.count, 1);
	assert_false(made.process.no_new_privileges);
	/* The container's terminal is not that of the exec. */
	assert_false(made.process.terminal);
	assert_null(made.document);
	assert_null(made.text);
	assert_items(&made.process.capabilities->sets[CORC_CAPS_BOUNDING], "CAP_CHOWN,CAP_KILL");
}

/* The base may serve for another exec: nothing in it changes. */
static void assert_base_untouched(void)
{
	assert_memory_equal(&base.process, own, sizeof(*own));
	assert_items(&own->args, "server,--fast");
	assert_items(&own->env, "PATH=/bin,A=1");
	assert_int_equal(own->user.additional_gids.count, 2);
	assert_int_equal(own->user.additional_gids.items[1], 40);
	assert_items(&own->capabilities->sets[CORC_CAPS_BOUNDING], "CAP_CHOWN,CAP_KILL");
	assert_items(&own->capabilities->sets[CORC_CAPS_EFFECTIVE], "CAP_CHOWN");
	assert_items(&own->capabilities->sets[CORC_CAPS_AMBIENT], "");
}

static void test_no_arguments(void **state)
{
	static const char *const none[] = {NULL};

	(void)state;
	options.args = none;
	assert_refused(EINVAL, "args must not be empty");
	options.args = NULL;
	assert_refused(EINVAL, "args must not be empty");
}

static void test_environment(void **state)
{
	static const char *const more[] = {"B=2", "A=", "C=x=y", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	options.env = more;
	make();
	/* The later one counts, see the compiler. */
	assert_items(&made.process.env, "PATH=/bin,A=1,B=2,A=,C=x=y");
	options.env = none;
	make();
	assert_items(&made.process.env, "PATH=/bin,A=1");
	assert_base_untouched();
}

static void test_bad_environment(void **state)
{
	static const char *const bad[] = {"NAME", "=value", "", "="};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *const more[] = {"GOOD=1", bad[i], NULL};

		options.env = more;
		assert_refused(EINVAL, "invalid environment variable");
		if (bad[i][0])
			assert_refused(EINVAL, bad[i]);
	}
}

static void test_users(void **state)
{
	static const struct {
		const char *text;
		uint32_t uid, gid;
	} users[] = {
		{"0", 0, 20},
		{"5", 5, 20},
		{"5:6", 5, 6},
		{"0:0", 0, 0},
		{"4294967294:4294967294", 4294967294, 4294967294},
		{"007:08", 7, 8},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(users); i++) {
		options.user = users[i].text;
		make();
		assert_int_equal(made.process.user.uid, users[i].uid);
		assert_int_equal(made.process.user.gid, users[i].gid);
	}
	assert_base_untouched();
}

static void test_bad_users(void **state)
{
	static const char *const bad[] = {"", ":", "5:", ":6", "root", "5:users", "-1", "5:-1",
		"+5", " 5", "5 ", "5:6:7", "0x5", "4294967295", "5:4294967295",
		"18446744073709551616", "5;6"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		char text[64];

		options.user = bad[i];
		(void)snprintf(text, sizeof(text), "user \"%s\"", bad[i]);
		assert_refused(EINVAL, text);
	}
}

static void test_groups(void **state)
{
	static const uint32_t groups[] = {50, 30};

	(void)state;
	options.additional_gids = groups;
	options.additional_gid_count = 2;
	make();
	assert_int_equal(made.process.user.additional_gids.count, 4);
	assert_int_equal(made.process.user.additional_gids.items[0], 30);
	assert_int_equal(made.process.user.additional_gids.items[1], 40);
	assert_int_equal(made.process.user.additional_gids.items[2], 50);
	assert_int_equal(made.process.user.additional_gids.items[3], 30);
	assert_base_untouched();
	base.process.user.additional_gids = (struct corc_u32_array){0};
	make();
	assert_int_equal(made.process.user.additional_gids.count, 2);
	assert_int_equal(made.process.user.additional_gids.items[0], 50);
}

static void test_capabilities(void **state)
{
	static const char *const more[] = {"CAP_SYS_ADMIN", "CAP_KILL", NULL};

	(void)state;
	options.capabilities = more;
	make();
	const struct corc_string_array *sets = made.process.capabilities->sets;

	assert_items(&sets[CORC_CAPS_BOUNDING], "CAP_CHOWN,CAP_KILL,CAP_SYS_ADMIN,CAP_KILL");
	assert_items(&sets[CORC_CAPS_EFFECTIVE], "CAP_CHOWN,CAP_SYS_ADMIN,CAP_KILL");
	assert_items(&sets[CORC_CAPS_PERMITTED], "CAP_CHOWN,CAP_SYS_ADMIN,CAP_KILL");
	assert_items(&sets[CORC_CAPS_INHERITABLE], "");
	assert_items(&sets[CORC_CAPS_AMBIENT], "");
	assert_base_untouched();
}

/* Ambient ones need inheritable ones. */
static void test_ambient_capabilities(void **state)
{
	static const char *const more[] = {"CAP_SYS_ADMIN", NULL};
	static const char *inheritable[] = {"CAP_CHOWN", NULL};
	struct corc_spec_capabilities capabilities = {
		.sets[CORC_CAPS_INHERITABLE] = {inheritable, 1}};

	(void)state;
	base.process.capabilities = &capabilities;
	options.capabilities = more;
	make();
	const struct corc_string_array *sets = made.process.capabilities->sets;

	assert_items(&sets[CORC_CAPS_AMBIENT], "CAP_SYS_ADMIN");
	assert_items(&sets[CORC_CAPS_INHERITABLE], "CAP_CHOWN");
	assert_items(&sets[CORC_CAPS_BOUNDING], "CAP_SYS_ADMIN");
	assert_int_equal(capabilities.sets[CORC_CAPS_BOUNDING].count, 0);
}

static void test_capabilities_of_none(void **state)
{
	static const char *const more[] = {"CAP_KILL", NULL};
	static const char *const none[] = {NULL};

	(void)state;
	base.process.capabilities = NULL;
	options.capabilities = none;
	make();
	assert_null(made.process.capabilities);
	options.capabilities = more;
	make();
	assert_items(&made.process.capabilities->sets[CORC_CAPS_PERMITTED], "CAP_KILL");
	assert_items(&made.process.capabilities->sets[CORC_CAPS_AMBIENT], "");
}

static void test_working_directory(void **state)
{
	static const char *const bad[] = {"tmp", "./tmp", ""};

	(void)state;
	options.cwd = "/tmp";
	make();
	assert_string_equal(made.process.cwd, "/tmp");
	for (size_t i = 0; i < COUNT(bad); i++) {
		options.cwd = bad[i];
		assert_refused(EINVAL, "Cwd must be an absolute path");
	}
}

static void test_flags(void **state)
{
	(void)state;
	options.tty = true;
	options.no_new_privileges = true;
	make();
	assert_true(made.process.terminal);
	assert_true(made.process.no_new_privileges);
	options.tty = false;
	options.no_new_privileges = false;
	base.process.no_new_privileges = true;
	make();
	assert_false(made.process.terminal);
	/* It cannot be taken away. */
	assert_true(made.process.no_new_privileges);
}

/* --- from a file ------------------------------------------------------------------------------ */

static void write_file(const char *text)
{
	int top = open(temporary_path(), O_PATH | O_DIRECTORY | O_CLOEXEC);

	write_text(top, "process.json", text);
	assert_int_equal(close(top), 0);
	options.process_file = run_path("process.json");
}

static const char process_text[] = "{\"cwd\": \"/other\", \"args\": [\"id\"], \"env\": [\"X=1\"],"
				   "\"user\": {\"uid\": 1, \"gid\": 2}}";

static void test_file(void **state)
{
	static const char *const more[] = {"B=2", NULL};

	(void)state;
	write_file(process_text);
	/* None of these count beside a file. */
	options.env = more;
	options.user = "77";
	options.cwd = "/nowhere";
	make();
	assert_items(&made.process.args, "id");
	assert_items(&made.process.env, "X=1");
	assert_string_equal(made.process.cwd, "/other");
	assert_int_equal(made.process.user.uid, 1);
	assert_int_equal(made.process.user.gid, 2);
	assert_null(made.process.capabilities);
	assert_false(made.process.terminal);
	assert_ptr_equal(made.document, &made.file_document);
	assert_string_equal(made.document->file, "process.json");
	assert_string_equal(made.text, process_text);
	assert_base_untouched();
}

static void test_terminal_of_file(void **state)
{
	(void)state;
	write_file(process_text);
	options.tty = true;
	make();
	assert_true(made.process.terminal);
	corc_exec_process_done(&made);
	write_file("{\"cwd\": \"/\", \"args\": [\"id\"], \"terminal\": true}");
	options.tty = false;
	make();
	assert_true(made.process.terminal);
}

/* That of the container, unless the file has its own. */
static void test_oom_score_of_file(void **state)
{
	int64_t container = 500;

	(void)state;
	write_file(process_text);
	make();
	assert_null(made.process.oom_score_adj);
	corc_exec_process_done(&made);
	base.process.oom_score_adj = &container;
	make();
	assert_int_equal(*made.process.oom_score_adj, 500);
	corc_exec_process_done(&made);
	write_file("{\"cwd\": \"/\", \"args\": [\"id\"], \"oomScoreAdj\": 0}");
	make();
	assert_int_equal(*made.process.oom_score_adj, 0);
}

/* Errors tell the place in that file. */
static void test_bad_file(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "17", "{\"cwd\": \"/\"}",
		"{\"cwd\": \"/\", \"args\": []}", "{\"cwd\": 1, \"args\": [\"id\"]}",
		"{\"args\": [\"id\"]}"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		write_file(bad[i]);
		assert_refused(EINVAL, "");
		assert_string_equal(error.origin.file, "process.json");
		assert_in_range(error.origin.line, 1, 2);
		corc_exec_process_done(&made);
	}
	write_file("{\"cwd\": \"/\",\n \"args\": [\"id\", 5]}");
	assert_refused(EINVAL, "5");
	assert_int_equal(error.origin.line, 2);
	assert_string_equal(error.origin.path, "args[1]");
}

/* A process file that says nothing of it does not lead out of the container's confinement. */
static void test_labels_of_file(void **state)
{
	(void)state;
	base.process.apparmor_profile = "own";
	base.process.selinux_label = "u:r:own";
	options.apparmor = options.process_label = "ignored";
	write_file(process_text);
	assert_labels("own", "u:r:own");
	corc_exec_process_done(&made);
	write_file("{\"cwd\": \"/\", \"args\": [\"id\"], \"apparmorProfile\": \"new\","
		   "\"selinuxLabel\": \"\"}");
	assert_labels("new", "u:r:own");
	corc_exec_process_done(&made);
	write_file("{\"cwd\": \"/\", \"args\": [\"id\"], \"apparmorProfile\": \"\","
		   "\"selinuxLabel\": \"u:r:new\"}");
	assert_labels("own", "u:r:new");
}

static void test_unreadable_file(void **state)
{
	(void)state;
	options.process_file = run_path("missing.json");
	assert_refused(ENOENT, "missing.json: no such file or directory");
	options.process_file = temporary_path();
	assert_refused(EISDIR, "process file");
	assert_null(made.text);
}

static int make_here(void *argument)
{
	(void)argument;
	child_equal(chdir(temporary_path()), 0);
	options.process_file = "process.json";
	child_equal(corc_exec_process_make(&arena, &options, &base, &made, &error), 0);
	child_string(made.process.args.items[0], "id");
	return 0;
}

static void test_relative_file(void **state)
{
	(void)state;
	write_file(process_text);
	run_in_child(make_here, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arguments_only),
		TEST(test_no_arguments),
		TEST(test_labels),
		TEST(test_bad_labels),
		TEST(test_environment),
		TEST(test_bad_environment),
		TEST(test_users),
		TEST(test_bad_users),
		TEST(test_groups),
		TEST(test_capabilities),
		TEST(test_ambient_capabilities),
		TEST(test_capabilities_of_none),
		TEST(test_working_directory),
		TEST(test_flags),
		TEST(test_file),
		TEST(test_terminal_of_file),
		TEST(test_oom_score_of_file),
		TEST(test_bad_file),
		TEST(test_labels_of_file),
		TEST(test_unreadable_file),
		TEST(test_relative_file),
	};

	return cmocka_run_group_tests_name("run/exec_process", tests, NULL, NULL);
}
