/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle, loaded and compiled: the first half of create, run and plan. Layer: run; the parent
 * process. Nothing is created.
 */
#ifndef CORC_RUN_BUNDLE_H
#define CORC_RUN_BUNDLE_H

#include "plan/compile.h"
#include "run/host.h"
#include "run/network.h"
#include "run/runtime.h"
#include "run/seccomp_cache.h"

struct corc_bundle {
	struct corc_arena arena;
	const char *path;   /* absolute */
	const char *config; /* name of the configuration */
	const char *rootfs; /* absolute */
	char *text;         /* config.json as it is */
	size_t text_length;
	struct corc_spec *spec;
	struct corc_host_view view;
	struct corc_cgroup_plan *cgroup;
	struct corc_plan *plan;
	struct corc_seccomp_cache filters;
	struct corc_compile_input input;
	struct corc_network network; /* begun only when it has a stack */
};

#define CORC_BUNDLE_EMPTY                     \
	{                                     \
		.network = CORC_NETWORK_EMPTY \
	}

/*
 * The first part: path, config, text. `path` and `config` as in struct corc_create_options. Empty
 * before. corc_bundle_done also after a failure.
 */
int corc_bundle_read(const char *path, const char *config, struct corc_bundle *ret_bundle,
	struct corc_error *error);

/* All of it, likewise. */
int corc_bundle_load(struct corc_runtime *runtime, const char *id,
	const struct corc_create_options *options, struct corc_bundle *ret_bundle,
	struct corc_error *error);

/* Compiles it once more, for a container that has no cgroup of its own. */
int corc_bundle_without_cgroup(struct corc_bundle *bundle, struct corc_error *error);

void corc_bundle_done(struct corc_bundle *bundle);

#endif
