/* SPDX-License-Identifier: Apache-2.0 */
/* ENOSYS for system calls newer than a profile. Layer: plan; the parent process only. */
#include "plan/seccomp_enosys.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define BLOCK 7 /* instructions for an architecture */

void corc_seccomp_enosys(
	const struct corc_seccomp_last *architectures, size_t count, struct sock_filter *program)
{
	struct sock_filter load_architecture =
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));

	*program++ = load_architecture;
	for (size_t i = 0; i < count; i++) {
		const struct corc_seccomp_last *architecture = &architectures[i];
		/* Blocks that are left, and so the way to the filter. */
		uint32_t rest = (uint32_t)(count - i - 1) * BLOCK;
		struct sock_filter block[BLOCK] = {
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture->architecture, 0,
				BLOCK - 1),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, CORC_SECCOMP_X32_BIT, 1, 0),
			BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, architecture->last, 1, 2),
			BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, architecture->last_x32, 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
			BPF_STMT(BPF_JMP | BPF_JA, rest),
		};

		for (size_t k = 0; k < BLOCK; k++)
			*program++ = block[k];
	}
}
