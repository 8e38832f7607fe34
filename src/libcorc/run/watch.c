/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a container, as long as it lives. Layer: run; the parent process. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "cgroup/oom.h"
#include "run/stats.h"
#include "sys/process.h"

enum { PROCESS, MEMORY, STOP, ENTRY_COUNT };

struct watch {
	struct corc_runtime *runtime;
	const struct corc_watch_options *options;
	int (*visit)(void *data, const struct corc_event *event);
	void *data;
	struct corc_container container;
	struct corc_oom_watch oom;
	uint64_t due_ms; /* when to read the statistics */
	struct pollfd entries[ENTRY_COUNT];
};

static void done(struct watch *watch)
{
	corc_cgroup_oom_close(&watch->oom);
	corc_container_close(&watch->container);
}

/* Milliseconds to wait, for poll. */
static int remaining_ms(const struct watch *watch)
{
	uint64_t now = corc_now_ms();

	if (watch->options->interval_ms == 0)
		return -1;
	if (now >= watch->due_ms)
		return 0;
	return watch->due_ms - now > INT_MAX ? INT_MAX : (int)(watch->due_ms - now);
}

static int tell_oom(struct watch *watch, struct corc_error *error)
{
	struct corc_event event = {.type = CORC_EVENT_OOM, .id = watch->container.state.id};
	bool happened = false;
	int r = corc_cgroup_oom_read(&watch->oom, &happened, error);

	return r == 0 && happened ? watch->visit(watch->data, &event) : r;
}

static bool has_ended(const struct watch *watch)
{
	struct pollfd process = {.fd = watch->container.pidfd, .events = POLLIN};

	return poll(&process, 1, 0) > 0;
}

/* An end in between shows on the next look; it is no reason for a warning. */
static int tell_stats(struct watch *watch)
{
	struct corc_stats CORC_CLEANUP(corc_stats_done) stats = {0};
	struct corc_error failure = {0};
	struct corc_event event = {
		.type = CORC_EVENT_STATS, .id = watch->container.state.id, .stats = &stats};

	if (corc_stats_read(&watch->container, &stats, &failure) == 0)
		return watch->visit(watch->data, &event);
	if (!has_ended(watch))
		corc_log(watch->runtime, CORC_LOG_WARNING, "%s", failure.message);
	return 0;
}

/* A reading that comes late does not make the next ones come in a bunch. */
static int tell_due_stats(struct watch *watch)
{
	uint64_t interval = watch->options->interval_ms;
	uint64_t now = corc_now_ms();

	if (interval == 0 || now < watch->due_ms)
		return 0;
	watch->due_ms = watch->due_ms + interval > now ? watch->due_ms + interval : now + interval;
	return tell_stats(watch);
}

/*
 * What ended the process may have been the lack of memory: the kernel counts it before it kills, so
 * one look after the end has all of it.
 */
static int watch_events(struct watch *watch, struct corc_error *error)
{
	struct pollfd *entries = watch->entries;

	for (;;) {
		int r = poll(entries, ENTRY_COUNT, remaining_ms(watch));

		if (r < 0 && errno != EINTR)
			return corc_fail_errno(error, errno, "waiting for events");
		if (r < 0)
			continue;
		r = tell_oom(watch, error);
		if (r != 0 || entries[PROCESS].revents || entries[STOP].revents)
			return r;
		r = tell_due_stats(watch);
		if (r != 0)
			return r;
	}
}

int corc_container_watch(struct corc_runtime *runtime, const char *id,
	const struct corc_watch_options *options,
	int (*visit)(void *data, const struct corc_event *event), void *data,
	struct corc_error *error)
{
	struct watch CORC_CLEANUP(done) watch = {
		.runtime = runtime,
		.options = options,
		.visit = visit,
		.data = data,
		.container = CORC_CONTAINER_EMPTY,
		.oom = CORC_OOM_WATCH_EMPTY,
		.due_ms = corc_now_ms() + options->interval_ms,
	};
	int r = corc_container_open(runtime, id, false, &watch.container, error);

	if (r == 0)
		r = corc_stats_check_running(&watch.container, error);
	if (r == 0)
		r = corc_cgroup_oom_open(&watch.container.state.cgroup, &watch.oom, error);
	if (r < 0)
		return r;
	watch.entries[PROCESS] = (struct pollfd){.fd = watch.container.pidfd, .events = POLLIN};
	watch.entries[MEMORY] = (struct pollfd){.fd = watch.oom.event_fd, .events = POLLIN};
	watch.entries[STOP] = (struct pollfd){.fd = options->stop_fd, .events = POLLIN};
	return watch_events(&watch, error);
}
