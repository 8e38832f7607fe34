/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as JSON. Layer: run; the parent process. Clients know these keys, their order, and which
 * of them are left out when their value is zero.
 */
#include <errno.h>
#include <string.h>

#include <corc/stats.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/json_writer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put_some(struct corc_json_writer *writer, const char *key, uint64_t value)
{
	if (value != 0)
		corc_json_u64(writer, key, value);
}

static void put_numbers(
	struct corc_json_writer *writer, const char *key, const struct corc_stats_numbers *numbers)
{
	if (numbers->count == 0)
		return;
	corc_json_begin_array(writer, key);
	for (size_t i = 0; i < numbers->count; i++)
		corc_json_u64(writer, NULL, numbers->items[i]);
	corc_json_end_array(writer);
}

static void put_pressure_data(struct corc_json_writer *writer, const char *key,
	const struct corc_stats_pressure_data *data)
{
	if (data->avg10 <= 0 && data->avg60 <= 0 && data->avg300 <= 0 && data->total == 0)
		return;
	corc_json_begin_object(writer, key);
	corc_json_double(writer, "avg10", data->avg10);
	corc_json_double(writer, "avg60", data->avg60);
	corc_json_double(writer, "avg300", data->avg300);
	corc_json_u64(writer, "total", data->total);
	corc_json_end_object(writer);
}

static void put_pressure(
	struct corc_json_writer *writer, const struct corc_stats_pressure *pressure)
{
	if (!pressure->is_known)
		return;
	corc_json_begin_object(writer, "psi");
	put_pressure_data(writer, "some", &pressure->some);
	put_pressure_data(writer, "full", &pressure->full);
	corc_json_end_object(writer);
}

static void put_cpu_usage(struct corc_json_writer *writer, const struct corc_stats_cpu *cpu)
{
	if (cpu->total == 0 && cpu->kernel == 0 && cpu->user == 0 && cpu->per_cpu.count == 0)
		return;
	corc_json_begin_object(writer, "usage");
	put_some(writer, "total", cpu->total);
	put_numbers(writer, "percpu", &cpu->per_cpu);
	put_numbers(writer, "percpu_kernel", &cpu->per_cpu_kernel);
	put_numbers(writer, "percpu_user", &cpu->per_cpu_user);
	corc_json_u64(writer, "kernel", cpu->kernel);
	corc_json_u64(writer, "user", cpu->user);
	corc_json_end_object(writer);
}

static void put_cpu(struct corc_json_writer *writer, const struct corc_stats_cpu *cpu)
{
	corc_json_begin_object(writer, "cpu");
	put_cpu_usage(writer, cpu);
	if (cpu->periods != 0 || cpu->throttled_periods != 0 || cpu->throttled_time != 0) {
		corc_json_begin_object(writer, "throttling");
		put_some(writer, "periods", cpu->periods);
		put_some(writer, "throttledPeriods", cpu->throttled_periods);
		put_some(writer, "throttledTime", cpu->throttled_time);
		corc_json_end_object(writer);
	}
	put_pressure(writer, &cpu->pressure);
	corc_json_end_object(writer);
}

static void put_cpuset(struct corc_json_writer *writer, const struct corc_stats_cpuset *cpuset)
{
	corc_json_begin_object(writer, "cpuset");
	put_numbers(writer, "cpus", &cpuset->cpus);
	corc_json_u64(writer, "cpu_exclusive", cpuset->cpu_exclusive);
	put_numbers(writer, "mems", &cpuset->mems);
	corc_json_u64(writer, "mem_hardwall", cpuset->mem_hardwall);
	corc_json_u64(writer, "mem_exclusive", cpuset->mem_exclusive);
	corc_json_u64(writer, "memory_migrate", cpuset->memory_migrate);
	corc_json_u64(writer, "memory_spread_page", cpuset->memory_spread_page);
	corc_json_u64(writer, "memory_spread_slab", cpuset->memory_spread_slab);
	corc_json_u64(writer, "memory_pressure", cpuset->memory_pressure);
	corc_json_u64(writer, "sched_load_balance", cpuset->sched_load_balance);
	corc_json_i64(writer, "sched_relax_domain_level", cpuset->sched_relax_domain_level);
	corc_json_end_object(writer);
}

static void put_memory_usage(struct corc_json_writer *writer, const char *key,
	const struct corc_stats_memory_usage *usage)
{
	if (usage->limit == 0 && usage->usage == 0 && usage->max_usage == 0 &&
		usage->fail_count == 0)
		return;
	corc_json_begin_object(writer, key);
	corc_json_u64(writer, "limit", usage->limit);
	put_some(writer, "usage", usage->usage);
	put_some(writer, "max", usage->max_usage);
	corc_json_u64(writer, "failcnt", usage->fail_count);
	corc_json_end_object(writer);
}

static void put_memory(struct corc_json_writer *writer, const struct corc_stats_memory *memory)
{
	corc_json_begin_object(writer, "memory");
	put_some(writer, "cache", memory->cache);
	put_memory_usage(writer, "usage", &memory->usage);
	put_memory_usage(writer, "swap", &memory->swap);
	put_memory_usage(writer, "kernel", &memory->kernel);
	put_memory_usage(writer, "kernelTCP", &memory->kernel_tcp);
	if (memory->raw_count > 0) {
		corc_json_begin_object(writer, "raw");
		for (size_t i = 0; i < memory->raw_count; i++)
			corc_json_u64(writer, memory->raw[i].name, memory->raw[i].value);
		corc_json_end_object(writer);
	}
	put_pressure(writer, &memory->pressure);
	corc_json_end_object(writer);
}

static void put_pids(struct corc_json_writer *writer, const struct corc_stats_pids *pids)
{
	corc_json_begin_object(writer, "pids");
	put_some(writer, "current", pids->current);
	put_some(writer, "limit", pids->limit);
	corc_json_end_object(writer);
}

static void put_entries(struct corc_json_writer *writer, const char *key,
	const struct corc_stats_block_entries *entries)
{
	if (entries->count == 0)
		return;
	corc_json_begin_array(writer, key);
	for (size_t i = 0; i < entries->count; i++) {
		const struct corc_stats_block_entry *entry = &entries->items[i];

		corc_json_begin_object(writer, NULL);
		put_some(writer, "major", entry->major);
		put_some(writer, "minor", entry->minor);
		if (entry->operation[0] != '\0')
			corc_json_string(writer, "op", entry->operation);
		put_some(writer, "value", entry->value);
		corc_json_end_object(writer);
	}
	corc_json_end_array(writer);
}

static void put_block(struct corc_json_writer *writer, const struct corc_stats_block *block)
{
	const struct {
		const char *key;
		const struct corc_stats_block_entries *entries;
	} lists[] = {
		{"ioServiceBytesRecursive", &block->service_bytes},
		{"ioServicedRecursive", &block->serviced},
		{"ioQueueRecursive", &block->queued},
		{"ioServiceTimeRecursive", &block->service_time},
		{"ioWaitTimeRecursive", &block->wait_time},
		{"ioMergedRecursive", &block->merged},
		{"ioTimeRecursive", &block->time},
		{"sectorsRecursive", &block->sectors},
	};

	corc_json_begin_object(writer, "blkio");
	for (size_t i = 0; i < COUNT(lists); i++)
		put_entries(writer, lists[i].key, lists[i].entries);
	put_pressure(writer, &block->pressure);
	corc_json_end_object(writer);
}

static void put_huge_pages(struct corc_json_writer *writer, const struct corc_stats *stats)
{
	corc_json_begin_object(writer, "hugetlb");
	for (size_t i = 0; i < stats->huge_page_count; i++) {
		const struct corc_stats_huge_pages *pages = &stats->huge_pages[i];

		corc_json_begin_object(writer, pages->page_size);
		put_some(writer, "usage", pages->usage);
		put_some(writer, "max", pages->max_usage);
		corc_json_u64(writer, "failcnt", pages->fail_count);
		corc_json_end_object(writer);
	}
	corc_json_end_object(writer);
}

static void put_stats(struct corc_json_writer *writer, const struct corc_stats *stats)
{
	corc_json_begin_object(writer, "data");
	put_cpu(writer, &stats->cpu);
	put_cpuset(writer, &stats->cpuset);
	put_memory(writer, &stats->memory);
	put_pids(writer, &stats->pids);
	put_block(writer, &stats->block);
	put_huge_pages(writer, stats);
	corc_json_begin_object(writer, "intel_rdt");
	corc_json_end_object(writer);
	corc_json_null(writer, "network_interfaces");
	corc_json_end_object(writer);
}

int corc_event_json(const struct corc_event *event, char **ret_json, struct corc_error *error)
{
	static const char *const types[] = {
		[CORC_EVENT_STATS] = "stats",
		[CORC_EVENT_OOM] = "oom",
	};
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer};

	if ((size_t)event->type >= COUNT(types))
		return corc_fail(error, EINVAL, "there is no event %u", (unsigned)event->type);
	corc_json_begin_object(&writer, NULL);
	corc_json_string(&writer, "type", types[event->type]);
	corc_json_string(&writer, "id", event->id);
	if (event->stats)
		put_stats(&writer, event->stats);
	corc_json_end_object(&writer);
	if (buffer.failed)
		return corc_fail_errno(error, ENOMEM, "event");
	*ret_json = corc_take_pointer(buffer.data);
	return 0;
}
