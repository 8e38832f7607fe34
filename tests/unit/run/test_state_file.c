/* SPDX-License-Identifier: Apache-2.0 */
/* marker and state.json: round trip, damage, and the status that follows from them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "run/state.h"
#include "run_fixture.h"
#include "sys/emulator.h"
#include "sys/process.h"

static struct corc_state_directory directory;
static struct corc_arena arena;

static int file_setup(void **state)
{
	struct corc_error error;

	if (run_setup(state) < 0)
		return -1;
	return corc_state_make(run_runtime(), "web", &directory, &error);
}

static int file_teardown(void **state)
{
	corc_arena_done(&arena);
	corc_state_close(&directory);
	return run_teardown(state);
}

static struct corc_cgroup_ref_directory cgroup_items[] = {
	{.version = 2,
		.directory = "/sys/fs/cgroup/corc-test",
		.controllers = "",
		.inode = 4711,
		.made = 2},
	{.version = 1,
		.directory = "/sys/fs/cgroup/cpu,cpuacct/x \"y\"",
		.controllers = "cpu,cpuacct",
		.inode = UINT64_MAX},
	{.version = 1, .directory = "/sys/fs/cgroup/systemd/z", .controllers = "name=systemd"},
};

static struct corc_state_file make_state(void)
{
	static const char *keys[] = {"org.example.one", "", "\"quoted\"\n"};
	static const char *values[] = {"1", "", "\xc3\xa4\t\\"};
	struct corc_state_file state = {
		.id = "web",
		.bundle = "/bundles/a \"b\"\n",
		.rootfs = "/bundles/root\xc3\xa9",
		.created = "2026-11-23T05:37:00.0125Z",
		.boot_id = "b",
		.pid = 4194304,
		.start_time = UINT64_MAX,
		.own_pid_namespace = true,
		.no_new_keyring = true,
		.is_creating = true,
		.cgroup.directories = {cgroup_items, COUNT(cgroup_items)},
		.annotations = {.keys = keys, .values = values, .count = COUNT(keys)},
	};

	return state;
}

static void assert_cgroup(
	const struct corc_cgroup_ref *found, const struct corc_cgroup_ref *expected)
{
	assert_int_equal(found->directories.count, expected->directories.count);
	for (size_t i = 0; i < found->directories.count; i++) {
		const struct corc_cgroup_ref_directory *a = &found->directories.items[i];
		const struct corc_cgroup_ref_directory *b = &expected->directories.items[i];

		assert_int_equal(a->version, b->version);
		assert_string_equal(a->directory, b->directory);
		assert_string_equal(a->controllers, b->controllers);
		assert_true(a->inode == b->inode);
		assert_int_equal(a->made, b->made);
	}
}

static void write_state(const struct corc_state_file *file)
{
	struct corc_error error;

	assert_success(corc_state_write(&directory, file, &error), &error);
}

/* --- round trip ------------------------------------------------------------------------------- */

static void test_state_round_trip(void **state)
{
	struct corc_state_file written = make_state(), found;
	struct corc_error error;
	struct stat status;

	(void)state;
	write_state(&written);
	assert_int_equal(fstatat(directory.fd, "state.json", &status, 0), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
	assert_success(corc_state_read(&directory, &arena, &found, &error), &error);
	assert_string_equal(found.id, written.id);
	assert_string_equal(found.bundle, written.bundle);
	assert_string_equal(found.rootfs, written.rootfs);
	assert_string_equal(found.created, written.created);
	assert_string_equal(found.boot_id, written.boot_id);
	assert_int_equal(found.pid, written.pid);
	assert_true(found.start_time == written.start_time);
	assert_true(found.own_pid_namespace);
	assert_true(found.no_new_keyring);
	assert_true(found.is_creating);
	assert_cgroup(&found.cgroup, &written.cgroup);
	assert_int_equal(found.annotations.count, written.annotations.count);
	for (size_t i = 0; i < found.annotations.count; i++) {
		assert_string_equal(found.annotations.keys[i], written.annotations.keys[i]);
		assert_string_equal(found.annotations.values[i], written.annotations.values[i]);
	}
}

static void test_small_state_round_trip(void **state)
{
	struct corc_state_file written = make_state(), found;
	struct corc_error error;

	(void)state;
	written.cgroup.directories.count = 0;
	written.annotations.count = 0;
	written.own_pid_namespace = false;
	written.no_new_keyring = false;
	written.is_creating = false;
	written.pid = 0;
	written.start_time = 0;
	write_state(&written);
	assert_success(corc_state_read(&directory, &arena, &found, &error), &error);
	assert_int_equal(found.cgroup.directories.count, 0);
	assert_int_equal(found.annotations.count, 0);
	assert_false(found.own_pid_namespace);
	assert_false(found.no_new_keyring);
	assert_false(found.is_creating);
	assert_int_equal(found.pid, 0);
	assert_true(found.start_time == 0);
}

static void test_marker_round_trip(void **state)
{
	struct corc_marker written = {.boot_id = "f4b2",
				   .cgroup.directories = {cgroup_items, COUNT(cgroup_items)}},
			   found;
	struct corc_error error;
	struct stat status;

	(void)state;
	assert_success(corc_marker_write(&directory, &written, true, &error), &error);
	assert_int_equal(fstatat(directory.fd, "marker", &status, 0), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
	assert_success(corc_marker_read(&directory, &arena, &found, &error), &error);
	assert_string_equal(found.boot_id, "f4b2");
	assert_cgroup(&found.cgroup, &written.cgroup);
	/* The inodes come in later. */
	written.boot_id = "another";
	written.cgroup.directories.count = 1;
	assert_success(corc_marker_write(&directory, &written, false, &error), &error);
	assert_success(corc_marker_read(&directory, &arena, &found, &error), &error);
	assert_string_equal(found.boot_id, "another");
	assert_cgroup(&found.cgroup, &written.cgroup);
	/* A line that was cut off does not count. */
	assert_int_equal(corc_append(directory.fd, "marker", "{\"bootId\":", 10), 0);
	assert_success(corc_marker_read(&directory, &arena, &found, &error), &error);
	assert_string_equal(found.boot_id, "another");
}

/* A reader sees the old or the new one, and a failure leaves the old one. */
static void test_replaced_as_a_whole(void **state)
{
	struct corc_state_file written = make_state(), found;
	struct corc_error error;

	(void)state;
	write_state(&written);
	int CORC_CLOSE reader = openat(directory.fd, "state.json", O_RDONLY | O_CLOEXEC);
	struct stat before, after;

	written.pid = 5;
	write_state(&written);
	assert_int_equal(fstat(reader, &before), 0);
	assert_int_equal(fstatat(directory.fd, "state.json", &after, 0), 0);
	assert_true(before.st_ino != after.st_ino);
	assert_int_equal(before.st_nlink, 0);
	assert_success(corc_state_read(&directory, &arena, &found, &error), &error);
	assert_int_equal(found.pid, 5);
}

static void test_write_fails(void **state)
{
	struct corc_state_file written = make_state();
	struct corc_marker marker = {.boot_id = "x"};
	struct corc_error error;

	(void)state;
	assert_success(corc_state_remove(&directory, &error), &error);
	assert_int_equal(corc_state_write(&directory, &written, &error), -ENOENT);
	assert_string_equal(error.message, "writing state.json of web: no such file or directory");
	assert_int_equal(corc_marker_write(&directory, &marker, true, &error), -ENOENT);
	assert_int_equal(corc_marker_write(&directory, &marker, false, &error), -ENOENT);
	assert_string_equal(error.message, "writing marker of web: no such file or directory");
}

/* --- damage ----------------------------------------------------------------------------------- */

#define REST                                                                                \
	"\"bundle\":\"/b\",\"rootfs\":\"/r\",\"created\":\"c\",\"bootId\":\"x\",\"pid\":1," \
	"\"startTime\":2,\"ownPidNamespace\":true"

static void test_damaged_state(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"{",
		"{}",
		"[]",
		"null",
		"17",
		"not JSON",
		"{" REST "}",
		"{\"id\":\"web\"," REST,
		"{\"id\":\"web\"," REST "}}",
		"{\"id\":17," REST "}",
		"{\"id\":\"web\"," REST ",\"pid\":\"1\"}",
		"{\"id\":\"web\"," REST ",\"pid\":-1}",
		"{\"id\":\"web\"," REST ",\"pid\":4294967296}",
		"{\"id\":\"web\"," REST ",\"startTime\":18446744073709551616}",
		"{\"id\":\"web\"," REST ",\"startTime\":1.5}",
		"{\"id\":\"web\"," REST ",\"ownPidNamespace\":1}",
		"{\"id\":\"web\"," REST ",\"cgroup\":[]}",
		"{\"id\":\"web\"," REST ",\"cgroup\":{\"directories\":[{\"version\":\"x\"}]}}",
		"{\"id\":\"web\"," REST ",\"annotations\":{\"a\":1}}",
		"{\"id\":\"w\\u0000b\"," REST "}",
	};
	struct corc_state_file found;
	struct corc_error error;

	(void)state;
	write_text(directory.fd, "state.json", "{\"id\":\"web\"," REST "}");
	assert_success(corc_state_read(&directory, &arena, &found, &error), &error);
	for (size_t i = 0; i < COUNT(texts); i++) {
		write_text(directory.fd, "state.json", texts[i]);
		if (corc_state_read(&directory, &arena, &found, &error) != -EBADMSG)
			fail_msg("%s was taken", texts[i]);
		assert_int_equal(error.code, EBADMSG);
		assert_int_equal(
			strncmp(error.message, "the state of container web is damaged: ", 39), 0);
		assert_non_null(strstr(error.hint, "delete --force"));
		assert_string_equal(error.origin.file, "state.json");
	}
}

static void test_damaged_marker(void **state)
{
	static const char *const texts[] = {"", "{", "[]", "{}", "{\"bootId\":1}",
		"{\"bootId\":\"x\",\"cgroup\":1}",
		"{\"bootId\":\"x\",\"cgroup\":{\"directories\":{}}}"};
	struct corc_marker found;
	struct corc_error error;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		write_text(directory.fd, "marker", texts[i]);
		if (corc_marker_read(&directory, &arena, &found, &error) != -EBADMSG)
			fail_msg("%s was taken", texts[i]);
		assert_string_equal(error.origin.file, "marker");
	}
	write_text(directory.fd, "marker", "{\"bootId\":\"x\"}");
	assert_success(corc_marker_read(&directory, &arena, &found, &error), &error);
	assert_int_equal(found.cgroup.directories.count, 0);
}

/* Any cut of a good file is a damaged one. */
static void test_cut_state(void **state)
{
	struct corc_state_file written = make_state(), found;
	struct corc_error error;
	char text[4096];

	(void)state;
	write_state(&written);
	int CORC_CLOSE fd = openat(directory.fd, "state.json", O_RDWR | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof(text));

	while (length > 0 && text[length - 1] != '}')
		length--;
	assert_in_range(length, 100, sizeof(text) - 1);
	while (--length >= 0) {
		assert_int_equal(ftruncate(fd, length), 0);
		assert_int_equal(corc_state_read(&directory, &arena, &found, &error), -EBADMSG);
	}
}

static void test_half_made(void **state)
{
	struct corc_state_file found;
	struct corc_marker marker;
	struct corc_error error;

	(void)state;
	assert_int_equal(corc_state_read(&directory, &arena, &found, &error), -ENOENT);
	assert_non_null(strstr(error.message, "container web is not complete"));
	assert_non_null(strstr(error.hint, "delete --force"));
	assert_int_equal(corc_marker_read(&directory, &arena, &marker, &error), -ENOENT);
	assert_string_equal(error.message, "reading marker of web: no such file or directory");
}

static void test_no_regular_file(void **state)
{
	struct corc_state_file found;
	struct corc_error error;

	(void)state;
	assert_int_equal(mkfifoat(directory.fd, "state.json", 0600), 0);
	assert_int_equal(corc_state_read(&directory, &arena, &found, &error), -EINVAL);
	assert_int_equal(unlinkat(directory.fd, "state.json", 0), 0);
	make_directory(directory.fd, "state.json");
	assert_int_equal(corc_state_read(&directory, &arena, &found, &error), -EISDIR);
	assert_int_equal(unlinkat(directory.fd, "state.json", AT_REMOVEDIR), 0);
	write_text(directory.fd, "state.json", "{");
	int CORC_CLOSE fd = openat(directory.fd, "state.json", O_RDWR | O_CLOEXEC);

	assert_int_equal(ftruncate(fd, INT64_C(1) << 40), 0);
	assert_int_equal(corc_state_read(&directory, &arena, &found, &error), -EFBIG);
	assert_string_equal(error.message, "reading state.json of web: file too large");
}

/* --- status ----------------------------------------------------------------------------------- */

/* A state that is true of this very process. */
static struct corc_state_file own_state(char boot_id[CORC_BOOT_ID_SIZE])
{
	int CORC_CLOSE proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct corc_state_file file = make_state();
	struct corc_error error;
	char letter;

	need_own_stat();
	file.cgroup.directories.count = 0;
	file.is_creating = false;
	file.pid = (uint32_t)getpid();
	file.boot_id = boot_id;
	assert_success(corc_boot_id(boot_id, &error), &error);
	assert_int_equal(corc_process_start_time(proc, getpid(), &file.start_time, &letter), 0);
	return file;
}

static enum corc_status status_of(const struct corc_state_file *file, bool lives)
{
	enum corc_status status = (enum corc_status)99;
	struct corc_error error;
	size_t before = open_fds();
	int pidfd = -1;

	assert_success(corc_state_status(&directory, file, &status, NULL, &error), &error);
	assert_int_equal(open_fds(), before);
	assert_success(corc_state_status(&directory, file, &status, &pidfd, &error), &error);
	assert_int_equal(pidfd >= 0, lives);
	if (lives) {
		assert_int_equal(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(corc_pidfd_send_signal(pidfd, 0), 0);
		assert_int_equal(close(pidfd), 0);
	}
	assert_int_equal(open_fds(), before);
	return status;
}

static void test_running(void **state)
{
	char boot_id[CORC_BOOT_ID_SIZE];
	struct corc_state_file file = own_state(boot_id);

	(void)state;
	assert_int_equal(status_of(&file, true), CORC_STATUS_RUNNING);
}

/* Pids are used again: only with its start time, and since this boot, is it the process. */
static void test_another_process(void **state)
{
	static const uint32_t pids[] = {0, 1, INT32_MAX, UINT32_MAX};
	char boot_id[CORC_BOOT_ID_SIZE];
	struct corc_state_file file = own_state(boot_id);

	(void)state;
	file.start_time++;
	assert_int_equal(status_of(&file, false), CORC_STATUS_STOPPED);
	file.start_time--;
	for (size_t i = 0; i < COUNT(pids); i++) {
		file.pid = pids[i];
		assert_int_equal(status_of(&file, false), CORC_STATUS_STOPPED);
	}
	file = own_state(boot_id);
	file.boot_id = "00000000-0000-0000-0000-000000000000";
	assert_int_equal(status_of(&file, false), CORC_STATUS_STOPPED);
}

static void test_ended(void **state)
{
	char boot_id[CORC_BOOT_ID_SIZE];
	struct corc_state_file file = own_state(boot_id);
	int CORC_CLOSE proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	siginfo_t info;
	char letter;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	file.pid = (uint32_t)pid;
	assert_int_equal(corc_process_start_time(proc, pid, &file.start_time, &letter), 0);
	/* Not reaped yet, and then gone. */
	assert_int_equal(status_of(&file, false), CORC_STATUS_STOPPED);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(status_of(&file, false), CORC_STATUS_STOPPED);
}

/* As long as somebody waits at the FIFO. */
static void test_created(void **state)
{
	char boot_id[CORC_BOOT_ID_SIZE];
	struct corc_state_file file = own_state(boot_id);

	(void)state;
	assert_int_equal(mkfifoat(directory.fd, "start.fifo", 0600), 0);
	assert_int_equal(status_of(&file, true), CORC_STATUS_RUNNING);
	int CORC_CLOSE fifo = openat(directory.fd, "start.fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	assert_true(fifo >= 0);
	assert_int_equal(status_of(&file, true), CORC_STATUS_CREATED);
	file.start_time++;
	assert_int_equal(status_of(&file, false), CORC_STATUS_STOPPED);
}

/* Whoever waits at the FIFO: the creation has not come to its end. */
static void test_creating(void **state)
{
	char boot_id[CORC_BOOT_ID_SIZE];
	struct corc_state_file file = own_state(boot_id);

	(void)state;
	file.is_creating = true;
	assert_int_equal(status_of(&file, true), CORC_STATUS_CREATING);
	assert_int_equal(mkfifoat(directory.fd, "start.fifo", 0600), 0);
	int CORC_CLOSE fifo = openat(directory.fd, "start.fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	assert_true(fifo >= 0);
	assert_int_equal(status_of(&file, true), CORC_STATUS_CREATING);
	file.start_time++;
	assert_int_equal(status_of(&file, false), CORC_STATUS_STOPPED);
}

static void test_status_names(void **state)
{
	(void)state;
	assert_string_equal(corc_status_name(CORC_STATUS_CREATING), "creating");
	assert_string_equal(corc_status_name(CORC_STATUS_CREATED), "created");
	assert_string_equal(corc_status_name(CORC_STATUS_RUNNING), "running");
	assert_string_equal(corc_status_name(CORC_STATUS_PAUSED), "paused");
	assert_string_equal(corc_status_name(CORC_STATUS_STOPPED), "stopped");
	assert_string_equal(corc_status_name((enum corc_status)77), "unknown");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, file_setup, file_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_state_round_trip),
		TEST(test_small_state_round_trip),
		TEST(test_marker_round_trip),
		TEST(test_replaced_as_a_whole),
		TEST(test_write_fails),
		TEST(test_damaged_state),
		TEST(test_damaged_marker),
		TEST(test_cut_state),
		TEST(test_half_made),
		TEST(test_no_regular_file),
		TEST(test_running),
		TEST(test_another_process),
		TEST(test_ended),
		TEST(test_created),
		TEST(test_creating),
		TEST(test_status_names),
	};

	return cmocka_run_group_tests_name("run/state_file", tests, NULL, NULL);
}
