/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: the hot path. Layer: run; the parent process. No parsing of config.json, no D-Bus, no
 * mount in the host, nothing that waits but for the stage.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/directory.h"
#include "cgroup/hint.h"
#include "cgroup/place.h"
#include "cgroup/room.h"
#include "plan/namespaces.h"
#include "run/conductor.h"
#include "run/container.h"
#include "run/exec_base.h"
#include "run/exec_process.h"
#include "run/listener.h"
#include "run/pid_file.h"
#include "run/scheduling.h"
#include "run/security.h"
#include "run/socket.h"
#include "sys/process.h"

/* What a usual exec needs, compiled. */
#define ARENA_SPACE ((size_t)12 * 1024)

/* A process that setns finds dead becomes waitable within this time. */
#define EXIT_PATIENCE_MS 1000

struct execution {
	struct corc_runtime *runtime;
	const struct corc_exec_options *options;
	struct corc_arena arena;
	struct corc_container container;
	struct corc_exec_base_file base;
	struct corc_exec_process process;
	struct corc_security_facts security;
	bool has_new_labels; /* other than the container's own, which create asked about */
	struct corc_pid_file pid_file;
	struct corc_cgroup_place place; /* when a sub cgroup was asked for */
	struct corc_conductor conductor;
	bool attaches; /* the process is moved into its cgroup */
};

static void done(struct execution *execution)
{
	corc_stage_process_end(&execution->conductor.stage);
	corc_close_(execution->conductor.console_fd);
	corc_close_(execution->conductor.listener_fd);
	corc_cgroup_place_done(&execution->place);
	corc_pid_file_done(&execution->pid_file);
	corc_exec_process_done(&execution->process);
	corc_exec_base_done(&execution->base);
	corc_container_close(&execution->container);
	corc_arena_done(&execution->arena);
}

static int check_status(const struct execution *execution, struct corc_error *error)
{
	enum corc_status status = execution->container.status;

	if (status == CORC_STATUS_STOPPED)
		return corc_fail(
			error, ESRCH, "cannot exec in a stopped container: container not running");
	/* Its root is not in its place yet. */
	if (status == CORC_STATUS_CREATING)
		return corc_fail(error, EINVAL, "cannot exec in a container that is being created");
	if (status == CORC_STATUS_PAUSED && !execution->options->ignore_paused)
		return corc_fail(error, EINVAL,
			"cannot exec in a paused container (use --ignore-paused to override)");
	return 0;
}

/* The kernel refuses to enter the user namespace that one is in; the others do not mind. */
static uint64_t namespaces_to_enter(const struct execution *execution)
{
	uint64_t namespaces = execution->base.base.namespaces;

	if ((namespaces & CLONE_NEWUSER) &&
		corc_container_shares_user_namespace(&execution->container))
		namespaces &= ~(uint64_t)CLONE_NEWUSER;
	return namespaces;
}

static int compile(struct execution *execution, struct corc_error *error)
{
	struct corc_compile_exec_input input = {
		.base = &execution->base.base,
		.process = &execution->process.process,
		.document = execution->process.document,
		.security = execution->has_new_labels ? &execution->security : NULL,
		.seccomp_program = execution->base.seccomp_program,
		.seccomp_size = execution->base.seccomp_size,
		.namespaces = namespaces_to_enter(execution),
		.rootless = execution->runtime->rootless,
		.console_rows = execution->options->console_rows,
		.console_columns = execution->options->console_columns,
		.gate = execution->attaches || execution->container.state.resctrl.group ||
			execution->base.base.listener_path ||
			corc_scheduling_wanted(&execution->process.process, true),
		.preserve_fds = execution->options->preserve_fds,
	};
	struct corc_plan *plan = NULL;
	int r = corc_compile_exec(&execution->arena, &input, &plan, error);

	if (r < 0)
		return r;
	corc_log_warnings(execution->runtime, &plan->warnings);
	execution->conductor.plan = plan;
	execution->conductor.cgroup = &execution->container.state.cgroup;
	execution->conductor.document = execution->process.document;
	return 0;
}

/* The path behind "0::", or NULL. With v1 hierarchies mounted elsewhere their lines come first. */
static const char *find_v2_line(char *text)
{
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		return strstr(line, "/..") ? NULL : line + 3;
	}
	return NULL;
}

/*
 * The v2 directory to be born in, negative when there is none. When the container has divided its
 * own cgroup nobody may be in it: then it is the cgroup of the container's first process.
 */
static int open_cgroup(const struct execution *execution, bool of_init)
{
	const struct corc_cgroup_ref *ref = &execution->container.state.cgroup;
	struct corc_error ignored;
	char text[4352], path[64], directory[4608];

	if (ref->directories.count != 1 || ref->directories.items[0].version != 2)
		return CORC_NO_FD;
	if (!of_init)
		return corc_cgroup_open(ref, &ignored);
	(void)snprintf(path, sizeof(path), "/proc/%u/cgroup", execution->container.state.pid);
	if (corc_read_small(AT_FDCWD, path, text, sizeof(text)) < 0)
		return CORC_NO_FD;
	const char *found = find_v2_line(text);

	if (!found)
		return CORC_NO_FD;
	(void)snprintf(directory, sizeof(directory), "/sys/fs/cgroup%s", found);
	return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Whether the visible process waits in front of the user's program. */
static bool is_gated(const struct execution *execution)
{
	const struct corc_plan_header *plan = execution->conductor.plan->wire;
	const struct corc_op *ops = corc_plan_ops(plan);

	for (uint32_t i = 0; i < plan->op_count; i++)
		if (ops[i].kind == CORC_OP_CLONE_VISIBLE)
			return ops[i].clone_visible.gate;
	return false;
}

/* Nobody has to know the visible process before it has become the user's program. */
static bool is_left_alone(const struct execution *execution)
{
	return !is_gated(execution) && !execution->conductor.plan->terminal &&
	       !execution->options->pidfd_socket;
}

/* The limit of the container holds in the groups below it, too. */
static bool lacks_memory(const struct execution *execution, int cgroup)
{
	const struct corc_cgroup_ref *ref = &execution->container.state.cgroup;

	if (cgroup < 0)
		return false;
	if (corc_cgroup_lacks_memory(cgroup))
		return true;
	if (execution->place.count == 0 && !ref->processes)
		return false;
	int CORC_CLOSE own = corc_cgroup_open_own(&ref->directories.items[0]);

	return own >= 0 && corc_cgroup_lacks_memory(own);
}

/* Starts the stage in this cgroup, or outside of any when it is negative; takes CHILD. */
static int spawn(struct execution *execution, int cgroup, struct corc_error *error)
{
	struct corc_spawn request = {.cgroup_fd = cgroup, .apart = lacks_memory(execution, cgroup)};
	struct corc_message message;
	int r;

	execution->attaches = cgroup < 0;
	r = compile(execution, error);
	if (r < 0)
		return r;
	request.plan = execution->conductor.plan->wire;
	for (int i = 0; i < CORC_SLOT_MAX; i++)
		request.slots[i] = CORC_NO_FD;
	request.slots[CORC_SLOT_TARGET] = execution->container.pidfd;
	int CORC_CLOSE root = CORC_NO_FD;

	/* A container without a mount namespace sees the host's tree from this directory on. */
	if (execution->base.base.chroot) {
		root = open(execution->base.base.chroot, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			return corc_fail_errno(
				error, errno, "rootfs %s", execution->base.base.chroot);
	}
	request.slots[CORC_SLOT_ROOTFS] = root;
	r = corc_spawn_stage(&request, &execution->conductor.stage, error);
	if (r < 0)
		return r;
	execution->conductor.is_quiet = is_left_alone(execution);
	r = corc_conductor_expect(&execution->conductor, CORC_MESSAGE_CHILD, &message, error);
	return r < 0 ? r : corc_conductor_adopt(&execution->conductor, message.value, error);
}

/* Whether a cgroup that is full or divided may be the reason, so that another way is worth it. */
static bool is_cgroup_refusal(const struct corc_error *error)
{
	return error->code == EAGAIN || error->code == EBUSY || error->code == EACCES ||
	       error->code == EPERM || error->code == EOPNOTSUPP;
}

static void restart(struct execution *execution)
{
	corc_stage_process_end(&execution->conductor.stage);
	corc_close_(corc_take_fd(&execution->conductor.console_fd));
	corc_close_(corc_take_fd(&execution->conductor.listener_fd));
}

/*
 * Born in the sub cgroup; else moved there. What is asked for so exactly has no substitute: a
 * divided cgroup is an error.
 */
static int enter_place(struct execution *execution, struct corc_error *error)
{
	int birth_fd = execution->place.birth_fd;
	int r = spawn(execution, birth_fd, error);

	if (r < 0 && error->code == EBUSY)
		return corc_error_hint(error,
			"a cgroup that gives controllers to those below it takes no process");
	if (r == 0 || birth_fd < 0 || !is_cgroup_refusal(error))
		return r;
	restart(execution);
	return spawn(execution, CORC_NO_FD, error);
}

/* Its CPUs until it is in its cgroup are given, so it is not born there. */
static bool has_initial_affinity(const struct execution *execution)
{
	const struct corc_spec_cpu_affinity *affinity =
		execution->process.process.exec_cpu_affinity;

	return affinity && affinity->initial;
}

/* Born in the container's cgroup; else in that of its first process; else moved there. */
static int enter(struct execution *execution, struct corc_error *error)
{
	if (has_initial_affinity(execution))
		return spawn(execution, CORC_NO_FD, error);
	if (execution->place.count > 0)
		return enter_place(execution, error);

	int CORC_CLOSE cgroup = open_cgroup(execution, false);
	int r = spawn(execution, cgroup, error);

	if (r == 0 || cgroup < 0 || !is_cgroup_refusal(error))
		return r;
	restart(execution);
	if (error->code == EBUSY) {
		int CORC_CLOSE init_cgroup = open_cgroup(execution, true);

		if (init_cgroup >= 0)
			r = spawn(execution, init_cgroup, error);
		if (r == 0)
			return 0;
		restart(execution);
	}
	corc_close_(corc_take_fd(&cgroup));
	return spawn(execution, CORC_NO_FD, error);
}

static int enter_resctrl(struct execution *execution, struct corc_error *error)
{
	const struct corc_resctrl *groups = &execution->container.state.resctrl;

	if (!groups->group)
		return 0;
	int CORC_CLOSE root = corc_resctrl_open(error);

	return root < 0 ? root
			: corc_resctrl_add(root, groups, execution->conductor.stage.pid, error);
}

/* A gated process waits for this in front of the user's program. */
static int pass_gate(struct execution *execution, struct corc_error *error)
{
	int r = 0;

	if (!is_gated(execution))
		return 0;
	if (execution->attaches && execution->place.count > 0)
		r = corc_cgroup_place_attach(
			&execution->place, execution->conductor.stage.pid, error);
	else if (execution->attaches && execution->container.state.cgroup.directories.count > 0)
		r = corc_cgroup_attach(
			&execution->container.state.cgroup, execution->conductor.stage.pid, error);
	if (r == 0)
		r = enter_resctrl(execution, error);
	if (r == 0)
		r = corc_scheduling_apply(execution->conductor.stage.pid,
			&execution->process.process, true, execution->process.document, error);
	return r < 0 ? r : corc_conductor_send(&execution->conductor, CORC_MESSAGE_GO_ON, error);
}

static int hand_listener_over(struct execution *execution, struct corc_error *error)
{
	const struct corc_state_file *file = &execution->container.state;
	const struct corc_listener_state state = {
		.id = file->id,
		.bundle = file->bundle,
		.status = execution->container.status,
		.pid = (pid_t)file->pid,
		.annotations = &file->annotations,
	};

	return corc_listener_hand_over(&execution->conductor, &state, error);
}

/* A container that died meanwhile: setns says ESRCH, clone into its pid namespace ENOMEM. */
static int check_alive(const struct execution *execution, struct corc_error *error)
{
	struct pollfd target = {.fd = execution->container.pidfd, .events = POLLIN};

	if (execution->container.pidfd >= 0 && (error->code == ESRCH || error->code == ENOMEM) &&
		poll(&target, 1, error->code == ESRCH ? EXIT_PATIENCE_MS : 0) > 0)
		return corc_fail(error, ESRCH, "container not running");
	return -error->code;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void ask_about_labels(struct execution *execution)
{
	const struct corc_spec_process *process = &execution->process.process;
	const struct corc_spec_process *own = &execution->base.base.process;

	if (is_same(process->apparmor_profile, own->apparmor_profile) &&
		is_same(process->selinux_label, own->selinux_label))
		return;
	execution->has_new_labels = true;
	corc_security_read(NULL, process->apparmor_profile, process->selinux_label, NULL,
		&execution->security);
}

static int perform(struct execution *execution, const char *id, struct corc_error *error)
{
	int r = corc_container_open(execution->runtime, id, false, &execution->container, error);

	if (r == 0)
		r = check_status(execution, error);
	if (r == 0)
		r = corc_exec_base_read(execution->runtime, &execution->container,
			&execution->arena, &execution->base, error);
	if (r == 0)
		r = corc_exec_process_make(&execution->arena, execution->options,
			&execution->base.base, &execution->process, error);
	if (r == 0)
		r = corc_console_check(execution->process.process.terminal,
			execution->options->console_socket, execution->options->keep_console,
			error);
	if (r == 0)
		r = corc_fds_check(0, execution->options->preserve_fds, error);
	if (r == 0)
		r = corc_pid_file_open(execution->options->pid_file, &execution->pid_file, error);
	if (r == 0 && execution->options->cgroups && execution->options->cgroups[0])
		r = corc_cgroup_place_open(&execution->container.state.cgroup,
			execution->options->cgroups, &execution->place, error);
	if (r < 0)
		return r;
	ask_about_labels(execution);
	execution->conductor.cgroup = &execution->container.state.cgroup;
	corc_log(execution->runtime, CORC_LOG_DEBUG, "entering the container of process %u",
		execution->container.state.pid);
	r = enter(execution, error);
	if (r == 0)
		r = corc_socket_send_pidfd(execution->options->pidfd_socket, "setns",
			execution->conductor.stage.pidfd, error);
	if (r == 0)
		r = corc_console_hand_over(
			&execution->conductor, execution->options->console_socket, error);
	if (r == 0)
		r = hand_listener_over(execution, error);
	if (r == 0)
		r = pass_gate(execution, error);
	if (r == 0)
		r = corc_conductor_wait_executed(&execution->conductor, error);
	if (r < 0)
		(void)corc_cgroup_hint_full(&execution->container.state.cgroup, error);
	return r < 0 ? check_alive(execution, error) : 0;
}

int corc_container_exec(struct corc_runtime *runtime, const char *id,
	const struct corc_exec_options *options, struct corc_child *ret_child,
	struct corc_error *error)
{
	struct execution CORC_CLEANUP(done) execution = {
		.runtime = runtime,
		.options = options,
		.container = CORC_CONTAINER_EMPTY,
		.pid_file = CORC_PID_FILE_EMPTY,
		.place = CORC_CGROUP_PLACE_EMPTY,
		.conductor = {.runtime = runtime,
			.stage = CORC_STAGE_PROCESS_EMPTY,
			.console_fd = CORC_NO_FD,
			.listener_fd = CORC_NO_FD},
	};
	char space[ARENA_SPACE], state_space[CORC_STATE_SPACE];
	int r;

	corc_arena_init(&execution.arena, space, sizeof(space));
	corc_arena_init(&execution.container.arena, state_space, sizeof(state_space));
	r = perform(&execution, id, error);

	if (r < 0)
		return r;
	/* The program runs: a pid file that cannot be renamed is no failure of exec any more. */
	if (corc_pid_file_commit(&execution.pid_file, execution.conductor.stage.pid, error) < 0)
		corc_log(runtime, CORC_LOG_WARNING, "%s", error->message);
	ret_child->pid = execution.conductor.stage.pid;
	ret_child->pidfd = corc_take_fd(&execution.conductor.stage.pidfd);
	ret_child->console_fd = corc_take_fd(&execution.conductor.console_fd);
	return 0;
}
