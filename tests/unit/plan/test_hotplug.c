/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of `mounts add` and `mounts remove`. */
#include <errno.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan_fixture.h"
#include "plan/protocol.h"

static struct plan_fixture fixture;

/* A container with a mount and a network namespace, and a user namespace when that is entered. */
static int compile(const char *mounts, bool removes, uint64_t namespaces)
{
	struct corc_compile_hotplug_input input = {.host = &fixture.host,
		.bundle = "/bundle",
		.namespaces = namespaces,
		.root_uid = 7,
		.root_gid = 8,
		.removes = removes};
	static struct corc_spec_namespace items[] = {
		{.type = CORC_NAMESPACE_MOUNT}, {.type = CORC_NAMESPACE_USER}};

	corc_arena_done(&fixture.arena);
	memset(&fixture, 0, sizeof(fixture));
	if (corc_spec_parse_mounts(&fixture.arena, "mounts.json", mounts, strlen(mounts),
		    &fixture.spec, &fixture.error) < 0)
		fail_msg("%s", fixture.error.message);
	fixture.spec->linux_.namespaces.items = items;
	fixture.spec->linux_.namespaces.count = namespaces & CLONE_NEWUSER ? 2 : 1;
	input.spec = fixture.spec;
	return corc_compile_hotplug(&fixture.arena, &input, &fixture.plan, &fixture.error);
}

static int teardown(void **state)
{
	(void)state;
	corc_arena_done(&fixture.arena);
	memset(&fixture, 0, sizeof(fixture));
	return 0;
}

static void assert_kinds(const char *expected)
{
	assert_string_equal(plan_kinds(&fixture, fixture.plan), expected);
}

static void assert_refused(int result, const char *path, const char *message)
{
	assert_int_equal(result, -EINVAL);
	assert_string_equal(fixture.error.origin.path, path);
	assert_string_equal(fixture.error.origin.file, "mounts.json");
	assert_int_equal(fixture.error.origin.line, 1);
	assert_string_equal(fixture.error.message, message);
	assert_int_equal(fixture.error.step, CORC_STEP_COMPILE);
}

static void test_order(void **state)
{
	const struct corc_op_mount *mount;
	const struct corc_op_attach *attach;

	(void)state;
	assert_int_equal(
		compile("[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"nosuid\",\"size=1k\"]},"
			"{\"destination\":\"/a/b\",\"source\":\"here\",\"options\":[\"rbind\",\"ro\"]}]",
			false, CLONE_NEWNS),
		0);
	assert_kinds("setns,chroot,mount,attach,ready");
	assert_int_equal(plan_op(fixture.plan, CORC_OP_SETNS, 0)->setns.types, CLONE_NEWNS);
	mount = &plan_op(fixture.plan, CORC_OP_MOUNT, 0)->mount;
	assert_string_equal(plan_text(fixture.plan, mount->destination), "/a");
	assert_string_equal(plan_text(fixture.plan, mount->fstype), "tmpfs");
	assert_int_equal(mount->attr_set, MOUNT_ATTR_NOSUID);
	/* Relative sources are the bundle's. */
	attach = &plan_op(fixture.plan, CORC_OP_ATTACH, 0)->attach;
	assert_string_equal(plan_text(fixture.plan, attach->source), "/bundle/here");
	assert_int_equal(fixture.plan->bind_count, 1);
	assert_true(fixture.plan->binds[0].recursive);
}

/* What fails takes away what was mounted before it, but for what was there already. */
static void test_undo(void **state)
{
	(void)state;
	assert_int_equal(compile("[{\"destination\":\"/a\",\"type\":\"tmpfs\"},"
				 "{\"destination\":\"/b\",\"source\":\"x\",\"options\":[\"bind\"]},"
				 "{\"destination\":\"/c\",\"options\":[\"remount\",\"ro\"]}]",
				 false, CLONE_NEWNS),
		0);
	assert_true(plan_op(fixture.plan, CORC_OP_MOUNT, 0)->mount.flags & CORC_MOUNT_UNDO);
	assert_true(plan_op(fixture.plan, CORC_OP_ATTACH, 0)->attach.flags & CORC_MOUNT_UNDO);
	assert_false(plan_op(fixture.plan, CORC_OP_REMOUNT, 0)->remount.flags & CORC_MOUNT_UNDO);
}

static void test_late_readonly(void **state)
{
	(void)state;
	assert_int_equal(
		compile("[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"ro\"]},"
			"{\"destination\":\"/a/b\",\"type\":\"tmpfs\"}]",
			false, CLONE_NEWNS),
		0);
	assert_kinds("setns,chroot,mount,mount,mount-readonly,ready");
}

static void test_user_namespace(void **state)
{
	const struct corc_op *op;

	(void)state;
	assert_int_equal(compile("[{\"destination\":\"/a\",\"type\":\"tmpfs\"}]", false,
				 CLONE_NEWNS | CLONE_NEWUSER),
		0);
	assert_kinds("setns,map-ids,chroot,mount,ready");
	op = plan_op(fixture.plan, CORC_OP_MAP_IDS, 0);
	assert_int_equal(op->map_ids.uid, 7);
	assert_int_equal(op->map_ids.gid, 8);
}

/* The last first: one may lie on another. Of the rest nothing counts. */
static void test_remove(void **state)
{
	(void)state;
	assert_int_equal(
		compile("[{\"destination\":\"/a\"},{\"destination\":\"/a/./b//\","
			"\"type\":\"proc\",\"options\":[\"rbind\"]},{\"destination\":\"c\"}]",
			true, CLONE_NEWNS),
		0);
	assert_kinds("setns,chroot,unmount,unmount,unmount,ready");
	assert_string_equal(
		plan_text(fixture.plan, plan_op(fixture.plan, CORC_OP_UNMOUNT, 0)->path.path),
		"/c");
	assert_string_equal(
		plan_text(fixture.plan, plan_op(fixture.plan, CORC_OP_UNMOUNT, 1)->path.path),
		"/a/b");
	assert_string_equal(
		plan_text(fixture.plan, plan_op(fixture.plan, CORC_OP_UNMOUNT, 2)->path.path),
		"/a");
}

static void test_refused(void **state)
{
	(void)state;
	assert_refused(
		compile("[{\"destination\":\"/x\",\"type\":\"tmpfs\"},{\"destination\":\"/p\","
			"\"type\":\"proc\"}]",
			false, CLONE_NEWNS),
		"[1].type", "a mount of type proc cannot be added to a running container");
	assert_refused(
		compile("[{\"destination\":\"/p\",\"type\":\"cgroup\"}]", false, CLONE_NEWNS),
		"[0].type", "a mount of type cgroup cannot be added to a running container");
	assert_refused(compile("[{\"destination\":\"/\",\"type\":\"tmpfs\"}]", false, CLONE_NEWNS),
		"[0].destination", "\"/\" is on the top of rootfs");
	assert_refused(
		compile("[{\"destination\":\"/proc/x\",\"type\":\"tmpfs\"}]", false, CLONE_NEWNS),
		"[0].destination", "\"/proc/x\" cannot be mounted because it is inside /proc");
	assert_refused(compile("[{\"destination\":\"/a\"},{\"destination\":\"/b/..\"}]", true,
			       CLONE_NEWNS),
		"[1].destination", "the root cannot be unmounted");
}

/* As many as can be taken away again. */
static void test_how_many(void **state)
{
	static char text[64 * (CORC_MOUNT_BATCH + 1)];
	size_t length = 0;

	(void)state;
	for (int i = 0; i < CORC_MOUNT_BATCH; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			"%s{\"destination\":\"/m%d\",\"type\":\"tmpfs\"}", i ? "," : "[", i);
	(void)snprintf(text + length, sizeof(text) - length, "]");
	assert_int_equal(compile(text, false, CLONE_NEWNS), 0);
	(void)snprintf(text + length, sizeof(text) - length,
		",{\"destination\":\"/m\",\"type\":\"tmpfs\"}]");
	assert_refused(compile(text, false, CLONE_NEWNS), "[200]",
		"at most 200 mounts can be added at once");
	assert_int_equal(compile(text, true, CLONE_NEWNS), 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_undo),
		TEST(test_late_readonly),
		TEST(test_user_namespace),
		TEST(test_remove),
		TEST(test_refused),
		TEST(test_how_many),
	};

	return cmocka_run_group_tests_name("plan/hotplug", tests, NULL, NULL);
}
