/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc events. Layer: cmd; the parent process.
 */
#include <errno.h>

#include <corc/stats.h>

#include "base/cleanup.h"
#include "cmd/command.h"
#include "cmd/output.h"

#define NANOSECONDS_IN_MILLISECOND 1000000
#define DEFAULT_INTERVAL INT64_C(5000000000)

struct settings {
	struct corc_option_duration interval;
	bool stats;
};

static int print_event(void *data, const struct corc_event *event)
{
	struct corc_error *error = data;
	char CORC_FREE *json = NULL;
	int r = corc_event_json(event, &json, error);

	return r < 0 ? r : corc_output_line(json, error);
}

static int print_stats(const struct corc_invocation *invocation, struct corc_error *error)
{
	struct corc_stats CORC_CLEANUP(corc_stats_done) stats = {0};
	struct corc_event event = {
		.type = CORC_EVENT_STATS, .id = invocation->arguments[0], .stats = &stats};
	int r = corc_container_stats(invocation->runtime, event.id, &stats, error);

	return r < 0 ? r : print_event(error, &event);
}

static int run_events(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	int64_t interval =
		settings->interval.is_given ? settings->interval.nanoseconds : DEFAULT_INTERVAL;
	struct corc_watch_options options = {.stop_fd = -1};

	(void)exit_code;
	if (interval <= 0)
		return corc_fail(error, EINVAL, "duration interval must be greater than 0");
	if (settings->stats)
		return print_stats(invocation, error);
	options.interval_ms = ((uint64_t)interval - 1) / NANOSECONDS_IN_MILLISECOND + 1;
	return corc_container_watch(
		invocation->runtime, invocation->arguments[0], &options, print_event, error, error);
}

static const struct corc_option options[] = {
	{.name = "interval",
		.kind = CORC_OPTION_DURATION,
		.offset = offsetof(struct settings, interval),
		.value = "DURATION",
		.help = "time between two statistics, such as 500ms or 1m30s (default: 5s)"},
	{.name = "stats",
		.offset = offsetof(struct settings, stats),
		.help = "print the statistics once"},
};

const struct corc_command corc_command_events = {
	.name = "events",
	.usage = "CONTAINER",
	.summary = "print what a container uses, and when it runs out of memory",
	.details = "Each event is a line of JSON, of type \"stats\" or \"oom\". They end with the "
		   "container.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_events,
};
