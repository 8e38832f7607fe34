/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the facts of plan/host.h from the kernel. Layer: run; the parent process. */
#ifndef CORC_RUN_HOST_H
#define CORC_RUN_HOST_H

#include "plan/host.h"
#include "run/runtime.h"

/* The facts and the fds of joined namespaces, which go to the stage. */
struct corc_host_view {
	struct corc_host host;
	int namespace_fds[CORC_NAMESPACE_COUNT]; /* by slot - CORC_SLOT_FIRST_NAMESPACE */
	uint32_t namespace_count;
};

/*
 * Opens the namespaces that the configuration joins and checks their types. Errors have their
 * origin in spec. close with corc_host_close also after a failure.
 */
int corc_host_read(struct corc_runtime *runtime, struct corc_arena *arena,
	const struct corc_spec *spec, struct corc_host_view *ret_view, struct corc_error *error);

/*
 * Whether a new network namespace is made beside the preparations (run/network.h) and then joined.
 * One that belongs to a user namespace of the container's is made by the stage.
 */
bool corc_host_makes_network_ahead(const struct corc_spec *spec);

void corc_host_close(struct corc_host_view *view);

#endif
