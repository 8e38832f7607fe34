/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `corc plan`: what will be done, each line with the value of the configuration behind it. Layer:
 * plan; the parent process only.
 */
#include "plan/plan_print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/builder.h"
#include "plan/namespaces.h"

#define WIDTH_MAX 72 /* of a description before the origins stop to be aligned */
#define ORIGIN_MAX 256

struct printer {
	struct corc_arena arena;
	const struct corc_json_document *document; /* NULL: no origins */
	const struct corc_plan *plan;
	struct corc_plan_lines parent, ops;
	bool failed;
};

static struct corc_origin origin_of(
	const struct printer *printer, const struct corc_op_source *source)
{
	struct corc_origin origin = {0};

	if (printer->document && printer->document->node_count > 0)
		corc_json_origin(printer->document,
			corc_json_find(printer->document, source->node, source->key, source->index),
			&origin);
	return origin;
}

static void CORC_PRINTF(4, 5) add(struct printer *printer, enum corc_step step,
	struct corc_op_source source, const char *format, ...)
{
	struct corc_plan_line *line = &printer->parent.items[printer->parent.count];
	va_list arguments;

	va_start(arguments, format);
	line->text = corc_arena_vprintf(&printer->arena, format, arguments);
	va_end(arguments);
	line->step = step;
	line->origin = origin_of(printer, &source);
	printer->failed |= !line->text;
	printer->parent.count += line->text != NULL;
}

static void add_mappings(
	struct printer *printer, const char *kind, const struct corc_spec_id_mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const struct corc_spec_id_mapping *mapping = &mappings->items[i];

		add(printer, CORC_STEP_NAMESPACES, corc_source(mapping->node, NULL),
			"map %u %ss from %u to %u of the host", mapping->size, kind,
			mapping->container_id, mapping->host_id);
	}
}

static void add_namespaces(struct printer *printer, const struct corc_spec *spec)
{
	const struct corc_plan *plan = printer->plan;
	struct corc_buffer CORC_BUFFER names = {0};

	if (plan->spawn_flags) {
		corc_namespaces_put(plan->spawn_flags, &names);
		add(printer, CORC_STEP_SPAWN, corc_source(spec->linux_.node, "namespaces"),
			"new namespaces: %s", names.failed ? "" : names.data);
	}
	if (!plan->maps_ids)
		return;
	add_mappings(printer, "uid", &spec->linux_.uid_mappings);
	add_mappings(printer, "gid", &spec->linux_.gid_mappings);
	if (plan->helps_uid_map || plan->helps_gid_map)
		add(printer, CORC_STEP_NAMESPACES, corc_source(spec->linux_.node, "uidMappings"),
			"mapped by %s%s%s", plan->helps_uid_map ? "newuidmap" : "",
			plan->helps_uid_map && plan->helps_gid_map ? " and " : "",
			plan->helps_gid_map ? "newgidmap" : "");
	if (plan->deny_setgroups)
		add(printer, CORC_STEP_NAMESPACES, corc_source(spec->linux_.node, "gidMappings"),
			"deny setgroups");
}

/* The lines of a map, "FROM TO COUNT", as one. */
static void put_map(const char *kind, const char *map, struct corc_buffer *text)
{
	corc_buffer_puts(text, kind);
	for (size_t length; *map; map += length + (map[length] == '\n')) {
		length = strcspn(map, "\n");
		corc_buffer_printf(text, " (%.*s)", (int)length, map);
	}
}

static void add_idmaps(struct printer *printer)
{
	const struct corc_plan *plan = printer->plan;

	for (size_t i = 0; i < plan->bind_count; i++) {
		const struct corc_plan_bind *bind = &plan->binds[i];
		struct corc_buffer CORC_BUFFER text = {0};

		if (!bind->idmap.uid_map)
			continue;
		put_map("uids", bind->idmap.uid_map, &text);
		put_map(", gids", bind->idmap.gid_map, &text);
		add(printer, CORC_STEP_MOUNTS, bind->source, "map ids of %s%s: %s",
			bind->destination, bind->idmap.recursive ? " and all below" : "",
			text.failed ? "" : text.data);
	}
}

static void add_unit(struct printer *printer, const struct corc_cgroup_plan *cgroup,
	struct corc_op_source source)
{
	const struct corc_systemd_unit *unit = cgroup->unit;

	add(printer, CORC_STEP_CGROUP, source, "unit %s of the %s's systemd", unit->name,
		unit->is_user ? "user" : "system");
	for (size_t i = 0; i < unit->property_count; i++) {
		const struct corc_systemd_property *property = &unit->properties[i];
		struct corc_buffer CORC_BUFFER text = {0};

		corc_bus_value_print(&property->value, &text);
		printer->failed |= text.failed;
		add(printer, CORC_STEP_CGROUP, corc_source(property->node, property->key),
			"unit %s = %s", property->name, text.data ? text.data : "");
	}
	if (cgroup->processes)
		add(printer, CORC_STEP_CGROUP, source, "processes in %s/%s", unit->name,
			cgroup->processes);
}

static void add_cgroup(struct printer *printer, const struct corc_spec *spec)
{
	const struct corc_cgroup_plan *cgroup = printer->plan->cgroup;

	if (!cgroup)
		return;
	if (cgroup->unit)
		add_unit(printer, cgroup, corc_source(spec->linux_.node, "cgroupsPath"));
	for (size_t i = 0; i < cgroup->directory_count; i++)
		add(printer, CORC_STEP_CGROUP, corc_source(spec->linux_.node, "cgroupsPath"),
			"cgroup %s", cgroup->directories[i].directory);
	for (size_t i = 0; i < cgroup->setting_count; i++) {
		const struct corc_cgroup_setting *setting = &cgroup->settings[i];

		add(printer, CORC_STEP_CGROUP, corc_source(setting->node, setting->key), "%s = %s",
			setting->file, setting->value);
	}
	if (cgroup->device_program_count)
		add(printer, CORC_STEP_CGROUP, corc_source(spec->linux_.resources.node, "devices"),
			"device filter of %zu instructions", cgroup->device_program_count);
}

static void add_ops(struct printer *printer)
{
	const struct corc_plan *plan = printer->plan;

	for (uint32_t i = 0; i < plan->wire->op_count; i++) {
		const struct corc_op *op = &corc_plan_ops(plan->wire)[i];
		struct corc_plan_line *line = &printer->ops.items[i];
		struct corc_buffer CORC_BUFFER text = {0};

		corc_op_describe(plan->wire, op, &text);
		line->step = corc_op_step(op->kind);
		line->text = text.failed ? NULL
					 : corc_arena_strdup(
						   &printer->arena, text.data ? text.data : "");
		line->origin = origin_of(printer, &plan->sources[i]);
		printer->failed |= !line->text;
	}
	printer->ops.count = plan->wire->op_count;
}

/* Characters, for aligning; the bytes that continue one do not count. */
static size_t width(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static void fit(const struct corc_plan_lines *lines, size_t *max)
{
	for (size_t i = 0; i < lines->count; i++) {
		size_t found = width(lines->items[i].text);

		if (found > *max && found <= WIDTH_MAX)
			*max = found;
	}
}

static void put_line(struct corc_buffer *buffer, const char *number,
	const struct corc_plan_line *line, size_t text_width)
{
	size_t found = width(line->text);

	corc_buffer_printf(
		buffer, "%5s  %-10s  %s", number, corc_step_name(line->step), line->text);
	if (line->origin.line) {
		corc_buffer_printf(buffer, "%*s  %s:%u:%u",
			(int)(found < text_width ? text_width - found : 0), "", line->origin.file,
			line->origin.line, line->origin.column);
		if (line->origin.path[0])
			corc_buffer_printf(buffer, " %s", line->origin.path);
	}
	corc_buffer_puts(buffer, "\n");
}

static void put_warnings(
	struct corc_buffer *buffer, const char *title, const struct corc_string_array *warnings)
{
	for (size_t i = 0; i < warnings->count; i++)
		corc_buffer_printf(buffer, "%s%s\n", title, warnings->items[i]);
}

static void print_text(const struct printer *printer, struct corc_buffer *buffer)
{
	const struct corc_plan *plan = printer->plan;
	size_t text_width = 0;

	fit(&printer->parent, &text_width);
	fit(&printer->ops, &text_width);
	for (size_t i = 0; i < printer->parent.count; i++)
		put_line(buffer, "-", &printer->parent.items[i], text_width);
	for (size_t i = 0; i < printer->ops.count; i++) {
		char number[24];

		(void)snprintf(number, sizeof(number), "%zu", i + 1);
		put_line(buffer, number, &printer->ops.items[i], text_width);
	}
	put_warnings(buffer, "warning: ", &plan->warnings);
	if (plan->cgroup)
		put_warnings(buffer, "warning: ", &plan->cgroup->warnings);
}

static int allocate(struct printer *printer, const struct corc_spec *spec)
{
	const struct corc_cgroup_plan *cgroup = printer->plan->cgroup;
	size_t parent = 4 + printer->plan->bind_count;

	if (spec)
		parent += spec->linux_.uid_mappings.count + spec->linux_.gid_mappings.count;
	if (cgroup)
		parent += cgroup->directory_count + cgroup->setting_count +
			  (cgroup->unit ? cgroup->unit->property_count + 2 : 0);
	printer->parent.items =
		corc_arena_array(&printer->arena, parent, sizeof(*printer->parent.items));
	printer->ops.items = corc_arena_array(
		&printer->arena, printer->plan->wire->op_count, sizeof(*printer->ops.items));
	return printer->parent.items && printer->ops.items ? 0 : -ENOMEM;
}

static void printer_done(struct printer *printer)
{
	corc_arena_done(&printer->arena);
}

int corc_plan_print(const struct corc_spec *spec, const struct corc_plan *plan, bool json,
	struct corc_buffer *buffer, struct corc_error *error)
{
	struct printer __attribute__((cleanup(printer_done))) printer = {
		.document = spec ? &spec->document : NULL,
		.plan = plan,
	};

	if (allocate(&printer, spec) < 0)
		return corc_fail_errno(error, ENOMEM, "print the plan");
	if (spec) {
		add_namespaces(&printer, spec);
		add_cgroup(&printer, spec);
		add_idmaps(&printer);
	}
	add_ops(&printer);
	if (!printer.failed && json)
		corc_plan_print_json(plan, &printer.parent, &printer.ops, buffer);
	else if (!printer.failed)
		print_text(&printer, buffer);
	if (printer.failed || buffer->failed)
		return corc_fail_errno(error, ENOMEM, "print the plan");
	return 0;
}
