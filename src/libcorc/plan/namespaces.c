/* SPDX-License-Identifier: Apache-2.0 */
/* The eight namespaces. Layer: plan; the parent process only. */
#include "plan/namespaces.h"

#include <linux/sched.h>

const struct corc_namespace_name corc_namespaces[CORC_NAMESPACE_COUNT] = {
	[CORC_NAMESPACE_PID] = {"pid", "pid", CLONE_NEWPID},
	[CORC_NAMESPACE_NETWORK] = {"network", "net", CLONE_NEWNET},
	[CORC_NAMESPACE_MOUNT] = {"mount", "mnt", CLONE_NEWNS},
	[CORC_NAMESPACE_IPC] = {"ipc", "ipc", CLONE_NEWIPC},
	[CORC_NAMESPACE_UTS] = {"uts", "uts", CLONE_NEWUTS},
	[CORC_NAMESPACE_USER] = {"user", "user", CLONE_NEWUSER},
	[CORC_NAMESPACE_CGROUP] = {"cgroup", "cgroup", CLONE_NEWCGROUP},
	[CORC_NAMESPACE_TIME] = {"time", "time", CLONE_NEWTIME},
};

void corc_namespaces_put(uint64_t flags, struct corc_buffer *buffer)
{
	const char *separator = "";

	for (size_t i = 0; i < CORC_NAMESPACE_COUNT; i++) {
		if (!(flags & corc_namespaces[i].flag))
			continue;
		corc_buffer_puts(buffer, separator);
		corc_buffer_puts(buffer, corc_namespaces[i].name);
		separator = ",";
	}
}
