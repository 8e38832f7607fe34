/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels, on a directory that looks like procfs and on the real one; the session keyring. What is a
 * matter of the process or its mounts is tried in child processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "stage_fixture.h"
#include "sys/emulator.h"
#include "sys/keyring.h"

static struct stage_fixture fixture;
static struct corc_stage *const stage = &fixture.stage;

#define NO_KEYRING "this kernel has no keyrings"

/* --- labels ----------------------------------------------------------------------------------- */

static int directory;

/* self is a link as it is in procfs. */
static int label_setup(void **state)
{
	if (temporary_setup(state) < 0)
		return -1;
	directory = *(int *)*state;
	make_directory(directory, "17");
	make_directory(directory, "17/attr");
	make_directory(directory, "17/attr/apparmor");
	write_text(directory, "17/attr/apparmor/exec", "");
	write_text(directory, "17/attr/exec", "");
	write_text(directory, "17/attr/keycreate", "");
	return symlinkat("17", directory, "self");
}

/* A plan of one label, written below the directory. */
static int label(uint32_t use, const char *text)
{
	struct corc_op *op;
	size_t before;
	int r;

	stage_init(&fixture);
	op = corc_builder_op(&fixture.builder, CORC_OP_LABEL, corc_source(0, NULL));
	op->label.text = corc_builder_string(&fixture.builder, text);
	op->label.use = use;
	stage_finish(&fixture);
	stage->host_proc = directory;
	before = open_fds();
	r = corc_op_label(stage, stage_op(&fixture, 0));
	assert_int_equal(open_fds(), before);
	stage_done(&fixture);
	return r;
}

static void test_selinux_labels(void **state)
{
	(void)state;
	assert_int_equal(label(CORC_LABEL_SELINUX_EXEC, "u:system_r:t:s0:c1,c2"), 0);
	assert_text(directory, "17/attr/exec", "u:system_r:t:s0:c1,c2");
	assert_int_equal(label(CORC_LABEL_SELINUX_KEYS, "u:system_r:k:s0"), 0);
	assert_text(directory, "17/attr/keycreate", "u:system_r:k:s0");
	assert_text(directory, "17/attr/apparmor/exec", "");
}

/* What is written begins with "exec ", and so does what this file reads back. */
static void test_apparmor_profile(void **state)
{
	(void)state;
	assert_int_equal(label(CORC_LABEL_APPARMOR_EXEC, "exec"), 0);
	assert_text(directory, "17/attr/apparmor/exec", "exec exec");
	assert_text(directory, "17/attr/exec", "");
}

static void test_other_profile_reads_back(void **state)
{
	static const char *const names[] = {"docker-default", "exe", "exec exec2"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		write_text(directory, "17/attr/apparmor/exec", "");
		assert_int_equal(label(CORC_LABEL_APPARMOR_EXEC, names[i]), -EPERM);
		assert_int_equal(stage->detail, CORC_DETAIL_READ_BACK);
	}
	assert_text(directory, "17/attr/apparmor/exec", "exec exec exec2");
}

/* Stacks and namespaces come back in another form. */
static void test_composed_profiles(void **state)
{
	static const char *const names[] = {"a//&b", ":ns:a", "&b"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(label(CORC_LABEL_APPARMOR_EXEC, names[i]), 0);
}

static void test_nothing_reads_back(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(unlinkat(directory, "17/attr/exec", 0), 0);
	if (mknodat(directory, "17/attr/exec", S_IFCHR | 0666, makedev(1, 3)) < 0)
		skip_because("no devices can be made here");
	assert_int_equal(label(CORC_LABEL_SELINUX_EXEC, "u:r:t"), -EPERM);
	assert_int_equal(stage->detail, CORC_DETAIL_READ_BACK);
}

static void test_label_length(void **state)
{
	char text[4097];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[4095] = '\0';
	assert_int_equal(label(CORC_LABEL_SELINUX_EXEC, text), 0);
	assert_int_equal(label(CORC_LABEL_APPARMOR_EXEC, text), -ENAMETOOLONG);
	text[4095] = 'x';
	text[4096] = '\0';
	assert_int_equal(label(CORC_LABEL_SELINUX_EXEC, text), -ENAMETOOLONG);
	assert_int_equal(label(CORC_LABEL_SELINUX_KEYS + 1, "x"), -EBADMSG);
}

static void test_label_does_not_leave(void **state)
{
	(void)state;
	assert_int_equal(unlinkat(directory, "self", 0), 0);
	assert_int_equal(label(CORC_LABEL_SELINUX_EXEC, "u:r:t"), -ENOENT);
	assert_int_equal(symlinkat("/proc/self", directory, "self"), 0);
	assert_int_equal(label(CORC_LABEL_SELINUX_EXEC, "u:r:t"), -EXDEV);
	assert_int_equal(unlinkat(directory, "self", 0), 0);
	assert_int_equal(symlinkat("../17", directory, "self"), 0);
	assert_int_equal(label(CORC_LABEL_SELINUX_EXEC, "u:r:t"), -EXDEV);
	assert_text(directory, "17/attr/exec", "");
}

/* --- the real procfs -------------------------------------------------------------------------- */

static int open_host_proc(void)
{
	stage_init(&fixture);
	corc_builder_op(&fixture.builder, CORC_OP_HOST_PROC, corc_source(0, NULL));
	stage_finish(&fixture);
	return corc_op_host_proc(stage, stage_op(&fixture, 0));
}

static void test_host_proc(void **state)
{
	char link[64], target[64] = "";

	(void)state;
	assert_int_equal(open_host_proc(), 0);
	assert_int_equal(fcntl(stage->host_proc, F_GETFD), FD_CLOEXEC);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", stage->host_proc);
	assert_true(readlink(link, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "/proc");
	corc_close_(stage->host_proc);
	stage_done(&fixture);
}

static int enter_mounts(void)
{
	return unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
		       ? CHILD_SKIP
		       : 0;
}

/* Neither another file system nor a part of procfs is its root. */
static int find_false_proc(void *argument)
{
	const char *const *places = argument;

	if (enter_mounts() != 0)
		return CHILD_SKIP;
	for (; *places; places++) {
		child_equal(mount(*places, "/proc", NULL, MS_BIND, NULL), 0);
		child_equal(open_host_proc(), -ENODEV);
		child_equal(stage->host_proc, -1);
		child_equal(umount("/proc"), 0);
	}
	/* The root of a tmpfs has the same inode number. */
	child_equal(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
	child_equal(open_host_proc(), -ENODEV);
	child_equal(umount("/proc"), 0);
	child_equal(open_host_proc(), 0);
	return 0;
}

/* What is mounted over the attributes of this process gets nothing of the label. */
static int find_covered_attributes(void *argument)
{
	static const char *const covers[] = {"/proc/self/attr", "/proc/self/attr/exec"};
	struct corc_op op = {.kind = CORC_OP_LABEL, .label.use = CORC_LABEL_SELINUX_EXEC};

	if (enter_mounts() != 0)
		return CHILD_SKIP;
	child_equal(open_host_proc(), 0);
	child_equal(mount(argument, covers[0], NULL, MS_BIND, NULL), 0);
	child_equal(corc_op_label(stage, &op), -EXDEV);
	child_equal(umount(covers[0]), 0);
	child_equal(mount("/dev/null", covers[1], NULL, MS_BIND, NULL), 0);
	child_equal(corc_op_label(stage, &op), -EXDEV);
	return 0;
}

static void test_false_proc(void **state)
{
	char path[4096];
	const char *places[] = {path, "/proc/sys", NULL};

	(void)state;
	need_root();
	(void)snprintf(path, sizeof(path), "%s", temporary_path());
	try_in_child(find_false_proc, places, "needs mount namespaces");
}

static void test_covered_attributes(void **state)
{
	char path[4096];

	(void)state;
	need_root();
	(void)snprintf(path, sizeof(path), "%s/17/attr", temporary_path());
	try_in_child(find_covered_attributes, path, "needs mount namespaces");
	assert_text(directory, "17/attr/exec", "");
}

/* --- keyring ---------------------------------------------------------------------------------- */

static char name[64];

/* A plan of one op, with a name that is used once: a keyring may outlive its processes a little. */
static void make_keyring_plan(uint32_t permissions)
{
	struct corc_op *op;

	(void)snprintf(name, sizeof(name), "corc-test-%d-%x", (int)getpid(), permissions);
	stage_init(&fixture);
	op = corc_builder_op(&fixture.builder, CORC_OP_KEYRING, corc_source(0, NULL));
	op->keyring.name = corc_builder_string(&fixture.builder, name);
	op->keyring.permissions = permissions;
	stage_finish(&fixture);
}

/* "keyring;UID;GID;PERMISSIONS;NAME" of the session keyring. */
static void describe_keyring(char *text, size_t size)
{
	memset(text, 0, size);
	child_assert(
		syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, size) > 0);
}

/* The argument: its permissions, as the kernel writes them. */
static int join(void *argument)
{
	char text[256], expected[256];

	if (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1) < 0)
		return CHILD_SKIP;
	child_equal(corc_op_keyring(&fixture.stage, stage_op(&fixture, 0)), 0);
	describe_keyring(text, sizeof(text));
	(void)snprintf(expected, sizeof(expected), "keyring;%u;%u;%s;%s", (unsigned)geteuid(),
		(unsigned)getegid(), (const char *)argument, name);
	child_string(text, expected);
	return 0;
}

static void test_keyring(void **state)
{
	(void)state;
	make_keyring_plan(CORC_KEY_SESSION_DEFAULT | CORC_KEY_USER_SEARCH);
	try_in_child(join, "3f1b0000", NO_KEYRING);
	stage_done(&fixture);
	make_keyring_plan(0);
	try_in_child(join, "3f130000", NO_KEYRING);
	stage_done(&fixture);
}

/* From here on keyctl(2) fails with this errno. */
static void deny_keyctl(int code)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = COUNT(filter), .filter = filter};

	child_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	child_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static int join_denied(void *argument)
{
	int code = *(int *)argument;

	deny_keyctl(code);
	child_equal(
		corc_op_keyring(&fixture.stage, stage_op(&fixture, 0)), code == ENOSYS ? 0 : -code);
	return 0;
}

/* Without keyrings there is nothing to protect; every other failure counts. */
static void test_keyring_failures(void **state)
{
	int codes[] = {ENOSYS, EDQUOT, EPERM, EACCES};

	(void)state;
	need_call(SYS_seccomp, "seccomp");
	make_keyring_plan(CORC_KEY_SESSION_DEFAULT);
	for (size_t i = 0; i < COUNT(codes); i++)
		run_in_child(join_denied, &codes[i]);
	stage_done(&fixture);
}

#define LABEL_TEST(name) cmocka_unit_test_setup_teardown(name, label_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LABEL_TEST(test_selinux_labels),
		LABEL_TEST(test_apparmor_profile),
		LABEL_TEST(test_other_profile_reads_back),
		LABEL_TEST(test_composed_profiles),
		LABEL_TEST(test_nothing_reads_back),
		LABEL_TEST(test_label_length),
		LABEL_TEST(test_label_does_not_leave),
		LABEL_TEST(test_false_proc),
		LABEL_TEST(test_covered_attributes),
		cmocka_unit_test(test_host_proc),
		cmocka_unit_test(test_keyring),
		cmocka_unit_test(test_keyring_failures),
	};

	return cmocka_run_group_tests_name("security", tests, NULL, NULL);
}
