/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroups of containers: make, limit, fill, freeze, kill, remove. Layer: cgroup; the parent
 * process only. One verb a file; v1.c and v2.c know the files of their version.
 *
 * A struct corc_cgroup_ref is what the state directory keeps: which directories belong to a
 * container, and by their inode numbers that they are still the ones that corc made.
 */
#ifndef CORC_CGROUP_CGROUP_H
#define CORC_CGROUP_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json_reader.h"
#include "plan/cgroup_plan.h"

struct corc_cgroup_ref_directory {
	uint32_t node;
	uint32_t version;
	const char *directory;   /* absolute */
	const char *controllers; /* v1 */
	uint64_t inode;          /* 0: intent, the directory may not exist or not be ours */
	/*
	 * How many trailing components of `directory` were made by us (1: only the last; 0: it was
	 * there, and empty). Of an intent: how many were missing before.
	 */
	uint32_t made;
};

struct corc_cgroup_ref {
	uint32_t node;
	struct {
		struct corc_cgroup_ref_directory *items;
		size_t count;
	} directories;
	const char *unit;      /* of systemd, "corc-web.scope"; NULL: there is none */
	const char *processes; /* v2: where in the directory they are, see plan/cgroup_plan.h */
};

/*
 * Whether a refusal to make cgroups is to be expected: a caller without privileges, or one in a
 * user namespace. Reads a file; ask after the refusal.
 */
bool corc_cgroup_may_be_denied(bool rootless);

/* For the marker and the state: the JSON form of a reference. */
extern const struct corc_json_object corc_cgroup_ref_object;

/*
 * Facts: which hierarchies are mounted below /sys/fs/cgroup, and the caller's cgroup in each.
 * `own_paths` false leaves `self` unset (saves reading /proc/self/cgroup on a cgroup2-only host).
 */
int corc_cgroup_layout_read(struct corc_arena *arena, bool own_paths,
	struct corc_cgroup_layout *ret_layout, struct corc_error *error);

/* The reference of a plan before anything is made (inodes 0): for the marker. It looks only. */
int corc_cgroup_intent(struct corc_arena *arena, const struct corc_cgroup_plan *plan,
	struct corc_cgroup_ref *ret_ref, struct corc_error *error);

/*
 * Makes the directories (parents too), enables controllers for them on v2 (all that there are; in
 * hybrid mode only those that the settings need), and fills inodes and `made`. Refuses one that has
 * processes ("container's cgroup is not empty: N process(es) found") or is frozen ("container's
 * cgroup unexpectedly frozen"). On failure what was made is removed again.
 */
int corc_cgroup_make(
	const struct corc_cgroup_plan *plan, struct corc_cgroup_ref *ref, struct corc_error *error);

/*
 * For directories that systemd is to make: refuses as corc_cgroup_make what is there already, and
 * makes nothing.
 */
int corc_cgroup_check_unit(const struct corc_cgroup_ref *ref, struct corc_error *error);

/*
 * After systemd has made the directory with the process in it: as corc_cgroup_make; makes what
 * systemd leaves to others, and moves the process to where it belongs in all of it.
 */
int corc_cgroup_make_in_unit(const struct corc_cgroup_plan *plan, struct corc_cgroup_ref *ref,
	pid_t pid, struct corc_error *error);

/*
 * An fd of the v2 directory in which the processes are, for CLONE_INTO_CGROUP; -ENOENT when the
 * layout has none.
 */
int corc_cgroup_open(const struct corc_cgroup_ref *ref, struct corc_error *error);

/* Moves a process into every directory of the reference. ESRCH: it is gone. */
int corc_cgroup_attach(const struct corc_cgroup_ref *ref, pid_t pid, struct corc_error *error);

/* Writes all settings and attaches the device filter. Errors have their origin in spec. */
int corc_cgroup_apply(const struct corc_spec *spec, const struct corc_cgroup_plan *plan,
	const struct corc_cgroup_ref *ref, struct corc_error *error);

/* Whether the cgroup is frozen (paused). False where there is no freezer. */
int corc_cgroup_is_frozen(
	const struct corc_cgroup_ref *ref, bool *ret_frozen, struct corc_error *error);

/*
 * Freezes every process of the container and waits until each has stopped. ENOTSUP: it has no
 * cgroup with a freezer. ETIMEDOUT: some did not stop; they are named, and all go on again.
 */
int corc_cgroup_freeze(
	const struct corc_cgroup_ref *ref, uint32_t deadline_ms, struct corc_error *error);

/*
 * Takes back what corc_cgroup_freeze or somebody else did to the container's groups. EBUSY: a group
 * above them is frozen. What is gone is no error.
 */
int corc_cgroup_thaw(
	const struct corc_cgroup_ref *ref, uint32_t deadline_ms, struct corc_error *error);

/*
 * Sends a signal to every process below the reference; SIGKILL by cgroup.kill on v2, else freeze,
 * pidfd each, thaw. Only directories whose inode matches are touched. No process is no error.
 */
int corc_cgroup_signal(const struct corc_cgroup_ref *ref, int signal, struct corc_error *error);

/* Appends the pids of all processes below the reference; *ret_pids is malloc'ed. */
int corc_cgroup_pids(const struct corc_cgroup_ref *ref, pid_t **ret_pids, size_t *ret_count,
	struct corc_error *error);

/*
 * Kills what is left, waits until the directories are empty (polling cgroup.events or pidfds, no
 * sleeping) and removes them with all below, then those parents that we made, when empty.
 * A reference with inode 0 (intent): only rmdir of empty directories that were missing before. An
 * inode that differs: left alone. Survivors after the deadline: EBUSY, named with pid and wchan.
 * Missing: success.
 */
int corc_cgroup_remove(
	const struct corc_cgroup_ref *ref, uint32_t deadline_ms, struct corc_error *error);

#endif
