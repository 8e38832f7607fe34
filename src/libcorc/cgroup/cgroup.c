/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References to the cgroups of a container, and what is one look or one write. Layer: cgroup; the
 * parent process only.
 */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/directory.h"
#include "cgroup/v1.h"
#include "cgroup/v2.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct corc_json_field directory_rows[] = {
	{
		.name = "version",
		.type = CORC_JSON_U32,
		.flags = CORC_JSON_REQUIRED,
		.offset = offsetof(struct corc_cgroup_ref_directory, version),
		.min_unsigned = 1,
		.max = 2,
	},
	{
		.name = "directory",
		.type = CORC_JSON_STRING,
		.flags = CORC_JSON_REQUIRED | CORC_JSON_NOT_EMPTY,
		.offset = offsetof(struct corc_cgroup_ref_directory, directory),
	},
	{
		.name = "controllers",
		.type = CORC_JSON_STRING,
		.flags = CORC_JSON_REQUIRED,
		.offset = offsetof(struct corc_cgroup_ref_directory, controllers),
	},
	{
		.name = "inode",
		.type = CORC_JSON_U64,
		.flags = CORC_JSON_REQUIRED,
		.offset = offsetof(struct corc_cgroup_ref_directory, inode),
	},
	{
		.name = "made",
		.type = CORC_JSON_U32,
		.flags = CORC_JSON_REQUIRED,
		.offset = offsetof(struct corc_cgroup_ref_directory, made),
	},
};

static const struct corc_json_object directory_object = {
	.name = "cgroup directory",
	.size = sizeof(struct corc_cgroup_ref_directory),
	.node_offset = offsetof(struct corc_cgroup_ref_directory, node),
	.fields = directory_rows,
	.count = COUNT(directory_rows),
};

static const struct corc_json_field ref_rows[] = {
	{
		.name = "directories",
		.type = CORC_JSON_OBJECT_ARRAY,
		.offset = offsetof(struct corc_cgroup_ref, directories),
		.object = &directory_object,
	},
	{
		.name = "unit",
		.type = CORC_JSON_STRING,
		.offset = offsetof(struct corc_cgroup_ref, unit),
	},
	{
		.name = "processes",
		.type = CORC_JSON_STRING,
		.offset = offsetof(struct corc_cgroup_ref, processes),
	},
};

const struct corc_json_object corc_cgroup_ref_object = {
	.name = "cgroup",
	.size = sizeof(struct corc_cgroup_ref),
	.node_offset = offsetof(struct corc_cgroup_ref, node),
	.fields = ref_rows,
	.count = COUNT(ref_rows),
};

int corc_cgroup_intent(struct corc_arena *arena, const struct corc_cgroup_plan *plan,
	struct corc_cgroup_ref *ret_ref, struct corc_error *error)
{
	struct corc_cgroup_ref ref = {
		.directories.count = plan->directory_count,
		.unit = plan->unit ? plan->unit->name : NULL,
		.processes = plan->processes,
	};

	ref.directories.items =
		corc_arena_array(arena, plan->directory_count, sizeof(*ref.directories.items));
	if (!ref.directories.items && plan->directory_count > 0)
		return corc_fail(error, ENOMEM, "out of memory");
	for (size_t i = 0; i < plan->directory_count; i++) {
		const struct corc_cgroup_directory *directory = &plan->directories[i];
		struct corc_cgroup_ref_directory *item = &ref.directories.items[i];
		int r;

		*item = (struct corc_cgroup_ref_directory){
			.version = (uint32_t)directory->version,
			.directory = directory->directory,
			.controllers = directory->controllers,
		};
		r = corc_cgroup_count_missing(item->directory, &item->made);
		if (r < 0) {
			(void)corc_fail_errno(error, -r, "cgroup %s", item->directory);
			return corc_error_step(error, CORC_STEP_CGROUP);
		}
		/* The slices are systemd's. */
		if (plan->unit && item->made > 1)
			item->made = 1;
	}
	*ret_ref = ref;
	return 0;
}

int corc_cgroup_open(const struct corc_cgroup_ref *ref, struct corc_error *error)
{
	for (size_t i = 0; i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *directory = &ref->directories.items[i];
		int fd;

		if (directory->version != 2)
			continue;
		fd = corc_cgroup_open_processes(ref, directory);
		if (fd >= 0)
			return fd;
		(void)corc_fail_errno(error, -fd, "open cgroup %s", directory->directory);
		return corc_error_step(error, CORC_STEP_CGROUP);
	}
	(void)corc_fail(error, ENOENT, "the container has no cgroup of version 2");
	return corc_error_step(error, CORC_STEP_CGROUP);
}

static int attach_to(const struct corc_cgroup_ref *ref,
	const struct corc_cgroup_ref_directory *directory, const char *pid)
{
	int CORC_CLOSE fd = corc_cgroup_open_processes(ref, directory);

	return fd < 0 ? fd : corc_write_existing(fd, "cgroup.procs", pid, strlen(pid));
}

int corc_cgroup_attach(const struct corc_cgroup_ref *ref, pid_t pid, struct corc_error *error)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	for (size_t i = 0; i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *directory = &ref->directories.items[i];
		int r = attach_to(ref, directory, text);

		if (r < 0) {
			(void)corc_fail_errno(error, -r, "move process %s to cgroup %s", text,
				directory->directory);
			return corc_error_step(error, CORC_STEP_CGROUP);
		}
	}
	return 0;
}

int corc_cgroup_is_frozen(
	const struct corc_cgroup_ref *ref, bool *ret_frozen, struct corc_error *error)
{
	bool any = false;

	for (size_t i = 0; i < ref->directories.count && !any; i++) {
		const struct corc_cgroup_ref_directory *directory = &ref->directories.items[i];
		int CORC_CLOSE fd = CORC_NO_FD;
		int r;

		if (directory->version == 1 &&
			!corc_cgroup_lists(directory->controllers, "freezer"))
			continue;
		fd = corc_cgroup_open_own(directory);
		r = fd < 0                    ? fd
		    : directory->version == 2 ? corc_cgroup_v2_is_frozen(fd, &any)
					      : corc_cgroup_v1_is_frozen(fd, &any);
		/* What is gone is not frozen. */
		if (r < 0 && r != -ENOENT && r != -ENODEV && r != -ESTALE) {
			(void)corc_fail_errno(
				error, -r, "read the freezer of cgroup %s", directory->directory);
			return corc_error_step(error, CORC_STEP_CGROUP);
		}
	}
	*ret_frozen = any;
	return 0;
}
