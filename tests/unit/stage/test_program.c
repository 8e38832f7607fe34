/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Working directory, environment, home and program. What looks at absolute paths runs in a child
 * process whose root is a directory of the test's own; without root it takes a user namespace for
 * that.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "stage_fixture.h"

#define NO_CHROOT "needs root or user namespaces"

/* The ops of every plan here. */
enum { ENVIRONMENT, LOOKUP, CWD, HOME };

static struct stage_fixture fixture;
static struct corc_stage *const stage = &fixture.stage;
static int directory;

static int program_setup(void **state)
{
	if (temporary_setup(state) < 0)
		return -1;
	directory = *(int *)*state;
	make_directory(directory, "etc");
	make_directory(directory, "bin");
	stage_init(&fixture);
	return 0;
}

static int program_teardown(void **state)
{
	stage_done(&fixture);
	return temporary_teardown(state);
}

/* A plan with this environment and command line; environment NULL: {NULL}. */
static void make_plan(const char *const *environment, const char *const *arguments, uint32_t uid)
{
	static const char *const none[] = {NULL};
	static const char *const program[] = {"sh", NULL};

	stage_done(&fixture);
	stage_init(&fixture);
	stage_add_list(&fixture, CORC_OP_ENVIRONMENT, environment ? environment : none);
	stage_add_list(&fixture, CORC_OP_LOOKUP, arguments ? arguments : program);
	stage_add_path(&fixture, CORC_OP_CHDIR, "/bin");
	corc_builder_op(&fixture.builder, CORC_OP_HOME, corc_source(0, NULL))->home.uid = uid;
	stage_finish(&fixture);
}

static int enter_root(void)
{
	if (geteuid() != 0 && unshare(CLONE_NEWUSER) < 0)
		return CHILD_SKIP;
	child_equal(fchdir(directory), 0);
	return chroot(".") < 0 ? CHILD_SKIP : 0;
}

static void make_program(const char *path, mode_t mode)
{
	write_text(directory, path, "#!/bin/sh\n");
	assert_int_equal(fchmodat(directory, path, mode, 0), 0);
}

/* --- environment ------------------------------------------------------------------------------ */

static void test_environment(void **state)
{
	static const char *const environment[] = {"A=1", "EMPTY=", "B=two words\n", NULL};

	(void)state;
	make_plan(environment, NULL, 0);
	assert_int_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	assert_int_equal(stage->environment_count, 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(stage->environment[i], environment[i]);
	assert_null(stage->environment[3]);
	/* The place for HOME, with the end behind it. */
	assert_null(stage->environment[4]);
}

static void test_empty_environment(void **state)
{
	(void)state;
	make_plan(NULL, NULL, 0);
	assert_int_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	assert_int_equal(stage->environment_count, 0);
	assert_null(stage->environment[0]);
}

/* --- home ------------------------------------------------------------------------------------- */

static int find_home(void *argument)
{
	int r = enter_root();
	const char *expected = argument;

	if (r != 0)
		return r;
	/* A FIFO or the like must not be waited for. */
	(void)alarm(60);
	child_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	child_equal(corc_op_home(stage, stage_op(&fixture, HOME)), 0);
	child_equal(stage->environment_count, 1);
	child_string(stage->environment[0], expected);
	child_assert(!stage->environment[1]);
	return 0;
}

/* With etc/passwd as it is, HOME of this uid is `expected`. */
static void assert_home(uint32_t uid, const char *expected)
{
	make_plan(NULL, NULL, uid);
	try_in_child(find_home, (void *)expected, NO_CHROOT);
}

static void assert_home_of_text(const char *passwd, uint32_t uid, const char *expected)
{
	write_text(directory, "etc/passwd", passwd);
	assert_home(uid, expected);
}

static void test_home(void **state)
{
	static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
				     "# a remark: with: colons: in: it: /x:\n"
				     "\n"
				     "max:x:4294967295:0::/max:\n"
				     "one:x:1000:1000:A,B:/home/one:/bin/sh\n"
				     "again:x:1000:1000::/home/again:/bin/sh\n"
				     "last:x:1001:1001::/home/last:/bin/sh\n";

	(void)state;
	assert_home_of_text(passwd, 0, "HOME=/root");
	assert_home_of_text(passwd, 1000, "HOME=/home/one");
	assert_home_of_text(passwd, 1001, "HOME=/home/last");
	assert_home_of_text(passwd, UINT32_MAX, "HOME=/max");
	assert_home_of_text(passwd, 77, "HOME=/");
}

static void test_home_of_odd_lines(void **state)
{
	static const struct {
		const char *passwd;
		uint32_t uid;
		const char *expected;
	} cases[] = {
		{"a:x:5:5::/without-newline:/bin/sh", 5, "HOME=/without-newline"},
		{"b:x:6:5::/b:/bin/sh\na:x:5:5::/no/newline:", 5, "HOME=/no/newline"},
		{"a:x:5:5::/too-few", 5, "HOME=/"},
		{"a:x:5:5:\nb:x:5:5::/second:/bin/sh\n", 5, "HOME=/second"},
		{"a:x:5:5:::/bin/sh\n", 5, "HOME=/"},
		{":::::\n::::::\n", 0, "HOME=/"},
		{"a:x:5:5::/more:/bin/sh:and:more\n", 5, "HOME=/more"},
		{"", 0, "HOME=/"},
		{"\n\n\n", 0, "HOME=/"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_home_of_text(cases[i].passwd, cases[i].uid, cases[i].expected);
}

/* Only plain decimal numbers that are a uid name one. */
static void test_home_of_odd_numbers(void **state)
{
	static const struct {
		const char *number;
		uint32_t uid;
	} cases[] = {
		{"+5", 5},
		{"-5", 5},
		{"-1", UINT32_MAX},
		{" 5", 5},
		{"5 ", 5},
		{"5 ", 34},
		{"a", 49},
		{"0x5", 5},
		{"0x5", 725},
		{"", 0},
		{"4294967296", 0},
		{"4294967301", 5},
		{"8589934597", 5},
		{"18446744073709551621", 5},
		{"340282366920938463463374607431768211461", 5},
	};
	char passwd[128];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		(void)snprintf(
			passwd, sizeof(passwd), "a:x:%s:5::/wrong:/bin/sh\n", cases[i].number);
		assert_home_of_text(passwd, cases[i].uid, "HOME=/");
	}
	assert_home_of_text("a:x:0005:5::/right:/bin/sh\n", 5, "HOME=/right");
}

/* Appends `count` times `character` to etc/passwd, then the text. */
static void append(size_t count, char character, const char *text)
{
	char block[4096];
	int fd = openat(directory, "etc/passwd", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	memset(block, character, sizeof(block));
	while (count > 0) {
		size_t step = count < sizeof(block) ? count : sizeof(block);

		assert_int_equal(write(fd, block, step), step);
		count -= step;
	}
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void test_home_behind_much_text(void **state)
{
	(void)state;
	/* A line that is found only when the buffer was filled many times, and cut at its end. */
	for (int i = 0; i < 200; i++)
		append(200, 'c', ":x:9:9::/wrong:/bin/sh\n");
	append(0, 0, "a:x:5:5::/right:/bin/sh\n");
	assert_home(5, "HOME=/right");
}

static void test_home_behind_a_huge_line(void **state)
{
	static const size_t lengths[] = {8000, 8190, 8191, 8192, 8193, 16382, 100000};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		assert_true(unlinkat(directory, "etc/passwd", 0) == 0 || i == 0);
		append(lengths[i], 'x', "\nb:x:6:6::/b:/bin/sh\na:x:5:5::/right:/bin/sh\n");
		assert_home(5, "HOME=/right");
		assert_home(6, "HOME=/b");
	}
}

/* The end of a line that is too long is no line of its own. */
static void test_home_inside_a_huge_line(void **state)
{
	(void)state;
	append(8191, 'x', "a:x:5:5::/wrong:/bin/sh\n");
	assert_home(5, "HOME=/");
	append(0, 0, "a:x:5:5::/right:/bin/sh\n");
	assert_home(5, "HOME=/right");
	append(8191 * 3, 'y', "b:x:6:5::/wrong:/bin/sh");
	assert_home(6, "HOME=/");
}

static void test_home_of_an_endless_file(void **state)
{
	(void)state;
	append(4 * 1024 * 1024, '\n', "a:x:5:5::/too-far:/bin/sh\n");
	assert_home(5, "HOME=/");
}

static void test_home_too_long(void **state)
{
	char expected[5 + 4095 + 1] = "HOME=";

	(void)state;
	memset(expected + 5, '/', 4095);
	append(0, 0, "a:x:5:5::");
	append(4095, '/', ":\nb:x:6:5::");
	append(4200, '/', ":\n");
	assert_home(5, expected);
	assert_home(6, "HOME=/");
}

static void test_home_of_no_regular_file(void **state)
{
	(void)state;
	assert_home(0, "HOME=/");
	assert_int_equal(mkfifoat(directory, "etc/passwd", 0644), 0);
	assert_home(0, "HOME=/");
	assert_int_equal(unlinkat(directory, "etc/passwd", 0), 0);
	make_directory(directory, "etc/passwd");
	assert_home(0, "HOME=/");
	assert_int_equal(unlinkat(directory, "etc/passwd", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("passwd", directory, "etc/passwd"), 0);
	assert_home(0, "HOME=/");
	assert_int_equal(unlinkat(directory, "etc/passwd", 0), 0);
	/* A link to a file is fine: it stays below the root. */
	assert_int_equal(symlinkat("/bin/passwd", directory, "etc/passwd"), 0);
	write_text(directory, "bin/passwd", "root:x:0:0::/root:/bin/sh\n");
	assert_home(0, "HOME=/root");
}

static void test_home_that_is_given(void **state)
{
	static const char *const given[] = {"HOMER=/x", "HOME=/given", "B=2", NULL};
	static const char *const empty[] = {"AHOME=/x", "HOME=", "B=2", NULL};
	static const char *const other[] = {"HOMER=/x", NULL};

	(void)state;
	make_plan(given, NULL, 0);
	assert_int_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	assert_int_equal(corc_op_home(stage, stage_op(&fixture, HOME)), 0);
	assert_int_equal(stage->environment_count, 3);
	assert_string_equal(stage->environment[1], "HOME=/given");
	/* One that is empty counts as none, and is replaced where it stands. */
	make_plan(empty, NULL, UINT32_MAX - 1);
	assert_int_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	assert_int_equal(corc_op_home(stage, stage_op(&fixture, HOME)), 0);
	assert_int_equal(stage->environment_count, 3);
	assert_string_equal(stage->environment[0], "AHOME=/x");
	assert_string_equal(stage->environment[1], "HOME=/");
	assert_string_equal(stage->environment[2], "B=2");
	assert_null(stage->environment[3]);
	make_plan(other, NULL, UINT32_MAX - 1);
	assert_int_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	assert_int_equal(corc_op_home(stage, stage_op(&fixture, HOME)), 0);
	assert_int_equal(stage->environment_count, 2);
	assert_string_equal(stage->environment[0], "HOMER=/x");
	assert_string_equal(stage->environment[1], "HOME=/");
}

/* --- the program ------------------------------------------------------------------------------ */

struct lookup {
	const char *path; /* NULL: no PATH */
	const char *name;
	int r;
	const char *program; /* NULL: none is expected */
	uint32_t detail;
};

static int look_up(void *argument)
{
	const struct lookup *lookup = argument;
	int r = enter_root();

	if (r != 0)
		return r;
	child_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	r = corc_op_lookup(stage, stage_op(&fixture, LOOKUP));
	if (r != lookup->r)
		(void)fprintf(stderr, "PATH=%s, %s:\n", lookup->path, lookup->name);
	child_equal(r, lookup->r);
	child_equal(stage->detail, lookup->detail);
	child_string(stage->arguments[0], lookup->name);
	if (lookup->program)
		child_string(stage->program, lookup->program);
	return 0;
}

static void check_lookups(const struct lookup *lookups, size_t count)
{
	static char path[16384];

	for (size_t i = 0; i < count; i++) {
		const char *environment[] = {"A=PATH=/a", "XPATH=/a", path, NULL};
		const char *arguments[] = {lookups[i].name, "-x", NULL};

		(void)snprintf(path, sizeof(path), "PATH=%s", lookups[i].path);
		if (!lookups[i].path)
			environment[2] = NULL;
		make_plan(environment, arguments, 0);
		try_in_child(look_up, (void *)&lookups[i], NO_CHROOT);
	}
}

/* a and b hold programs, c what is none. */
static void make_programs(void)
{
	make_directory(directory, "a");
	make_directory(directory, "b");
	make_directory(directory, "c");
	make_program("top", 0755);
	make_program("a/both", 0755);
	make_program("b/both", 0755);
	make_program("b/second", 0700);
	make_program("c/both", 0644);
	make_program("c/plain", 0644);
	make_directory(directory, "c/second");
	make_directory(directory, "c/dir");
	assert_int_equal(mkfifoat(directory, "c/fifo", 0777), 0);
	assert_int_equal(fchmodat(directory, "c/fifo", 0777, 0), 0);
	assert_int_equal(symlinkat("../b/second", directory, "c/link"), 0);
	assert_int_equal(symlinkat("missing", directory, "c/dangling"), 0);
}

static void test_lookup_in_path(void **state)
{
	static const struct lookup lookups[] = {
		{"/a:/b", "both", 0, "/a/both", 0},
		{"/b:/a", "both", 0, "/b/both", 0},
		{"/missing:/a/both:/b", "both", 0, "/b/both", 0},
		{"/a:/b", "second", 0, "/b/second", 0},
		{":/a::/b:", "second", 0, "/b/second", 0},
		/* An empty entry is neither / nor the working directory. */
		{":/a::/b:", "top", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH},
		/* What cannot be executed is passed over. */
		{"/c:/b", "both", 0, "/b/both", 0},
		{"/c:/b", "second", 0, "/b/second", 0},
		{"/c", "link", 0, "/c/link", 0},
		/* If there is nothing else it is the reason. */
		{"/a:/c:/b", "plain", -EACCES, NULL, CORC_DETAIL_NO_X_BIT},
		{"/c:/c/dir", "plain", -EACCES, NULL, CORC_DETAIL_NO_X_BIT},
		{"/c", "fifo", -EACCES, NULL, 0},
		{"/c", "dir", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH},
		{"/c", "dangling", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH},
		{"/a:/b", "missing", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH},
		{"/a:/b", "", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH},
		{"/a:/b", ".", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH},
		{"", "both", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH},
		{":::", "both", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH},
		{NULL, "both", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH},
		/* Relative to the working directory, which is / here. */
		{"b", "second", 0, "b/second", 0},
	};

	(void)state;
	make_programs();
	check_lookups(lookups, COUNT(lookups));
}

/* An entry that is too long for a path is passed over, one that just fits is not cut. */
static void test_lookup_in_long_path(void **state)
{
	static char path[8300], longest[4096];
	struct lookup lookup = {path, "both", 0, "/b/both", 0};

	(void)state;
	make_programs();
	memset(path, 'x', 8192);
	memcpy(path + 8192, ":/b", 4);
	check_lookups(&lookup, 1);
	memset(longest, '/', sizeof(longest));
	memcpy(longest + sizeof(longest) - 7, "a/both", 7);
	memcpy(path, longest, sizeof(longest) - 6);
	path[sizeof(longest) - 6] = '\0';
	lookup.program = longest;
	check_lookups(&lookup, 1);
	/* One byte more. */
	memset(path, '/', sizeof(longest));
	memcpy(path + sizeof(longest) - 6, "a", 2);
	lookup = (struct lookup){path, "both", -ENOENT, NULL, CORC_DETAIL_NOT_IN_PATH};
	check_lookups(&lookup, 1);
}

static void test_lookup_of_paths(void **state)
{
	static const struct lookup lookups[] = {
		{"/a", "/b/second", 0, "/b/second", 0},
		{"/a", "./b/second", 0, "./b/second", 0},
		{"/a", "b/both", 0, "b/both", 0},
		{NULL, "c/link", 0, "c/link", 0},
		{"/a", "/c/missing", -ENOENT, NULL, 0},
		{"/a", "./both", -ENOENT, NULL, 0},
		{"/a", "/c/dangling", -ENOENT, NULL, 0},
		{"/a", "/c/plain", -EACCES, NULL, CORC_DETAIL_NO_X_BIT},
		{"/a", "/c/fifo", -EACCES, NULL, 0},
		{"/a", "/c/dir", -EISDIR, NULL, 0},
		{"/a", "/", -EISDIR, NULL, 0},
		{"/a", "/a/both/x", -ENOTDIR, NULL, 0},
		{"/a", "/a/both/", -ENOTDIR, NULL, 0},
	};

	(void)state;
	make_programs();
	check_lookups(lookups, COUNT(lookups));
}

static void test_arguments(void **state)
{
	static const char *const arguments[] = {"/bin/sh", "", "two words", "-x", NULL};

	(void)state;
	make_plan(NULL, arguments, 0);
	assert_int_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	assert_int_equal(corc_op_lookup(stage, stage_op(&fixture, LOOKUP)), 0);
	for (int i = 0; i < 4; i++)
		assert_string_equal(stage->arguments[i], arguments[i]);
	assert_null(stage->arguments[4]);
}

/* The rights of the user who will run it decide. */
static int look_up_as_nobody(void *argument)
{
	(void)argument;
	child_equal(enter_root(), 0);
	child_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	child_equal(setresuid(65534, 65534, 65534), 0);
	child_equal(corc_op_lookup(stage, stage_op(&fixture, LOOKUP)), -EACCES);
	child_equal(stage->detail, CORC_DETAIL_NO_X_BIT);
	child_equal((long long)stage->value, 0700);
	return 0;
}

static void test_lookup_by_rights(void **state)
{
	static const char *const environment[] = {"PATH=/b:/a", NULL};
	static const char *const arguments[] = {"second", NULL};

	(void)state;
	need_root();
	make_programs();
	assert_int_equal(fchmod(directory, 0755), 0);
	assert_int_equal(fchmodat(directory, "a", 0755, 0), 0);
	assert_int_equal(fchmodat(directory, "b", 0755, 0), 0);
	make_plan(environment, arguments, 0);
	run_in_child(look_up_as_nobody, NULL);
}

static int execute_nothing(void *argument)
{
	(void)argument;
	child_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	child_equal(corc_op_lookup(stage, stage_op(&fixture, LOOKUP)), 0);
	stage->program = "/nonexistent/program";
	child_equal(corc_op_exec(stage, stage_op(&fixture, LOOKUP)), -ENOENT);
	return 0;
}

static int execute_shell(void *argument)
{
	(void)argument;
	child_equal(corc_op_environment(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	child_equal(corc_op_lookup(stage, stage_op(&fixture, LOOKUP)), 0);
	return corc_op_exec(stage, stage_op(&fixture, LOOKUP)) == 0;
}

static void test_exec(void **state)
{
	static const char *const environment[] = {"ANSWER=42", "PATH=/bin:/usr/bin", NULL};
	static const char *const arguments[] = {"sh", "-c", "exit $ANSWER", NULL};

	(void)state;
	make_plan(environment, arguments, 0);
	run_in_child(execute_nothing, NULL);
	assert_int_equal(WEXITSTATUS(status_of_child(execute_shell, NULL)), 42);
}

/* --- the working directory -------------------------------------------------------------------- */

static int change_directory(void *argument)
{
	char here[64];
	int r = enter_root();

	(void)argument;
	if (r != 0)
		return r;
	child_equal(corc_op_chdir(stage, stage_op(&fixture, CWD)), 0);
	child_string(getcwd(here, sizeof(here)) ? here : "", "/bin");
	child_assert(stage->cwd_done);
	/* The second one only looks. */
	child_equal(chdir("/etc"), 0);
	child_equal(corc_op_chdir(stage, stage_op(&fixture, CWD)), 0);
	child_string(getcwd(here, sizeof(here)) ? here : "", "/etc");
	return 0;
}

static void test_chdir(void **state)
{
	(void)state;
	make_plan(NULL, NULL, 0);
	try_in_child(change_directory, NULL, NO_CHROOT);
}

static int miss_directory(void *argument)
{
	int r = enter_root();

	(void)argument;
	if (r != 0)
		return r;
	child_equal(rmdir("/bin"), 0);
	child_equal(corc_op_chdir(stage, stage_op(&fixture, CWD)), -ENOENT);
	child_equal(stage->detail, CORC_DETAIL_NONE);
	child_assert(!stage->cwd_done);
	return 0;
}

static void test_chdir_to_nothing(void **state)
{
	(void)state;
	make_plan(NULL, NULL, 0);
	try_in_child(miss_directory, NULL, NO_CHROOT);
}

static int change_to_deep_directory(void *argument)
{
	int r = enter_root();

	(void)argument;
	if (r != 0)
		return r;
	for (int i = 0; i < 30; i++) {
		child_equal(mkdir("a-name-that-is-not-short", 0755), 0);
		child_equal(chdir("a-name-that-is-not-short"), 0);
	}
	stage->cwd_done = true;
	child_equal(corc_op_chdir(stage, stage_op(&fixture, CWD)), 0);
	child_equal(stage->detail, CORC_DETAIL_NONE);
	return 0;
}

static void test_chdir_to_deep_directory(void **state)
{
	(void)state;
	make_plan(NULL, NULL, 0);
	try_in_child(change_to_deep_directory, NULL, NO_CHROOT);
}

/* A directory that another process removed has no path either. */
static int change_to_removed_directory(void *argument)
{
	int r = enter_root();

	(void)argument;
	if (r != 0)
		return r;
	child_equal(chdir("/bin"), 0);
	child_equal(rmdir("/bin"), 0);
	stage->cwd_done = true;
	child_equal(corc_op_chdir(stage, stage_op(&fixture, CWD)), -ENOENT);
	child_equal(stage->detail, CORC_DETAIL_CWD_OUTSIDE);
	return 0;
}

/* The directory of a leaked fd: outside of the root, by however long a path. */
static int change_to_outside(void *argument)
{
	int outside = open(argument, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = enter_root();

	if (r != 0)
		return r;
	child_equal(fchdir(outside), 0);
	stage->cwd_done = true;
	child_equal(corc_op_chdir(stage, stage_op(&fixture, CWD)), -ENOENT);
	child_equal(stage->detail, CORC_DETAIL_CWD_OUTSIDE);
	return 0;
}

static void test_chdir_out_of_the_root(void **state)
{
	(void)state;
	make_plan(NULL, NULL, 0);
	try_in_child(change_to_removed_directory, NULL, NO_CHROOT);
	try_in_child(change_to_outside, (void *)"/", NO_CHROOT);
	try_in_child(change_to_outside, (void *)"/usr", NO_CHROOT);
	try_in_child(change_to_outside, (void *)"/proc/sys/kernel/random", NO_CHROOT);
}

/* A directory that root may not enter may be open to the user: tried again with his rights. */
static int change_by_rights(void *argument)
{
	(void)argument;
	child_equal(enter_root(), 0);
	child_equal(chmod("/bin", 0700), 0);
	child_equal(setresuid(65534, 65534, 65534), 0);
	child_equal(corc_op_chdir(stage, stage_op(&fixture, CWD)), 0);
	child_assert(!stage->cwd_done);
	stage->identity_done = true;
	child_equal(corc_op_chdir(stage, stage_op(&fixture, CWD)), -EACCES);
	child_assert(!stage->cwd_done);
	return 0;
}

static void test_chdir_by_rights(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(fchmod(directory, 0755), 0);
	make_plan(NULL, NULL, 0);
	run_in_child(change_by_rights, NULL);
}

/* --- start ------------------------------------------------------------------------------------ */

static void test_start_through_the_fifo(void **state)
{
	int start[2], pair[2];

	(void)state;
	make_plan(NULL, NULL, 0);
	assert_int_equal(pipe2(start, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	stage->slots[CORC_SLOT_START] = start[0];
	stage->slots[CORC_SLOT_RESULT] = 1234;
	stage->slots[CORC_SLOT_CHANNEL] = stage->report = pair[1];
	assert_int_equal(write(start[1], "x", 1), 1);
	assert_int_equal(corc_op_wait_start(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	/* The creator is let go, reports go to who starts. */
	assert_int_equal(stage->report, 1234);
	assert_true(stage->slots[CORC_SLOT_CHANNEL] < 0);
	assert_int_equal(fcntl(pair[1], F_GETFD), -1);
	/* Nobody is left who could start it. */
	assert_int_equal(close(start[1]), 0);
	assert_int_equal(corc_op_wait_start(stage, stage_op(&fixture, ENVIRONMENT)), -EPIPE);
	assert_int_equal(close(start[0]), 0);
	assert_int_equal(close(pair[0]), 0);
}

static void test_start_through_the_channel(void **state)
{
	struct corc_message message = {.type = CORC_MESSAGE_START};
	int pair[2];

	(void)state;
	make_plan(NULL, NULL, 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	stage->slots[CORC_SLOT_CHANNEL] = pair[1];
	assert_int_equal(corc_op_ready(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	assert_int_equal(recv(pair[0], &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(message.type, CORC_MESSAGE_READY);
	assert_int_equal(send(pair[0], &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(corc_op_wait_start(stage, stage_op(&fixture, ENVIRONMENT)), -EBADMSG);
	message.type = CORC_MESSAGE_START;
	assert_int_equal(send(pair[0], &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(corc_op_wait_start(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	/* It may have come before. */
	stage->started = true;
	assert_int_equal(corc_op_wait_start(stage, stage_op(&fixture, ENVIRONMENT)), 0);
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(close(pair[1]), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, program_setup, program_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_environment),
		TEST(test_empty_environment),
		TEST(test_home),
		TEST(test_home_of_odd_lines),
		TEST(test_home_of_odd_numbers),
		TEST(test_home_behind_much_text),
		TEST(test_home_behind_a_huge_line),
		TEST(test_home_inside_a_huge_line),
		TEST(test_home_of_an_endless_file),
		TEST(test_home_too_long),
		TEST(test_home_of_no_regular_file),
		TEST(test_home_that_is_given),
		TEST(test_lookup_in_path),
		TEST(test_lookup_in_long_path),
		TEST(test_lookup_of_paths),
		TEST(test_arguments),
		TEST(test_lookup_by_rights),
		TEST(test_exec),
		TEST(test_chdir),
		TEST(test_chdir_to_nothing),
		TEST(test_chdir_to_deep_directory),
		TEST(test_chdir_out_of_the_root),
		TEST(test_chdir_by_rights),
		TEST(test_start_through_the_fifo),
		TEST(test_start_through_the_channel),
	};

	return cmocka_run_group_tests_name("stage/program", tests, NULL, NULL);
}
