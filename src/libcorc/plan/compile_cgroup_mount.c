/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts of type cgroup. Layer: plan; the parent process only.
 *
 * With a cgroup namespace the file system is mounted anew and shows the container's part of the
 * hierarchy. Without one the container's own cgroup directory is bound, so that it sees no other.
 * v1 has a directory for every hierarchy, in a tmpfs.
 */
#include "sys/mount.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "plan/compiler.h"
#include "plan/mount_options.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define CGROUP_ATTRIBUTES (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* One mount of the configuration, which becomes several on v1. */
struct cgroup_mount {
	struct corc_op_source source;
	const char *destination;
	uint64_t attributes;
	const struct corc_mount_options *options;
};

/* The container's directory in a hierarchy; NULL: it has none. */
static const char *own_directory(const struct corc_compiler *compiler, uint32_t hierarchy)
{
	const struct corc_cgroup_plan *cgroup = compiler->input->cgroup;

	for (size_t i = 0; cgroup && i < cgroup->directory_count; i++) {
		const char *directory = cgroup->directories[i].directory;

		if (cgroup->directories[i].hierarchy == hierarchy)
			return cgroup->processes ? corc_path_join(compiler->arena, directory,
							   cgroup->processes)
						 : directory;
	}
	return NULL;
}

static void add_bind(struct corc_compiler *compiler, const struct cgroup_mount *mount,
	const char *path, const char *destination, bool is_whole)
{
	struct corc_plan_bind *bind = corc_add_bind(
		compiler, mount->source, path, destination, is_whole ? "rbind,rro" : "bind");

	bind->attr_set = mount->attributes;
	if (!is_whole)
		return;
	/* Cgroups of others are in it, perhaps all of the host's. */
	bind->recursive = true;
	bind->recursive_attr_set = MOUNT_ATTR_RDONLY;
}

static void add_new(struct corc_compiler *compiler, const struct cgroup_mount *mount,
	const char *fstype, const char *destination, struct corc_ref data)
{
	struct corc_builder *builder = &compiler->builder;
	struct corc_op *op = corc_builder_op(builder, CORC_OP_MOUNT, mount->source);

	op->mount.source = corc_builder_string(builder, "cgroup");
	op->mount.destination = corc_builder_string(builder, destination);
	op->mount.fstype = corc_builder_string(builder, fstype);
	op->mount.data = data;
	op->mount.attr_set = mount->attributes;
	op->mount.propagation = mount->options->propagation;
	if (mount->options->propagation_recursive)
		op->mount.propagation |= MS_REC;
}

/* What selects a v1 hierarchy: its controllers, or its name when it has none. */
static struct corc_ref controller_options(struct corc_compiler *compiler, const char *controllers)
{
	struct corc_builder *builder = &compiler->builder;
	const char *names[64];
	size_t count = 0;
	char *at = corc_arena_strdup(compiler->arena, controllers);

	if (!at) {
		builder->code = ENOMEM;
		return (struct corc_ref){0};
	}
	if (strncmp(at, "name=", 5) == 0)
		names[count++] = "none";
	while (at && count < sizeof(names) / sizeof(names[0])) {
		char *comma = strchr(at, ',');

		if (comma)
			*comma++ = '\0';
		names[count++] = at;
		at = comma;
	}
	return corc_builder_list(builder, names, count);
}

static void add_hierarchy(struct corc_compiler *compiler, const struct cgroup_mount *mount,
	uint32_t index, const char *destination)
{
	const struct corc_cgroup_hierarchy *hierarchy = &compiler->host->cgroup.hierarchies[index];
	const char *own = own_directory(compiler, index);

	if (!corc_has_namespace(compiler, CORC_NAMESPACE_CGROUP))
		add_bind(compiler, mount, own ? own : hierarchy->mountpoint, destination, !own);
	else if (hierarchy->version == 2)
		add_new(compiler, mount, "cgroup2", destination, (struct corc_ref){0});
	else
		add_new(compiler, mount, "cgroup", destination,
			controller_options(compiler, hierarchy->controllers));
}

/* cpu and cpuacct are links to cpu,cpuacct. */
static int add_links(struct corc_compiler *compiler, const struct cgroup_mount *mount,
	const char *controllers, const char *name)
{
	struct corc_builder *builder = &compiler->builder;

	if (!strchr(controllers, ','))
		return 0;
	for (const char *at = controllers; at; at = strchr(at, ',')) {
		at += *at == ',';
		size_t length = strcspn(at, ",");
		char *path = corc_arena_printf(
			compiler->arena, "%s/%.*s", mount->destination, (int)length, at);
		struct corc_op *op;

		if (!path)
			return -ENOMEM;
		if (strlen(name) == length && strncmp(name, at, length) == 0)
			continue;
		op = corc_builder_op(builder, CORC_OP_SYMLINK, mount->source);
		op->symlink.path = corc_builder_string(builder, path);
		op->symlink.target = corc_builder_string(builder, name);
	}
	return 0;
}

static void add_tmpfs(struct corc_compiler *compiler, const struct cgroup_mount *mount)
{
	struct corc_builder *builder = &compiler->builder;
	const char *items[] = {"mode=755"};
	const struct corc_string_array data = {.items = items, .count = 1};
	struct corc_op *op = corc_builder_op(builder, CORC_OP_MOUNT, mount->source);

	op->mount.source = corc_builder_string(builder, "tmpfs");
	op->mount.destination = corc_builder_string(builder, mount->destination);
	op->mount.fstype = corc_builder_string(builder, "tmpfs");
	corc_label_filesystem(compiler, "tmpfs", &data, &op->mount);
	op->mount.attr_set = CGROUP_ATTRIBUTES;
}

static int add_v1(struct corc_compiler *compiler, const struct cgroup_mount *mount)
{
	const struct corc_cgroup_layout *layout = &compiler->host->cgroup;

	add_tmpfs(compiler, mount);
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct corc_cgroup_hierarchy *hierarchy = &layout->hierarchies[i];
		const char *slash = strrchr(hierarchy->mountpoint, '/');
		const char *name = slash ? slash + 1 : hierarchy->mountpoint;
		char *destination =
			corc_arena_printf(compiler->arena, "%s/%s", mount->destination, name);

		if (!destination)
			return -ENOMEM;
		add_hierarchy(compiler, mount, i, destination);
		if (hierarchy->version == 1 &&
			add_links(compiler, mount, hierarchy->controllers, name) < 0)
			return -ENOMEM;
	}
	if (mount->attributes & MOUNT_ATTR_RDONLY)
		corc_add_path(compiler, CORC_OP_MOUNT_READONLY, mount->source, mount->destination);
	return 0;
}

/*
 * For old versions of systemd in a container, which know v1 only: one named hierarchy without
 * controllers, which the host must have mounted.
 */
static int add_systemd_v1(struct corc_compiler *compiler, const struct cgroup_mount *mount)
{
	static const char *const options[] = {"none", "name=systemd", "xattr"};
	char *destination = corc_arena_printf(compiler->arena, "%s/systemd", mount->destination);

	if (!destination)
		return -ENOMEM;
	add_tmpfs(compiler, mount);
	add_new(compiler, mount, "cgroup", destination,
		corc_builder_list(&compiler->builder, options, 3));
	return 0;
}

static bool wants_systemd_v1(const struct corc_compiler *compiler, const char *destination)
{
	const char *path = corc_spec_annotation(compiler->spec, "run.oci.systemd.force_cgroup_v1");

	return path && strcmp(path, destination) == 0;
}

int corc_add_cgroup_mount(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const char *destination, const struct corc_mount_options *options)
{
	struct cgroup_mount cgroup = {
		.source = corc_source(mount->node, NULL),
		.destination = destination,
		.attributes = corc_mount_options_attributes(options),
		.options = options,
	};
	int r = 0;

	switch (compiler->host->cgroup.mode) {
	case CORC_CGROUP_NONE:
		add_bind(compiler, &cgroup, CGROUP_ROOT, destination, true);
		break;
	case CORC_CGROUP_V2:
		if (wants_systemd_v1(compiler, destination))
			r = add_systemd_v1(compiler, &cgroup);
		else
			add_hierarchy(compiler, &cgroup, 0, destination);
		break;
	case CORC_CGROUP_V1:
	case CORC_CGROUP_HYBRID:
		r = add_v1(compiler, &cgroup);
		break;
	}
	return r < 0 ? corc_fail_errno(compiler->error, -r, "compile the mounts") : 0;
}
