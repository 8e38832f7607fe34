/* SPDX-License-Identifier: Apache-2.0 */
/* Files as a whole: reading, writing, replacing, making directories. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/temporary.h"

static void test_read_file(void **state)
{
	int directory = *(int *)*state;
	char CORC_FREE *data = NULL;
	size_t length;

	write_text(directory, "file", "some\ntext\n");
	assert_int_equal(corc_read_file(directory, "file", 100, &data, &length), 0);
	assert_int_equal(length, 10);
	assert_string_equal(data, "some\ntext\n");
}

static void test_read_file_of_each_size(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 4095, 4096, 4097, 8192, 100000};
	int directory = *(int *)*state;

	for (size_t at = 0; at < sizeof(sizes) / sizeof(sizes[0]); at++) {
		char CORC_FREE *text = calloc(1, sizes[at] + 1);
		char CORC_FREE *data = NULL;
		size_t length = 1;

		for (size_t byte = 0; byte < sizes[at]; byte++)
			text[byte] = (char)('a' + byte % 23);
		write_text(directory, "file", text);
		assert_int_equal(corc_read_file(directory, "file", 100000, &data, &length), 0);
		assert_int_equal(length, sizes[at]);
		assert_string_equal(data, text);
	}
}

static void test_read_file_into(void **state)
{
	int directory = *(int *)*state;
	char space[64];
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	char *data = NULL;
	size_t length = 1;

	corc_arena_init(&arena, space, sizeof(space));
	write_text(directory, "file", "some\ntext\n");
	assert_int_equal(corc_read_file_into(&arena, directory, "file", 10, &data, &length), 0);
	assert_int_equal(length, 10);
	assert_string_equal(data, "some\ntext\n");
	assert_true(data >= space && data < space + sizeof(space));
	assert_int_equal(corc_read_file_into(&arena, directory, "file", 9, &data, &length), -EFBIG);
	assert_int_equal(
		corc_read_file_into(&arena, directory, "none", 9, &data, &length), -ENOENT);
	assert_int_equal(corc_read_file_into(&arena, directory, ".", 9, &data, &length), -EISDIR);
	write_text(directory, "file", "");
	assert_int_equal(corc_read_file_into(&arena, directory, "file", 10, &data, &length), 0);
	assert_int_equal(length, 0);
	assert_string_equal(data, "");
}

static void test_append(void **state)
{
	int directory = *(int *)*state;
	char CORC_FREE *data = NULL;
	size_t length;

	assert_int_equal(corc_append(directory, "new", "x", 1), -ENOENT);
	write_text(directory, "file", "one\n");
	assert_int_equal(corc_append(directory, "file", "two\n", 4), 0);
	assert_int_equal(corc_read_file(directory, "file", 100, &data, &length), 0);
	assert_string_equal(data, "one\ntwo\n");
	assert_int_equal(symlinkat("file", directory, "link"), 0);
	assert_int_equal(corc_append(directory, "link", "x", 1), -ELOOP);
}

static void test_read_file_too_large(void **state)
{
	int directory = *(int *)*state;
	char *data = NULL;
	size_t length = 77;

	write_text(directory, "file", "12345");
	assert_int_equal(corc_read_file(directory, "file", 4, &data, &length), -EFBIG);
	assert_int_equal(corc_read_file(directory, "file", 0, &data, &length), -EFBIG);
	assert_null(data);
	assert_int_equal(length, 77);
	assert_int_equal(corc_read_file(directory, "file", 5, &data, &length), 0);
	free(data);
	assert_int_equal(corc_read_file(directory, "file", SIZE_MAX, &data, &length), 0);
	free(data);
}

/* Files of procfs claim to be empty. */
static void test_read_file_without_a_size(void **state)
{
	char CORC_FREE *data = NULL;
	char *none = NULL;
	size_t length;

	(void)state;
	assert_int_equal(corc_read_file(AT_FDCWD, "/proc/self/status", 1 << 20, &data, &length), 0);
	assert_int_equal(strlen(data), length);
	assert_non_null(strstr(data, "\nPid:"));
	assert_int_equal(
		corc_read_file(AT_FDCWD, "/proc/self/status", length - 200, &none, &length),
		-EFBIG);
	assert_null(none);
}

/* Such a file gives no more than a page at a time. */
static void test_read_file_in_pieces(void **state)
{
	const size_t page = 4096, count = 400;
	char *memory = mmap(NULL, page * count, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char CORC_FREE *data = NULL;
	size_t length;

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	for (size_t at = 0; at < count; at += 2)
		assert_int_equal(mprotect(memory + at * page, page, PROT_NONE), 0);
	assert_int_equal(corc_read_file(AT_FDCWD, "/proc/self/maps", 1 << 24, &data, &length), 0);
	assert_true(length > 3 * page);
	assert_int_equal(strlen(data), length);
	assert_non_null(strstr(data, "[stack]"));
	assert_int_equal(munmap(memory, page * count), 0);
}

static void test_read_file_other_types(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int CORC_CLOSE listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int directory = *(int *)*state;
	char *data = NULL;
	size_t length;

	make_directory(directory, "directory");
	assert_int_equal(mkfifoat(directory, "fifo", 0600), 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", temporary_path());
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);

	alarm(20); /* a read that waits for the FIFO must not hold the tests up */
	assert_int_equal(corc_read_file(directory, "directory", 100, &data, &length), -EISDIR);
	assert_int_equal(corc_read_file(directory, "fifo", 100, &data, &length), -EINVAL);
	assert_int_equal(corc_read_file(directory, "socket", 100, &data, &length), -EINVAL);
	assert_int_equal(corc_read_file(AT_FDCWD, "/dev/null", 100, &data, &length), -EINVAL);
	assert_int_equal(corc_read_file(directory, "missing", 100, &data, &length), -ENOENT);
	assert_int_equal(corc_read_file(directory, "fifo/x", 100, &data, &length), -ENOTDIR);
	alarm(0);
	assert_null(data);
}

static void test_read_file_follows_links(void **state)
{
	int directory = *(int *)*state;
	char CORC_FREE *data = NULL;
	size_t length;

	write_text(directory, "file", "x");
	assert_int_equal(symlinkat("file", directory, "link"), 0);
	assert_int_equal(corc_read_file(directory, "link", 100, &data, &length), 0);
	assert_string_equal(data, "x");
}

static void test_read_small(void **state)
{
	int directory = *(int *)*state;
	char buffer[8];

	write_text(directory, "file", "1234\n");
	assert_int_equal(corc_read_small(directory, "file", buffer, sizeof(buffer)), 4);
	assert_string_equal(buffer, "1234");
	write_text(directory, "file", "a\nb\n\n\n");
	assert_int_equal(corc_read_small(directory, "file", buffer, sizeof(buffer)), 3);
	assert_string_equal(buffer, "a\nb");
	write_text(directory, "file", "\n");
	assert_int_equal(corc_read_small(directory, "file", buffer, sizeof(buffer)), 0);
	assert_string_equal(buffer, "");
	write_text(directory, "file", "");
	assert_int_equal(corc_read_small(directory, "file", buffer, sizeof(buffer)), 0);
	assert_string_equal(buffer, "");
}

static void test_read_small_does_not_fit(void **state)
{
	int directory = *(int *)*state;
	char buffer[8];

	write_text(directory, "file", "1234567");
	assert_int_equal(corc_read_small(directory, "file", buffer, sizeof(buffer)), 7);
	write_text(directory, "file", "12345678");
	assert_int_equal(corc_read_small(directory, "file", buffer, sizeof(buffer)), -EFBIG);
	assert_int_equal(corc_read_small(directory, "file", buffer, 0), -EFBIG);
	assert_int_equal(corc_read_small(directory, "missing", buffer, sizeof(buffer)), -ENOENT);
}

static void on_alarm(int number)
{
	(void)number;
}

/* A timer interrupts the writes, which are then short or not done at all. */
static int write_interrupted(int fd, const char *text, size_t length)
{
	struct sigaction action = {.sa_handler = on_alarm}; /* without SA_RESTART */
	struct itimerval timer = {{0, 50}, {0, 50}};

	if (sigaction(SIGALRM, &action, NULL) < 0 || setitimer(ITIMER_REAL, &timer, NULL) < 0)
		return 2;
	return corc_write_all(fd, text, length) == 0 ? 0 : 1;
}

static void test_write_all_through_a_pipe(void **state)
{
	static char text[300000];
	static char got[sizeof(text)];
	size_t length = 0;
	int status;
	int ends[2];
	pid_t pid;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'z';
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(write_interrupted(ends[1], text, sizeof(text)));
	close(ends[1]);
	for (;;) {
		ssize_t part = read(ends[0], got + length, sizeof(got) - length);

		if (part <= 0)
			break;
		length += (size_t)part;
	}
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(length, sizeof(text));
	assert_memory_equal(got, text, sizeof(text));
}

static void test_write_all_fails(void **state)
{
	int CORC_CLOSE fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(corc_write_all(fd, "x", 1), -ENOSPC);
	assert_int_equal(corc_write_all(fd, "", 0), 0);
	assert_int_equal(corc_write_all(-1, "x", 1), -EBADF);
}

static void test_write_existing(void **state)
{
	int directory = *(int *)*state;

	assert_int_equal(corc_write_existing(directory, "file", "x", 1), -ENOENT);
	assert_false(is_there(directory, "file"));
	write_text(directory, "file", "abcdef");
	assert_int_equal(corc_write_existing(directory, "file", "xyz", 3), 0);
	assert_text(directory, "file", "xyzdef");
	assert_int_equal(corc_write_existing(AT_FDCWD, "/dev/full", "x", 1), -ENOSPC);
}

/* A second write to this file would replace what the first one set. */
static void test_write_existing_in_one_write(void **state)
{
	char name[32];

	(void)state;
	assert_int_equal(
		corc_write_existing(AT_FDCWD, "/proc/thread-self/comm", "corc-unit", 9), 0);
	assert_true(corc_read_small(AT_FDCWD, "/proc/thread-self/comm", name, sizeof(name)) > 0);
	assert_string_equal(name, "corc-unit");
}

static mode_t mode_of(int directory, const char *name)
{
	struct stat status;

	assert_int_equal(fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW), 0);
	return status.st_mode;
}

static void test_write_atomic(void **state)
{
	int directory = *(int *)*state;
	mode_t mask = umask(077);

	assert_int_equal(corc_write_atomic(directory, "file", "first", 5, 0644), 0);
	umask(mask);
	assert_text(directory, "file", "first");
	assert_int_equal(mode_of(directory, "file"), S_IFREG | 0644);
	assert_false(is_there(directory, ".file.tmp"));
	assert_int_equal(corc_write_atomic(directory, "file", "", 0, 0600), 0);
	assert_text(directory, "file", "");
	assert_int_equal(mode_of(directory, "file"), S_IFREG | 0600);
}

/* Who has the old file open keeps reading the old content. */
static void test_write_atomic_replaces(void **state)
{
	int directory = *(int *)*state;
	char buffer[16] = "";

	write_text(directory, "file", "old content");
	{
		int CORC_CLOSE fd = openat(directory, "file", O_RDONLY | O_CLOEXEC);

		assert_int_equal(corc_write_atomic(directory, "file", "new", 3, 0600), 0);
		assert_int_equal(read(fd, buffer, sizeof(buffer) - 1), 11);
	}
	assert_string_equal(buffer, "old content");
	assert_text(directory, "file", "new");
}

/* What a killed predecessor, or an enemy, left under the temporary name. */
static void test_write_atomic_after_a_crash(void **state)
{
	int directory = *(int *)*state;

	write_text(directory, "victim", "safe");
	assert_int_equal(symlinkat("victim", directory, ".file.tmp"), 0);
	assert_int_equal(corc_write_atomic(directory, "file", "new", 3, 0600), 0);
	assert_text(directory, "victim", "safe");
	assert_text(directory, "file", "new");
	write_text(directory, ".file.tmp", "half");
	assert_int_equal(corc_write_atomic(directory, "file", "newer", 5, 0600), 0);
	assert_text(directory, "file", "newer");
	assert_false(is_there(directory, ".file.tmp"));
}

static void test_write_atomic_fails_clean(void **state)
{
	int directory = *(int *)*state;
	char name[NAME_MAX + 1];

	make_directory(directory, "directory");
	assert_int_equal(corc_write_atomic(directory, "directory", "x", 1, 0600), -EISDIR);
	assert_false(is_there(directory, ".directory.tmp"));
	assert_int_equal(corc_write_atomic(directory, "a/b", "x", 1, 0600), -EINVAL);
	assert_int_equal(corc_write_atomic(directory, "", "x", 1, 0600), -EINVAL);
	assert_int_equal(corc_write_atomic(directory, ".", "x", 1, 0600), -EINVAL);
	assert_int_equal(corc_write_atomic(directory, "..", "x", 1, 0600), -EINVAL);
	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	assert_int_equal(corc_write_atomic(directory, name, "x", 1, 0600), -ENAMETOOLONG);
	name[NAME_MAX - 4] = '\0';
	assert_int_equal(corc_write_atomic(directory, name, "x", 1, 0600), -ENAMETOOLONG);
	name[NAME_MAX - 5] = '\0'; /* with "." and ".tmp" it just fits */
	assert_int_equal(corc_write_atomic(directory, name, "x", 1, 0600), 0);
	assert_text(directory, name, "x");
}

static void test_write_atomic_cannot_begin(void **state)
{
	int directory = *(int *)*state;
	int CORC_CLOSE gone = CORC_NO_FD;

	make_directory(directory, ".file.tmp");
	assert_int_equal(corc_write_atomic(directory, "file", "x", 1, 0600), -EISDIR);
	assert_false(is_there(directory, "file"));
	make_directory(directory, "gone");
	gone = openat(directory, "gone", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(unlinkat(directory, "gone", AT_REMOVEDIR), 0);
	assert_int_equal(corc_write_atomic(gone, "file", "x", 1, 0600), -ENOENT);
}

static void join(char *path, size_t size, const char *name)
{
	(void)snprintf(path, size, "%s/%s", temporary_path(), name);
}

static void test_mkdir_all(void **state)
{
	static const char *const names[] = {"one", "two/three/four", "two/three/four",
		"two//five///six/", "two/../seven/eight", "./nine/./ten"};
	static const char *const made[] = {"one", "two/three/four", "two/three/four",
		"two/five/six", "seven/eight", "nine/ten"};
	int directory = *(int *)*state;
	mode_t mask = umask(022);
	char path[PATH_MAX];

	for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
		join(path, sizeof(path), names[at]);
		assert_int_equal(corc_mkdir_all(path, 0711), 0);
		assert_int_equal(mode_of(directory, made[at]), S_IFDIR | 0711);
	}
	umask(mask);
	assert_int_equal(mode_of(directory, "two/three"), S_IFDIR | 0711);
	assert_int_equal(corc_mkdir_all("/", 0755), 0);
	/* Whole components only. */
	assert_false(is_there(directory, "tw"));
	assert_false(is_there(directory, "two/th"));
	assert_false(is_there(directory, "two/three/f"));
}

static void test_mkdir_all_fails(void **state)
{
	int directory = *(int *)*state;
	char path[PATH_MAX + 10];

	write_text(directory, "file", "");
	join(path, sizeof(path), "file");
	assert_int_equal(corc_mkdir_all(path, 0755), -ENOTDIR);
	join(path, sizeof(path), "file/x/y");
	assert_int_equal(corc_mkdir_all(path, 0755), -ENOTDIR);
	assert_int_equal(symlinkat("nowhere", directory, "link"), 0);
	join(path, sizeof(path), "link/x");
	assert_true(corc_mkdir_all(path, 0755) < 0);
	assert_false(is_there(directory, "nowhere"));
	assert_int_equal(corc_mkdir_all("", 0755), -ENOENT);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(corc_mkdir_all(path, 0755), -ENAMETOOLONG);
}

static void test_mkdir_all_through_a_link(void **state)
{
	int directory = *(int *)*state;
	char path[PATH_MAX];

	make_directory(directory, "real");
	assert_int_equal(symlinkat("real", directory, "link"), 0);
	join(path, sizeof(path), "link");
	assert_int_equal(corc_mkdir_all(path, 0755), 0);
	join(path, sizeof(path), "link/a/b");
	assert_int_equal(corc_mkdir_all(path, 0755), 0);
	assert_true(is_there(directory, "real/a/b"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read_file),
		TEST(test_read_file_of_each_size),
		TEST(test_read_file_into),
		TEST(test_append),
		TEST(test_read_file_too_large),
		TEST(test_read_file_without_a_size),
		TEST(test_read_file_in_pieces),
		TEST(test_read_file_other_types),
		TEST(test_read_file_follows_links),
		TEST(test_read_small),
		TEST(test_read_small_does_not_fit),
		TEST(test_write_all_through_a_pipe),
		TEST(test_write_all_fails),
		TEST(test_write_existing),
		TEST(test_write_existing_in_one_write),
		TEST(test_write_atomic),
		TEST(test_write_atomic_replaces),
		TEST(test_write_atomic_after_a_crash),
		TEST(test_write_atomic_fails_clean),
		TEST(test_write_atomic_cannot_begin),
		TEST(test_mkdir_all),
		TEST(test_mkdir_all_fails),
		TEST(test_mkdir_all_through_a_link),
	};

	return cmocka_run_group_tests_name("base/io", tests, NULL, NULL);
}
