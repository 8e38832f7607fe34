/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte string. Layer: base; the parent process only.
 * A failed allocation is remembered in `failed`: append freely, ask once at the end.
 */
#ifndef CORC_BASE_BUFFER_H
#define CORC_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* All zero is an empty buffer. data is NUL-terminated whenever it is not NULL. */
struct corc_buffer {
	char *data;
	size_t length;
	size_t capacity;
	bool failed;
	bool is_borrowed; /* data is the caller's first space */
};

/*
 * An empty buffer that fills `space` first, which the caller owns and which outlives it: short text
 * costs no memory mapping.
 */
static inline struct corc_buffer corc_buffer_on(char *space, size_t size)
{
	*space = '\0';
	return (struct corc_buffer){.data = space, .capacity = size, .is_borrowed = true};
}

void corc_buffer_append(struct corc_buffer *buffer, const void *data, size_t length);
void corc_buffer_puts(struct corc_buffer *buffer, const char *text);
void corc_buffer_printf(struct corc_buffer *buffer, const char *format, ...) CORC_PRINTF(2, 3);
void corc_buffer_done(struct corc_buffer *buffer);

#define CORC_BUFFER __attribute__((cleanup(corc_buffer_done)))

#endif
