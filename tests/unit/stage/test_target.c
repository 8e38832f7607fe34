/* SPDX-License-Identifier: Apache-2.0 */
/* Destinations below the root: found or made, and never anything outside. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "stage_fixture.h"

/* DIRECTORY/root is the root, DIRECTORY/outside must stay empty. */
static struct corc_stage stage;
static int top;

static int tree_setup(void **state)
{
	if (temporary_setup(state) < 0)
		return -1;
	top = *(int *)*state;
	make_directory(top, "root");
	make_directory(top, "outside");
	/* As main of the stage sets it. */
	(void)umask(0);
	stage.root = openat(top, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return stage.root < 0 ? -1 : 0;
}

/* The process that changes the tree meanwhile; also after a failure. */
static pid_t swapper;

static void end_swapper(void)
{
	if (swapper > 0) {
		(void)kill(swapper, SIGKILL);
		(void)waitpid(swapper, NULL, 0);
	}
	swapper = 0;
}

static int tree_teardown(void **state)
{
	end_swapper();
	corc_close_(corc_take_fd(&stage.root));
	return temporary_teardown(state);
}

static void make_link(const char *target, const char *path)
{
	assert_int_equal(symlinkat(target, stage.root, path), 0);
}

static void assert_nothing_outside(void)
{
	/* Only an empty directory can be removed. */
	assert_int_equal(unlinkat(top, "outside", AT_REMOVEDIR), 0);
	make_directory(top, "outside");
}

/* corc_stage_target gives the file or directory that is at `there`, which has no link in it. */
static void assert_target(const char *path, bool directory, const char *there)
{
	size_t before = open_fds();
	int CORC_CLOSE fd = corc_stage_target(&stage, path, directory);
	struct stat found, expected;

	if (fd < 0)
		fail_msg("%s: %d", path, fd);
	assert_int_equal(open_fds(), before + 1);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_PATH);
	assert_int_equal(fstat(fd, &found), 0);
	if (fstatat(stage.root, there, &expected, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("%s: nothing at %s", path, there);
	assert_true(found.st_dev == expected.st_dev && found.st_ino == expected.st_ino);
	assert_int_equal(directory, S_ISDIR(found.st_mode));
}

static void assert_refused(const char *path, bool directory, int r)
{
	size_t before = open_fds();

	assert_int_equal(corc_stage_target(&stage, path, directory), r);
	assert_int_equal(open_fds(), before);
}

static void assert_mode(const char *path, mode_t mode)
{
	struct stat status;

	assert_int_equal(fstatat(stage.root, path, &status, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(status.st_mode, mode);
}

/* --- without links --------------------------------------------------------------------------- */

static void test_existing(void **state)
{
	(void)state;
	make_directory(stage.root, "dir");
	make_directory(stage.root, "dir/sub");
	write_text(stage.root, "dir/file", "content");
	assert_target("/", true, ".");
	assert_target("/dir", true, "dir");
	assert_target("dir/sub", true, "dir/sub");
	assert_target("//dir/./sub/", true, "dir/sub");
	assert_target("/dir/sub/..", true, "dir");
	assert_target("/dir/file", false, "dir/file");
	assert_mode("dir", S_IFDIR | 0700);
	assert_text(stage.root, "dir/file", "content");
}

static void test_missing_directories(void **state)
{
	(void)state;
	make_directory(stage.root, "dir");
	assert_target("/dir/a/b/c", true, "dir/a/b/c");
	assert_mode("dir", S_IFDIR | 0700);
	assert_mode("dir/a", S_IFDIR | 0755);
	assert_mode("dir/a/b", S_IFDIR | 0755);
	assert_mode("dir/a/b/c", S_IFDIR | 0755);
	assert_target("x//y/./z/", true, "x/y/z");
	/* Once more, and nothing is made. */
	assert_target("/dir/a/b/c", true, "dir/a/b/c");
}

static void test_missing_file(void **state)
{
	(void)state;
	assert_target("/a/b/file", false, "a/b/file");
	assert_mode("a", S_IFDIR | 0755);
	assert_mode("a/b", S_IFDIR | 0755);
	assert_mode("a/b/file", S_IFREG | 0644);
	assert_text(stage.root, "a/b/file", "");
	assert_target("file", false, "file");
	assert_target("/other", false, "other");
}

/* A mount can stand on any file, whatever it is; nothing is opened for that. */
static void test_other_files(void **state)
{
	(void)state;
	assert_int_equal(mkfifoat(stage.root, "fifo", 0600), 0);
	assert_target("/fifo", false, "fifo");
	assert_refused("/fifo", true, -ENOTDIR);
	assert_refused("/fifo/x", true, -ENOTDIR);
}

static void test_one_in_place_of_the_other(void **state)
{
	(void)state;
	make_directory(stage.root, "dir");
	write_text(stage.root, "file", "content");
	assert_refused("/file", true, -ENOTDIR);
	assert_refused("/dir", false, -EISDIR);
	assert_refused("/", false, -EISDIR);
	assert_refused("/file/a/b", true, -ENOTDIR);
	assert_refused("/file/a", false, -ENOTDIR);
	assert_text(stage.root, "file", "content");
}

static void test_names_of_no_file(void **state)
{
	(void)state;
	make_directory(stage.root, "dir");
	assert_refused("/missing/..", false, -EINVAL);
	assert_refused("/missing/.", false, -EINVAL);
	assert_refused("/dir/missing/", false, -EINVAL);
	assert_false(is_there(stage.root, "missing"));
	assert_false(is_there(stage.root, "dir/missing"));
}

static void test_dots(void **state)
{
	(void)state;
	assert_target("../../../../outside/a", true, "outside/a");
	assert_target("/../../b", true, "b");
	assert_target("/c/../../../d", true, "d");
	assert_true(is_there(stage.root, "c"));
	assert_target("/e/../../../f", false, "f");
	assert_target("/g/..", true, ".");
	assert_nothing_outside();
	assert_false(is_there(top, "b"));
	assert_false(is_there(top, "d"));
	assert_false(is_there(top, "f"));
}

static void test_long_paths(void **state)
{
	char path[PATH_MAX + 10];

	(void)state;
	memset(path, 'a', 256);
	path[256] = '\0';
	assert_refused(path, true, -ENAMETOOLONG);
	assert_refused(path, false, -ENAMETOOLONG);
	path[255] = '\0';
	assert_target(path, true, path);
	for (size_t i = 0; i < sizeof(path) - 1; i++)
		path[i] = i % 2 ? 'b' : '/';
	path[sizeof(path) - 1] = '\0';
	assert_refused(path, true, -ENAMETOOLONG);
	assert_refused(path, false, -ENAMETOOLONG);
	/* The longest that the kernel takes. */
	path[PATH_MAX - 1] = '\0';
	path[200] = '\0';
	assert_target(path, true, path + 1);
}

/* --- with links ------------------------------------------------------------------------------ */

static void test_links_to_what_is_there(void **state)
{
	(void)state;
	make_directory(stage.root, "dir");
	make_directory(stage.root, "dir/sub");
	write_text(stage.root, "dir/file", "content");
	make_link("/dir", "absolute");
	make_link("../dir/sub", "dir/up");
	make_link("dir/file", "file");
	make_link("../../../../dir/file", "dir/sub/file");
	assert_target("/absolute", true, "dir");
	assert_target("/absolute/sub", true, "dir/sub");
	assert_target("/dir/up", true, "dir/sub");
	assert_target("/file", false, "dir/file");
	assert_target("/dir/up/file", false, "dir/file");
	assert_target("/absolute/new/er", true, "dir/new/er");
	assert_target("/dir/up/new", false, "dir/sub/new");
	assert_refused("/file", true, -ENOTDIR);
	assert_refused("/absolute", false, -EISDIR);
}

static void test_dangling_link_at_the_end(void **state)
{
	(void)state;
	make_directory(stage.root, "dir");
	make_link("target", "dir/relative");
	make_link("/made/here", "absolute");
	assert_target("/dir/relative", true, "dir/target");
	assert_target("/absolute", true, "made/here");
	assert_mode("dir/target", S_IFDIR | 0755);
	assert_mode("made/here", S_IFDIR | 0755);
	/* The links themselves stay. */
	assert_mode("absolute", S_IFLNK | 0777);
	assert_mode("dir/relative", S_IFLNK | 0777);
}

static void test_dangling_link_on_the_way(void **state)
{
	(void)state;
	make_directory(stage.root, "dir");
	make_link("../made/a", "dir/relative");
	make_link("/made/b", "dir/absolute");
	assert_target("/dir/relative/x/y", true, "made/a/x/y");
	assert_target("/dir/absolute/x/y", true, "made/b/x/y");
	make_link("made/c", "short");
	make_link("/made/d", "dir/file");
	assert_target("/short/x/file", false, "made/c/x/file");
	assert_target("dir/file/name", false, "made/d/name");
	assert_mode("made/d", S_IFDIR | 0755);
	assert_mode("made/d/name", S_IFREG | 0644);
	assert_mode("dir/file", S_IFLNK | 0777);
}

static void test_chain_of_dangling_links(void **state)
{
	(void)state;
	make_directory(stage.root, "dir");
	make_link("dir/two", "one");
	make_link("/three", "dir/two");
	make_link("dir/four/five", "three");
	assert_target("/one", true, "dir/four/five");
	make_link("b/x", "a");
	make_link("/c/y", "b");
	make_link("dir/c", "c");
	assert_target("/a/z", true, "dir/c/y/x/z");
}

/* As images have for /etc/resolv.conf: the file is made where the link leads to. */
static void test_dangling_link_for_a_file(void **state)
{
	(void)state;
	make_directory(stage.root, "etc");
	make_link("../run/resolve/stub.conf", "etc/resolv.conf");
	make_link("/run/absolute.conf", "etc/absolute.conf");
	assert_target("/etc/resolv.conf", false, "run/resolve/stub.conf");
	assert_mode("run/resolve", S_IFDIR | 0755);
	assert_mode("run/resolve/stub.conf", S_IFREG | 0644);
	assert_target("/etc/absolute.conf", false, "run/absolute.conf");
	assert_mode("etc/absolute.conf", S_IFLNK | 0777);
}

static void test_dangling_link_with_dots(void **state)
{
	(void)state;
	make_link("missing/../other", "link");
	assert_target("/link/x", true, "other/x");
	make_link("..", "up");
	assert_target("/up/up/made", true, "made");
	assert_nothing_outside();
}

static void test_loops(void **state)
{
	(void)state;
	make_link("self", "self");
	make_link("/b/x", "a");
	make_link("a/y", "b");
	make_link("missing/../grows/more", "grows");
	assert_refused("/self", true, -ELOOP);
	assert_refused("/self", false, -ELOOP);
	assert_refused("/self/x/y", true, -ELOOP);
	assert_refused("/a", true, -ELOOP);
	assert_refused("/a/z", false, -ELOOP);
	assert_refused("/grows", true, -ELOOP);
	assert_refused("/grows/x", false, -ELOOP);
}

/* More links, each leading nowhere, than are followed. */
static void test_many_dangling_links(void **state)
{
	char name[16], target[16];

	(void)state;
	for (int i = 0; i < 45; i++) {
		(void)snprintf(name, sizeof(name), "link%d", i);
		(void)snprintf(target, sizeof(target), "link%d", i + 1);
		make_link(target, name);
	}
	assert_refused("/link0/x", true, -ELOOP);
	assert_target("/link20/x", true, "link45/x");
}

/* What replaces a link must fit, too. */
static void test_long_dangling_link(void **state)
{
	char link[2500], path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(link) - 1; i++)
		link[i] = i % 2 ? 'm' : '/';
	link[sizeof(link) - 1] = '\0';
	make_link(link, "link");
	memcpy(path, "link", 5);
	for (size_t i = 4; i < 3000; i++)
		path[i] = i % 2 ? 'p' : '/';
	path[3000] = '\0';
	assert_refused(path, true, -ENAMETOOLONG);
}

static void test_link_out_of_the_root(void **state)
{
	char outside[128], inside[160];

	(void)state;
	make_directory(stage.root, "dir");
	(void)snprintf(outside, sizeof(outside), "%s/outside", temporary_path());
	(void)snprintf(inside, sizeof(inside), "%s/new", outside + 1);
	make_link(outside, "absolute");
	make_link("../../../outside", "dir/relative");
	make_link("../outside/file", "file");
	assert_target("/absolute/new", true, inside);
	assert_target("/dir/relative/new", true, "outside/new");
	assert_target("/dir/relative/file", false, "outside/file");
	assert_nothing_outside();
}

/* --- the directory of a name ----------------------------------------------------------------- */

static void test_parent(void **state)
{
	static const struct {
		const char *path, *name, *directory;
	} cases[] = {
		{"/a/b/name", "name", "a/b"},
		{"a/c/name", "name", "a/c"},
		{"/name", "name", "."},
		{"name", "name", "."},
		{"/link/name", "name", "made"},
		{"/link/deep/.name", ".name", "made/deep"},
		{"/../..name", "..name", "."},
	};

	(void)state;
	make_link("/made", "link");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *name = NULL;
		int CORC_CLOSE fd = corc_stage_parent(&stage, cases[i].path, &name);
		struct stat found, expected;

		if (fd < 0)
			fail_msg("%s: %d", cases[i].path, fd);
		assert_string_equal(name, cases[i].name);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(fstat(fd, &found), 0);
		assert_int_equal(
			fstatat(stage.root, cases[i].directory, &expected, AT_SYMLINK_NOFOLLOW), 0);
		assert_true(found.st_ino == expected.st_ino);
		/* The name itself is the caller's. */
		assert_int_equal(faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW), -1);
	}
}

static void test_parent_refused(void **state)
{
	static const struct {
		const char *path;
		int r;
	} cases[] = {
		{"/a/..", -EINVAL},
		{"/a/.", -EINVAL},
		{"..", -EINVAL},
		{".", -EINVAL},
		{"/", -EINVAL},
		{"", -EINVAL},
		{"/a/", -EINVAL},
		{"/file/name", -ENOTDIR},
		{"/self/name", -ELOOP},
	};
	const char *name;

	(void)state;
	write_text(stage.root, "file", "content");
	make_link("self", "self");
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(corc_stage_parent(&stage, cases[i].path, &name), cases[i].r);
	assert_false(is_there(stage.root, "a"));
}

/* --- a container that changes the tree meanwhile -----------------------------------------------
 */

static void exchange(const char *a, const char *b)
{
	(void)renameat2(stage.root, a, stage.root, b, RENAME_EXCHANGE);
}

/* Directories above the place where the stage is at work turn into links and back. */
static void swap_above(void)
{
	for (;;) {
		exchange("a/b", "absolute");
		exchange("a/b", "absolute");
		exchange("a", "relative");
		exchange("a", "relative");
	}
}

/* The directory that the stage has just made turns into a link. */
static void swap_new(void)
{
	for (;;)
		exchange("a/b/c", "a/absolute");
}

static void remove_from(int directory_fd, const char *const *names)
{
	for (; *names; names++) {
		if (unlinkat(directory_fd, *names, AT_REMOVEDIR) < 0)
			(void)unlinkat(directory_fd, *names, 0);
	}
}

/* Whatever was swapped: a/b/c is away again, and a/absolute the link. */
static void restore(int a, int b, const char *outside)
{
	static const char *const in_b[] = {"c/d", "c/e", "c/f", "c/file", "c", NULL};
	static const char *const in_a[] = {
		"absolute/d", "absolute/e", "absolute/f", "absolute/file", "absolute", NULL};

	remove_from(b, in_b);
	remove_from(a, in_a);
	if (symlinkat(outside, a, "absolute") < 0)
		assert_int_equal(errno, EEXIST);
}

static void try_once(int i)
{
	static const char *const directories[] = {"/a/b/c/d", "/a/b/c", "/a/b/c/d/../e"};
	int CORC_CLOSE fd = corc_stage_target(&stage, directories[i % 3], true);
	int CORC_CLOSE file = corc_stage_target(&stage, "/a/b/c/file", false);
	const char *name;
	int CORC_CLOSE parent = corc_stage_parent(&stage, "/a/b/c/f/name", &name);

	/* One may fail or not; where they lead to is what counts. */
	(void)fd;
	(void)file;
	(void)parent;
}

static void swap_meanwhile(void (*swap)(void))
{
	char outside[128];
	size_t before;

	(void)snprintf(outside, sizeof(outside), "%s/outside", temporary_path());
	make_directory(stage.root, "a");
	make_directory(stage.root, "a/b");
	make_link(outside, "absolute");
	make_link(outside, "a/absolute");
	make_link("../outside", "relative");
	int CORC_CLOSE a = openat(stage.root, "a", O_PATH | O_CLOEXEC);
	int CORC_CLOSE b = openat(stage.root, "a/b", O_PATH | O_CLOEXEC);

	before = open_fds();
	swapper = fork();
	assert_true(swapper >= 0);
	if (swapper == 0)
		swap();
	for (int i = 0; i < 300; i++) {
		try_once(i);
		assert_nothing_outside();
		restore(a, b, outside);
	}
	end_swapper();
	assert_int_equal(open_fds(), before);
}

static void test_swapped_above(void **state)
{
	(void)state;
	swap_meanwhile(swap_above);
}

static void test_swapped_when_made(void **state)
{
	(void)state;
	swap_meanwhile(swap_new);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

/* What is in the way of a directory, by the path that was asked for. */
static void assert_obstacle(const char *path, const char *expected)
{
	size_t before = open_fds();

	stage.text[0] = '\0';
	corc_stage_find_obstacle(&stage, path);
	assert_string_equal(stage.text, expected);
	assert_int_equal(open_fds(), before);
}

static void test_obstacle(void **state)
{
	char path[PATH_MAX + 1];

	(void)state;
	make_directory(stage.root, "dir");
	write_text(stage.root, "dir/file", "content");
	assert_int_equal(mkfifoat(stage.root, "fifo", 0600), 0);
	make_link("/dir/file", "link");
	assert_obstacle("/dir/file", "/dir/file");
	assert_obstacle("/dir/file/a/b", "/dir/file");
	assert_obstacle("/fifo/a", "/fifo");
	assert_obstacle("/link/a", "/link");
	assert_obstacle("/dir", "");
	assert_obstacle("/dir/missing/a", "");
	assert_obstacle("/../dir/file", "/../dir/file");
	memset(path, 'a', PATH_MAX);
	path[PATH_MAX] = '\0';
	assert_obstacle(path, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_existing),
		TEST(test_missing_directories),
		TEST(test_missing_file),
		TEST(test_other_files),
		TEST(test_one_in_place_of_the_other),
		TEST(test_names_of_no_file),
		TEST(test_dots),
		TEST(test_long_paths),
		TEST(test_links_to_what_is_there),
		TEST(test_dangling_link_at_the_end),
		TEST(test_dangling_link_on_the_way),
		TEST(test_chain_of_dangling_links),
		TEST(test_dangling_link_for_a_file),
		TEST(test_dangling_link_with_dots),
		TEST(test_loops),
		TEST(test_many_dangling_links),
		TEST(test_long_dangling_link),
		TEST(test_link_out_of_the_root),
		TEST(test_parent),
		TEST(test_parent_refused),
		TEST(test_obstacle),
		TEST(test_swapped_above),
		TEST(test_swapped_when_made),
	};

	return cmocka_run_group_tests_name("stage/target", tests, NULL, NULL);
}
