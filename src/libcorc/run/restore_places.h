/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container gets from the host when it is restored, opened before anything is made and given
 * to CRIU by names and numbers of ours. Layer: run; the parent process.
 */
#ifndef CORC_RUN_RESTORE_PLACES_H
#define CORC_RUN_RESTORE_PLACES_H

#include "cgroup/cgroup.h"
#include "checkpoint/external.h"
#include "run/bundle.h"

/* Where the root file system is for CRIU. */
#define CORC_RESTORE_ROOT CORC_CRIU_STAGING "/root"

struct corc_restore_places {
	struct corc_criu_place *items; /* the root first, then the binds of the plan in order */
	size_t count, capacity;
	int fds[CORC_CRIU_FDS_MAX]; /* for CRIU: the three standard streams, joined namespaces */
	size_t fd_count;
	struct corc_criu_inherit inherited[CORC_CRIU_FDS_MAX];
	size_t inherited_count;
	int *cgroup_namespace;      /* on v2; NULL: made by way of the next */
	int *cgroups, *own_cgroups; /* cgroup.procs of the container's and of ours */
	size_t cgroup_count;
	struct corc_arena arena;
};

/*
 * Opens the root file system and makes mount points that are missing in it, opens bind sources and
 * joined namespaces, and puts all of it into the request. `places` is all zero before; close it
 * also after a failure. Errors have their origin in the configuration.
 */
int corc_restore_places_open(struct corc_bundle *bundle, const struct corc_streams *streams,
	struct corc_restore_places *places, struct corc_criu_request *request,
	struct corc_error *error);

/*
 * The working folder of CRIU once more, as a mount that will be in the namespace where CRIU
 * restores: it mounts cgroups below that. *ret_fd is of `places`.
 */
int corc_restore_work(
	struct corc_restore_places *places, int work, int *ret_fd, struct corc_error *error);

/* For mounts of the container's cgroup: its directories, which are there now. */
int corc_restore_cgroup_mount(struct corc_bundle *bundle, const struct corc_cgroup_ref *ref,
	struct corc_restore_places *places, struct corc_criu_request *request,
	struct corc_error *error);

/*
 * For a cgroup namespace: that for CRIU, or where v1 is the cgroups that CRIU passes through when
 * it is started.
 */
int corc_restore_cgroups_open(struct corc_restore_places *places, const struct corc_cgroup_ref *ref,
	struct corc_criu_launch *launch, struct corc_error *error);

/* When CRIU restores cgroups: that they go below the container's, and by which mount. */
int corc_restore_cgroup_roots(const struct corc_restore_options *options,
	struct corc_bundle *bundle, struct corc_restore_places *places,
	struct corc_criu_request *request, struct corc_error *error);

void corc_restore_places_close(struct corc_restore_places *places);

#endif
