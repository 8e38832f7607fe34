/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When and where a process runs: sched_setattr(2), ioprio_set(2), sched_setaffinity(2),
 * set_mempolicy(2), personality(2). Layer: sys; parent and stage. All return 0 or -errno. Masks are
 * words of 32 bits, bit 0 of the first being number 0, an even count of them.
 */
#ifndef CORC_SYS_SCHEDULE_H
#define CORC_SYS_SCHEDULE_H

#include <linux/sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A policy that the specification names and no kernel has. */
#define CORC_SCHED_ISO 4
/* Of <linux/mempolicy.h> since Linux 5.12, 5.15 and 6.9. */
#define CORC_MPOL_F_NUMA_BALANCING (1 << 13)
#define CORC_MPOL_PREFERRED_MANY 5
#define CORC_MPOL_WEIGHTED_INTERLEAVE 6

/* struct sched_attr of Linux 5.3, under a name of its own: some C libraries have it too. */
struct corc_sched_attr {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; /* nanoseconds */
	uint32_t util_min, util_max;
};

_Static_assert(sizeof(struct corc_sched_attr) == 56, "SCHED_ATTR_SIZE_VER1");

int corc_sched_setattr(pid_t pid, const struct corc_sched_attr *attributes);
/* class: IOPRIO_CLASS_*. */
int corc_ioprio_set(pid_t pid, uint32_t class_, uint32_t priority);
/* pid 0: the caller. What the kernel has no CPUs for does not count. */
int corc_sched_setaffinity(pid_t pid, const uint32_t *mask, size_t words);
/* mode: MPOL_* with MPOL_F_*. */
int corc_set_mempolicy(uint32_t mode, const uint32_t *mask, size_t words);
int corc_personality(uint64_t persona);

#endif
