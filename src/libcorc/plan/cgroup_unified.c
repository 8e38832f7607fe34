/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.unified → files of cgroup v2, as they are. Layer: plan; the parent process only;
 * pure.
 */
#include <errno.h>
#include <string.h>

#include "plan/cgroup_builder.h"

/* Files that act on processes or on the group itself: those are not resources. */
static const char *const refused[] = {
	"cgroup.freeze",
	"cgroup.kill",
	"cgroup.procs",
	"cgroup.threads",
	"cgroup.type",
};

static int check_key(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char **ret_controller)
{
	const char *dot = strchr(value.key, '.');
	const char *controller;
	int version;

	if (strchr(value.key, '/'))
		return corc_spec_fail(builder->spec, value.node, value.key, UINT32_MAX,
			builder->error, "unified resource \"%s\" must be a file name (no slashes)",
			value.key);
	if (!dot || dot == value.key)
		return corc_spec_fail(builder->spec, value.node, value.key, UINT32_MAX,
			builder->error,
			"unified resource \"%s\" must be in the form CONTROLLER.PARAMETER",
			value.key);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(value.key, refused[i]) == 0)
			return corc_spec_fail(builder->spec, value.node, value.key, UINT32_MAX,
				builder->error, "\"%s\" is not a resource", value.key);
	controller = corc_arena_strndup(builder->arena, value.key, (size_t)(dot - value.key));
	if (!controller)
		return corc_fail(builder->error, ENOMEM, "out of memory");
	version = corc_cgroup_version_of(builder, value, controller);
	if (version < 0)
		return version;
	if (version == 1)
		return corc_spec_fail(builder->spec, value.node, value.key, UINT32_MAX,
			builder->error,
			"unified is for cgroup v2, and the controller \"%s\" is mounted as cgroup v1",
			controller);
	*ret_controller = controller;
	return 0;
}

/* A file like io.max takes one device a line, and one line a write. */
static int add_lines(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *controller, const char *text)
{
	int r = 0;

	while (r == 0 && *text != '\0') {
		size_t length = strcspn(text, "\n");

		if (length > 0)
			r = corc_cgroup_add(builder, value, controller, value.key,
				corc_arena_strndup(builder->arena, text, length));
		text += length;
		text += *text == '\n';
	}
	return r;
}

int corc_cgroup_build_unified(
	struct corc_cgroup_builder *builder, const struct corc_spec_resources *resources)
{
	const struct corc_string_map *unified = &resources->unified;
	struct corc_cgroup_value value = {
		.node = corc_json_find(
			&builder->spec->document, resources->node, "unified", UINT32_MAX),
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < unified->count; i++) {
		const char *controller = NULL;

		value.key = unified->keys[i];
		r = check_key(builder, value, &controller);
		if (r == 0)
			r = add_lines(builder, value, controller, unified->values[i]);
	}
	return r;
}
