/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled filters, kept and found again. What is not ours, not private, damaged or of another
 * profile is never used.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include "run/seccomp_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "run/state.h"
#include "run_fixture.h"

static const char program[] = "an instructionand a second one..";
#define PROGRAM_SIZE ((size_t)32)

static struct corc_arena arena;
static struct corc_error error;

static int cache_setup(void **state)
{
	if (run_setup(state) < 0)
		return -1;
	make_directory(*(int *)*state, "state");
	return 0;
}

static int cache_teardown(void **state)
{
	corc_arena_done(&arena);
	return run_teardown(state);
}

/* A profile that refuses getpriority with this errno. */
static struct corc_spec *make_spec(unsigned code, const char *more)
{
	struct corc_spec *spec = NULL;
	const char *text = corc_arena_printf(&arena,
		"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"}, \"process\": "
		"{\"args\": [\"sh\"], \"cwd\": \"/\"}, \"linux\": {\"seccomp\": "
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\"%s, \"syscalls\": [{\"names\": "
		"[\"getpriority\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": %u}]}}}",
		more, code);

	assert_non_null(text);
	assert_success(
		corc_spec_parse(&arena, "config.json", text, strlen(text), &spec, &error), &error);
	return spec;
}

static bool is_found(const struct corc_spec *spec)
{
	struct corc_seccomp_cache CORC_CLEANUP(corc_seccomp_cache_done) cache = {0};

	corc_seccomp_cache_find(run_runtime(), spec, &cache);
	if (!cache.program)
		return false;
	assert_int_equal(cache.program_size, PROGRAM_SIZE);
	assert_memory_equal(cache.program, program, PROGRAM_SIZE);
	return true;
}

static void keep(const struct corc_spec *spec)
{
	struct corc_seccomp_cache CORC_CLEANUP(corc_seccomp_cache_done) cache = {0};

#ifndef HAVE_SECCOMP
	skip_because("built without libseccomp");
#endif
	corc_seccomp_cache_find(run_runtime(), spec, &cache);
	corc_seccomp_cache_keep(run_runtime(), &cache, program, PROGRAM_SIZE);
}

static int open_folder(void)
{
	int fd = open(run_path("state/" CORC_SECCOMP_CACHE), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* How many files there are; *ret_name is one of them. */
static size_t list_files(char ret_name[256])
{
	DIR *stream = fdopendir(open_folder());
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(stream);
	while ((entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		count++;
		(void)snprintf(ret_name, 256, "%s", entry->d_name);
	}
	(void)closedir(stream);
	return count;
}

static void test_kept(void **state)
{
	struct corc_spec *spec = make_spec(7, "");
	struct stat status;
	char name[256];

	(void)state;
	assert_false(is_found(spec));
	keep(spec);
	assert_true(is_found(spec));
	/* Spelt in another way it is the same profile; another errno makes another one. */
	assert_true(is_found(make_spec(7, ", \"architectures\": []")));
	assert_false(is_found(make_spec(8, "")));
	assert_false(is_found(make_spec(7, ", \"architectures\": [\"SCMP_ARCH_X86\"]")));

	int CORC_CLOSE folder = open_folder();

	assert_int_equal(fstat(folder, &status), 0);
	assert_int_equal(status.st_mode, S_IFDIR | 0700);
	assert_int_equal(list_files(name), 1);
	assert_int_equal(fstatat(folder, name, &status, 0), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
}

static void test_nothing_to_keep(void **state)
{
	struct corc_seccomp_cache CORC_CLEANUP(corc_seccomp_cache_done) cache = {0};
	struct corc_spec *spec = make_spec(7, "");

	(void)state;
	spec->linux_.seccomp = NULL;
	corc_seccomp_cache_find(run_runtime(), spec, &cache);
	corc_seccomp_cache_keep(run_runtime(), &cache, program, PROGRAM_SIZE);
	assert_int_equal(access(run_path("state/" CORC_SECCOMP_CACHE), F_OK), -1);
}

/* Any byte of the file, and its length. */
static void test_damaged(void **state)
{
	struct corc_spec *spec = make_spec(7, "");
	char *content = NULL, name[256];
	size_t length = 0;

	(void)state;
	keep(spec);
	assert_int_equal(list_files(name), 1);
	int CORC_CLOSE folder = open_folder();

	assert_int_equal(corc_read_file(folder, name, 1000000, &content, &length), 0);
	for (size_t i = 0; i <= length; i++) {
		assert_int_equal(unlinkat(folder, name, 0), 0);
		if (i < length)
			content[i] ^= 0x20;
		assert_int_equal(
			corc_write_new(folder, name, content, length - (i == length), 0600), 0);
		assert_false(is_found(spec));
		if (i < length)
			content[i] ^= 0x20;
	}
	free(content);
	/* Made again, in place of what is there. */
	keep(spec);
	assert_true(is_found(spec));
	assert_int_equal(list_files(name), 1);
}

/* Should two profiles have one hash, the key in the file tells them apart. */
static void test_other_key(void **state)
{
	struct corc_spec *one = make_spec(7, ""), *two = make_spec(8, "");
	char first[256], name[256];

	(void)state;
	keep(one);
	assert_int_equal(list_files(first), 1);
	int CORC_CLOSE folder = open_folder();

	assert_int_equal(renameat(folder, first, folder, ".away"), 0);
	keep(two);
	assert_int_equal(list_files(name), 1);
	assert_int_equal(renameat(folder, ".away", folder, name), 0);
	assert_false(is_found(two));
}

static void test_foreign_file(void **state)
{
	struct corc_spec *spec = make_spec(7, "");
	char name[256];

	(void)state;
	keep(spec);
	assert_int_equal(list_files(name), 1);
	int CORC_CLOSE folder = open_folder();

	assert_int_equal(fchmodat(folder, name, 0640, 0), 0);
	assert_false(is_found(spec));
	keep(spec);
	assert_true(is_found(spec));
	if (geteuid() == 0) {
		assert_int_equal(fchownat(folder, name, 1000, 1000, 0), 0);
		assert_false(is_found(spec));
	}
	assert_int_equal(renameat(folder, name, folder, ".away"), 0);
	assert_int_equal(symlinkat(".away", folder, name), 0);
	assert_false(is_found(spec));
	assert_int_equal(unlinkat(folder, name, 0), 0);
	assert_int_equal(mkfifoat(folder, name, 0600), 0);
	assert_false(is_found(spec));
	keep(spec);
	assert_true(is_found(spec));
}

static void assert_unused(const struct corc_spec *spec)
{
	assert_false(is_found(spec));
	keep(spec);
	assert_false(is_found(spec));
}

/* A folder that others may have written to is neither read nor written. */
static void test_foreign_folder(void **state)
{
	struct corc_spec *spec = make_spec(7, "");
	const char *path = run_path("state/" CORC_SECCOMP_CACHE);
	int top = *(int *)*state;

	keep(spec);
	assert_true(is_found(spec));
	assert_int_equal(chmod(path, 0750), 0);
	assert_unused(spec);
	assert_int_equal(chmod(path, 0702), 0);
	assert_unused(spec);
	assert_int_equal(chmod(path, 0700), 0);
	assert_true(is_found(spec));
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 1000, 0), 0);
		assert_unused(spec);
		assert_int_equal(chown(path, 0, 0), 0);
	}
	assert_int_equal(renameat(top, "state/" CORC_SECCOMP_CACHE, top, "away"), 0);
	assert_int_equal(symlinkat("../away", top, "state/" CORC_SECCOMP_CACHE), 0);
	assert_unused(spec);
	assert_int_equal(unlinkat(top, "state/" CORC_SECCOMP_CACHE, 0), 0);
	write_text(top, "state/" CORC_SECCOMP_CACHE, "no folder");
	assert_unused(spec);
}

static void test_bounded(void **state)
{
	struct corc_spec *first = make_spec(1000, ""), *second = make_spec(1001, "");
	/* A writer that was killed leaves its part. */
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	char name[256];

	(void)state;
	keep(first);
	int CORC_CLOSE folder = open_folder();

	write_text(folder, "0123.4", "part");
	assert_int_equal(utimensat(folder, "0123.4", long_ago, 0), 0);
	keep(second);
	for (unsigned i = 0; i < CORC_SECCOMP_CACHE_FILES - 1; i++)
		keep(make_spec(i, ""));
	assert_int_equal(list_files(name), CORC_SECCOMP_CACHE_FILES);
	assert_false(is_there(folder, "0123.4"));
	assert_false(is_found(first));
	assert_true(is_found(second));
	assert_true(is_found(make_spec(0, "")));
	assert_true(is_found(make_spec(CORC_SECCOMP_CACHE_FILES - 2, "")));
}

/* So long a profile that the folder would have no bound is compiled each time. */
static void test_too_long(void **state)
{
	struct corc_spec *spec = make_spec(7, "");
	char *name = calloc(1, 200000);

	(void)state;
	assert_non_null(name);
	memset(name, 'x', 199999);
	spec->linux_.seccomp->syscalls.items[0].names.items[0] = name;
	assert_unused(spec);
	free(name);
}

/* A writer with this process's number was killed before it had done. */
static void test_interrupted(void **state)
{
	struct corc_spec *spec = make_spec(7, "");
	char name[256], part[300];

	(void)state;
	keep(spec);
	assert_int_equal(list_files(name), 1);
	int CORC_CLOSE folder = open_folder();

	assert_int_equal(unlinkat(folder, name, 0), 0);
	(void)snprintf(part, sizeof(part), "%s.%d", name, (int)getpid());
	write_text(folder, part, "part");
	keep(spec);
	assert_false(is_found(spec));
	keep(spec);
	assert_true(is_found(spec));
}

static int visit(void *data, const struct corc_state *state)
{
	(void)state;
	(*(int *)data)++;
	return 0;
}

static void test_no_container(void **state)
{
	int count = 0;

	(void)state;
	keep(make_spec(7, ""));
	assert_success(corc_container_list(run_runtime(), visit, &count, &error), &error);
	assert_int_equal(count, 0);
	assert_int_equal(corc_id_check(CORC_SECCOMP_CACHE, &error), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_setup, cache_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept),
		TEST(test_damaged),
		TEST(test_other_key),
		TEST(test_foreign_file),
		TEST(test_foreign_folder),
		TEST(test_bounded),
		TEST(test_too_long),
		TEST(test_interrupted),
		TEST(test_no_container),
		TEST(test_nothing_to_keep),
	};

	return cmocka_run_group_tests_name("seccomp cache", tests, NULL, NULL);
}
