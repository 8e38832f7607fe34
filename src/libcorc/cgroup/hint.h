/* SPDX-License-Identifier: Apache-2.0 */
/* What a cgroup knows about a failure that looks like something else. Layer: cgroup. */
#ifndef CORC_CGROUP_HINT_H
#define CORC_CGROUP_HINT_H

#include "base/error.h"
#include "cgroup/cgroup.h"

/*
 * A process was killed: was it for lack of memory? Then the error gets a hint with the limit and
 * the usage. ref may be NULL. Returns -error->code.
 */
int corc_cgroup_hint_killed(const struct corc_cgroup_ref *ref, struct corc_error *error);

/*
 * A process could not be born (EAGAIN): was it for a limit of processes, of the cgroup or of one
 * above? Then the error gets a hint with the cgroup, its limit and their number. Returns
 * -error->code.
 */
int corc_cgroup_hint_full(const struct corc_cgroup_ref *ref, struct corc_error *error);

#endif
