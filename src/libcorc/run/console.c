/* SPDX-License-Identifier: Apache-2.0 */
/* Handing a terminal to --console-socket. Layer: run; the parent process. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/conductor.h"
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

int corc_console_check(bool terminal, const char *socket_path, bool keep, struct corc_error *error)
{
	if (terminal && !socket_path && !keep)
		return corc_fail(error, EINVAL,
			"cannot allocate tty if corc will detach without setting console socket");
	if (!terminal && socket_path)
		return corc_fail(error, EINVAL,
			"cannot use console socket if corc will not detach or allocate tty");
	return 0;
}

int corc_console_hand_over(
	struct corc_conductor *conductor, const char *socket_path, struct corc_error *error)
{
	char name[32];
	int length = snprintf(name, sizeof(name), "/dev/pts/%u", conductor->console_number);

	if (conductor->console_fd < 0 || !socket_path)
		return 0;
	int CORC_CLOSE master = corc_take_fd(&conductor->console_fd);
	int CORC_CLOSE fd = connect_socket(socket_path);
	int r = fd < 0 ? fd : corc_send_fds(fd, name, (size_t)length, &master, 1);

	if (r < 0) {
		(void)corc_fail_errno(error, -r, "console socket %s", socket_path);
		return corc_error_step(error, CORC_STEP_CONSOLE);
	}
	return 0;
}
