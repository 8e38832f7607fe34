/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to enter a container, kept and found again: as it was packed, or compiled anew from the kept
 * configuration when the packed form is another build's or damaged.
 */
#include "run/exec_base.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "run/bundle.h"
#include "run_fixture.h"
#include "spec/pack.h"

#define CONFIG_WITH(seccomp)                                                               \
	"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"},\n"                  \
	"\"process\": {\"args\": [\"sh\", \"-c\", \"x\"], \"cwd\": \"/srv\","              \
	"\"env\": [\"PATH=/bin\", \"A=1\"], \"noNewPrivileges\": true,"                    \
	"\"user\": {\"uid\": 0, \"gid\": 0, \"additionalGids\": [0]},"                     \
	"\"capabilities\": {\"bounding\": [\"CAP_KILL\"], \"permitted\": [\"CAP_KILL\"]}," \
	"\"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"soft\": 50, \"hard\": 60}]},\n"     \
	"\"linux\": {\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"pid\"},"         \
	"{\"type\": \"user\"}, {\"type\": \"uts\"}],"                                      \
	"\"uidMappings\": [{\"containerID\": 0, \"hostID\": 1000, \"size\": 5}],"          \
	"\"gidMappings\": [{\"containerID\": 0, \"hostID\": 2000, \"size\": 6}]" seccomp "}}"

static const char config[] = CONFIG_WITH("");
static const char config_with_seccomp[] = CONFIG_WITH(
	", \"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": "
	"[\"getpriority\"], \"action\": \"SCMP_ACT_ERRNO\"}]}");

static struct corc_state_directory directory;
static struct corc_bundle bundle;
static struct corc_state_file container;
static struct corc_error error;

static int base_setup(void **state)
{
	if (run_setup(state) < 0)
		return -1;
	make_directory(*(int *)*state, "rootfs");
	return corc_state_make(run_runtime(), "web", &directory, &error);
}

static int base_teardown(void **state)
{
	corc_bundle_done(&bundle);
	memset(&bundle, 0, sizeof(bundle));
	corc_state_close(&directory);
	return run_teardown(state);
}

/* What create does before it keeps the base: the bundle is loaded, its configuration kept. */
static void create_from(const char *text)
{
	struct corc_create_options options = {.bundle = temporary_path()};
	int CORC_CLOSE top = open(temporary_path(), O_PATH | O_DIRECTORY | O_CLOEXEC);

	write_text(top, "config.json", text);
	write_text(directory.fd, "config.json", text);
	int r = corc_bundle_load(run_runtime(), "web", &options, &bundle, &error);

	if (r == -ENOSYS)
		skip_because("built without libseccomp");
	assert_success(r, &error);
	container = (struct corc_state_file){
		.id = "web", .bundle = bundle.path, .rootfs = bundle.rootfs};
	assert_success(
		corc_exec_base_write(&directory, &bundle.input, bundle.plan, &error), &error);
}

static int read_base(struct corc_exec_base_file *file, struct corc_arena *arena)
{
	struct corc_container opened = {.directory = directory, .state = container, .pidfd = -1};

	return corc_exec_base_read(run_runtime(), &opened, arena, file, &error);
}

/* Reads it and compares with what was compiled, all of it. */
static void assert_base(void)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_exec_base_file CORC_CLEANUP(corc_exec_base_done) file = {0};
	struct corc_buffer CORC_BUFFER found = {0}, CORC_BUFFER expected = {0};
	struct corc_exec_base base;
	size_t before = open_fds();

	assert_success(read_base(&file, &arena), &error);
	assert_int_equal(open_fds(), before);
	corc_exec_base_of(&bundle.input, bundle.plan, &base);
	assert_int_equal(corc_pack(&corc_exec_base_object, &base, &expected), 0);
	assert_int_equal(corc_pack(&corc_exec_base_object, &file.base, &found), 0);
	assert_int_equal(found.length, expected.length);
	assert_memory_equal(found.data, expected.data, found.length);
	assert_int_equal(file.base.has_seccomp, bundle.plan->seccomp_program != NULL);
	assert_int_equal(file.seccomp_size, bundle.plan->seccomp_size);
	if (bundle.plan->seccomp_program)
		assert_memory_equal(
			file.seccomp_program, bundle.plan->seccomp_program, file.seccomp_size);
	/* Some of it by hand. */
	assert_string_equal(file.base.process.args.items[2], "x");
	assert_string_equal(file.base.process.cwd, "/srv");
	assert_int_equal(file.base.process.rlimits.items[0].hard, 60);
	assert_int_equal(file.base.root_uid, 0);
	assert_true(file.base.namespaces != 0);
}

/* Whether config.json was needed: without it only the packed form is left. */
static bool is_packed_form_used(void)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_exec_base_file CORC_CLEANUP(corc_exec_base_done) file = {0};

	assert_int_equal(
		renameat(directory.fd, "config.json", directory.fd, "config.json.away"), 0);
	int r = read_base(&file, &arena);

	assert_int_equal(
		renameat(directory.fd, "config.json.away", directory.fd, "config.json"), 0);
	if (r == 0)
		return true;
	assert_int_equal(r, -ENOENT);
	assert_non_null(strstr(error.message, "config.json"));
	return false;
}

/* --- as it was packed ------------------------------------------------------------------------- */

static void assert_private_file(const char *name)
{
	struct stat status;

	assert_int_equal(fstatat(directory.fd, name, &status, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
}

static void test_packed(void **state)
{
	(void)state;
	create_from(config);
	assert_private_file("exec.base");
	assert_false(is_there(directory.fd, "seccomp.bpf"));
	assert_base();
	assert_true(is_packed_form_used());
}

static void test_packed_with_seccomp(void **state)
{
	(void)state;
	create_from(config_with_seccomp);
	assert_non_null(bundle.plan->seccomp_program);
	assert_private_file("seccomp.bpf");
	assert_base();
	assert_true(is_packed_form_used());
}

/* --- another build's, or damaged -------------------------------------------------------------- */

static void flip(const char *name, off_t at)
{
	int CORC_CLOSE fd = openat(directory.fd, name, O_RDWR | O_CLOEXEC);
	unsigned char byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static off_t size_of(const char *name)
{
	struct stat status;

	assert_int_equal(fstatat(directory.fd, name, &status, 0), 0);
	return status.st_size;
}

/* The second number of the file is the fingerprint of its layout. */
static void test_another_layout(void **state)
{
	(void)state;
	create_from(config_with_seccomp);
	flip("exec.base", 8);
	assert_false(is_packed_form_used());
	assert_base();
	flip("exec.base", 8);
	assert_true(is_packed_form_used());
}

/* Any single byte. */
static void test_flipped_bytes(void **state)
{
	(void)state;
	create_from(config);
	off_t size = size_of("exec.base");

	assert_in_range(size, 64, 4096);
	for (off_t at = 0; at < size; at++) {
		flip("exec.base", at);
		assert_false(is_packed_form_used());
		if (at % 16 == 0)
			assert_base();
		flip("exec.base", at);
	}
	assert_true(is_packed_form_used());
}

static void test_cut_file(void **state)
{
	static const off_t sizes[] = {0, 1, 31, 32, 33};

	(void)state;
	create_from(config);
	int CORC_CLOSE fd = openat(directory.fd, "exec.base", O_RDWR | O_CLOEXEC);
	off_t size = size_of("exec.base");

	assert_int_equal(ftruncate(fd, size + 1), 0);
	assert_false(is_packed_form_used());
	assert_int_equal(ftruncate(fd, size - 1), 0);
	assert_false(is_packed_form_used());
	for (size_t i = COUNT(sizes); i-- > 0;) {
		assert_int_equal(ftruncate(fd, sizes[i]), 0);
		assert_false(is_packed_form_used());
		assert_base();
	}
}

static void test_missing_files(void **state)
{
	(void)state;
	create_from(config_with_seccomp);
	assert_int_equal(unlinkat(directory.fd, "seccomp.bpf", 0), 0);
	assert_false(is_packed_form_used());
	assert_base();
	assert_int_equal(unlinkat(directory.fd, "exec.base", 0), 0);
	assert_false(is_packed_form_used());
	assert_base();
}

/* A filter that is empty or cut would let pass what the profile forbids. */
static void test_damaged_filter(void **state)
{
	(void)state;
	create_from(config_with_seccomp);
	int CORC_CLOSE fd = openat(directory.fd, "seccomp.bpf", O_RDWR | O_CLOEXEC);

	flip("seccomp.bpf", size_of("seccomp.bpf") - 1);
	assert_base();
	flip("seccomp.bpf", size_of("seccomp.bpf") - 1);
	assert_int_equal(ftruncate(fd, size_of("seccomp.bpf") - 8), 0);
	assert_base();
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_base();
}

/* What cannot be read at all is no reason to guess. */
static void test_no_regular_file(void **state)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_exec_base_file CORC_CLEANUP(corc_exec_base_done) file = {0};

	(void)state;
	create_from(config);
	assert_int_equal(unlinkat(directory.fd, "exec.base", 0), 0);
	make_directory(directory.fd, "exec.base");
	assert_int_equal(read_base(&file, &arena), -EISDIR);
	assert_string_equal(error.message, "reading exec.base of web: is a directory");
}

/* Neither form is there, or the kept configuration is damaged too. */
static void test_nothing_left(void **state)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_exec_base_file CORC_CLEANUP(corc_exec_base_done) file = {0};

	(void)state;
	create_from(config);
	assert_int_equal(unlinkat(directory.fd, "exec.base", 0), 0);
	write_text(directory.fd, "config.json", "{\"ociVersion\": \"1.3.0\"");
	assert_int_equal(read_base(&file, &arena), -EINVAL);
	assert_string_equal(error.origin.file, "config.json");
	corc_exec_base_done(&file);
	assert_int_equal(unlinkat(directory.fd, "config.json", 0), 0);
	assert_int_equal(read_base(&file, &arena), -ENOENT);
	assert_string_equal(
		error.message, "reading the kept config.json: no such file or directory");
}

static void write_proc(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	child_equal(write(fd, text, strlen(text)), strlen(text));
	child_equal(close(fd), 0);
}

/* In a new user namespace: whoever this is becomes its root. */
static void map_root(uid_t uid, gid_t gid)
{
	char text[32];

	write_proc("/proc/self/setgroups", "deny");
	(void)snprintf(text, sizeof(text), "0 %u 1", uid);
	write_proc("/proc/self/uid_map", text);
	(void)snprintf(text, sizeof(text), "0 %u 1", gid);
	write_proc("/proc/self/gid_map", text);
}

/* A process in namespaces of its own; it ends when the write end is closed. */
static pid_t make_namespaces(int *ret_write_end)
{
	int ready[2], block[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(block, O_CLOEXEC), 0);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		uid_t uid = geteuid();
		gid_t gid = getegid();

		(void)close(block[1]);
		child_equal(unshare(CLONE_NEWUSER | CLONE_NEWUTS), 0);
		map_root(uid, gid);
		child_equal(write(ready[1], "x", 1), 1);
		_exit(read(block[0], &byte, 1) != 0);
	}
	assert_int_equal(close(ready[1]), 0);
	assert_int_equal(close(block[0]), 0);
	if (read(ready[0], &byte, 1) != 1)
		skip_because("needs user namespaces");
	assert_int_equal(close(ready[0]), 0);
	*ret_write_end = block[1];
	return pid;
}

/* A namespace that was joined by a path may be gone by now; that it was joined still counts. */
static void test_joined_namespaces(void **state)
{
	static const char joined[] =
		"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"}, \"process\": "
		"{\"args\": [\"sh\"], \"cwd\": \"/\", \"user\": {\"uid\": 0, \"gid\": 0}}, "
		"\"linux\": {\"namespaces\": [{\"type\": \"mount\"}, "
		"{\"type\": \"user\", \"path\": \"/proc/%d/ns/user\"}, "
		"{\"type\": \"uts\", \"path\": \"/proc/%d/ns/uts\"}]}}";
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_exec_base_file CORC_CLEANUP(corc_exec_base_done) packed = {0};
	struct corc_exec_base_file CORC_CLEANUP(corc_exec_base_done) compiled = {0};
	struct corc_buffer CORC_BUFFER found = {0}, CORC_BUFFER expected = {0};
	int write_end;
	char text[512];
	pid_t pid = make_namespaces(&write_end);

	(void)state;
	(void)snprintf(text, sizeof(text), joined, (int)pid, (int)pid);
	create_from(text);
	assert_int_equal(close(write_end), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_success(read_base(&packed, &arena), &error);
	assert_true(packed.base.namespaces & CLONE_NEWUSER);
	assert_true(packed.base.namespaces & CLONE_NEWUTS);
	assert_int_equal(unlinkat(directory.fd, "exec.base", 0), 0);
	assert_success(read_base(&compiled, &arena), &error);
	assert_int_equal(corc_pack(&corc_exec_base_object, &packed.base, &expected), 0);
	assert_int_equal(corc_pack(&corc_exec_base_object, &compiled.base, &found), 0);
	assert_int_equal(found.length, expected.length);
	assert_memory_equal(found.data, expected.data, found.length);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, base_setup, base_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_packed),
		TEST(test_packed_with_seccomp),
		TEST(test_another_layout),
		TEST(test_flipped_bytes),
		TEST(test_cut_file),
		TEST(test_missing_files),
		TEST(test_damaged_filter),
		TEST(test_no_regular_file),
		TEST(test_nothing_left),
		TEST(test_joined_namespaces),
	};

	return cmocka_run_group_tests_name("run/exec_base", tests, NULL, NULL);
}
