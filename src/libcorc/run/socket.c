/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of others. Layer: run; the parent process. */
#include "run/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/message.h"

#define CONNECT_SECONDS 10

/* Longer paths than sun_path go through an fd. */
static int connect_socket(const char *path)
{
	static const struct timeval patience = {.tv_sec = CONNECT_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int CORC_CLOSE file = CORC_NO_FD;
	int CORC_CLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* A full backlog makes connect wait, a reader that does not read makes send wait. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	if (strlen(path) < sizeof(address.sun_path)) {
		memcpy(address.sun_path, path, strlen(path) + 1);
	} else {
		file = open(path, O_PATH | O_CLOEXEC);
		if (file < 0)
			return -errno;
		(void)snprintf(
			address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", file);
	}
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return corc_take_fd(&fd);
}

int corc_socket_send_fd(const char *path, const char *body, size_t length, int fd)
{
	int CORC_CLOSE connection = connect_socket(path);
	int r = connection < 0 ? connection : corc_send_fds(connection, body, length, &fd, 1);

	/* What a socket with a time limit says when that is over. */
	return r == -EAGAIN ? -ETIMEDOUT : r;
}

int corc_socket_send_pidfd(const char *path, const char *body, int pidfd, struct corc_error *error)
{
	int r = path ? corc_socket_send_fd(path, body, strlen(body), pidfd) : 0;

	return r < 0 ? corc_fail_errno(error, -r, "pidfd socket %s", path) : 0;
}
