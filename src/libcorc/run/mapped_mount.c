/* SPDX-License-Identifier: Apache-2.0 */
/* Idmapped mounts. Layer: run; the parent process. */
#include "run/mapped_mount.h"

#include "sys/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "run/user_namespace.h"

#define MOUNTINFO_MAX ((size_t)64 * 1024 * 1024)
#define TYPE_MAX 64

int corc_mapped_filesystem_make(const struct corc_plan_bind *bind, struct corc_error *error)
{
	int CORC_CLOSE context = corc_fsopen(bind->fstype);
	int r = 0;

	if (context < 0)
		return corc_fail_errno(error, -context, "file system type");
	if (bind->path)
		r = corc_fsconfig(context, "source", bind->path);
	if (r < 0)
		return corc_fail_errno(error, -r, "source %s", bind->path);
	for (size_t i = 0; i < bind->data.count; i++) {
		r = corc_fsconfig_option(context, bind->data.items[i]);
		if (r < 0)
			return corc_fail_errno(error, -r, "option \"%s\"", bind->data.items[i]);
	}
	int fd = corc_fsmount(context, 0);

	return fd < 0 ? corc_fail_errno(error, -fd, "new file system") : fd;
}

/* Of a line "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS … - TYPE SOURCE SUPEROPTIONS". */
static bool read_type(const char *line, uint64_t id, char type[TYPE_MAX])
{
	const char *end = strchr(line, ' ');
	const char *separator = strstr(line, " - ");
	uint64_t found;

	if (!end || !separator)
		return false;
	if (corc_parse_u64(line, (size_t)(end - line), UINT64_MAX, &found) < 0 || found != id)
		return false;
	(void)snprintf(type, TYPE_MAX, "%.*s", (int)strcspn(separator + 3, " "), separator + 3);
	return true;
}

/* The type of the file system that the source of a bind mount is on; "" when it is not known. */
static void find_type(const struct corc_plan_bind *bind, char type[TYPE_MAX])
{
	int CORC_CLOSE fd =
		open(bind->path, O_PATH | O_CLOEXEC | (bind->nofollow ? O_NOFOLLOW : 0));
	char CORC_FREE *mountinfo = NULL;
	char *rest, *line;
	size_t length;
	uint64_t id;

	type[0] = '\0';
	if (fd < 0 || corc_mount_id(fd, &id) < 0 ||
		corc_read_file(
			AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &mountinfo, &length) < 0)
		return;
	rest = mountinfo;
	while ((line = strsep(&rest, "\n")))
		if (read_type(line, id, type))
			return;
}

static int fail_mapping(const struct corc_plan_bind *bind, int r, struct corc_error *error)
{
	char type[TYPE_MAX];

	if (r != -EINVAL)
		return corc_fail_errno(error, -r, "idmap");
	if (bind->fstype)
		(void)snprintf(type, sizeof(type), "%s", bind->fstype);
	else
		find_type(bind, type);
	return corc_fail_errno(error, EINVAL,
		"idmap: the kernel cannot map ids of the file system %s%s", type,
		bind->idmap.recursive ? " or of one mounted below it" : "");
}

int corc_mapped_mount_map(const struct corc_plan_bind *bind, int mount_fd, struct corc_error *error)
{
	int CORC_CLOSE namespace =
		corc_user_namespace_new(bind->idmap.uid_map, bind->idmap.gid_map, error);

	if (namespace < 0)
		return corc_error_prefix(error, "idmap");
	int r = corc_mount_idmap(mount_fd, bind->idmap.recursive, namespace);

	return r < 0 ? fail_mapping(bind, r, error) : 0;
}
