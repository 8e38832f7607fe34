/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes and links in /dev. Layer: plan; the parent process only.
 *
 * In a user namespace nobody may make device nodes, so the host's are bound there.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "plan/compiler.h"

/* One node, of the configuration or of the specification's own list. */
struct node {
	const char *path;
	uint32_t mode; /* with its type */
	uint32_t major, minor, uid, gid;
};

#define DEVICE(path, major, minor)                       \
	{                                                \
		path, S_IFCHR | 0666, major, minor, 0, 0 \
	}

/* In every container: config-linux.md, "Default Devices". */
static const struct node default_nodes[] = {
	DEVICE("/dev/null", 1, 3),
	DEVICE("/dev/zero", 1, 5),
	DEVICE("/dev/full", 1, 7),
	DEVICE("/dev/random", 1, 8),
	DEVICE("/dev/urandom", 1, 9),
	DEVICE("/dev/tty", 5, 0),
};

static const struct {
	const char *path, *target;
} links[] = {
	{"/dev/fd", "/proc/self/fd"},
	{"/dev/stdin", "/proc/self/fd/0"},
	{"/dev/stdout", "/proc/self/fd/1"},
	{"/dev/stderr", "/proc/self/fd/2"},
	{"/dev/ptmx", "pts/ptmx"},
};

static const uint32_t node_types[] = {
	[CORC_DEVICE_CHAR] = S_IFCHR,
	[CORC_DEVICE_BLOCK] = S_IFBLK,
	[CORC_DEVICE_FIFO] = S_IFIFO,
	[CORC_DEVICE_ALL] = 0,
};

static bool binds_devices(const struct corc_compiler *compiler)
{
	return !compiler->host->makes_devices || corc_has_namespace(compiler, CORC_NAMESPACE_USER);
}

static void bind_node(
	struct corc_compiler *compiler, struct corc_op_source source, const struct node *node)
{
	struct corc_plan_bind *bind =
		corc_add_bind(compiler, source, node->path, node->path, "bind");

	bind->is_device = true;
	bind->mode = node->mode;
	bind->major = node->major;
	bind->minor = node->minor;
}

static void add_node(
	struct corc_compiler *compiler, struct corc_op_source source, const struct node *node)
{
	struct corc_op *op;

	if (!S_ISFIFO(node->mode) && binds_devices(compiler)) {
		bind_node(compiler, source, node);
		return;
	}
	op = corc_builder_op(&compiler->builder, CORC_OP_DEVICE, source);
	op->device.path = corc_builder_string(&compiler->builder, node->path);
	op->device.mode = node->mode;
	op->device.major = node->major;
	op->device.minor = node->minor;
	op->device.uid = node->uid;
	op->device.gid = node->gid;
}

/* Whether one of the first `count` devices of the configuration is there. */
static bool is_configured(const struct corc_compiler *compiler, const char *path, size_t count)
{
	const struct corc_spec_devices *devices = &compiler->spec->linux_.devices;

	for (size_t i = 0; i < count; i++)
		if (strcmp(devices->items[i].path, path) == 0)
			return true;
	return false;
}

static void add_configured(struct corc_compiler *compiler, const struct corc_spec_device *device)
{
	struct node node = {
		.path = corc_path_clean(compiler->arena, device->path),
		.mode = node_types[device->type] | (device->file_mode ? *device->file_mode : 0666),
		.major = device->major ? (uint32_t)*device->major : 0,
		.minor = device->minor ? (uint32_t)*device->minor : 0,
		.uid = device->uid ? *device->uid : 0,
		.gid = device->gid ? *device->gid : 0,
	};

	if (!node.path) {
		compiler->builder.code = ENOMEM;
		return;
	}
	/* The multiplexer is that of the container's own devpts. */
	if (strcmp(node.path, "/dev/ptmx") == 0)
		return;
	add_node(compiler, corc_source(device->node, NULL), &node);
}

static void add_link(struct corc_compiler *compiler, const char *path, const char *target)
{
	struct corc_op *op = corc_builder_op(&compiler->builder, CORC_OP_SYMLINK,
		corc_source(compiler->spec->linux_.node, "devices"));

	op->symlink.path = corc_builder_string(&compiler->builder, path);
	op->symlink.target = corc_builder_string(&compiler->builder, target);
}

void corc_add_devices(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	const struct corc_spec_devices *devices = &linux_->devices;

	if (compiler->keeps_dev)
		return;
	for (size_t i = 0; i < sizeof(default_nodes) / sizeof(default_nodes[0]); i++)
		if (!is_configured(compiler, default_nodes[i].path, devices->count))
			add_node(compiler, corc_source(linux_->node, "devices"), &default_nodes[i]);
	/* Clients name a device twice: with all of the host's, and by itself. The first counts. */
	for (size_t i = 0; i < devices->count; i++)
		if (!is_configured(compiler, devices->items[i].path, i))
			add_configured(compiler, &devices->items[i]);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		add_link(compiler, links[i].path, links[i].target);
	if (compiler->host->has_kcore)
		add_link(compiler, "/dev/core", "/proc/kcore");
}
