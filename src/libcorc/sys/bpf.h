/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf(2) for device filters of cgroups. Layer: sys; the parent process only. All return -errno on
 * failure.
 */
#ifndef CORC_SYS_BPF_H
#define CORC_SYS_BPF_H

#include <linux/bpf.h>
#include <stddef.h>

/*
 * Loads a program of type cgroup device; its fd is CLOEXEC. `log`, when size is not 0, receives
 * what the verifier says.
 */
int corc_bpf_load_device(const struct bpf_insn *program, size_t count, char *log, size_t log_size);

/* Attaches it to a cgroup v2 directory, beside what others attached. */
int corc_bpf_attach_device(int cgroup_fd, int program_fd);

#endif
