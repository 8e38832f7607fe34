/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host's security modules say to labels: the facts of plan/host.h. Layer: run; the parent
 * process. Nothing is written for anybody here; the stage does that.
 */
#ifndef CORC_RUN_SECURITY_H
#define CORC_RUN_SECURITY_H

#include "plan/host.h"

/* Where security modules show themselves. Tests have directories of their own for that. */
struct corc_security_files {
	const char *apparmor_enabled; /* "Y" or "N" */
	const char *apparmor;         /* directory with `profiles` */
	const char *selinux;          /* directory with `context` */
	/* The directories are the kernel's own file systems, or there is no such module. */
	bool must_be_kernel;
};

/*
 * Asks about the labels that are not NULL. files NULL: the kernel's, through libapparmor and
 * libselinux where this build knows them and the host has them. What cannot be asked stays unknown:
 * then the kernel answers when the label is used.
 */
void corc_security_read(const struct corc_security_files *files, const char *apparmor_profile,
	const char *selinux_label, const char *mount_label, struct corc_security_facts *ret_facts);

/*
 * security_libraries.c. Each returns 1 or 0 for yes and no, or -ENOSYS when the library is not in
 * the build or not on the host.
 */
int corc_libapparmor_is_enabled(void);
int corc_libselinux_is_enabled(void);
/* Whether the policy knows the label. Further: -errno of the question. */
int corc_libselinux_is_valid(const char *label);

#endif
