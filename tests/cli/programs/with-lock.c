/* SPDX-License-Identifier: Apache-2.0 */
/*
 * with-lock FILE PROGRAM ARGUMENT...: takes the lock of a file, flock(2), and becomes the program,
 * which holds it. Runs in the container.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc > 2 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
		perror("with-lock");
		return 1;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 1;
}
