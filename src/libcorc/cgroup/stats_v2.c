/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics of cgroup v2, in the terms of v1 where clients know those. Layer: cgroup; the parent
 * process only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "cgroup/stats_versions.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define NAME_SIZE 64
#define MICROSECONDS 1000 /* in nanoseconds */

/* Without the controller: as many as the group itself lists. */
static int count_pids(const struct corc_stats_reader *reader, uint64_t *ret_count)
{
	uint64_t count = 0;
	char *text;
	int r = corc_stats_text(reader, "cgroup.procs", &text);

	if (r == 0) /* a threaded group */
		r = corc_stats_text(reader, "cgroup.threads", &text);
	if (r <= 0)
		return r;
	while (corc_stats_line(&text))
		count++;
	*ret_count = count;
	return 1;
}

static int read_pids(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	uint64_t limit = 0;
	int r = corc_stats_number(reader, "pids.current", &stats->pids.current);

	if (r == 0)
		return count_pids(reader, &stats->pids.current);
	if (r > 0)
		r = corc_stats_number(reader, "pids.max", &limit);
	if (r > 0)
		stats->pids.limit = limit == UINT64_MAX ? 0 : limit;
	return r;
}

/* prefix: "memory" or "memory.swap". 0: there is no accounting of it. */
static int read_usage(const struct corc_stats_reader *reader, const char *prefix,
	struct corc_stats_memory_usage *ret_usage)
{
	struct corc_stats_memory_usage usage = {0};
	const struct {
		const char *suffix;
		uint64_t *value;
	} files[] = {{"current", &usage.usage}, {"max", &usage.limit}, {"peak", &usage.max_usage}};

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

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* v1 counted memory and swap together, which has no peak here. */
static int read_memory(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	struct corc_stats_memory *memory = &stats->memory;
	struct corc_stats_memory_usage swap = {0};
	int r = corc_stats_counters(reader, "memory.stat", &memory->raw, &memory->raw_count);

	if (r > 0) {
		memory->cache = corc_stats_counter_value(memory->raw, memory->raw_count, "file");
		r = read_usage(reader, "memory", &memory->usage);
	}
	if (r > 0)
		r = read_usage(reader, "memory.swap", &swap);
	if (r >= 0 && memory->raw_count > 0)
		memory->swap = (struct corc_stats_memory_usage){
			.limit = add(swap.limit, memory->usage.limit),
			.usage = add(swap.usage, memory->usage.usage),
		};
	return r < 0 ? r : corc_stats_pressure(reader, "memory.pressure", &memory->pressure);
}

/* A device's lists while io.stat is read. */
struct block_lists {
	const struct corc_stats_reader *reader;
	struct corc_stats_block_entries *bytes, *operations;
	size_t bytes_capacity, operations_capacity;
};

static int add_entry(const struct corc_stats_reader *reader, struct corc_stats_block_entries *list,
	size_t *capacity, const struct corc_stats_block_entry *entry)
{
	struct corc_stats_block_entry *items =
		corc_arena_grow(reader->arena, (struct corc_stats_block_entry *)list->items,
			list->count, capacity, sizeof(*items));

	if (!items)
		return corc_fail_errno(reader->error, ENOMEM, "statistics");
	items[list->count++] = *entry;
	list->items = items;
	return 0;
}

/* "rbytes=180224"; others are passed over. */
static int read_item(struct block_lists *lists, char *item, struct corc_stats_block_entry entry)
{
	static const struct {
		const char *name;
		const char *operation;
		bool is_bytes;
	} known[] = {{"rbytes", "Read", true}, {"wbytes", "Write", true}, {"rios", "Read", false},
		{"wios", "Write", false}};
	char *value = item;
	const char *name = strsep(&value, "=");

	for (size_t i = 0; value && i < COUNT(known); i++) {
		if (strcmp(name, known[i].name) != 0)
			continue;
		if (corc_stats_parse(value, strlen(value), &entry.value) < 0)
			return corc_stats_bad(lists->reader, "io.stat", value);
		entry.operation = known[i].operation;
		return known[i].is_bytes ? add_entry(lists->reader, lists->bytes,
						   &lists->bytes_capacity, &entry)
					 : add_entry(lists->reader, lists->operations,
						   &lists->operations_capacity, &entry);
	}
	return 0;
}

/* "8:0 rbytes=180224 wbytes=0 …" */
static int read_device(struct block_lists *lists, char *line)
{
	char *device = strsep(&line, " ");
	char *minor = strchr(device, ':');
	struct corc_stats_block_entry entry = {0};
	char *item;
	int r = 0;

	if (!minor ||
		corc_parse_u64(device, (size_t)(minor - device), UINT32_MAX, &entry.major) < 0 ||
		corc_parse_u64(minor + 1, strlen(minor + 1), UINT32_MAX, &entry.minor) < 0)
		return corc_stats_bad(lists->reader, "io.stat", device);
	while (r == 0 && (item = strsep(&line, " ")))
		r = read_item(lists, item, entry);
	return r;
}

static int read_io(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	struct block_lists lists = {.reader = reader,
		.bytes = &stats->block.service_bytes,
		.operations = &stats->block.serviced};
	char *text, *line;
	int r = corc_stats_text(reader, "io.stat", &text);

	while (r > 0 && (line = corc_stats_line(&text)))
		if (read_device(&lists, line) < 0)
			return -reader->error->code;
	return r < 0 ? r : corc_stats_pressure(reader, "io.pressure", &stats->block.pressure);
}

static int read_cpu(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	static const struct corc_stats_key keys[] = {
		{"usage_usec", offsetof(struct corc_stats_cpu, total), MICROSECONDS},
		{"user_usec", offsetof(struct corc_stats_cpu, user), MICROSECONDS},
		{"system_usec", offsetof(struct corc_stats_cpu, kernel), MICROSECONDS},
		{"nr_periods", offsetof(struct corc_stats_cpu, periods), 1},
		{"nr_throttled", offsetof(struct corc_stats_cpu, throttled_periods), 1},
		{"throttled_usec", offsetof(struct corc_stats_cpu, throttled_time), MICROSECONDS},
	};
	int r = corc_stats_keys(reader, "cpu.stat", keys, COUNT(keys), &stats->cpu);

	return r < 0 ? r : corc_stats_pressure(reader, "cpu.pressure", &stats->cpu.pressure);
}

static int read_page_size(
	const struct corc_stats_reader *reader, struct corc_stats_huge_pages *pages)
{
	const struct corc_stats_key key = {
		"max", offsetof(struct corc_stats_huge_pages, fail_count), 1};
	char name[NAME_SIZE];
	int r;

	(void)snprintf(name, sizeof(name), "hugetlb.%s.rsvd.current", pages->page_size);
	r = corc_stats_number(reader, name, &pages->usage);
	if (r == 0) {
		(void)snprintf(name, sizeof(name), "hugetlb.%s.current", pages->page_size);
		r = corc_stats_number(reader, name, &pages->usage);
	}
	(void)snprintf(name, sizeof(name), "hugetlb.%s.events", pages->page_size);
	return r < 0 ? r : corc_stats_keys(reader, name, &key, 1, pages);
}

static int read_huge_pages(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	struct corc_stats_huge_pages *pages = NULL;
	size_t count = 0;
	int r = corc_stats_page_sizes(reader, "current", &pages, &count);

	for (size_t i = 0; r >= 0 && i < count; i++)
		r = read_page_size(reader, &pages[i]);
	stats->huge_pages = pages;
	stats->huge_page_count = count;
	return r;
}

int corc_stats_v2(const struct corc_stats_reader *reader, struct corc_stats *stats)
{
	static int (*const parts[])(const struct corc_stats_reader *, struct corc_stats *) = {
		read_pids, read_memory, read_io, read_cpu, read_huge_pages};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < COUNT(parts); i++)
		r = parts[i](reader, stats);
	return r < 0 ? r : 0;
}
