/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that put ops into words share. Layer: plan; the parent process only; used by plan/
 * alone.
 */
#ifndef CORC_PLAN_DESCRIBE_H
#define CORC_PLAN_DESCRIBE_H

#include "base/buffer.h"
#include "plan/plan.h"

struct corc_description {
	const struct corc_plan_header *plan;
	const struct corc_op *op;
	struct corc_buffer *buffer;
};

/* On one line, whatever a configuration has in it: control characters as \x0a. */
void corc_describe_escaped(struct corc_buffer *buffer, const char *text);
void corc_describe_ref(const struct corc_description *to, struct corc_ref ref);
/* A text of our own. */
void corc_describe_put(const struct corc_description *to, const char *text);

typedef void corc_describe_function(const struct corc_description *to);

/* describe_filesystem.c */
corc_describe_function corc_describe_propagation, corc_describe_rootfs, corc_describe_mount,
	corc_describe_attach, corc_describe_remount, corc_describe_mount_readonly,
	corc_describe_unmount, corc_describe_device, corc_describe_symlink, corc_describe_mask,
	corc_describe_readonly, corc_describe_chroot, corc_describe_make_cwd;

/* describe_process.c */
corc_describe_function corc_describe_affinity, corc_describe_personality,
	corc_describe_memory_policy, corc_describe_oom_score_adj, corc_describe_rlimit,
	corc_describe_console, corc_describe_chdir, corc_describe_label, corc_describe_keyring,
	corc_describe_identity, corc_describe_environment, corc_describe_home, corc_describe_lookup,
	corc_describe_seccomp, corc_describe_clone_visible, corc_describe_hook, corc_describe_exec;

#endif
