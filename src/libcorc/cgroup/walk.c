/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a tree of cgroups. Layer: cgroup; the parent process only.
 *
 * Children are visited in the order of their inode numbers, so that the way on is known after
 * coming back from one: it is the next larger number.
 */
#include "cgroup/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroup/directory.h"

#define NAME_SIZE (NAME_MAX + 1)

/* What getdents64 writes; the C libraries do not agree on a name for it. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

struct child {
	uint64_t inode; /* 0: none was found */
	char name[NAME_SIZE];
};

static bool is_child(const struct entry *entry)
{
	return entry->type == DT_DIR && strcmp(entry->name, ".") != 0 &&
	       strcmp(entry->name, "..") != 0;
}

/* The subdirectory with the smallest inode number of at least `from`. */
static int find_child(int fd, uint64_t from, struct child *ret_child)
{
	_Alignas(struct entry) char buffer[8192];
	struct child child = {.inode = 0};
	long got;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	while ((got = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < got;) {
			const struct entry *entry = (const void *)(buffer + at);

			at += entry->size;
			if (!is_child(entry) || entry->inode < from ||
				(child.inode != 0 && entry->inode >= child.inode))
				continue;
			child.inode = entry->inode;
			(void)snprintf(child.name, sizeof(child.name), "%s", entry->name);
		}
	}
	if (got < 0)
		return -errno;
	*ret_child = child;
	return 0;
}

struct position {
	int fd;
	uint32_t depth;
	uint64_t next; /* smallest inode number of a child that was not visited yet */
};

static int move(struct position *position, const char *name)
{
	int fd = openat(position->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	corc_close_(position->fd);
	position->fd = fd;
	return 0;
}

/* Back to the parent, which is told about it. */
static int go_up(struct position *position, const struct corc_cgroup_walker *walker)
{
	struct child child = {.inode = 0};
	uint64_t inode = 0;
	int r = corc_cgroup_inode(position->fd, &inode);

	if (r == 0)
		r = move(position, "..");
	if (r < 0)
		return r;
	position->depth--;
	position->next = inode + 1;
	if (!walker->leave)
		return 0;
	r = find_child(position->fd, inode, &child);
	if (r < 0 || child.inode != inode)
		return r;
	return walker->leave(walker->data, position->fd, child.name);
}

static int go_down(struct position *position, const struct child *child,
	const struct corc_cgroup_walker *walker)
{
	int r = move(position, child->name);

	position->next = child->inode + 1;
	/* Somebody removed it in the meantime. */
	if (r == -ENOENT || r == -ENODEV)
		return 0;
	if (r < 0)
		return r;
	position->depth++;
	position->next = 0;
	return walker->enter ? walker->enter(walker->data, position->fd) : 0;
}

static int walk_from(struct position *position, const struct corc_cgroup_walker *walker)
{
	struct child child = {.inode = 0};
	int r = walker->enter ? walker->enter(walker->data, position->fd) : 0;

	while (r == 0) {
		r = find_child(position->fd, position->next, &child);
		if (r < 0)
			return r;
		if (child.inode != 0)
			r = go_down(position, &child, walker);
		else if (position->depth > 0)
			r = go_up(position, walker);
		else
			return 0;
	}
	return r;
}

int corc_cgroup_walk(int fd, const struct corc_cgroup_walker *walker)
{
	struct position position = {
		.fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	};
	int r;

	if (position.fd < 0)
		return -errno;
	r = walk_from(&position, walker);
	corc_close_(position.fd);
	return r;
}
