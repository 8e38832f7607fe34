/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bind mounts and idmapped file systems: opened or made in the host and finished there, the stage
 * only attaches them.
 * Layer: run; the parent process.
 */
#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "run/closed.h"
#include "run/conductor.h"
#include "run/locked_flags.h"
#include "run/mapped_mount.h"
#include "sys/message.h"

/* Puts the mount that it is about, its place and the step to an error. */
static int complete(const struct corc_json_document *document, const struct corc_plan_bind *bind,
	struct corc_error *error)
{
	uint32_t node =
		corc_json_find(document, bind->source.node, bind->source.key, bind->source.index);

	(void)corc_error_prefix(error, "%s %s on %s", bind->fstype ? "mount" : "bind",
		bind->fstype ? bind->fstype : bind->path, bind->destination);
	corc_json_origin(document, node, &error->origin);
	return corc_error_step(error, CORC_STEP_MOUNTS);
}

static int fail_bind(const struct corc_json_document *document, const struct corc_plan_bind *bind,
	int r, const char *what, struct corc_error *error)
{
	(void)corc_fail_errno(error, -r, "%s", what);
	return complete(document, bind, error);
}

static int check_device(const struct corc_json_document *document,
	const struct corc_plan_bind *bind, int fd, struct corc_error *error)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return fail_bind(document, bind, -errno, "source", error);
	if ((status.st_mode & S_IFMT) != (bind->mode & S_IFMT) ||
		status.st_rdev != makedev(bind->major, bind->minor)) {
		(void)fail_bind(document, bind, -ENODEV, "source is another device", error);
		return corc_error_hint(error, "wanted %u:%u, there is %u:%u", bind->major,
			bind->minor, major(status.st_rdev), minor(status.st_rdev));
	}
	return 0;
}

/* Only a procfs may stand in the place of the procfs. */
static int check_proc(const struct corc_json_document *document, const struct corc_plan_bind *bind,
	int fd, struct corc_error *error)
{
	struct statfs status;

	if (!bind->must_be_proc)
		return 0;
	if (fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC)
		return 0;
	uint32_t node =
		corc_json_find(document, bind->source.node, bind->source.key, bind->source.index);

	(void)corc_fail(error, EINVAL, "\"%s\" cannot be mounted because it is not of type proc",
		bind->destination);
	corc_json_origin(document, node, &error->origin);
	return corc_error_step(error, CORC_STEP_MOUNTS);
}

/*
 * A clone keeps the propagation of the host's mount. It gets that of the container's tree first, so
 * that nothing mounted inside appears on the host unless the configuration says so.
 */
static int finish(const struct corc_plan_bind *bind, int fd)
{
	int r = 0;

	if (bind->tree_propagation)
		r = corc_mount_setattr(
			fd, bind->recursive, 0, 0, bind->tree_propagation & ~(uint64_t)MS_REC);
	if (r == 0 && (bind->recursive_attr_set || bind->recursive_attr_clear))
		r = corc_mount_setattr(
			fd, 1, bind->recursive_attr_set, bind->recursive_attr_clear, 0);
	if (r == 0 && (bind->attr_set || bind->attr_clear))
		r = corc_mount_setattr(fd, 0, bind->attr_set, bind->attr_clear, 0);
	if (r == 0 && bind->propagation)
		r = corc_mount_setattr(fd, bind->propagation_recursive, 0, 0,
			bind->propagation & ~(uint64_t)MS_REC);
	return r;
}

static int check_locked(const struct corc_json_document *document,
	const struct corc_plan_bind *bind, struct corc_error *error)
{
	const char *word = NULL;
	char what[128];
	int r = corc_locked_flags_check(bind, &word);

	if (r == 0)
		return 0;
	if (!word)
		return fail_bind(document, bind, r, "source", error);
	(void)snprintf(what, sizeof(what),
		"mount options: the source is mounted %s, which stays so in a user namespace",
		word);
	return fail_bind(document, bind, r, what, error);
}

static int open_source(const struct corc_json_document *document, const struct corc_plan_bind *bind,
	struct corc_error *error)
{
	int fd;

	if (bind->fstype) {
		fd = corc_mapped_filesystem_make(bind, error);
		return fd < 0 ? complete(document, bind, error) : fd;
	}
	fd = corc_open_tree_clone(AT_FDCWD, bind->path,
		(bind->recursive ? AT_RECURSIVE : 0) | (bind->nofollow ? AT_SYMLINK_NOFOLLOW : 0));
	if (fd == -ENOENT)
		return fail_bind(document, bind, fd, "source does not exist", error);
	return fd < 0 ? fail_bind(document, bind, fd, "source", error) : fd;
}

static int map_ids(const struct corc_json_document *document, const struct corc_plan_bind *bind,
	int fd, struct corc_error *error)
{
	if (!bind->idmap.uid_map || corc_mapped_mount_map(bind, fd, error) == 0)
		return 0;
	return complete(document, bind, error);
}

int corc_bind_open(const struct corc_json_document *document, const struct corc_plan_bind *bind,
	struct corc_error *error)
{
	int CORC_CLOSE fd = open_source(document, bind, error);
	int r;

	if (fd < 0)
		return fd;
	if (bind->is_device) {
		r = check_device(document, bind, fd, error);
		if (r < 0)
			return r;
	}
	r = check_proc(document, bind, fd, error);
	if (r == 0)
		r = check_locked(document, bind, error);
	if (r < 0)
		return r;
	r = map_ids(document, bind, fd, error);
	if (r < 0)
		return r;
	r = finish(bind, fd);
	if (r < 0)
		return fail_bind(document, bind, r, "mount options", error);
	return corc_take_fd(&fd);
}

struct batch {
	struct corc_conductor *conductor;
	struct corc_error *error;
	int fds[CORC_MOUNT_BATCH];
	size_t count;
	int result;
};

static void open_batch(void *argument)
{
	struct batch *batch = argument;
	struct corc_conductor *conductor = batch->conductor;
	const struct corc_plan *plan = conductor->plan;

	while (batch->count < CORC_MOUNT_BATCH && conductor->next_bind < plan->bind_count) {
		int fd = corc_bind_open(
			conductor->document, &plan->binds[conductor->next_bind], batch->error);

		if (fd < 0) {
			batch->result = fd;
			(void)corc_closed_find(plan->binds[conductor->next_bind].path,
				conductor->inside.is_open ? plan->uid_map : NULL, batch->error);
			return;
		}
		conductor->next_bind++;
		batch->fds[batch->count++] = fd;
	}
}

int corc_binds_send(struct corc_conductor *conductor, struct corc_error *error)
{
	struct batch batch = {.conductor = conductor, .error = error};
	int r = 0;

	if (conductor->inside.is_open)
		r = corc_inside_call(&conductor->inside, open_batch, &batch, error);
	else
		open_batch(&batch);
	if (r == 0)
		r = batch.result;
	if (r == 0 && batch.count == 0)
		r = corc_fail(error, EPROTO, "the stage asked for a bind mount too many");
	if (r == 0) {
		struct corc_message message = {.type = CORC_MESSAGE_MOUNTS, .value = batch.count};

		r = corc_send_fds(conductor->stage.channel, &message, sizeof(message), batch.fds,
			batch.count);
		if (r < 0)
			r = corc_fail_errno(error, -r, "sending bind mounts to the stage");
	}
	for (size_t i = 0; i < batch.count; i++)
		corc_close_(batch.fds[i]);
	return r;
}
