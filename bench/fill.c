/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill MIB: the payload of dumps and restores: has so much memory that cannot be made smaller, is
 * called "filled" when it has, and waits. Its standard streams are the container's own /dev/null.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MIB (1024 * 1024)

int main(int argc, char **argv)
{
	size_t size = argc == 2 ? strtoul(argv[1], NULL, 10) * MIB : 0;
	size_t count = size / sizeof(uint64_t);
	int null = open("/dev/null", O_RDWR);
	uint64_t next = 88172645463325252u, *words;

	for (int i = 0; i < 3; i++)
		if (dup2(null, i) < 0)
			return 1;
	close(null);
	words = size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
		     : NULL;
	if (words == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < count; i++) {
		next ^= next << 13;
		next ^= next >> 7;
		next ^= next << 17;
		words[i] = next;
	}
	prctl(PR_SET_NAME, "filled");
	for (;;)
		pause();
}
