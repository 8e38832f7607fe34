/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `corc plan --json`: every op with its members, as the stage gets them. Layer: plan; the parent
 * process only.
 */
#include <string.h>

#include "base/json_writer.h"
#include "plan/plan_check.h"
#include "plan/plan_print.h"

#define INDENT 4

static void put_origin(struct corc_json_writer *writer, const struct corc_origin *origin)
{
	if (!origin->line)
		return;
	corc_json_begin_object(writer, "origin");
	corc_json_string(writer, "file", origin->file);
	corc_json_u64(writer, "line", origin->line);
	corc_json_u64(writer, "column", origin->column);
	corc_json_string(writer, "path", origin->path);
	corc_json_end_object(writer);
}

static void put_line(struct corc_json_writer *writer, const struct corc_plan_line *line)
{
	corc_json_string(writer, "step", corc_step_name(line->step));
	corc_json_string(writer, "description", line->text);
}

static void put_list(
	struct corc_json_writer *writer, const char *name, const char *at, const char *end)
{
	corc_json_begin_array(writer, name);
	for (; at < end; at += strlen(at) + 1)
		corc_json_string(writer, NULL, at);
	corc_json_end_array(writer);
}

static void put_numbers(
	struct corc_json_writer *writer, const char *name, const char *at, const char *end)
{
	corc_json_begin_array(writer, name);
	for (; at < end; at += sizeof(uint32_t)) {
		uint32_t number;

		memcpy(&number, at, sizeof(number));
		corc_json_u64(writer, NULL, number);
	}
	corc_json_end_array(writer);
}

static void put_member(struct corc_json_writer *writer, const struct corc_plan_header *plan,
	const struct corc_op *op, const struct corc_op_member *member)
{
	const char *at = (const char *)op + member->offset;
	const char *data;
	struct corc_ref ref;
	uint32_t small;
	uint64_t large;

	memcpy(&small, at, sizeof(small));
	memcpy(&large, at, sizeof(large));
	memcpy(&ref, at, sizeof(ref));
	switch ((enum corc_member_type)member->type) {
	case CORC_MEMBER_U32:
	case CORC_MEMBER_SLOT:
		corc_json_u64(writer, member->name, small);
		return;
	case CORC_MEMBER_U64:
		corc_json_u64(writer, member->name, large);
		return;
	case CORC_MEMBER_END:
		return;
	case CORC_MEMBER_STRING:
	case CORC_MEMBER_LIST:
	case CORC_MEMBER_COUNTED_LIST:
	case CORC_MEMBER_NUMBERS:
	case CORC_MEMBER_FILTER:
		break;
	}
	data = corc_plan_data(plan, ref);
	if (member->type == CORC_MEMBER_STRING)
		corc_json_string(writer, member->name, data);
	else if (member->type == CORC_MEMBER_NUMBERS)
		put_numbers(writer, member->name, data, data + ref.length);
	else if (member->type == CORC_MEMBER_FILTER)
		corc_json_u64(writer, "instructions", ref.length / CORC_FILTER_INSTRUCTION);
	else
		put_list(writer, member->name, data, data + ref.length);
}

/* What the parent does for an ATTACH. */
static void put_bind(struct corc_json_writer *writer, const struct corc_plan_bind *bind)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"attr_set", bind->attr_set},
		{"attr_clear", bind->attr_clear},
		{"recursive_attr_set", bind->recursive_attr_set},
		{"recursive_attr_clear", bind->recursive_attr_clear},
		{"tree_propagation", bind->tree_propagation},
		{"propagation", bind->propagation},
	};

	corc_json_begin_object(writer, "bind");
	corc_json_string(writer, "path", bind->path);
	corc_json_bool(writer, "recursive", bind->recursive);
	if (bind->nofollow)
		corc_json_bool(writer, "nofollow", true);
	if (bind->keeps_locked)
		corc_json_bool(writer, "keeps_locked", true);
	if (bind->is_device) {
		corc_json_u64(writer, "mode", bind->mode);
		corc_json_u64(writer, "major", bind->major);
		corc_json_u64(writer, "minor", bind->minor);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		corc_json_u64(writer, numbers[i].name, numbers[i].value);
	if (bind->propagation)
		corc_json_bool(writer, "propagation_recursive", bind->propagation_recursive);
	if (bind->must_be_proc)
		corc_json_bool(writer, "must_be_proc", true);
	corc_json_end_object(writer);
}

static void put_ops(struct corc_json_writer *writer, const struct corc_plan *plan,
	const struct corc_plan_lines *lines)
{
	size_t binds = 0;

	corc_json_begin_array(writer, "ops");
	for (size_t i = 0; i < lines->count; i++) {
		const struct corc_op *op = &corc_plan_ops(plan->wire)[i];

		corc_json_begin_object(writer, NULL);
		corc_json_string(writer, "op", corc_op_name(op->kind));
		put_line(writer, &lines->items[i]);
		for (const struct corc_op_member *member = corc_op_members(op->kind);
			member->type != CORC_MEMBER_END; member++)
			put_member(writer, plan->wire, op, member);
		if ((op->kind == CORC_OP_ATTACH ||
			    (op->kind == CORC_OP_ROOTFS && op->rootfs.is_sent)) &&
			binds < plan->bind_count)
			put_bind(writer, &plan->binds[binds++]);
		put_origin(writer, &lines->items[i].origin);
		corc_json_end_object(writer);
	}
	corc_json_end_array(writer);
}

static void put_warnings(struct corc_json_writer *writer, const struct corc_string_array *warnings)
{
	for (size_t i = 0; i < warnings->count; i++)
		corc_json_string(writer, NULL, warnings->items[i]);
}

void corc_plan_print_json(const struct corc_plan *plan, const struct corc_plan_lines *parent,
	const struct corc_plan_lines *ops, struct corc_buffer *buffer)
{
	struct corc_json_writer writer = {.buffer = buffer, .indent = INDENT};

	corc_json_begin_object(&writer, NULL);
	corc_json_begin_array(&writer, "parent");
	for (size_t i = 0; i < parent->count; i++) {
		corc_json_begin_object(&writer, NULL);
		put_line(&writer, &parent->items[i]);
		put_origin(&writer, &parent->items[i].origin);
		corc_json_end_object(&writer);
	}
	corc_json_end_array(&writer);
	put_ops(&writer, plan, ops);
	corc_json_begin_array(&writer, "warnings");
	put_warnings(&writer, &plan->warnings);
	if (plan->cgroup)
		put_warnings(&writer, &plan->cgroup->warnings);
	corc_json_end_array(&writer);
	corc_json_end_object(&writer);
	corc_buffer_puts(buffer, "\n");
}
