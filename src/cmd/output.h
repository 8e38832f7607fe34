/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output. Layer: cmd; the parent process.
 * A text is made whole in a buffer and written at once, so that a failure leaves nothing half said.
 */
#ifndef CORC_CMD_OUTPUT_H
#define CORC_CMD_OUTPUT_H

#include "base/buffer.h"
#include "base/error.h"

/* Writes the buffer to standard output. ENOMEM when the buffer is incomplete. */
int corc_output_buffer(const struct corc_buffer *buffer, struct corc_error *error);

/* Writes a text as it is. */
int corc_output_text(const char *text, struct corc_error *error);

/* Writes a text and a newline, unless it ends with one. */
int corc_output_line(const char *text, struct corc_error *error);

#endif
