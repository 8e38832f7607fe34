/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delete: processes and cgroup first, the state last. Layer: run; the parent process.
 *
 * A container whose creation was cut off has only its marker. Then only a cgroup that corc made
 * (its inode matches, the machine was not booted since) is killed; an intent allows no more than
 * removing an empty directory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "run/hooks.h"
#include "run/kept_config.h"
#include "run/rootfs.h"
#include "run/scope.h"
#include "run/stop.h"
#include "sys/process.h"

/* What a usual state needs, read. */
#define ARENA_SPACE ((size_t)8 * 1024)

struct deletion {
	struct corc_runtime *runtime;
	bool force;
	struct corc_arena arena;
	struct corc_state_directory *directory;
	int pidfd;
	char *config;           /* text behind spec */
	struct corc_spec *spec; /* of a container with poststop hooks, else NULL */
};

static void done(struct deletion *deletion)
{
	corc_close_(deletion->pidfd);
	corc_arena_done(&deletion->arena);
	free(deletion->config);
}

static int check_status(
	const struct deletion *deletion, enum corc_status status, struct corc_error *error)
{
	if (deletion->force || status == CORC_STATUS_STOPPED || status == CORC_STATUS_CREATED)
		return 0;
	return corc_fail(error, EBUSY, "cannot delete container %s that is not stopped: %s",
		deletion->directory->id, corc_status_name(status));
}

static int remove_resctrl(const struct corc_resctrl *groups, struct corc_error *error)
{
	if (!groups->monitor && !groups->is_made)
		return 0;
	int CORC_CLOSE root = corc_resctrl_open(error);

	/* What is not mounted any more has no groups either. */
	if (root < 0)
		return error->code == ENOTSUP ? 0 : root;
	return corc_resctrl_remove(root, groups, error);
}

/* Kills and removes everything that a complete state names. */
static int remove_complete(
	struct deletion *deletion, const struct corc_state_file *state, struct corc_error *error)
{
	enum corc_status status;
	int r = corc_state_status(deletion->directory, state, &status, &deletion->pidfd, error);

	if (r == 0)
		r = check_status(deletion, status, error);
	if (r == 0)
		r = corc_container_stop(deletion->runtime, &state->cgroup, deletion->pidfd, error);
	if (r == 0)
		r = corc_cgroup_remove(&state->cgroup, deletion->runtime->deadline_ms, error);
	if (r == 0)
		corc_scope_stop(deletion->runtime, &state->cgroup);
	if (r == 0)
		r = remove_resctrl(&state->resctrl, error);
	if (r == 0)
		r = corc_rootfs_detach(state->rootfs, state->rootfs_mount, state->boot_id, error);
	return r;
}

/* The marker alone: what a create that was killed may have left. */
static int remove_incomplete(struct deletion *deletion, struct corc_error *error)
{
	struct corc_marker marker = {0};
	char boot_id[CORC_BOOT_ID_SIZE];
	int r = corc_marker_read(deletion->directory, &deletion->arena, &marker, error);

	/* Before the marker there is nothing but the directory. */
	if (r == -ENOENT || r == -EBADMSG)
		return 0;
	if (r == 0)
		r = corc_boot_id(boot_id, error);
	if (r < 0)
		return r;
	/* Another boot: the inode numbers mean nothing, and nothing of ours lives. */
	if (!marker.boot_id || strcmp(marker.boot_id, boot_id) != 0) {
		for (size_t i = 0; i < marker.cgroup.directories.count; i++)
			marker.cgroup.directories.items[i].inode = 0;
	}
	r = corc_cgroup_remove(&marker.cgroup, deletion->runtime->deadline_ms, error);
	if (r == 0)
		corc_scope_stop(deletion->runtime, &marker.cgroup);
	if (r == 0 && marker.boot_id && strcmp(marker.boot_id, boot_id) == 0)
		r = remove_resctrl(&marker.resctrl, error);
	if (r == 0 && marker.boot_id && marker.rootfs)
		r = corc_rootfs_detach(marker.rootfs, marker.rootfs_mount, marker.boot_id, error);
	return r;
}

/* Before the directory goes. A container must be deletable also when its hooks cannot be read. */
static void read_hooks(struct deletion *deletion, const struct corc_state_file *state)
{
	struct corc_error failure = {0};

	if (!(state->hooks & CORC_HOOKS_BIT(CORC_HOOK_POSTSTOP)))
		return;
	if (corc_kept_config_read(deletion->directory, &deletion->arena, &deletion->config,
		    &deletion->spec, &failure) < 0)
		corc_log(deletion->runtime, CORC_LOG_WARNING, "poststop hooks are not run: %s",
			failure.message);
}

static void run_poststop(const struct deletion *deletion, const struct corc_state_file *state)
{
	const struct corc_hooks hooks = {.runtime = deletion->runtime,
		.spec = deletion->spec,
		.state = {state->id, state->bundle, &state->annotations},
		.pidfd = CORC_NO_FD};

	if (deletion->spec)
		corc_hooks_run_poststop(&hooks);
}

static int perform(struct deletion *deletion, struct corc_error *error)
{
	struct corc_state_file state = {0};
	int r = corc_state_read(deletion->directory, &deletion->arena, &state, error);

	if (r == 0)
		r = remove_complete(deletion, &state, error);
	else if (deletion->force)
		r = remove_incomplete(deletion, error);
	corc_log(deletion->runtime, CORC_LOG_DEBUG, "processes and cgroup of %s are gone",
		deletion->directory->id);
	if (r == 0) {
		read_hooks(deletion, &state);
		r = corc_state_remove(deletion->directory, error);
	}
	if (r == 0)
		run_poststop(deletion, &state);
	return r;
}

int corc_container_remove(struct corc_runtime *runtime, struct corc_state_directory *directory,
	bool force, struct corc_error *error)
{
	struct deletion CORC_CLEANUP(done) deletion = {
		.runtime = runtime, .force = force, .directory = directory, .pidfd = CORC_NO_FD};
	char space[ARENA_SPACE];

	corc_arena_init(&deletion.arena, space, sizeof(space));
	return perform(&deletion, error);
}

int corc_container_delete(
	struct corc_runtime *runtime, const char *id, bool force, struct corc_error *error)
{
	struct corc_state_directory CORC_CLEANUP(corc_state_close) directory =
		CORC_STATE_DIRECTORY_EMPTY;
	int r = corc_id_check(id, error);

	if (r == 0)
		r = corc_state_open(runtime, id, &directory, error);
	if (r == 0)
		r = corc_state_lock(runtime, &directory, error);
	if (r < 0)
		return force && r == -ENOENT ? 0 : r;
	return corc_container_remove(runtime, &directory, force, error);
}
