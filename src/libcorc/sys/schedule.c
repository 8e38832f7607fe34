/* SPDX-License-Identifier: Apache-2.0 */
/* When and where a process runs. Layer: sys; parent and stage. */
#include "sys/schedule.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORD_BITS 32

static int result(long value)
{
	return value < 0 ? -errno : 0;
}

int corc_sched_setattr(pid_t pid, const struct corc_sched_attr *attributes)
{
	return result(syscall(SYS_sched_setattr, pid, attributes, 0));
}

int corc_ioprio_set(pid_t pid, uint32_t class_, uint32_t priority)
{
	return result(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid,
		(class_ << IOPRIO_CLASS_SHIFT) | priority));
}

int corc_sched_setaffinity(pid_t pid, const uint32_t *mask, size_t words)
{
	return result(syscall(SYS_sched_setaffinity, pid, words * sizeof(*mask), mask));
}

int corc_set_mempolicy(uint32_t mode, const uint32_t *mask, size_t words)
{
	/* The kernel takes one bit less than it is told. */
	return result(syscall(
		SYS_set_mempolicy, mode, words ? mask : NULL, words ? words * WORD_BITS + 1 : 0));
}

int corc_personality(uint64_t persona)
{
	return result(syscall(SYS_personality, persona));
}
