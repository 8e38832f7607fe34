/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files with statistics. Layer: cgroup; the parent process only.
 */
#include "cgroup/stats_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)
/* The kernel's numbers of processors and memory nodes stay below; a wrong file shall not fill us.
 */
#define RANGE_MAX 65535

static int fail_memory(const struct corc_stats_reader *reader)
{
	return corc_fail_errno(reader->error, ENOMEM, "statistics");
}

int corc_stats_bad(const struct corc_stats_reader *reader, const char *file, const char *found)
{
	return corc_fail(reader->error, EBADMSG, "%s/%s: cannot make sense of \"%.100s\"",
		reader->directory, file, found);
}

int corc_stats_text(const struct corc_stats_reader *reader, const char *file, char **ret_text)
{
	char CORC_FREE *data = NULL;
	size_t length = 0;
	int r = corc_read_file(reader->fd, file, FILE_MAX, &data, &length);
	char *text = NULL;

	/* EOPNOTSUPP: pressure is switched off, or the group is a threaded one. */
	if (r == -ENOENT || r == -ENODEV || r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return corc_fail_errno(reader->error, -r, "%s/%s", reader->directory, file);
	text = corc_arena_text(reader->arena, data, length);
	if (!text)
		return fail_memory(reader);
	while (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	*ret_text = text;
	return 1;
}

int corc_stats_parse(const char *text, size_t length, uint64_t *ret_value)
{
	uint64_t value;
	int r;

	if (length == 0 || text[0] != '-')
		return corc_parse_u64(text, length, UINT64_MAX, ret_value);
	r = corc_parse_u64(text + 1, length - 1, UINT64_MAX, &value);
	if (r == -EINVAL)
		return r;
	*ret_value = 0;
	return 0;
}

int corc_stats_number(const struct corc_stats_reader *reader, const char *file, uint64_t *ret_value)
{
	char *text = NULL;
	int r = corc_stats_text(reader, file, &text);

	if (r <= 0)
		return r;
	if (strcmp(text, "max") == 0)
		*ret_value = UINT64_MAX;
	else if (corc_stats_parse(text, strlen(text), ret_value) < 0)
		return corc_stats_bad(reader, file, text);
	return 1;
}

char *corc_stats_line(char **text)
{
	return *text && **text != '\0' ? strsep(text, "\n") : NULL;
}

/* "KEY VALUE": cuts the line at the blank. */
static int parse_pair(char *line, uint64_t *ret_value)
{
	char *value = strchr(line, ' ');

	if (!value || value == line)
		return -EINVAL;
	*value++ = '\0';
	return corc_stats_parse(value, strlen(value), ret_value);
}

static void store(void *target, const struct corc_stats_key *key, uint64_t value)
{
	uint64_t scaled;

	if (__builtin_mul_overflow(value, key->factor, &scaled))
		scaled = UINT64_MAX;
	memcpy((char *)target + key->offset, &scaled, sizeof(scaled));
}

int corc_stats_keys(const struct corc_stats_reader *reader, const char *file,
	const struct corc_stats_key *keys, size_t count, void *target)
{
	char *text = NULL, *line;
	int r = corc_stats_text(reader, file, &text);

	if (r <= 0)
		return r;
	while ((line = corc_stats_line(&text))) {
		uint64_t value;

		if (parse_pair(line, &value) < 0)
			return corc_stats_bad(reader, file, line);
		for (size_t i = 0; i < count; i++)
			if (strcmp(keys[i].name, line) == 0)
				store(target, &keys[i], value);
	}
	return 1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct corc_stats_counter *)a)->name,
		((const struct corc_stats_counter *)b)->name);
}

int corc_stats_counters(const struct corc_stats_reader *reader, const char *file,
	const struct corc_stats_counter **ret_items, size_t *ret_count)
{
	struct corc_stats_counter *items = NULL;
	size_t count = 0, capacity = 0;
	char *text = NULL, *line;
	int r = corc_stats_text(reader, file, &text);

	if (r <= 0)
		return r;
	while ((line = corc_stats_line(&text))) {
		uint64_t value;

		if (parse_pair(line, &value) < 0)
			return corc_stats_bad(reader, file, line);
		items = corc_arena_grow(reader->arena, items, count, &capacity, sizeof(*items));
		if (!items)
			return fail_memory(reader);
		items[count++] = (struct corc_stats_counter){line, value};
	}
	if (count > 0)
		qsort(items, count, sizeof(*items), by_name);
	*ret_items = items;
	*ret_count = count;
	return 1;
}

uint64_t corc_stats_counter_value(
	const struct corc_stats_counter *items, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(items[i].name, name) == 0)
			return items[i].value;
	return 0;
}

int corc_stats_add_number(const struct corc_stats_reader *reader,
	struct corc_stats_numbers *numbers, size_t *capacity, uint64_t value)
{
	uint64_t *items = corc_arena_grow(reader->arena, (uint64_t *)numbers->items, numbers->count,
		capacity, sizeof(*items));

	if (!items)
		return fail_memory(reader);
	items[numbers->count++] = value;
	numbers->items = items;
	return 0;
}

int corc_stats_numbers(const struct corc_stats_reader *reader, const char *file,
	struct corc_stats_numbers *ret_numbers)
{
	struct corc_stats_numbers numbers = {0};
	size_t capacity = 0;
	char *text, *word;
	int r = corc_stats_text(reader, file, &text);

	if (r <= 0)
		return r;
	while ((word = strsep(&text, " \n"))) {
		uint64_t value;

		if (*word == '\0')
			continue;
		if (corc_stats_parse(word, strlen(word), &value) < 0)
			return corc_stats_bad(reader, file, word);
		r = corc_stats_add_number(reader, &numbers, &capacity, value);
		if (r < 0)
			return r;
	}
	*ret_numbers = numbers;
	return 1;
}

/* "7" or "0-3" */
static int parse_range(const char *text, uint64_t *ret_first, uint64_t *ret_last)
{
	size_t length = strcspn(text, "-");
	int r = corc_parse_u64(text, length, RANGE_MAX, ret_first);

	*ret_last = *ret_first;
	if (r == 0 && text[length] == '-')
		r = corc_parse_u64(
			text + length + 1, strlen(text + length + 1), RANGE_MAX, ret_last);
	return r == 0 && *ret_first > *ret_last ? -EINVAL : r;
}

int corc_stats_ranges(const struct corc_stats_reader *reader, const char *file,
	struct corc_stats_numbers *ret_numbers)
{
	struct corc_stats_numbers numbers = {0};
	size_t capacity = 0;
	char *text = NULL;
	int r = corc_stats_text(reader, file, &text);

	if (r <= 0)
		return r;
	while (text && *text != '\0') {
		char *word = strsep(&text, ",");
		uint64_t value = 0, last = 0;

		if (parse_range(word, &value, &last) < 0)
			return corc_stats_bad(reader, file, word);
		for (; r >= 0 && value <= last; value++)
			r = corc_stats_add_number(reader, &numbers, &capacity, value);
		if (r < 0)
			return r;
	}
	*ret_numbers = numbers;
	return 1;
}

/* "12.34": as many digits as a double holds exactly, so that the division rounds but once. */
static int parse_decimal(const char *text, double *ret_value)
{
	size_t whole = strcspn(text, ".");
	size_t length = strlen(text);
	char digits[16];
	uint64_t mantissa;
	double scale = 1;
	int r;

	if (whole == 0 || length - whole == 1 || length >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, whole);
	if (whole < length)
		memcpy(digits + whole, text + whole + 1, length - whole - 1);
	for (size_t i = whole + 1; i < length; i++)
		scale *= 10;
	r = corc_parse_u64(digits, whole < length ? length - 1 : length, UINT64_MAX, &mantissa);
	if (r == 0)
		*ret_value = (double)mantissa / scale;
	return r;
}

/* "some avg10=0.12 avg60=0.00 avg300=0.00 total=1234" after the first word. */
static int parse_pressure_data(char *text, struct corc_stats_pressure_data *data)
{
	const struct {
		const char *name;
		double *member;
	} averages[] = {
		{"avg10", &data->avg10}, {"avg60", &data->avg60}, {"avg300", &data->avg300}};
	char *word;
	int r = 0;

	while (r == 0 && (word = strsep(&text, " "))) {
		char *name = strsep(&word, "=");

		if (!word)
			return -EINVAL;
		if (strcmp(name, "total") == 0)
			r = corc_parse_u64(word, strlen(word), UINT64_MAX, &data->total);
		for (size_t i = 0; r == 0 && i < sizeof(averages) / sizeof(averages[0]); i++)
			if (strcmp(name, averages[i].name) == 0)
				r = parse_decimal(word, averages[i].member);
	}
	return r;
}

int corc_stats_pressure(const struct corc_stats_reader *reader, const char *file,
	struct corc_stats_pressure *ret_pressure)
{
	struct corc_stats_pressure pressure = {.is_known = true};
	char *text = NULL, *line;
	int r = corc_stats_text(reader, file, &text);

	if (r <= 0)
		return r;
	while ((line = corc_stats_line(&text))) {
		char *name = strsep(&line, " ");
		struct corc_stats_pressure_data *data = strcmp(name, "some") == 0   ? &pressure.some
							: strcmp(name, "full") == 0 ? &pressure.full
										    : NULL;

		if (data && (!line || parse_pressure_data(line, data) < 0))
			return corc_stats_bad(reader, file, name);
	}
	*ret_pressure = pressure;
	return 1;
}

static int by_page_size(const void *a, const void *b)
{
	return strcmp(((const struct corc_stats_huge_pages *)a)->page_size,
		((const struct corc_stats_huge_pages *)b)->page_size);
}

/* "hugetlb.2MB.current" → the length of "2MB", which has no dot; 0: another file. */
static size_t page_size_length(const char *name, const char *suffix)
{
	size_t length;

	if (strncmp(name, "hugetlb.", 8) != 0)
		return 0;
	length = strcspn(name + 8, ".");
	return name[8 + length] == '.' && strcmp(name + 8 + length + 1, suffix) == 0 ? length : 0;
}

int corc_stats_page_sizes(const struct corc_stats_reader *reader, const char *suffix,
	struct corc_stats_huge_pages **ret_items, size_t *ret_count)
{
	struct corc_stats_huge_pages *items = NULL;
	size_t count = 0, capacity = 0;
	int fd = openat(reader->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool failed = false;

	if (!stream) {
		corc_close_(fd);
		return corc_fail_errno(reader->error, errno, "%s", reader->directory);
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone. */
	while (!failed && (entry = readdir(stream))) {
		size_t length = page_size_length(entry->d_name, suffix);
		struct corc_stats_huge_pages *larger;

		if (length == 0)
			continue;
		larger = corc_arena_grow(reader->arena, items, count, &capacity, sizeof(*items));
		failed = !larger;
		if (failed)
			continue;
		items = larger;
		items[count].page_size =
			corc_arena_strndup(reader->arena, entry->d_name + 8, length);
		failed = !items[count++].page_size;
	}
	(void)closedir(stream);
	if (failed)
		return fail_memory(reader);
	if (count > 0)
		qsort(items, count, sizeof(*items), by_page_size);
	*ret_items = items;
	*ret_count = count;
	return 1;
}
