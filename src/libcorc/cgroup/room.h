/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a cgroup has room for one more process. Layer: cgroup; the parent process only. */
#ifndef CORC_CGROUP_ROOM_H
#define CORC_CGROUP_ROOM_H

#include <stdbool.h>

/*
 * Whether what a process needs until it executes its program may be more than the memory that this
 * v2 directory has left. It is only likely: others take memory at the same time.
 */
bool corc_cgroup_lacks_memory(int directory_fd);

#endif
