/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings and warnings of a cgroup plan. Layer: plan; the parent process only; pure.
 */
#include "plan/cgroup_builder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

bool corc_cgroup_lists(const char *controllers, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = controllers; *at != '\0';) {
		size_t item = strcspn(at, ",");

		if (item == length && memcmp(at, name, length) == 0)
			return true;
		at += item;
		at += *at == ',';
	}
	return false;
}

size_t corc_cgroup_plan_directory(const struct corc_cgroup_plan *plan, const char *controller)
{
	size_t found = plan->directory_count;

	for (size_t i = 0; i < plan->directory_count; i++) {
		const struct corc_cgroup_directory *directory = &plan->directories[i];

		if (directory->version == 2)
			found = i;
		else if (corc_cgroup_lists(directory->controllers, controller))
			return i;
	}
	return found;
}

int corc_cgroup_version_of(
	struct corc_cgroup_builder *builder, struct corc_cgroup_value value, const char *controller)
{
	const struct corc_cgroup_plan *plan = builder->plan;
	size_t index = corc_cgroup_plan_directory(plan, controller);

	if (index < plan->directory_count)
		return plan->directories[index].version;
	return corc_spec_fail(builder->spec, value.node, value.key, UINT32_MAX, builder->error,
		plan->directory_count == 0
			? "needs the cgroup controller \"%s\", but no cgroups are mounted"
			: "needs the cgroup controller \"%s\", which is not mounted",
		controller);
}

int corc_cgroup_add(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *controller, const char *file, const char *text)
{
	struct corc_cgroup_plan *plan = builder->plan;

	if (!text)
		return corc_fail(builder->error, ENOMEM, "out of memory");
	if (plan->setting_count == builder->setting_capacity) {
		size_t capacity = builder->setting_capacity * 2 + 16;
		struct corc_cgroup_setting *larger =
			corc_arena_array(builder->arena, capacity, sizeof(*larger));

		if (!larger)
			return corc_fail(builder->error, ENOMEM, "out of memory");
		if (plan->setting_count > 0)
			memcpy(larger, plan->settings, plan->setting_count * sizeof(*larger));
		plan->settings = larger;
		builder->setting_capacity = capacity;
	}
	plan->settings[plan->setting_count++] = (struct corc_cgroup_setting){
		.node = value.node,
		.key = value.key,
		.controller = controller,
		.file = file,
		.value = text,
	};
	return 0;
}

int corc_cgroup_add_number(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *controller, const char *file, int64_t number)
{
	return corc_cgroup_add(builder, value, controller, file,
		corc_arena_printf(builder->arena, "%" PRId64, number));
}

void corc_cgroup_mark_optional(struct corc_cgroup_builder *builder)
{
	builder->plan->settings[builder->plan->setting_count - 1].optional = true;
}

int corc_cgroup_set_fallback(
	struct corc_cgroup_builder *builder, const char *file, const char *text)
{
	struct corc_cgroup_setting *last =
		&builder->plan->settings[builder->plan->setting_count - 1];

	if (!text)
		return corc_fail(builder->error, ENOMEM, "out of memory");
	last->fallback_file = file;
	last->fallback_value = text;
	return 0;
}

static int append_warning(struct corc_cgroup_builder *builder, const char *text)
{
	struct corc_string_array *warnings = &builder->plan->warnings;

	if (!text)
		return corc_fail(builder->error, ENOMEM, "out of memory");
	/* One place is for the NULL at the end. */
	if (warnings->count + 1 >= builder->warning_capacity) {
		size_t capacity = builder->warning_capacity * 2 + 8;
		const char **larger = corc_arena_array(builder->arena, capacity, sizeof(*larger));

		if (!larger)
			return corc_fail(builder->error, ENOMEM, "out of memory");
		for (size_t i = 0; i < warnings->count; i++)
			larger[i] = warnings->items[i];
		warnings->items = larger;
		builder->warning_capacity = capacity;
	}
	warnings->items[warnings->count++] = text;
	return 0;
}

int corc_cgroup_warn(
	struct corc_cgroup_builder *builder, struct corc_cgroup_value value, const char *text)
{
	const struct corc_json_document *document = &builder->spec->document;
	uint32_t node = corc_json_find(document, value.node, value.key, UINT32_MAX);

	return append_warning(builder, corc_json_remark(builder->arena, document, node, text));
}
