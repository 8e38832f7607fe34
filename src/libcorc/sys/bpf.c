/* SPDX-License-Identifier: Apache-2.0 */
/* bpf(2). Layer: sys; the parent process only. */
#include "sys/bpf.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel wants zeros in all bytes that a command does not use. */
static int bpf(int command, const union bpf_attr *attributes)
{
	long r = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return r < 0 ? -errno : (int)r;
}

int corc_bpf_load_device(const struct bpf_insn *program, size_t count, char *log, size_t log_size)
{
	union bpf_attr attributes;
	int r;

	if (count > UINT32_MAX)
		return -E2BIG;
	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attributes.insns = (uint64_t)(uintptr_t)program;
	attributes.insn_cnt = (uint32_t)count;
	attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
	if (log_size > 0) {
		attributes.log_buf = (uint64_t)(uintptr_t)log;
		attributes.log_size = (uint32_t)log_size;
		attributes.log_level = 1;
	}
	memcpy(attributes.prog_name, "corc_devices", sizeof("corc_devices"));
	/* EAGAIN: a signal interrupted the verifier. */
	do
		r = bpf(BPF_PROG_LOAD, &attributes);
	while (r == -EAGAIN);
	return r;
}

int corc_bpf_attach_device(int cgroup_fd, int program_fd)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.target_fd = (uint32_t)cgroup_fd;
	attributes.attach_bpf_fd = (uint32_t)program_fd;
	attributes.attach_type = BPF_CGROUP_DEVICE;
	attributes.attach_flags = BPF_F_ALLOW_MULTI;
	return bpf(BPF_PROG_ATTACH, &attributes);
}
