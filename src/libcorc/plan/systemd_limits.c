/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a cgroup plan → properties of the unit. Layer: plan; the parent process only;
 * pure.
 *
 * Both are in force: systemd writes its properties when it makes the scope and whenever it is
 * reloaded, corc writes the settings. What systemd would keep in a coarser form is rounded here,
 * in the setting too.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "plan/cgroup_builder.h"
#include "plan/systemd_unit.h"

#define SECOND 1000000         /* microseconds */
#define PERCENT (SECOND / 100) /* what systemd keeps of a share of a second */
#define PERIOD_DEFAULT 100000
#define SHARE_MIN 1000 /* the shortest quota and period that the kernel takes */
#define PERIOD_MAX SECOND
#define BITS_MAX 8192
#define QUOTA_V1 "cpu.cfs_quota_us"
#define PERIOD_V1 "cpu.cfs_period_us"

struct converter {
	struct corc_cgroup_builder *builder;
	struct corc_systemd_unit *unit;
	struct corc_cgroup_setting *setting;
	const char *name; /* of the property */
	uint32_t since;
	bool has_bandwidth; /* of the two files of v1 the first told both */
};

static int no_memory(const struct converter *converter)
{
	return corc_fail(converter->builder->error, ENOMEM, "out of memory");
}

static int add(const struct converter *converter, const char *name, struct corc_bus_value value)
{
	const struct corc_systemd_property property = {
		.node = converter->setting->node,
		.key = converter->setting->key,
		.name = name,
		.value = value,
		.since = converter->since,
	};

	return corc_systemd_add(converter->builder, converter->unit, &property);
}

static int add_number(const struct converter *converter, const char *name, uint64_t number)
{
	return add(converter, name, (struct corc_bus_value){.signature = "t", .number = number});
}

/* "max" and what v1 writes for it. False: no number; then only the kernel's own file has it. */
static bool read_limit(const char *text, size_t length, uint64_t *ret_number)
{
	if ((length == 3 && memcmp(text, "max", 3) == 0) ||
		(length == 2 && memcmp(text, "-1", 2) == 0)) {
		*ret_number = CORC_SYSTEMD_INFINITY;
		return true;
	}
	return corc_parse_u64(text, length, UINT64_MAX - 1, ret_number) == 0;
}

static int convert_limit(struct converter *converter)
{
	const char *text = converter->setting->value;
	uint64_t number;

	return read_limit(text, strlen(text), &number)
		       ? add_number(converter, converter->name, number)
		       : 0;
}

/* [("/dev/block/8:0", NUMBER)] */
static int add_device(
	const struct converter *converter, const char *name, const char *device, uint64_t number)
{
	struct corc_arena *arena = converter->builder->arena;
	const struct corc_bus_value pair[] = {
		{.signature = "s",
			.text = corc_arena_printf(
				arena, "/dev/block/%.*s", (int)strcspn(device, " "), device)},
		{.signature = "t", .number = number},
	};
	const struct corc_bus_value item = {.signature = "(st)",
		.items = corc_arena_memdup(arena, pair, sizeof(pair)),
		.count = 2};
	const struct corc_bus_value list = {.signature = "a(st)",
		.items = corc_arena_memdup(arena, &item, sizeof(item)),
		.count = 1};

	if (!pair[0].text || !item.items || !list.items)
		return no_memory(converter);
	return add(converter, name, list);
}

/*
 * "100", "default 100" or "8:0 100". Of a weight for either scheduler that of io.weight, whose
 * scale systemd has.
 */
static int convert_io_weight(struct converter *converter)
{
	const struct corc_cgroup_setting *setting = converter->setting;
	const char *text = setting->fallback_value ? setting->fallback_value : setting->value;
	const char *blank = strchr(text, ' ');
	const char *number_text = blank ? blank + 1 : text;
	uint64_t number;

	if (corc_parse_u64(number_text, strlen(number_text), UINT32_MAX, &number) < 0)
		return 0;
	if (memchr(text, ':', (size_t)(number_text - text)))
		return add_device(converter, "IODeviceWeight", text, number);
	return add_number(converter, converter->name, number);
}

/* "8:0 rbps=1048576 wiops=max" */
static int convert_io_max(struct converter *converter)
{
	static const char *const words[][2] = {
		{"rbps=", "IOReadBandwidthMax"},
		{"wbps=", "IOWriteBandwidthMax"},
		{"riops=", "IOReadIOPSMax"},
		{"wiops=", "IOWriteIOPSMax"},
	};
	const char *device = converter->setting->value;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		const char *found = strstr(device, words[i][0]);
		uint64_t number;

		/* "riops=" ends as "iops=" begins: the word stands alone. */
		if (!found || found == device || found[-1] != ' ')
			continue;
		found += strlen(words[i][0]);
		if (read_limit(found, strcspn(found, " "), &number))
			r = add_device(converter, words[i][1], device, number);
	}
	return r;
}

static int convert_idle(struct converter *converter)
{
	/* The weight below all weights. */
	return strcmp(converter->setting->value, "1") == 0
		       ? add_number(converter, converter->name, 0)
		       : 0;
}

static int convert_oom_group(struct converter *converter)
{
	bool kills = strcmp(converter->setting->value, "1") == 0;

	return add(converter, converter->name,
		(struct corc_bus_value){.signature = "s", .text = kills ? "kill" : "continue"});
}

static int convert_bits(struct converter *converter)
{
	struct corc_bus_value value;
	int r = corc_systemd_parse_bits(
		converter->builder->arena, converter->setting->value, &value);

	if (r == -ENOMEM)
		return no_memory(converter);
	/* What is no list the kernel refuses, with a better text. */
	return r < 0 ? 0 : add(converter, converter->name, value);
}

struct corc_systemd_quota corc_systemd_round_quota(int64_t quota, uint64_t period)
{
	struct corc_systemd_quota result = {
		.per_second = CORC_SYSTEMD_INFINITY, .quota = -1, .period = period};
	unsigned __int128 share;
	uint64_t shortest = SHARE_MIN;

	if (quota > 0) {
		share = ((unsigned __int128)quota * SECOND + period - 1) / period;
		share = (share + PERCENT - 1) / PERCENT * PERCENT;
		/* Beyond that there are no processors. */
		result.per_second =
			share > INT64_MAX ? INT64_MAX / PERCENT * PERCENT : (uint64_t)share;
		if (shortest < (uint64_t)SHARE_MIN * SECOND / result.per_second)
			shortest = (uint64_t)SHARE_MIN * SECOND / result.per_second;
	}
	if (result.period < shortest)
		result.period = shortest;
	if (result.period > PERIOD_MAX)
		result.period = PERIOD_MAX;
	if (quota > 0)
		result.quota =
			(int64_t)((unsigned __int128)result.per_second * result.period / SECOND);
	return result;
}

static int add_bandwidth(const struct converter *converter, const struct corc_systemd_quota *quota)
{
	int r = add_number(converter, "CPUQuotaPerSecUSec", quota->per_second);

	return r < 0 ? r : add_number(converter, "CPUQuotaPeriodUSec", quota->period);
}

/* "QUOTA PERIOD", "max PERIOD", either without the period. */
static int convert_cpu_max(struct converter *converter)
{
	struct corc_cgroup_setting *setting = converter->setting;
	const char *text = setting->value;
	size_t length = strcspn(text, " ");
	uint64_t quota = 0;
	uint64_t period = PERIOD_DEFAULT;
	struct corc_systemd_quota rounded;

	if (!read_limit(text, length, &quota) ||
		(text[length] == ' ' && corc_parse_u64(text + length + 1, strlen(text + length + 1),
						UINT32_MAX, &period) < 0) ||
		period == 0)
		return 0;
	rounded = corc_systemd_round_quota(quota > INT64_MAX ? -1 : (int64_t)quota, period);
	setting->value = rounded.quota < 0
				 ? corc_arena_printf(converter->builder->arena, "max %" PRIu64,
					   rounded.period)
				 : corc_arena_printf(converter->builder->arena,
					   "%" PRId64 " %" PRIu64, rounded.quota, rounded.period);
	return setting->value ? add_bandwidth(converter, &rounded) : no_memory(converter);
}

static struct corc_cgroup_setting *find_setting(struct corc_cgroup_plan *plan, const char *file)
{
	for (size_t i = 0; i < plan->setting_count; i++)
		if (strcmp(plan->settings[i].file, file) == 0)
			return &plan->settings[i];
	return NULL;
}

/* On v1 quota and period have a file each. */
static int convert_bandwidth_v1(struct converter *converter)
{
	struct corc_cgroup_builder *builder = converter->builder;
	struct corc_cgroup_setting *quota = find_setting(builder->plan, QUOTA_V1);
	struct corc_cgroup_setting *period = find_setting(builder->plan, PERIOD_V1);
	struct corc_systemd_quota rounded;
	int64_t old_quota = builder->current ? builder->current->cpu_quota : -1;
	uint64_t number = builder->current ? builder->current->cpu_period : PERIOD_DEFAULT;

	if (converter->has_bandwidth)
		return 0;
	converter->has_bandwidth = true;
	if ((quota && corc_parse_i64(quota->value, strlen(quota->value), &old_quota) < 0) ||
		(period && corc_parse_u64(period->value, strlen(period->value), UINT32_MAX,
				   &number) < 0) ||
		number == 0)
		return 0;
	rounded = corc_systemd_round_quota(old_quota, number);
	if (quota)
		quota->value = corc_arena_printf(builder->arena, "%" PRId64, rounded.quota);
	if (period)
		period->value = corc_arena_printf(builder->arena, "%" PRIu64, rounded.period);
	if ((quota && !quota->value) || (period && !period->value))
		return no_memory(converter);
	return add_bandwidth(converter, &rounded);
}

static const struct {
	const char *file;
	const char *name;
	int version; /* of the cgroups in which the property is; 0: both */
	uint32_t since;
	int (*convert)(struct converter *converter);
} rows[] = {
	{"memory.max", "MemoryMax", 2, 0, convert_limit},
	{"memory.low", "MemoryLow", 2, 0, convert_limit},
	{"memory.high", "MemoryHigh", 2, 0, convert_limit},
	{"memory.min", "MemoryMin", 2, 0, convert_limit},
	{"memory.swap.max", "MemorySwapMax", 2, 0, convert_limit},
	{"memory.zswap.max", "MemoryZSwapMax", 2, 253, convert_limit},
	{"memory.oom.group", "OOMPolicy", 2, 253, convert_oom_group},
	{"memory.limit_in_bytes", "MemoryLimit", 1, 0, convert_limit},
	{"cpu.weight", "CPUWeight", 2, 0, convert_limit},
	{"cpu.idle", "CPUWeight", 2, 252, convert_idle},
	{"cpu.max", NULL, 2, 0, convert_cpu_max},
	{"cpu.shares", "CPUShares", 1, 0, convert_limit},
	{QUOTA_V1, NULL, 1, 0, convert_bandwidth_v1},
	{PERIOD_V1, NULL, 1, 0, convert_bandwidth_v1},
	{"cpuset.cpus", "AllowedCPUs", 2, 0, convert_bits},
	{"cpuset.mems", "AllowedMemoryNodes", 2, 0, convert_bits},
	{"io.weight", "IOWeight", 2, 0, convert_io_weight},
	{"io.bfq.weight", "IOWeight", 2, 0, convert_io_weight},
	{"io.max", NULL, 2, 0, convert_io_max},
	{"blkio.weight", "BlockIOWeight", 1, 0, convert_limit},
	{"pids.max", "TasksMax", 0, 0, convert_limit},
};

static int version_of(
	const struct corc_cgroup_plan *plan, const struct corc_cgroup_setting *setting)
{
	size_t index = corc_cgroup_plan_directory(plan, setting->controller);

	return index < plan->directory_count ? plan->directories[index].version : 0;
}

static int convert_one(struct converter *converter)
{
	int version = version_of(converter->builder->plan, converter->setting);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].file, converter->setting->file) != 0 ||
			(rows[i].version != 0 && rows[i].version != version))
			continue;
		converter->name = rows[i].name;
		converter->since = rows[i].since;
		return rows[i].convert(converter);
	}
	return 0;
}

int corc_systemd_add_limits(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit)
{
	struct converter converter = {.builder = builder, .unit = unit};
	int r = 0;

	for (size_t i = 0; r == 0 && i < builder->plan->setting_count; i++) {
		converter.setting = &builder->plan->settings[i];
		r = convert_one(&converter);
	}
	return r;
}

/* One number or range of the list. */
static int read_range(const char *text, size_t length, uint64_t *ret_first, uint64_t *ret_last)
{
	const char *dash = memchr(text, '-', length);
	size_t first_length = dash ? (size_t)(dash - text) : length;

	if (corc_parse_u64(text, first_length, BITS_MAX - 1, ret_first) < 0)
		return -EINVAL;
	*ret_last = *ret_first;
	if (dash && corc_parse_u64(dash + 1, length - first_length - 1, BITS_MAX - 1, ret_last) < 0)
		return -EINVAL;
	return *ret_first <= *ret_last ? 0 : -EINVAL;
}

static int set_bits(const char *text, uint8_t bits[BITS_MAX / 8], size_t *ret_bytes)
{
	size_t bytes = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, ",");
		uint64_t first, last;

		if (read_range(text, length, &first, &last) < 0)
			return -EINVAL;
		for (uint64_t bit = first; bit <= last; bit++)
			bits[bit / 8] |= (uint8_t)(1u << bit % 8);
		if (last / 8 + 1 > bytes)
			bytes = last / 8 + 1;
		text += length;
		text += *text == ',';
	}
	*ret_bytes = bytes;
	return bytes > 0 ? 0 : -EINVAL;
}

int corc_systemd_parse_bits(struct corc_arena *arena, const char *text, struct corc_bus_value *ret)
{
	uint8_t bits[BITS_MAX / 8] = {0};
	struct corc_bus_value *items;
	size_t count;

	if (set_bits(text, bits, &count) < 0)
		return -EINVAL;
	items = corc_arena_array(arena, count, sizeof(*items));
	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		items[i] = (struct corc_bus_value){.signature = "y", .number = bits[i]};
	*ret = (struct corc_bus_value){.signature = "ay", .items = items, .count = count};
	return 0;
}
