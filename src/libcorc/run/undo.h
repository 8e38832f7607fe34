/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was acquired and has to go again when a later step fails. Layer: run; the parent process.
 *
 * Every step that makes something pushes how to unmake it; success forgets the stack, failure runs
 * it backwards. What fails while undoing is appended to the error that is reported.
 */
#ifndef CORC_RUN_UNDO_H
#define CORC_RUN_UNDO_H

#include <stddef.h>

#include "base/error.h"

#define CORC_UNDO_MAX 16

typedef int corc_undo_function(void *argument, struct corc_error *error);

/* All zero is an empty stack. */
struct corc_undo {
	struct {
		corc_undo_function *function;
		void *argument;
	} entries[CORC_UNDO_MAX];
	size_t count;
};

/* The argument must live as long as the stack. */
void corc_undo_push(struct corc_undo *undo, corc_undo_function *function, void *argument);

/* Runs all entries, last first; the stack is empty afterwards. Returns -error->code. */
int corc_undo_run(struct corc_undo *undo, struct corc_error *error);

/* Forgets all entries: what was made stays. */
void corc_undo_forget(struct corc_undo *undo);

#endif
