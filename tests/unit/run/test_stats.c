/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics, from the files of a cgroup to JSON: every tests/data/stats/NAME.txt holds the files
 * of a directory ("== FILE", then its text) of the version that NAME begins with, and NAME.json is
 * the event. With CORC_UPDATE_GOLDEN=1 in the environment the .json files are written instead: read
 * the difference before you commit it. Most of this no test machine has.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/stats.h"
#include "cgroup/stats_versions.h"
#include "run_fixture.h"

#define V1_CONTROLLERS "cpu,cpuacct,cpuset,memory,pids,blkio,hugetlb"
#define FILE_MAX ((size_t)1 << 20)

/* --- a directory with files ------------------------------------------------------------------- */

/* "tests/data/stats/NAME.SUFFIX" */
static const char *data_path(const char *name, const char *suffix)
{
	static char path[4096];
	const char *data = getenv("CORC_TEST_DATA");

	assert_non_null(data);
	(void)snprintf(path, sizeof(path), "%s/stats/%s.%s", data, name, suffix);
	return path;
}

static char *read_data(const char *name, const char *suffix)
{
	char *text = NULL;
	size_t length;

	if (corc_read_file(AT_FDCWD, data_path(name, suffix), FILE_MAX, &text, &length) < 0)
		fail_msg("%s cannot be read", data_path(name, suffix));
	return text;
}

/* Makes the files of a text in a directory. */
static void unpack(int directory_fd, char *text)
{
	char *at = strstr(text, "== ");

	while (at) {
		char *name = at + 3;
		char *content = strchr(name, '\n');
		char *next;

		assert_non_null(content);
		*content++ = '\0';
		if (strncmp(content, "== ", 3) == 0) {
			write_text(directory_fd, name, "");
			at = content;
			continue;
		}
		next = strstr(content, "\n== ");
		if (next)
			next[1] = '\0';
		write_text(directory_fd, name, content);
		if (next)
			next[1] = '=';
		at = next ? next + 1 : NULL;
	}
}

static int read_stats(int fd, int version, struct corc_arena *arena, struct corc_stats *stats,
	struct corc_error *error)
{
	struct corc_stats_reader reader = {
		.arena = arena, .error = error, .directory = "/group", .fd = fd};

	return version == 2 ? corc_stats_v2(&reader, stats)
			    : corc_stats_v1(&reader, V1_CONTROLLERS, stats);
}

static char *json_of(const struct corc_stats *stats)
{
	struct corc_event event = {.type = CORC_EVENT_STATS, .id = "web", .stats = stats};
	struct corc_error error;
	char *json = NULL;

	assert_success(corc_event_json(&event, &json, &error), &error);
	return json;
}

/* --- whole directories ------------------------------------------------------------------------ */

static void check(const char *name, const char *found)
{
	char CORC_FREE *expected = NULL;

	if (getenv("CORC_UPDATE_GOLDEN")) {
		FILE *file = fopen(data_path(name, "json"), "we");

		assert_non_null(file);
		assert_true(fprintf(file, "%s\n", found) > 0);
		assert_int_equal(fclose(file), 0);
		return;
	}
	expected = read_data(name, "json");
	expected[strcspn(expected, "\n")] = '\0';
	assert_string_equal(found, expected);
}

static void check_file(int fd, const char *name)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_stats stats = {0};
	struct corc_error error = {0};
	char CORC_FREE *text = read_data(name, "txt");
	char CORC_FREE *json = NULL;

	make_directory(fd, name);
	int CORC_CLOSE directory = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(directory >= 0);
	unpack(directory, text);
	assert_success(read_stats(directory, name[1] - '0', &arena, &stats, &error), &error);
	json = json_of(&stats);
	check(name, json);
}

static void test_files(void **state)
{
	static const char *const names[] = {"v1-full", "v1-bfq", "v2-full", "v2-no-controllers",
		"v2-threaded", "v2-no-limits", "v2-no-swap"};

	for (size_t i = 0; i < COUNT(names); i++)
		check_file(*(int *)*state, names[i]);
}

/* Nothing is there, and nothing is made up. */
static void test_empty(void **state)
{
	static const char nothing[] =
		"{\"type\":\"stats\",\"id\":\"web\",\"data\":{\"cpu\":{},\"cpuset\":{"
		"\"cpu_exclusive\":0,\"mem_hardwall\":0,\"mem_exclusive\":0,\"memory_migrate\":0,"
		"\"memory_spread_page\":0,\"memory_spread_slab\":0,\"memory_pressure\":0,"
		"\"sched_load_balance\":0,\"sched_relax_domain_level\":0},\"memory\":{},\"pids\":{},"
		"\"blkio\":{},\"hugetlb\":{},\"intel_rdt\":{},\"network_interfaces\":null}}";

	for (int version = 1; version <= 2; version++) {
		struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
		struct corc_stats stats = {0};
		struct corc_error error = {0};
		char CORC_FREE *json = NULL;

		assert_success(read_stats(*(int *)*state, version, &arena, &stats, &error), &error);
		json = json_of(&stats);
		assert_string_equal(json, nothing);
	}
}

/* --- files that make no sense ----------------------------------------------------------------- */

static void check_bad(int fd, int version, const char *name, const char *text)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_stats stats = {0};
	struct corc_error error = {0};
	char place[128];

	write_text(fd, name, text);
	if (read_stats(fd, version, &arena, &stats, &error) != -EBADMSG)
		fail_msg("%s was taken: %s", name, text);
	(void)snprintf(place, sizeof(place), "/group/%s: ", name);
	if (strstr(error.message, place) != error.message)
		fail_msg("%s: %s", name, error.message);
	assert_int_equal(unlinkat(fd, name, 0), 0);
}

static void test_bad_v2(void **state)
{
	static const struct {
		const char *name, *text;
	} bad[] = {
		{"pids.current", "x\n"},
		{"pids.current", "1 2\n"},
		{"pids.current", "18446744073709551616\n"},
		{"pids.current", "\n"},
		{"pids.current", " 1\n"},
		{"pids.current", "0x10\n"},
		{"pids.current", "-\n"},
		{"pids.current", "-x\n"},
		{"memory.stat", "anon\n"},
		{"memory.stat", "anon 1\n file 2\n"},
		{"memory.stat", "anon 1\nfile 2 3\n"},
		{"memory.stat", "anon \n"},
		{"cpu.stat", "usage_usec 1\nuser_usec many\n"},
		{"cpu.stat", "future many\n"},
		{"cpu.pressure", "some avg10=x avg60=0.00 avg300=0.00 total=0\n"},
		{"cpu.pressure", "some avg10=-1.00 avg60=0.00 avg300=0.00 total=0\n"},
		{"cpu.pressure", "some avg10=1. avg60=0.00 avg300=0.00 total=0\n"},
		{"cpu.pressure", "some avg10=.5 avg60=0.00 avg300=0.00 total=0\n"},
		{"cpu.pressure", "some avg10=1.0.0 avg60=0.00 avg300=0.00 total=0\n"},
		{"cpu.pressure", "some avg10=1e5 avg60=0.00 avg300=0.00 total=0\n"},
		{"cpu.pressure", "some avg10=100000000000000.00 total=0\n"},
		{"io.pressure", "full total\n"},
		{"memory.pressure", "full total=-1\n"},
		{"memory.pressure", "full\n"},
		{"io.stat", "8 rbytes=1\n"},
		{"io.stat", ":8 rbytes=1\n"},
		{"io.stat", "8: rbytes=1\n"},
		{"io.stat", "8:x rbytes=1\n"},
		{"io.stat", "8:0 rbytes=one\n"},
		{"io.stat", "8:0 rbytes=\n"},
		{"hugetlb.2MB.current", "?\n"},
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		check_bad(*(int *)*state, 2, bad[i].name, bad[i].text);
}

static void test_bad_v1(void **state)
{
	static const struct {
		const char *name, *text;
	} bad[] = {
		{"cpu.stat", "nr_periods\n"},
		{"cpuacct.stat", "user 1\nsystem x\n"},
		{"cpuacct.usage", "1 \n"},
		{"cpuacct.usage_percpu", "1 2 x\n"},
		{"cpuacct.usage_all", "processor user\n0 1 2\n"},
		{"cpuacct.usage_all", "cpu user system\n0 1\n"},
		{"cpuacct.usage_all", "cpu user system\n0 1 x\n"},
		{"cpuset.cpus", "0-\n"},
		{"cpuset.cpus", "-3\n"},
		{"cpuset.cpus", "3-1\n"},
		{"cpuset.cpus", "0,,1\n"},
		{"cpuset.cpus", "0-65536\n"},
		{"cpuset.mems", "a\n"},
		{"cpuset.mem_hardwall", "yes\n"},
		{"cpuset.sched_relax_domain_level", "--1\n"},
		{"memory.stat", "cache\n"},
		{"pids.current", "?\n"},
		{"blkio.throttle.io_serviced", "8:0\n"},
		{"blkio.throttle.io_serviced", "8:0 Read 1 2\n"},
		{"blkio.throttle.io_serviced", "8:0 Read x\n"},
		{"blkio.throttle.io_serviced", "x:0 Read 1\n"},
		{"blkio.throttle.io_serviced", "8:0x Read 1\n"},
		{"hugetlb.2MB.usage_in_bytes", "?\n"},
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		check_bad(*(int *)*state, 1, bad[i].name, bad[i].text);
}

/* More than one counter of the kernel's was negative once; that is 0, not an error. */
static void test_odd_numbers(void **state)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_stats stats = {0};
	struct corc_error error = {0};
	int fd = *(int *)*state;

	write_text(fd, "pids.current", "-99999999999999999999999\n");
	write_text(fd, "memory.stat", "file 1\n");
	write_text(fd, "memory.current", "5\n");
	write_text(fd, "memory.max", "max\n");
	write_text(fd, "memory.swap.current", "1\n");
	write_text(fd, "memory.swap.max", "100\n");
	write_text(fd, "cpu.stat", "usage_usec 18446744073709551615\n");
	write_text(fd, "cpu.pressure", "some avg10=0.29 avg60=100.00 avg300=1234567.89 total=1\n");
	assert_success(read_stats(fd, 2, &arena, &stats, &error), &error);
	assert_int_equal(stats.pids.current, 0);
	/* Neither sum goes round. */
	assert_true(stats.memory.swap.limit == UINT64_MAX);
	assert_int_equal(stats.memory.swap.usage, 6);
	assert_true(stats.cpu.total == UINT64_MAX);
	/* As strtod would read them. */
	assert_true(stats.cpu.pressure.some.avg10 == 0.29);
	assert_true(stats.cpu.pressure.some.avg60 == 100.0);
	assert_true(stats.cpu.pressure.some.avg300 == 1234567.89);
}

/* --- references ------------------------------------------------------------------------------- */

static struct corc_cgroup_ref_directory group(const char *name, uint32_t version)
{
	static char paths[2][512];
	struct stat status;
	char *path = paths[version - 1];

	(void)snprintf(path, sizeof(paths[0]), "%s", run_path(name));
	assert_int_equal(stat(path, &status), 0);
	return (struct corc_cgroup_ref_directory){
		.version = version,
		.directory = path,
		.controllers = version == 1 ? "pids,cpuacct" : "",
		.inode = status.st_ino,
	};
}

/* Hybrid: a controller of v1 counts, also when v2 has a file of that name. */
static void test_hybrid(void **state)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_stats stats = {0};
	struct corc_error error = {0};
	int fd = *(int *)*state;

	make_directory(fd, "one");
	make_directory(fd, "two");
	write_text(fd, "one/pids.current", "7\n");
	write_text(fd, "one/pids.max", "9\n");
	write_text(fd, "one/cpuacct.usage", "123\n");
	write_text(fd, "one/memory.stat", "cache 5\n");
	write_text(fd, "two/cgroup.procs", "1\n2\n");
	write_text(fd, "two/cpu.stat", "usage_usec 1\nuser_usec 1\n");
	write_text(fd, "two/hugetlb.2MB.current", "8\n");
	struct corc_cgroup_ref_directory directories[] = {group("one", 1), group("two", 2)};
	struct corc_cgroup_ref ref = {.directories = {directories, 2}};

	assert_success(corc_cgroup_stats(&arena, &ref, &stats, &error), &error);
	assert_int_equal(stats.pids.current, 7);
	assert_int_equal(stats.pids.limit, 9);
	assert_int_equal(stats.cpu.total, 123);
	assert_int_equal(stats.cpu.user, 1000);
	assert_int_equal(stats.huge_page_count, 1);
	assert_int_equal(stats.huge_pages[0].usage, 8);
	/* That controller is not in the list of the directory. */
	assert_int_equal(stats.memory.raw_count, 0);

	/* Another directory of the same name is not the container's. */
	directories[0].inode++;
	stats = (struct corc_stats){0};
	assert_int_equal(corc_cgroup_stats(&arena, &ref, &stats, &error), -ESTALE);
	assert_int_equal(error.step, CORC_STEP_CGROUP);
	assert_int_equal(stats.pids.current, 0);
}

static void test_events(void **state)
{
	struct corc_event event = {.type = CORC_EVENT_OOM, .id = "a\"b"};
	struct corc_error error = {0};
	char *json = NULL;

	(void)state;
	assert_success(corc_event_json(&event, &json, &error), &error);
	assert_string_equal(json, "{\"type\":\"oom\",\"id\":\"a\\\"b\"}");
	free(json);
	event.type = (enum corc_event_type)7;
	assert_int_equal(corc_event_json(&event, &json, &error), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, run_setup, run_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files),
		TEST(test_empty),
		TEST(test_bad_v2),
		TEST(test_bad_v1),
		TEST(test_odd_numbers),
		TEST(test_hybrid),
		TEST(test_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
