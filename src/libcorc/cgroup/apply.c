/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits and the device filter of a container's cgroups. Layer: cgroup; the parent process only.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "cgroup/directory.h"
#include "cgroup/setting.h"
#include "sys/bpf.h"

static int write_settings(const struct corc_spec *spec, const struct corc_cgroup_plan *plan,
	const struct corc_cgroup_ref *ref, struct corc_error *error)
{
	struct corc_cgroup_target CORC_CLEANUP(corc_cgroup_target_close)
		target = {.fd = CORC_NO_FD};

	for (size_t i = 0; i < plan->setting_count; i++) {
		const struct corc_cgroup_setting *setting = &plan->settings[i];
		int r = corc_cgroup_target_open(&target, plan, ref, setting, error);

		if (r == 0)
			r = corc_cgroup_setting_write(&target, plan, setting, error);
		if (r < 0) {
			corc_cgroup_set_origin(error, spec, setting->node, setting->key);
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
		return corc_cgroup_may_lack_devices(program)
			       ? 0
			       : corc_fail_errno(error, -program, "load the device filter");
	r = attach_filter(plan, ref, program);
	if (r == 0 || corc_cgroup_may_lack_devices(r))
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
		corc_cgroup_set_origin(error, spec, spec->linux_.resources.node, "devices");
		return corc_error_step(error, CORC_STEP_CGROUP);
	}
	return 0;
}
