/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written down of a container that has just been made: the configuration, how to enter it,
 * and last its state. Layer: run; the parent process.
 */
#ifndef CORC_RUN_RECORD_H
#define CORC_RUN_RECORD_H

#include "run/bundle.h"
#include "run/state.h"

/* Everything is the caller's. */
struct corc_record {
	struct corc_runtime *runtime;
	const char *id;
	const struct corc_bundle *bundle;
	const struct corc_state_directory *directory;
	const struct corc_marker *marker;
	pid_t pid;        /* of the container's process */
	bool is_creating; /* hooks come first, which others may see it from */
};

int corc_record_write(const struct corc_record *record, struct corc_error *error);

/*
 * Once more, for a container that was recorded as one that is being created: it is made. Arena: for
 * what is read.
 */
int corc_record_created(const struct corc_state_directory *directory, struct corc_arena *arena,
	struct corc_error *error);

#endif
