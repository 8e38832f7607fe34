/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error value: recording, extending, printing. Layer: base; the parent process only.
 *
 * Texts are composed in a buffer of their own before they are stored, so that a caller may pass
 * parts of the error itself as arguments.
 */
#include "base/error.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char *const step_names[] = {
	[CORC_STEP_NONE] = "none",
	[CORC_STEP_COMMAND_LINE] = "command line",
	[CORC_STEP_LOAD] = "load",
	[CORC_STEP_COMPILE] = "compile",
	[CORC_STEP_STATE] = "state",
	[CORC_STEP_CGROUP] = "cgroup",
	[CORC_STEP_SPAWN] = "spawn",
	[CORC_STEP_NAMESPACES] = "namespaces",
	[CORC_STEP_MOUNTS] = "mounts",
	[CORC_STEP_DEVICES] = "devices",
	[CORC_STEP_IDENTITY] = "identity",
	[CORC_STEP_SECCOMP] = "seccomp",
	[CORC_STEP_CONSOLE] = "console",
	[CORC_STEP_HOOKS] = "hooks",
	[CORC_STEP_EXEC] = "exec",
};

_Static_assert(
	sizeof(step_names) / sizeof(step_names[0]) == CORC_STEP_MAX_, "a name for each step");

const char *corc_step_name(uint32_t step)
{
	return step < CORC_STEP_MAX_ ? step_names[step] : "unknown";
}

/* A text of bounded size that is being composed; what does not fit is cut at a whole character. */
struct text {
	char *data;
	size_t size;
	size_t length;
};

static void CORC_PRINTF(2, 0) text_vprintf(struct text *text, const char *format, va_list arguments)
{
	size_t room = text->size - text->length;
	int length = vsnprintf(text->data + text->length, room, format, arguments);

	if (length < 0)
		length = 0;
	if ((size_t)length < room)
		text->length += (size_t)length;
	else
		text->length = corc_utf8_cut(text->data, text->size - 1);
	text->data[text->length] = '\0';
}

static void CORC_PRINTF(2, 3) text_printf(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(text, format, arguments);
	va_end(arguments);
}

/* A caller that passes 0 or a negative number must not turn a failure into success. */
static int positive(int code)
{
	if (code == 0 || code == INT_MIN)
		return EIO;
	return code < 0 ? -code : code;
}

/* A line end would make two messages of one: whoever puts names into messages need not care. */
static void copy_line(char *to, size_t size, const char *from)
{
	size_t at = 0;

	for (; *from && at + 2 < size; from++) {
		if (*from == '\n') {
			to[at++] = '\\';
			to[at++] = 'n';
		} else {
			to[at++] = *from;
		}
	}
	to[*from && at + 1 < size ? corc_utf8_cut(to, at) : at] = '\0';
}

static int store(struct corc_error *error, int code, const struct text *text)
{
	memset(error, 0, sizeof(*error));
	error->code = positive(code);
	if (memchr(text->data, '\n', text->length))
		copy_line(error->message, sizeof(error->message), text->data);
	else
		memcpy(error->message, text->data, text->length + 1);
	return -error->code;
}

int corc_fail(struct corc_error *error, int code, const char *format, ...)
{
	char data[sizeof(error->message)];
	struct text text = {data, sizeof(data), 0};
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	return store(error, code, &text);
}

int corc_fail_errno(struct corc_error *error, int code, const char *format, ...)
{
	char data[sizeof(error->message)];
	struct text text = {data, sizeof(data), 0};
	char unknown[16];
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	text_printf(&text, ": %s", corc_errno_text(positive(code), unknown));
	return store(error, code, &text);
}

int corc_error_prefix(struct corc_error *error, const char *format, ...)
{
	char data[sizeof(error->message)];
	struct text text = {data, sizeof(data), 0};
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	text_printf(&text, ": %s", error->message);
	memcpy(error->message, data, text.length + 1);
	return -error->code;
}

int corc_error_append(struct corc_error *error, const char *format, ...)
{
	char data[sizeof(error->message)];
	struct text text = {data, sizeof(data), 0};
	va_list arguments;

	text_printf(&text, "%s; ", error->message);
	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	memcpy(error->message, data, text.length + 1);
	return -error->code;
}

int corc_error_hint(struct corc_error *error, const char *format, ...)
{
	char data[sizeof(error->hint)];
	struct text text = {data, sizeof(data), 0};
	va_list arguments;

	if (error->hint[0] != '\0')
		return -error->code;
	va_start(arguments, format);
	text_vprintf(&text, format, arguments);
	va_end(arguments);
	memcpy(error->hint, data, text.length + 1);
	return -error->code;
}

int corc_error_step(struct corc_error *error, enum corc_step step)
{
	if (error->step == CORC_STEP_NONE)
		error->step = step;
	return -error->code;
}

/*
 * Messages hold names that a container chose: what could move the cursor of a terminal is written
 * as an escape. A line end stays, because the problems of a document are joined with it.
 */
static void text_visible(struct text *text, const char *message)
{
	for (; *message != '\0'; message++) {
		unsigned char byte = (unsigned char)*message;

		if (byte == '\r')
			text_printf(text, "\\r");
		else if (byte == '\t')
			text_printf(text, "\\t");
		else if ((byte < 0x20 && byte != '\n') || byte == 0x7f)
			text_printf(text, "\\x%02x", byte);
		else
			text_printf(text, "%c", byte);
	}
}

size_t corc_error_format(const struct corc_error *error, char *buffer, size_t size)
{
	struct text text = {buffer, size, 0};
	const struct corc_origin *origin = &error->origin;

	if (size == 0)
		return 0;
	buffer[0] = '\0';
	if (origin->line > 0) {
		text_printf(&text, "%s:%u:%u: ", origin->file, origin->line, origin->column);
		if (origin->path[0] != '\0')
			text_printf(&text, "%s: ", origin->path);
	}
	text_visible(&text, error->message);
	if (error->hint[0] != '\0') {
		text_printf(&text, " (");
		text_visible(&text, error->hint);
		text_printf(&text, ")");
	}
	return text.length;
}
