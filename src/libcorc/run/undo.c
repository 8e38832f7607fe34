/* SPDX-License-Identifier: Apache-2.0 */
/* The undo stack. Layer: run; the parent process. */
#include "run/undo.h"

#include <assert.h>

void corc_undo_push(struct corc_undo *undo, corc_undo_function *function, void *argument)
{
	assert(undo->count < CORC_UNDO_MAX);
	undo->entries[undo->count].function = function;
	undo->entries[undo->count].argument = argument;
	undo->count++;
}

int corc_undo_run(struct corc_undo *undo, struct corc_error *error)
{
	while (undo->count > 0) {
		struct corc_error failure = {0};

		undo->count--;
		if (undo->entries[undo->count].function(
			    undo->entries[undo->count].argument, &failure) < 0)
			(void)corc_error_append(error, "while cleaning up: %s", failure.message);
	}
	return -error->code;
}

void corc_undo_forget(struct corc_undo *undo)
{
	undo->count = 0;
}
