/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the nsenter and init program. Layer: stage. It runs between clone3 and the user's
 * program; it knows no JSON, allocates nothing, uses no stdio, and does what the ops say.
 */
#ifndef CORC_STAGE_STAGE_H
#define CORC_STAGE_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/protocol.h"

/* Usual environments and arguments have fewer items. */
#define CORC_STAGE_VECTORS 96

struct corc_stage {
	const struct corc_plan_header *plan;
	int slots[CORC_SLOT_MAX];
	uint32_t op;     /* index of the op at work, for reports */
	uint32_t detail; /* enum corc_detail */
	uint64_t value;  /* of the detail */
	char text[488];  /* of the detail */

	int report;           /* where FAILED goes: the channel, later the result FIFO */
	int root;             /* the container's root mount */
	int dev;              /* its /dev */
	int host_proc;        /* the host's procfs, for labels */
	int proc;             /* a procfs, for sysctls */
	int pid_namespace;    /* that was joined; a slot holds it */
	int empty;            /* mount of the one empty directory behind all masked directories */
	int null;             /* the host's /dev/null, verified */
	int console;          /* pty slave */
	uint64_t propagation; /* of "/" */
	uint64_t root_propagation; /* of the container's root after the pivot */

	int batch[CORC_MOUNT_BATCH]; /* detached mounts that came from the parent */
	uint32_t batch_count, batch_next;
	/* What is taken away again when an op fails: the mount, and its place for a file. */
	struct {
		int fd;
		struct corc_ref destination;
	} undo[CORC_MOUNT_BATCH];
	uint32_t undo_count;

	int hook_state;             /* memfd that hooks read */
	const char *hook_directory; /* where hooks run; "": anywhere */

	bool made_target; /* of the last destination: it was not there before */

	bool placed;  /* PLACED has come already */
	bool started; /* START has come already */
	bool identity_done;
	bool cwd_done;
	char **arguments;
	char **environment;
	uint32_t environment_count;
	const char *program; /* path for execve */
	char **vectors;      /* places for pointers, which are used before memory is mapped */
	size_t vector_count;
	char program_path[4096]; /* found in PATH */
	char home[4096 + 8];
};

/* 0 or -errno; a detail goes to stage->detail. */
typedef int corc_op_function(struct corc_stage *stage, const struct corc_op *op);

corc_op_function corc_op_oom_score_adj, corc_op_domainname, corc_op_join, corc_op_setns,
	corc_op_rlimit, corc_op_clone, corc_op_map_ids, corc_op_wait_placed, corc_op_unshare,
	corc_op_net_devices, corc_op_time_offsets, corc_op_propagation, corc_op_rootfs,
	corc_op_mount, corc_op_attach, corc_op_remount, corc_op_mount_readonly, corc_op_unmount,
	corc_op_device, corc_op_symlink, corc_op_console, corc_op_hostname, corc_op_proc,
	corc_op_sysctl, corc_op_mask, corc_op_readonly, corc_op_root_readonly, corc_op_pivot,
	corc_op_chroot, corc_op_session, corc_op_controlling_terminal, corc_op_make_cwd,
	corc_op_host_proc, corc_op_label, corc_op_keyring, corc_op_identity, corc_op_chdir,
	corc_op_environment, corc_op_home, corc_op_lookup, corc_op_seccomp, corc_op_drop_sys_admin,
	corc_op_ready, corc_op_wait_start, corc_op_clone_visible, corc_op_exec;

/* schedule.c */
corc_op_function corc_op_affinity, corc_op_personality, corc_op_memory_policy;

/* hooks.c */
corc_op_function corc_op_hook_state, corc_op_hook;

/* A string of the plan. */
static inline const char *corc_stage_text(const struct corc_stage *stage, struct corc_ref ref)
{
	return corc_plan_data(stage->plan, ref);
}

/* For the detail of the report; what does not fit is cut. */
static inline void corc_stage_set_text(struct corc_stage *stage, const char *text, size_t length)
{
	if (length >= sizeof(stage->text))
		length = sizeof(stage->text) - 1;
	memcpy(stage->text, text, length);
	stage->text[length] = '\0';
}

/* channel.c: one packet to the parent; 0 or -errno. */
int corc_stage_send(struct corc_stage *stage, uint32_t type, uint64_t value);
/* Waits for exactly this packet. The parent's death ends the stage here. */
int corc_stage_expect(struct corc_stage *stage, uint32_t type);
/* The same for a packet with one fd, which the caller owns. */
int corc_stage_receive_fd(struct corc_stage *stage, uint32_t type);
void corc_stage_report(struct corc_stage *stage, int code);
/* The next detached mount of the parent, owned by the caller. */
int corc_stage_next_mount(struct corc_stage *stage);
/* mounts.c: takes away what was mounted with CORC_MOUNT_UNDO, the last first. */
void corc_stage_undo_mounts(struct corc_stage *stage);
/* Closes all fds of ours but those that the parent or `start` is talked to by. */
void corc_stage_close_all(struct corc_stage *stage);
void corc_stage_close_slot(struct corc_stage *stage, enum corc_slot slot);

/* program.c: pointers to the items of a list, with `spare` empty places behind and a NULL. */
int corc_stage_vector(struct corc_stage *stage, struct corc_ref items, uint32_t count,
	uint32_t spare, char ***ret_vector);

/* program_failure.c: looks at a program that cannot be executed, for the detail of the report. */
void corc_stage_examine(struct corc_stage *stage, int code);
/* The same for EACCES of a path: the first directory in it that the user may not pass. */
void corc_stage_find_closed(struct corc_stage *stage, const char *path);

/*
 * copy_up.c: copies what the directory `from` holds into the mount `to`, with owners (copy_owner:
 * also its own), modes, times and extended attributes; follows no link. Fails with
 * CORC_DETAIL_COPY_UP.
 */
int corc_stage_copy_up(struct corc_stage *stage, int from, int to, bool copy_owner);

/* target.c: O_PATH fd of a directory or file below the root, made when it is missing. */
int corc_stage_target(struct corc_stage *stage, const char *path, bool directory);
/* After ENOTDIR: the first part of the path that is no directory is the text of the report. */
void corc_stage_find_obstacle(struct corc_stage *stage, const char *path);
/* O_PATH fd of the directory that holds the last component, made when missing; *ret_name is it. */
int corc_stage_parent(struct corc_stage *stage, const char *path, const char **ret_name);

#endif
