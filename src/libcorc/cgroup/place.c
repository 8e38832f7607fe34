/* SPDX-License-Identifier: Apache-2.0 */
/* Existing cgroups below those of a container. Layer: cgroup; the parent process only. */
#include "cgroup/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/directory.h"
#include "sys/path.h"

void corc_cgroup_place_done(struct corc_cgroup_place *place)
{
	for (size_t i = 0; i < place->count; i++)
		corc_close_(place->fds[i]);
	free(place->fds);
	*place = (struct corc_cgroup_place)CORC_CGROUP_PLACE_EMPTY;
}

/* The directory itself for "" and "/". What a path names never lies outside of it. */
static int open_below(int own, const char *path, const char *choice, struct corc_error *error)
{
	int fd;

	path += strspn(path, "/");
	fd = corc_openat2(own, *path ? path : ".", O_RDONLY | O_DIRECTORY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd == -EXDEV)
		return corc_fail(error, EINVAL, "%s is not a sub cgroup path", choice);
	if (fd < 0)
		return corc_fail_errno(error, -fd, "sub cgroup %s", choice);
	return fd;
}

static const char *path_of(const char *choice)
{
	const char *colon = choice ? strchr(choice, ':') : NULL;

	return colon ? colon + 1 : choice;
}

/* No choice: the container's own. */
static int open_one(const struct corc_cgroup_ref *ref,
	const struct corc_cgroup_ref_directory *directory, const char *choice,
	struct corc_error *error)
{
	const char *path = path_of(choice);
	int CORC_CLOSE own = corc_cgroup_open_processes(ref, directory);

	if (own < 0)
		return corc_fail_errno(error, -own, "open cgroup %s", directory->directory);
	return path ? open_below(own, path, choice, error) : corc_take_fd(&own);
}

static int refuse(const char *choice, const char *reason, struct corc_error *error)
{
	return corc_fail(error, EINVAL, "invalid --cgroup argument: %s (%s)", choice, reason);
}

/* Which directory has the controller; ref->directories.count: none. */
static size_t find_controller(const struct corc_cgroup_ref *ref, const char *name, size_t length)
{
	char controller[64];
	size_t i = 0;

	(void)snprintf(controller, sizeof(controller), "%.*s", (int)length, name);
	while (i < ref->directories.count &&
		(ref->directories.items[i].version != 1 || length >= sizeof(controller) ||
			!corc_cgroup_lists(ref->directories.items[i].controllers, controller)))
		i++;
	return i;
}

/* "cpu,cpuacct:PATH": PATH becomes the choice of the directories with these controllers. */
static int choose_some(const struct corc_cgroup_ref *ref, const char *choice, const char *colon,
	const char **chosen, struct corc_error *error)
{
	for (const char *at = choice; at < colon;) {
		size_t length = strcspn(at, ",:");
		size_t index = find_controller(ref, at, length);

		if (index == ref->directories.count)
			return refuse(
				choice, "the container has no cgroup of this controller", error);
		chosen[index] = choice;
		at += length;
		at += *at == ',';
	}
	return colon > choice ? 0 : refuse(choice, "no controller", error);
}

static int choose(const struct corc_cgroup_ref *ref, const char *const *choices,
	const char **chosen, struct corc_error *error)
{
	for (size_t i = 0; choices[i]; i++) {
		const char *colon = strchr(choices[i], ':');
		int r = 0;

		if (colon && strchr(colon + 1, ':'))
			return refuse(choices[i], "more than one \":\"", error);
		if (!colon && choices[1])
			return refuse(choices[i], "missing <controller>: prefix", error);
		if (colon)
			r = choose_some(ref, choices[i], colon, chosen, error);
		for (size_t k = 0; !colon && k < ref->directories.count; k++)
			chosen[k] = choices[i];
		if (r < 0)
			return r;
	}
	return 0;
}

static int open_all(const struct corc_cgroup_ref *ref, const char *const *choices,
	struct corc_cgroup_place *place, struct corc_error *error)
{
	size_t count = ref->directories.count;
	const char CORC_FREE **chosen = calloc(count, sizeof(*chosen));
	int r;

	place->fds = calloc(count, sizeof(*place->fds));
	if (!chosen || !place->fds)
		return corc_fail_errno(error, ENOMEM, "sub cgroups");
	r = choose(ref, choices, chosen, error);
	for (; r >= 0 && place->count < count; place->count++) {
		size_t i = place->count;

		r = open_one(ref, &ref->directories.items[i], chosen[i], error);
		if (r < 0)
			break;
		place->fds[i] = r;
	}
	return r < 0 ? r : 0;
}

int corc_cgroup_place_open(const struct corc_cgroup_ref *ref, const char *const *choices,
	struct corc_cgroup_place *ret_place, struct corc_error *error)
{
	struct corc_cgroup_place CORC_CLEANUP(corc_cgroup_place_done) place =
		CORC_CGROUP_PLACE_EMPTY;
	int r;

	if (ref->directories.count == 0)
		r = refuse(choices[0], "the container has no cgroup", error);
	else
		r = open_all(ref, choices, &place, error);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_CGROUP);
	if (place.count == 1 && ref->directories.items[0].version == 2)
		place.birth_fd = place.fds[0];
	*ret_place = place;
	place = (struct corc_cgroup_place)CORC_CGROUP_PLACE_EMPTY;
	return 0;
}

int corc_cgroup_place_attach(
	const struct corc_cgroup_place *place, pid_t pid, struct corc_error *error)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", (int)pid);

	for (size_t i = 0; i < place->count; i++) {
		int r = corc_write_existing(place->fds[i], "cgroup.procs", text, (size_t)length);

		if (r < 0) {
			(void)corc_fail_errno(error, -r, "move process %s to the sub cgroup", text);
			return corc_error_step(error, CORC_STEP_CGROUP);
		}
	}
	return 0;
}
