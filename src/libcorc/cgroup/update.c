/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing limits as one step: all of them, or none. Layer: cgroup; the parent process only.
 */
#include "cgroup/update.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/directory.h"
#include "cgroup/setting.h"
#include "cgroup/v2.h"

#define CONTENT_MAX ((size_t)1024 * 1024)

/* What a setting has replaced. */
struct kept {
	size_t directory;
	const char *file;
	const char *value; /* NULL: it cannot be read, and so not be set back either */
};

/* The mount point above a directory. One that is not mounted any more is its own. */
static void find_mountpoint(const struct corc_cgroup_layout *layout,
	const struct corc_cgroup_ref_directory *item, struct corc_cgroup_directory *directory)
{
	directory->mountpoint = item->directory;
	directory->path = "";
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct corc_cgroup_hierarchy *hierarchy = &layout->hierarchies[i];
		size_t length = strlen(hierarchy->mountpoint);

		if (hierarchy->version != (int)item->version ||
			strcmp(hierarchy->controllers, item->controllers) != 0 ||
			strncmp(hierarchy->mountpoint, item->directory, length) != 0 ||
			item->directory[length] != '/')
			continue;
		directory->hierarchy = i;
		directory->mountpoint = hierarchy->mountpoint;
		directory->path = item->directory + length;
	}
}

int corc_cgroup_place(struct corc_arena *arena, const struct corc_cgroup_layout *layout,
	const struct corc_cgroup_ref *ref, struct corc_cgroup_plan *ret_place,
	struct corc_error *error)
{
	size_t count = ref->directories.count;
	struct corc_cgroup_directory *directories =
		corc_arena_array(arena, count, sizeof(*directories));
	size_t v2 = 0;

	if (!directories && count > 0)
		return corc_fail(error, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		const struct corc_cgroup_ref_directory *item = &ref->directories.items[i];

		directories[i] = (struct corc_cgroup_directory){
			.version = (int)item->version,
			.controllers = item->controllers,
			.directory = item->directory,
		};
		find_mountpoint(layout, item, &directories[i]);
		v2 += item->version == 2;
	}
	*ret_place = (struct corc_cgroup_plan){
		.mode = count == 0    ? CORC_CGROUP_NONE
			: v2 == count ? CORC_CGROUP_V2
			: v2 == 0     ? CORC_CGROUP_V1
				      : CORC_CGROUP_HYBRID,
		.directories = directories,
		.directory_count = count,
	};
	return 0;
}

/* In hybrid mode a group was given only the controllers that it needed. */
static void enable_controller(const struct corc_cgroup_target *target,
	const struct corc_cgroup_plan *plan, const char *name)
{
	const struct corc_cgroup_directory *directory = &plan->directories[target->index];

	if (directory->version == 2 && strcmp(name, "cgroup") != 0)
		corc_cgroup_v2_enable(target->fd, directory, name);
}

static int keep(struct corc_arena *arena, const struct corc_cgroup_target *target,
	const struct corc_cgroup_setting *setting, struct kept *kept, struct corc_error *error)
{
	struct corc_cgroup_choice choice = corc_cgroup_setting_choose(target, setting);
	char CORC_FREE *content = NULL;
	size_t length;

	*kept = (struct kept){.directory = target->index, .file = choice.file};
	if (corc_read_file(target->fd, choice.file, CONTENT_MAX, &content, &length) < 0)
		return 0;
	while (length > 0 && content[length - 1] == '\n')
		content[--length] = '\0';
	kept->value = corc_cgroup_old_value(arena, choice.file, choice.value, content);
	return kept->value ? 0 : corc_fail(error, ENOMEM, "out of memory");
}

static int set_back_one(const struct corc_cgroup_ref *ref, const struct kept *kept)
{
	int CORC_CLOSE fd = corc_cgroup_open_own(&ref->directories.items[kept->directory]);

	return fd < 0 ? fd : corc_write_existing(fd, kept->file, kept->value, strlen(kept->value));
}

static void set_back(const struct corc_cgroup_ref *ref, const struct kept *kept, size_t count,
	struct corc_error *error)
{
	while (count-- > 0) {
		const struct kept *one = &kept[count];
		char text[16];
		int r;

		if (!one->value)
			continue;
		r = set_back_one(ref, one);
		if (r < 0)
			(void)corc_error_append(error, "%s could not be set back to \"%s\": %s",
				one->file, one->value, corc_errno_text(-r, text));
	}
}

/* One setting, after what it replaces was kept. */
static int write_one(const struct corc_cgroup_update *update, struct corc_cgroup_target *target,
	const struct corc_cgroup_setting *setting, struct kept *kept, struct corc_error *error)
{
	int r = corc_cgroup_target_open(target, update->plan, update->ref, setting, error);

	if (r < 0)
		return r;
	enable_controller(target, update->plan, setting->controller);
	r = keep(update->arena, target, setting, kept, error);
	return r < 0 ? r : corc_cgroup_setting_write(target, update->plan, setting, error);
}

int corc_cgroup_update(const struct corc_cgroup_update *update, struct corc_error *error)
{
	struct corc_cgroup_target CORC_CLEANUP(corc_cgroup_target_close)
		target = {.fd = CORC_NO_FD};
	const struct corc_cgroup_plan *plan = update->plan;
	struct kept *kept = corc_arena_array(update->arena, plan->setting_count, sizeof(*kept));
	size_t count = 0;
	int r = 0;

	if (!kept && plan->setting_count > 0)
		return corc_fail(error, ENOMEM, "out of memory");
	while (r == 0 && count < plan->setting_count) {
		const struct corc_cgroup_setting *setting = &plan->settings[count];

		r = write_one(update, &target, setting, &kept[count], error);
		if (r < 0)
			corc_cgroup_set_origin(error, update->spec, setting->node, setting->key);
		else
			count++;
	}
	if (r == 0 && plan->unit)
		r = corc_systemd_update(update->systemd, plan->unit, error);
	if (r == 0)
		return 0;
	set_back(update->ref, kept, count, error);
	return corc_error_step(error, CORC_STEP_CGROUP);
}
