/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint/credentials.c: what of a restored process is allowed. */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "checkpoint/verify.h"

#define STATUS                                                                       \
	"Name:\tsh\nUid:\t1000\t1000\t1000\t1000\nGid:\t100\t100\t100\t100\nGroups:" \
	"\t5 7 \n"                                                                   \
	"CapInh:\t0000000000000000\nCapPrm:\t0000000000000020\nCapEff:"              \
	"\t0000000000000020\n"                                                       \
	"CapBnd:\t0000000000000060\nCapAmb:\t0000000000000000\nNoNewPrivs:"          \
	"\t1\nSeccomp:\t2\n"                                                         \
	"Seccomp_filters:\t1\n"

static const uint32_t groups[] = {7, 5};

static struct corc_op_identity allowed_identity(void)
{
	struct corc_op_identity allowed = {.uid = 1000,
		.gid = 100,
		.bounding = 0x60,
		.permitted = 0x20,
		.effective = 0x20,
		.flags = CORC_IDENTITY_NO_NEW_PRIVILEGES};

	allowed.groups.length = sizeof(groups);
	return allowed;
}

static struct corc_credentials found_credentials(void)
{
	struct corc_credentials found = {0};

	assert_int_equal(corc_credentials_parse(STATUS, &found), 0);
	return found;
}

static const char *problem(
	const struct corc_credentials *found, const struct corc_op_identity *allowed)
{
	return corc_credentials_problem(found, allowed, groups, true);
}

static void test_parsed(void **state)
{
	struct corc_credentials found = found_credentials();

	(void)state;
	assert_int_equal(found.uids[3], 1000);
	assert_int_equal(found.gids[0], 100);
	assert_int_equal(found.group_count, 2);
	assert_int_equal(found.groups[1], 7);
	assert_int_equal(found.permitted, 0x20);
	assert_int_equal(found.bounding, 0x60);
	assert_int_equal(found.no_new_privs, 1);
	assert_int_equal(found.seccomp, 2);
}

static void test_damaged(void **state)
{
	struct corc_credentials found;

	(void)state;
	assert_int_equal(corc_credentials_parse("", &found), -EBADMSG);
	assert_int_equal(corc_credentials_parse("Uid:\t1\n", &found), -EBADMSG);
	/* A name that looks like a line of the file is one line with an escape. */
	assert_int_equal(corc_credentials_parse("Name:\tx\\nUid:\t0\t0\t0\t0\n", &found), -EBADMSG);
}

static void test_same(void **state)
{
	struct corc_credentials found = found_credentials();
	struct corc_op_identity allowed = allowed_identity();

	(void)state;
	assert_null(problem(&found, &allowed));
}

static void test_less(void **state)
{
	struct corc_credentials found = found_credentials();
	struct corc_op_identity allowed = allowed_identity();

	(void)state;
	found.permitted = found.effective = found.bounding = 0;
	assert_null(problem(&found, &allowed));
	allowed.flags = 0;
	assert_null(problem(&found, &allowed));
}

/* Each alone. */
static void test_more(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		const char *words;
	} rows[] = {
		{offsetof(struct corc_credentials, bounding), 0xe0,
			"its bounding set of capabilities"},
		{offsetof(struct corc_credentials, permitted), 0x40, "its permitted capabilities"},
		{offsetof(struct corc_credentials, effective), 0x60, "its effective capabilities"},
		{offsetof(struct corc_credentials, inheritable), 0x40,
			"its inheritable capabilities"},
		{offsetof(struct corc_credentials, ambient), 0x40, "its ambient capabilities"},
	};
	struct corc_op_identity allowed = allowed_identity();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct corc_credentials found = found_credentials();

		memcpy((char *)&found + rows[i].offset, &rows[i].value, sizeof(uint64_t));
		assert_string_equal(problem(&found, &allowed), rows[i].words);
	}
}

static void test_ids(void **state)
{
	struct corc_op_identity allowed = allowed_identity();
	struct corc_credentials found = found_credentials();

	(void)state;
	found.uids[2] = 0;
	assert_string_equal(problem(&found, &allowed), "its user");
	found = found_credentials();
	found.gids[3] = 0;
	assert_string_equal(problem(&found, &allowed), "its group");
	found = found_credentials();
	found.group_count = 1;
	assert_string_equal(problem(&found, &allowed), "its additional groups");
	found.group_count = 2;
	found.groups[0] = 0;
	assert_string_equal(problem(&found, &allowed), "its additional groups");
	/* Who may change them may have done so. */
	allowed.permitted |= 1u << CAP_SETUID | 1u << CAP_SETGID;
	found.uids[2] = found.gids[3] = 0;
	assert_null(problem(&found, &allowed));
}

static void test_filters(void **state)
{
	struct corc_op_identity allowed = allowed_identity();
	struct corc_credentials found = found_credentials();

	(void)state;
	found.no_new_privs = 0;
	assert_string_equal(problem(&found, &allowed), "no_new_privs, which is not set");
	found = found_credentials();
	found.seccomp = 0;
	assert_string_equal(problem(&found, &allowed), "seccomp, which has no filter");
	assert_null(corc_credentials_problem(&found, &allowed, groups, false));
}

static void test_labels(void **state)
{
	static const struct {
		const char *text, *wanted;
		bool is;
	} rows[] = {
		{"docker-default (enforce)", "docker-default", true},
		{"docker-default (complain)", "docker-default", true},
		{"unconfined", "unconfined", true},
		{"unconfined", "docker-default", false},
		{"docker-default2 (enforce)", "docker-default", false},
		/* Blanks and brackets can be in names. */
		{"docker more (enforce)", "docker", false},
		{"docker (more) (enforce)", "docker", false},
		{"docker (more) (enforce)", "docker (more)", true},
		{"docker (enforce) (enforce)", "docker", false},
		{"docker (enforce", "docker", false},
		/* One profile below another. */
		{"docker//&other (enforce)", "docker", false},
		{"s:r:container_t:s0:c1,c2", "s:r:container_t:s0:c1,c2", true},
		{"s:r:container_t:s0:c1,c2", "s:r:container_t:s0:c1", false},
		{"s:r:container_t:s0:c1", "s:r:container_t:s0:c1,c2", false},
		{"s:r:spc_t:s0", "s:r:container_t:s0", false},
		{"", "s:r:container_t:s0", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(corc_label_is(rows[i].text, rows[i].wanted), rows[i].is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parsed),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_less),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
