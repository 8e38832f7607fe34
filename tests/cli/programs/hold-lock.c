/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold-lock FILE: holds the kernel's lock of a file, so that whoever writes to it waits in state D,
 * until standard input ends. Says "ready" when it has the lock. Runs on the host, as root.
 *
 * The kernel takes the lock and then copies what is to be written; the page it copies from is
 * missing, and the one who has to supply it does not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

/* <linux/userfaultfd.h>, which does not come with every C library. */
struct userfault_api {
	uint64_t version, features, ioctls;
};
struct userfault_range {
	uint64_t start, length, mode, ioctls;
};
#define USERFAULT_VERSION 0xaa
#define USERFAULT_MODE_MISSING 1
#define USERFAULT_API _IOWR(0xaa, 0x3f, struct userfault_api)
#define USERFAULT_REGISTER _IOWR(0xaa, 0x00, struct userfault_range)
#define USERFAULT_MESSAGE_SIZE 32

struct copy {
	int file;
	char *page;
};

static void check(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void *write_page(void *data)
{
	const struct copy *copy = data;

	check(write(copy->file, copy->page, 1) == 1, "write");
	return NULL;
}

int main(int argc, char **argv)
{
	struct userfault_api api = {.version = USERFAULT_VERSION};
	struct userfault_range range = {.length = PAGE, .mode = USERFAULT_MODE_MISSING};
	char message[USERFAULT_MESSAGE_SIZE];
	struct copy copy;
	pthread_t thread;
	char byte;
	int fd;

	check(argc == 2, "usage: hold-lock FILE");
	copy.file = open(argv[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	check(copy.file >= 0, argv[1]);
	copy.page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(copy.page != MAP_FAILED, "mmap");
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	check(fd >= 0, "userfaultfd");
	check(ioctl(fd, USERFAULT_API, &api) == 0, "UFFDIO_API");
	range.start = (uint64_t)copy.page;
	check(ioctl(fd, USERFAULT_REGISTER, &range) == 0, "UFFDIO_REGISTER");
	check(pthread_create(&thread, NULL, write_page, &copy) == 0, "pthread_create");
	check(read(fd, &message, sizeof(message)) == sizeof(message), "fault");
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
