/* SPDX-License-Identifier: Apache-2.0 */
/* Conducting the stage. Layer: run; the parent process. */
#include "run/conductor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroup/hint.h"
#include "run/listener.h"
#include "sys/message.h"
#include "sys/process.h"

/* How often is looked whether a stage has executed the program whose channel stays open. */
#define LOOK_MS 100

/* Between the looks at two fds the stage may have said something and ended. */
static int is_readable_now(int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};

	return poll(&entry, 1, 0) > 0;
}

static void be_quiet(struct corc_conductor *conductor)
{
	struct pollfd end = {.fd = conductor->stage.channel};

	if (conductor->is_quiet)
		(void)poll(&end, 1, LOOK_MS);
	conductor->is_quiet = false;
}

/*
 * 1: something is there, or the other side has gone. 0: the process that we know has ended and left
 * nothing, although a child of it may hold the channel.
 */
static int wait_readable(struct corc_conductor *conductor, struct corc_error *error)
{
	struct pollfd entries[] = {{.fd = conductor->stage.channel, .events = POLLIN},
		{.fd = conductor->stage.pidfd, .events = POLLIN},
		{.fd = conductor->listener_fd, .events = POLLIN},
		{.fd = corc_hook_output_fd(conductor->output, 0), .events = POLLIN},
		{.fd = corc_hook_output_fd(conductor->output, 1), .events = POLLIN}};
	uint64_t end = corc_now_ms() + conductor->runtime->deadline_ms;

	be_quiet(conductor);
	for (;;) {
		uint64_t now = corc_now_ms();
		int left = now < end ? (int)(end - now) : 0;
		int r = poll(entries, 5, conductor->hook_runs ? -1 : left);

		if (r > 0 && (entries[3].revents || entries[4].revents))
			corc_hook_output_copy(conductor->output);
		if (r > 0 && (entries[2].revents & POLLIN))
			corc_listener_go_on(conductor->listener_fd);
		if (r > 0 && !entries[0].revents && !entries[1].revents) {
			/* Hung up: there is nobody left who could ask. */
			if (!(entries[2].revents & POLLIN))
				entries[2].fd = CORC_NO_FD;
			continue;
		}
		if (r > 0)
			return entries[0].revents || is_readable_now(conductor->stage.channel);
		if (r == 0)
			return corc_fail(error, ETIMEDOUT, "the stage made no progress for %u ms",
				conductor->runtime->deadline_ms);
		if (errno != EINTR)
			return corc_fail_errno(error, errno, "waiting for the stage");
	}
}

static int bad_message(struct corc_error *error, uint32_t type)
{
	return corc_fail(
		error, EPROTO, "the stage sent a message that was not expected (type %u)", type);
}

static int take_console(struct corc_conductor *conductor, const struct corc_message *message,
	int fd, struct corc_error *error)
{
	int CORC_CLOSE master = fd;

	if (fd < 0 || !conductor->plan->terminal || conductor->console_fd >= 0 ||
		message->value > 1048576)
		return bad_message(error, message->type);
	conductor->console_fd = corc_take_fd(&master);
	conductor->console_number = (unsigned)message->value;
	return 0;
}

/* After PROGRAM comes how the hook ended, and nothing else. */
static int end_hook(struct corc_conductor *conductor, const struct corc_message *message, int fd,
	struct corc_error *error)
{
	conductor->hook_runs = false;
	if (conductor->output)
		corc_hook_output_end(conductor->output);
	if (message->type == CORC_MESSAGE_HOOK_DONE && fd < 0) {
		corc_hook_log(conductor->hooks, conductor->next_hook - 1, message);
		return 0;
	}
	corc_close_(fd);
	if (message->type == CORC_MESSAGE_FAILED)
		return corc_explain(conductor->plan, conductor->document, message, error);
	return bad_message(error, message->type);
}

/* Once, and only where the configuration has some. */
static int move_net_devices(struct corc_conductor *conductor, struct corc_error *error)
{
	const struct corc_spec *spec = conductor->hooks ? conductor->hooks->spec : NULL;
	int r;

	if (!spec || !conductor->net_devices || conductor->net_devices->items ||
		spec->linux_.net_devices.count == 0)
		return bad_message(error, CORC_MESSAGE_NET_DEVICES);
	r = corc_net_devices_move(spec, conductor->stage.pid, conductor->net_devices, error);
	return r < 0 ? r : corc_conductor_send(conductor, CORC_MESSAGE_GO_ON, error);
}

/* Returns 1 for a message that the caller has to look at, 0 for one that was served. */
static int serve(struct corc_conductor *conductor, const struct corc_message *message, int fd,
	struct corc_error *error)
{
	if (conductor->hook_runs)
		return end_hook(conductor, message, fd, error);
	if (message->type == CORC_MESSAGE_CONSOLE)
		return take_console(conductor, message, fd, error);
	if (fd >= 0) {
		corc_close_(fd);
		return bad_message(error, message->type);
	}
	switch (message->type) {
	case CORC_MESSAGE_FAILED:
		return corc_explain(conductor->plan, conductor->document, message, error);
	case CORC_MESSAGE_WANT_MOUNTS:
		return corc_binds_send(conductor, error);
	case CORC_MESSAGE_LISTENER:
		return corc_listener_take(conductor, message, error);
	case CORC_MESSAGE_HOOK:
		return corc_conductor_serve_hook(conductor, error);
	case CORC_MESSAGE_NET_DEVICES:
		return move_net_devices(conductor, error);
	case CORC_MESSAGE_CHILD:
	case CORC_MESSAGE_READY:
		return 1;
	default:
		return bad_message(error, message->type);
	}
}

int corc_conductor_wait(struct corc_conductor *conductor, struct corc_message *ret_message,
	struct corc_error *error)
{
	for (;;) {
		struct corc_message message;
		size_t count = 0;
		int fd = CORC_NO_FD;
		int r = wait_readable(conductor, error);

		if (r <= 0)
			return r < 0 ? r : 1;
		ssize_t got = corc_receive_fds(
			conductor->stage.channel, &message, sizeof(message), &fd, 1, &count);

		/* The stage ended with a packet of ours unread; what it said before comes next. */
		if (got == -ECONNRESET)
			continue;
		if (got == 0)
			return 1;
		if (got < 0)
			return corc_fail_errno(error, (int)-got, "reading from the stage");
		if (count == 0)
			fd = CORC_NO_FD;
		if (got != (ssize_t)sizeof(message)) {
			corc_close_(fd);
			return bad_message(error, 0);
		}
		r = serve(conductor, &message, fd, error);
		if (r < 0)
			return r;
		if (r > 0) {
			*ret_message = message;
			return 0;
		}
	}
}

bool corc_has_executed(pid_t pid)
{
	static const char stage[] = "/memfd:corc-init";
	char path[32], target[sizeof(stage)];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	ssize_t length = readlinkat(AT_FDCWD, path, target, sizeof(target) - 1);

	return length >= 0 && (length < (ssize_t)sizeof(stage) - 1 ||
				      memcmp(target, stage, sizeof(stage) - 1) != 0);
}

/* 1: it has happened; 0: look again. */
static int check_executed(
	struct corc_conductor *conductor, const struct pollfd *entries, struct corc_error *error)
{
	struct corc_message message;

	if (entries[0].revents) {
		int r = corc_conductor_wait(conductor, &message, error);

		return r == 0 ? bad_message(error, message.type) : r;
	}
	return entries[1].revents || corc_has_executed(conductor->stage.pid);
}

/* Between START and execve. They end with the stage, or when their own time is over. */
static bool has_start_hooks(const struct corc_conductor *conductor)
{
	return conductor->hooks &&
	       conductor->hooks->spec->hooks.phases[CORC_HOOK_START_CONTAINER].count > 0;
}

static int wait_executed(struct corc_conductor *conductor, struct corc_error *error)
{
	struct pollfd entries[] = {{.fd = conductor->stage.channel, .events = POLLIN},
		{.fd = conductor->stage.pidfd, .events = POLLIN},
		{.fd = corc_hook_output_fd(conductor->output, 0), .events = POLLIN},
		{.fd = corc_hook_output_fd(conductor->output, 1), .events = POLLIN}};
	uint64_t end = corc_now_ms() + conductor->runtime->deadline_ms;

	while (corc_now_ms() < end || has_start_hooks(conductor)) {
		int ready = poll(entries, 4, LOOK_MS);

		if (ready < 0 && errno != EINTR)
			return corc_fail_errno(error, errno, "waiting for the stage");
		if (ready > 0 && (entries[2].revents || entries[3].revents))
			corc_hook_output_copy(conductor->output);
		int r = check_executed(conductor, entries, error);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	return corc_fail(error, ETIMEDOUT, "the container's process did not start within %u ms",
		conductor->runtime->deadline_ms);
}

int corc_conductor_wait_executed(struct corc_conductor *conductor, struct corc_error *error)
{
	int r = wait_executed(conductor, error);

	if (conductor->output)
		corc_hook_output_end(conductor->output);
	return r;
}

/* The channel ended although the stage should have gone on. */
static int explain_death(struct corc_conductor *conductor, struct corc_error *error)
{
	struct corc_exit status;

	if (corc_wait_pidfd(conductor->stage.pidfd, 1000, &status) < 0)
		return corc_fail(error, EPROTO, "the stage closed its channel");
	corc_close_(conductor->stage.pidfd);
	conductor->stage.pidfd = CORC_NO_FD;
	if (!status.killed)
		return corc_fail(error, EPROTO, "the stage ended with exit code %d", status.code);
	(void)corc_fail(error, EPROTO, "the stage was killed by signal %d", status.code);
	return status.code == SIGKILL ? corc_cgroup_hint_killed(conductor->cgroup, error) : -EPROTO;
}

int corc_conductor_expect(struct corc_conductor *conductor, uint32_t type,
	struct corc_message *ret_message, struct corc_error *error)
{
	int r = corc_conductor_wait(conductor, ret_message, error);

	if (r < 0)
		return r;
	if (r > 0)
		return explain_death(conductor, error);
	return ret_message->type == type ? 0 : bad_message(error, ret_message->type);
}

int corc_conductor_send(struct corc_conductor *conductor, uint32_t type, struct corc_error *error)
{
	struct corc_message message = {.type = type};
	ssize_t sent;

	do
		sent = send(conductor->stage.channel, &message, sizeof(message), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	/* A stage that has gone may have left a report; whoever waits next finds it, or the end. */
	if (sent < 0 && errno != EPIPE && errno != ECONNRESET)
		return corc_fail_errno(error, errno, "writing to the stage");
	return 0;
}

/* The stage that has made the visible process, and has nothing left to do. */
static void leave_stage(struct corc_conductor *conductor)
{
	struct corc_exit status;

	/* Its filter may not let it end by itself. */
	if (conductor->listener_fd >= 0)
		(void)corc_pidfd_send_signal(conductor->stage.pidfd, SIGKILL);
	(void)corc_wait_pidfd(
		conductor->stage.pidfd, (int)conductor->runtime->deadline_ms, &status);
	corc_close_(corc_take_fd(&conductor->stage.pidfd));
}

/* The child goes on meanwhile, so a lack of descriptors must not be the end: that of the stage
 * makes room. */
int corc_conductor_adopt(struct corc_conductor *conductor, uint64_t pid, struct corc_error *error)
{
	pid_t child = (pid_t)pid;

	if (pid == 0 || pid > INT32_MAX || child == conductor->stage.pid || !corc_is_child(child))
		return bad_message(error, CORC_MESSAGE_CHILD);
	int CORC_CLOSE pidfd = corc_pidfd_open(child);
	bool is_full = pidfd == -EMFILE || pidfd == -ENFILE;

	if (pidfd < 0 && !is_full)
		return corc_fail_errno(error, -pidfd, "opening the stage's child");
	leave_stage(conductor);
	if (is_full)
		pidfd = corc_pidfd_open(child);
	if (pidfd < 0)
		return corc_fail_errno(error, -pidfd, "opening the stage's child");
	conductor->stage.pid = child;
	conductor->stage.pidfd = corc_take_fd(&pidfd);
	return 0;
}
