/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is given back all at once. Layer: base; the parent process only.
 * A typed specification and a plan live in one arena each, so nothing in them is freed singly.
 */
#ifndef CORC_BASE_ARENA_H
#define CORC_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"

struct corc_arena_block;

/* All zero is an empty arena. */
struct corc_arena {
	struct corc_arena_block *blocks;
	char *next;
	size_t left;
};

/*
 * An empty arena that takes from `space` first, which the caller owns and which outlives it: a
 * short-lived arena on the stack costs no memory mapping.
 */
void corc_arena_init(struct corc_arena *arena, void *space, size_t size);

/* Zeroed memory, aligned for every type. NULL when there is no memory (errno ENOMEM). */
void *corc_arena_alloc(struct corc_arena *arena, size_t size);

/* count * size bytes, NULL on overflow too. */
void *corc_arena_array(struct corc_arena *arena, size_t count, size_t size);

char *corc_arena_strdup(struct corc_arena *arena, const char *text);
/* `length` bytes, whatever they are, and a NUL. */
char *corc_arena_text(struct corc_arena *arena, const char *text, size_t length);
char *corc_arena_strndup(struct corc_arena *arena, const char *text, size_t length);
char *corc_arena_printf(struct corc_arena *arena, const char *format, ...) CORC_PRINTF(2, 3);
char *corc_arena_vprintf(struct corc_arena *arena, const char *format, va_list arguments)
	CORC_PRINTF(2, 0);
void *corc_arena_memdup(struct corc_arena *arena, const void *data, size_t size);

/*
 * The array `items` of *capacity items of `size` bytes each, or a larger, zeroed copy of it when
 * `count` items fill it: room for one more. The old one stays in the arena.
 */
void *corc_arena_grow(
	struct corc_arena *arena, void *items, size_t count, size_t *capacity, size_t size);

/* Gives everything back; the arena is empty and usable afterwards. Accepts an empty arena. */
void corc_arena_done(struct corc_arena *arena);

#endif
