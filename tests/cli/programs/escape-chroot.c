/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape-chroot DIRECTORY FILE: leaves a chroot the old way, by a directory that is outside of a
 * deeper one, goes up as far as it can and says "escaped" when FILE is there, else "held". Needs
 * CAP_SYS_CHROOT. Runs in the container.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int top = open("/", O_RDONLY | O_DIRECTORY);

	if (argc != 3 || top < 0 || chroot(argv[1]) < 0 || fchdir(top) < 0) {
		perror("escape-chroot");
		return 1;
	}
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return 1;
	if (chroot(".") < 0)
		return 1;
	puts(access(argv[2], F_OK) == 0 ? "escaped" : "held");
	return 0;
}
