/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written down of a container that has just been made: the configuration, how to enter it,
 * and last its state. Layer: run; the parent process.
 */
#ifndef CORC_RUN_RECORD_H
#define CORC_RUN_RECORD_H

#include "base/time.h"
#include "run/bundle.h"
#include "run/state.h"

/* Everything is the caller's. */
struct corc_record {
	struct corc_runtime *runtime;
	const char *id;
	const struct corc_bundle *bundle;
	const struct corc_state_directory *directory;
	const struct corc_marker *marker;
	pid_t pid;                    /* of the container's process */
	bool is_creating;             /* hooks come first, which others may see it from */
	char created[CORC_TIME_SIZE]; /* empty: now, at the first time that the state is written */
};

int corc_record_write(struct corc_record *record, struct corc_error *error);

/* The state alone, once more. */
int corc_record_state(struct corc_record *record, struct corc_error *error);

#endif
