/* SPDX-License-Identifier: Apache-2.0 */
/* ROOT/ID: ids, making, opening, locking, removing. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "run/state.h"
#include "run_fixture.h"

/* --- ids -------------------------------------------------------------------------------------- */

static void test_ids(void **state)
{
	static const char *const good[] = {"a", "web-1", "A_b+c.d-e", "0", "...", ".hidden", "-x",
		"a.", "_", "+", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"};
	static const char *const bad[] = {"", ".", "..", "a/b", "/", "../x", "a b", "a\n", "a:b",
		"a*", "\xc3\xa9", "a\\b", "~", "a=b", "a,b", "a@b", "(", "\x7f", "\x1b[2J"};
	char longest[257];
	struct corc_error error;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (corc_id_check(good[i], &error) != 0)
			fail_msg("%s: %s", good[i], error.message);
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (corc_id_check(bad[i], &error) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_non_null(strstr(error.message, "invalid container ID format"));
		/* A line end is shown as an escape. */
		if (!strchr(bad[i], '\n'))
			assert_non_null(strstr(error.message, bad[i]));
		assert_string_not_equal(error.hint, "");
	}
	memset(longest, 'a', 256);
	longest[256] = '\0';
	assert_int_equal(corc_id_check(longest, &error), -EINVAL);
	longest[255] = '\0';
	assert_int_equal(corc_id_check(longest, &error), 0);
}

/* --- making ----------------------------------------------------------------------------------- */

static struct corc_state_directory make(const char *id)
{
	struct corc_state_directory directory = CORC_STATE_DIRECTORY_EMPTY;
	struct corc_error error;

	assert_success(corc_state_make(run_runtime(), id, &directory, &error), &error);
	return directory;
}

static struct corc_state_directory open_id(const char *id)
{
	struct corc_state_directory directory = CORC_STATE_DIRECTORY_EMPTY;
	struct corc_error error;

	assert_success(corc_state_open(run_runtime(), id, &directory, &error), &error);
	return directory;
}

static void assert_mode(int top, const char *path, mode_t mode)
{
	struct stat status;

	assert_int_equal(fstatat(top, path, &status, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(status.st_mode, S_IFDIR | mode);
}

static void test_make(void **state)
{
	int top = *(int *)*state;
	size_t before = open_fds();
	struct corc_state_directory directory = make("web");

	assert_string_equal(directory.id, "web");
	assert_int_equal(fcntl(directory.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(directory.root_fd, F_GETFD), FD_CLOEXEC);
	assert_mode(top, "state", 01700);
	assert_mode(top, "state/web", 0700);
	/* It is locked from birth. */
	int CORC_CLOSE other = openat(top, "state/web", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	corc_state_close(&directory);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	assert_true(directory.fd < 0 && directory.root_fd < 0);
	corc_state_close(&directory);
	assert_int_equal(open_fds(), before + 1);
}

static void test_make_twice(void **state)
{
	struct corc_state_directory directory = make("web"), none = CORC_STATE_DIRECTORY_EMPTY;
	struct corc_error error;
	size_t before = open_fds();

	(void)state;
	assert_int_equal(corc_state_make(run_runtime(), "web", &none, &error), -EEXIST);
	assert_string_equal(error.message, "container with given ID already exists");
	assert_true(none.fd < 0 && none.root_fd < 0);
	assert_int_equal(open_fds(), before);
	corc_state_close(&directory);
	/* A file or a link in its place is in use, too. */
	write_text(*(int *)*state, "state/file", "x");
	assert_int_equal(symlinkat("missing", *(int *)*state, "state/link"), 0);
	assert_int_equal(corc_state_make(run_runtime(), "file", &none, &error), -EEXIST);
	assert_int_equal(corc_state_make(run_runtime(), "link", &none, &error), -EEXIST);
	assert_text(*(int *)*state, "state/file", "x");
	struct corc_state_directory second = make("web2");

	corc_state_close(&second);
}

static void test_make_below_missing_directories(void **state)
{
	struct corc_state_directory directory;

	run_runtime()->root = run_path("a/b/c");
	directory = make("web");
	corc_state_close(&directory);
	assert_mode(*(int *)*state, "a/b/c", 01700);
	assert_mode(*(int *)*state, "a/b/c/web", 0700);
}

/* One that is there is somebody's: it stays as it is. */
static void test_make_in_existing_root(void **state)
{
	struct corc_state_directory directory;

	make_directory(*(int *)*state, "state");
	assert_int_equal(fchmodat(*(int *)*state, "state", 0755, 0), 0);
	directory = make("web");
	corc_state_close(&directory);
	assert_mode(*(int *)*state, "state", 0755);
}

static void test_make_fails(void **state)
{
	struct corc_state_directory none = CORC_STATE_DIRECTORY_EMPTY;
	struct corc_error error;
	size_t before = open_fds();

	write_text(*(int *)*state, "state", "a file");
	assert_int_equal(corc_state_make(run_runtime(), "web", &none, &error), -ENOTDIR);
	assert_non_null(strstr(error.message, run_runtime()->root));
	assert_int_equal(open_fds(), before);
	assert_text(*(int *)*state, "state", "a file");
}

/* --- opening ---------------------------------------------------------------------------------- */

static void test_open(void **state)
{
	struct corc_state_directory made = make("web"), opened = open_id("web");
	struct stat first, second;

	(void)state;
	assert_string_equal(opened.id, "web");
	assert_int_equal(fcntl(opened.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(made.fd, &first), 0);
	assert_int_equal(fstat(opened.fd, &second), 0);
	assert_true(first.st_ino == second.st_ino);
	corc_state_close(&made);
	corc_state_close(&opened);
}

static void assert_missing(const char *id)
{
	struct corc_state_directory none = CORC_STATE_DIRECTORY_EMPTY;
	struct corc_error error;
	size_t before = open_fds();

	assert_int_equal(corc_state_open(run_runtime(), id, &none, &error), -ENOENT);
	assert_string_equal(error.message, "container does not exist");
	assert_int_equal(open_fds(), before);
}

static void test_open_missing(void **state)
{
	int top = *(int *)*state;

	assert_missing("web");
	/* Looking makes nothing. */
	assert_false(is_there(top, "state"));
	struct corc_state_directory directory = make("other");

	assert_missing("web");
	corc_state_close(&directory);
}

/* Neither a link to another container's directory nor one to anything else is followed. */
static void test_open_what_is_no_directory(void **state)
{
	struct corc_state_directory directory = make("web"), none = CORC_STATE_DIRECTORY_EMPTY;
	int top = *(int *)*state;
	struct corc_error error;
	size_t before = open_fds();

	write_text(top, "state/file", "x");
	assert_int_equal(symlinkat("web", top, "state/link"), 0);
	assert_true(corc_state_open(run_runtime(), "link", &none, &error) < 0);
	assert_int_not_equal(error.code, ENOENT);
	assert_int_equal(corc_state_open(run_runtime(), "file", &none, &error), -ENOTDIR);
	assert_non_null(strstr(error.message, "/state/file"));
	assert_true(none.fd < 0 && none.root_fd < 0);
	assert_int_equal(open_fds(), before);
	corc_state_close(&directory);
}

/* --- locking ---------------------------------------------------------------------------------- */

static void test_lock(void **state)
{
	struct corc_state_directory first = make("web"), second = open_id("web");
	struct corc_error error;

	(void)state;
	run_runtime()->deadline_ms = 20;
	assert_int_equal(corc_state_lock(run_runtime(), &second, &error), -EBUSY);
	assert_non_null(strstr(error.message, "container web"));
	/* Who has it gets it again. */
	assert_success(corc_state_lock(run_runtime(), &first, &error), &error);
	corc_state_close(&first);
	assert_success(corc_state_lock(run_runtime(), &second, &error), &error);
	corc_state_close(&second);
}

static int lock_patiently(void *argument)
{
	struct corc_state_directory *directory = argument;
	struct corc_error error;

	return corc_state_lock(run_runtime(), directory, &error) == 0 ? 0 : 1;
}

/* One who waits gets it as soon as it is free. */
static void test_lock_waits(void **state)
{
	struct corc_state_directory first = make("web"), second = open_id("web");
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		/* The fd of the first lock is the parent's alone. */
		(void)close(first.fd);
		_exit(lock_patiently(&second));
	}
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	corc_state_close(&first);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	corc_state_close(&second);
}

/* What was opened before it was removed is no container any more. */
static void test_lock_of_a_removed_one(void **state)
{
	struct corc_state_directory first = make("web"), second = open_id("web");
	struct corc_error error;

	(void)state;
	assert_success(corc_state_remove(&first, &error), &error);
	corc_state_close(&first);
	assert_int_equal(corc_state_lock(run_runtime(), &second, &error), -ENOENT);
	assert_string_equal(error.message, "container does not exist");
	corc_state_close(&second);
	/* Nor is a new one of the same name the old one. */
	first = make("web");
	second = open_id("web");
	assert_success(corc_state_remove(&first, &error), &error);
	corc_state_close(&first);
	first = make("web");
	assert_int_equal(corc_state_lock(run_runtime(), &second, &error), -ENOENT);
	corc_state_close(&first);
	corc_state_close(&second);
}

/* --- removing --------------------------------------------------------------------------------- */

static void test_remove(void **state)
{
	struct corc_state_directory web = make("web"), other = make("other");
	int top = *(int *)*state;
	struct corc_error error;

	write_text(web.fd, "state.json", "{}");
	assert_int_equal(mkfifoat(web.fd, "start.fifo", 0600), 0);
	make_directory(web.fd, "deep");
	write_text(web.fd, "deep/file", "x");
	write_text(top, "safe", "safe");
	assert_int_equal(symlinkat("../../safe", web.fd, "link"), 0);
	assert_success(corc_state_remove(&web, &error), &error);
	assert_false(is_there(top, "state/web"));
	assert_true(is_there(top, "state/other"));
	assert_text(top, "safe", "safe");
	/* Gone already is good. */
	assert_success(corc_state_remove(&web, &error), &error);
	corc_state_close(&web);
	corc_state_close(&other);
}

/* --- boot id ---------------------------------------------------------------------------------- */

static void test_boot_id(void **state)
{
	char found[CORC_BOOT_ID_SIZE], expected[CORC_BOOT_ID_SIZE] = "";
	struct corc_error error;
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	(void)state;
	assert_non_null(file);
	assert_non_null(fgets(expected, sizeof(expected), file));
	assert_int_equal(fclose(file), 0);
	expected[strcspn(expected, "\n")] = '\0';
	assert_success(corc_boot_id(found, &error), &error);
	assert_string_equal(found, expected);
	assert_int_equal(strlen(found), 36);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		TEST(test_make),
		TEST(test_make_twice),
		TEST(test_make_below_missing_directories),
		TEST(test_make_in_existing_root),
		TEST(test_make_fails),
		TEST(test_open),
		TEST(test_open_missing),
		TEST(test_open_what_is_no_directory),
		TEST(test_lock),
		TEST(test_lock_waits),
		TEST(test_lock_of_a_removed_one),
		TEST(test_remove),
		TEST(test_boot_id),
	};

	return cmocka_run_group_tests_name("run/state_directory", tests, NULL, NULL);
}
