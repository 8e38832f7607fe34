/* SPDX-License-Identifier: Apache-2.0 */
/* Flags of a source that options may not take away, from the text of a mountinfo. */
#include "run/locked_flags.h"

#include "sys/mount.h"

#include <errno.h>

#include "run_fixture.h"

static const char mountinfo[] =
	"20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda rw\n"
	"31 20 0:30 / /srv rw,nosuid,nodev,noexec,relatime shared:2 - tmpfs tmpfs rw\n"
	"32 31 0:31 / /srv/data ro,noatime,nodiratime - tmpfs tmpfs rw\n"
	"33 31 0:32 / /srv/data\\040two rw,nodev - tmpfs tmpfs ro\n"
	"34 32 0:33 / /srv/data/below rw,nosuid,relatime - tmpfs tmpfs rw\n"
	"35 20 0:34 / /srv/data2 rw,noexecutable,relatime - tmpfs tmpfs rw\n"
	"broken\n"
	"x y\n";

struct row {
	uint64_t id;
	const char *path;
	bool recursive;
	uint64_t set, clear, tree_set, tree_clear;
	const char *word; /* NULL: nothing is in the way */
};

#define ATIME MOUNT_ATTR__ATIME

static const struct row rows[] = {
	/* Only what is asked to be off. */
	{31, "/srv", false, 0, MOUNT_ATTR_NOSUID, 0, 0, "nosuid"},
	{31, "/srv", false, 0, MOUNT_ATTR_NODEV, 0, 0, "nodev"},
	{31, "/srv", false, 0, MOUNT_ATTR_NOEXEC, 0, 0, "noexec"},
	{31, "/srv", false, 0, MOUNT_ATTR_RDONLY, 0, 0, NULL},
	{31, "/srv", false, MOUNT_ATTR_RDONLY, 0, 0, 0, NULL},
	{32, "/srv/data", false, 0, MOUNT_ATTR_RDONLY, 0, 0, "ro"},
	{32, "/srv/data", false, 0, MOUNT_ATTR_NODIRATIME, 0, 0, "nodiratime"},
	{20, "/", false, 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY, 0, 0, NULL},
	/* A flag of the file system is none of the mount, and no part of a word is a word. */
	{33, "/srv/data two", false, 0, MOUNT_ATTR_RDONLY, 0, 0, NULL},
	{33, "/srv/data two", false, 0, MOUNT_ATTR_NODEV, 0, 0, "nodev"},
	{35, "/srv/data2", false, 0, MOUNT_ATTR_NOEXEC, 0, 0, NULL},
	/* Access times: another choice than that of the source. */
	{32, "/srv/data", false, MOUNT_ATTR_NOATIME, ATIME, 0, 0, NULL},
	{32, "/srv/data", false, MOUNT_ATTR_RELATIME, ATIME, 0, 0, "noatime"},
	{31, "/srv", false, MOUNT_ATTR_RELATIME, ATIME, 0, 0, NULL},
	{31, "/srv", false, MOUNT_ATTR_NOATIME, ATIME, 0, 0, "relatime"},
	{33, "/srv/data two", false, MOUNT_ATTR_STRICTATIME, ATIME, 0, 0, NULL},
	{33, "/srv/data two", false, MOUNT_ATTR_RELATIME, ATIME, 0, 0, "strictatime"},
	/* The recursive options are for the top, too, and for all below. */
	{31, "/srv", false, 0, 0, 0, MOUNT_ATTR_NOSUID, "nosuid"},
	{31, "/srv", true, 0, 0, 0, MOUNT_ATTR_RDONLY, "ro"},
	{31, "/srv", false, 0, 0, 0, MOUNT_ATTR_RDONLY, NULL},
	{31, "/srv", true, 0, MOUNT_ATTR_RDONLY, 0, 0, NULL},
	{20, "/", true, 0, 0, 0, MOUNT_ATTR_NOEXEC, "noexec"},
	{32, "/srv/data", true, 0, 0, 0, MOUNT_ATTR_NOSUID, "nosuid"},
	/* Neither beside it nor at a longer name. */
	{32, "/srv/data", true, 0, 0, 0, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, NULL},
	{33, "/srv/data two", true, 0, 0, 0, MOUNT_ATTR_NODEV, "nodev"},
	{32, "/srv/data", true, 0, 0, MOUNT_ATTR_RELATIME, ATIME, "noatime"},
	/* A mount that is not there forbids nothing. */
	{99, "/nowhere", true, 0, MOUNT_ATTR_NOSUID, 0, 0, NULL},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct corc_plan_bind bind = {.recursive = row->recursive,
			.attr_set = row->set,
			.attr_clear = row->clear,
			.recursive_attr_set = row->tree_set,
			.recursive_attr_clear = row->tree_clear};
		char text[sizeof(mountinfo)];
		const char *word = NULL;

		memcpy(text, mountinfo, sizeof(text));
		int r = corc_locked_flags_find(&bind, text, row->id, row->path, &word);

		if (r != (row->word ? -EPERM : 0) ||
			strcmp(word ? word : "", row->word ? row->word : "") != 0)
			fail_msg("row %zu: %d, %s", i, r, word ? word : "nothing");
	}
}

/* Nothing is looked at unless a container in a user namespace asks for something to be off. */
static void test_not_asked(void **state)
{
	struct corc_plan_bind bind = {.path = "/does/not/exist", .attr_clear = MOUNT_ATTR_NOSUID};
	const char *word = NULL;

	(void)state;
	assert_int_equal(corc_locked_flags_check(&bind, &word), 0);
	bind.keeps_locked = true;
	assert_int_equal(corc_locked_flags_check(&bind, &word), -ENOENT);
	bind.attr_clear = 0;
	bind.attr_set = MOUNT_ATTR_NOSUID;
	assert_int_equal(corc_locked_flags_check(&bind, &word), 0);
	assert_null(word);
}

static void test_long_path(void **state)
{
	struct corc_plan_bind bind = {.attr_clear = MOUNT_ATTR_NOSUID};
	static char path[16384], text[] = "";
	const char *word = NULL;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	assert_int_equal(corc_locked_flags_find(&bind, text, 1, path, &word), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_long_path),
	};

	return cmocka_run_group_tests_name("locked flags", tests, NULL, NULL);
}
