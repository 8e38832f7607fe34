/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the cgroups of a container. Layer: cgroup; the parent process only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/cgroup.h"
#include "cgroup/directory.h"
#include "cgroup/processes.h"
#include "cgroup/v1.h"
#include "cgroup/v2.h"
#include "sys/process.h"

static int make_and_open(struct corc_cgroup_ref_directory *item)
{
	uint64_t deadline = corc_now_ms() + CORC_CGROUP_TAKEN_AWAY_MS;
	int fd;

	do {
		int r = corc_cgroup_make_path(item->directory, &item->made);

		if (r < 0)
			return r;
		fd = corc_cgroup_open_path(item->directory);
	} while (fd == -ENOENT && corc_now_ms() < deadline);
	return fd;
}

/* The controllers that the settings write to in this directory, separated by blanks. */
static void list_needed(
	const struct corc_cgroup_plan *plan, size_t index, char list[CORC_CGROUP_CONTROLLERS_SIZE])
{
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < plan->setting_count; i++) {
		const char *controller = plan->settings[i].controller;
		size_t length = strlen(controller);

		if (corc_cgroup_plan_directory(plan, controller) != index ||
			corc_cgroup_v2_has(list, controller, length) ||
			used + length + 2 > CORC_CGROUP_CONTROLLERS_SIZE)
			continue;
		used += (size_t)snprintf(list + used, CORC_CGROUP_CONTROLLERS_SIZE - used, "%s%s",
			used > 0 ? " " : "", controller);
	}
}

static void enable(const struct corc_cgroup_plan *plan, size_t index, int fd)
{
	char needed[CORC_CGROUP_CONTROLLERS_SIZE];

	if (plan->mode == CORC_CGROUP_V2) {
		corc_cgroup_v2_enable(fd, &plan->directories[index], NULL);
		return;
	}
	list_needed(plan, index, needed);
	if (needed[0] != '\0')
		corc_cgroup_v2_enable(fd, &plan->directories[index], needed);
}

static int refuse_frozen(const char *directory, struct corc_error *error)
{
	return corc_fail(error, EBUSY, "container's cgroup unexpectedly frozen: %s", directory);
}

static int refuse_processes(const char *directory, int fd, struct corc_error *error)
{
	struct corc_pids CORC_PIDS pids = {0};
	int r = corc_cgroup_pids_below(fd, &pids);

	if (r < 0)
		return corc_fail_errno(error, -r, "read the processes of cgroup %s", directory);
	if (pids.count == 0)
		return 0;
	return corc_fail(error, EBUSY,
		"container's cgroup is not empty: %zu process(es) found in %s", pids.count,
		directory);
}

/* An ancestor that is frozen freezes a new group at its birth: its events tell. */
static int check_v2(const struct corc_cgroup_ref_directory *item, int fd, struct corc_error *error)
{
	const char *directory = item->directory;
	struct corc_cgroup_events events;
	bool frozen;
	int r = corc_cgroup_v2_events(fd, &events);

	if (r == -ENOENT)
		return 0; /* not a real cgroup2 file system */
	if (r < 0)
		return corc_fail_errno(error, -r, "read cgroup.events of %s", directory);
	if (events.populated)
		return refuse_processes(directory, fd, error);
	if (events.frozen)
		return refuse_frozen(directory, error);
	if (item->made > 0)
		return 0;
	r = corc_cgroup_v2_is_frozen(fd, &frozen);
	return r == 0 && frozen ? refuse_frozen(directory, error) : 0;
}

static int check_v1(const struct corc_cgroup_ref_directory *item, int fd, struct corc_error *error)
{
	bool frozen = false;
	int r = 0;

	if (item->made == 0)
		r = refuse_processes(item->directory, fd, error);
	if (r == 0 && corc_cgroup_lists(item->controllers, "freezer") &&
		corc_cgroup_v1_is_frozen(fd, &frozen) == 0 && frozen)
		r = refuse_frozen(item->directory, error);
	return r;
}

static int prepare(const struct corc_cgroup_plan *plan, struct corc_cgroup_ref_directory *item,
	size_t index, int fd, struct corc_error *error)
{
	const struct corc_cgroup_directory *directory = &plan->directories[index];
	int r;

	if (directory->version == 1) {
		r = check_v1(item, fd, error);
		if (r == 0 && corc_cgroup_lists(directory->controllers, "cpuset"))
			r = corc_cgroup_v1_fill_cpuset(
				directory->mountpoint, directory->directory, error);
		return r;
	}
	r = check_v2(item, fd, error);
	if (r == 0)
		enable(plan, index, fd);
	return r;
}

static int fail_make(const char *directory, int code, struct corc_error *error)
{
	int r = corc_fail_errno(error, code, "make cgroup %s", directory);

	if (code == EROFS)
		(void)corc_error_hint(error, "the cgroup file system is mounted read-only");
	else if (code == EAGAIN)
		(void)corc_error_hint(error,
			"cgroup.max.depth or cgroup.max.descendants of a group above is reached");
	else if (code == EACCES || code == EPERM)
		(void)corc_error_hint(error, "the caller may not make groups there");
	return r;
}

static int make_one(const struct corc_cgroup_plan *plan, struct corc_cgroup_ref_directory *item,
	size_t index, struct corc_error *error)
{
	int CORC_CLOSE fd = make_and_open(item);
	int r;

	if (fd < 0)
		return fail_make(item->directory, -fd, error);
	r = corc_cgroup_inode(fd, &item->inode);
	if (r < 0)
		(void)corc_fail_errno(error, -r, "stat cgroup %s", item->directory);
	else
		r = prepare(plan, item, index, fd, error);
	if (r < 0) {
		(void)corc_cgroup_remove_path(item->directory, item->made);
		item->inode = 0;
	}
	return r;
}

static void undo(struct corc_cgroup_ref *ref, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct corc_cgroup_ref_directory *item = &ref->directories.items[i];

		(void)corc_cgroup_remove_path(item->directory, item->made);
		item->inode = 0;
	}
}

int corc_cgroup_make(
	const struct corc_cgroup_plan *plan, struct corc_cgroup_ref *ref, struct corc_error *error)
{
	for (size_t i = 0; i < ref->directories.count; i++) {
		int r = make_one(plan, &ref->directories.items[i], i, error);

		if (r < 0) {
			undo(ref, i);
			return corc_error_step(error, CORC_STEP_CGROUP);
		}
	}
	return 0;
}
