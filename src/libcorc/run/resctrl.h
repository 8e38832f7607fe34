/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.intelRdt: shares of caches and memory bandwidth by the resctrl file system (Linux
 * Documentation/filesystems/resctrl.rst). Layer: run; the parent process.
 *
 * `root` is an fd of the directory that resctrl is mounted on.
 */
#ifndef CORC_RUN_RESCTRL_H
#define CORC_RUN_RESCTRL_H

#include <sys/types.h>

#include "spec/spec.h"

#define CORC_SCHEMATA_MAX 4096 /* bytes of a schemata file */

/* The groups of a container, as paths below the root; kept in its marker and its state. */
struct corc_resctrl {
	uint32_t node;
	const char *group;   /* "." is the default group; NULL: the container has none */
	const char *monitor; /* made for the container; NULL: none */
	bool is_made;        /* the group too */
};

extern const struct corc_json_object corc_resctrl_object;

/* Opens where it is mounted. ENOTSUP: it is not. */
int corc_resctrl_open(struct corc_error *error);

/*
 * What the configuration wants, and whether it can be: a group that is there already must have the
 * schemata that are given, one that is only named must be there. Touches nothing. *ret_groups is in
 * the arena of the configuration.
 */
int corc_resctrl_intend(int root, const struct corc_spec *spec, const char *id,
	struct corc_resctrl *ret_groups, struct corc_error *error);

/* Makes what is to be made, with its schemata. */
int corc_resctrl_make(int root, const struct corc_spec *spec, const struct corc_resctrl *groups,
	struct corc_error *error);

/* Puts a process into the groups. */
int corc_resctrl_add(
	int root, const struct corc_resctrl *groups, pid_t pid, struct corc_error *error);

/* Removes what was made; what is gone is no error. */
int corc_resctrl_remove(int root, const struct corc_resctrl *groups, struct corc_error *error);

/*
 * Writes schemata of the group, lines with their ends. *ret_old receives what was there, for a
 * change back; NULL: it is not wanted.
 */
int corc_resctrl_change(int root, const struct corc_resctrl *groups, const char *schemata,
	char ret_old[CORC_SCHEMATA_MAX], struct corc_error *error);

#endif
