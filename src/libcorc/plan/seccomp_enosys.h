/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that are newer than a seccomp profile. Layer: plan; the parent process only.
 *
 * A profile that lists what is allowed answers EPERM to calls that its authors could not know, and
 * a libc that tries such a call first does not fall back to the old one then. So calls above the
 * largest number that the profile names get ENOSYS, the answer of an older kernel.
 */
#ifndef CORC_PLAN_SECCOMP_ENOSYS_H
#define CORC_PLAN_SECCOMP_ENOSYS_H

#include <stddef.h>
#include <stdint.h>

struct sock_filter;

/* One architecture of a filter. */
struct corc_seccomp_last {
	uint32_t architecture; /* AUDIT_ARCH_*, as the kernel tells it to the filter */
	uint32_t last;     /* the largest number that the profile names; UINT32_MAX: not known */
	uint32_t last_x32; /* the same for those with the bit of x32 (x86-64 only) */
};

#define CORC_SECCOMP_X32_BIT 0x40000000u

#define CORC_ENOSYS_INSTRUCTIONS(architectures) (1 + 7 * (architectures))

/* Writes CORC_ENOSYS_INSTRUCTIONS(count) instructions, behind which the filter itself follows. */
void corc_seccomp_enosys(
	const struct corc_seccomp_last *architectures, size_t count, struct sock_filter *program);

#endif
