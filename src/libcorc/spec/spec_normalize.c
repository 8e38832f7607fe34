/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One form for equal meanings, so that later layers ask one question. Layer: spec; the parent
 * process only.
 */
#include <errno.h>

#include "spec/check.h"

#define PERMISSION_BITS 07777
#define UMASK_BITS 0777 /* umask(2) looks at no others */

/* Engines written in Go treat an empty string as one that is not there. */
static void empty_is_absent(const char **text)
{
	if (*text && !**text)
		*text = NULL;
}

static int normalize_mounts(struct corc_spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		struct corc_spec_mount *mount = &spec->mounts.items[i];

		empty_is_absent(&mount->type);
		empty_is_absent(&mount->source);
		if (!mount->destination || mount->destination[0] == '/')
			continue;
		mount->destination =
			corc_arena_printf(spec->document.arena, "/%s", mount->destination);
		if (!mount->destination)
			return -ENOMEM;
	}
	return 0;
}

void corc_spec_normalize_resources(struct corc_spec_resources *resources)
{
	if (resources->cpu) {
		empty_is_absent(&resources->cpu->cpus);
		empty_is_absent(&resources->cpu->mems);
	}
	for (size_t i = 0; i < resources->devices.count; i++)
		empty_is_absent(&resources->devices.items[i].access);
}

/* A size is for a terminal; without one it is not looked at, whatever it says. */
static void normalize_console_size(struct corc_spec_process *process)
{
	const struct corc_spec_console_size *size = process->console_size;

	if (!process->terminal && size &&
		(size->height > CORC_CONSOLE_MAX || size->width > CORC_CONSOLE_MAX))
		process->console_size = NULL;
}

void corc_spec_normalize_process(struct corc_spec_process *process)
{
	empty_is_absent(&process->apparmor_profile);
	empty_is_absent(&process->selinux_label);
	if (process->user.umask)
		*process->user.umask &= UMASK_BITS;
	normalize_console_size(process);
	if (process->exec_cpu_affinity) {
		empty_is_absent(&process->exec_cpu_affinity->initial);
		empty_is_absent(&process->exec_cpu_affinity->final);
	}
}

int corc_spec_normalize(struct corc_spec *spec)
{
	struct corc_spec_linux *linux_ = &spec->linux_;

	empty_is_absent(&spec->hostname);
	empty_is_absent(&spec->domainname);
	if (spec->process)
		corc_spec_normalize_process(spec->process);
	if (linux_->intel_rdt) {
		empty_is_absent(&linux_->intel_rdt->clos_id);
		empty_is_absent(&linux_->intel_rdt->l3_cache_schema);
		empty_is_absent(&linux_->intel_rdt->memory_bandwidth_schema);
	}
	for (size_t i = 0; i < linux_->net_devices.count; i++)
		empty_is_absent(&linux_->net_devices.items[i].container_name);
	if (linux_->memory_policy)
		empty_is_absent(&linux_->memory_policy->nodes);
	empty_is_absent(&linux_->mount_label);
	empty_is_absent(&linux_->cgroups_path);
	empty_is_absent(&linux_->rootfs_propagation);
	for (size_t i = 0; i < linux_->namespaces.count; i++)
		empty_is_absent(&linux_->namespaces.items[i].path);
	for (size_t i = 0; i < linux_->devices.count; i++)
		if (linux_->devices.items[i].file_mode)
			*linux_->devices.items[i].file_mode &= PERMISSION_BITS;
	corc_spec_normalize_resources(&linux_->resources);
	return normalize_mounts(spec);
}
