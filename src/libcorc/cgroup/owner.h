/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the caller is outside of its user namespace. Layer: cgroup; the parent process only.
 *
 * A bus knows its callers by the user id that the kernel tells it, and wants to be told the same
 * one; libdbus tells the one that the process has for itself. Within a user namespace those differ.
 */
#ifndef CORC_CGROUP_OWNER_H
#define CORC_CGROUP_OWNER_H

#include <sys/types.h>

#include "base/error.h"

/* The caller's user id as the user namespace above has it; where there is none above, its own. */
uid_t corc_owner_uid(void);

/*
 * Calls function(argument) where the caller's own user id is that one. Returns 0 when it was
 * called, whatever it did.
 */
int corc_as_owner(void (*function)(void *argument), void *argument, struct corc_error *error);

#endif
