/* SPDX-License-Identifier: Apache-2.0 */
/* start: one byte to the stage that waits. Layer: run; the parent process. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "plan/protocol.h"
#include "run/conductor.h"
#include "run/container.h"
#include "run/exec_base.h"
#include "run/notify.h"
#include "sys/process.h"

/* How often the process is looked at. */
#define LOOK_MS 100

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
	case CORC_STATUS_RUNNING:
		break;
	}
	return corc_fail(error, EINVAL, "cannot start an already running container");
}

/* The stage failed after the start: the container's program is in exec.base. */
static int explain(struct corc_runtime *runtime, const struct corc_container *container,
	const struct corc_message *message, struct corc_error *error)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_exec_base_file CORC_CLEANUP(corc_exec_base_done) file = {0};
	const char *program = "?";

	if (message->type != CORC_MESSAGE_FAILED || message->code <= 0 || message->code > 4095)
		return corc_fail(error, EPROTO, "the stage sent a report that makes no sense");
	if (message->detail == CORC_DETAIL_SECCOMP)
		return corc_fail_errno(error, message->code, "loading the seccomp filter");
	if (corc_exec_base_read(runtime, container, &arena, &file, error) == 0)
		program = file.base.process.args.items[0];
	(void)corc_explain_program(program, NULL, message, error);
	return corc_error_step(error, CORC_STEP_EXEC);
}

/*
 * The end of the FIFO means that execve has closed it. A container that may trace its first process
 * can hold a copy, so the process is looked at, too.
 */
static int wait_result(struct corc_runtime *runtime, const struct corc_container *container, int fd,
	struct corc_error *error)
{
	struct pollfd entries[] = {
		{.fd = fd, .events = POLLIN}, {.fd = container->pidfd, .events = POLLIN}};
	uint64_t end = corc_now_ms() + runtime->deadline_ms;
	struct corc_message message;

	for (;;) {
		int r = poll(entries, 2, LOOK_MS);

		if (r < 0 && errno != EINTR)
			return corc_fail_errno(error, errno, "waiting for the start");
		if (r > 0 && entries[0].revents)
			break;
		if (r > 0 || corc_has_executed((pid_t)container->state.pid))
			return 0;
		if (corc_now_ms() >= end)
			return corc_fail(error, ETIMEDOUT,
				"the container's process did not start within %u ms",
				runtime->deadline_ms);
	}
	ssize_t got = read(fd, &message, sizeof(message));

	if (got == 0)
		return 0;
	if (got != (ssize_t)sizeof(message))
		return corc_fail(error, EPROTO, "the stage sent a report that makes no sense");
	return explain(runtime, container, &message, error);
}

static int trigger(struct corc_runtime *runtime, const struct corc_container *container,
	struct corc_error *error)
{
	/* Before the byte is written: nothing of the answer may be missed. */
	int CORC_CLOSE result = openat(container->directory.fd, "result.fifo",
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	int CORC_CLOSE start = openat(container->directory.fd, "start.fifo",
		O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (start < 0 && errno == ENXIO)
		return corc_fail(error, ESRCH, "container not running");
	if (result < 0 || start < 0 || write(start, "0", 1) != 1)
		return corc_fail_errno(error, errno, "start FIFO of %s", container->directory.id);
	return wait_result(runtime, container, result, error);
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
	struct corc_container CORC_CLEANUP(corc_container_close) container = CORC_CONTAINER_EMPTY;
	int r = corc_container_open(runtime, id, true, &container, error);

	if (r == 0)
		r = check_status(container.status, error);
	if (r == 0 && options && options->notify)
		r = listen_for(options->notify, runtime, &container, error);
	if (r == 0)
		r = trigger(runtime, &container, error);
	if (r < 0)
		return r;
	(void)unlinkat(container.directory.fd, "start.fifo", 0);
	(void)unlinkat(container.directory.fd, "result.fifo", 0);
	return 0;
}
