/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversations with systemd about a container's scope. Layer: cgroup; the parent process only.
 *
 * Each is one connection with one deadline (org.freedesktop.systemd1(5) has the calls). None is had
 * by exec, state, kill or ps.
 */
#ifndef CORC_CGROUP_SYSTEMD_H
#define CORC_CGROUP_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "plan/host.h"
#include "plan/systemd_unit.h"

/* How to reach it. */
struct corc_systemd {
	bool is_user;
	/* $DBUS_SYSTEM_BUS_ADDRESS or $DBUS_SESSION_BUS_ADDRESS; NULL: the usual socket. */
	const char *address;
	const char *runtime_directory; /* $XDG_RUNTIME_DIR, of a user's; may be NULL */
	uint32_t deadline_ms;
};

/* Facts: the cgroup below which this systemd has its slices. */
int corc_systemd_layout_read(struct corc_arena *arena, bool is_user,
	struct corc_systemd_layout *ret_layout, struct corc_error *error);

/* The same from the text of /proc/PID/cgroup, which is changed: of the caller, or of process 1. */
int corc_systemd_layout_of(
	struct corc_arena *arena, bool is_user, char *text, struct corc_systemd_layout *ret_layout);

/*
 * Starts the unit with this process in it, and waits until systemd says that it is done. A unit of
 * that name that has failed is forgotten first. EEXIST: there is one that has not. pidfd: of the
 * process, whose end ends the waiting (ESRCH).
 */
int corc_systemd_start(const struct corc_systemd *systemd, const struct corc_systemd_unit *unit,
	pid_t pid, int pidfd, struct corc_error *error);

/* Sets the unit's properties, until it is stopped. */
int corc_systemd_update(const struct corc_systemd *systemd, const struct corc_systemd_unit *unit,
	struct corc_error *error);

/*
 * Stops a unit whose processes have gone, and forgets it. Nothing is said to systemd when it has
 * noticed by itself, which is the usual case.
 */
int corc_systemd_stop(
	const struct corc_systemd *systemd, const char *name, struct corc_error *error);

#endif
