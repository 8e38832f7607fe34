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
#include "cgroup/nested.h"
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

/* own: a process that may be there; 0: none may. */
static int refuse_processes(const char *directory, int fd, pid_t own, struct corc_error *error)
{
	struct corc_pids CORC_PIDS pids = {0};
	int r = corc_cgroup_pids_below(fd, &pids);

	if (r < 0)
		return corc_fail_errno(error, -r, "read the processes of cgroup %s", directory);
	if (pids.count == 0 || (pids.count == 1 && pids.items[0] == own))
		return 0;
	return corc_fail(error, EBUSY,
		"container's cgroup is not empty: %zu process(es) found in %s", pids.count,
		directory);
}

/* An ancestor that is frozen freezes a new group at its birth: its events tell. */
static int check_v2(
	const struct corc_cgroup_ref_directory *item, int fd, pid_t own, struct corc_error *error)
{
	const char *directory = item->directory;
	struct corc_cgroup_events events;
	bool frozen;
	int r = corc_cgroup_v2_events(fd, &events);

	if (r == -ENOENT)
		return 0; /* not a real cgroup2 file system */
	if (r < 0)
		return corc_fail_errno(error, -r, "read cgroup.events of %s", directory);
	r = events.populated ? refuse_processes(directory, fd, own, error) : 0;
	if (r < 0)
		return r;
	if (events.frozen)
		return refuse_frozen(directory, error);
	if (item->made > 0)
		return 0;
	r = corc_cgroup_v2_is_frozen(fd, &frozen);
	return r == 0 && frozen ? refuse_frozen(directory, error) : 0;
}

static int check_v1(
	const struct corc_cgroup_ref_directory *item, int fd, pid_t own, struct corc_error *error)
{
	bool frozen = false;
	int r = 0;

	if (item->made == 0)
		r = refuse_processes(item->directory, fd, own, error);
	if (r == 0 && corc_cgroup_lists(item->controllers, "freezer") &&
		corc_cgroup_v1_is_frozen(fd, &frozen) == 0 && frozen)
		r = refuse_frozen(item->directory, error);
	return r;
}

/* A directory of the plan that is open. */
struct opened {
	const struct corc_cgroup_plan *plan;
	size_t index;
	int fd;
	pid_t own; /* the process that systemd has put into it, or 0 */
};

static int prepare(const struct opened *opened, struct corc_cgroup_ref_directory *item,
	struct corc_error *error)
{
	const struct corc_cgroup_plan *plan = opened->plan;
	size_t index = opened->index;
	int fd = opened->fd;

	const struct corc_cgroup_directory *directory = &plan->directories[index];
	int r;

	if (directory->version == 1) {
		r = check_v1(item, fd, opened->own, error);
		if (r == 0 && corc_cgroup_lists(directory->controllers, "cpuset"))
			r = corc_cgroup_v1_fill_cpuset(
				directory->mountpoint, directory->directory, error);
		return r;
	}
	r = check_v2(item, fd, opened->own, error);
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
	size_t index, pid_t own, struct corc_error *error)
{
	int CORC_CLOSE fd = make_and_open(item);
	int r;

	if (fd < 0)
		return fail_make(item->directory, -fd, error);
	r = corc_cgroup_inode(fd, &item->inode);
	if (r < 0)
		(void)corc_fail_errno(error, -r, "stat cgroup %s", item->directory);
	else
		r = prepare(&(struct opened){plan, index, fd, own}, item, error);
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

static int make_all(const struct corc_cgroup_plan *plan, struct corc_cgroup_ref *ref, pid_t own,
	struct corc_error *error)
{
	for (size_t i = 0; i < ref->directories.count; i++) {
		int r = make_one(plan, &ref->directories.items[i], i, own, error);

		if (r < 0) {
			undo(ref, i);
			return corc_error_step(error, CORC_STEP_CGROUP);
		}
	}
	return 0;
}

/*
 * On v2 systemd makes the one directory. On v1 it makes those that it uses itself, and the others
 * are made here. All are the container's from now on.
 */
static int make_in_unit(const struct corc_cgroup_plan *plan, struct corc_cgroup_ref *ref, pid_t pid,
	struct corc_error *error)
{
	int r;

	if (plan->mode == CORC_CGROUP_V2) {
		const char *directory = ref->directories.items[0].directory;
		int CORC_CLOSE fd = corc_cgroup_open_path(directory);

		if (fd < 0) {
			(void)corc_fail_errno(error, -fd, "cgroup %s of the unit %s", directory,
				plan->unit->name);
			return corc_error_hint(
				error, "systemd has started the unit, and has it somewhere else");
		}
	}
	r = make_all(plan, ref, pid, error);
	for (size_t i = 0; r == 0 && i < ref->directories.count; i++)
		if (ref->directories.items[i].made == 0)
			ref->directories.items[i].made = 1;
	return r;
}

int corc_cgroup_make_in_unit(const struct corc_cgroup_plan *plan, struct corc_cgroup_ref *ref,
	pid_t pid, struct corc_error *error)
{
	int r = make_in_unit(plan, ref, pid, error);

	if (r == 0)
		r = corc_cgroup_make_processes(plan, ref, error);
	if (r == 0)
		r = corc_cgroup_attach(ref, pid, error);
	if (r == 0 && ref->processes)
		corc_cgroup_enable_processes(plan, ref);
	return r < 0 ? corc_error_step(error, CORC_STEP_CGROUP) : 0;
}

/* What is there before systemd is asked: it would put the container to what is in it. */
int corc_cgroup_check_unit(const struct corc_cgroup_ref *ref, struct corc_error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *item = &ref->directories.items[i];
		int CORC_CLOSE fd = corc_cgroup_open_path(item->directory);

		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			r = corc_fail_errno(error, -fd, "open cgroup %s", item->directory);
		else if (item->version == 2)
			r = check_v2(item, fd, 0, error);
		else
			r = check_v1(item, fd, 0, error);
	}
	return r < 0 ? corc_error_step(error, CORC_STEP_CGROUP) : 0;
}

int corc_cgroup_make(
	const struct corc_cgroup_plan *plan, struct corc_cgroup_ref *ref, struct corc_error *error)
{
	return make_all(plan, ref, 0, error);
}
