/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of resctrl, in a directory that looks like it: what is made in it has the files of a
 * group, and a group is removed together with them.
 */
#include "run/resctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run_fixture.h"

static int root;
static struct corc_spec *spec;
static struct corc_arena arena;
static struct corc_error error;
static struct corc_resctrl groups;

static const char *const group_files[] = {"schemata", "tasks"};

static void fill_group(int directory)
{
	for (size_t i = 0; i < COUNT(group_files); i++)
		write_text(directory, group_files[i], "");
	(void)syscall(SYS_mkdirat, directory, "mon_groups", 0755);
}

/* In place of the library's: as the kernel does it in resctrl. */
int mkdirat(int directory, const char *path, mode_t mode)
{
	int r = (int)syscall(SYS_mkdirat, directory, path, mode);

	if (r < 0 || directory != root)
		return r;
	int CORC_CLOSE made = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fill_group(made);
	return 0;
}

int unlinkat(int directory, const char *path, int flags)
{
	int CORC_CLOSE gone = CORC_NO_FD;

	if (directory == root && (flags & AT_REMOVEDIR)) {
		gone = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		for (size_t i = 0; gone >= 0 && i < COUNT(group_files); i++)
			(void)syscall(SYS_unlinkat, gone, group_files[i], 0);
		if (gone >= 0)
			(void)syscall(SYS_unlinkat, gone, "mon_groups", AT_REMOVEDIR);
	}
	return (int)syscall(SYS_unlinkat, directory, path, flags);
}

static int resctrl_setup(void **state)
{
	if (run_setup(state) < 0)
		return -1;
	root = *(int *)*state;
	fill_group(root);
	write_text(root, "schemata", "    L3:0=fffff;1=fffff\n    MB:0=100;1=100\n");
	groups = (struct corc_resctrl){0};
	return 0;
}

static int resctrl_teardown(void **state)
{
	int r = 0;

	root = CORC_NO_FD;
	corc_arena_done(&arena);
	r = run_teardown(state);
	return r;
}

static int intend(const char *rdt)
{
	char text[1024];
	int length = snprintf(text, sizeof(text),
		"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"x\"},\n"
		" \"process\": {\"args\": [\"sh\"], \"cwd\": \"/\"},\n"
		" \"linux\": {\"intelRdt\": {%s}}}",
		rdt);

	assert_success(corc_spec_parse(&arena, "config.json", text, (size_t)length, &spec, &error),
		&error);
	return corc_resctrl_intend(root, spec, "web", &groups, &error);
}

static void make(const char *rdt)
{
	assert_success(intend(rdt), &error);
	assert_success(corc_resctrl_make(root, spec, &groups, &error), &error);
}

static void test_a_group_of_its_own(void **state)
{
	(void)state;
	make("\"l3CacheSchema\": \"L3:0=f\", \"memBwSchema\": \"MB:0=20\", "
	     "\"schemata\": [\"L2:0=1\", \"L2:1=2\"]");
	assert_string_equal(groups.group, "web");
	assert_true(groups.is_made);
	assert_null(groups.monitor);
	assert_text(root, "web/schemata", "L3:0=f\nMB:0=20\nL2:0=1\nL2:1=2\n");
	assert_success(corc_resctrl_add(root, &groups, 4711, &error), &error);
	assert_text(root, "web/tasks", "4711");
	assert_success(corc_resctrl_remove(root, &groups, &error), &error);
	assert_false(is_there(root, "web"));
	/* What is gone is no error. */
	assert_success(corc_resctrl_remove(root, &groups, &error), &error);
}

static void test_without_schemata_it_has_those_of_the_kernel(void **state)
{
	(void)state;
	make("\"enableMonitoring\": false");
	assert_true(groups.is_made);
	assert_text(root, "web/schemata", "");
}

static void test_monitoring(void **state)
{
	(void)state;
	make("\"enableMonitoring\": true, \"closID\": \"gold\", \"memBwSchema\": \"MB:0=20\"");
	assert_string_equal(groups.group, "gold");
	assert_string_equal(groups.monitor, "gold/mon_groups/web");
	assert_success(corc_resctrl_add(root, &groups, 7, &error), &error);
	assert_text(root, "gold/tasks", "7");
	assert_text(root, "gold/mon_groups/web/tasks", "7");
	assert_success(corc_resctrl_remove(root, &groups, &error), &error);
	assert_false(is_there(root, "gold"));
}

static void test_the_default_group(void **state)
{
	(void)state;
	make("\"closID\": \"/\", \"enableMonitoring\": true");
	assert_string_equal(groups.group, ".");
	assert_false(groups.is_made);
	assert_true(is_there(root, "mon_groups/web"));
	assert_success(corc_resctrl_remove(root, &groups, &error), &error);
	assert_false(is_there(root, "mon_groups/web"));
	assert_true(is_there(root, "tasks"));
}

static void test_a_group_that_is_there(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(root, "gold", 0755), 0);
	write_text(root, "gold/schemata", "    L3:0=0000f;1=fffff\n    MB:0= 20;1=100\n");
	make("\"closID\": \"gold\"");
	assert_false(groups.is_made);
	make("\"closID\": \"gold\", \"l3CacheSchema\": \"L3:0=F\", "
	     "\"memBwSchema\": \"MB:1=100;0=20\"");
	assert_false(groups.is_made);
	assert_text(root, "gold/schemata", "    L3:0=0000f;1=fffff\n    MB:0= 20;1=100\n");
	assert_success(corc_resctrl_remove(root, &groups, &error), &error);
	assert_true(is_there(root, "gold"));
}

static void test_a_group_with_other_schemata(void **state)
{
	static const char *const others[] = {"\"l3CacheSchema\": \"L3:0=ff\"",
		"\"memBwSchema\": \"MB:2=20\"", "\"schemata\": [\"L2:0=f\"]",
		"\"schemata\": [\"MB:0=20\", \"MB:1=\"]"};
	char text[256];

	(void)state;
	assert_int_equal(mkdirat(root, "gold", 0755), 0);
	write_text(root, "gold/schemata", "    L3:0=0000f;1=fffff\n    MB:0= 20;1=100\n");
	for (size_t i = 0; i < COUNT(others); i++) {
		(void)snprintf(text, sizeof(text), "\"closID\": \"gold\", %s", others[i]);
		assert_int_equal(intend(text), -EINVAL);
		assert_non_null(strstr(error.message, "schemata differ from"));
		assert_string_equal(error.origin.path, "linux.intelRdt");
	}
}

static void test_a_group_that_is_not_there(void **state)
{
	(void)state;
	assert_int_equal(intend("\"closID\": \"gold\", \"enableMonitoring\": true"), -ENOENT);
	assert_string_equal(error.origin.path, "linux.intelRdt.closID");
	assert_false(is_there(root, "gold"));
}

static void test_what_the_kernel_refuses(void **state)
{
	(void)state;
	assert_success(intend("\"memBwSchema\": \"MB:0=20\""), &error);
	make_directory(root, "info");
	write_text(root, "info/last_cmd_status", "Missing domain 0\n");
	/* No group: nothing can be written. */
	groups.is_made = false;
	assert_int_equal(corc_resctrl_add(root, &groups, 7, &error), -ENOENT);
	assert_string_equal(
		error.message, "intelRdt: writing web/tasks: no such file or directory");
	assert_string_equal(error.hint, "resctrl: Missing domain 0");
	assert_int_equal(error.step, CORC_STEP_CGROUP);
}

static void test_change(void **state)
{
	char old[CORC_SCHEMATA_MAX];

	(void)state;
	make("\"memBwSchema\": \"MB:0=20\"");
	assert_success(corc_resctrl_change(root, &groups, "MB:0=30\n", old, &error), &error);
	assert_text(root, "web/schemata", "MB:0=30\n");
	assert_string_equal(old, "MB:0=20\n");
	assert_success(corc_resctrl_change(root, &groups, old, NULL, &error), &error);
	assert_text(root, "web/schemata", "MB:0=20\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, resctrl_setup, resctrl_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_group_of_its_own),
		TEST(test_without_schemata_it_has_those_of_the_kernel),
		TEST(test_monitoring),
		TEST(test_the_default_group),
		TEST(test_a_group_that_is_there),
		TEST(test_a_group_with_other_schemata),
		TEST(test_a_group_that_is_not_there),
		TEST(test_what_the_kernel_refuses),
		TEST(test_change),
	};

	return cmocka_run_group_tests_name("run/resctrl", tests, NULL, NULL);
}
