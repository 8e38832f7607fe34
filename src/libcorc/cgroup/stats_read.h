/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files with statistics, in the few forms that the kernel gives them. Layer: cgroup; the parent
 * process only.
 *
 * The functions return 1 when the file was read, 0 when the kernel has no such file or does not
 * tell (results stay as they are), and a negative errno with the reader's error filled.
 */
#ifndef CORC_CGROUP_STATS_READ_H
#define CORC_CGROUP_STATS_READ_H

#include <stddef.h>
#include <stdint.h>

#include <corc/stats.h>

#include "base/arena.h"
#include "base/error.h"

/* A directory that is read. */
struct corc_stats_reader {
	struct corc_arena *arena;
	struct corc_error *error;
	const char *directory; /* for errors */
	int fd;
};

/* The whole file, in the arena. */
int corc_stats_text(const struct corc_stats_reader *reader, const char *file, char **ret_text);

/* Takes the next line off a text. NULL at the end. */
char *corc_stats_line(char **text);

/* One number; "max" is UINT64_MAX. */
int corc_stats_number(
	const struct corc_stats_reader *reader, const char *file, uint64_t *ret_value);

/* A line "KEY VALUE" of which the value goes into a member; no other keys matter. */
struct corc_stats_key {
	const char *name;
	size_t offset;   /* of an uint64_t */
	uint64_t factor; /* 1000 for microseconds that become nanoseconds */
};

int corc_stats_keys(const struct corc_stats_reader *reader, const char *file,
	const struct corc_stats_key *keys, size_t count, void *target);

/* All lines "NAME VALUE", ordered by name. */
int corc_stats_counters(const struct corc_stats_reader *reader, const char *file,
	const struct corc_stats_counter **ret_items, size_t *ret_count);

/* The value of a name among counters; 0: there is no such name. */
uint64_t corc_stats_counter_value(
	const struct corc_stats_counter *items, size_t count, const char *name);

/* Numbers between blanks. */
int corc_stats_numbers(const struct corc_stats_reader *reader, const char *file,
	struct corc_stats_numbers *ret_numbers);

/* "0-3,7" → 0 1 2 3 7. */
int corc_stats_ranges(const struct corc_stats_reader *reader, const char *file,
	struct corc_stats_numbers *ret_numbers);

int corc_stats_pressure(const struct corc_stats_reader *reader, const char *file,
	struct corc_stats_pressure *ret_pressure);

/*
 * The sizes of the files hugetlb.SIZE.SUFFIX ("current"), ordered, in *ret_items, the rest of which
 * is zero.
 */
int corc_stats_page_sizes(const struct corc_stats_reader *reader, const char *suffix,
	struct corc_stats_huge_pages **ret_items, size_t *ret_count);

/*
 * A counter of the kernel: digits, or a negative number, which is an error of the kernel's and
 * means 0. -EINVAL, -ERANGE.
 */
int corc_stats_parse(const char *text, size_t length, uint64_t *ret_value);

/* EBADMSG: the file has something else than expected. Returns -EBADMSG. */
int corc_stats_bad(const struct corc_stats_reader *reader, const char *file, const char *found);

/* Adds one; the array is in the arena. */
int corc_stats_add_number(const struct corc_stats_reader *reader,
	struct corc_stats_numbers *numbers, size_t *capacity, uint64_t value);

#endif
