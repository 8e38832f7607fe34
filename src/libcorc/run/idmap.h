/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the id mappings of a new user namespace. Layer: run; the parent process. */
#ifndef CORC_RUN_IDMAP_H
#define CORC_RUN_IDMAP_H

#include <sys/types.h>

#include "plan/compile.h"

/* The process is a child of ours that waits; user_namespaces(7). */
int corc_idmap_write(pid_t pid, const struct corc_plan *plan, struct corc_error *error);

#endif
