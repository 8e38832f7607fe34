/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcorc: what a container uses, and the events of its cgroups.
 *
 * The numbers are the kernel's own, brought into one form for cgroup v1 and v2. What the kernel
 * does not tell (a controller that is not there, a file of a later version) is 0, or an empty list.
 */
#ifndef CORC_STATS_H
#define CORC_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <corc/corc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Share of the time, in percent, that some (or all) tasks waited, over 10, 60 and 300 seconds. */
struct corc_stats_pressure_data {
	double avg10, avg60, avg300;
	uint64_t total; /* microseconds */
};

struct corc_stats_pressure {
	bool is_known; /* false: the kernel does not tell */
	struct corc_stats_pressure_data some, full;
};

struct corc_stats_numbers {
	const uint64_t *items;
	size_t count;
};

struct corc_stats_cpu {
	uint64_t total, kernel, user; /* nanoseconds */
	/* By processor, in nanoseconds; cgroup v1 only. */
	struct corc_stats_numbers per_cpu, per_cpu_kernel, per_cpu_user;
	uint64_t periods, throttled_periods;
	uint64_t throttled_time; /* nanoseconds */
	struct corc_stats_pressure pressure;
};

/* cgroup v1 only. */
struct corc_stats_cpuset {
	struct corc_stats_numbers cpus, mems;
	uint64_t cpu_exclusive, mem_hardwall, mem_exclusive, memory_migrate;
	uint64_t memory_spread_page, memory_spread_slab, memory_pressure, sched_load_balance;
	int64_t sched_relax_domain_level;
};

/* Bytes; limit UINT64_MAX: none. */
struct corc_stats_memory_usage {
	uint64_t limit, usage, max_usage;
	uint64_t fail_count; /* how often the limit was hit; cgroup v1 only */
};

/* A line of memory.stat. */
struct corc_stats_counter {
	const char *name;
	uint64_t value;
};

struct corc_stats_memory {
	uint64_t cache; /* bytes */
	struct corc_stats_memory_usage usage;
	struct corc_stats_memory_usage swap; /* memory and swap together */
	struct corc_stats_memory_usage kernel, kernel_tcp;
	const struct corc_stats_counter *raw; /* ordered by name */
	size_t raw_count;
	struct corc_stats_pressure pressure;
};

struct corc_stats_pids {
	uint64_t current;
	uint64_t limit; /* 0: none */
};

struct corc_stats_block_entry {
	uint64_t major, minor;
	const char *operation; /* "Read", "Write", …; "": all */
	uint64_t value;
};

struct corc_stats_block_entries {
	const struct corc_stats_block_entry *items;
	size_t count;
};

/* By device and operation, with all cgroups below. */
struct corc_stats_block {
	struct corc_stats_block_entries service_bytes, serviced, queued, service_time;
	struct corc_stats_block_entries wait_time, merged, time, sectors;
	struct corc_stats_pressure pressure;
};

struct corc_stats_huge_pages {
	const char *page_size;     /* "2MB" */
	uint64_t usage, max_usage; /* bytes */
	uint64_t fail_count;
};

/* Zeroed or filled by corc_container_stats; everything lives until corc_stats_done. */
struct corc_stats {
	struct corc_stats_cpu cpu;
	struct corc_stats_cpuset cpuset;
	struct corc_stats_memory memory;
	struct corc_stats_pids pids;
	struct corc_stats_block block;
	const struct corc_stats_huge_pages *huge_pages; /* ordered by page_size */
	size_t huge_page_count;
	void *storage;
};

/* ESRCH: "container with id X is not running"; EBADMSG: a file of the kernel makes no sense. */
CORC_PUBLIC int corc_container_stats(struct corc_runtime *runtime, const char *id,
	struct corc_stats *ret_stats, struct corc_error *error);
CORC_PUBLIC void corc_stats_done(struct corc_stats *stats);

enum corc_event_type {
	CORC_EVENT_STATS,
	CORC_EVENT_OOM, /* the container was out of memory: a process of it was killed, or waits */
};

struct corc_event {
	enum corc_event_type type;
	const char *id;                 /* of the container */
	const struct corc_stats *stats; /* NULL unless it is CORC_EVENT_STATS */
};

/*
 * An event as one line of JSON without newline, {"type":"stats","id":"web","data":{…}}, with the
 * keys and in the order that clients of OCI runtimes know. *ret_json is malloc'ed.
 */
CORC_PUBLIC int corc_event_json(
	const struct corc_event *event, char **ret_json, struct corc_error *error);

struct corc_watch_options {
	uint64_t interval_ms; /* between two CORC_EVENT_STATS, the first after it; 0: none */
	int stop_fd;          /* the watch ends when this can be read; negative: none */
};

/*
 * Calls `visit` for each event, until the container's process has ended. Stats that cannot be read
 * are passed over with a warning in the log. A non-zero return of visit ends the watch and is
 * returned. ESRCH as above.
 */
CORC_PUBLIC int corc_container_watch(struct corc_runtime *runtime, const char *id,
	const struct corc_watch_options *options,
	int (*visit)(void *data, const struct corc_event *event), void *data,
	struct corc_error *error);

#ifdef __cplusplus
}
#endif
#endif
