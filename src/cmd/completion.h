/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What shells complete, made from the tables. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_COMPLETION_H
#define CORC_CMD_COMPLETION_H

#include "base/buffer.h"
#include "cmd/command.h"

/* The names that the command knows: "bash", "zsh", "fish". NULL for others. */
typedef void corc_completion_function(
	struct corc_buffer *buffer, const struct corc_program *program);
corc_completion_function *corc_completion_for(const char *shell);

#endif
