/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was restored, compared with the configuration. Layer: checkpoint; the parent process.
 *
 * Images are data that anybody may have written: they say who a process is and in which namespaces
 * it lives. CRIU does as they say, so this is read back from the kernel before the process goes on
 * (CVE-2026-92574). Allowed is what the program of the configuration could have made of itself:
 * capabilities may be fewer, ids may have changed with CAP_SETUID and CAP_SETGID, no_new_privs and
 * further filters may be there.
 */
#ifndef CORC_CHECKPOINT_VERIFY_H
#define CORC_CHECKPOINT_VERIFY_H

#include <sys/types.h>

#include "plan/compile.h"

struct corc_verify {
	const struct corc_spec *spec;
	const struct corc_plan *plan;
	const struct corc_namespace_fact *namespaces; /* of the configuration, by type */
	const int *namespace_fds;                     /* by slot - CORC_SLOT_FIRST_NAMESPACE */
	const char *apparmor_profile;                 /* NULL: not looked at */
	const char *selinux_label;                    /* NULL: not looked at */
	pid_t pid;                                    /* of the container's first process */
};

/* EPERM: names the namespace that is not what it has to be, or the mapping. */
int corc_verify_namespaces(const struct corc_verify *verify, struct corc_error *error);

/* Every thread of a process of the container. EPERM: names what is more than was allowed. */
int corc_verify_process(const struct corc_verify *verify, pid_t pid, struct corc_error *error);

/* What /proc/PID/status tells of a thread. */
struct corc_credentials {
	uint32_t uids[4], gids[4]; /* real, effective, saved, of files; as the host has them */
	uint32_t groups[256];
	size_t group_count;
	uint64_t inheritable, permitted, effective, bounding, ambient;
	uint32_t no_new_privs, seccomp;
};

/* -EBADMSG: a line is missing or makes no sense. */
int corc_credentials_parse(const char *text, struct corc_credentials *ret_credentials);

/* NULL: allowed, else what is not, in words. The ids are those of the container's namespace. */
const char *corc_credentials_problem(const struct corc_credentials *found,
	const struct corc_op_identity *allowed, const uint32_t *groups, bool has_filter);

/*
 * Whether a file of /proc/PID/attr says this label: "PROFILE (MODE)" of AppArmor, or "CONTEXT"
 * of SELinux. The name of a profile can have blanks in it.
 */
bool corc_label_is(const char *text, const char *wanted);

#endif
