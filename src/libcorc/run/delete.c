/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delete: processes and cgroup first, the state last. Layer: run; the parent process.
 *
 * A container whose creation was cut off has only its marker. Then only a cgroup that corc made
 * (its inode matches, the machine was not booted since) is killed; an intent allows no more than
 * removing an empty directory.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/cleanup.h"
#include "run/rootfs.h"
#include "run/state.h"
#include "sys/process.h"

/* What a usual state needs, read. */
#define ARENA_SPACE ((size_t)8 * 1024)

struct deletion {
	struct corc_runtime *runtime;
	const char *id;
	bool force;
	struct corc_arena arena;
	struct corc_state_directory directory;
	int pidfd;
};

static void done(struct deletion *deletion)
{
	corc_close_(deletion->pidfd);
	corc_state_close(&deletion->directory);
	corc_arena_done(&deletion->arena);
}

/* The process need not be our child; its pidfd becomes readable when it ends. */
static int wait_gone(const struct deletion *deletion, struct corc_error *error)
{
	struct pollfd entry = {.fd = deletion->pidfd, .events = POLLIN};
	uint64_t end = corc_now_ms() + deletion->runtime->deadline_ms;

	for (;;) {
		uint64_t now = corc_now_ms();
		int r = poll(&entry, 1, now < end ? (int)(end - now) : 0);

		if (r > 0)
			return 0;
		if (r == 0)
			return corc_fail(error, ETIMEDOUT,
				"container init still running %u ms after SIGKILL",
				deletion->runtime->deadline_ms);
		if (errno != EINTR)
			return corc_fail_errno(error, errno, "waiting for the container's process");
	}
}

static int kill_init(const struct deletion *deletion, const struct corc_cgroup_ref *cgroup,
	struct corc_error *error)
{
	int r = corc_pidfd_send_signal(deletion->pidfd, SIGKILL);

	if (r < 0 && r != -ESRCH)
		return corc_fail_errno(error, -r, "killing the container's process");
	/* A frozen process dies only by cgroup.kill, or once it is thawed. */
	r = corc_cgroup_signal(cgroup, SIGKILL, error);
	return r < 0 ? r : wait_gone(deletion, error);
}

static int check_status(
	const struct deletion *deletion, enum corc_status status, struct corc_error *error)
{
	if (deletion->force || status == CORC_STATUS_STOPPED || status == CORC_STATUS_CREATED)
		return 0;
	return corc_fail(error, EBUSY, "cannot delete container %s that is not stopped: %s",
		deletion->id, corc_status_name(status));
}

/* Kills and removes everything that a complete state names. */
static int remove_complete(
	struct deletion *deletion, const struct corc_state_file *state, struct corc_error *error)
{
	enum corc_status status;
	int r = corc_state_status(&deletion->directory, state, &status, &deletion->pidfd, error);

	if (r == 0)
		r = check_status(deletion, status, error);
	if (r == 0 && deletion->pidfd >= 0)
		r = kill_init(deletion, &state->cgroup, error);
	if (r == 0)
		r = corc_cgroup_remove(&state->cgroup, deletion->runtime->deadline_ms, error);
	if (r == 0)
		r = corc_rootfs_detach(state->rootfs, state->rootfs_mount, state->boot_id, error);
	return r;
}

/* The marker alone: what a create that was killed may have left. */
static int remove_incomplete(struct deletion *deletion, struct corc_error *error)
{
	struct corc_marker marker = {0};
	char boot_id[CORC_BOOT_ID_SIZE];
	int r = corc_marker_read(&deletion->directory, &deletion->arena, &marker, error);

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
	if (r == 0 && marker.boot_id && marker.rootfs)
		r = corc_rootfs_detach(marker.rootfs, marker.rootfs_mount, marker.boot_id, error);
	return r;
}

static int perform(struct deletion *deletion, struct corc_error *error)
{
	struct corc_state_file state;
	int r = corc_id_check(deletion->id, error);

	if (r == 0)
		r = corc_state_open(deletion->runtime, deletion->id, &deletion->directory, error);
	if (r == 0)
		r = corc_state_lock(deletion->runtime, &deletion->directory, error);
	if (r < 0)
		return deletion->force && r == -ENOENT ? 0 : r;
	r = corc_state_read(&deletion->directory, &deletion->arena, &state, error);
	if (r == 0)
		r = remove_complete(deletion, &state, error);
	else if (deletion->force)
		r = remove_incomplete(deletion, error);
	corc_log(deletion->runtime, CORC_LOG_DEBUG, "processes and cgroup of %s are gone",
		deletion->id);
	if (r == 0)
		r = corc_state_remove(&deletion->directory, error);
	return r;
}

int corc_container_delete(
	struct corc_runtime *runtime, const char *id, bool force, struct corc_error *error)
{
	struct deletion CORC_CLEANUP(done) deletion = {.runtime = runtime,
		.id = id,
		.force = force,
		.directory = CORC_STATE_DIRECTORY_EMPTY,
		.pidfd = CORC_NO_FD};
	char space[ARENA_SPACE];

	corc_arena_init(&deletion.arena, space, sizeof(space));
	return perform(&deletion, error);
}
