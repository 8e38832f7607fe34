/* SPDX-License-Identifier: Apache-2.0 */
/* start: one byte to the stage that waits. Layer: run; the parent process. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "plan/protocol.h"
#include "run/conductor.h"
#include "run/container.h"
#include "run/exec_base.h"
#include "run/hooks.h"
#include "run/kept_config.h"
#include "run/notify.h"
#include "run/stop.h"
#include "sys/process.h"

/* How often the process is looked at. */
#define LOOK_MS 100

struct starting {
	struct corc_runtime *runtime;
	struct corc_container container;
	char *config;           /* text behind spec */
	struct corc_spec *spec; /* of a container with hooks for this, else NULL */
	bool has_hook_failed;   /* one of startContainer */
	struct corc_hook_output output;
};

static int check_status(enum corc_status status, struct corc_error *error)
{
	switch (status) {
	case CORC_STATUS_CREATED:
		return 0;
	case CORC_STATUS_STOPPED:
		return corc_fail(error, EINVAL, "cannot start a container that has stopped");
	case CORC_STATUS_PAUSED:
		return corc_fail(error, EINVAL, "cannot start a container in the paused state");
	case CORC_STATUS_CREATING:
		return corc_fail(error, EINVAL, "cannot start a container that is being created");
	case CORC_STATUS_RUNNING:
		break;
	}
	return corc_fail(error, EINVAL, "cannot start an already running container");
}

/* The index comes from a stage that the image's own hooks run beside. */
static int explain_hook(
	struct starting *starting, const struct corc_message *message, struct corc_error *error)
{
	uint64_t index = message->value >> 8 & 0xffffff;
	const struct corc_spec_hook_list *list =
		starting->spec ? &starting->spec->hooks.phases[CORC_HOOK_START_CONTAINER] : NULL;

	if (!list || index >= list->count)
		return corc_fail(error, EPROTO, "the stage sent a report that makes no sense");
	(void)corc_hook_explain(list->items[index].path, message, error);
	corc_json_origin(&starting->spec->document, list->items[index].node, &error->origin);
	starting->has_hook_failed = true;
	return -error->code;
}

/* The stage failed after the start: the container's program is in exec.base. */
static int explain(
	struct starting *starting, const struct corc_message *message, struct corc_error *error)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_exec_base_file CORC_CLEANUP(corc_exec_base_done) file = {0};
	const struct corc_spec_process *process = &file.base.process;
	const char *program = "?";

	if (message->type != CORC_MESSAGE_FAILED || message->code <= 0 || message->code > 4095)
		return corc_fail(error, EPROTO, "the stage sent a report that makes no sense");
	if (corc_is_hook_report(message))
		return explain_hook(starting, message, error);
	if (message->detail == CORC_DETAIL_SECCOMP)
		return corc_fail_errno(error, message->code, "loading the seccomp filter");
	if (corc_exec_base_read(starting->runtime, &starting->container, &arena, &file, error) == 0)
		program = process->args.items[0];
	(void)corc_explain_program(program, NULL, message, error);
	(void)corc_hint_confined(process->apparmor_profile, process->selinux_label, message, error);
	return corc_error_step(error, CORC_STEP_EXEC);
}

/* They end with the container's process, or when their own time is over. */
static bool has_start_hooks(const struct starting *starting)
{
	return starting->container.state.hooks & CORC_HOOKS_BIT(CORC_HOOK_START_CONTAINER);
}

/*
 * The end of the FIFO means that execve has closed it. A container that may trace its first process
 * can hold a copy, so the process is looked at, too.
 */
static int wait_result(struct starting *starting, int fd, struct corc_error *error)
{
	const struct corc_runtime *runtime = starting->runtime;
	const struct corc_container *container = &starting->container;
	struct pollfd entries[] = {{.fd = fd, .events = POLLIN},
		{.fd = container->pidfd, .events = POLLIN},
		{.fd = corc_hook_output_fd(&starting->output, 0), .events = POLLIN},
		{.fd = corc_hook_output_fd(&starting->output, 1), .events = POLLIN}};
	uint64_t end = corc_now_ms() + runtime->deadline_ms;
	struct corc_message message;

	for (;;) {
		int r = poll(entries, 4, LOOK_MS);

		if (r < 0 && errno != EINTR)
			return corc_fail_errno(error, errno, "waiting for the start");
		if (r > 0 && (entries[2].revents || entries[3].revents))
			corc_hook_output_copy(&starting->output);
		if (r > 0 && entries[0].revents)
			break;
		if ((r > 0 && entries[1].revents) || corc_has_executed((pid_t)container->state.pid))
			return 0;
		if (!has_start_hooks(starting) && corc_now_ms() >= end)
			return corc_fail(error, ETIMEDOUT,
				"the container's process did not start within %u ms",
				runtime->deadline_ms);
	}
	ssize_t got;

	do
		got = read(fd, &message, sizeof(message));
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return 0;
	if (got != (ssize_t)sizeof(message))
		return corc_fail(error, EPROTO, "the stage sent a report that makes no sense");
	return explain(starting, &message, error);
}

/* Where startContainer hooks say something that somebody wants to have. */
static int begin_output(struct starting *starting, struct corc_error *error)
{
	const struct corc_hooks hooks = {.spec = starting->spec,
		.state.annotations = &starting->container.state.annotations};
	int r;

	if (!has_start_hooks(starting))
		return 0;
	r = corc_hook_output_open(starting->container.directory.fd, &starting->output, error);
	return r < 0 ? r
		     : corc_hook_begin_output(
			       &hooks, CORC_HOOK_START_CONTAINER, 0, &starting->output, error);
}

static int trigger(struct starting *starting, struct corc_error *error)
{
	const struct corc_container *container = &starting->container;
	/* Before the byte is written: nothing of the answer may be missed. */
	int CORC_CLOSE result = openat(container->directory.fd, "result.fifo",
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	int CORC_CLOSE start = openat(container->directory.fd, "start.fifo",
		O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (start < 0 && errno == ENXIO)
		return corc_fail(error, ESRCH, "container not running");
	if (result >= 0 && start >= 0 && begin_output(starting, error) < 0)
		return -error->code;
	if (result < 0 || start < 0 || write(start, "0", 1) != 1)
		return corc_fail_errno(error, errno, "start FIFO of %s", container->directory.id);
	int r = wait_result(starting, result, error);

	corc_hook_output_end(&starting->output);
	return r;
}

/* The configuration, when hooks are run from here or by the stage meanwhile. */
static int read_hooks(struct starting *starting, struct corc_error *error)
{
	static const uint32_t of_start =
		CORC_HOOKS_BIT(CORC_HOOK_START_CONTAINER) | CORC_HOOKS_BIT(CORC_HOOK_POSTSTART);

	if (!(starting->container.state.hooks & of_start))
		return 0;
	return corc_kept_config_read(&starting->container.directory, &starting->container.arena,
		&starting->config, &starting->spec, error);
}

/*
 * They may take their time and may use the container, so others are let in. When one fails the
 * container is stopped: by its pidfd, and by its cgroup only while that is known to be its own.
 */
static int run_poststart(struct starting *starting, struct corc_error *error)
{
	struct corc_container *container = &starting->container;
	const struct corc_state_file *state = &container->state;
	const struct corc_hooks hooks = {.runtime = starting->runtime,
		.spec = starting->spec,
		.state = {state->id, state->bundle, &state->annotations},
		.pid = (pid_t)state->pid,
		.pidfd = CORC_NO_FD};
	struct corc_error failure = {0};
	int r;

	if (!starting->spec)
		return 0;
	corc_state_unlock(&container->directory);
	r = corc_hooks_run(&hooks, CORC_HOOK_POSTSTART, error);
	if (r == 0)
		return 0;
	if (corc_state_lock(starting->runtime, &container->directory, &failure) < 0) {
		(void)corc_pidfd_send_signal(container->pidfd, SIGKILL);
		return r;
	}
	if (corc_container_stop(starting->runtime, &state->cgroup, container->pidfd, &failure) < 0)
		(void)corc_error_append(error, "while stopping: %s", failure.message);
	return r;
}

/* The container was not made as it was meant: nothing of it stays. */
static int destroy(struct starting *starting, struct corc_error *error)
{
	struct corc_error failure = {0};

	if (corc_container_remove(
		    starting->runtime, &starting->container.directory, true, &failure) < 0)
		(void)corc_error_append(error, "while cleaning up: %s", failure.message);
	return -error->code;
}

static void done(struct starting *starting)
{
	corc_hook_output_done(&starting->output);
	corc_container_close(&starting->container);
	free(starting->config);
}

/* Before the program runs: it may be ready at once. */
static int listen_for(struct corc_notify *notify, struct corc_runtime *runtime,
	const struct corc_container *container, struct corc_error *error)
{
	int r = corc_notify_listen(notify, runtime, container->directory.fd, error);

	return r < 0 ? r
		     : corc_notify_watch(
			       notify, (pid_t)container->state.pid, container->pidfd, error);
}

int corc_container_start(struct corc_runtime *runtime, const char *id,
	const struct corc_start_options *options, struct corc_error *error)
{
	struct starting CORC_CLEANUP(done) starting = {.runtime = runtime,
		.container = CORC_CONTAINER_EMPTY,
		.output = CORC_HOOK_OUTPUT_EMPTY};
	struct corc_container *container = &starting.container;
	char space[CORC_STATE_SPACE];
	int r;

	corc_arena_init(&container->arena, space, sizeof(space));
	r = corc_container_open(runtime, id, true, container, error);
	if (r == 0)
		r = check_status(container->status, error);
	if (r == 0 && options && options->notify)
		r = listen_for(options->notify, runtime, container, error);
	if (r == 0)
		r = read_hooks(&starting, error);
	if (r == 0)
		r = trigger(&starting, error);
	if (r < 0 && starting.has_hook_failed)
		return destroy(&starting, error);
	if (r < 0)
		return r;
	(void)unlinkat(container->directory.fd, "start.fifo", 0);
	(void)unlinkat(container->directory.fd, "result.fifo", 0);
	if (has_start_hooks(&starting))
		corc_hook_output_unlink(container->directory.fd);
	return run_poststart(&starting, error);
}
