/* SPDX-License-Identifier: Apache-2.0 */
/* Which hierarchies are mounted, from texts of procfs as different hosts have them. */
#include "plan/cgroup_fixture.h"

#include <errno.h>
#include <stdlib.h>

#include "cgroup/cgroup.h"
#include "cgroup/layout.h"

struct layout_fixture {
	struct corc_arena arena;
	struct corc_cgroup_layout layout;
	struct corc_cgroup_layout_reader reader;
};

static int setup(void **state)
{
	struct layout_fixture *fixture = test_calloc(1, sizeof(*fixture));

	*state = fixture;
	fixture->reader.arena = &fixture->arena;
	fixture->reader.layout = &fixture->layout;
	return 0;
}

static int teardown(void **state)
{
	struct layout_fixture *fixture = *state;

	corc_arena_done(&fixture->arena);
	test_free(fixture);
	return 0;
}

static int read_mounts(struct layout_fixture *fixture, const char *text)
{
	char *copy = strdup(text);
	int r;

	assert_non_null(copy);
	r = corc_cgroup_layout_mounts(&fixture->reader, copy, "/sys/fs/cgroup");
	free(copy);
	return r;
}

static void read_own_paths(struct layout_fixture *fixture, const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	assert_int_equal(corc_cgroup_layout_own_paths(&fixture->reader, copy), 0);
	free(copy);
}

static void check(const struct layout_fixture *fixture, uint32_t index, int version,
	const char *mountpoint, const char *controllers)
{
	const struct corc_cgroup_hierarchy *hierarchy = &fixture->layout.hierarchies[index];

	assert_in_range(index, 0, fixture->layout.count - 1);
	assert_int_equal(hierarchy->version, version);
	assert_string_equal(hierarchy->mountpoint, mountpoint);
	assert_string_equal(hierarchy->controllers, controllers);
}

#define TMPFS "31 23 0:28 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n"
#define SYSTEMD                                                                               \
	"32 31 0:29 / /sys/fs/cgroup/systemd rw,relatime shared:11 master:2 - cgroup cgroup " \
	"rw,xattr,release_agent=/usr/lib/systemd/agent,name=systemd\n"
#define CPU                                                                              \
	"33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:12 - cgroup cgroup " \
	"rw,cpu,cpuacct\n"
#define MEMORY "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory,clone_children\n"
#define UNIFIED \
	"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
#define OTHERS                                                      \
	"22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"            \
	"90 22 0:50 / /srv/sys/fs/cgroup rw - cgroup2 cgroup2 rw\n" \
	"91 22 0:51 / /sys/fs/cgroup2 rw - cgroup2 cgroup2 rw\n"    \
	"not a line of a mount table\n"

static void nothing_mounted(void **state)
{
	struct layout_fixture *fixture = *state;

	assert_int_equal(read_mounts(fixture, OTHERS TMPFS), 0);
	assert_int_equal(fixture->layout.mode, CORC_CGROUP_NONE);
	assert_int_equal(fixture->layout.count, 0);
}

static void version_1(void **state)
{
	struct layout_fixture *fixture = *state;

	assert_int_equal(read_mounts(fixture, OTHERS TMPFS SYSTEMD CPU MEMORY), 0);
	assert_int_equal(fixture->layout.mode, CORC_CGROUP_V1);
	assert_int_equal(fixture->layout.count, 3);
	check(fixture, 0, 1, "/sys/fs/cgroup/systemd", "name=systemd");
	check(fixture, 1, 1, "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct");
	check(fixture, 2, 1, "/sys/fs/cgroup/memory", "memory");
}

static void hybrid(void **state)
{
	struct layout_fixture *fixture = *state;

	assert_int_equal(read_mounts(fixture, TMPFS SYSTEMD UNIFIED MEMORY), 0);
	assert_int_equal(fixture->layout.mode, CORC_CGROUP_HYBRID);
	check(fixture, 1, 2, "/sys/fs/cgroup/unified", "");
	read_own_paths(fixture,
		"4:memory:/a b/c:d\n3:cpuset:/elsewhere\n1:name=systemd:/user.slice\n0::/u.scope\n");
	assert_string_equal(fixture->layout.hierarchies[0].self, "/user.slice");
	assert_string_equal(fixture->layout.hierarchies[1].self, "/u.scope");
	assert_string_equal(fixture->layout.hierarchies[2].self, "/a b/c:d");
}

static void only_v2_but_deeper(void **state)
{
	struct layout_fixture *fixture = *state;

	assert_int_equal(read_mounts(fixture, TMPFS UNIFIED), 0);
	assert_int_equal(fixture->layout.mode, CORC_CGROUP_V2);
	check(fixture, 0, 2, "/sys/fs/cgroup/unified", "");
}

/* A mount over the top hides what was there; one hierarchy at two places counts once. */
static void hidden_and_repeated(void **state)
{
	struct layout_fixture *fixture = *state;

	assert_int_equal(
		read_mounts(fixture, TMPFS SYSTEMD CPU TMPFS MEMORY
			"50 31 0:31 / /sys/fs/cgroup/again rw - cgroup cgroup rw,memory\n"),
		0);
	assert_int_equal(fixture->layout.count, 1);
	check(fixture, 0, 1, "/sys/fs/cgroup/memory", "memory");
}

static void escaped(void **state)
{
	struct layout_fixture *fixture = *state;

	assert_int_equal(
		read_mounts(fixture,
			"50 31 0:31 / /sys/fs/cgroup/a\\040b\\134 rw - cgroup cgroup rw,pids\n"),
		0);
	check(fixture, 0, 1, "/sys/fs/cgroup/a b\\", "pids");
}

/* A mount that shows a part of the hierarchy, as in a container without a cgroup namespace. */
static void part_of_a_hierarchy(void **state)
{
	static const char *const rows[][2] = {
		{"4:memory:/docker/1\n", "/"},
		{"4:memory:/docker/1/sub\n", "/sub"},
		{"4:memory:/docker/12\n", "/"},
		{"4:memory:/\n", "/"},
		{"4:memory:/../other\n", "/"},
		{"4:memory:/docker/1/sub (deleted)\n", "/sub"},
	};
	struct layout_fixture *fixture = *state;

	assert_int_equal(read_mounts(fixture,
				 "50 31 0:31 /docker/1 /sys/fs/cgroup/memory rw - cgroup cgroup "
				 "rw,memory\n"),
		0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_own_paths(fixture, rows[i][0]);
		assert_string_equal(fixture->layout.hierarchies[0].self, rows[i][1]);
	}
}

static void too_many(void **state)
{
	struct layout_fixture *fixture = *state;
	char text[8192];
	size_t used = 0;

	for (int i = 0; i <= CORC_CGROUP_HIERARCHIES; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"5 3 0:3 / /sys/fs/cgroup/%d rw - cgroup cgroup rw,name=n%d\n", i, i);
	assert_int_equal(read_mounts(fixture, text), -E2BIG);
}

/* Whatever the machine has: it can be read, and each hierarchy is told from the others. */
static void this_host(void **state)
{
	struct layout_fixture *fixture = *state;
	struct corc_error error;

	if (corc_cgroup_layout_read(&fixture->arena, true, &fixture->layout, &error) < 0)
		fail_msg("%s", error.message);
	for (uint32_t i = 0; i < fixture->layout.count; i++) {
		const struct corc_cgroup_hierarchy *hierarchy = &fixture->layout.hierarchies[i];

		assert_non_null(hierarchy->self);
		assert_int_equal(hierarchy->self[0], '/');
		assert_int_equal(hierarchy->controllers[0] == '\0', hierarchy->version == 2);
	}
	assert_int_equal(fixture->layout.count == 0, fixture->layout.mode == CORC_CGROUP_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_mounted),
		TEST(version_1),
		TEST(hybrid),
		TEST(only_v2_but_deeper),
		TEST(hidden_and_repeated),
		TEST(escaped),
		TEST(part_of_a_hierarchy),
		TEST(too_many),
		TEST(this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
