/* SPDX-License-Identifier: Apache-2.0 */
/* The session keyring, in child processes: it is a matter of the process. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "stage_fixture.h"
#include "sys/keyring.h"

static struct stage_fixture fixture;

#define NO_KEYRING "this kernel has no keyrings"

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
	make_keyring_plan(CORC_KEY_SESSION_DEFAULT);
	for (size_t i = 0; i < COUNT(codes); i++)
		run_in_child(join_denied, &codes[i]);
	stage_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keyring),
		cmocka_unit_test(test_keyring_failures),
	};

	return cmocka_run_group_tests_name("security", tests, NULL, NULL);
}
