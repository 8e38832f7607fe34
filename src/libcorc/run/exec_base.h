/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What exec needs, kept in the state directory: exec.base and seccomp.bpf. Layer: run; the parent
 * process.
 */
#ifndef CORC_RUN_EXEC_BASE_H
#define CORC_RUN_EXEC_BASE_H

#include "plan/compile.h"
#include "run/container.h"

struct corc_exec_base_file {
	struct corc_exec_base base;
	const void *seccomp_program; /* NULL: none */
	size_t seccomp_size;
	char *config; /* malloc'ed: what the above may refer to */
};

int corc_exec_base_write(const struct corc_state_directory *directory,
	const struct corc_compile_input *input, const struct corc_plan *plan,
	struct corc_error *error);

/*
 * Reads them; a file of another build of corc, or a damaged one, is made again from config.json.
 */
int corc_exec_base_read(struct corc_runtime *runtime, const struct corc_container *container,
	struct corc_arena *arena, struct corc_exec_base_file *ret_file, struct corc_error *error);

void corc_exec_base_done(struct corc_exec_base_file *file);

#endif
