/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount API. Every test works in a mount namespace of a child process; what it mounts goes with
 * that.
 */
#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "sys/support.h"

/* A test's child: a private mount namespace, the working directory is the test's own. */
static void enter_namespace(void)
{
	child_equal(unshare(CLONE_NEWNS), 0);
	child_equal(corc_mount_setattr_path("/", 1, 0, 0, MS_PRIVATE), 0);
	child_equal(chdir(temporary_path()), 0);
}

static void try_as_root(void **state, int (*function)(void *))
{
	need_root();
	(void)state;
	run_in_child(function, NULL);
}

static int open_place(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	child_assert(fd >= 0);
	return fd;
}

static void child_directory(const char *path)
{
	child_equal(mkdir(path, 0700), 0);
}

static void child_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	child_assert(fd >= 0);
	(void)close(fd);
}

static bool exists(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int make_tmpfs(uint64_t attributes)
{
	int CORC_CLOSE context = corc_fsopen("tmpfs");

	child_assert(context >= 0);
	child_equal(fcntl(context, F_GETFD), FD_CLOEXEC);
	child_equal(corc_fsconfig(context, "source", "corc-test"), 0);
	child_equal(corc_fsconfig(context, "mode", "0710"), 0);
	int fd = corc_fsmount(context, attributes);

	child_assert(fd >= 0);
	child_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return fd;
}

static unsigned long mount_flags(int fd)
{
	struct statvfs status;

	child_equal(fstatvfs(fd, &status), 0);
	return status.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);
}

/* --- a new file system --------------------------------------------------------------------------
 */

static int new_filesystem(void *argument)
{
	struct stat status;
	struct statfs filesystem;

	(void)argument;
	enter_namespace();
	child_directory("place");
	int mount = make_tmpfs(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);

	child_equal(mount_flags(mount), ST_NOSUID | ST_NODEV);
	/* It can be filled before anybody sees it. */
	child_equal(mkdirat(mount, "inside", 0700), 0);
	child_equal(exists("place/inside"), 0);
	child_equal(corc_attach_mount(mount, open_place("place")), 0);
	child_equal(exists("place/inside"), 1);
	child_equal(statfs("place", &filesystem), 0);
	child_equal(filesystem.f_type, TMPFS_MAGIC);
	child_equal(stat("place", &status), 0);
	child_equal(status.st_mode & 07777, 0710);
	return 0;
}

static void test_new_filesystem(void **state)
{
	try_as_root(state, new_filesystem);
	assert_false(is_there(*(int *)*state, "place/inside"));
}

static int refused_filesystem(void *argument)
{
	(void)argument;
	enter_namespace();
	child_equal(corc_fsopen("corc-test-no-such-type"), -ENODEV);
	int CORC_CLOSE context = corc_fsopen("tmpfs");

	child_equal(corc_fsconfig(context, "no-such-option", "1"), -EINVAL);
	child_equal(corc_fsconfig(context, "no-such-flag", NULL), -EINVAL);
	child_equal(corc_fsconfig(context, "size", "many"), -EINVAL);
	child_equal(corc_fsconfig(-1, "size", "1"), -EINVAL);
	child_equal(corc_fsmount(context, UINT64_C(1) << 31), -EINVAL);
	return 0;
}

static void test_refused_filesystem(void **state)
{
	try_as_root(state, refused_filesystem);
}

/* "ro" without a value belongs to the file system, not to the mount. */
static int flag_option(void *argument)
{
	int CORC_CLOSE context = corc_fsopen("tmpfs");

	(void)argument;
	enter_namespace();
	child_equal(corc_fsconfig(context, "ro", NULL), 0);
	int mount = corc_fsmount(context, 0);

	child_equal(mount_flags(mount), ST_RDONLY);
	child_equal(mkdirat(mount, "x", 0700), -1);
	child_equal(errno, EROFS);
	child_equal(corc_mount_setattr(mount, 0, 0, MOUNT_ATTR_RDONLY, 0), 0);
	child_equal(mkdirat(mount, "x", 0700), -1);
	return 0;
}

static void test_flag_option(void **state)
{
	try_as_root(state, flag_option);
}

/* --- clones ---------------------------------------------------------------------------------- */

/* DIRECTORY/tree with a file system of its own on tree/sub, with a file in each. */
static void make_tree(void)
{
	child_directory("tree");
	child_directory("tree/sub");
	child_file("tree/file");
	child_equal(corc_attach_mount(make_tmpfs(0), open_place("tree/sub")), 0);
	child_file("tree/sub/file");
}

static int clone_tree(void *argument)
{
	(void)argument;
	enter_namespace();
	make_tree();
	child_directory("one");
	child_directory("all");
	int one = corc_open_tree_clone(AT_FDCWD, "tree", 0);
	int all = corc_open_tree_clone(AT_FDCWD, "tree", AT_RECURSIVE);

	child_assert(one >= 0 && all >= 0);
	child_equal(fcntl(one, F_GETFD), FD_CLOEXEC);
	child_equal(corc_attach_mount(one, open_place("one")), 0);
	child_equal(corc_attach_mount(all, open_place("all")), 0);
	child_equal(exists("one/file"), 1);
	child_equal(exists("one/sub"), 1);
	child_equal(exists("one/sub/file"), 0);
	child_equal(exists("all/file"), 1);
	child_equal(exists("all/sub/file"), 1);
	return 0;
}

static void test_clone_tree(void **state)
{
	try_as_root(state, clone_tree);
}

/* "" is the fd itself, also that of a file. */
static int clone_fd(void *argument)
{
	(void)argument;
	enter_namespace();
	child_file("source");
	child_file("target");
	int fd = open_place("source");
	int mount = corc_open_tree_clone(fd, "", 0);
	struct stat source, target;

	child_assert(mount >= 0);
	child_equal(corc_attach_mount(mount, open_place("target")), 0);
	child_equal(stat("source", &source), 0);
	child_equal(stat("target", &target), 0);
	child_equal((long long)target.st_ino, (long long)source.st_ino);
	child_equal(corc_open_tree_clone(AT_FDCWD, "missing", 0), -ENOENT);
	child_equal(corc_open_tree_clone(-1, "", 0), -EBADF);
	/* A mount that stands somewhere is not moved by accident. */
	child_directory("directory");
	child_equal(corc_attach_mount(open_place("source"), open_place("directory")), -EINVAL);
	return 0;
}

static void test_clone_fd(void **state)
{
	try_as_root(state, clone_fd);
}

static int directory_on_file(void *argument)
{
	(void)argument;
	enter_namespace();
	child_file("file");
	child_equal(corc_attach_mount(make_tmpfs(0), open_place("file")), -EINVAL);
	return 0;
}

static void test_directory_on_file(void **state)
{
	try_as_root(state, directory_on_file);
}

/* --- attributes ------------------------------------------------------------------------------ */

static int attributes(void *argument)
{
	(void)argument;
	enter_namespace();
	make_tree();
	child_directory("place");
	int mount = corc_open_tree_clone(AT_FDCWD, "tree", AT_RECURSIVE);

	child_equal(corc_attach_mount(mount, open_place("place")), 0);
	child_equal(corc_mount_setattr(mount, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC, 0, 0), 0);
	child_equal(
		mount_flags(open_place("place")) & (ST_RDONLY | ST_NOEXEC), ST_RDONLY | ST_NOEXEC);
	child_equal(mkdir("place/new", 0700), -1);
	child_equal(errno, EROFS);
	/* Neither what is below nor where it came from. */
	child_equal(mkdir("place/sub/new", 0700), 0);
	child_equal(mkdir("tree/new", 0700), 0);
	child_equal(corc_mount_setattr(mount, 1, MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOEXEC, 0), 0);
	child_equal(mkdir("place/sub/newer", 0700), -1);
	child_equal(errno, EROFS);
	child_equal(mount_flags(open_place("place")) & ST_NOEXEC, 0);
	child_equal(corc_mount_setattr_path("place", 1, 0, MOUNT_ATTR_RDONLY, 0), 0);
	child_equal(mkdir("place/sub/newer", 0700), 0);
	child_equal(mkdir("place/newer", 0700), 0);
	child_equal(corc_mount_setattr(mount, 0, UINT64_C(1) << 40, 0, 0), -EINVAL);
	child_equal(corc_mount_setattr_path("tree/missing", 0, 0, 0, MS_PRIVATE), -ENOENT);
	return 0;
}

static void test_attributes(void **state)
{
	try_as_root(state, attributes);
}

/* What is mounted in one of two peers appears in the other, until propagation is taken away. */
static int propagation(void *argument)
{
	(void)argument;
	enter_namespace();
	make_tree();
	child_directory("peer");
	child_directory("tree/sub/a");
	child_directory("tree/sub/b");
	child_equal(corc_mount_setattr_path("tree/sub", 0, 0, 0, MS_SHARED), 0);
	int peer = corc_open_tree_clone(AT_FDCWD, "tree/sub", 0);

	child_equal(corc_attach_mount(peer, open_place("peer")), 0);
	int first = make_tmpfs(0), second = make_tmpfs(0);

	child_equal(mkdirat(first, "seen", 0700), 0);
	child_equal(mkdirat(second, "seen", 0700), 0);
	child_equal(corc_attach_mount(first, open_place("tree/sub/a")), 0);
	child_equal(exists("peer/a/seen"), 1);
	child_equal(corc_mount_setattr(peer, 0, 0, 0, MS_PRIVATE), 0);
	child_equal(corc_attach_mount(second, open_place("tree/sub/b")), 0);
	child_equal(exists("tree/sub/b/seen"), 1);
	child_equal(exists("peer/b/seen"), 0);
	return 0;
}

static void test_propagation(void **state)
{
	try_as_root(state, propagation);
}

/* --- pivot ----------------------------------------------------------------------------------- */

static int pivot(void *argument)
{
	struct stat old, now;
	char here[64];

	(void)argument;
	enter_namespace();
	child_directory("new");
	child_equal(stat("/", &old), 0);
	int mount = make_tmpfs(0);

	child_equal(mkdirat(mount, "inside", 0700), 0);
	child_equal(corc_attach_mount(mount, open_place("new")), 0);
	child_equal(corc_pivot_root(mount), 0);
	child_equal(stat("/", &now), 0);
	child_assert(now.st_dev != old.st_dev);
	child_equal(exists("/inside"), 1);
	/* The old root is below nothing any more, and the working directory is in the new one. */
	child_string(getcwd(here, sizeof(here)) ? here : "(none)", "/");
	child_equal(stat("/..", &now), 0);
	child_assert(now.st_dev != old.st_dev);
	child_equal(exists("/proc"), 0);
	child_equal(mkdir("/inside/again", 0700), 0);
	return 0;
}

static void test_pivot(void **state)
{
	try_as_root(state, pivot);
	assert_false(is_there(*(int *)*state, "new/inside"));
}

static int pivot_to_no_mount(void *argument)
{
	(void)argument;
	enter_namespace();
	child_directory("new");
	child_file("file");
	child_assert(corc_pivot_root(open_place("new")) < 0);
	child_equal(chdir(temporary_path()), 0);
	child_equal(corc_pivot_root(open_place("file")), -ENOTDIR);
	child_equal(exists("/proc/self"), 1);
	return 0;
}

static void test_pivot_to_no_mount(void **state)
{
	try_as_root(state, pivot_to_no_mount);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_filesystem),
		TEST(test_refused_filesystem),
		TEST(test_flag_option),
		TEST(test_clone_tree),
		TEST(test_clone_fd),
		TEST(test_directory_on_file),
		TEST(test_attributes),
		TEST(test_propagation),
		TEST(test_pivot),
		TEST(test_pivot_to_no_mount),
	};

	return cmocka_run_group_tests_name("sys/mount", tests, NULL, NULL);
}
