/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory MIB ASK ANSWER: has so much memory, no two pages of it the same, and whenever a line comes
 * out of the FIFO ASK writes the sum over all of it to the FIFO ANSWER. Runs in the container.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORDS_OF_MIB (1024 * 1024 / sizeof(uint64_t))

static uint64_t sum_of(const uint64_t *words, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = sum * 31 + words[i];
	return sum;
}

int main(int argc, char **argv)
{
	size_t count = argc == 4 ? strtoul(argv[1], NULL, 10) * WORDS_OF_MIB : 0;
	uint64_t *words = mmap(NULL, count * sizeof(*words), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t next = 88172645463325252u;

	if (words == MAP_FAILED)
		return 2;
	for (size_t i = 0; i < count; i++) {
		next ^= next << 13;
		next ^= next >> 7;
		next ^= next << 17;
		words[i] = next;
	}
	for (;;) {
		char text[64];
		int ask = open(argv[2], O_RDONLY);
		ssize_t got = read(ask, text, sizeof(text));

		close(ask);
		if (got <= 0)
			continue;
		int answer = open(argv[3], O_WRONLY);

		dprintf(answer, "%016llx\n", (unsigned long long)sum_of(words, count));
		close(answer);
	}
}
