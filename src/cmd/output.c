/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output. Layer: cmd; the parent process.
 */
#include "cmd/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

static int write_out(const char *text, size_t length, struct corc_error *error)
{
	int result = corc_write_all(STDOUT_FILENO, text, length);

	if (result < 0)
		return corc_fail_errno(error, -result, "write to standard output");
	return 0;
}

int corc_output_buffer(const struct corc_buffer *buffer, struct corc_error *error)
{
	if (buffer->failed)
		return corc_fail_errno(error, ENOMEM, "compose the output");
	return write_out(buffer->data, buffer->length, error);
}

int corc_output_text(const char *text, struct corc_error *error)
{
	return write_out(text, strlen(text), error);
}

int corc_output_line(const char *text, struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER line = {0};
	size_t length = strlen(text);

	corc_buffer_append(&line, text, length);
	if (length == 0 || text[length - 1] != '\n')
		corc_buffer_append(&line, "\n", 1);
	return corc_output_buffer(&line, error);
}
