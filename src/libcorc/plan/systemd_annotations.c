/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The annotations org.systemd.property.NAME → properties of the unit. Layer: plan; the parent
 * process only; pure.
 */
#include <errno.h>
#include <string.h>

#include "plan/cgroup_builder.h"
#include "plan/systemd_unit.h"

#define START "org.systemd.property."
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME_MIN 3
#define SECOND 1000000 /* microseconds */

static int refuse(struct corc_cgroup_builder *builder, const char *annotation, const char *problem)
{
	const struct corc_json_document *document = &builder->spec->document;
	uint32_t node = corc_json_find(document, builder->spec->node, "annotations", UINT32_MAX);

	return corc_spec_fail(
		builder->spec, node, annotation, UINT32_MAX, builder->error, "%s", problem);
}

/* Seconds → microseconds; of any type of number. */
static int to_microseconds(struct corc_bus_value *value)
{
	char type = value->signature[0];
	uint64_t number = value->number;
	bool is_negative = strchr("nix", type) && (int64_t)number < 0;
	bool fits;

	if (!strchr("dynqiuxt", type))
		return -EINVAL;
	if (type == 'd') {
		fits = value->real >= 0 && value->real < (double)UINT64_MAX / SECOND;
		number = fits ? (uint64_t)(value->real * SECOND) : 0;
	} else {
		fits = !is_negative && !__builtin_mul_overflow(number, (uint64_t)SECOND, &number);
	}
	if (!fits)
		return -ERANGE;
	*value = (struct corc_bus_value){.signature = "t", .number = number};
	return 0;
}

/* "TimeoutStopSec" → "TimeoutStopUSec", which is what the bus knows. */
static int convert_seconds(struct corc_cgroup_builder *builder, const char *annotation,
	struct corc_systemd_property *property)
{
	size_t length = strlen(property->name);

	if (length <= 3 || strcmp(property->name + length - 3, "Sec") != 0 ||
		(length > 4 && property->name[length - 4] == 'U'))
		return 0;
	if (to_microseconds(&property->value) < 0)
		return refuse(builder, annotation, "a number of seconds is expected");
	property->name =
		corc_arena_printf(builder->arena, "%.*sUSec", (int)(length - 3), property->name);
	return property->name ? 0 : corc_fail(builder->error, ENOMEM, "out of memory");
}

static int add_one(struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit,
	const char *annotation, const char *text)
{
	struct corc_systemd_property property = {
		.node = corc_json_find(
			&builder->spec->document, builder->spec->node, "annotations", UINT32_MAX),
		.key = annotation,
		.name = annotation + sizeof(START) - 1,
	};
	size_t length = strlen(property.name);
	const char *problem = "";
	int r;

	if (length < NAME_MIN || strspn(property.name, LETTERS) != length)
		return refuse(builder, annotation,
			"the name of a property of systemd has at least three letters and nothing else");
	r = corc_bus_value_parse(builder->arena, text, &property.value, &problem);
	if (r == -EINVAL)
		return refuse(builder, annotation,
			corc_arena_printf(builder->arena, "\"%.200s\": %s", text, problem));
	if (r < 0)
		return corc_fail(builder->error, -r, "out of memory");
	r = convert_seconds(builder, annotation, &property);
	return r < 0 ? r : corc_systemd_add(builder, unit, &property);
}

int corc_systemd_add_annotations(
	struct corc_cgroup_builder *builder, struct corc_systemd_unit *unit)
{
	const struct corc_string_map *map = &builder->spec->annotations;
	int r = 0;

	for (size_t i = 0; r == 0 && i < map->count; i++)
		if (strncmp(map->keys[i], START, sizeof(START) - 1) == 0)
			r = add_one(builder, unit, map->keys[i], map->values[i]);
	return r;
}
