/* SPDX-License-Identifier: Apache-2.0 */
/* Handing a terminal to --console-socket. Layer: run; the parent process. */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "run/conductor.h"
#include "run/socket.h"

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
	int r = corc_socket_send_fd(socket_path, name, (size_t)length, master);

	if (r < 0) {
		(void)corc_fail_errno(error, -r, "console socket %s", socket_path);
		return corc_error_step(error, CORC_STEP_CONSOLE);
	}
	return 0;
}
