/* SPDX-License-Identifier: Apache-2.0 */
/* Taking, serving and handing over a seccomp listener. Layer: run; the parent process. */
#include "run/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json_writer.h"
#include "run/socket.h"
#include "sys/process.h"

/* The kernel's structs may be larger than those that we know. */
#define NOTIFICATION_SPACE 512

/* A stage that lies must not make us give away another of its fds. */
static bool is_listener(int fd)
{
	static const char listener[] = "anon_inode:seccomp notify";
	char path[32], target[sizeof(listener)];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t length = readlinkat(AT_FDCWD, path, target, sizeof(target));

	return length == (ssize_t)sizeof(listener) - 1 &&
	       memcmp(target, listener, sizeof(listener) - 1) == 0;
}

int corc_listener_take(struct corc_conductor *conductor, const struct corc_message *message,
	struct corc_error *error)
{
	if (!conductor->plan->listener_path || conductor->listener_fd >= 0 ||
		message->value > INT32_MAX)
		return corc_fail(error, EPROTO, "the stage sent a listener that was not expected");
	int CORC_CLOSE fd = corc_pidfd_getfd(conductor->stage.pidfd, (int)message->value);

	if (fd < 0) {
		(void)corc_fail_errno(error, -fd, "taking the seccomp listener from the stage");
		if (fd == -EPERM)
			(void)corc_error_hint(error,
				"needs CAP_SYS_PTRACE, and kernel.yama.ptrace_scope below 3");
		return corc_error_step(error, CORC_STEP_SECCOMP);
	}
	if (!is_listener(fd))
		return corc_fail(error, EPROTO, "the stage sent an fd that is no seccomp listener");
	conductor->listener_fd = corc_take_fd(&fd);
	return corc_conductor_send(conductor, CORC_MESSAGE_GO_ON, error);
}

void corc_listener_go_on(int listener_fd)
{
	union {
		struct seccomp_notif notification;
		char space[NOTIFICATION_SPACE];
	} asked = {.space = {0}};
	union {
		struct seccomp_notif_resp response;
		char space[NOTIFICATION_SPACE];
	} answer = {.space = {0}};

	/* Who asked may be gone by now, which is for others to notice. */
	if (ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
		return;
	answer.response.id = asked.notification.id;
	answer.response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	(void)ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

static void put_state(struct corc_json_writer *writer, const struct corc_listener_state *state)
{
	corc_json_begin_object(writer, "state");
	corc_json_string(writer, "ociVersion", corc_spec_version());
	corc_json_string(writer, "id", state->id);
	corc_json_string(writer, "status", corc_status_name(state->status));
	corc_json_i64(writer, "pid", state->pid);
	corc_json_string(writer, "bundle", state->bundle);
	if (state->annotations->count > 0)
		corc_json_map(writer, "annotations", state->annotations);
	corc_json_end_object(writer);
}

/* The container process state of the specification. */
static void put_process_state(const struct corc_conductor *conductor,
	const struct corc_listener_state *state, struct corc_buffer *buffer)
{
	struct corc_json_writer writer = {.buffer = buffer};
	const char *metadata = conductor->plan->listener_metadata;

	corc_json_begin_object(&writer, NULL);
	corc_json_string(&writer, "ociVersion", corc_spec_version());
	corc_json_begin_array(&writer, "fds");
	corc_json_string(&writer, NULL, "seccompFd");
	corc_json_end_array(&writer);
	corc_json_i64(&writer, "pid", conductor->stage.pid);
	if (metadata && *metadata)
		corc_json_string(&writer, "metadata", metadata);
	put_state(&writer, state);
	corc_json_end_object(&writer);
}

int corc_listener_hand_over(struct corc_conductor *conductor,
	const struct corc_listener_state *state, struct corc_error *error)
{
	const char *path = conductor->plan->listener_path;
	struct corc_buffer CORC_BUFFER body = {0};
	int r;

	if (!path)
		return 0;
	int CORC_CLOSE fd = corc_take_fd(&conductor->listener_fd);

	if (fd < 0)
		return corc_fail(error, EPROTO, "the stage sent no seccomp listener");
	put_process_state(conductor, state, &body);
	r = body.failed ? -ENOMEM : corc_socket_send_fd(path, body.data, body.length, fd);
	if (r < 0) {
		(void)corc_fail_errno(error, -r, "seccomp listener %s", path);
		return corc_error_step(error, CORC_STEP_SECCOMP);
	}
	return 0;
}
