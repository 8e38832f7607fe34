/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing one file, and what to say when the kernel refuses. Layer: cgroup; the parent process
 * only.
 */
#include "cgroup/setting.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/directory.h"
#include "cgroup/v1.h"
#include "cgroup/v2.h"
#include "sys/process.h"

void corc_cgroup_target_close(struct corc_cgroup_target *target)
{
	corc_close_(target->fd);
	target->fd = CORC_NO_FD;
}

int corc_cgroup_target_open(struct corc_cgroup_target *target, const struct corc_cgroup_plan *plan,
	const struct corc_cgroup_ref *ref, const struct corc_cgroup_setting *setting,
	struct corc_error *error)
{
	size_t index = corc_cgroup_plan_directory(plan, setting->controller);
	int fd;

	if (target->fd >= 0 && target->index == index)
		return 0;
	corc_cgroup_target_close(target);
	fd = index < ref->directories.count ? corc_cgroup_open_own(&ref->directories.items[index])
					    : -ENOENT;
	if (fd < 0)
		return corc_fail_errno(error, -fd, "open the cgroup of the controller \"%s\"",
			setting->controller);
	target->fd = fd;
	target->index = index;
	return 0;
}

bool corc_cgroup_may_be_denied(bool rootless)
{
	return rootless || geteuid() != 0 || corc_is_in_user_namespace();
}

bool corc_cgroup_may_lack_devices(int r)
{
	return (r == -EPERM || r == -EACCES) && corc_cgroup_may_be_denied(false);
}

void corc_cgroup_set_origin(
	struct corc_error *error, const struct corc_spec *spec, uint32_t node, const char *key)
{
	corc_json_origin(&spec->document, corc_json_find(&spec->document, node, key, UINT32_MAX),
		&error->origin);
}

struct corc_cgroup_choice corc_cgroup_setting_choose(
	const struct corc_cgroup_target *target, const struct corc_cgroup_setting *setting)
{
	if (setting->fallback_file && faccessat(target->fd, setting->file, F_OK, 0) < 0 &&
		errno == ENOENT)
		return (struct corc_cgroup_choice){setting->fallback_file, setting->fallback_value};
	return (struct corc_cgroup_choice){setting->file, setting->value};
}

/* What the write failed with, in words that help. */
static int describe_failure(const struct corc_cgroup_target *target,
	const struct corc_cgroup_plan *plan, const struct corc_cgroup_setting *setting,
	struct corc_cgroup_choice choice, int code, struct corc_error *error)
{
	const struct corc_cgroup_directory *directory = &plan->directories[target->index];

	if (code == ENOENT && directory->version == 2 &&
		strcmp(setting->controller, "cgroup") != 0) {
		char list[CORC_CGROUP_CONTROLLERS_SIZE];

		corc_cgroup_v2_controllers(target->fd, list);
		if (!corc_cgroup_v2_has(list, setting->controller, strlen(setting->controller)))
			return corc_cgroup_v2_explain(directory, setting, error);
	}
	if (code == EBUSY && strcmp(choice.file, "memory.limit_in_bytes") == 0)
		return corc_fail(error, EBUSY,
			"unable to set memory limit to %s (current usage: %llu, peak usage: %llu)",
			choice.value, corc_cgroup_v1_memory(target->fd, "memory.usage_in_bytes"),
			corc_cgroup_v1_memory(target->fd, "memory.max_usage_in_bytes"));
	return corc_fail_errno(error, code, "write \"%s\" to %s", choice.value, choice.file);
}

int corc_cgroup_setting_write(const struct corc_cgroup_target *target,
	const struct corc_cgroup_plan *plan, const struct corc_cgroup_setting *setting,
	struct corc_error *error)
{
	struct corc_cgroup_choice choice = corc_cgroup_setting_choose(target, setting);
	int r = corc_write_existing(target->fd, choice.file, choice.value, strlen(choice.value));

	if (r == 0 || (r == -ENOENT && setting->optional))
		return 0;
	if (strcmp(setting->controller, "devices") == 0 && corc_cgroup_may_lack_devices(r))
		return 0;
	return describe_failure(target, plan, setting, choice, -r, error);
}
