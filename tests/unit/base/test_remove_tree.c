/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a directory: all of it, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/temporary.h"

static void test_removes_all(void **state)
{
	int directory = *(int *)*state;
	char name[32];

	make_directory(directory, "tree");
	make_directory(directory, "tree/empty");
	make_directory(directory, "tree/full");
	make_directory(directory, "tree/full/er");
	assert_int_equal(mkfifoat(directory, "tree/full/fifo", 0), 0);
	for (int at = 0; at < 500; at++) {
		(void)snprintf(name, sizeof(name), "tree/full/er/file-%d", at);
		write_text(directory, name, "x");
	}
	assert_int_equal(corc_remove_tree(directory, "tree"), 0);
	assert_false(is_there(directory, "tree"));
}

static void test_missing_is_success(void **state)
{
	assert_int_equal(corc_remove_tree(*(int *)*state, "missing"), 0);
}

static void test_does_not_follow_links(void **state)
{
	int directory = *(int *)*state;

	make_directory(directory, "outside");
	write_text(directory, "outside/file", "safe");
	make_directory(directory, "tree");
	assert_int_equal(symlinkat("../outside", directory, "tree/link"), 0);
	assert_int_equal(symlinkat("/", directory, "tree/root"), 0);
	assert_int_equal(symlinkat("../outside/file", directory, "tree/file"), 0);
	assert_int_equal(corc_remove_tree(directory, "tree"), 0);
	assert_false(is_there(directory, "tree"));
	assert_text(directory, "outside/file", "safe");
}

static void test_not_a_directory(void **state)
{
	int directory = *(int *)*state;

	make_directory(directory, "outside");
	write_text(directory, "outside/file", "safe");
	assert_int_equal(symlinkat("outside", directory, "link"), 0);
	assert_int_equal(corc_remove_tree(directory, "link"), -ENOTDIR);
	assert_true(is_there(directory, "link"));
	assert_text(directory, "outside/file", "safe");
	write_text(directory, "file", "safe");
	assert_int_equal(corc_remove_tree(directory, "file"), -ENOTDIR);
	assert_text(directory, "file", "safe");
}

static void test_names_that_lead_elsewhere(void **state)
{
	static const char *const names[] = {"", ".", "..", "/", "a/b", "../x", "/tmp"};
	int directory = *(int *)*state;

	make_directory(directory, "a");
	make_directory(directory, "a/b");
	for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++)
		assert_int_equal(corc_remove_tree(directory, names[at]), -EINVAL);
	assert_true(is_there(directory, "a/b"));
}

/* Deeper than descriptors are kept open: refused. Most of it is moved up for the clean-up. */
static void test_too_deep(void **state)
{
	int directory = *(int *)*state;
	int CORC_CLOSE middle = CORC_NO_FD;
	int CORC_CLOSE fd = CORC_NO_FD;

	make_directory(directory, "tree");
	fd = openat(directory, "tree", O_PATH | O_CLOEXEC);
	for (int depth = 1; depth < 200; depth++) {
		int next;

		make_directory(fd, "d");
		next = openat(fd, "d", O_PATH | O_CLOEXEC);
		assert_true(next >= 0);
		if (depth == 100)
			middle = fcntl(next, F_DUPFD_CLOEXEC, 3);
		close(fd);
		fd = next;
	}
	assert_int_equal(corc_remove_tree(directory, "tree"), -ELOOP);
	assert_int_equal(renameat(middle, "d", directory, "rest"), 0);
	assert_int_equal(corc_remove_tree(directory, "tree"), 0);
	assert_int_equal(corc_remove_tree(directory, "rest"), 0);
}

/* In a mount namespace of its own: 0 when nothing behind the mount was touched, 77 to skip. */
static int child_with_mount(const char *path)
{
	char outside[128];
	char inside[128];
	int directory;

	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return 77;
	(void)snprintf(outside, sizeof(outside), "%s/outside", path);
	(void)snprintf(inside, sizeof(inside), "%s/tree/mounted", path);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount(outside, inside, NULL, MS_BIND, NULL) < 0)
		return 77;
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return corc_remove_tree(directory, "tree") == -EXDEV ? 0 : 1;
}

/* The bind mount is of the same file system: the device number does not tell. */
static void test_stops_at_mounts(void **state)
{
	int directory = *(int *)*state;
	int status;
	pid_t pid;

	make_directory(directory, "outside");
	write_text(directory, "outside/file", "safe");
	make_directory(directory, "tree");
	make_directory(directory, "tree/mounted");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(child_with_mount(temporary_path()));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
	assert_text(directory, "outside/file", "safe");
	assert_int_equal(corc_remove_tree(directory, "tree"), 0);
}

/* As somebody who may look everywhere, but write in `open` only. */
static int child_without_rights(int directory, int locked)
{
	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 1;
	if (corc_remove_tree(directory, "open") != -EACCES) /* open/locked/file */
		return 2;
	if (corc_remove_tree(locked, "empty") != -EACCES)
		return 3;
	return corc_remove_tree(locked, "full") == -EACCES ? 0 : 4; /* full/empty */
}

static void test_failure_is_told(void **state)
{
	static const char *const directories[] = {"open", "open/locked", "locked", "locked/empty",
		"locked/full", "locked/full/empty"};
	static const mode_t modes[] = {0777, 0555, 0555, 0777, 0555, 0777};
	int directory = *(int *)*state;
	int CORC_CLOSE locked = CORC_NO_FD;
	int status;
	pid_t pid;

	for (size_t at = 0; at < 6; at++)
		make_directory(directory, directories[at]);
	write_text(directory, "open/locked/file", "x");
	for (size_t at = 0; at < 6; at++)
		assert_int_equal(fchmodat(directory, directories[at], modes[at], 0), 0);
	assert_int_equal(fchmod(directory, 0755), 0);
	locked = openat(directory, "locked", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(locked >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(child_without_rights(directory, locked));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (size_t at = 0; at < 6; at++)
		assert_int_equal(fchmodat(directory, directories[at], 0700, 0), 0);
	assert_int_equal(status, 0);
	assert_true(is_there(directory, "open/locked/file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_removes_all),
		TEST(test_missing_is_success),
		TEST(test_does_not_follow_links),
		TEST(test_not_a_directory),
		TEST(test_names_that_lead_elsewhere),
		TEST(test_too_deep),
		TEST(test_stops_at_mounts),
		TEST(test_failure_is_told),
	};

	return cmocka_run_group_tests_name("base/remove_tree", tests, NULL, NULL);
}
