/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a cgroup has room for one more process. Layer: cgroup; the parent process only. */
#include "cgroup/room.h"

#include <stdint.h>
#include <string.h>

#include "base/io.h"
#include "base/number.h"

#define NUMBER_SIZE 32

/* Some tables and pages of its own; the kernel charges 64 pages at a time. */
#define ENOUGH ((uint64_t)1024 * 1024)

/* False: there is no such file, or no number in it, but "max". */
static bool read_number(int directory_fd, const char *file, uint64_t *ret_number)
{
	char text[NUMBER_SIZE];
	ssize_t length = corc_read_small(directory_fd, file, text, sizeof(text));

	return length > 0 && corc_parse_u64(text, strcspn(text, "\n"), UINT64_MAX, ret_number) == 0;
}

bool corc_cgroup_lacks_memory(int directory_fd)
{
	uint64_t limit, usage;

	return read_number(directory_fd, "memory.max", &limit) &&
	       read_number(directory_fd, "memory.current", &usage) &&
	       (usage >= limit || limit - usage < ENOUGH);
}
