/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of the host whose output is wanted. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_HOST_PROGRAM_H
#define CORC_CMD_HOST_PROGRAM_H

#include <limits.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * The program that PATH leads to. Parts of PATH that are no absolute path are passed over: they
 * would let the working directory say what is run. ENOENT: `exec: "NAME": executable file not found
 * in $PATH`.
 */
int corc_host_program_find(const char *name, char path[PATH_MAX], struct corc_error *error);

/*
 * Runs a program that PATH leads to, with the caller's environment and nothing on its standard
 * input, and appends to `output` what it writes to standard output and standard error. `arguments`
 * is NULL-terminated and begins with the program's name. ENOENT: as
 * corc_host_program_find. EIO: it failed; the message has its exit status or signal
 * and the first line that it wrote.
 */
int corc_host_program_read(
	const char *const *arguments, struct corc_buffer *output, struct corc_error *error);

#endif
