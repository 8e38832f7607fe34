/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore. Layer: run; the parent process.
 *
 * As create, with CRIU in the place of the stage: what can be refused is refused first; then state
 * directory and marker, cgroup with its limits, CRIU in a mount namespace of its own. CRIU tells
 * how far it is:
 *
 *     setup-namespaces       the first process is there, alone: into its cgroup; hooks of the
 * creation orphan-pts-master      the terminal post-restore           its number pre-resume all is
 * restored and stopped: read back, compared, recorded
 *
 * Only after the last answer does anything of the image run.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checkpoint/external.h"
#include "checkpoint/verify.h"
#include "plan/namespaces.h"
#include "run/conductor.h"
#include "run/hooks.h"
#include "run/images.h"
#include "run/pid_file.h"
#include "run/record.h"
#include "run/restore_places.h"
#include "run/scope.h"
#include "run/socket.h"
#include "run/state.h"
#include "run/undo.h"
#include "sys/process.h"

struct restoration {
	struct corc_runtime *runtime;
	const struct corc_restore_options *options;
	const char *id;
	struct corc_bundle bundle;
	struct corc_state_directory directory;
	char boot_id[CORC_BOOT_ID_SIZE];
	struct corc_marker marker;
	struct corc_pid_file pid_file;
	struct corc_images images;
	struct corc_streams streams;
	struct corc_restore_places places;
	struct corc_criu scout; /* was asked what it can; a scope of systemd begins with it */
	struct corc_criu criu;  /* restores */
	struct corc_criu_request request;
	struct corc_hooks hooks;
	struct corc_undo undo;
	int config;     /* of CRIU, or negative */
	int console_fd; /* the terminal's master, or negative */
	pid_t pid;
	int pidfd;
	bool is_environment_made; /* from here on a failure runs the poststop hooks */
	bool is_verified;
	bool is_taken_over; /* another process is removing it, or has */
};

/* --- undoing -------------------------------------------------------------------------------- */

static int undo_state(void *argument, struct corc_error *error)
{
	struct restoration *restoration = argument;

	return restoration->is_taken_over ? 0 : corc_state_remove(&restoration->directory, error);
}

static int undo_cgroup(void *argument, struct corc_error *error)
{
	struct restoration *restoration = argument;

	int r;

	if (restoration->is_taken_over)
		return 0;
	corc_criu_end(&restoration->scout);
	r = corc_cgroup_remove(
		&restoration->marker.cgroup, restoration->runtime->deadline_ms, error);
	if (r == 0)
		corc_scope_stop(restoration->runtime, &restoration->marker.cgroup);
	return r;
}

/* The processes that CRIU made are ours; it ends with its socket. */
static int undo_criu(void *argument, struct corc_error *error)
{
	struct restoration *restoration = argument;
	struct corc_exit status;

	(void)error;
	if (restoration->pidfd >= 0) {
		(void)corc_pidfd_send_signal(restoration->pidfd, SIGKILL);
		(void)corc_wait_pidfd(restoration->pidfd, 10000, &status);
	}
	corc_criu_end(&restoration->criu);
	return 0;
}

static int undo_pid_file(void *argument, struct corc_error *error)
{
	(void)error;
	corc_pid_file_remove(argument);
	return 0;
}

static void done(struct restoration *restoration)
{
	corc_criu_end(&restoration->criu);
	corc_criu_end(&restoration->scout);
	corc_close_(restoration->config);
	corc_close_(restoration->console_fd);
	corc_close_(restoration->pidfd);
	corc_restore_places_close(&restoration->places);
	corc_images_close(&restoration->images);
	corc_pid_file_done(&restoration->pid_file);
	corc_state_close(&restoration->directory);
	corc_bundle_done(&restoration->bundle);
}

/* --- what can be refused -------------------------------------------------------------------- */

static int start_criu(struct restoration *restoration, struct corc_error *error)
{
	const struct corc_restore_options *options = restoration->options;
	struct corc_criu_launch launch = {.program = options->criu.program,
		.input = STDIN_FILENO,
		.output = STDOUT_FILENO,
		.config = restoration->config,
		.fds = restoration->places.fds,
		.fd_count = restoration->places.fd_count,
		.places = restoration->places.items,
		.place_count = restoration->places.count};
	int r = 0;

	/* CRIU restores a cgroup namespace only where it restores cgroups. */
	if (options->criu.cgroups == CORC_CRIU_CGROUPS_IGNORE &&
		corc_spec_find_namespace(restoration->bundle.spec, CORC_NAMESPACE_CGROUP))
		r = corc_restore_cgroups_open(
			&restoration->places, &restoration->marker.cgroup, &launch, error);
	if (r == 0)
		r = corc_criu_start(&launch, &restoration->criu, error);
	if (r == 0)
		corc_undo_push(&restoration->undo, undo_criu, restoration);
	return r;
}

/* By a CRIU of its own, before anything is made. It stays when systemd is to make a scope with it.
 */
static int check_criu(struct restoration *restoration, struct corc_error *error)
{
	const struct corc_criu_launch launch = {.program = restoration->options->criu.program,
		.input = CORC_NO_FD,
		.output = CORC_NO_FD,
		.config = CORC_NO_FD};
	const struct corc_criu_needs needs = {.lazy_pages = restoration->options->criu.lazy_pages};
	int r = corc_criu_start(&launch, &restoration->scout, error);

	if (r == 0)
		r = corc_criu_check(
			&restoration->scout, &needs, restoration->runtime->deadline_ms, error);
	if (!restoration->bundle.cgroup->unit)
		corc_criu_end(&restoration->scout);
	return r;
}

static int open_images(struct restoration *restoration, struct corc_error *error)
{
	struct stat status;
	int r = corc_images_open(&restoration->bundle.arena, &restoration->options->criu, false,
		"restore.log", &restoration->images, error);

	if (r == 0)
		r = corc_streams_read(&restoration->bundle.arena, restoration->images.images,
			restoration->images.path, &restoration->streams, error);
	if (r < 0)
		return r;
	if (fstatat(restoration->images.images, "inventory.img", &status, 0) < 0)
		return corc_fail_errno(error, errno,
			"%s/inventory.img: the images are not complete", restoration->images.path);
	return 0;
}

static int prepare(struct restoration *restoration, struct corc_error *error)
{
	const struct corc_create_options *create = &restoration->options->create;
	struct corc_bundle *bundle = &restoration->bundle;
	int r = corc_id_check(restoration->id, error);

	if (r == 0)
		r = corc_bundle_load(restoration->runtime, restoration->id, create, bundle, error);
	bundle->input.restored = true;
	if (r == 0 && !restoration->options->criu.shell_job)
		r = corc_console_check(bundle->plan->terminal, create->console_socket,
			create->keep_console, error);
	if (r == 0)
		r = corc_pid_file_open(create->pid_file, &restoration->pid_file, error);
	if (r == 0)
		r = corc_criu_config_open(&bundle->spec->annotations, &restoration->config, error);
	if (r == 0)
		r = open_images(restoration, error);
	if (r == 0)
		r = corc_restore_places_open(bundle, &restoration->streams, &restoration->places,
			&restoration->request, error);
	return r < 0 ? r : check_criu(restoration, error);
}

/* --- what is made --------------------------------------------------------------------------- */

static int make_cgroup(struct restoration *restoration, struct corc_error *error)
{
	const struct corc_bundle *bundle = &restoration->bundle;
	const struct corc_cgroup_plan *plan = bundle->cgroup;
	struct corc_cgroup_ref *ref = &restoration->marker.cgroup;
	int r;

	if (plan->mode == CORC_CGROUP_NONE)
		return 0;
	r = plan->unit ? corc_cgroup_check_unit(ref, error) : corc_cgroup_make(plan, ref, error);
	if (r < 0)
		return r;
	corc_undo_push(&restoration->undo, undo_cgroup, restoration);
	if (plan->unit)
		r = corc_scope_start(restoration->runtime, bundle, restoration->scout.pid,
			restoration->scout.pidfd, ref, error);
	if (r == 0)
		r = corc_marker_write(&restoration->directory, &restoration->marker, false, error);
	if (r == 0 && corc_cgroup_apply(bundle->spec, plan, ref, error) < 0)
		r = corc_error_step(error, CORC_STEP_CGROUP);
	return r;
}

/* What --manage-cgroups-mode strict is about: nothing of the cgroups is there before. */
static int check_strict(const struct restoration *restoration, struct corc_error *error)
{
	const struct corc_cgroup_ref *ref = &restoration->marker.cgroup;

	/* systemd refuses a unit that is there by itself. */
	if (restoration->options->criu.cgroups != CORC_CRIU_CGROUPS_STRICT ||
		restoration->bundle.cgroup->unit)
		return 0;
	for (size_t i = 0; i < ref->directories.count; i++)
		if (ref->directories.items[i].made == 0)
			return corc_fail(error, EEXIST,
				"--manage-cgroups-mode strict: cgroup %s is there already",
				ref->directories.items[i].directory);
	return 0;
}

static int make_places(struct restoration *restoration, struct corc_error *error)
{
	struct corc_bundle *bundle = &restoration->bundle;
	int r = corc_boot_id(restoration->boot_id, error);

	if (r == 0)
		r = corc_cgroup_intent(
			&bundle->arena, bundle->cgroup, &restoration->marker.cgroup, error);
	if (r == 0)
		r = check_strict(restoration, error);
	if (r == 0)
		r = corc_state_make(
			restoration->runtime, restoration->id, &restoration->directory, error);
	if (r < 0)
		return r;
	corc_undo_push(&restoration->undo, undo_state, restoration);
	restoration->marker.boot_id = restoration->boot_id;
	restoration->marker.rootfs = bundle->rootfs;
	r = corc_marker_write(&restoration->directory, &restoration->marker, true, error);
	return r < 0 ? r : make_cgroup(restoration, error);
}

/* --- what CRIU tells ------------------------------------------------------------------------ */

/* The process has become our child; later its number may be another's. */
static int note_process(struct restoration *restoration, pid_t pid, struct corc_error *error)
{
	if (restoration->pidfd >= 0)
		return 0;
	if (pid <= 0)
		return corc_fail(error, EPROTO, "CRIU did not tell the restored process");
	restoration->pidfd = corc_pidfd_open(pid);
	if (restoration->pidfd < 0)
		return corc_fail_errno(
			error, -corc_take_fd(&restoration->pidfd), "the restored process %d", pid);
	restoration->pid = pid;
	restoration->hooks.pid = pid;
	restoration->hooks.pidfd = restoration->pidfd;
	return 0;
}

/*
 * For createContainer hooks. Not the pid namespace: what is mounted on /proc is the host's until
 * the mounts of the image are there. The others are of no use to a program that begins and ends
 * now.
 */
static int namespaces_of_hooks(const struct corc_bundle *bundle)
{
	static const enum corc_namespace_type types[] = {CORC_NAMESPACE_MOUNT,
		CORC_NAMESPACE_NETWORK, CORC_NAMESPACE_IPC, CORC_NAMESPACE_UTS,
		CORC_NAMESPACE_USER};
	int namespaces = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (corc_spec_find_namespace(bundle->spec, types[i]) &&
			!bundle->view.host.namespaces[types[i]].is_own)
			namespaces |= (int)corc_namespaces[types[i]].flag;
	return namespaces;
}

static int handle_namespaces(
	struct restoration *restoration, pid_t pid, int fd, struct corc_error *error)
{
	int r = note_process(restoration, pid, error);

	(void)fd;
	if (r == 0 && restoration->bundle.cgroup->mode != CORC_CGROUP_NONE)
		r = corc_cgroup_attach(&restoration->marker.cgroup, pid, error);
	if (r < 0)
		return r;
	corc_criu_end(&restoration->scout);
	restoration->is_environment_made = true;
	for (int phase = CORC_HOOK_PRESTART; r == 0 && phase <= CORC_HOOK_CREATE_CONTAINER; phase++)
		r = corc_hooks_run(&restoration->hooks, (enum corc_hook_phase)phase, error);
	return r;
}

static int handle_terminal(
	struct restoration *restoration, pid_t pid, int fd, struct corc_error *error)
{
	const char *socket = restoration->options->create.console_socket;
	unsigned number = 0;
	char name[32];

	(void)pid;
	if (fd < 0)
		return corc_fail(error, EPROTO, "CRIU sent no terminal");
	if (!socket) {
		corc_close_(restoration->console_fd);
		restoration->console_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		return restoration->console_fd < 0 ? corc_fail_errno(error, errno, "terminal") : 0;
	}
	if (ioctl(fd, TIOCGPTN, &number) < 0)
		return corc_fail_errno(error, errno, "terminal");
	int length = snprintf(name, sizeof(name), "/dev/pts/%u", number);
	int r = corc_socket_send_fd(socket, name, (size_t)length, fd);

	if (r == 0)
		return 0;
	(void)corc_fail_errno(error, -r, "console socket %s", socket);
	return corc_error_step(error, CORC_STEP_CONSOLE);
}

static int handle_process(
	struct restoration *restoration, pid_t pid, int fd, struct corc_error *error)
{
	(void)fd;
	return note_process(restoration, pid, error);
}

/* With --lsm-profile the label is that one. */
static const char *label_of(
	const struct restoration *restoration, const char *prefix, const char *configured)
{
	const char *option = restoration->options->lsm_profile;
	size_t length = strlen(prefix);

	return option && strncmp(option, prefix, length) == 0 ? option + length : configured;
}

static int verify(struct restoration *restoration, struct corc_error *error)
{
	const struct corc_bundle *bundle = &restoration->bundle;
	const struct corc_spec_process *process = bundle->spec->process;
	const struct corc_verify verify = {.spec = bundle->spec,
		.plan = bundle->plan,
		.namespaces = bundle->view.host.namespaces,
		.namespace_fds = bundle->view.namespace_fds,
		.apparmor_profile = label_of(
			restoration, "apparmor:", process ? process->apparmor_profile : NULL),
		.selinux_label =
			label_of(restoration, "selinux:", process ? process->selinux_label : NULL),
		.pid = restoration->pid};
	pid_t CORC_FREE *pids = NULL;
	size_t count = 0;
	int r = corc_verify_namespaces(&verify, error);

	if (r == 0)
		r = corc_verify_process(&verify, restoration->pid, error);
	if (r == 0)
		r = corc_cgroup_pids(&restoration->marker.cgroup, &pids, &count, error);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (pids[i] != restoration->pid)
			r = corc_verify_process(&verify, pids[i], error);
	return r;
}

static int record(struct restoration *restoration, struct corc_error *error)
{
	struct corc_record record = {.runtime = restoration->runtime,
		.id = restoration->id,
		.bundle = &restoration->bundle,
		.directory = &restoration->directory,
		.marker = &restoration->marker,
		.pid = restoration->pid};

	return corc_record_write(&record, error);
}

static int handle_stopped(
	struct restoration *restoration, pid_t pid, int fd, struct corc_error *error)
{
	int r = note_process(restoration, pid, error);

	(void)fd;
	if (r == 0)
		r = verify(restoration, error);
	/* CRIU may let it go on all the same. */
	if (r < 0 && restoration->pidfd >= 0)
		(void)corc_pidfd_send_signal(restoration->pidfd, SIGKILL);
	if (r == 0)
		r = record(restoration, error);
	if (r < 0)
		return r;
	restoration->is_verified = true;
	corc_undo_push(&restoration->undo, undo_pid_file, &restoration->pid_file);
	return corc_pid_file_commit(&restoration->pid_file, restoration->pid, error);
}

static int handle_notification(
	void *data, const char *script, pid_t pid, int fd, struct corc_error *error)
{
	static const struct {
		const char *script;
		int (*handle)(struct restoration *restoration, pid_t pid, int fd,
			struct corc_error *error);
	} rows[] = {
		{"setup-namespaces", handle_namespaces},
		{"orphan-pts-master", handle_terminal},
		{"post-restore", handle_process},
		{"pre-resume", handle_stopped},
	};
	struct restoration *restoration = data;

	corc_log(restoration->runtime, CORC_LOG_DEBUG, "criu: %s", script);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].script, script) == 0)
			return rows[i].handle(restoration, pid, fd, error);
	return 0;
}

/* --- the whole ------------------------------------------------------------------------------ */

static void compose(struct restoration *restoration)
{
	struct corc_criu_request *request = &restoration->request;

	request->verb = CORC_CRIU_RESTORE;
	request->options = &restoration->options->criu;
	request->restore = restoration->options;
	request->images = restoration->images.images;
	request->root = CORC_RESTORE_ROOT;
	request->log_file = restoration->images.log_file;
	request->config_file = restoration->config < 0 ? NULL : CORC_CRIU_CONFIG;
}

/* Those that read the memory back are in the container's cgroup. */
static uint64_t progress(void *data)
{
	const struct restoration *restoration = data;
	uint64_t bytes = corc_read_bytes(restoration->criu.pid);
	pid_t CORC_FREE *pids = NULL;
	struct corc_error ignored;
	size_t count = 0;

	if (corc_cgroup_pids(&restoration->marker.cgroup, &pids, &count, &ignored) < 0)
		return bytes;
	for (size_t i = 0; i < count; i++)
		bytes += corc_read_bytes(pids[i]);
	return bytes;
}

static int have_restored(struct restoration *restoration, struct corc_error *error)
{
	const struct corc_criu_handler handler = {.notify = handle_notification,
		.progress = progress,
		.deadline_ms = restoration->runtime->deadline_ms,
		.data = restoration};
	int r = corc_criu_perform(&restoration->criu, &restoration->request, &handler, error);

	if (r == -ECANCELED || r == -ETIMEDOUT)
		return corc_images_explain(restoration->runtime, &restoration->bundle.arena,
			&restoration->images, &restoration->criu, error);
	if (r == 0 && !restoration->is_verified)
		return corc_fail(error, EPROTO, "CRIU let the process go on without asking");
	return r;
}

/* They may take their time and may use the container, so others are let in. */
static int run_poststart(struct restoration *restoration, struct corc_error *error)
{
	struct corc_error ignored;
	int r;

	if (restoration->bundle.spec->hooks.phases[CORC_HOOK_POSTSTART].count == 0)
		return 0;
	restoration->hooks.pidfd = CORC_NO_FD;
	corc_state_unlock(&restoration->directory);
	r = corc_hooks_run(&restoration->hooks, CORC_HOOK_POSTSTART, error);
	if (r < 0 && corc_state_lock(restoration->runtime, &restoration->directory, &ignored) < 0)
		restoration->is_taken_over = true;
	return r;
}

static int give_images(struct restoration *restoration, struct corc_error *error)
{
	const struct corc_spec_id_mappings *mappings =
		&restoration->bundle.spec->linux_.gid_mappings;

	for (size_t i = 0; i < mappings->count; i++)
		if (mappings->items[i].container_id == 0 && mappings->items[i].host_id != 0)
			return corc_images_give(
				&restoration->images, mappings->items[i].host_id, error);
	return 0;
}

static int perform(struct restoration *restoration, struct corc_error *error)
{
	int r = prepare(restoration, error);

	if (r == 0)
		r = make_places(restoration, error);
	if (r < 0)
		return r;
	restoration->hooks = (struct corc_hooks){.runtime = restoration->runtime,
		.spec = restoration->bundle.spec,
		.pidfd = CORC_NO_FD,
		.namespaces = namespaces_of_hooks(&restoration->bundle),
		.state = {restoration->id, restoration->bundle.path,
			&restoration->bundle.spec->annotations}};
	compose(restoration);
	r = corc_restore_cgroup_roots(restoration->options, &restoration->bundle,
		&restoration->places, &restoration->request, error);
	if (r == 0)
		r = corc_restore_cgroup_mount(&restoration->bundle, &restoration->marker.cgroup,
			&restoration->places, &restoration->request, error);
	if (r == 0)
		r = corc_restore_work(&restoration->places, restoration->images.work,
			&restoration->request.work, error);
	if (r == 0)
		r = give_images(restoration, error);
	if (r == 0)
		r = start_criu(restoration, error);
	if (r == 0)
		r = have_restored(restoration, error);
	return r < 0 ? r : run_poststart(restoration, error);
}

/* Whoever has taken the container over runs its poststop hooks. */
static int undo(struct restoration *restoration, struct corc_error *error)
{
	int r = corc_undo_run(&restoration->undo, error);

	if (restoration->is_environment_made && !restoration->is_taken_over) {
		restoration->hooks.pid = 0;
		restoration->hooks.pidfd = CORC_NO_FD;
		corc_hooks_run_poststop(&restoration->hooks);
	}
	return r;
}

int corc_container_restore(struct corc_runtime *runtime, const char *id,
	const struct corc_restore_options *options, struct corc_child *ret_child,
	struct corc_error *error)
{
	struct restoration CORC_CLEANUP(done) restoration = {.runtime = runtime,
		.options = options,
		.id = id,
		.directory = CORC_STATE_DIRECTORY_EMPTY,
		.pid_file = CORC_PID_FILE_EMPTY,
		.images = CORC_IMAGES_EMPTY,
		.scout = CORC_CRIU_EMPTY,
		.criu = CORC_CRIU_EMPTY,
		.config = CORC_NO_FD,
		.console_fd = CORC_NO_FD,
		.pidfd = CORC_NO_FD};
	int r = perform(&restoration, error);

	if (r < 0)
		return undo(&restoration, error);
	corc_undo_forget(&restoration.undo);
	ret_child->pid = restoration.pid;
	ret_child->pidfd = corc_take_fd(&restoration.pidfd);
	ret_child->console_fd = corc_take_fd(&restoration.console_fd);
	return 0;
}
