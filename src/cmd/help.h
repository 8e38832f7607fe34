/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help, made from the tables. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_HELP_H
#define CORC_CMD_HELP_H

#include "base/buffer.h"
#include "cmd/command.h"

/* "corc --help": the commands and the global options. */
void corc_help_program(struct corc_buffer *buffer, const struct corc_program *program);

/* "corc help COMMAND" */
void corc_help_command(struct corc_buffer *buffer, const struct corc_program *program,
	const struct corc_command *command);

/* Fills error with what is said about a command that does not exist. */
/* What clients know of other runtimes. */
#define CORC_EXIT_NO_TOPIC 3
int corc_help_unknown(const char *name, struct corc_error *error);

#endif
