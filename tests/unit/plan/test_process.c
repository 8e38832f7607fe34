/* SPDX-License-Identifier: Apache-2.0 */
/* What golden plans do not show of a process: its environment, its credentials, its exec base. */
#include "plan_fixture.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <string.h>

#include "plan/capabilities.h"
#include "spec/pack.h"

/* `members` are those of "process", after args and cwd. */
static int compile(struct plan_fixture *fixture, const char *members, const char *annotations)
{
	return plan_compile(fixture,
		corc_arena_printf(&fixture->arena,
			"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"}, "
			"\"process\": {\"args\": [\"sh\"], \"cwd\": \"/\"%s}, \"linux\": "
			"{\"namespaces\": [{\"type\": \"mount\"}]}, \"annotations\": {%s}}",
			members, annotations));
}

/* The list with commas for NULs. */
static const char *list_text(
	struct plan_fixture *fixture, const struct corc_plan *plan, const struct corc_op_list *list)
{
	char *text = corc_arena_memdup(
		&fixture->arena, plan_text(plan, list->items), list->items.length + 1);

	for (uint32_t i = 0; i + 1 < list->items.length; i++)
		if (!text[i])
			text[i] = ',';
	return text;
}

static void test_environment(void **state)
{
	static const struct {
		const char *env, *expected;
		uint32_t count;
	} cases[] = {
		{"", "", 0},
		{"\"A=1\"", "A=1", 1},
		{"\"A=1\", \"B=2\", \"A=3\"", "B=2,A=3", 2},
		{"\"A=1\", \"A=1\", \"A=1\"", "A=1", 1},
		{"\"AB=1\", \"A=2\", \"AB=3\", \"A=\", \"B=A=1\"", "AB=3,A=,B=A=1", 3},
		{"\"HOME=\", \"HOME=/a\"", "HOME=/a", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan_fixture fixture = {0};
		const struct corc_op_list *list;

		assert_int_equal(
			compile(&fixture,
				corc_arena_printf(&fixture.arena, ", \"env\": [%s]", cases[i].env),
				"\"test.exec\": \"true\""),
			0);
		list = &plan_op(fixture.plan, CORC_OP_ENVIRONMENT, 0)->list;
		assert_int_equal(list->count, cases[i].count);
		assert_string_equal(list_text(&fixture, fixture.plan, list), cases[i].expected);
		list = &plan_op(fixture.exec, CORC_OP_ENVIRONMENT, 0)->list;
		assert_string_equal(list_text(&fixture, fixture.exec, list), cases[i].expected);
		plan_done(&fixture);
	}
}

/* Many variables, half of them given again: the table of names has collisions and all are found. */
static void test_large_environment(void **state)
{
	struct plan_fixture fixture = {0};
	struct corc_buffer CORC_BUFFER env = {0};

	(void)state;
	corc_buffer_puts(&env, ", \"env\": [\"X=0\"");
	for (unsigned i = 0; i < 3000; i++)
		corc_buffer_printf(&env, ", \"V%u=%u\"", i % 2000, i);
	corc_buffer_puts(&env, "]");
	assert_int_equal(compile(&fixture, env.data, ""), 0);

	const struct corc_op_list *list = &plan_op(fixture.plan, CORC_OP_ENVIRONMENT, 0)->list;
	const char *text = list_text(&fixture, fixture.plan, list);

	assert_int_equal(list->count, 2001);
	assert_int_equal(strncmp(text, "X=0,V1000=1000,V1001=1001,", 26), 0);
	assert_non_null(strstr(text, ",V1999=1999,V0=2000,V1=2001,"));
	assert_string_equal(text + strlen(text) - 10, ",V999=2999");
	plan_done(&fixture);
}

static void test_credentials(void **state)
{
	struct plan_fixture fixture = {0};
	const struct corc_op_identity *identity;
	const uint32_t groups[] = {7, 5, 7};

	(void)state;
	assert_int_equal(compile(&fixture,
				 ", \"user\": {\"uid\": 1, \"gid\": 2, \"umask\": 7, "
				 "\"additionalGids\": [7, 5, 7]}, \"capabilities\": {\"bounding\": "
				 "[\"CAP_CHOWN\", \"CAP_CHECKPOINT_RESTORE\"], \"effective\": "
				 "[\"CAP_KILL\"], \"permitted\": [\"CAP_KILL\", \"CAP_CHOWN\"], "
				 "\"inheritable\": [\"CAP_KILL\"], \"ambient\": [\"CAP_KILL\"]}",
				 ""),
		0);
	identity = &plan_op(fixture.plan, CORC_OP_IDENTITY, 0)->identity;
	assert_int_equal(identity->uid, 1);
	assert_int_equal(identity->gid, 2);
	assert_int_equal(identity->umask, 7);
	assert_int_equal(identity->flags, 0);
	/* Exactly what was given. */
	assert_int_equal(identity->groups.length, sizeof(groups));
	assert_memory_equal(plan_text(fixture.plan, identity->groups), groups, sizeof(groups));
	assert_int_equal(identity->bounding, 1 | UINT64_C(1) << 40);
	assert_int_equal(identity->effective, 1 << 5);
	assert_int_equal(identity->permitted, 1 << 5 | 1);
	assert_int_equal(identity->inheritable, 1 << 5);
	assert_int_equal(identity->ambient, 1 << 5);
	assert_int_equal(identity->last_capability, 40);
	assert_int_equal(fixture.plan->warnings.count, 0);
	plan_done(&fixture);
}

/* The caller cannot give what it does not have, and the kernel none that it does not know. */
static void test_unavailable(void **state)
{
	struct plan_fixture fixture = {0};
	const struct corc_op_identity *identity;
	struct corc_plan *plan;

	(void)state;
	assert_int_equal(compile(&fixture,
				 ", \"capabilities\": {\"bounding\": [\"CAP_CHOWN\", \"CAP_KILL\", "
				 "\"CAP_BPF\"], \"permitted\": [\"CAP_BPF\", \"CAP_KILL\"]}",
				 ""),
		0);
	fixture.host.last_capability = 37;
	fixture.host.capabilities = 1 | UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << 39;
	assert_int_equal(
		corc_compile_create(&fixture.arena, &fixture.input, &plan, &fixture.error), 0);
	identity = &plan_op(plan, CORC_OP_IDENTITY, 0)->identity;
	assert_int_equal(identity->bounding, 1);
	assert_int_equal(identity->permitted, 0);
	/* Once for each. */
	assert_int_equal(plan->warnings.count, 2);
	assert_non_null(strstr(plan->warnings.items[0], "CAP_KILL"));
	assert_non_null(strstr(plan->warnings.items[1], "CAP_BPF"));
	plan_done(&fixture);
}

static void test_capability_names(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};

	(void)state;
	assert_int_equal(corc_capability_number("CAP_CHOWN"), 0);
	assert_int_equal(corc_capability_number("CAP_SYS_ADMIN"), 21);
	assert_int_equal(corc_capability_number("CAP_CHECKPOINT_RESTORE"), 40);
	assert_int_equal(corc_capability_number("cap_chown"), -ENOENT);
	assert_int_equal(corc_capability_number("CAP_Chown"), -ENOENT);
	assert_int_equal(corc_capability_number("CHOWN"), -ENOENT);
	assert_int_equal(corc_capability_number("CAP_"), -ENOENT);
	assert_int_equal(corc_capability_number("CAP_CHOWN,CAP_KILL"), -ENOENT);
	assert_int_equal(corc_capability_number("0"), -ENOENT);
	assert_int_equal(corc_capability_number(""), -ENOENT);
	corc_capabilities_put(0x21, 40, &text);
	corc_buffer_puts(&text, " ");
	corc_capabilities_put(0, 40, &text);
	corc_buffer_puts(&text, " ");
	corc_capabilities_put((UINT64_C(1) << 41) - 1, 40, &text);
	corc_buffer_puts(&text, " ");
	corc_capabilities_put(UINT64_MAX, 63, &text);
	assert_string_equal(text.data, "CAP_CHOWN,CAP_KILL none all all");
}

/* With a filter and without no_new_privs CAP_SYS_ADMIN stays until the filter is loaded. */
static void test_keep_sys_admin(void **state)
{
	static const char filter[] = "0123456789abcdef";
	struct plan_fixture fixture = {0};
	struct corc_exec_base base;
	struct corc_compile_exec_input input = {.base = &base,
		.process = &base.process,
		.seccomp_program = filter,
		.seccomp_size = 16};
	struct corc_plan *plan;

	(void)state;
	assert_int_equal(compile(&fixture, "", ""), 0);
	corc_exec_base_of(&fixture.input, fixture.plan, &base);
	assert_int_equal(corc_compile_exec(&fixture.arena, &input, &plan, &fixture.error), 0);
	assert_int_equal(
		plan_op(plan, CORC_OP_IDENTITY, 0)->identity.flags, CORC_IDENTITY_KEEP_SYS_ADMIN);
	assert_int_equal(plan_op(plan, CORC_OP_DROP_SYS_ADMIN, 0)->identity.flags, 0);
	assert_string_equal(plan_kinds(&fixture, plan),
		"keyring,chdir,identity,chdir,environment,home,lookup,seccomp,drop-sys-admin,"
		"clone-visible,session,exec");
	base.process.no_new_privileges = true;
	assert_int_equal(corc_compile_exec(&fixture.arena, &input, &plan, &fixture.error), 0);
	assert_int_equal(plan_op(plan, CORC_OP_IDENTITY, 0)->identity.flags,
		CORC_IDENTITY_NO_NEW_PRIVILEGES);
	assert_string_equal(plan_kinds(&fixture, plan),
		"keyring,chdir,identity,chdir,environment,home,lookup,clone-visible,session,"
		"seccomp,exec");
	plan_done(&fixture);
}

/* What create keeps for exec is there again after packing. */
static void test_exec_base(void **state)
{
	struct plan_fixture fixture = {0};
	struct corc_buffer CORC_BUFFER packed = {0};
	struct corc_exec_base base, again = {0};
	const char *config =
		"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"}, \"process\": "
		"{\"args\": [\"sh\", \"-c\"], \"cwd\": \"/srv\", \"env\": [\"A=1\"], \"user\": "
		"{\"uid\": 11, \"gid\": 21}}, \"linux\": {\"namespaces\": [{\"type\": \"user\"}, "
		"{\"type\": \"pid\"}, {\"type\": \"time\"}], \"uidMappings\": [{\"containerID\": "
		"10, \"hostID\": 1000, \"size\": 5}], \"gidMappings\": [{\"containerID\": 21, "
		"\"hostID\": 1000, \"size\": 1}]}, \"annotations\": {\"test.rootless\": \"true\"}}";

	(void)state;
	assert_int_equal(plan_compile(&fixture, config), 0);
	corc_exec_base_of(&fixture.input, fixture.plan, &base);
	assert_int_equal(corc_pack(&corc_exec_base_object, &base, &packed), 0);
	assert_int_equal(corc_unpack(&corc_exec_base_object, &fixture.arena, packed.data,
				 packed.length, &again),
		0);
	assert_int_equal(again.namespaces, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWTIME);
	assert_true(again.deny_groups);
	assert_false(again.has_seccomp);
	assert_int_equal(again.last_capability, 40);
	assert_int_equal(again.capabilities, (UINT64_C(1) << 41) - 1);
	assert_int_equal(again.root_uid, 10);
	assert_int_equal(again.root_gid, 21);
	/* No mount namespace: the root is a directory of the host. */
	assert_string_equal(again.chroot, "/bundle/rootfs");
	assert_string_equal(again.keyring, "_ses.web");
	assert_int_equal(again.process.user.uid, 11);
	assert_int_equal(again.process.args.count, 2);
	assert_string_equal(again.process.args.items[1], "-c");
	assert_string_equal(again.process.cwd, "/srv");
	plan_done(&fixture);
}

/* An exec joins what create made, and only that can be searched by its name. */
static void test_keyring(void **state)
{
	struct plan_fixture fixture = {0};
	struct corc_exec_base base;
	struct corc_compile_exec_input input = {.base = &base, .process = &base.process};
	struct corc_plan *plan = NULL;
	const struct corc_op *op;

	(void)state;
	assert_int_equal(compile(&fixture, "", ""), 0);
	op = plan_op(fixture.plan, CORC_OP_KEYRING, 0);
	assert_string_equal(plan_text(fixture.plan, op->keyring.name), "_ses.web");
	assert_int_equal(op->keyring.permissions, 0x3f1b0000);
	corc_exec_base_of(&fixture.input, fixture.plan, &base);
	assert_int_equal(corc_compile_exec(&fixture.arena, &input, &plan, &fixture.error), 0);
	op = plan_op(plan, CORC_OP_KEYRING, 0);
	assert_string_equal(plan_text(plan, op->keyring.name), "_ses.web");
	assert_int_equal(op->keyring.permissions, 0);
	fixture.input.no_new_keyring = true;
	assert_int_equal(
		corc_compile_create(&fixture.arena, &fixture.input, &fixture.plan, &fixture.error),
		0);
	assert_int_equal(plan_count(fixture.plan, CORC_OP_KEYRING), 0);
	corc_exec_base_of(&fixture.input, fixture.plan, &base);
	assert_int_equal(corc_compile_exec(&fixture.arena, &input, &plan, &fixture.error), 0);
	assert_int_equal(plan_count(plan, CORC_OP_KEYRING), 0);
	plan_done(&fixture);
}

static void test_denied_groups(void **state)
{
	struct plan_fixture fixture = {0};
	struct corc_exec_base base = {.deny_groups = true};
	uint32_t groups[] = {5};
	struct corc_spec_process process = {.cwd = "/"};
	struct corc_compile_exec_input input = {.base = &base, .process = &process};
	struct corc_plan *plan;

	(void)state;
	assert_int_equal(corc_compile_exec(&fixture.arena, &input, &plan, &fixture.error), 0);
	assert_int_equal(
		plan_op(plan, CORC_OP_IDENTITY, 0)->identity.flags, CORC_IDENTITY_KEEP_GROUPS);
	process.user.additional_gids = (struct corc_u32_array){groups, 1};
	assert_int_equal(corc_compile_exec(&fixture.arena, &input, &plan, &fixture.error), -EINVAL);
	assert_non_null(strstr(fixture.error.message, "additional groups"));
	assert_int_equal(fixture.error.origin.line, 0);
	plan_done(&fixture);
}

/* The text of the id maps, as the kernel reads it. */
static void test_maps(void **state)
{
	struct plan_fixture fixture = {0};

	(void)state;
	assert_int_equal(
		plan_compile(&fixture,
			"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"}, "
			"\"process\": {\"args\": [\"sh\"], \"cwd\": \"/\"}, \"linux\": "
			"{\"namespaces\": [{\"type\": \"user\"}, {\"type\": \"mount\"}], "
			"\"uidMappings\": [{\"containerID\": 5, \"hostID\": 1000, \"size\": 1}, "
			"{\"containerID\": 0, \"hostID\": 4294967000, \"size\": 2}], "
			"\"gidMappings\": [{\"containerID\": 0, \"hostID\": 7, \"size\": 9}]}}"),
		0);
	assert_true(fixture.plan->maps_ids);
	assert_string_equal(fixture.plan->uid_map, "5 1000 1\n0 4294967000 2\n");
	assert_string_equal(fixture.plan->gid_map, "0 7 9\n");
	assert_false(fixture.plan->deny_setgroups);
	assert_int_equal(fixture.plan->spawn_flags, 0);
	assert_true(fixture.plan->clones);
	assert_int_equal(plan_op(fixture.plan, CORC_OP_IDENTITY, 0)->identity.flags,
		CORC_IDENTITY_STAY_DUMPABLE);
	plan_done(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_large_environment),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_unavailable),
		cmocka_unit_test(test_capability_names),
		cmocka_unit_test(test_keep_sys_admin),
		cmocka_unit_test(test_exec_base),
		cmocka_unit_test(test_keyring),
		cmocka_unit_test(test_denied_groups),
		cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
