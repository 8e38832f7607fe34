/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc update. Layer: cmd; the parent process.
 *
 * The options become the JSON object that --resources takes from a file, so that both ways have
 * the same rules.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "cmd/command.h"

#define RESOURCES_MAX ((size_t)16 * 1024 * 1024)

enum kind {
	KIND_UNSIGNED,
	KIND_SIGNED,
	KIND_SIZE, /* bytes, with or without a unit; -1 */
	KIND_TEXT,
};

/* Names of the values, in the order of the properties. */
enum value {
	BLKIO_WEIGHT,
	CPU_SHARE,
	CPU_QUOTA,
	CPU_PERIOD,
	CPU_BURST,
	CPU_RT_RUNTIME,
	CPU_RT_PERIOD,
	CPU_IDLE,
	CPUSET_CPUS,
	CPUSET_MEMS,
	MEMORY,
	MEMORY_RESERVATION,
	MEMORY_SWAP,
	KERNEL_MEMORY,
	KERNEL_MEMORY_TCP,
	PIDS_LIMIT,
	VALUE_COUNT
};

/* What an option means; those of one object stand together. */
static const struct {
	const char *option;
	const char *object;
	const char *property;
	enum kind kind;
} meanings[VALUE_COUNT] = {
	[BLKIO_WEIGHT] = {"blkio-weight", "blockIO", "weight", KIND_UNSIGNED},
	[CPU_SHARE] = {"cpu-share", "cpu", "shares", KIND_UNSIGNED},
	[CPU_QUOTA] = {"cpu-quota", "cpu", "quota", KIND_SIGNED},
	[CPU_PERIOD] = {"cpu-period", "cpu", "period", KIND_UNSIGNED},
	[CPU_BURST] = {"cpu-burst", "cpu", "burst", KIND_UNSIGNED},
	[CPU_RT_RUNTIME] = {"cpu-rt-runtime", "cpu", "realtimeRuntime", KIND_SIGNED},
	[CPU_RT_PERIOD] = {"cpu-rt-period", "cpu", "realtimePeriod", KIND_UNSIGNED},
	[CPU_IDLE] = {"cpu-idle", "cpu", "idle", KIND_SIGNED},
	[CPUSET_CPUS] = {"cpuset-cpus", "cpu", "cpus", KIND_TEXT},
	[CPUSET_MEMS] = {"cpuset-mems", "cpu", "mems", KIND_TEXT},
	[MEMORY] = {"memory", "memory", "limit", KIND_SIZE},
	[MEMORY_RESERVATION] = {"memory-reservation", "memory", "reservation", KIND_SIZE},
	[MEMORY_SWAP] = {"memory-swap", "memory", "swap", KIND_SIZE},
	[KERNEL_MEMORY] = {"kernel-memory", "memory", "kernel", KIND_SIZE},
	[KERNEL_MEMORY_TCP] = {"kernel-memory-tcp", "memory", "kernelTCP", KIND_SIZE},
	[PIDS_LIMIT] = {"pids-limit", "pids", "limit", KIND_SIGNED},
};

struct settings {
	const char *resources;
	const char *values[VALUE_COUNT]; /* NULL: not given */
	const char *l3_cache_schema, *memory_bandwidth_schema;
};

static int refuse(
	enum value value, const char *text, const char *expected, struct corc_error *error)
{
	return corc_fail(error, EINVAL, "invalid value for %s: \"%s\" is not %s",
		meanings[value].option, text, expected);
}

static int put_value(struct corc_json_writer *writer, enum value value, const char *text,
	struct corc_error *error)
{
	const char *property = meanings[value].property;
	size_t length = strlen(text);
	uint64_t number;
	int64_t whole;

	switch (meanings[value].kind) {
	case KIND_UNSIGNED:
		if (corc_parse_u64(text, length, UINT64_MAX, &number) < 0)
			return refuse(value, text, "a number from 0 on", error);
		corc_json_u64(writer, property, number);
		break;
	case KIND_SIGNED:
		if (corc_parse_i64(text, length, &whole) < 0)
			return refuse(value, text, "a number", error);
		corc_json_i64(writer, property, whole);
		break;
	case KIND_SIZE:
		if (corc_parse_size(text, &whole) < 0)
			return refuse(value, text,
				"a number of bytes, with or without a unit (100M), or -1", error);
		corc_json_i64(writer, property, whole);
		break;
	case KIND_TEXT:
		corc_json_string(writer, property, text);
		break;
	}
	return 0;
}

static int write_options(
	const struct settings *settings, struct corc_buffer *buffer, struct corc_error *error)
{
	struct corc_json_writer writer = {.buffer = buffer};
	const char *open = NULL; /* the object that is being written */
	int result = 0;

	corc_json_begin_object(&writer, NULL);
	for (int value = 0; value < VALUE_COUNT && result == 0; value++) {
		if (settings->values[value] == NULL)
			continue;
		if (open != NULL && strcmp(open, meanings[value].object) != 0) {
			corc_json_end_object(&writer);
			open = NULL;
		}
		if (open == NULL) {
			open = meanings[value].object;
			corc_json_begin_object(&writer, open);
		}
		result = put_value(&writer, (enum value)value, settings->values[value], error);
	}
	if (open != NULL)
		corc_json_end_object(&writer);
	corc_json_end_object(&writer);
	if (result == 0 && buffer->failed)
		result = corc_fail_errno(error, ENOMEM, "update");
	return result;
}

static int read_resources(
	const char *file, char **ret_text, size_t *ret_length, struct corc_error *error)
{
	int CORC_CLOSE opened = CORC_NO_FD;
	int result;

	if (strcmp(file, "-") != 0) {
		opened = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (opened < 0)
			return corc_fail_errno(error, errno, "resources file %s", file);
	}
	result = corc_read_stream(
		opened < 0 ? STDIN_FILENO : opened, RESOURCES_MAX, ret_text, ret_length);
	return result < 0 ? corc_fail_errno(error, -result, "reading the resources from %s",
				    opened < 0 ? "standard input" : file)
			  : 0;
}

static int update_from_file(const struct corc_invocation *invocation, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	struct corc_update_options options = {
		.file = strcmp(settings->resources, "-") == 0 ? "stdin" : settings->resources};
	char CORC_FREE *text = NULL;
	int result = read_resources(settings->resources, &text, &options.length, error);

	if (result < 0)
		return result;
	options.resources = text;
	return corc_container_update(
		invocation->runtime, invocation->arguments[0], &options, error);
}

static int run_update(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_update_options options = {.l3_cache_schema = settings->l3_cache_schema,
		.memory_bandwidth_schema = settings->memory_bandwidth_schema};
	int result;

	(void)exit_code;
	if (settings->resources != NULL)
		return update_from_file(invocation, error);
	result = write_options(settings, &buffer, error);
	if (result < 0)
		return result;
	options.resources = buffer.data;
	options.length = buffer.length;
	return corc_container_update(
		invocation->runtime, invocation->arguments[0], &options, error);
}

#define VALUE_OPTION(option, number, placeholder, text)                                      \
	{                                                                                    \
		.name = (option), .kind = CORC_OPTION_STRING,                                \
		.offset = offsetof(struct settings, values[number]), .value = (placeholder), \
		.help = (text)                                                               \
	}

#define HIDDEN_OPTION(option, number)                                                       \
	{                                                                                   \
		.name = (option), .kind = CORC_OPTION_STRING, .traits = CORC_OPTION_HIDDEN, \
		.offset = offsetof(struct settings, values[number])                         \
	}

static const struct corc_option options[] = {
	{.name = "resources",
		.letters = "r",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, resources),
		.value = "FILE",
		.help = "JSON file with linux.resources, in place of the options below; -: "
			"standard input"},
	VALUE_OPTION("blkio-weight", BLKIO_WEIGHT, "WEIGHT", "weight of block I/O, 10 to 1000"),
	VALUE_OPTION("cpu-period", CPU_PERIOD, "USEC", "period of the CPU quota"),
	VALUE_OPTION("cpu-quota", CPU_QUOTA, "USEC", "CPU time within a period; -1: unlimited"),
	VALUE_OPTION("cpu-burst", CPU_BURST, "USEC", "CPU time that may be saved up"),
	VALUE_OPTION("cpu-share", CPU_SHARE, "SHARES", "CPU shares, relative to other groups"),
	VALUE_OPTION("cpu-rt-period", CPU_RT_PERIOD, "USEC", "period of real-time processes"),
	VALUE_OPTION("cpu-rt-runtime", CPU_RT_RUNTIME, "USEC",
		"CPU time of real-time processes within a period"),
	VALUE_OPTION("cpuset-cpus", CPUSET_CPUS, "LIST", "processors to use: 0-3,7"),
	VALUE_OPTION("cpuset-mems", CPUSET_MEMS, "LIST", "memory nodes to use"),
	VALUE_OPTION("memory", MEMORY, "BYTES", "memory limit (100M; -1: unlimited)"),
	VALUE_OPTION("memory-reservation", MEMORY_RESERVATION, "BYTES",
		"memory that is kept under pressure"),
	VALUE_OPTION("memory-swap", MEMORY_SWAP, "BYTES",
		"limit of memory and swap together; -1: unlimited swap"),
	VALUE_OPTION("pids-limit", PIDS_LIMIT, "NUMBER", "number of processes; -1: unlimited"),
	VALUE_OPTION("cpu-idle", CPU_IDLE, "0|1", "1: run only when nobody else wants to"),
	HIDDEN_OPTION("kernel-memory", KERNEL_MEMORY),
	HIDDEN_OPTION("kernel-memory-tcp", KERNEL_MEMORY_TCP),
	{.name = "l3-cache-schema",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, l3_cache_schema),
		.value = "LINE",
		.help = "share of the L3 cache, by resctrl: L3:0=ff;1=ff"},
	{.name = "mem-bw-schema",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, memory_bandwidth_schema),
		.value = "LINE",
		.help = "share of the memory bandwidth, by resctrl: MB:0=50;1=50"},
};

const struct corc_command corc_command_update = {
	.name = "update",
	.usage = "CONTAINER",
	.summary = "change the limits of a container",
	.details = "What is not given stays as it is. When the kernel refuses a value, nothing is "
		   "changed.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_update,
};
