/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that the annotations run.oci.hooks.stdout and run.oci.hooks.stderr name. Layer: run;
 * the parent process.
 *
 * For hooks that the stage runs no file of the host goes there: a process that can take an fd from
 * it could truncate the file, or open it anew. The stage copies what its hooks say into FIFOs in
 * the state directory, of which it has the ends to write; who waits for the hook reads, and writes
 * to the files.
 */
#ifndef CORC_RUN_HOOK_OUTPUT_H
#define CORC_RUN_HOOK_OUTPUT_H

#include "run/hook_process.h"
#include "spec/spec.h"

struct corc_hook_output {
	int fifos[CORC_HOOK_OUTPUTS]; /* the ends that are read; negative: nobody wants it */
	int files[CORC_HOOK_OUTPUTS]; /* negative but while a hook runs */
};

#define CORC_HOOK_OUTPUT_EMPTY                                                         \
	{                                                                              \
		.fifos = {CORC_NO_FD, CORC_NO_FD}, .files = { CORC_NO_FD, CORC_NO_FD } \
	}

/*
 * Opens the file of an output, 0: stdout, 1: stderr; *ret_fd is left when there is none. A FIFO
 * that nobody reads is an error, not a wait.
 */
int corc_hook_output_file(const struct corc_string_map *annotations, int which, int *ret_fd,
	struct corc_error *error);

/* Whether the stage runs hooks whose output goes to a file. */
bool corc_hook_output_wanted(const struct corc_spec *spec);

/*
 * create: makes the FIFOs and opens them; ret_ends are for the stage, owned by the caller. Nothing
 * where nothing is wanted.
 */
int corc_hook_output_make(int directory, const struct corc_spec *spec,
	struct corc_hook_output *output, int ret_ends[CORC_HOOK_OUTPUTS], struct corc_error *error);

/* start: opens those that create has made; none, when it was of a build that made none. */
int corc_hook_output_open(int directory, struct corc_hook_output *output, struct corc_error *error);

/* Before a hook runs: opens the files of the outputs that have a FIFO. */
int corc_hook_output_begin(struct corc_hook_output *output,
	const struct corc_string_map *annotations, struct corc_error *error);

/* What is to be polled for input; negative: nothing. The output may be NULL. */
int corc_hook_output_fd(const struct corc_hook_output *output, int which);

/* What there is now. A file that cannot be written loses it. */
void corc_hook_output_copy(struct corc_hook_output *output);

/* After the hook has ended: what is left of it, and the files are closed. */
void corc_hook_output_end(struct corc_hook_output *output);

void corc_hook_output_done(struct corc_hook_output *output);

/* Nobody will start the container any more. */
void corc_hook_output_unlink(int directory);

#endif
