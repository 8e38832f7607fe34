/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fds: prints "NUMBER TARGET" for every open file descriptor of this process and opens none for
 * it. Runs in the container.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	char link[32], target[4096];

	for (int fd = 0; fd < 4096; fd++) {
		ssize_t length;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		length = readlink(link, target, sizeof(target));
		printf("%d %.*s\n", fd, length < 0 ? 1 : (int)length, length < 0 ? "?" : target);
	}
	return 0;
}
