/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One hook as a process, in the runtime's namespaces or some of the container's. Layer: run; the
 * parent process.
 *
 * It is made without copying the caller, in a session of its own, with default signals and no fd
 * but its standard input and two pipes. Nothing is waited for but its end: neither what it leaves
 * behind nor who holds its output.
 */
#ifndef CORC_RUN_HOOK_PROCESS_H
#define CORC_RUN_HOOK_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/process.h"

#define CORC_HOOK_OUTPUTS 2 /* standard output, standard error */

struct corc_hook_request {
	const char *path;
	char *const *arguments;
	char *const *environment;
	const char *directory;
	int input;                    /* becomes standard input */
	int files[CORC_HOOK_OUTPUTS]; /* get a copy of the output; negative: none */
	uint64_t timeout_ms;          /* 0: none */
	int peer;                     /* pidfd of a process to end with; negative: none */
	int namespaces;               /* CLONE_NEW…: those of the peer that it is run in */
};

/* The end of what was written. */
struct corc_hook_tail {
	char text[1024];
	size_t length;
};

enum corc_hook_end {
	CORC_HOOK_ENDED,
	CORC_HOOK_TIMED_OUT, /* and was killed */
	CORC_HOOK_PEER_GONE, /* and it was killed */
};

struct corc_hook_result {
	enum corc_hook_end end;
	struct corc_exit exit;
	uint64_t elapsed_ms;
	struct corc_hook_tail tails[CORC_HOOK_OUTPUTS];
};

/*
 * Runs it to its end. Returns 0 with *ret_result filled, or -errno: of making the process, of the
 * directory or the program, or -ECHILD when another part of the caller took the exit status.
 */
int corc_hook_process_run(
	const struct corc_hook_request *request, struct corc_hook_result *ret_result);

#endif
