/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits and the device filter of a container's cgroups. Layer: cgroup; the parent process only.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/cgroup.h"
#include "cgroup/directory.h"
#include "cgroup/v1.h"
#include "cgroup/v2.h"
#include "sys/bpf.h"

#define IDENTITY_MAP "         0          0 4294967295"

/* An open directory of the reference: settings of one controller come in a row. */
struct target {
	size_t index;
	int fd;
};

static void close_target(struct target *target)
{
	corc_close_(target->fd);
}

static int open_target(struct target *target, const struct corc_cgroup_ref *ref, size_t index)
{
	if (target->fd >= 0 && target->index == index)
		return 0;
	close_target(target);
	target->fd = index < ref->directories.count
			     ? corc_cgroup_open_own(&ref->directories.items[index])
			     : -ENOENT;
	target->index = index;
	return target->fd < 0 ? target->fd : 0;
}

/*
 * In a user namespace nobody may load programs or write v1 device lists, and nobody can make device
 * nodes either.
 */
static bool is_in_user_namespace(void)
{
	char map[64];

	return corc_read_small(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0 ||
	       strcmp(map, IDENTITY_MAP) != 0;
}

static bool may_go_without_device_rules(int r)
{
	return (r == -EPERM || r == -EACCES) && (geteuid() != 0 || is_in_user_namespace());
}

static void set_origin(
	struct corc_error *error, const struct corc_spec *spec, uint32_t node, const char *key)
{
	corc_json_origin(&spec->document, corc_json_find(&spec->document, node, key, UINT32_MAX),
		&error->origin);
}

/* What the write failed with, in words that help. */
static int describe_failure(const struct corc_cgroup_plan *plan, const struct target *target,
	const struct corc_cgroup_setting *setting, int r, struct corc_error *error)
{
	const struct corc_cgroup_directory *directory = &plan->directories[target->index];

	if (r == -ENOENT && directory->version == 2 && strcmp(setting->controller, "cgroup") != 0) {
		char list[CORC_CGROUP_CONTROLLERS_SIZE];

		corc_cgroup_v2_controllers(target->fd, list);
		if (!corc_cgroup_v2_has(list, setting->controller, strlen(setting->controller)))
			return corc_cgroup_v2_explain(directory, setting, error);
	}
	if (r == -EBUSY && strcmp(setting->file, "memory.limit_in_bytes") == 0)
		return corc_fail(error, EBUSY,
			"unable to set memory limit to %s (current usage: %llu, peak usage: %llu)",
			setting->value, corc_cgroup_v1_memory(target->fd, "memory.usage_in_bytes"),
			corc_cgroup_v1_memory(target->fd, "memory.max_usage_in_bytes"));
	return corc_fail_errno(error, -r, "write \"%s\" to %s", setting->value, setting->file);
}

static int write_setting(const struct corc_cgroup_plan *plan, const struct corc_cgroup_ref *ref,
	const struct corc_cgroup_setting *setting, struct target *target, struct corc_error *error)
{
	size_t index = corc_cgroup_plan_directory(plan, setting->controller);
	int r = open_target(target, ref, index);

	if (r < 0)
		return corc_fail_errno(
			error, -r, "open the cgroup of the controller \"%s\"", setting->controller);
	r = corc_write_existing(target->fd, setting->file, setting->value, strlen(setting->value));
	if (r == -ENOENT && setting->fallback_file)
		r = corc_write_existing(target->fd, setting->fallback_file, setting->fallback_value,
			strlen(setting->fallback_value));
	if (r == 0 || (r == -ENOENT && setting->optional))
		return 0;
	if (strcmp(setting->controller, "devices") == 0 && may_go_without_device_rules(r))
		return 0;
	return describe_failure(plan, target, setting, r, error);
}

static int write_settings(const struct corc_spec *spec, const struct corc_cgroup_plan *plan,
	const struct corc_cgroup_ref *ref, struct corc_error *error)
{
	struct target CORC_CLEANUP(close_target) target = {.fd = CORC_NO_FD};

	for (size_t i = 0; i < plan->setting_count; i++) {
		const struct corc_cgroup_setting *setting = &plan->settings[i];
		int r = write_setting(plan, ref, setting, &target, error);

		if (r < 0) {
			set_origin(error, spec, setting->node, setting->key);
			return r;
		}
	}
	return 0;
}

static int attach_filter(
	const struct corc_cgroup_plan *plan, const struct corc_cgroup_ref *ref, int program_fd)
{
	for (size_t i = 0; i < ref->directories.count; i++) {
		int CORC_CLOSE fd = CORC_NO_FD;

		if (plan->directories[i].version != 2)
			continue;
		fd = corc_cgroup_open_own(&ref->directories.items[i]);
		return fd < 0 ? fd : corc_bpf_attach_device(fd, program_fd);
	}
	return -ENOENT;
}

/* The program lives as long as the group that it is attached to. */
static int set_filter(const struct corc_cgroup_plan *plan, const struct corc_cgroup_ref *ref,
	struct corc_error *error)
{
	int CORC_CLOSE program = CORC_NO_FD;
	int r;

	if (plan->device_program_count == 0)
		return 0;
	program = corc_bpf_load_device(plan->device_program, plan->device_program_count, NULL, 0);
	if (program < 0)
		return may_go_without_device_rules(program)
			       ? 0
			       : corc_fail_errno(error, -program, "load the device filter");
	r = attach_filter(plan, ref, program);
	if (r == 0 || may_go_without_device_rules(r))
		return 0;
	return corc_fail_errno(error, -r, "attach the device filter to the container's cgroup");
}

int corc_cgroup_apply(const struct corc_spec *spec, const struct corc_cgroup_plan *plan,
	const struct corc_cgroup_ref *ref, struct corc_error *error)
{
	int r = write_settings(spec, plan, ref, error);

	if (r < 0)
		return corc_error_step(error, CORC_STEP_CGROUP);
	r = set_filter(plan, ref, error);
	if (r < 0) {
		set_origin(error, spec, spec->linux_.resources.node, "devices");
		return corc_error_step(error, CORC_STEP_CGROUP);
	}
	return 0;
}
