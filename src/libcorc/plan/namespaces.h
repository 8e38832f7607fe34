/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The eight namespaces: names of the specification and of the kernel. Layer: plan; the parent
 * process only.
 */
#ifndef CORC_PLAN_NAMESPACES_H
#define CORC_PLAN_NAMESPACES_H

#include <stdint.h>

#include "base/buffer.h"
#include "spec/spec.h"

struct corc_namespace_name {
	const char *name; /* "network" */
	const char *file; /* in /proc/PID/ns: "net" */
	uint64_t flag;    /* CLONE_NEWNET */
};

/* Indexed by enum corc_namespace_type. */
extern const struct corc_namespace_name corc_namespaces[CORC_NAMESPACE_COUNT];

/* "pid,network,mount" for CLONE_NEW* flags. */
void corc_namespaces_put(uint64_t flags, struct corc_buffer *buffer);

#endif
