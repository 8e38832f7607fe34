/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks that the stage asks for. Layer: run; the parent process. Which one comes next is known
 * here: the stage only says that it has come to it.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "run/conductor.h"
#include "sys/message.h"

static int send_program(struct corc_conductor *conductor, int fd, struct corc_error *error)
{
	struct corc_message message = {.type = CORC_MESSAGE_PROGRAM};
	int r = corc_send_fds(conductor->stage.channel, &message, sizeof(message), &fd, 1);

	/* A stage that has gone: the next wait tells why. */
	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		return corc_fail_errno(error, -r, "sending a hook's program to the stage");
	conductor->hook_runs = true;
	return 0;
}

int corc_conductor_serve_hook(struct corc_conductor *conductor, struct corc_error *error)
{
	struct corc_hooks *hooks = conductor->hooks;
	enum corc_hook_phase phase;
	size_t index;
	int r = 0;

	if (!hooks || !corc_hooks_of_creation(hooks->spec, conductor->next_hook, &phase, &index))
		return corc_fail(error, EPROTO, "the stage asked for a hook too many");
	conductor->next_hook++;
	hooks->pid = conductor->stage.pid;
	hooks->pidfd = conductor->stage.pidfd;
	if (phase == CORC_HOOK_CREATE_CONTAINER) {
		int CORC_CLOSE program = corc_hook_open(hooks, phase, index, error);

		if (program < 0)
			return program;
		if (conductor->output)
			r = corc_hook_begin_output(hooks, phase, index, conductor->output, error);
		return r < 0 ? r : send_program(conductor, program, error);
	}
	r = corc_hook_run(hooks, phase, index, error);
	return r < 0 ? r : corc_conductor_send(conductor, CORC_MESSAGE_GO_ON, error);
}
