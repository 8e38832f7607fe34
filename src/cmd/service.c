/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What others have put into our environment for create and run. Layer: cmd; the parent process.
 */
#include "cmd/service.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"

/* False: it is not set, or no number. */
static bool read_number(const char *name, uint64_t *ret_number)
{
	const char *text = getenv(name);

	return text != NULL && corc_parse_u64(text, strlen(text), UINT32_MAX, ret_number) == 0;
}

void corc_service_options(struct corc_create_options *options)
{
	uint64_t pid = 0;
	uint64_t count = 0;

	options->seccomp_receiver = getenv("RUN_OCI_SECCOMP_RECEIVER");
	if (!read_number("LISTEN_PID", &pid) || !read_number("LISTEN_FDS", &count) ||
		pid != (uint64_t)getpid())
		return;
	options->listen_fds = (uint32_t)count;
	options->listen_fd_names = getenv("LISTEN_FDNAMES");
}

int corc_service_notify(pid_t main_pid, struct corc_notify **ret_notify, struct corc_error *error)
{
	const char *socket = getenv("NOTIFY_SOCKET");

	if (socket == NULL || socket[0] == '\0')
		return 0;
	return corc_notify_new(socket, main_pid, ret_notify, error);
}

void corc_service_notify_done(struct corc_notify **notify)
{
	corc_notify_free(*notify);
}
