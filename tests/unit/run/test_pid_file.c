/* SPDX-License-Identifier: Apache-2.0 */
/* --pid-file: found out early, written whole, removed again. */
#include "run/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sys/support.h"

static int directory;
static char path[300];

static int pid_setup(void **state)
{
	if (temporary_setup(state) < 0)
		return -1;
	directory = *(int *)*state;
	(void)snprintf(path, sizeof(path), "%s/pid", temporary_path());
	return 0;
}

static struct corc_pid_file open_file(void)
{
	struct corc_pid_file file = CORC_PID_FILE_EMPTY;
	struct corc_error error;

	if (corc_pid_file_open(path, &file, &error) < 0)
		fail_msg("%s", error.message);
	return file;
}

static void assert_empty(void)
{
	char here[64];

	(void)snprintf(here, sizeof(here), "%s", temporary_path());
	DIR *stream = opendir(here);
	struct dirent *entry;

	assert_non_null(stream);
	while ((entry = readdir(stream)))
		assert_int_equal(entry->d_name[0], '.');
	(void)closedir(stream);
	assert_false(is_there(directory, ".pid"));
}

static void test_commit(void **state)
{
	struct corc_error error;
	size_t before = open_fds();
	struct corc_pid_file file = open_file();
	struct stat status;

	(void)state;
	assert_int_equal(fcntl(file.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(file.directory_fd, F_GETFD), FD_CLOEXEC);
	assert_false(is_there(directory, "pid"));
	assert_int_equal(corc_pid_file_commit(&file, 4194304, &error), 0);
	corc_pid_file_done(&file);
	assert_text(directory, "pid", "4194304");
	assert_int_equal(fstatat(directory, "pid", &status, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(status.st_mode & 0777 & ~022u, 0644);
	assert_false(is_there(directory, ".pid"));
	assert_int_equal(open_fds(), before);
}

static void test_not_committed(void **state)
{
	struct corc_pid_file file = open_file();
	size_t before = open_fds();

	(void)state;
	corc_pid_file_remove(&file);
	corc_pid_file_done(&file);
	assert_empty();
	assert_int_equal(open_fds(), before - 2);
	/* Done twice is done. */
	corc_pid_file_done(&file);
	assert_int_equal(open_fds(), before - 2);
}

static void test_taken_back(void **state)
{
	struct corc_error error;
	struct corc_pid_file file = open_file();

	(void)state;
	assert_int_equal(corc_pid_file_commit(&file, 7, &error), 0);
	assert_true(is_there(directory, "pid"));
	corc_pid_file_remove(&file);
	corc_pid_file_done(&file);
	assert_empty();
}

/* The old content stands until the new one is whole; a failure leaves it alone. */
static void test_replaces(void **state)
{
	struct corc_error error;

	(void)state;
	write_text(directory, "pid", "old content");
	struct corc_pid_file file = open_file();

	assert_text(directory, "pid", "old content");
	corc_pid_file_done(&file);
	assert_text(directory, "pid", "old content");
	int CORC_CLOSE reader = openat(directory, "pid", O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	file = open_file();
	assert_int_equal(corc_pid_file_commit(&file, 12, &error), 0);
	corc_pid_file_done(&file);
	assert_text(directory, "pid", "12");
	assert_int_equal(read(reader, text, sizeof(text)), 11);
	assert_memory_equal(text, "old content", 11);
}

static void test_does_not_follow_links(void **state)
{
	struct corc_error error;

	(void)state;
	write_text(directory, "victim", "safe");
	assert_int_equal(symlinkat("victim", directory, "pid"), 0);
	assert_int_equal(symlinkat("victim", directory, ".pid"), 0);
	struct corc_pid_file file = open_file();

	assert_int_equal(corc_pid_file_commit(&file, 12, &error), 0);
	corc_pid_file_done(&file);
	assert_text(directory, "victim", "safe");
	assert_text(directory, "pid", "12");
}

/* A create that was killed left its hidden file. */
static void test_leftovers(void **state)
{
	struct corc_error error;

	(void)state;
	write_text(directory, ".pid", "a very long content that nobody needs");
	struct corc_pid_file file = open_file();

	assert_int_equal(corc_pid_file_commit(&file, 3, &error), 0);
	corc_pid_file_done(&file);
	assert_text(directory, "pid", "3");
	assert_false(is_there(directory, ".pid"));
}

static void test_none(void **state)
{
	struct corc_pid_file file = CORC_PID_FILE_EMPTY;
	struct corc_error error;

	(void)state;
	assert_int_equal(corc_pid_file_open(NULL, &file, &error), 0);
	assert_int_equal(corc_pid_file_commit(&file, 3, &error), 0);
	corc_pid_file_remove(&file);
	corc_pid_file_done(&file);
	assert_empty();
}

static void assert_refused(const char *what, int code)
{
	struct corc_pid_file file = CORC_PID_FILE_EMPTY;
	struct corc_error error = {0};
	size_t before = open_fds();

	assert_int_equal(corc_pid_file_open(what, &file, &error), -code);
	assert_int_equal(error.code, code);
	assert_non_null(strstr(error.message, "pid file"));
	assert_null(file.path);
	assert_int_equal(open_fds(), before);
}

static void test_refused(void **state)
{
	char longest[PATH_MAX + 64];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/missing/pid", temporary_path());
	assert_refused(path, ENOENT);
	write_text(directory, "file", "");
	(void)snprintf(path, sizeof(path), "%s/file/pid", temporary_path());
	assert_refused(path, ENOTDIR);
	(void)snprintf(longest, sizeof(longest), "%s/%0*d", temporary_path(), NAME_MAX, 0);
	assert_refused(longest, ENAMETOOLONG);
	(void)snprintf(longest, sizeof(longest), "%0*d/pid", PATH_MAX, 0);
	assert_refused(longest, ENAMETOOLONG);
	assert_int_equal(unlinkat(directory, "file", 0), 0);
	assert_empty();
}

/* Before anything is started, not when the container runs already. */
static void test_refused_directory(void **state)
{
	char below[sizeof(path) + 8];

	(void)state;
	make_directory(directory, "pid");
	assert_refused(path, EISDIR);
	(void)snprintf(below, sizeof(below), "%s/", path);
	assert_refused(below, EISDIR);
	(void)snprintf(below, sizeof(below), "%s/..", path);
	assert_refused(below, EISDIR);
	(void)snprintf(below, sizeof(below), "%s/.", path);
	assert_refused(below, EISDIR);
	assert_int_equal(unlinkat(directory, "pid", AT_REMOVEDIR), 0);
	assert_empty();
}

static int open_in_closed_directory(void *argument)
{
	struct corc_pid_file file = CORC_PID_FILE_EMPTY;
	struct corc_error error;

	(void)argument;
	if (geteuid() == 0)
		child_equal(setresuid(65534, 65534, 65534), 0);
	child_equal(corc_pid_file_open(path, &file, &error), -EACCES);
	child_assert(strstr(error.message, "permission denied"));
	return 0;
}

static void test_closed_directory(void **state)
{
	(void)state;
	assert_int_equal(fchmod(directory, 0555), 0);
	run_in_child(open_in_closed_directory, NULL);
	assert_int_equal(fchmod(directory, 0700), 0);
	assert_empty();
}

static int open_here(void *argument)
{
	struct corc_pid_file file = CORC_PID_FILE_EMPTY;
	struct corc_error error;

	(void)argument;
	child_equal(fchdir(directory), 0);
	child_equal(corc_pid_file_open("pid", &file, &error), 0);
	/* Where the caller goes meanwhile does not matter. */
	child_equal(chdir("/"), 0);
	child_equal(corc_pid_file_commit(&file, 99, &error), 0);
	return 0;
}

static void test_relative(void **state)
{
	(void)state;
	run_in_child(open_here, NULL);
	assert_text(directory, "pid", "99");
}

/* The directory went while the container was made. */
static void test_directory_removed_meanwhile(void **state)
{
	struct corc_error error;

	(void)state;
	make_directory(directory, "sub");
	(void)snprintf(path, sizeof(path), "%s/sub/pid", temporary_path());
	struct corc_pid_file file = open_file();

	assert_int_equal(unlinkat(directory, "sub/.pid", 0), 0);
	assert_int_equal(unlinkat(directory, "sub", AT_REMOVEDIR), 0);
	assert_int_equal(corc_pid_file_commit(&file, 5, &error), -ENOENT);
	assert_non_null(strstr(error.message, path));
	corc_pid_file_remove(&file);
	corc_pid_file_done(&file);
}

/* A disk that is full. */
static void test_write_fails(void **state)
{
	struct corc_error error;
	struct corc_pid_file file = open_file();

	(void)state;
	assert_int_equal(close(file.fd), 0);
	file.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(corc_pid_file_commit(&file, 5, &error), -ENOSPC);
	assert_false(is_there(directory, "pid"));
	corc_pid_file_done(&file);
	assert_empty();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pid_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_commit),
		TEST(test_not_committed),
		TEST(test_taken_back),
		TEST(test_replaces),
		TEST(test_does_not_follow_links),
		TEST(test_leftovers),
		TEST(test_none),
		TEST(test_refused),
		TEST(test_refused_directory),
		TEST(test_closed_directory),
		TEST(test_relative),
		TEST(test_directory_removed_meanwhile),
		TEST(test_write_fails),
	};

	return cmocka_run_group_tests_name("run/pid_file", tests, NULL, NULL);
}
