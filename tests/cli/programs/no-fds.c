/* SPDX-License-Identifier: Apache-2.0 */
/* no-fds: succeeds when nothing but fds 0, 1 and 2 is open; says what is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>

int main(void)
{
	int status = 0;

	for (int fd = 3; fd < 4096; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		printf("%d\n", fd);
		status = 1;
	}
	return status;
}
