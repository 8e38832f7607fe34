/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growing byte string. Layer: base; the parent process only.
 */
#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256u

/* Room for `length` bytes more and the NUL. */
static bool reserve(struct corc_buffer *buffer, size_t length)
{
	size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
	char *data;

	if (buffer->failed)
		return false;
	if (length < buffer->capacity - buffer->length)
		return true;
	if (length >= PTRDIFF_MAX - buffer->length) {
		buffer->failed = true;
		return false;
	}
	while (capacity - buffer->length <= length)
		capacity = capacity > PTRDIFF_MAX / 2 ? PTRDIFF_MAX : capacity * 2;
	data = realloc(buffer->is_borrowed ? NULL : buffer->data, capacity);
	if (!data) {
		buffer->failed = true;
		return false;
	}
	if (buffer->is_borrowed)
		memcpy(data, buffer->data, buffer->length);
	buffer->is_borrowed = false;
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void corc_buffer_append(struct corc_buffer *buffer, const void *data, size_t length)
{
	if (!reserve(buffer, length))
		return;
	if (length > 0)
		memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void corc_buffer_puts(struct corc_buffer *buffer, const char *text)
{
	corc_buffer_append(buffer, text, strlen(text));
}

void corc_buffer_printf(struct corc_buffer *buffer, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		buffer->failed = true;
	if (length < 0 || !reserve(buffer, (size_t)length))
		return;
	va_start(arguments, format);
	(void)vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buffer->length += (size_t)length;
}

void corc_buffer_done(struct corc_buffer *buffer)
{
	int saved = errno;

	if (!buffer->is_borrowed)
		free(buffer->data);
	*buffer = (struct corc_buffer){0};
	errno = saved;
}
