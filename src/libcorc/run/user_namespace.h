/* SPDX-License-Identifier: Apache-2.0 */
/*
 * User namespaces without a process of a container in them. Layer: run; the parent process. A child
 * of the caller is in the namespace for as long as the function runs.
 */
#ifndef CORC_RUN_USER_NAMESPACE_H
#define CORC_RUN_USER_NAMESPACE_H

#include "base/arena.h"
#include "base/error.h"
#include "spec/spec.h"

/*
 * An fd, CLOEXEC, of a new user namespace with these texts in its uid_map and gid_map
 * (user_namespaces(7)). Fails with EPERM where the caller may not map the ids.
 */
int corc_user_namespace_new(const char *uid_map, const char *gid_map, struct corc_error *error);

/*
 * The mappings of the user namespace that the fd is of, as the caller's user namespace sees them;
 * negative: those of the caller's own.
 * They are in the arena; their nodes are 0.
 */
int corc_user_namespace_mappings(int fd, struct corc_arena *arena,
	struct corc_spec_id_mappings *ret_uids, struct corc_spec_id_mappings *ret_gids,
	struct corc_error *error);

#endif
