/* SPDX-License-Identifier: Apache-2.0 */
/* Every mount option of the specification, for bind mounts and for file systems. */
#include "plan_fixture.h"

#include "sys/mount.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/mount_options.h"

#define RO MOUNT_ATTR_RDONLY
#define ATIME MOUNT_ATTR__ATIME
#define OPTIONS_MAX 8

/* What a list of options, separated by blanks, says of a bind mount and of a file system. */
struct expectation {
	const char *options;
	uint64_t set, clear, tree_set, tree_clear;
	uint64_t propagation; /* with MS_REC */
	const char *data;     /* of a file system: separated by blanks */
	uint64_t attributes;  /* of a file system */
};

#define ATTRIBUTE(name, flag)                    \
	{                                        \
		name, flag, 0, 0, 0, 0, "", flag \
	}
#define CLEARED(name, flag)                   \
	{                                     \
		name, 0, flag, 0, 0, 0, "", 0 \
	}
#define TREE(name, flag)                         \
	{                                        \
		name, 0, 0, flag, 0, 0, "", flag \
	}
#define TREE_CLEARED(name, flag)              \
	{                                     \
		name, 0, 0, 0, flag, 0, "", 0 \
	}
#define TIMES(name, value)                             \
	{                                              \
		name, value, ATIME, 0, 0, 0, "", value \
	}
#define TREE_TIMES(name, value)                        \
	{                                              \
		name, 0, 0, value, ATIME, 0, "", value \
	}
#define SPREAD(name, flags)                    \
	{                                      \
		name, 0, 0, 0, 0, flags, "", 0 \
	}
#define NOTHING(name)                      \
	{                                  \
		name, 0, 0, 0, 0, 0, "", 0 \
	}
#define DATA(name, text)                     \
	{                                    \
		name, 0, 0, 0, 0, 0, text, 0 \
	}

static const struct expectation table[] = {
	NOTHING("async"),
	TIMES("atime", 0),
	NOTHING("defaults"),
	CLEARED("dev", MOUNT_ATTR_NODEV),
	CLEARED("diratime", MOUNT_ATTR_NODIRATIME),
	DATA("dirsync", "dirsync"),
	CLEARED("exec", MOUNT_ATTR_NOEXEC),
	NOTHING("iversion"),
	DATA("lazytime", "lazytime"),
	NOTHING("loud"),
	DATA("mand", "mand"),
	TIMES("noatime", MOUNT_ATTR_NOATIME),
	ATTRIBUTE("nodev", MOUNT_ATTR_NODEV),
	ATTRIBUTE("nodiratime", MOUNT_ATTR_NODIRATIME),
	ATTRIBUTE("noexec", MOUNT_ATTR_NOEXEC),
	NOTHING("noiversion"),
	NOTHING("nolazytime"),
	NOTHING("nomand"),
	NOTHING("norelatime"),
	NOTHING("nostrictatime"),
	ATTRIBUTE("nosuid", MOUNT_ATTR_NOSUID),
	ATTRIBUTE("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW),
	SPREAD("private", MS_PRIVATE),
	TREE_TIMES("ratime", 0),
	TREE_CLEARED("rdev", MOUNT_ATTR_NODEV),
	TREE_CLEARED("rdiratime", MOUNT_ATTR_NODIRATIME),
	TIMES("relatime", 0),
	TREE_CLEARED("rexec", MOUNT_ATTR_NOEXEC),
	TREE_TIMES("rnoatime", MOUNT_ATTR_NOATIME),
	TREE("rnodev", MOUNT_ATTR_NODEV),
	TREE("rnodiratime", MOUNT_ATTR_NODIRATIME),
	TREE("rnoexec", MOUNT_ATTR_NOEXEC),
	NOTHING("rnorelatime"),
	NOTHING("rnostrictatime"),
	TREE("rnosuid", MOUNT_ATTR_NOSUID),
	TREE("rnosymfollow", MOUNT_ATTR_NOSYMFOLLOW),
	ATTRIBUTE("ro", RO),
	SPREAD("rprivate", MS_PRIVATE | MS_REC),
	TREE_TIMES("rrelatime", 0),
	TREE("rro", RO),
	TREE_CLEARED("rrw", RO),
	SPREAD("rshared", MS_SHARED | MS_REC),
	SPREAD("rslave", MS_SLAVE | MS_REC),
	TREE_TIMES("rstrictatime", MOUNT_ATTR_STRICTATIME),
	TREE_CLEARED("rsuid", MOUNT_ATTR_NOSUID),
	TREE_CLEARED("rsymfollow", MOUNT_ATTR_NOSYMFOLLOW),
	SPREAD("runbindable", MS_UNBINDABLE | MS_REC),
	CLEARED("rw", RO),
	SPREAD("shared", MS_SHARED),
	NOTHING("silent"),
	SPREAD("slave", MS_SLAVE),
	TIMES("strictatime", MOUNT_ATTR_STRICTATIME),
	CLEARED("suid", MOUNT_ATTR_NOSUID),
	CLEARED("symfollow", MOUNT_ATTR_NOSYMFOLLOW),
	DATA("sync", "sync"),
	SPREAD("unbindable", MS_UNBINDABLE),
	/* The last word counts. */
	CLEARED("ro rw", RO),
	ATTRIBUTE("rw ro", RO),
	TREE_CLEARED("rro rrw", RO),
	TIMES("noatime relatime", 0),
	TIMES("relatime strictatime noatime", MOUNT_ATTR_NOATIME),
	NOTHING("strictatime nostrictatime"),
	TIMES("noatime nostrictatime", MOUNT_ATTR_NOATIME),
	NOTHING("rstrictatime rnostrictatime"),
	NOTHING("sync async"),
	DATA("async sync", "sync"),
	SPREAD("rshared private", MS_PRIVATE),
	{"ro nosuid nodev noexec rro",
		RO | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0, RO, 0, 0, "",
		RO | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC},
	/* Nothing is below a new file system, so the tree is the mount itself. */
	{"ro rrw", RO, 0, 0, RO, 0, "", 0},
};

struct list {
	const char *items[OPTIONS_MAX];
	struct corc_string_array array;
	char text[256];
};

static void split(struct list *list, const char *options, const char *first)
{
	char *rest = list->text;

	memset(list, 0, sizeof(*list));
	list->array.items = list->items;
	if (first)
		list->items[list->array.count++] = first;
	(void)snprintf(list->text, sizeof(list->text), "%s", options);
	while (rest)
		list->items[list->array.count++] = strsep(&rest, " ");
}

static void assert_data(const struct corc_mount_options *options, const char *expected)
{
	struct corc_buffer CORC_BUFFER found = {0};

	for (size_t i = 0; i < options->data.count; i++)
		corc_buffer_printf(&found, "%s%s", i ? " " : "", options->data.items[i]);
	assert_string_equal(found.data ? found.data : "", expected);
}

static void read_good(struct corc_arena *arena, const char *options, bool is_bind,
	struct corc_mount_options *ret_options)
{
	struct list list;

	split(&list, options, is_bind ? "bind" : NULL);
	assert_int_equal(corc_mount_options_read(arena, &list.array, false, ret_options), 0);
}

static void test_table(void **state)
{
	struct corc_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct expectation *row = &table[i];
		struct corc_mount_options bind, filesystem;

		read_good(&arena, row->options, true, &bind);
		read_good(&arena, row->options, false, &filesystem);
		if (bind.attr_set != row->set || bind.attr_clear != row->clear ||
			bind.recursive_attr_set != row->tree_set ||
			bind.recursive_attr_clear != row->tree_clear)
			fail_msg("%s: found %#lx %#lx %#lx %#lx", row->options,
				(unsigned long)bind.attr_set, (unsigned long)bind.attr_clear,
				(unsigned long)bind.recursive_attr_set,
				(unsigned long)bind.recursive_attr_clear);
		assert_int_equal(bind.propagation | (bind.propagation_recursive ? MS_REC : 0),
			row->propagation);
		assert_true(bind.is_bind);
		assert_false(filesystem.is_bind);
		/* The superblock of a bind mount is that of its source. */
		assert_data(&bind, "");
		assert_data(&filesystem, row->data);
		if (corc_mount_options_attributes(&filesystem) != row->attributes)
			fail_msg("%s: attributes %#lx", row->options,
				(unsigned long)corc_mount_options_attributes(&filesystem));
		corc_arena_done(&arena);
	}
}

static void test_bind(void **state)
{
	struct corc_arena arena = {0};
	struct corc_mount_options options;
	struct corc_string_array none = {0};

	(void)state;
	read_good(&arena, "rbind", false, &options);
	assert_true(options.is_bind);
	assert_true(options.is_recursive);
	read_good(&arena, "rbind bind", false, &options);
	assert_false(options.is_recursive);
	assert_int_equal(corc_mount_options_read(&arena, &none, true, &options), 0);
	assert_true(options.is_bind);
	assert_false(options.is_recursive);
	corc_arena_done(&arena);
}

static void test_idmap(void **state)
{
	static const struct {
		const char *word, *value;
		bool is_recursive;
	} words[] = {
		{"idmap", NULL, false},
		{"ridmap", NULL, true},
		{"idmap=uids=0-1-2", "uids=0-1-2", false},
		{"ridmap=gids=0-1-2,x", "gids=0-1-2,x", true},
		{"idmap=", "", false},
	};
	struct corc_arena arena = {0};
	struct corc_mount_options options;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct list list;

		split(&list, words[i].word, "ro");
		assert_int_equal(corc_mount_options_read(&arena, &list.array, false, &options), 0);
		assert_true(options.is_idmapped);
		assert_int_equal(options.idmap_recursive, words[i].is_recursive);
		assert_int_equal(options.idmap_option, 1);
		assert_int_equal(options.data.count, 0);
		if (words[i].value)
			assert_string_equal(options.idmap, words[i].value);
		else
			assert_null(options.idmap);
	}
	read_good(&arena, "ro idmapped=1", false, &options);
	assert_false(options.is_idmapped);
	assert_data(&options, "idmapped=1");
	corc_arena_done(&arena);
}

static void test_extensions(void **state)
{
	static const struct {
		const char *word;
		uint32_t extension;
	} words[] = {
		{"remount", CORC_MOUNT_OPTION_REMOUNT},
		{"tmpcopyup", CORC_MOUNT_OPTION_COPY_UP},
		{"copy-symlink", CORC_MOUNT_OPTION_COPY_SYMLINK},
		{"src-nofollow", CORC_MOUNT_OPTION_SOURCE_NOFOLLOW},
		{"dest-nofollow", CORC_MOUNT_OPTION_DESTINATION_NOFOLLOW},
	};
	struct corc_arena arena = {0};
	struct corc_mount_options options;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		read_good(&arena, words[i].word, false, &options);
		assert_int_equal(options.extensions, words[i].extension);
		/* The file system hears nothing of it. */
		assert_data(&options, "");
	}
	read_good(&arena, "remount dest-nofollow ro", false, &options);
	assert_int_equal(options.extensions,
		CORC_MOUNT_OPTION_REMOUNT | CORC_MOUNT_OPTION_DESTINATION_NOFOLLOW);
	read_good(&arena, "ro", false, &options);
	assert_int_equal(options.extensions, 0);
	corc_arena_done(&arena);
}

static void test_data(void **state)
{
	struct corc_arena arena = {0};
	struct corc_mount_options options;

	(void)state;
	read_good(&arena, "nosuid size=1m mode=755 newinstance ro", false, &options);
	assert_data(&options, "size=1m mode=755 newinstance");
	assert_int_equal(options.first_data, 1);
	read_good(&arena, "a=1,b,,c=2, RO", false, &options);
	assert_data(&options, "a=1 b c=2 RO");
	read_good(&arena, "context=\"u:r:t:s0:c1,c2\",b rootcontext=\"x\" d=\"e\"f g=\" h=\"\"",
		false, &options);
	assert_data(&options, "context=u:r:t:s0:c1,c2 b rootcontext=x d=\"e\"f g=\" h=");
	read_good(&arena, "lowerdir=/a\\,b:/c,upperdir=/u x\\", false, &options);
	assert_data(&options, "lowerdir=/a\\,b:/c upperdir=/u x\\");
	read_good(&arena, "a sync dirsync lazytime mand", false, &options);
	assert_data(&options, "a dirsync lazytime mand sync");
	corc_arena_done(&arena);
}

static void test_words(void **state)
{
	struct corc_buffer CORC_BUFFER text = {0};

	(void)state;
	corc_mount_attributes_put(0, &text);
	assert_int_equal(text.length, 0);
	corc_mount_attributes_put(RO | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
					  MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODIRATIME |
					  MOUNT_ATTR_NOSYMFOLLOW,
		&text);
	assert_string_equal(text.data, "ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow");
	assert_string_equal(corc_propagation_name(MS_SLAVE | MS_REC), "rslave");
	assert_string_equal(corc_propagation_name(MS_UNBINDABLE), "unbindable");
	assert_null(corc_propagation_name(0));
	assert_int_equal(corc_propagation_flags("rshared"), MS_SHARED | MS_REC);
	assert_int_equal(corc_propagation_flags("private"), MS_PRIVATE);
	assert_int_equal(corc_propagation_flags("ro"), 0);
	assert_int_equal(corc_propagation_flags("nothing"), 0);
}

/* They are looked up by halves. */
static void test_order(void **state)
{
	(void)state;
	const char *last = "";

	for (size_t i = 0; corc_mount_option_name(i); i++) {
		assert_true(strcmp(last, corc_mount_option_name(i)) < 0);
		last = corc_mount_option_name(i);
	}
	assert_string_equal(last, "unbindable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_idmap),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests_name("mount options", tests, NULL, NULL);
}
