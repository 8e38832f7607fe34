/* SPDX-License-Identifier: Apache-2.0 */
/* Flags of the host's mounts that a container in a user namespace keeps. Layer: run. */
#ifndef CORC_RUN_LOCKED_FLAGS_H
#define CORC_RUN_LOCKED_FLAGS_H

#include "plan/compile.h"

/*
 * Whether the options of a bind mount ask by name for something that a flag of its source forbids:
 * rw of what is read-only, suid of nosuid, another atime. The kernel refuses that to whoever mounts
 * in a user namespace; the parent, which has the privileges, does as the kernel would.
 *
 * Returns 0, or a negative errno; -EPERM: *ret_word is the flag of the source ("nosuid").
 */
int corc_locked_flags_check(const struct corc_plan_bind *bind, const char **ret_word);

/*
 * The same for the text of a /proc/self/mountinfo, which is changed. id: that of the source's
 * mount; path: where the source is; mounts below it count when the options are recursive.
 */
int corc_locked_flags_find(const struct corc_plan_bind *bind, char *mountinfo, uint64_t id,
	const char *path, const char **ret_word);

#endif
