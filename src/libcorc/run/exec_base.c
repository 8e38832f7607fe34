/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping and finding again how to enter a container. Layer: run; the parent process. */
#include "run/exec_base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/io.h"
#include "run/bundle.h"
#include "run/kept_config.h"
#include "spec/pack.h"

#define BASE_MAX ((size_t)16 * 1024 * 1024)
#define SECCOMP_MAX ((size_t)1024 * 1024)
/* What a usual process takes, packed. */
#define TEXT_SPACE 1024

int corc_exec_base_write(const struct corc_state_directory *directory,
	const struct corc_compile_input *input, const struct corc_plan *plan,
	struct corc_error *error)
{
	struct corc_exec_base base = {0};
	char space[TEXT_SPACE];
	struct corc_buffer CORC_BUFFER buffer = corc_buffer_on(space, sizeof(space));
	int r;

	corc_exec_base_of(input, plan, &base);
	r = corc_pack(&corc_exec_base_object, &base, &buffer);
	if (r == 0)
		r = buffer.failed ? -ENOMEM
				  : corc_write_new(directory->fd, "exec.base", buffer.data,
					    buffer.length, 0600);
	if (r == 0 && plan->seccomp_program)
		r = corc_write_new(directory->fd, "seccomp.bpf", plan->seccomp_program,
			plan->seccomp_size, 0600);
	return r < 0 ? corc_fail_errno(error, -r, "keeping exec.base") : 0;
}

static int read_packed(const struct corc_state_directory *directory, struct corc_arena *arena,
	struct corc_exec_base_file *file)
{
	char *data = NULL;
	size_t length = 0;
	int r = corc_read_file_into(arena, directory->fd, "exec.base", BASE_MAX, &data, &length);

	if (r == 0)
		r = corc_unpack(&corc_exec_base_object, arena, data, length, &file->base);
	if (r < 0 || !file->base.has_seccomp)
		return r;
	r = corc_read_file_into(arena, directory->fd, "seccomp.bpf", SECCOMP_MAX, &data, &length);
	if (r < 0)
		return r;
	file->seccomp_program = data;
	file->seccomp_size = length;
	return corc_hash(data, length) == file->base.seccomp_hash ? 0 : -EBADMSG;
}

/* That which made what the container has. */
static int manager_of(const struct corc_cgroup_ref *cgroup)
{
	if (cgroup->unit)
		return CORC_CGROUP_MANAGER_SYSTEMD;
	return cgroup->directories.count > 0 ? CORC_CGROUP_MANAGER_CGROUPFS
					     : CORC_CGROUP_MANAGER_DISABLED;
}

/*
 * Compiles once more, with the host as it is. A namespace that the configuration joined by path
 * may be gone; only its type matters here.
 */
static int recompile(struct corc_runtime *runtime, const struct corc_container *container,
	struct corc_arena *arena, struct corc_exec_base_file *file, struct corc_error *error)
{
	struct corc_host_view CORC_CLEANUP(corc_host_close) view = {0};
	bool joined[CORC_NAMESPACE_COUNT] = {false};
	struct corc_spec *spec = NULL;
	struct corc_plan *plan = NULL;
	struct corc_cgroup_plan *cgroup = NULL;
	int r = corc_kept_config_read(&container->directory, arena, &file->config, &spec, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < spec->linux_.namespaces.count; i++) {
		struct corc_spec_namespace *entry = &spec->linux_.namespaces.items[i];

		joined[entry->type] = entry->path != NULL;
		entry->path = NULL;
	}
	r = corc_host_read(runtime, arena, spec, &view, error);
	if (r == 0)
		r = corc_compile_cgroup(arena,
			&(struct corc_cgroup_input){spec, &view.host.cgroup, container->state.id,
				manager_of(&container->state.cgroup)},
			&cgroup, error);
	for (int type = 0; type < CORC_NAMESPACE_COUNT; type++)
		view.host.namespaces[type].joined = joined[type];
	struct corc_compile_input input = {.spec = spec,
		.host = &view.host,
		.id = container->state.id,
		.bundle = container->state.bundle,
		.rootfs = container->state.rootfs,
		.no_new_keyring = container->state.no_new_keyring,
		.restored = container->state.restored,
		.cgroup = cgroup};

	if (r == 0)
		r = corc_compile_create(arena, &input, &plan, error);
	if (r < 0)
		return r;
	corc_exec_base_of(&input, plan, &file->base);
	file->seccomp_program = plan->seccomp_program;
	file->seccomp_size = plan->seccomp_size;
	return 0;
}

int corc_exec_base_read(struct corc_runtime *runtime, const struct corc_container *container,
	struct corc_arena *arena, struct corc_exec_base_file *ret_file, struct corc_error *error)
{
	int r = read_packed(&container->directory, arena, ret_file);

	if (r == 0)
		return 0;
	if (r != -EBADMSG && r != -ENOENT)
		return corc_fail_errno(
			error, -r, "reading exec.base of %s", container->directory.id);
	corc_exec_base_done(ret_file);
	return recompile(runtime, container, arena, ret_file, error);
}

void corc_exec_base_done(struct corc_exec_base_file *file)
{
	free(file->config);
	memset(file, 0, sizeof(*file));
}
