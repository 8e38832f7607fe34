/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the stage. Layer: run; the parent process.
 *
 * The stage's image and the plan go into sealed memfds. The child is made by clone3 with CLONE_VM
 * and CLONE_VFORK, so nothing of the caller's memory is copied, and does nothing but execveat. In a
 * cgroup that lacks memory the kernel would kill both for what the child needs: there it is made
 * apart, with a copy.
 */
#ifndef CORC_RUN_SPAWN_H
#define CORC_RUN_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "plan/plan.h"

struct corc_stage_process {
	pid_t pid;
	int pidfd;
	int channel; /* our end */
};

#define CORC_STAGE_PROCESS_EMPTY                     \
	{                                            \
		.pid = 0, .pidfd = -1, .channel = -1 \
	}

/* Kills and reaps what is there, closes the fds. */
void corc_stage_process_end(struct corc_stage_process *process);

/* What a stage needs that depends on nothing but the plan. Empty: all negative. */
struct corc_spawn_files {
	int image;
	int plan;
	int channel[2]; /* ours, the stage's */
};

#define CORC_SPAWN_FILES_EMPTY                                 \
	{                                                      \
		.image = -1, .plan = -1, .channel = { -1, -1 } \
	}

/* Makes them; `files` is empty before, and after a failure. */
int corc_spawn_files_make(const struct corc_plan_header *plan, struct corc_spawn_files *files,
	struct corc_error *error);

void corc_spawn_files_close(struct corc_spawn_files *files);

struct corc_spawn {
	const struct corc_plan_header *plan;
	struct corc_spawn_files *files; /* made ahead, used up here; empty or NULL: made here */
	uint64_t flags;                 /* CLONE_NEW* */
	int cgroup_fd;                  /* v2 directory to be born in; negative: none */
	bool apart;                     /* the child shares no memory with the caller */
	/* fds for CORC_SLOT_START and above, negative: empty. The first two are made here. */
	int slots[CORC_SLOT_MAX];
};

/*
 * Starts the stage. The error's code is the kernel's errno of clone3 (EAGAIN, EBUSY, EACCES …: the
 * cgroup may be the cause).
 */
int corc_spawn_stage(const struct corc_spawn *spawn, struct corc_stage_process *ret_process,
	struct corc_error *error);

/*
 * Whether the fds that the container is to get are open and not close-on-exec: listen_fds from 3
 * on, then preserve_fds more. EBADF: the text names the first that is not.
 */
int corc_fds_check(uint32_t listen_fds, uint32_t preserve_fds, struct corc_error *error);

/* Everything but the seals, for tests: an fd that holds the stage's image and can be executed. */
int corc_stage_image_fd(struct corc_error *error);

#endif
