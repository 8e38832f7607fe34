/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which process an exec runs: a file, or the container's own with changes. Layer: run; the parent
 * process.
 */
#ifndef CORC_RUN_EXEC_PROCESS_H
#define CORC_RUN_EXEC_PROCESS_H

#include <corc/corc.h>

#include "plan/compile.h"

struct corc_exec_process {
	struct corc_spec_process process;
	const struct corc_json_document *document; /* of the file, or NULL */
	struct corc_json_document file_document;
	char *text; /* of the file; malloc'ed */
};

int corc_exec_process_make(struct corc_arena *arena, const struct corc_exec_options *options,
	const struct corc_exec_base *base, struct corc_exec_process *ret_process,
	struct corc_error *error);

void corc_exec_process_done(struct corc_exec_process *process);

#endif
