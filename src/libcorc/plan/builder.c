/* SPDX-License-Identifier: Apache-2.0 */
/* Ops and data, growing. Layer: plan; the parent process only. */
#include "plan/builder.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Of data, for each op that is expected. */
#define FIRST_DATA 42
#define FIRST_ITEMS 8
#define ALIGNMENT 8
#define WARNING_MAX 512

/* Room for `more` items behind the `used` ones; NULL: none, and the builder has failed. */
static void *grow(struct corc_builder *builder, void *items, size_t used, size_t more, size_t size,
	size_t *capacity)
{
	size_t wanted = *capacity ? *capacity : FIRST_ITEMS;
	void *larger;

	if (used + more <= *capacity)
		return items;
	while (wanted < used + more)
		wanted *= 2;
	larger = corc_arena_array(builder->arena, wanted, size);
	if (!larger) {
		builder->code = ENOMEM;
		return NULL;
	}
	if (used)
		memcpy(larger, items, used * size);
	*capacity = wanted;
	return larger;
}

void corc_builder_init(struct corc_builder *builder, struct corc_arena *arena, size_t ops)
{
	memset(builder, 0, sizeof(*builder));
	builder->arena = arena;
	builder->ops = grow(builder, NULL, 0, ops, sizeof(*builder->ops), &builder->op_capacity);
	builder->sources =
		grow(builder, NULL, 0, ops, sizeof(*builder->sources), &builder->source_capacity);
	builder->data = grow(builder, NULL, 0, ops * FIRST_DATA, 1, &builder->data_capacity);
	/* The NUL that all empty references share. */
	builder->data_length = 1;
}

struct corc_op *corc_builder_op(
	struct corc_builder *builder, enum corc_op_kind kind, struct corc_op_source source)
{
	void *ops, *sources;
	struct corc_op *op = &builder->spare_op;

	if (builder->op_count == CORC_PLAN_OPS_MAX)
		builder->code = E2BIG;
	if (builder->code)
		return op;
	ops = grow(builder, builder->ops, builder->op_count, 1, sizeof(*builder->ops),
		&builder->op_capacity);
	sources = grow(builder, builder->sources, builder->op_count, 1, sizeof(*builder->sources),
		&builder->source_capacity);
	if (!ops || !sources)
		return op;
	builder->ops = ops;
	builder->sources = sources;
	builder->sources[builder->op_count] = source;
	op = &builder->ops[builder->op_count++];
	op->kind = kind;
	return op;
}

struct corc_plan_bind *corc_builder_bind(struct corc_builder *builder, struct corc_op_source source)
{
	void *binds;
	struct corc_plan_bind *bind = &builder->spare_bind;

	if (builder->code)
		return bind;
	binds = grow(builder, builder->binds, builder->bind_count, 1, sizeof(*builder->binds),
		&builder->bind_capacity);
	if (!binds)
		return bind;
	builder->binds = binds;
	bind = &builder->binds[builder->bind_count++];
	bind->source = source;
	return bind;
}

/* `size` zeroed bytes of data at a multiple of `alignment`; NULL: the builder has failed. */
static char *reserve(
	struct corc_builder *builder, size_t size, size_t alignment, struct corc_ref *ret_ref)
{
	size_t offset = (builder->data_length + alignment - 1) / alignment * alignment;
	void *data;

	if (size > CORC_PLAN_MAX || offset + size > CORC_PLAN_MAX)
		builder->code = E2BIG;
	if (builder->code)
		return NULL;
	data = grow(builder, builder->data, builder->data_length,
		offset + size - builder->data_length, 1, &builder->data_capacity);
	if (!data)
		return NULL;
	builder->data = data;
	builder->data_length = offset + size;
	ret_ref->offset = (uint32_t)offset;
	ret_ref->length = (uint32_t)size;
	return builder->data + offset;
}

struct corc_ref corc_builder_string(struct corc_builder *builder, const char *text)
{
	struct corc_ref ref = {0};
	size_t length = text ? strlen(text) : 0;
	char *to;

	if (length == 0)
		return ref;
	to = reserve(builder, length + 1, 1, &ref);
	if (!to)
		return (struct corc_ref){0};
	memcpy(to, text, length + 1);
	ref.length--;
	return ref;
}

struct corc_ref corc_builder_list(
	struct corc_builder *builder, const char *const *items, size_t count)
{
	struct corc_ref ref = {0};
	size_t size = 0;
	char *to;

	for (size_t i = 0; i < count; i++)
		size += strlen(items[i]) + 1;
	if (size == 0)
		return ref;
	to = reserve(builder, size, 1, &ref);
	if (!to)
		return (struct corc_ref){0};
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(items[i]) + 1;

		memcpy(to, items[i], length);
		to += length;
	}
	return ref;
}

struct corc_ref corc_builder_array(struct corc_builder *builder, const void *items, size_t size)
{
	struct corc_ref ref = {0};
	char *to;

	if (size == 0)
		return ref;
	to = reserve(builder, size, ALIGNMENT, &ref);
	if (!to)
		return (struct corc_ref){0};
	memcpy(to, items, size);
	return ref;
}

void corc_builder_warn(struct corc_builder *builder, const char *format, ...)
{
	struct corc_string_array *warnings = &builder->warnings;
	char message[WARNING_MAX];
	va_list arguments;
	void *items;
	char *copy;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	/* One more: the array ends with NULL. */
	items = grow(builder, warnings->items, warnings->count, 2, sizeof(*warnings->items),
		&builder->warning_capacity);
	copy = corc_arena_strdup(builder->arena, message);
	if (!items || !copy) {
		builder->code = ENOMEM;
		return;
	}
	warnings->items = items;
	warnings->items[warnings->count++] = copy;
	warnings->items[warnings->count] = NULL;
}

int corc_builder_finish(struct corc_builder *builder, enum corc_plan_mode mode,
	uint32_t preserve_fds, struct corc_plan *plan, struct corc_error *error)
{
	size_t ops_size = builder->op_count * sizeof(struct corc_op);
	size_t data_offset = sizeof(struct corc_plan_header) + ops_size;
	struct corc_plan_header *header;

	if (builder->code == 0 && data_offset + builder->data_length > CORC_PLAN_MAX)
		builder->code = E2BIG;
	if (builder->code == E2BIG)
		return corc_fail(error, E2BIG, "the configuration is too large for a plan");
	if (builder->code)
		return corc_fail_errno(error, builder->code, "compile the plan");
	header = corc_arena_alloc(builder->arena, data_offset + builder->data_length);
	if (!header)
		return corc_fail_errno(error, ENOMEM, "compile the plan");
	*header = (struct corc_plan_header){
		.magic = CORC_PLAN_MAGIC,
		.size = (uint32_t)(data_offset + builder->data_length),
		.op_count = (uint32_t)builder->op_count,
		.data_offset = (uint32_t)data_offset,
		.mode = mode,
		.preserve_fds = preserve_fds,
		.fingerprint = CORC_PLAN_FINGERPRINT,
	};
	memcpy(header + 1, builder->ops, ops_size);
	memcpy((char *)header + data_offset, builder->data, builder->data_length);
	plan->wire = header;
	plan->sources = builder->sources;
	plan->binds = builder->binds;
	plan->bind_count = builder->bind_count;
	plan->warnings = builder->warnings;
	return 0;
}
