/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error value of libcorc.
 *
 * Every function that can fail returns 0 (or a count) on success and a negative errno on failure,
 * and on failure fills the struct corc_error that its caller owns. The struct is plain data of a
 * fixed size: nothing is allocated on a failing path and it can be copied as it is.
 */
#ifndef CORC_ERROR_H
#define CORC_ERROR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CORC_PUBLIC __attribute__((visibility("default")))

/* The step of the pipeline in which something failed. */
enum corc_step {
	CORC_STEP_NONE,
	CORC_STEP_COMMAND_LINE,
	CORC_STEP_LOAD,
	CORC_STEP_COMPILE,
	CORC_STEP_STATE,
	CORC_STEP_CGROUP,
	CORC_STEP_SPAWN,
	CORC_STEP_NAMESPACES,
	CORC_STEP_MOUNTS,
	CORC_STEP_DEVICES,
	CORC_STEP_IDENTITY,
	CORC_STEP_SECCOMP,
	CORC_STEP_CONSOLE,
	CORC_STEP_HOOKS,
	CORC_STEP_EXEC,
	CORC_STEP_MAX_
};

/* Where in a JSON file a value stands. line 0: the error does not come from a JSON value. */
struct corc_origin {
	uint32_t line;   /* from 1 */
	uint32_t column; /* from 1, in bytes */
	char file[64];   /* base name of the file, "config.json" */
	char path[160];  /* "linux.namespaces[2].path"; "" for the whole document */
};

struct corc_error {
	int32_t code;  /* errno, positive; 0: nothing was recorded */
	uint32_t step; /* enum corc_step */
	struct corc_origin origin;
	char message[1024]; /* object and cause, one line, lower case, no full stop */
	char hint[256];     /* what to do about it, or "" */
};

/*
 * The name of a step, "mounts" for CORC_STEP_MOUNTS. Never NULL.
 */
CORC_PUBLIC const char *corc_step_name(uint32_t step);

/*
 * Writes the error as one line without newline: "config.json:41:7: mounts[3]: MESSAGE (HINT)".
 * Truncates to size - 1 bytes; returns the length that was written.
 */
CORC_PUBLIC size_t corc_error_format(const struct corc_error *error, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif
#endif
