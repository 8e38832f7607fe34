/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts of a process, proc_pid_mountinfo(5). Layer: checkpoint; the parent process. */
#ifndef CORC_CHECKPOINT_MOUNTINFO_H
#define CORC_CHECKPOINT_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"

struct corc_mount {
	uint64_t id;
	const char *point; /* as it is, the escapes of the file taken back */
};

struct corc_mountinfo {
	struct corc_mount *items;
	size_t count, capacity;
};

int corc_mountinfo_read(struct corc_arena *arena, pid_t pid, struct corc_mountinfo *ret_info,
	struct corc_error *error);

/* The same for the text of the file, which is changed. -EBADMSG, -ENOMEM. */
int corc_mountinfo_parse(struct corc_arena *arena, char *text, struct corc_mountinfo *ret_info);

/* NULL: there is none of that number. */
const struct corc_mount *corc_mountinfo_find(const struct corc_mountinfo *info, uint64_t id);

/* For messages: what is not printable as "?". */
const char *corc_mount_printable(struct corc_arena *arena, const char *point);

#endif
