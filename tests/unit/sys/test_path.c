/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that somebody else controls: no link and no ".." leads out of the root. */
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sys/support.h"

/* DIRECTORY/root with etc/file in it, and DIRECTORY/secret beside it. *state: the fd of root. */
static int root = CORC_NO_FD;

static int tree_setup(void **state)
{
	if (temporary_setup(state) < 0)
		return -1;
	int directory = *(int *)*state;

	make_directory(directory, "root");
	make_directory(directory, "root/etc");
	make_directory(directory, "root/var");
	make_directory(directory, "root/var/deep");
	write_text(directory, "root/etc/file", "inside");
	write_text(directory, "secret", "outside");
	make_directory(directory, "etc");
	write_text(directory, "etc/file", "outside");
	root = openat(directory, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : 0;
}

static int tree_teardown(void **state)
{
	corc_close_(corc_take_fd(&root));
	return temporary_teardown(state);
}

static void make_link(const char *target, const char *path)
{
	assert_int_equal(symlinkat(target, root, path), 0);
}

/* The path leads to root/etc/file. */
static void assert_file(const char *path)
{
	int CORC_CLOSE fd = corc_open_in_root(root, path);
	struct stat found, expected;

	if (fd < 0)
		fail_msg("%s: %d", path, fd);
	assert_int_equal(fstat(fd, &found), 0);
	assert_int_equal(fstatat(root, "etc/file", &expected, 0), 0);
	assert_true(found.st_dev == expected.st_dev && found.st_ino == expected.st_ino);
}

static void test_open_in_root(void **state)
{
	(void)state;
	assert_file("etc/file");
	assert_file("/etc/file");
	assert_file("//etc/./file");
	assert_file("/var/deep/../../etc/file");
	assert_int_equal(corc_open_in_root(root, "/etc/missing"), -ENOENT);
	assert_int_equal(corc_open_in_root(root, "/etc/file/x"), -ENOTDIR);
	assert_int_equal(corc_open_in_root(root, ""), -ENOENT);
	assert_int_equal(corc_open_in_root(-1, "etc"), -EBADF);
}

static void test_only_a_place(void **state)
{
	int CORC_CLOSE fd = corc_open_in_root(root, "/etc/file");
	char byte;

	(void)state;
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_PATH);
	assert_int_equal(read(fd, &byte, 1), -1);
}

static void test_dots_stay_inside(void **state)
{
	(void)state;
	assert_file("../etc/file");
	assert_file("/../../../../etc/file");
	assert_file("var/../../../etc/file");
	assert_int_equal(corc_open_in_root(root, "../secret"), -ENOENT);
	assert_int_equal(corc_open_in_root(root, "/var/../../secret"), -ENOENT);
}

static void test_links_stay_inside(void **state)
{
	char outside[128];

	(void)state;
	(void)snprintf(outside, sizeof(outside), "%s/secret", temporary_path());
	make_link("/etc/file", "absolute");
	make_link("../../../../../etc/file", "var/up");
	make_link("/", "var/top");
	make_link("../../..", "var/deep/up");
	make_link(outside, "escape");
	make_link("../secret", "sibling");
	assert_file("absolute");
	assert_file("/var/up");
	assert_file("/var/top/etc/file");
	assert_file("/var/deep/up/etc/file");
	assert_int_equal(corc_open_in_root(root, "escape"), -ENOENT);
	assert_int_equal(corc_open_in_root(root, "sibling"), -ENOENT);
}

static void test_link_loops(void **state)
{
	(void)state;
	make_link("self", "self");
	make_link("/b", "a");
	make_link("a/x", "b");
	assert_int_equal(corc_open_in_root(root, "self"), -ELOOP);
	assert_int_equal(corc_open_in_root(root, "/a/file"), -ELOOP);
}

/* Links of procfs lead to what they name, not to a path: below no root. */
static void test_magic_links(void **state)
{
	static const char *const refused[] = {"/proc/self/exe", "/proc/self/root",
		"/proc/self/root/etc", "/proc/self/cwd/.", "/proc/thread-self/fd/0"};
	int CORC_CLOSE top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[32];

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_int_equal(corc_open_in_root(top, refused[i]), -ELOOP);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", root);
	assert_int_equal(corc_open_in_root(top, path), -ELOOP);
	/* Others there are links as everywhere. */
	int CORC_CLOSE fd = corc_open_in_root(top, "/proc/self/status");

	assert_true(fd >= 0);
}

static void test_openat2(void **state)
{
	struct stat status;
	int CORC_CLOSE made =
		corc_openat2(root, "etc/new", O_WRONLY | O_CREAT | O_EXCL, 0640, RESOLVE_BENEATH);

	(void)state;
	assert_int_equal(fcntl(made, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(made, "x", 1), 1);
	assert_int_equal(fstat(made, &status), 0);
	assert_int_equal(status.st_mode & ~022u, S_IFREG | 0640);
	make_link("etc", "link");
	assert_int_equal(corc_openat2(root, "link/file", O_PATH, 0, RESOLVE_NO_SYMLINKS), -ELOOP);
	assert_int_equal(corc_openat2(root, "../secret", O_PATH, 0, RESOLVE_BENEATH), -EXDEV);
	assert_int_equal(corc_openat2(root, "/etc", O_PATH, 0, RESOLVE_BENEATH), -EXDEV);
	assert_int_equal(corc_openat2(root, "etc", O_PATH, 0, UINT64_C(1) << 40), -EINVAL);
	assert_int_equal(corc_openat2(root, "etc/file", O_PATH | O_DIRECTORY, 0, 0), -ENOTDIR);
}

static void rename_for_ever(volatile unsigned *count)
{
	for (;; (*count)++) {
		(void)renameat(root, "var/deep", root, "var/moved");
		(void)renameat(root, "var/moved", root, "var/deep");
	}
}

/*
 * While anything on the machine is renamed the kernel may refuse ".." below a root with EAGAIN:
 * the caller never sees that.
 */
static void test_renames_meanwhile(void **state)
{
	volatile unsigned *count =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char path[100 * 7 + 16] = "";
	int r = 0;

	(void)state;
	assert_ptr_not_equal(count, MAP_FAILED);
	for (int i = 0; i < 100; i++)
		memcpy(path + 7 * i, "var/../", 8);
	memcpy(path + 700, "etc/file", 9);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		rename_for_ever(count);
	while (*count < 5000 && r >= 0) {
		r = corc_open_in_root(root, path);
		corc_close_(r);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(r >= 0);
	assert_int_equal(munmap((void *)count, 4096), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open_in_root),
		TEST(test_only_a_place),
		TEST(test_dots_stay_inside),
		TEST(test_links_stay_inside),
		TEST(test_link_loops),
		TEST(test_magic_links),
		TEST(test_openat2),
		TEST(test_renames_meanwhile),
	};

	return cmocka_run_group_tests_name("sys/path", tests, NULL, NULL);
}
