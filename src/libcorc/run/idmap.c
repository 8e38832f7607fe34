/* SPDX-License-Identifier: Apache-2.0 */
/* Id mappings. Layer: run; the parent process. */
#include "run/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"

static int write_one(int directory, const char *file, const char *text, struct corc_error *error)
{
	int r = corc_write_existing(directory, file, text, strlen(text));

	if (r == 0)
		return 0;
	(void)corc_fail_errno(error, -r, "writing %s of the user namespace", file);
	if (r == -EPERM)
		(void)corc_error_hint(
			error, "the caller may not map these ids; mapped were: %.180s", text);
	return corc_error_step(error, CORC_STEP_NAMESPACES);
}

int corc_idmap_write(pid_t pid, const struct corc_plan *plan, struct corc_error *error)
{
	char path[32];
	int r = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	int CORC_CLOSE directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return corc_fail_errno(error, errno, "%s", path);
	/* An unprivileged writer of gid_map has to give up setgroups first. */
	if (plan->deny_setgroups)
		r = write_one(directory, "setgroups", "deny", error);
	if (r == 0)
		r = write_one(directory, "uid_map", plan->uid_map, error);
	if (r == 0)
		r = write_one(directory, "gid_map", plan->gid_map, error);
	return r;
}
