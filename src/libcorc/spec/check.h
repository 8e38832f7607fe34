/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows the reading of a configuration. Layer: spec; the parent process only.
 *
 * The checks run also after the reader found problems, so that one run reports everything: any
 * member may be NULL or zero. Functions return 0 or -ENOMEM; problems go into the document.
 */
#ifndef CORC_SPEC_CHECK_H
#define CORC_SPEC_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/spec.h"

#define CORC_CONSOLE_MAX UINT16_MAX /* struct winsize */

struct corc_spec_checker {
	struct corc_json_document *document;
	const struct corc_spec *spec; /* NULL: a process alone */
	size_t read_problems;         /* those of the reader come first */
	/* False when linux.namespaces could not be read: what depends on it is not checked. */
	bool namespaces_known;
	bool is_update; /* of the resources of a container that is there */
	int result;     /* -ENOMEM once a problem could not be kept */
};

/* Gives equal meanings one form: "" becomes NULL where it means absent, destinations absolute. */
int corc_spec_normalize(struct corc_spec *spec);
void corc_spec_normalize_resources(struct corc_spec_resources *resources);
void corc_spec_normalize_process(struct corc_spec_process *process);

int corc_spec_check(struct corc_spec *spec);
int corc_spec_check_process(
	struct corc_json_document *document, const struct corc_spec_process *process);
int corc_spec_check_update(struct corc_spec *spec);

/* Parts of corc_spec_check, a file each. */
void corc_spec_check_namespaces(struct corc_spec_checker *checker);
void corc_spec_check_mounts(struct corc_spec_checker *checker);
/* Of process: scheduler and execCPUAffinity. */
void corc_spec_check_schedule(
	struct corc_spec_checker *checker, const struct corc_spec_process *process);
void corc_spec_check_intel_rdt(struct corc_spec_checker *checker);
void corc_spec_check_net_devices(struct corc_spec_checker *checker);
void corc_spec_check_memory_policy(struct corc_spec_checker *checker);
void corc_spec_check_sysctl(struct corc_spec_checker *checker);
void corc_spec_check_devices(struct corc_spec_checker *checker);
void corc_spec_check_resources(struct corc_spec_checker *checker);
void corc_spec_check_seccomp(struct corc_spec_checker *checker);
void corc_spec_check_hooks(struct corc_spec_checker *checker);

/* Whether the reader said something of a property: then its value means nothing. */
bool corc_spec_reader_refused(
	const struct corc_spec_checker *checker, uint32_t node, const char *key);

/*
 * Adds a problem at property `key` (item `index`) of the object at `node`, unless the reader had
 * one there: an argument list of the wrong type is not also too short.
 */
void corc_spec_problem(struct corc_spec_checker *checker, uint32_t node, const char *key,
	uint32_t index, const char *format, ...) CORC_PRINTF(5, 6);

/* As corc_spec_problem, for the entry `entry` of the map `key`. */
void corc_spec_entry_problem(struct corc_spec_checker *checker, uint32_t node, const char *key,
	const char *entry, const char *format, ...) CORC_PRINTF(5, 6);

/* Rules of a list of id mappings, `key` of the object at `node` (spec_check_namespaces.c). */
void corc_spec_check_mappings(struct corc_spec_checker *checker, uint32_t node, const char *key,
	const struct corc_spec_id_mappings *mappings);

/* Whether the container has a namespace of its own of that type, or may have. */
bool corc_spec_has_namespace(
	const struct corc_spec_checker *checker, enum corc_namespace_type type);

/*
 * Copies text so that it stays one line: control characters and what is no UTF-8 become "\x0a". Cut
 * between characters when it does not fit. `size` is at least 1.
 */
void corc_spec_one_line(char *line, size_t size, const char *text);

#define CORC_NO_INDEX UINT32_MAX

#endif
