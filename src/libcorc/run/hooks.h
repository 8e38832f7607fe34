/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks: what the conductor runs, and what became of those that the stage ran, in words. Layer:
 * run; the parent process.
 */
#ifndef CORC_RUN_HOOKS_H
#define CORC_RUN_HOOKS_H

#include "plan/hook_state.h"
#include "plan/protocol.h"
#include "run/hook_output.h"
#include "run/runtime.h"

/* Everything is the caller's. */
struct corc_hooks {
	struct corc_runtime *runtime;
	const struct corc_spec *spec;
	struct corc_hook_state state;
	pid_t pid;      /* of the container, as the runtime sees it; 0: it has ended */
	int pidfd;      /* hooks of the creation end with this process; negative: none */
	int namespaces; /* CLONE_NEW…: of this process, for createContainer; 0: the stage runs those
			 */
};

/* One bit a phase that has hooks. */
uint32_t corc_hooks_mask(const struct corc_spec *spec);
#define CORC_HOOKS_BIT(phase) (UINT32_C(1) << (phase))

/* Hook number `number` of prestart, createRuntime and createContainer; false: there is none. */
bool corc_hooks_of_creation(const struct corc_spec *spec, size_t number,
	enum corc_hook_phase *ret_phase, size_t *ret_index);

/*
 * Runs a hook in the namespaces of the caller. The error tells which, how it ended, after what
 * time and what it said last.
 */
int corc_hook_run(const struct corc_hooks *hooks, enum corc_hook_phase phase, size_t index,
	struct corc_error *error);

/* Opens the program of a hook, for the stage to execute. */
int corc_hook_open(const struct corc_hooks *hooks, enum corc_hook_phase phase, size_t index,
	struct corc_error *error);

/* Before the stage runs a hook: opens the files for its output. */
int corc_hook_begin_output(const struct corc_hooks *hooks, enum corc_hook_phase phase, size_t index,
	struct corc_hook_output *output, struct corc_error *error);

/* All of a phase, until one fails. */
int corc_hooks_run(
	const struct corc_hooks *hooks, enum corc_hook_phase phase, struct corc_error *error);

/* All poststop hooks; what fails is a warning. */
void corc_hooks_run_poststop(const struct corc_hooks *hooks);

/* What the stage reports of a hook that it ran. Returns -error->code. */
int corc_hook_explain(
	const char *path, const struct corc_message *message, struct corc_error *error);
/* Logs the end of number `number` of the creation's hooks, which the stage has run. */
void corc_hook_log(
	const struct corc_hooks *hooks, size_t number, const struct corc_message *message);
bool corc_is_hook_report(const struct corc_message *message);

#endif
