/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of cgroup v2. Layer: cgroup; the parent process only. All return -errno on failure.
 */
#ifndef CORC_CGROUP_V2_H
#define CORC_CGROUP_V2_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "plan/cgroup_plan.h"

#define CORC_CGROUP_CONTROLLERS_SIZE 512

struct corc_cgroup_events {
	bool populated; /* processes in the group or below */
	bool frozen;    /* by itself or with a group above */
};

/* fd: the directory. */
int corc_cgroup_v2_events(int fd, struct corc_cgroup_events *ret_events);

/* Whether freezing was asked for or happened. */
int corc_cgroup_v2_is_frozen(int fd, bool *ret_frozen);

/* SIGKILL for everything in the group and below, frozen or not. */
int corc_cgroup_v2_kill(int fd);

/* Asks for freezing or thawing without waiting for it. */
int corc_cgroup_v2_freeze(int fd, bool frozen);

/*
 * Waits until the group and all below have no process; timeout_ms from now. -ETIMEDOUT.
 */
int corc_cgroup_v2_wait_empty(int fd, int timeout_ms);

/* Waits until all that is in the group and below is frozen, or until it is not. -ETIMEDOUT. */
int corc_cgroup_v2_wait_frozen(int fd, bool frozen, int timeout_ms);

/*
 * Gives the group all controllers that its hierarchy has, or with `needed` only those: writes
 * cgroup.subtree_control of the groups above where something is missing. What could not be given
 * is no error here; writing a setting will find out.
 */
void corc_cgroup_v2_enable(
	int fd, const struct corc_cgroup_directory *directory, const char *needed);

/* Whether a list of words has the word. */
bool corc_cgroup_v2_has(const char *list, const char *word, size_t length);

/* Names the missing controller and where it got lost. Returns -error->code. */
int corc_cgroup_v2_explain(const struct corc_cgroup_directory *directory,
	const struct corc_cgroup_setting *setting, struct corc_error *error);

/* The controllers of the group, separated by blanks; "" when they cannot be read. */
void corc_cgroup_v2_controllers(int fd, char list[CORC_CGROUP_CONTROLLERS_SIZE]);

#endif
