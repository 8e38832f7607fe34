/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts. Layer: plan; the parent process only.
 *
 * A file system of its own is made by the stage inside the container's namespaces (MOUNT). The
 * source of a bind mount is opened by the parent, which finishes it with all its flags and sends
 * it (ATTACH).
 */
#include "sys/mount.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "plan/compiler.h"
#include "plan/mount_options.h"

static bool is_type(const struct corc_spec_mount *mount, const char *type)
{
	return mount->type && strcmp(mount->type, type) == 0;
}

/* Options that mean nothing for this kind of mount, where they would be lost without a word. */
static int check_extensions(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const struct corc_mount_options *options)
{
	bool is_remount = options->extensions & CORC_MOUNT_OPTION_REMOUNT;
	bool is_tmpfs = !options->is_bind && !is_remount && is_type(mount, "tmpfs");
	const struct {
		const char *name;
		uint32_t extension;
		bool is_good;
		const char *kind;
	} rules[] = {
		{"tmpcopyup", CORC_MOUNT_OPTION_COPY_UP, is_tmpfs, "of type tmpfs"},
		{"copy-symlink", CORC_MOUNT_OPTION_COPY_SYMLINK, options->is_bind && !is_remount,
			"that bind"},
		{"src-nofollow", CORC_MOUNT_OPTION_SOURCE_NOFOLLOW, options->is_bind && !is_remount,
			"that bind"},
	};
	struct corc_op_source source = corc_source(mount->node, "options");

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].is_good || !(options->extensions & rules[i].extension))
			continue;
		for (source.index = 0;
			strcmp(mount->options.items[source.index], rules[i].name) != 0;)
			source.index++;
		return corc_refuse(compiler, source, "mount option \"%s\" is for mounts %s",
			rules[i].name, rules[i].kind);
	}
	return 0;
}

static int read_options(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	struct corc_mount_options *ret_options)
{
	if (corc_mount_options_read(
		    compiler->arena, &mount->options, is_type(mount, "bind"), ret_options) < 0)
		return corc_fail_errno(compiler->error, ENOMEM, "compile the mounts");
	/* The kernel takes them, and does nothing with them. */
	if (ret_options->is_bind && ret_options->data.count > 0)
		corc_warn(compiler,
			corc_source_item(mount->node, "options", ret_options->first_data),
			"option %s is ignored: the bind mount on %s has no filesystem-specific options",
			mount->options.items[ret_options->first_data], mount->destination);
	return check_extensions(compiler, mount, ret_options);
}

/* Files that a mount may cover although they are in /proc: what lxcfs offers, and two switches. */
static const char *const proc_files[] = {"/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo",
	"/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg", "/proc/slabinfo",
	"/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled"};

/*
 * The root is the root, and procfs stays what it is: the runtime itself and the container's tools
 * rely on it.
 */
static int check_destination(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const char *destination, bool bind)
{
	struct corc_op_source source = corc_source(mount->node, "destination");

	if (strcmp(destination, "/") == 0)
		return corc_refuse(
			compiler, source, "\"%s\" is on the top of rootfs", mount->destination);
	if (!corc_path_is_below(destination, "/proc"))
		return 0;
	if (strcmp(destination, "/proc") == 0) {
		/* What a bind mount brings is looked at when it is opened. */
		if (bind || is_type(mount, "proc"))
			return 0;
		return corc_refuse(compiler, source,
			"\"%s\" cannot be mounted because it is not of type proc", destination);
	}
	for (size_t i = 0; i < sizeof(proc_files) / sizeof(proc_files[0]); i++)
		if (strcmp(destination, proc_files[i]) == 0)
			return 0;
	return corc_refuse(compiler, source, "\"%s\" cannot be mounted because it is inside /proc",
		destination);
}

static uint32_t destination_flags(const char *destination)
{
	return corc_path_is_below(destination, "/proc") ? CORC_MOUNT_INSIDE_PROC : 0;
}

static uint32_t extension_flags(const struct corc_mount_options *options)
{
	uint32_t flags = 0;

	if (options->extensions & CORC_MOUNT_OPTION_DESTINATION_NOFOLLOW)
		flags |= CORC_MOUNT_NOFOLLOW;
	if (options->extensions & CORC_MOUNT_OPTION_COPY_SYMLINK)
		flags |= CORC_MOUNT_COPY_SYMLINK;
	if (options->extensions & CORC_MOUNT_OPTION_COPY_UP)
		flags |= CORC_MOUNT_COPY_UP;
	return flags;
}

static const char *join_options(
	struct corc_compiler *compiler, const struct corc_string_array *options)
{
	struct corc_buffer CORC_BUFFER text = {0};
	const char *copy;

	for (size_t i = 0; i < options->count; i++)
		corc_buffer_printf(&text, "%s%s", i ? "," : "", options->items[i]);
	copy = text.failed ? NULL : corc_arena_strdup(compiler->arena, text.data ? text.data : "");
	if (!copy)
		compiler->builder.code = ENOMEM;
	return copy;
}

/*
 * What a clone of a host's mount gets that is given to the container: only who asks for shared
 * mounts sends to the host what is mounted in the container.
 */
static uint64_t tree_propagation(uint64_t root_propagation)
{
	if (root_propagation & MS_SHARED)
		return 0;
	return root_propagation & MS_PRIVATE ? MS_PRIVATE : MS_SLAVE;
}

struct corc_plan_bind *corc_add_bind(struct corc_compiler *compiler, struct corc_op_source source,
	const char *path, const char *destination, const char *options)
{
	struct corc_builder *builder = &compiler->builder;
	struct corc_op *op = corc_builder_op(builder, CORC_OP_ATTACH, source);
	struct corc_plan_bind *bind = corc_builder_bind(builder, source);

	op->attach.source = corc_builder_string(builder, path);
	op->attach.destination = corc_builder_string(builder, destination);
	op->attach.options = corc_builder_string(builder, options);
	op->attach.flags = destination_flags(destination) | compiler->mount_flags;
	bind->path = path;
	bind->destination = destination;
	bind->tree_propagation = tree_propagation(compiler->root_propagation);
	return bind;
}

static void set_propagation(struct corc_plan_bind *bind, const struct corc_mount_options *options)
{
	bind->propagation = options->propagation;
	bind->propagation_recursive = options->propagation_recursive;
	/*
	 * Private and the like forget what was before, and one change is cheaper than two. Shared
	 * does not: a slave becomes slave and shared.
	 */
	if (options->propagation && options->propagation != MS_SHARED &&
		(options->propagation_recursive || !bind->recursive))
		bind->tree_propagation = 0;
}

static int add_bind_mount(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const char *destination, const struct corc_mount_options *options,
	const struct corc_plan_idmap *idmap)
{
	static const uint32_t of_link =
		CORC_MOUNT_OPTION_SOURCE_NOFOLLOW | CORC_MOUNT_OPTION_COPY_SYMLINK;
	struct corc_builder *builder = &compiler->builder;
	struct corc_plan_bind *bind;
	const char *path;

	if (!mount->source)
		return corc_refuse(compiler, corc_source(mount->node, "source"),
			"a bind mount needs a source");
	path = corc_path_join(compiler->arena, compiler->input->bundle, mount->source);
	if (!path)
		return corc_fail_errno(compiler->error, ENOMEM, "compile the mounts");
	bind = corc_add_bind(compiler, corc_source(mount->node, NULL), path, destination,
		join_options(compiler, &mount->options));
	bind->idmap = *idmap;
	if (!builder->code)
		builder->ops[builder->op_count - 1].attach.flags |= extension_flags(options);
	bind->nofollow = options->extensions & of_link;
	bind->recursive = options->is_recursive;
	bind->keeps_locked = corc_has_namespace(compiler, CORC_NAMESPACE_USER);
	bind->attr_set = options->attr_set;
	bind->attr_clear = options->attr_clear;
	bind->recursive_attr_set = options->recursive_attr_set;
	bind->recursive_attr_clear = options->recursive_attr_clear;
	bind->must_be_proc = strcmp(destination, "/proc") == 0;
	set_propagation(bind, options);
	return 0;
}

static bool has_data(const struct corc_mount_options *options, const char *prefix)
{
	for (size_t i = 0; i < options->data.count; i++)
		if (strncmp(options->data.items[i], prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/* Where later mounts, devices and links may have to be made: read-only only when all is there. */
static bool is_late(const struct corc_spec_mount *mount, const char *destination)
{
	return is_type(mount, "tmpfs") || strcmp(destination, "/dev") == 0;
}

static uint32_t mount_flags(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const char *destination, const struct corc_mount_options *options)
{
	uint32_t flags = destination_flags(destination) | extension_flags(options);
	bool is_readonly = corc_mount_options_attributes(options) & MOUNT_ATTR_RDONLY;

	if (is_type(mount, "proc") || is_type(mount, "sysfs"))
		flags |= CORC_MOUNT_NO_SYMLINKS;
	/* What a caller asks for who is not root of the host is the best that can be had. */
	if (is_type(mount, "sysfs") && !compiler->host->makes_devices)
		flags |= CORC_MOUNT_OR_HOST;
	if (is_type(mount, "tmpfs") && !has_data(options, "mode="))
		flags |= CORC_MOUNT_INHERIT_MODE;
	if ((flags & CORC_MOUNT_COPY_UP) && !has_data(options, "uid=") &&
		!has_data(options, "gid="))
		flags |= CORC_MOUNT_COPY_OWNER;
	if (strcmp(destination, "/dev") == 0)
		flags |= CORC_MOUNT_DEV;
	if (is_type(mount, "proc") && compiler->is_born_last)
		flags |= CORC_MOUNT_JOINED_PID;
	/* Whole and writable: what the options of procfs hide may be what is needed. */
	if (is_type(mount, "proc") && strcmp(destination, "/proc") == 0 && !is_readonly &&
		options->data.count == 0 && !compiler->keeps_proc &&
		compiler->spec->linux_.sysctl.count > 0) {
		flags |= CORC_MOUNT_KEEP_PROC;
		compiler->keeps_proc = true;
	}
	return flags;
}

/* File systems of the kernel have no device that may be read-only and no journal to leave alone. */
static bool has_device(const struct corc_spec_mount *mount)
{
	static const char *const types[] = {"proc", "sysfs", "mqueue", "devpts"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (is_type(mount, types[i]))
			return false;
	return true;
}

/* What is mounted there later covers it. */
static void forget_readonly(struct corc_compiler *compiler, const char *destination)
{
	size_t kept = 0;

	for (size_t i = 0; i < compiler->late_count; i++)
		if (strcmp(compiler->late[i].destination, destination) != 0)
			compiler->late[kept++] = compiler->late[i];
	compiler->late_count = kept;
}

/* The attributes without read-only, which comes when all has been made. */
static uint64_t defer_readonly(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const char *destination, uint64_t attributes)
{
	if (!(attributes & MOUNT_ATTR_RDONLY))
		return attributes;
	compiler->late[compiler->late_count++] =
		(struct corc_late_readonly){mount->node, destination};
	return attributes & ~(uint64_t)MOUNT_ATTR_RDONLY;
}

/* Options for the file system itself, as words. */
static struct corc_string_array filesystem_options(struct corc_compiler *compiler,
	const struct corc_spec_mount *mount, const struct corc_mount_options *options,
	bool is_readonly)
{
	const char *label = corc_label_option(compiler, mount->type, &options->data);
	struct corc_string_array data = {.items = corc_arena_array(compiler->arena,
						 options->data.count + 2, sizeof(*data.items))};

	if (!data.items) {
		compiler->builder.code = ENOMEM;
		return data;
	}
	for (; data.count < options->data.count; data.count++)
		data.items[data.count] = options->data.items[data.count];
	if (label)
		data.items[data.count++] = label;
	if (is_readonly)
		data.items[data.count++] = "ro";
	return data;
}

/*
 * Made by the parent: only who has privileges over the file system and over the namespace with the
 * mappings can map it, and the container's root has neither.
 */
static int add_mapped_filesystem(struct corc_compiler *compiler,
	const struct corc_spec_mount *mount, const char *destination,
	const struct corc_mount_options *options, const struct corc_plan_idmap *idmap)
{
	struct corc_builder *builder = &compiler->builder;
	uint64_t attributes = corc_mount_options_attributes(options);
	bool is_late_readonly = is_late(mount, destination);
	struct corc_plan_bind *bind;

	if (is_late_readonly)
		attributes = defer_readonly(compiler, mount, destination, attributes);
	bind = corc_add_bind(compiler, corc_source(mount->node, NULL), mount->source, destination,
		join_options(compiler, &mount->options));
	bind->fstype = mount->type;
	bind->data =
		filesystem_options(compiler, mount, options, (attributes & MOUNT_ATTR_RDONLY) != 0);
	bind->attr_set = attributes;
	bind->attr_clear = MOUNT_ATTR__ATIME;
	bind->idmap = *idmap;
	bind->tree_propagation = 0;
	bind->propagation = options->propagation;
	bind->propagation_recursive = options->propagation_recursive;
	if (builder->code)
		return 0;
	builder->ops[builder->op_count - 1].attach.fstype =
		corc_builder_string(builder, mount->type);
	builder->ops[builder->op_count - 1].attach.flags =
		mount_flags(compiler, mount, destination, options);
	return 0;
}

static int add_filesystem(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const char *destination, const struct corc_mount_options *options)
{
	struct corc_builder *builder = &compiler->builder;
	struct corc_op *op;

	op = corc_builder_op(builder, CORC_OP_MOUNT, corc_source(mount->node, NULL));
	op->mount.source = corc_builder_string(builder, mount->source);
	op->mount.destination = corc_builder_string(builder, destination);
	op->mount.fstype = corc_builder_string(builder, mount->type);
	corc_label_filesystem(compiler, mount->type, &options->data, &op->mount);
	op->mount.attr_set = corc_mount_options_attributes(options);
	if (is_late(mount, destination))
		op->mount.attr_set =
			defer_readonly(compiler, mount, destination, op->mount.attr_set);
	else if ((op->mount.attr_set & MOUNT_ATTR_RDONLY) && has_device(mount))
		op->mount.superblock_flags = 1;
	op->mount.propagation = options->propagation;
	if (options->propagation_recursive)
		op->mount.propagation |= MS_REC;
	op->mount.flags =
		mount_flags(compiler, mount, destination, options) | compiler->mount_flags;
	return 0;
}

/*
 * Unlike mount(2), which forgets the attributes that are not named, and like mount(8): nosuid is
 * not lost because somebody wanted ro.
 */
static int add_remount(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const char *destination, const struct corc_mount_options *options)
{
	struct corc_builder *builder = &compiler->builder;
	struct corc_op *op =
		corc_builder_op(builder, CORC_OP_REMOUNT, corc_source(mount->node, NULL));
	const char **items = corc_arena_array(
		compiler->arena, options->data.count + 1, sizeof(*options->data.items));
	size_t count = 0;

	if (!items)
		return corc_fail_errno(compiler->error, ENOMEM, "compile the mounts");
	for (; count < options->data.count && !options->is_bind; count++)
		items[count] = options->data.items[count];
	op->remount.attr_set = options->attr_set;
	if (is_late(mount, destination))
		op->remount.attr_set =
			defer_readonly(compiler, mount, destination, options->attr_set);
	else if (!options->is_bind && (options->attr_set & MOUNT_ATTR_RDONLY))
		items[count++] = "ro";
	if (!options->is_bind && (options->attr_clear & MOUNT_ATTR_RDONLY))
		items[count++] = "rw";
	op->remount.destination = corc_builder_string(builder, destination);
	op->remount.data = corc_builder_list(builder, items, count);
	op->remount.attr_clear = options->attr_clear;
	op->remount.recursive_attr_set = options->recursive_attr_set;
	op->remount.recursive_attr_clear = options->recursive_attr_clear;
	op->remount.propagation = options->propagation;
	if (options->propagation_recursive)
		op->remount.propagation |= MS_REC;
	op->remount.flags = destination_flags(destination) | extension_flags(options);
	return 0;
}

/* What the kernel makes from the namespaces of who asks has no ids to be mapped. */
static int check_mappable(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const struct corc_mount_options *options)
{
	static const char *const types[] = {
		"proc", "sysfs", "mqueue", "devpts", "cgroup", "cgroup2", "binder", "securityfs"};
	struct corc_op_source source = corc_source(mount->node, NULL);

	if (options->extensions & CORC_MOUNT_OPTION_REMOUNT)
		return corc_refuse(
			compiler, source, "the ids of a mount that is there cannot be mapped");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !options->is_bind; i++)
		if (is_type(mount, types[i]))
			return corc_refuse(compiler, source,
				"file systems of type %s cannot be idmapped", types[i]);
	return 0;
}

static int add_mount(struct corc_compiler *compiler, const struct corc_spec_mount *mount)
{
	const char *destination = corc_path_clean(compiler->arena, mount->destination);
	struct corc_mount_options options;
	struct corc_plan_idmap idmap = {0};
	int r;

	if (!destination)
		return corc_fail_errno(compiler->error, ENOMEM, "compile the mounts");
	r = read_options(compiler, mount, &options);
	if (r == 0)
		r = check_destination(compiler, mount, destination, options.is_bind);
	if (r == 0)
		r = corc_compile_idmap(compiler, mount, &options, &idmap);
	if (r == 0 && idmap.uid_map)
		r = check_mappable(compiler, mount, &options);
	if (r < 0)
		return r;
	if (!(options.extensions & CORC_MOUNT_OPTION_REMOUNT) ||
		(options.attr_clear & MOUNT_ATTR_RDONLY))
		forget_readonly(compiler, destination);
	if (options.extensions & CORC_MOUNT_OPTION_REMOUNT)
		return add_remount(compiler, mount, destination, &options);
	if (options.is_bind && strcmp(destination, "/dev") == 0)
		compiler->keeps_dev = true;
	if (options.is_bind)
		return add_bind_mount(compiler, mount, destination, &options, &idmap);
	if (!mount->type)
		return corc_refuse(compiler, corc_source(mount->node, "type"),
			"a mount without \"bind\" or \"rbind\" among its options needs a type");
	if (idmap.uid_map)
		return add_mapped_filesystem(compiler, mount, destination, &options, &idmap);
	if (is_type(mount, "cgroup") || is_type(mount, "cgroup2"))
		corc_add_placement(compiler);
	if (is_type(mount, "cgroup"))
		return corc_add_cgroup_mount(compiler, mount, destination, &options);
	return add_filesystem(compiler, mount, destination, &options);
}

int corc_add_mounts(struct corc_compiler *compiler)
{
	const struct corc_spec_mounts *mounts = &compiler->spec->mounts;

	compiler->late = corc_arena_array(compiler->arena, mounts->count, sizeof(*compiler->late));
	if (!compiler->late)
		return corc_fail_errno(compiler->error, ENOMEM, "compile the mounts");
	for (size_t i = 0; i < mounts->count; i++) {
		int r = add_mount(compiler, &mounts->items[i]);

		if (!corc_goes_on(compiler, r))
			return r;
	}
	corc_add_placement(compiler);
	return 0;
}

void corc_add_late_readonly(struct corc_compiler *compiler)
{
	for (size_t i = 0; i < compiler->late_count; i++)
		corc_add_path(compiler, CORC_OP_MOUNT_READONLY,
			corc_source(compiler->late[i].node, "options"),
			compiler->late[i].destination);
}
