/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint/external.c and streams.c: keys, mount points, descriptors.json. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "checkpoint/external.h"

/* Images outlive the build that wrote them: these never change. */
static void test_keys(void **state)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_plan_bind binds[] = {
		{.destination = "/data"}, {.destination = "/]:/etc"}, {.destination = "/data"}};
	struct corc_plan plan = {.binds = binds, .bind_count = 3};
	char first[64];

	(void)state;
	(void)snprintf(first, sizeof(first), "%s", corc_bind_key(&arena, &plan, 0));
	assert_string_equal(first, "bind-776fa78b495fe687-0");
	assert_null(strpbrk(corc_bind_key(&arena, &plan, 1), "]:/"));
	assert_string_not_equal(corc_bind_key(&arena, &plan, 1), first);
	first[strlen(first) - 1] = '1';
	assert_string_equal(corc_bind_key(&arena, &plan, 2), first);
}

static void test_external_streams(void **state)
{
	static const char *const yes[] = {"pipe:[1]", "pipe:[4026531835]", "file[1f:3]"};
	static const char *const no[] = {"", "pipe:[]", "pipe:[1", "pipe:[1]x", "pipe:[-1]",
		"file[../x]", "/dev/null", "socket:[1]", "extRootNetNS"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(corc_stream_is_external(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(corc_stream_is_external(no[i]));
}

struct folder {
	char path[64];
	int fd;
};

static struct folder make_folder(void)
{
	struct folder folder = {.path = "/tmp/corc-test.XXXXXX"};

	assert_non_null(mkdtemp(folder.path));
	folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder.fd >= 0);
	return folder;
}

static void folder_done(struct folder *folder)
{
	int CORC_CLOSE parent = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	corc_close_(folder->fd);
	assert_int_equal(corc_remove_tree(parent, strrchr(folder->path, '/') + 1), 0);
}

static void test_streams_file(void **state)
{
	struct folder CORC_CLEANUP(folder_done) folder = make_folder();
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	const struct corc_streams written = {{"pipe:[1]", "file[1f:3]", "/dev/pts/0 \"x\""}};
	struct corc_streams found;
	struct corc_error error = {0};

	(void)state;
	assert_int_equal(corc_streams_read(&arena, folder.fd, "images", &found, &error), -ENOENT);
	assert_int_equal(corc_streams_write(folder.fd, &written, &error), 0);
	assert_int_equal(corc_streams_read(&arena, folder.fd, "images", &found, &error), 0);
	for (int i = 0; i < CORC_STREAMS; i++)
		assert_string_equal(found.names[i], written.names[i]);
}

static void test_streams_damaged(void **state)
{
	static const char *const texts[] = {"", "[", "[]", "[\"a\",\"b\"]", "{}", "[1,2,3]",
		"[\"a\",\"b\",\"c\"], \"x\": [\"d\"", "[\"a\",\"b\",\"c\",\"d\"]"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct folder CORC_CLEANUP(folder_done) folder = make_folder();
		struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
		struct corc_streams found;
		struct corc_error error = {0};

		assert_int_equal(corc_write_new(folder.fd, "descriptors.json", texts[i],
					 strlen(texts[i]), 0600),
			0);
		assert_int_equal(
			corc_streams_read(&arena, folder.fd, "images", &found, &error), -EBADMSG);
	}
}

static mode_t mode_of(int folder, const char *path)
{
	struct stat status;

	return fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) < 0 ? 0
								       : status.st_mode & S_IFMT;
}

static void test_targets(void **state)
{
	struct folder CORC_CLEANUP(folder_done) folder = make_folder();

	(void)state;
	assert_int_equal(corc_mount_target_make(folder.fd, "/a/b/c", true), 0);
	assert_int_equal(mode_of(folder.fd, "a/b/c"), S_IFDIR);
	assert_int_equal(corc_mount_target_make(folder.fd, "/a/b/file", false), 0);
	assert_int_equal(mode_of(folder.fd, "a/b/file"), S_IFREG);
	assert_int_equal(corc_mount_target_make(folder.fd, "/a/b/file", false), 0);
	assert_int_equal(corc_mount_target_make(folder.fd, "/", true), 0);
	/* A link that leads to the host's root leads to this one. */
	assert_int_equal(symlinkat("/", folder.fd, "link"), 0);
	assert_int_equal(corc_mount_target_make(folder.fd, "/link/corc-test-inside", true), 0);
	assert_int_equal(mode_of(folder.fd, "corc-test-inside"), S_IFDIR);
	assert_int_equal(mode_of(AT_FDCWD, "/corc-test-inside"), 0);
	/* One that leads nowhere is not followed to make something. */
	assert_int_equal(symlinkat("nowhere", folder.fd, "dangling"), 0);
	assert_int_equal(corc_mount_target_make(folder.fd, "/dangling", true), -EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_external_streams),
		cmocka_unit_test(test_streams_file),
		cmocka_unit_test(test_streams_damaged),
		cmocka_unit_test(test_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
