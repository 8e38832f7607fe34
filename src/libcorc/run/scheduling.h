/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.scheduler, process.ioPriority and process.execCPUAffinity.final. Layer: run; the parent
 * process, which has privileges over the host that a process in a user namespace has no more.
 */
#ifndef CORC_RUN_SCHEDULING_H
#define CORC_RUN_SCHEDULING_H

#include <sys/types.h>

#include "spec/spec.h"

/* Whether there is something to set. A later process is one of an exec. */
bool corc_scheduling_wanted(const struct corc_spec_process *process, bool is_later);

/*
 * Sets it for a process that waits, in its cgroup, to execute its program. document: where the
 * values stood, NULL: nowhere.
 */
int corc_scheduling_apply(pid_t pid, const struct corc_spec_process *process, bool is_later,
	const struct corc_json_document *document, struct corc_error *error);

#endif
