/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of a container's cgroups. Layer: cgroup; the parent process only.
 */
#ifndef CORC_CGROUP_SETTING_H
#define CORC_CGROUP_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroup/cgroup.h"

/* An open directory of the reference: settings of one controller come in a row. */
struct corc_cgroup_target {
	size_t index; /* of the directory */
	int fd;       /* CORC_NO_FD at first */
};

void corc_cgroup_target_close(struct corc_cgroup_target *target);

/* Opens the directory that the setting is for, unless it is open already. */
int corc_cgroup_target_open(struct corc_cgroup_target *target, const struct corc_cgroup_plan *plan,
	const struct corc_cgroup_ref *ref, const struct corc_cgroup_setting *setting,
	struct corc_error *error);

/* The file of a setting that is there, and what to write to it. */
struct corc_cgroup_choice {
	const char *file, *value;
};

struct corc_cgroup_choice corc_cgroup_setting_choose(
	const struct corc_cgroup_target *target, const struct corc_cgroup_setting *setting);

/* Writes it. The error has no origin yet. */
int corc_cgroup_setting_write(const struct corc_cgroup_target *target,
	const struct corc_cgroup_plan *plan, const struct corc_cgroup_setting *setting,
	struct corc_error *error);

/* Whether a refusal of device rules is no failure: the caller may not set any. */
bool corc_cgroup_may_lack_devices(int r);

/* The place of a value in the configuration. */
void corc_cgroup_set_origin(
	struct corc_error *error, const struct corc_spec *spec, uint32_t node, const char *key);

#endif
