/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory ROOT/ID. Layer: run; the parent process.
 *
 *     marker       JSON: boot id and the cgroup directories, as an intent; then a second line with
 *                  their inodes
 *     state.json   what `state` tells, and how to find the process and its cgroup again
 *     config.json  the configuration as it was given
 *     exec.base    packed: how to enter the container and its process (see spec/pack.h)
 *     seccomp.bpf  the compiled filter, when there is one
 *     start.fifo   the stage waits here for one byte, as long as the container is only created
 *     result.fifo  and answers here
 *     hook-stdout.fifo, hook-stderr.fifo  what its hooks say, when somebody wants it
 *
 * The directory is made first and with O_EXCL semantics, then the marker; state.json comes last.
 * Who makes or removes a container holds a lock on the directory.
 */
#ifndef CORC_RUN_STATE_H
#define CORC_RUN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "cgroup/cgroup.h"
#include "run/resctrl.h"
#include "run/runtime.h"

#define CORC_BOOT_ID_SIZE 40

struct corc_marker {
	uint32_t node;
	const char *boot_id;
	const char *rootfs;
	uint64_t rootfs_mount; /* what is mounted there in the host (run/rootfs.h); 0: nothing */
	struct corc_cgroup_ref cgroup;
	struct corc_resctrl resctrl;
};

struct corc_state_file {
	uint32_t node;
	const char *id, *bundle, *rootfs, *created, *boot_id;
	uint32_t pid;
	uint64_t start_time; /* clock ticks since boot */
	bool own_pid_namespace;
	uint64_t rootfs_mount;
	bool no_new_keyring; /* the container was made with --no-new-keyring */
	bool restored;       /* by CRIU, which gave it a time namespace */
	bool is_creating;    /* its creation has come to hooks, and not to its end */
	uint32_t hooks;      /* phases that have hooks, one bit each; config.json has them */
	struct corc_cgroup_ref cgroup;
	struct corc_resctrl resctrl;
	struct corc_string_map annotations;
};

/* A container's directory, opened. Empty: root_fd and fd negative. */
struct corc_state_directory {
	int root_fd;
	int fd;
	const char *id;
};

#define CORC_STATE_DIRECTORY_EMPTY      \
	{                               \
		.root_fd = -1, .fd = -1 \
	}

void corc_state_close(struct corc_state_directory *directory);

/* [A-Za-z0-9_+.-]+, not "." or "..". */
int corc_id_check(const char *id, struct corc_error *error);

/* Makes ROOT (0700, sticky) and ROOT/ID, locked. EEXIST: "container with given ID already exists"
 */
int corc_state_make(struct corc_runtime *runtime, const char *id,
	struct corc_state_directory *ret_directory, struct corc_error *error);

/* Opens ROOT/ID. ENOENT: "container does not exist". */
int corc_state_open(struct corc_runtime *runtime, const char *id,
	struct corc_state_directory *ret_directory, struct corc_error *error);

/*
 * Takes the lock within the runtime's deadline; ENOENT when the directory was removed meanwhile.
 */
int corc_state_lock(struct corc_runtime *runtime, struct corc_state_directory *directory,
	struct corc_error *error);

/* For a time in which others may work on it; corc_state_lock takes it again. */
void corc_state_unlock(const struct corc_state_directory *directory);

/* Removes the directory and all in it. */
int corc_state_remove(struct corc_state_directory *directory, struct corc_error *error);

int corc_boot_id(char boot_id[CORC_BOOT_ID_SIZE], struct corc_error *error);

/* is_new: there is none yet; else a line is added, which counts. The caller has the lock. */
int corc_marker_write(const struct corc_state_directory *directory,
	const struct corc_marker *marker, bool is_new, struct corc_error *error);
int corc_marker_read(const struct corc_state_directory *directory, struct corc_arena *arena,
	struct corc_marker *ret_marker, struct corc_error *error);

int corc_state_write(const struct corc_state_directory *directory,
	const struct corc_state_file *state, struct corc_error *error);
/* ENOENT: it is only half made (code ENOENT, "… is not complete"). EBADMSG: damaged. */
int corc_state_read(const struct corc_state_directory *directory, struct corc_arena *arena,
	struct corc_state_file *ret_state, struct corc_error *error);

/*
 * Looks at the process and the cgroup. *ret_pidfd (may be NULL) is an fd of the process when it
 * lives, else negative.
 */
int corc_state_status(const struct corc_state_directory *directory,
	const struct corc_state_file *state, enum corc_status *ret_status, int *ret_pidfd,
	struct corc_error *error);

#endif
