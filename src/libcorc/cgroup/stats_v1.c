/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics of cgroup v1. Layer: cgroup; the parent process only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "cgroup/cgroup.h"
#include "cgroup/stats_versions.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define NAME_SIZE 64
#define TICKS                                                                              \
	10000000 /* of USER_HZ, in nanoseconds: 100 a second on every architecture we know \
		  */

static int read_cpu(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	static const struct corc_stats_key keys[] = {
		{"nr_periods", offsetof(struct corc_stats_cpu, periods), 1},
		{"nr_throttled", offsetof(struct corc_stats_cpu, throttled_periods), 1},
		{"throttled_time", offsetof(struct corc_stats_cpu, throttled_time), 1},
	};

	return corc_stats_keys(reader, "cpu.stat", keys, COUNT(keys), &stats->cpu);
}

/* "CPU USER SYSTEM" */
static int read_processor(const struct corc_stats_reader *reader, char *line, uint64_t *ret_user,
	uint64_t *ret_kernel)
{
	uint64_t values[3];

	for (size_t i = 0; i < COUNT(values); i++) {
		const char *word = strsep(&line, " ");

		if (!word || corc_stats_parse(word, strlen(word), &values[i]) < 0)
			return corc_stats_bad(reader, "cpuacct.usage_all", word ? word : "");
	}
	*ret_user = values[1];
	*ret_kernel = values[2];
	return 0;
}

static int read_processors(const struct corc_stats_reader *reader, struct corc_stats_cpu *cpu)
{
	size_t user_capacity = 0, kernel_capacity = 0;
	char *text, *line;
	int r = corc_stats_text(reader, "cpuacct.usage_all", &text);

	if (r <= 0)
		return r;
	line = corc_stats_line(&text);
	if (!line || strncmp(line, "cpu user system", 15) != 0)
		return corc_stats_bad(reader, "cpuacct.usage_all", line ? line : "");
	while (r >= 0 && (line = corc_stats_line(&text))) {
		uint64_t user = 0, kernel = 0;

		r = read_processor(reader, line, &user, &kernel);
		if (r == 0)
			r = corc_stats_add_number(reader, &cpu->per_cpu_user, &user_capacity, user);
		if (r == 0)
			r = corc_stats_add_number(
				reader, &cpu->per_cpu_kernel, &kernel_capacity, kernel);
	}
	return r;
}

static int read_cpuacct(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	static const struct corc_stats_key keys[] = {
		{"user", offsetof(struct corc_stats_cpu, user), TICKS},
		{"system", offsetof(struct corc_stats_cpu, kernel), TICKS},
	};
	int r = corc_stats_keys(reader, "cpuacct.stat", keys, COUNT(keys), &stats->cpu);

	if (r >= 0)
		r = corc_stats_number(reader, "cpuacct.usage", &stats->cpu.total);
	if (r >= 0)
		r = corc_stats_numbers(reader, "cpuacct.usage_percpu", &stats->cpu.per_cpu);
	return r < 0 ? r : read_processors(reader, &stats->cpu);
}

/* -1: the group has no domain of its own. */
static int read_domain_level(const struct corc_stats_reader *reader, int64_t *ret_level)
{
	static const char file[] = "cpuset.sched_relax_domain_level";
	char *text;
	int r = corc_stats_text(reader, file, &text);

	if (r > 0 && corc_parse_i64(text, strlen(text), ret_level) < 0)
		return corc_stats_bad(reader, file, text);
	return r;
}

static int read_cpuset(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	struct corc_stats_cpuset *cpuset = &stats->cpuset;
	const struct {
		const char *file;
		uint64_t *value;
	} flags[] = {
		{"cpuset.cpu_exclusive", &cpuset->cpu_exclusive},
		{"cpuset.mem_hardwall", &cpuset->mem_hardwall},
		{"cpuset.mem_exclusive", &cpuset->mem_exclusive},
		{"cpuset.memory_migrate", &cpuset->memory_migrate},
		{"cpuset.memory_spread_page", &cpuset->memory_spread_page},
		{"cpuset.memory_spread_slab", &cpuset->memory_spread_slab},
		{"cpuset.memory_pressure", &cpuset->memory_pressure},
		{"cpuset.sched_load_balance", &cpuset->sched_load_balance},
	};
	int r = corc_stats_ranges(reader, "cpuset.cpus", &cpuset->cpus);

	if (r >= 0)
		r = corc_stats_ranges(reader, "cpuset.mems", &cpuset->mems);
	for (size_t i = 0; r >= 0 && i < COUNT(flags); i++)
		r = corc_stats_number(reader, flags[i].file, flags[i].value);
	return r < 0 ? r : read_domain_level(reader, &cpuset->sched_relax_domain_level);
}

/* 0: there is no accounting of it. Newer kernels have no limit of the kernel's memory. */
static int read_usage(const struct corc_stats_reader *reader, const char *prefix,
	struct corc_stats_memory_usage *ret_usage)
{
	struct corc_stats_memory_usage usage = {0};
	const struct {
		const char *suffix;
		uint64_t *value;
	} files[] = {
		{"usage_in_bytes", &usage.usage},
		{"max_usage_in_bytes", &usage.max_usage},
		{"failcnt", &usage.fail_count},
		{"limit_in_bytes", &usage.limit},
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		char name[NAME_SIZE];
		int r;

		(void)snprintf(name, sizeof(name), "%s.%s", prefix, files[i].suffix);
		r = corc_stats_number(reader, name, files[i].value);
		if (r < 0 || (r == 0 && i == 0))
			return r;
	}
	*ret_usage = usage;
	return 1;
}

static int read_memory(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	struct corc_stats_memory *memory = &stats->memory;
	const struct {
		const char *prefix;
		struct corc_stats_memory_usage *usage;
	} kinds[] = {
		{"memory", &memory->usage},
		{"memory.memsw", &memory->swap},
		{"memory.kmem", &memory->kernel},
		{"memory.kmem.tcp", &memory->kernel_tcp},
	};
	int r = corc_stats_counters(reader, "memory.stat", &memory->raw, &memory->raw_count);

	if (r <= 0)
		return r;
	memory->cache = corc_stats_counter_value(memory->raw, memory->raw_count, "cache");
	for (size_t i = 0; r >= 0 && i < COUNT(kinds); i++)
		r = read_usage(reader, kinds[i].prefix, kinds[i].usage);
	return r;
}

static int read_pids(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	uint64_t limit = 0;
	int r = corc_stats_number(reader, "pids.current", &stats->pids.current);

	if (r >= 0)
		r = corc_stats_number(reader, "pids.max", &limit);
	if (r > 0)
		stats->pids.limit = limit == UINT64_MAX ? 0 : limit;
	return r;
}

/* "8:0 Read 180224", "8:0 180224"; the sum at the end, "Total 0", is no device. */
static int parse_entry(char *line, struct corc_stats_block_entry *entry)
{
	char *words[4];
	size_t count = 0;
	char *word;

	while (count < COUNT(words) && (word = strsep(&line, " :")))
		words[count++] = word;
	if (count == 2 && strcmp(words[0], "Total") == 0)
		return 0;
	if (count < 3 || line)
		return -EINVAL;
	entry->operation = count == 4 ? words[2] : "";
	if (corc_parse_u64(words[0], strlen(words[0]), UINT32_MAX, &entry->major) < 0 ||
		corc_parse_u64(words[1], strlen(words[1]), UINT32_MAX, &entry->minor) < 0 ||
		corc_stats_parse(words[count - 1], strlen(words[count - 1]), &entry->value) < 0)
		return -EINVAL;
	return 1;
}

/* 0 also when there is no entry in it. */
static int read_entries(const struct corc_stats_reader *reader, const char *file,
	struct corc_stats_block_entries *ret_entries)
{
	struct corc_stats_block_entry *items = NULL;
	size_t count = 0, capacity = 0;
	char *text, *line;
	int r = corc_stats_text(reader, file, &text);

	while (r > 0 && (line = corc_stats_line(&text))) {
		struct corc_stats_block_entry entry = {0};
		int found = parse_entry(line, &entry);

		if (found < 0)
			return corc_stats_bad(reader, file, line);
		if (found == 0)
			continue;
		items = corc_arena_grow(reader->arena, items, count, &capacity, sizeof(*items));
		if (!items)
			return corc_fail_errno(reader->error, ENOMEM, "statistics");
		items[count++] = entry;
	}
	if (r < 0 || count == 0)
		return r < 0 ? r : 0;
	*ret_entries = (struct corc_stats_block_entries){items, count};
	return 1;
}

/* A file and the list that it fills. */
struct block_file {
	const char *name;
	size_t offset;
};

#define BLOCK(file, member)                                     \
	{                                                       \
		file, offsetof(struct corc_stats_block, member) \
	}

static const struct block_file bfq[] = {
	BLOCK("blkio.bfq.sectors_recursive", sectors),
	BLOCK("blkio.bfq.io_service_time_recursive", service_time),
	BLOCK("blkio.bfq.io_wait_time_recursive", wait_time),
	BLOCK("blkio.bfq.io_merged_recursive", merged),
	BLOCK("blkio.bfq.io_queued_recursive", queued),
	BLOCK("blkio.bfq.time_recursive", time),
	BLOCK("blkio.bfq.io_serviced_recursive", serviced),
	BLOCK("blkio.bfq.io_service_bytes_recursive", service_bytes),
	{0},
};

static const struct block_file bfq_short[] = {
	BLOCK("blkio.bfq.io_serviced_recursive", serviced),
	BLOCK("blkio.bfq.io_service_bytes_recursive", service_bytes),
	{0},
};

static const struct block_file throttle_recursive[] = {
	BLOCK("blkio.throttle.io_serviced_recursive", serviced),
	BLOCK("blkio.throttle.io_service_bytes_recursive", service_bytes),
	{0},
};

static const struct block_file throttle[] = {
	BLOCK("blkio.throttle.io_serviced", serviced),
	BLOCK("blkio.throttle.io_service_bytes", service_bytes),
	{0},
};

/* Of the schedulers and policies, in this order, the first whose first file has an entry. */
static int read_block(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	static const struct block_file *const sets[] = {
		bfq, bfq_short, throttle_recursive, throttle};
	int r = 0;

	for (size_t set = 0; set < COUNT(sets); set++) {
		const struct block_file *file = sets[set];

		do
			r = read_entries(
				reader, file->name, (void *)((char *)&stats->block + file->offset));
		while (r > 0 && (++file)->name);
		if (r < 0 || file != sets[set])
			return r;
	}
	return r;
}

static int read_page_size(
	const struct corc_stats_reader *reader, struct corc_stats_huge_pages *pages)
{
	const struct {
		const char *suffix;
		uint64_t *value;
	} files[] = {
		{"usage_in_bytes", &pages->usage},
		{"max_usage_in_bytes", &pages->max_usage},
		{"failcnt", &pages->fail_count},
	};
	const char *reserved = ".rsvd";
	char name[NAME_SIZE];
	int r = 0;

	for (size_t i = 0; r >= 0 && i < COUNT(files); i++) {
		(void)snprintf(name, sizeof(name), "hugetlb.%s%s.%s", pages->page_size, reserved,
			files[i].suffix);
		r = corc_stats_number(reader, name, files[i].value);
		/* Kernels before 5.7 do not count what is reserved. */
		if (r == 0 && i == 0 && reserved[0] != '\0') {
			reserved = "";
			i--;
		}
	}
	return r;
}

static int read_huge_pages(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	struct corc_stats_huge_pages *pages = NULL;
	size_t count = 0;
	int r = corc_stats_page_sizes(reader, "usage_in_bytes", &pages, &count);

	for (size_t i = 0; r >= 0 && i < count; i++)
		r = read_page_size(reader, &pages[i]);
	stats->huge_pages = pages;
	stats->huge_page_count = count;
	return r;
}

int corc_stats_v1(
	const struct corc_stats_reader *reader, const char *controllers, struct corc_stats *stats)
{
	static const struct {
		const char *controller;
		int (*read)(const struct corc_stats_reader *, struct corc_stats *);
	} parts[] = {
		{"cpu", read_cpu},
		{"cpuacct", read_cpuacct},
		{"cpuset", read_cpuset},
		{"memory", read_memory},
		{"pids", read_pids},
		{"blkio", read_block},
		{"hugetlb", read_huge_pages},
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < COUNT(parts); i++)
		if (corc_cgroup_lists(controllers, parts[i].controller))
			r = parts[i].read(reader, stats);
	return r < 0 ? r : 0;
}
