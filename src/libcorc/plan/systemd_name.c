/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of units and slices. Layer: plan; the parent process only; pure.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "plan/cgroup_builder.h"
#include "plan/systemd_unit.h"

#define SLICE ".slice"
#define SCOPE ".scope"
#define UNIT_NAME_MAX 255
#define DEFAULT_PREFIX "corc"
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@"

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);
	size_t end_length = strlen(end);

	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static bool is_unit_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= UNIT_NAME_MAX && strspn(name, NAME_CHARACTERS) == length;
}

/* Each part between dashes is a slice within the one before it. */
const char *corc_systemd_expand_slice(struct corc_arena *arena, const char *slice)
{
	size_t length = strlen(slice);
	char *path;

	if (strcmp(slice, "-" SLICE) == 0)
		return "";
	if (!ends_with(slice, SLICE) || !is_unit_name(slice) || slice[0] == '-' ||
		slice[length - sizeof(SLICE)] == '-' || strstr(slice, "--"))
		return NULL;
	path = corc_arena_strdup(arena, "");
	for (const char *dash = strchr(slice, '-'); path && dash; dash = strchr(dash + 1, '-'))
		path = corc_arena_printf(arena, "%s/%.*s" SLICE, path, (int)(dash - slice), slice);
	return path ? corc_arena_printf(arena, "%s/%s", path, slice) : NULL;
}

static int CORC_PRINTF(2, 3) refuse(struct corc_cgroup_builder *builder, const char *format, ...)
{
	va_list arguments;
	const char *text;

	va_start(arguments, format);
	text = corc_arena_vprintf(builder->arena, format, arguments);
	va_end(arguments);
	return corc_spec_fail(builder->spec, builder->spec->linux_.node, "cgroupsPath", UINT32_MAX,
		builder->error, "%s", text ? text : "out of memory");
}

static int refuse_format(struct corc_cgroup_builder *builder, const char *path)
{
	return refuse(builder,
		"expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"%s\" instead",
		path);
}

/* Three parts; a name with a colon of its own would be read in another way by others. */
static int split(struct corc_cgroup_builder *builder, const char *path, const char *parts[3])
{
	char *rest = corc_arena_strdup(builder->arena, path);

	if (!rest)
		return corc_fail(builder->error, ENOMEM, "out of memory");
	for (size_t i = 0; i < 3; i++) {
		const char *part = strsep(&rest, ":");

		parts[i] = part ? part : "";
		if ((i < 2) != (rest != NULL))
			return refuse_format(builder, path);
	}
	return 0;
}
static int check(
	struct corc_cgroup_builder *builder, const struct corc_systemd_unit *unit, const char *name)
{
	if (!corc_systemd_expand_slice(builder->arena, unit->slice))
		return refuse(builder, "\"%s\" is not the name of a slice of systemd", unit->slice);
	if (ends_with(name, SLICE))
		return refuse(builder,
			"\"%s\" is a slice; what systemd makes for a container is a scope", name);
	if (!is_unit_name(unit->name))
		return refuse(builder, "\"%s\" is not the name of a unit of systemd", unit->name);
	return 0;
}

int corc_systemd_name_unit(
	struct corc_cgroup_builder *builder, const char *id, struct corc_systemd_unit *unit)
{
	const char *path = builder->spec->linux_.cgroups_path;
	const char *parts[] = {"", DEFAULT_PREFIX, id};
	const char *prefix, *name;
	int r = path && path[0] != '\0' ? split(builder, path, parts) : 0;

	if (r < 0)
		return r;
	unit->slice = parts[0];
	prefix = parts[1];
	name = parts[2];
	if (unit->slice[0] == '\0')
		unit->slice = unit->is_user ? "user" SLICE : "system" SLICE;
	unit->name = corc_arena_printf(
		builder->arena, "%s%s%s" SCOPE, prefix, prefix[0] != '\0' ? "-" : "", name);
	if (!unit->name)
		return corc_fail(builder->error, ENOMEM, "out of memory");
	return name[0] == '\0' ? refuse(builder, "the unit in cgroupsPath \"%s\" has no name", path)
			       : check(builder, unit, name);
}
