/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create and run. Layer: run; the parent process.
 *
 * Order: everything that can be refused is refused before anything is made; then the state
 * directory and the marker (with the cgroup as an intent), the cgroup, the marker with its inodes,
 * the stage. While the stage mounts, limits are set and the state is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroup/hint.h"
#include "run/bundle.h"
#include "run/conductor.h"
#include "run/hooks.h"
#include "run/idmap.h"
#include "run/listener.h"
#include "run/notify.h"
#include "run/pid_file.h"
#include "run/record.h"
#include "run/resctrl.h"
#include "run/rootfs.h"
#include "run/scheduling.h"
#include "run/scope.h"
#include "run/socket.h"
#include "run/state.h"
#include "run/undo.h"
#include "sys/mount.h"
#include "sys/process.h"

#define FIFO_COUNT 2
/* What a usual configuration needs, compiled. */
#define ARENA_SPACE ((size_t)48 * 1024)

struct creation {
	struct corc_runtime *runtime;
	const struct corc_create_options *options;
	const char *id;
	bool start_now;
	struct corc_bundle bundle;
	struct corc_state_directory directory;
	char boot_id[CORC_BOOT_ID_SIZE];
	struct corc_marker marker;
	struct corc_spawn_files files;
	int rootfs_fd;
	int resctrl_fd; /* where it is mounted; negative: the container has no groups in it */
	int fifo_fds[FIFO_COUNT]; /* start, result */
	struct corc_pid_file pid_file;
	struct corc_conductor conductor;
	struct corc_net_devices net_devices;
	struct corc_hooks hooks;
	struct corc_record record;
	struct corc_hook_output output;     /* of hooks that the stage runs */
	int output_ends[CORC_HOOK_OUTPUTS]; /* which it writes to */
	bool has_limits;                    /* they are set already */
	bool is_taken_over;                 /* another process is removing it, or has */
	bool is_environment_made;           /* from here on a failure runs the poststop hooks */
	struct corc_undo undo;
};

static int undo_state(void *argument, struct corc_error *error)
{
	struct creation *creation = argument;

	return creation->is_taken_over ? 0 : corc_state_remove(&creation->directory, error);
}

static int undo_cgroup(void *argument, struct corc_error *error)
{
	struct creation *creation = argument;

	int r;

	if (creation->is_taken_over)
		return 0;
	r = corc_cgroup_remove(&creation->marker.cgroup, creation->runtime->deadline_ms, error);
	if (r == 0)
		corc_scope_stop(creation->runtime, &creation->marker.cgroup);
	return r;
}

static int undo_resctrl(void *argument, struct corc_error *error)
{
	struct creation *creation = argument;

	if (creation->is_taken_over)
		return 0;
	return corc_resctrl_remove(creation->resctrl_fd, &creation->marker.resctrl, error);
}

static int undo_rootfs(void *argument, struct corc_error *error)
{
	struct corc_marker *marker = &((struct creation *)argument)->marker;

	return corc_rootfs_detach(marker->rootfs, marker->rootfs_mount, marker->boot_id, error);
}

static int undo_pid_file(void *argument, struct corc_error *error)
{
	(void)error;
	corc_pid_file_remove(argument);
	return 0;
}

/* Before the stage ends, and with it the namespace that they are in. */
static int undo_net_devices(void *argument, struct corc_error *error)
{
	return corc_net_devices_give_back(argument, error);
}

static int undo_stage(void *argument, struct corc_error *error)
{
	(void)error;
	corc_stage_process_end(argument);
	return 0;
}

static void done(struct creation *creation)
{
	for (int i = 0; i < FIFO_COUNT; i++)
		corc_close_(creation->fifo_fds[i]);
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++)
		corc_close_(creation->output_ends[i]);
	corc_hook_output_done(&creation->output);
	corc_spawn_files_close(&creation->files);
	corc_close_(creation->rootfs_fd);
	corc_close_(creation->resctrl_fd);
	corc_close_(creation->conductor.stage.channel);
	corc_close_(creation->conductor.stage.pidfd);
	corc_close_(creation->conductor.console_fd);
	corc_close_(creation->conductor.listener_fd);
	corc_net_devices_done(&creation->net_devices);
	corc_inside_close(&creation->conductor.inside);
	corc_pid_file_done(&creation->pid_file);
	corc_state_close(&creation->directory);
	corc_bundle_done(&creation->bundle);
}

/* create only makes the place: who starts the container listens. */
static int make_notify(struct creation *creation, struct corc_error *error)
{
	struct corc_notify *notify = creation->options->notify;
	int r;

	if (!notify || !corc_notify_mount_wanted(creation->bundle.spec))
		return 0;
	r = corc_notify_make(creation->directory.fd, error);
	if (r == 0 && creation->start_now)
		r = corc_notify_listen(notify, creation->runtime, creation->directory.fd, error);
	return r;
}

static int make_fifos(struct creation *creation, struct corc_error *error)
{
	static const char *const names[FIFO_COUNT] = {"start.fifo", "result.fifo"};

	if (creation->start_now)
		return 0;
	for (int i = 0; i < FIFO_COUNT; i++) {
		/* Read and write: the stage waits for a byte, not for somebody who opens it. */
		if (mkfifoat(creation->directory.fd, names[i], 0600) == 0)
			creation->fifo_fds[i] = openat(
				creation->directory.fd, names[i], O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (creation->fifo_fds[i] < 0)
			return corc_fail_errno(error, errno, "making %s", names[i]);
	}
	return 0;
}

/* Who starts a created container finds them by their names. */
static int make_output(struct creation *creation, struct corc_error *error)
{
	int r = corc_hook_output_make(creation->directory.fd, creation->bundle.spec,
		&creation->output, creation->output_ends, error);

	if (r == 0 && creation->start_now && corc_hook_output_wanted(creation->bundle.spec))
		corc_hook_output_unlink(creation->directory.fd);
	return r;
}

static int attach_rootfs(struct creation *creation, struct corc_error *error)
{
	if (creation->marker.rootfs_mount == 0)
		return 0;
	corc_undo_push(&creation->undo, undo_rootfs, creation);
	return corc_rootfs_attach(&creation->bundle, creation->rootfs_fd, error);
}

/*
 * A user without privileges may often make no cgroups. What needs none goes without; the marker
 * forgets the one that was intended.
 */
static int go_without_cgroup(struct creation *creation, struct corc_error *error)
{
	struct corc_runtime *runtime = creation->runtime;
	bool is_denied = error->code == EACCES || error->code == EPERM || error->code == EROFS;

	if (!is_denied || !corc_cgroup_may_be_denied(runtime->rootless))
		return -error->code;
	if (creation->bundle.cgroup->is_required) {
		error->hint[0] = '\0';
		return corc_error_hint(error,
			"a user without access to the cgroup can have no limits and no cgroupsPath; "
			"systemd-run --user --scope -p Delegate=yes gives that access on cgroup v2");
	}
	corc_log(runtime, CORC_LOG_INFO, "the container gets no cgroup: %s", error->message);
	*error = (struct corc_error){0};
	int r = corc_cgroup_remove(&creation->marker.cgroup, runtime->deadline_ms, error);

	if (r < 0)
		return r;
	creation->marker.cgroup = (struct corc_cgroup_ref){0};
	r = corc_bundle_without_cgroup(&creation->bundle, error);
	return r < 0 ? r : corc_marker_write(&creation->directory, &creation->marker, false, error);
}

/* systemd makes it later, when there is a process to put into it. */
static int make_cgroup(struct creation *creation, struct corc_error *error)
{
	const struct corc_cgroup_plan *plan = creation->bundle.cgroup;
	struct corc_cgroup_ref *ref = &creation->marker.cgroup;
	int r;

	if (plan->mode == CORC_CGROUP_NONE)
		return 0;
	r = plan->unit ? corc_cgroup_check_unit(ref, error) : corc_cgroup_make(plan, ref, error);
	if (r < 0)
		return go_without_cgroup(creation, error);
	corc_undo_push(&creation->undo, undo_cgroup, creation);
	return plan->unit
		       ? 0
		       : corc_marker_write(&creation->directory, &creation->marker, false, error);
}

/* The marker has been written with what will be made. */
static int make_resctrl(struct creation *creation, struct corc_error *error)
{
	if (creation->resctrl_fd < 0)
		return 0;
	corc_undo_push(&creation->undo, undo_resctrl, creation);
	return corc_resctrl_make(
		creation->resctrl_fd, creation->bundle.spec, &creation->marker.resctrl, error);
}

/* State directory, marker, root file system, cgroup. */
static int make_places(struct creation *creation, struct corc_error *error)
{
	int r = corc_boot_id(creation->boot_id, error);

	if (r == 0)
		r = corc_cgroup_intent(&creation->bundle.arena, creation->bundle.cgroup,
			&creation->marker.cgroup, error);
	if (r == 0)
		r = corc_state_make(creation->runtime, creation->id, &creation->directory, error);
	if (r < 0)
		return r;
	corc_undo_push(&creation->undo, undo_state, creation);
	creation->marker.boot_id = creation->boot_id;
	creation->marker.rootfs = creation->bundle.rootfs;
	r = corc_marker_write(&creation->directory, &creation->marker, true, error);
	if (r == 0)
		r = attach_rootfs(creation, error);
	if (r == 0)
		r = make_resctrl(creation, error);
	return r < 0 ? r : make_cgroup(creation, error);
}

static int spawn_once(struct creation *creation, struct corc_error *error)
{
	const struct corc_plan *plan = creation->bundle.plan;
	const struct corc_host_view *view = &creation->bundle.view;
	struct corc_spawn request = {.plan = plan->wire,
		.files = &creation->files,
		.flags = plan->spawn_flags,
		.cgroup_fd = CORC_NO_FD};
	int CORC_CLOSE cgroup = CORC_NO_FD;
	int r;

	for (int i = 0; i < CORC_SLOT_MAX; i++)
		request.slots[i] = CORC_NO_FD;
	for (uint32_t i = 0; i < view->namespace_count; i++)
		request.slots[CORC_SLOT_FIRST_NAMESPACE + i] = view->namespace_fds[i];
	request.slots[CORC_SLOT_ROOTFS] = creation->rootfs_fd;
	request.slots[CORC_SLOT_START] = creation->fifo_fds[0];
	request.slots[CORC_SLOT_RESULT] = creation->fifo_fds[1];
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++)
		request.slots[CORC_SLOT_HOOK_OUTPUT + i] = creation->output_ends[i];
	if (creation->bundle.cgroup->mode == CORC_CGROUP_V2 && !creation->bundle.cgroup->unit) {
		cgroup = corc_cgroup_open(&creation->marker.cgroup, error);
		if (cgroup < 0)
			return cgroup;
		request.cgroup_fd = cgroup;
	}
	r = corc_spawn_stage(&request, &creation->conductor.stage, error);
	return r < 0 ? corc_error_step(error, CORC_STEP_SPAWN) : 0;
}

/* To be born in a cgroup needs access to that and to what the caller's own has in common with it.
 */
static int spawn(struct creation *creation, struct corc_error *error)
{
	int r = spawn_once(creation, error);

	if (r == -EACCES && creation->bundle.cgroup->mode == CORC_CGROUP_V2 &&
		!creation->bundle.cgroup->unit) {
		(void)corc_error_prefix(
			error, "cgroup %s", creation->bundle.cgroup->directories[0].directory);
		r = go_without_cgroup(creation, error);
		if (r == 0)
			r = spawn_once(creation, error);
	}
	if (r < 0)
		return r;
	creation->conductor.plan = creation->bundle.plan;
	corc_undo_push(&creation->undo, undo_stage, &creation->conductor.stage);
	corc_undo_push(&creation->undo, undo_net_devices, &creation->net_devices);
	return 0;
}

/*
 * After a clone in the stage: the child is the container's process, or will be. It waits until its
 * ids are mapped, and until it is known who speaks from now on.
 */
static int adopt_child(struct creation *creation, struct corc_error *error)
{
	struct corc_conductor *conductor = &creation->conductor;
	struct corc_message message;
	int r = corc_conductor_expect(conductor, CORC_MESSAGE_CHILD, &message, error);

	if (r == 0)
		r = corc_conductor_adopt(conductor, message.value, error);
	if (r == 0 && creation->bundle.plan->maps_ids)
		r = corc_idmap_write(
			creation->runtime, conductor->stage.pid, creation->bundle.plan, error);
	if (r == 0 && creation->bundle.plan->opens_inside)
		r = corc_inside_open(conductor->stage.pid, &conductor->inside, error);
	return r < 0 ? r : corc_conductor_send(conductor, CORC_MESSAGE_GO_ON, error);
}

static int place(struct creation *creation, struct corc_error *error)
{
	int r = 0;

	if (creation->bundle.cgroup->mode == CORC_CGROUP_V1 ||
		creation->bundle.cgroup->mode == CORC_CGROUP_HYBRID)
		r = corc_cgroup_attach(
			&creation->marker.cgroup, creation->conductor.stage.pid, error);
	if (r == 0 && creation->bundle.plan->waits_placed)
		r = corc_conductor_send(&creation->conductor, CORC_MESSAGE_PLACED, error);
	return r;
}

static int apply_limits(struct creation *creation, struct corc_error *error)
{
	const struct corc_bundle *bundle = &creation->bundle;

	if (bundle->cgroup->mode == CORC_CGROUP_NONE || creation->has_limits)
		return 0;
	creation->has_limits = true;
	if (corc_cgroup_apply(bundle->spec, bundle->cgroup, &creation->marker.cgroup, error) < 0)
		return corc_error_step(error, CORC_STEP_CGROUP);
	return 0;
}

/* The cgroup is the container's from the moment that its marker says so. */
static int join_scope(struct creation *creation, struct corc_error *error)
{
	int r = corc_scope_start_with_stage(
		&creation->bundle, &creation->conductor, &creation->marker.cgroup, error);

	if (r == 0)
		r = corc_marker_write(&creation->directory, &creation->marker, false, error);
	if (r == 0)
		r = apply_limits(creation, error);
	if (r == 0 && creation->bundle.plan->waits_placed)
		r = corc_conductor_send(&creation->conductor, CORC_MESSAGE_PLACED, error);
	return r;
}

/*
 * On v1 the limits come before the process: device rules are written one by one, and between the
 * first and the last of them the stage could make no device. On v2 the filter is one program, and
 * the process was born there.
 */
static int place_and_limit(struct creation *creation, struct corc_error *error)
{
	bool limits_first = creation->bundle.plan->waits_placed;
	int r;

	if (creation->bundle.cgroup->unit)
		return join_scope(creation, error);
	r = limits_first ? apply_limits(creation, error) : 0;
	if (r == 0)
		r = place(creation, error);
	if (r == 0 && !limits_first)
		r = apply_limits(creation, error);
	return r;
}

/* What the parent has to do while the stage mounts. */
static int keep_records(struct creation *creation, struct corc_error *error)
{
	creation->record = (struct corc_record){.runtime = creation->runtime,
		.id = creation->id,
		.bundle = &creation->bundle,
		.directory = &creation->directory,
		.marker = &creation->marker,
		.pid = creation->conductor.stage.pid,
		.is_creating = creation->bundle.plan->asks_for_hooks};
	return corc_record_write(&creation->record, error);
}

/*
 * The network namespace, begun before all the rest. While it is made there is time for what needs
 * no process yet; else that is done while the stage mounts.
 */
static int take_network(struct creation *creation, struct corc_error *error)
{
	struct corc_host_view *view = &creation->bundle.view;
	const struct corc_namespace_fact *fact = &view->host.namespaces[CORC_NAMESPACE_NETWORK];
	struct corc_network *network = &creation->bundle.network;
	int r;

	if (!fact->is_made_ahead)
		return 0;
	r = corc_spawn_files_make(creation->bundle.plan->wire, &creation->files, error);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_SPAWN);
	/* A scope is made for a process, so it is not there yet. */
	if (!creation->bundle.cgroup->unit && !corc_network_is_ready(network))
		r = apply_limits(creation, error);
	if (r < 0)
		return r;
	r = corc_network_end(network, creation->runtime->deadline_ms, error);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_NAMESPACES);
	view->namespace_fds[fact->slot - CORC_SLOT_FIRST_NAMESPACE] = r;
	return 0;
}

/*
 * run with nothing to hand over and no hooks: everything is recorded, so the stage need not wait
 * for an answer to READY; START lies in the channel when it gets there.
 */
static bool starts_early(const struct creation *creation)
{
	const struct corc_spec *spec = creation->bundle.spec;

	return creation->start_now && !creation->bundle.plan->terminal &&
	       !creation->bundle.plan->listener_path && !creation->bundle.plan->asks_for_hooks &&
	       !corc_hook_output_wanted(spec) && spec->linux_.net_devices.count == 0 &&
	       !spec->linux_.intel_rdt && !corc_scheduling_wanted(spec->process, false);
}

static int send_pidfd(const struct creation *creation, struct corc_error *error)
{
	int pidfd = creation->conductor.stage.pidfd;
	int r = corc_socket_send_pidfd(creation->options->pidfd_socket, "standard", pidfd, error);

	return r < 0 ? r
		     : corc_socket_send_pidfd(corc_spec_annotation(creation->bundle.spec,
						      "run.oci.pidfd_receiver"),
			       "standard", pidfd, error);
}

static int send_start(struct creation *creation, struct corc_error *error)
{
	corc_undo_push(&creation->undo, undo_pid_file, &creation->pid_file);
	int r = send_pidfd(creation, error);

	if (r == 0)
		r = corc_pid_file_commit(&creation->pid_file, creation->conductor.stage.pid, error);
	if (r == 0 && creation->start_now && creation->options->notify)
		r = corc_notify_watch(creation->options->notify, creation->conductor.stage.pid,
			creation->conductor.stage.pidfd, error);
	if (r == 0 && creation->start_now &&
		creation->bundle.spec->hooks.phases[CORC_HOOK_START_CONTAINER].count > 0)
		r = corc_hook_begin_output(
			&creation->hooks, CORC_HOOK_START_CONTAINER, 0, &creation->output, error);
	if (r == 0 && creation->start_now)
		r = corc_conductor_send(&creation->conductor, CORC_MESSAGE_START, error);
	return r;
}

static int hand_listener_over(struct creation *creation, struct corc_error *error)
{
	const struct corc_listener_state state = {
		.id = creation->id,
		.bundle = creation->bundle.path,
		.status = CORC_STATUS_CREATING,
		.pid = creation->conductor.stage.pid,
		.annotations = &creation->bundle.spec->annotations,
	};

	return corc_listener_hand_over(&creation->conductor, &state, error);
}

/*
 * They may take their time and may use the container, so others are let in. On a failure what is
 * undone must still be ours.
 */
static int run_poststart(struct creation *creation, struct corc_error *error)
{
	struct corc_error ignored;
	int r;

	if (creation->bundle.spec->hooks.phases[CORC_HOOK_POSTSTART].count == 0)
		return 0;
	creation->hooks.pid = creation->conductor.stage.pid;
	creation->hooks.pidfd = CORC_NO_FD;
	corc_state_unlock(&creation->directory);
	r = corc_hooks_run(&creation->hooks, CORC_HOOK_POSTSTART, error);
	if (r < 0 && corc_state_lock(creation->runtime, &creation->directory, &ignored) < 0)
		creation->is_taken_over = true;
	return r;
}

/* From READY on: the terminal and the listener are given away, and run waits for execve. */
static int finish(struct creation *creation, struct corc_error *error)
{
	struct corc_message message;
	int r;

	creation->conductor.is_quiet =
		starts_early(creation) && creation->bundle.plan->bind_count == 0;
	r = corc_conductor_expect(&creation->conductor, CORC_MESSAGE_READY, &message, error);
	creation->is_environment_made = r == 0 || creation->conductor.next_hook > 0;
	if (r == 0 && creation->record.is_creating) {
		creation->record.is_creating = false;
		r = corc_record_state(&creation->record, error);
	}
	if (r == 0)
		r = corc_console_hand_over(
			&creation->conductor, creation->options->console_socket, error);
	if (r == 0)
		r = hand_listener_over(creation, error);
	if (r == 0 && creation->resctrl_fd >= 0)
		r = corc_resctrl_add(creation->resctrl_fd, &creation->marker.resctrl,
			creation->conductor.stage.pid, error);
	if (r == 0)
		r = corc_scheduling_apply(creation->conductor.stage.pid,
			creation->bundle.spec->process, false, creation->conductor.document, error);
	if (r == 0 && !starts_early(creation))
		r = send_start(creation, error);
	if (r == 0 && creation->start_now)
		r = corc_conductor_wait_executed(&creation->conductor, error);
	if (r == 0 && creation->start_now)
		r = run_poststart(creation, error);
	return r;
}

static int look_at_resctrl(struct creation *creation, struct corc_error *error)
{
	const struct corc_spec *spec = creation->bundle.spec;

	if (!spec->linux_.intel_rdt)
		return 0;
	creation->resctrl_fd = corc_resctrl_open(error);
	if (creation->resctrl_fd < 0) {
		corc_json_origin(&spec->document, spec->linux_.intel_rdt->node, &error->origin);
		return corc_error_step(error, CORC_STEP_CGROUP);
	}
	return corc_resctrl_intend(
		creation->resctrl_fd, spec, creation->id, &creation->marker.resctrl, error);
}

/* Refuses what can be refused, before anything is made. */
static int prepare(struct creation *creation, struct corc_error *error)
{
	int r = corc_id_check(creation->id, error);

	if (r == 0)
		r = corc_bundle_load(creation->runtime, creation->id, creation->options,
			&creation->bundle, error);
	if (r == 0)
		r = corc_console_check(creation->bundle.plan->terminal,
			creation->options->console_socket, creation->options->keep_console, error);
	if (r == 0)
		r = corc_fds_check(
			creation->options->listen_fds, creation->options->preserve_fds, error);
	if (r == 0)
		r = corc_pid_file_open(creation->options->pid_file, &creation->pid_file, error);
	if (r == 0)
		r = corc_rootfs_open(&creation->bundle, &creation->rootfs_fd,
			&creation->marker.rootfs_mount, error);
	return r == 0 ? look_at_resctrl(creation, error) : r;
}

static int perform(struct creation *creation, struct corc_error *error)
{
	const struct corc_plan *plan;
	int r = prepare(creation, error);

	if (r == 0)
		r = make_places(creation, error);
	if (r == 0)
		r = make_fifos(creation, error);
	if (r == 0)
		r = make_output(creation, error);
	if (r == 0)
		r = make_notify(creation, error);
	if (r != 0)
		return r;
	creation->conductor.cgroup = &creation->marker.cgroup;
	creation->conductor.document = &creation->bundle.spec->document;
	creation->conductor.hooks = &creation->hooks;
	creation->conductor.output = &creation->output;
	creation->conductor.net_devices = &creation->net_devices;
	creation->hooks = (struct corc_hooks){.runtime = creation->runtime,
		.spec = creation->bundle.spec,
		.state = {
			creation->id, creation->bundle.path, &creation->bundle.spec->annotations}};
	corc_log(creation->runtime, CORC_LOG_DEBUG, "starting the stage with %u steps",
		creation->bundle.plan->wire->op_count);
	r = take_network(creation, error);
	if (r == 0)
		r = spawn(creation, error);
	plan = creation->bundle.plan;
	if (r == 0 && plan->clones && !plan->clones_last)
		r = adopt_child(creation, error);
	if (r == 0)
		r = place_and_limit(creation, error);
	if (r == 0 && plan->clones_last)
		r = adopt_child(creation, error);
	if (r == 0)
		r = keep_records(creation, error);
	if (r == 0 && starts_early(creation))
		r = send_start(creation, error);
	return r == 0 ? finish(creation, error) : r;
}

/* Whoever has taken the container over runs its poststop hooks. */
static int undo(struct creation *creation, struct corc_error *error)
{
	int r = corc_undo_run(&creation->undo, error);

	if (creation->is_environment_made && !creation->is_taken_over) {
		creation->hooks.pid = 0;
		creation->hooks.pidfd = CORC_NO_FD;
		corc_hooks_run_poststop(&creation->hooks);
	}
	return r;
}

static int create(struct creation *creation, struct corc_error *error)
{
	int r;

	creation->directory = (struct corc_state_directory)CORC_STATE_DIRECTORY_EMPTY;
	creation->pid_file = (struct corc_pid_file)CORC_PID_FILE_EMPTY;
	creation->net_devices = (struct corc_net_devices)CORC_NET_DEVICES_EMPTY;
	creation->files = (struct corc_spawn_files)CORC_SPAWN_FILES_EMPTY;
	creation->rootfs_fd = CORC_NO_FD;
	creation->resctrl_fd = CORC_NO_FD;
	for (int i = 0; i < FIFO_COUNT; i++)
		creation->fifo_fds[i] = CORC_NO_FD;
	creation->output = (struct corc_hook_output)CORC_HOOK_OUTPUT_EMPTY;
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++)
		creation->output_ends[i] = CORC_NO_FD;
	creation->conductor = (struct corc_conductor){.runtime = creation->runtime,
		.stage = CORC_STAGE_PROCESS_EMPTY,
		.console_fd = CORC_NO_FD,
		.listener_fd = CORC_NO_FD};
	r = perform(creation, error);
	if (r < 0) {
		(void)corc_cgroup_hint_full(&creation->marker.cgroup, error);
		return undo(creation, error);
	}
	corc_undo_forget(&creation->undo);
	corc_log(creation->runtime, CORC_LOG_DEBUG, "the container's process is %d",
		(int)creation->conductor.stage.pid);
	return 0;
}

int corc_container_create(struct corc_runtime *runtime, const char *id,
	const struct corc_create_options *options, pid_t *ret_pid, struct corc_error *error)
{
	struct creation CORC_CLEANUP(done)
		creation = {.runtime = runtime, .options = options, .id = id};
	char space[ARENA_SPACE], stack[CORC_NETWORK_STACK] __attribute__((aligned(64)));
	int r;

	corc_arena_init(&creation.bundle.arena, space, sizeof(space));
	corc_network_init(&creation.bundle.network, stack);
	r = create(&creation, error);

	if (r == 0 && ret_pid)
		*ret_pid = creation.conductor.stage.pid;
	return r;
}

int corc_container_run(struct corc_runtime *runtime, const char *id,
	const struct corc_create_options *options, struct corc_child *ret_child,
	struct corc_error *error)
{
	struct creation CORC_CLEANUP(done)
		creation = {.runtime = runtime, .options = options, .id = id, .start_now = true};
	char space[ARENA_SPACE], stack[CORC_NETWORK_STACK] __attribute__((aligned(64)));
	int r;

	corc_arena_init(&creation.bundle.arena, space, sizeof(space));
	corc_network_init(&creation.bundle.network, stack);
	r = create(&creation, error);

	if (r < 0)
		return r;
	ret_child->pid = creation.conductor.stage.pid;
	ret_child->pidfd = corc_take_fd(&creation.conductor.stage.pidfd);
	ret_child->console_fd = corc_take_fd(&creation.conductor.console_fd);
	return 0;
}
