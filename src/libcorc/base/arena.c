/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arena: blocks from malloc, cut from the front. Layer: base; the parent process only.
 */
#include "base/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)32 * 1024)
/* A request of this size gets a block of its own, so that the rest of the current one is not lost.
 */
#define LARGE_SIZE (BLOCK_SIZE / 4)
/* Of arrays that grow. */
#define FIRST_CAPACITY 8

struct corc_arena_block {
	struct corc_arena_block *next;
	alignas(max_align_t) char data[];
};

static struct corc_arena_block *block_new(struct corc_arena *arena, size_t size)
{
	struct corc_arena_block *block = NULL;

	if (size <= PTRDIFF_MAX - sizeof(*block))
		block = malloc(sizeof(*block) + size);
	if (!block) {
		errno = ENOMEM;
		return NULL;
	}
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void corc_arena_init(struct corc_arena *arena, void *space, size_t size)
{
	arena->blocks = NULL;
	arena->next = space;
	arena->left = size;
}

/* Memory as it is: the caller fills or clears it. */
static void *take(struct corc_arena *arena, size_t size, size_t alignment)
{
	size_t padding = -(uintptr_t)arena->next & (alignment - 1);
	struct corc_arena_block *block;
	char *taken;

	if (size == 0)
		size = 1;
	if (padding > arena->left || size > arena->left - padding) {
		block = block_new(arena, size >= LARGE_SIZE ? size : BLOCK_SIZE);
		if (!block)
			return NULL;
		if (size >= LARGE_SIZE)
			return block->data;
		arena->next = block->data;
		arena->left = BLOCK_SIZE;
		padding = 0;
	}
	taken = arena->next + padding;
	arena->next = taken + size;
	arena->left -= padding + size;
	return taken;
}

void *corc_arena_alloc(struct corc_arena *arena, size_t size)
{
	void *memory = take(arena, size, alignof(max_align_t));

	if (memory)
		memset(memory, 0, size);
	return memory;
}

void *corc_arena_array(struct corc_arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return corc_arena_alloc(arena, bytes);
}

static inline void copy_ends(char *to, const char *from, size_t length, size_t half)
{
	memcpy(to, from, half);
	memcpy(to + length - half, from + length - half, half);
}

/* Most strings are shorter than what a call of memcpy costs with musl. The halves may overlap. */
static void copy_text(char *to, const char *from, size_t length)
{
	if (length > 32)
		memcpy(to, from, length);
	else if (length >= 16)
		copy_ends(to, from, length, 16);
	else if (length >= 8)
		copy_ends(to, from, length, 8);
	else if (length >= 4)
		copy_ends(to, from, length, 4);
	else if (length >= 2)
		copy_ends(to, from, length, 2);
	else if (length == 1)
		*to = *from;
}

char *corc_arena_text(struct corc_arena *arena, const char *text, size_t length)
{
	char *copy = take(arena, length + 1, 1);

	if (!copy)
		return NULL;
	copy_text(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *corc_arena_strndup(struct corc_arena *arena, const char *text, size_t length)
{
	return corc_arena_text(arena, text, strnlen(text, length));
}

char *corc_arena_strdup(struct corc_arena *arena, const char *text)
{
	return corc_arena_text(arena, text, strlen(text));
}

char *corc_arena_vprintf(struct corc_arena *arena, const char *format, va_list arguments)
{
	va_list again;
	char *text = NULL;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	if (length >= 0)
		text = take(arena, (size_t)length + 1, 1);
	if (text)
		(void)vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

char *corc_arena_printf(struct corc_arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = corc_arena_vprintf(arena, format, arguments);
	va_end(arguments);
	return text;
}

void *corc_arena_memdup(struct corc_arena *arena, const void *data, size_t size)
{
	void *copy = take(arena, size, alignof(max_align_t));

	if (copy && size > 0)
		memcpy(copy, data, size);
	return copy;
}

void *corc_arena_grow(
	struct corc_arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
	size_t larger = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
	void *copy;

	if (count < *capacity)
		return items;
	copy = corc_arena_array(arena, larger, size);
	if (!copy)
		return NULL;
	if (count > 0)
		memcpy(copy, items, count * size);
	*capacity = larger;
	return copy;
}

void corc_arena_done(struct corc_arena *arena)
{
	struct corc_arena_block *block = arena->blocks;
	int saved = errno;

	while (block) {
		struct corc_arena_block *next = block->next;

		free(block);
		block = next;
	}
	*arena = (struct corc_arena){0};
	errno = saved;
}
