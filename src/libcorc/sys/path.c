/* SPDX-License-Identifier: Apache-2.0 */
/* openat2(2). Layer: sys; parent and stage. */
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int corc_openat2(
	int directory_fd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
	long fd;

	/* EAGAIN: the tree was renamed while the kernel walked ".." in it. */
	do
		fd = syscall(SYS_openat2, directory_fd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd < 0 ? -errno : (int)fd;
}

int corc_open_in_root(int root_fd, const char *path)
{
	return corc_openat2(root_fd, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}
