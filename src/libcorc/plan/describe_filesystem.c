/* SPDX-License-Identifier: Apache-2.0 */
/* The ops that make the container's files, in words. Layer: plan; the parent process only. */
#include <string.h>
#include <sys/stat.h>

#include "plan/describe.h"
#include "plan/mount_options.h"

static void put_propagation(const struct corc_description *to, uint64_t flags)
{
	const char *name = corc_propagation_name(flags);

	corc_describe_put(to, name ? name : "unknown");
}

void corc_describe_propagation(const struct corc_description *to)
{
	corc_describe_put(to, "make / ");
	put_propagation(to, to->op->propagation.flags);
}

void corc_describe_rootfs(const struct corc_description *to)
{
	corc_describe_put(to, "root file system ");
	corc_describe_ref(to, to->op->rootfs.path);
	if (to->op->rootfs.in_place)
		corc_describe_put(to, ", mounted there in the host's mount namespace");
	if (!to->op->rootfs.propagation)
		return;
	corc_describe_put(to, " (");
	put_propagation(to, to->op->rootfs.propagation);
	corc_describe_put(to, ")");
}

static void put_option(struct corc_buffer *options, const char *text)
{
	corc_buffer_puts(options, options->length ? "," : "");
	corc_describe_escaped(options, text);
}

static void put_propagation_option(uint64_t flags, struct corc_buffer *options)
{
	const char *name = corc_propagation_name(flags);

	put_option(options, name ? name : "unknown");
}

static void put_data(
	const struct corc_description *to, struct corc_ref list, struct corc_buffer *options)
{
	const char *data = corc_plan_data(to->plan, list);

	for (const char *at = data; at < data + list.length; at += strlen(at) + 1)
		put_option(options, at);
}

static void put_options(const struct corc_description *to, const struct corc_buffer *options)
{
	if (options->length)
		corc_buffer_printf(to->buffer, " (%s)", options->data);
	to->buffer->failed |= options->failed;
}

/* The source of a file system may be any word; one with a slash names something. */
static void put_source(const struct corc_description *to, struct corc_ref source)
{
	if (!strchr(corc_plan_data(to->plan, source), '/'))
		return;
	corc_describe_put(to, " ");
	corc_describe_ref(to, source);
}

void corc_describe_mount(const struct corc_description *to)
{
	const struct corc_op_mount *mount = &to->op->mount;
	struct corc_buffer CORC_BUFFER options = {0};

	corc_describe_put(to, "mount ");
	corc_describe_ref(to, mount->fstype);
	put_source(to, mount->source);
	corc_describe_put(to, " on ");
	corc_describe_ref(to, mount->destination);
	corc_mount_attributes_put(mount->attr_set, &options);
	if (mount->propagation)
		put_propagation_option(mount->propagation, &options);
	if (mount->flags & CORC_MOUNT_COPY_UP)
		put_option(&options, "tmpcopyup");
	put_data(to, mount->data, &options);
	if (mount->label.length) {
		put_option(&options, "label=");
		corc_describe_escaped(&options, corc_plan_data(to->plan, mount->label));
	}
	put_options(to, &options);
}

void corc_describe_remount(const struct corc_description *to)
{
	const struct corc_op_remount *remount = &to->op->remount;
	struct corc_buffer CORC_BUFFER options = {0};

	corc_describe_put(to, "remount ");
	corc_describe_ref(to, remount->destination);
	corc_mount_attributes_put(remount->attr_set | remount->recursive_attr_set, &options);
	if (remount->propagation)
		put_propagation_option(remount->propagation, &options);
	put_data(to, remount->data, &options);
	put_options(to, &options);
}

void corc_describe_attach(const struct corc_description *to)
{
	bool is_bind = to->op->attach.fstype.length == 0;

	corc_describe_put(to, is_bind ? "bind " : "mount ");
	corc_describe_ref(to, is_bind ? to->op->attach.source : to->op->attach.fstype);
	if (!is_bind)
		put_source(to, to->op->attach.source);
	corc_describe_put(to, " on ");
	corc_describe_ref(to, to->op->attach.destination);
	if (!to->op->attach.options.length)
		return;
	corc_describe_put(to, " (");
	corc_describe_ref(to, to->op->attach.options);
	corc_describe_put(to, ")");
}

static void put_with_path(const struct corc_description *to, const char *before, const char *after)
{
	corc_describe_put(to, before);
	corc_describe_ref(to, to->op->path.path);
	corc_describe_put(to, after);
}

void corc_describe_mount_readonly(const struct corc_description *to)
{
	put_with_path(to, "make mount ", " read-only");
}

void corc_describe_unmount(const struct corc_description *to)
{
	put_with_path(to, "unmount ", "");
}

void corc_describe_device(const struct corc_description *to)
{
	const struct corc_op_device *device = &to->op->device;

	corc_describe_put(to, "device ");
	corc_describe_ref(to, device->path);
	if (S_ISFIFO(device->mode))
		corc_describe_put(to, " (p");
	else
		corc_buffer_printf(to->buffer, " (%c %u:%u", S_ISBLK(device->mode) ? 'b' : 'c',
			device->major, device->minor);
	corc_buffer_printf(to->buffer, ", mode %04o", device->mode & 07777);
	if (device->uid || device->gid)
		corc_buffer_printf(to->buffer, ", owner %u:%u", device->uid, device->gid);
	corc_describe_put(to, ")");
}

void corc_describe_symlink(const struct corc_description *to)
{
	corc_describe_put(to, "link ");
	corc_describe_ref(to, to->op->symlink.path);
	corc_describe_put(to, " to ");
	corc_describe_ref(to, to->op->symlink.target);
}

void corc_describe_mask(const struct corc_description *to)
{
	corc_describe_put(to, "mask ");
	corc_describe_ref(to, to->op->mask.path);
	if (!to->op->mask.context.length)
		return;
	corc_describe_put(to, " (");
	corc_describe_ref(to, to->op->mask.context);
	corc_describe_put(to, ")");
}

void corc_describe_readonly(const struct corc_description *to)
{
	put_with_path(to, "make ", " read-only");
}

void corc_describe_chroot(const struct corc_description *to)
{
	put_with_path(to, "change root to ", "");
}

void corc_describe_make_cwd(const struct corc_description *to)
{
	put_with_path(to, "make cwd (\"", "\")");
}
