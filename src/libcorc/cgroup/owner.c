/* SPDX-License-Identifier: Apache-2.0 */
/* Who the caller is outside of its user namespace. Layer: cgroup; the parent process only. */
#include "cgroup/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "sys/process.h"

#define MAP_FILE_MAX 4096
#define CHILD_STACK ((size_t)512 * 1024) /* pages that are not touched cost nothing */
#define ATTEMPT "speaking to systemd as the user outside of the user namespace"

/* The next number of a line of uid_map; *at then stands behind it. False: there is none. */
static bool read_number(const char **at, uint32_t *ret_number)
{
	const char *start = *at + strspn(*at, " ");
	size_t length = strspn(start, "0123456789");
	uint64_t number;

	*at = start + length;
	if (corc_parse_u64(start, length, UINT32_MAX, &number) < 0)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* "INSIDE OUTSIDE COUNT" */
static bool maps(const char *line, uid_t uid, uid_t *ret_uid)
{
	uint32_t inside, outside, count;

	if (!read_number(&line, &inside) || !read_number(&line, &outside) ||
		!read_number(&line, &count) || uid < inside || uid - inside >= count)
		return false;
	*ret_uid = outside + (uid - inside);
	return true;
}

uid_t corc_owner_uid(void)
{
	char text[MAP_FILE_MAX];
	char *rest = text, *line;
	uid_t uid = geteuid();

	if (corc_read_small(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)) < 0)
		return uid;
	while ((line = strsep(&rest, "\n")))
		if (maps(line, geteuid(), &uid))
			break;
	return uid;
}

struct visit {
	void (*function)(void *argument);
	void *argument;
	char map[64];
	int code; /* errno of the mapping; the memory is shared with the parent */
};

/* In the child, on a stack of its own, all signals blocked, the parent's thread waiting. */
static int run_child(void *data)
{
	struct visit *visit = data;
	int r = corc_write_existing(AT_FDCWD, "/proc/self/uid_map", visit->map, strlen(visit->map));

	visit->code = r < 0 ? -r : 0;
	if (r >= 0)
		visit->function(visit->argument);
	return 0;
}

/* In a user namespace below, in which the one id that there is has the number that it has above. */
static int call_below(struct visit *visit, struct corc_error *error)
{
	int pidfd = CORC_NO_FD;
	struct clone_args args = {.flags = CLONE_FILES | CLONE_PIDFD | CLONE_NEWUSER,
		.pidfd = (uint64_t)(uintptr_t)&pidfd};
	void *stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	struct corc_exit ignored;

	if (stack == MAP_FAILED)
		return corc_fail_errno(error, errno, ATTEMPT);
	uint64_t before = corc_block_signals(UINT64_MAX);
	pid_t pid = corc_clone3_vfork(&args, stack, CHILD_STACK, run_child, visit);

	(void)corc_block_signals(before);
	(void)munmap(stack, CHILD_STACK);
	if (pid < 0)
		return corc_fail_errno(error, -pid, ATTEMPT);
	(void)corc_wait_pidfd(pidfd, -1, &ignored);
	corc_close_(pidfd);
	return visit->code ? corc_fail_errno(error, visit->code, ATTEMPT) : 0;
}

int corc_as_owner(void (*function)(void *argument), void *argument, struct corc_error *error)
{
	struct visit visit = {.function = function, .argument = argument, .code = EPROTO};
	uid_t owner = corc_owner_uid();

	if (owner == geteuid()) {
		function(argument);
		return 0;
	}
	(void)snprintf(
		visit.map, sizeof(visit.map), "%u %u 1\n", (unsigned)owner, (unsigned)geteuid());
	return call_below(&visit, error);
}
