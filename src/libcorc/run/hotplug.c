/* SPDX-License-Identifier: Apache-2.0 */
/* mounts: adding mounts to a running container, and removing them. Layer: run; the parent process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/conductor.h"
#include "run/container.h"
#include "run/exec_base.h"
#include "run/host.h"
#include "run/kept_config.h"
#include "sys/process.h"

struct hotplug {
	struct corc_runtime *runtime;
	const struct corc_mounts_options *options;
	struct corc_arena arena;
	struct corc_container container;
	struct corc_exec_base_file base;
	struct corc_host host;
	struct corc_spec *spec;
	char *kept_text;
	struct corc_plan *plan;
	struct corc_conductor conductor;
};

static void done(struct hotplug *hotplug)
{
	corc_stage_process_end(&hotplug->conductor.stage);
	corc_exec_base_done(&hotplug->base);
	corc_container_close(&hotplug->container);
	free(hotplug->kept_text);
	corc_arena_done(&hotplug->arena);
}

/* The mounts of the file, in a configuration that is else that of the container. */
static int read_mounts(struct hotplug *hotplug, struct corc_error *error)
{
	const struct corc_mounts_options *options = hotplug->options;
	struct corc_spec *kept = NULL;
	int r = corc_kept_config_read(
		&hotplug->container.directory, &hotplug->arena, &hotplug->kept_text, &kept, error);

	if (r == 0)
		r = corc_spec_parse_mounts(&hotplug->arena, options->file, options->mounts,
			options->length, &hotplug->spec, error);
	if (r < 0)
		return r;
	hotplug->spec->linux_.namespaces = kept->linux_.namespaces;
	hotplug->spec->linux_.mount_label = kept->linux_.mount_label;
	/* A namespace that was joined is the container's as the others are. */
	for (size_t i = 0; i < kept->linux_.namespaces.count; i++)
		kept->linux_.namespaces.items[i].path = NULL;
	return 0;
}

/* The kernel refuses to enter the user namespace that one is in. */
static uint64_t namespaces_to_enter(const struct hotplug *hotplug)
{
	uint64_t left_out = CLONE_NEWPID | CLONE_NEWTIME;

	if (corc_container_shares_user_namespace(&hotplug->container))
		left_out |= CLONE_NEWUSER;
	return hotplug->base.base.namespaces & ~left_out;
}

static int compile(struct hotplug *hotplug, struct corc_error *error)
{
	struct corc_compile_hotplug_input input = {
		.spec = hotplug->spec,
		.host = &hotplug->host,
		.bundle = hotplug->container.state.bundle,
		.namespaces = namespaces_to_enter(hotplug),
		.root_uid = hotplug->base.base.root_uid,
		.root_gid = hotplug->base.base.root_gid,
		.removes = hotplug->options->remove,
	};
	int r = corc_compile_hotplug(&hotplug->arena, &input, &hotplug->plan, error);

	if (r < 0)
		return r;
	corc_log_warnings(hotplug->runtime, &hotplug->plan->warnings);
	hotplug->conductor.plan = hotplug->plan;
	hotplug->conductor.document = &hotplug->spec->document;
	return 0;
}

static int carry_out(struct hotplug *hotplug, struct corc_error *error)
{
	struct corc_spawn request = {.plan = hotplug->plan->wire, .cgroup_fd = CORC_NO_FD};
	struct corc_message message;
	char path[32];
	int r;

	/* Not "/" of its mount namespace: the container may have its root elsewhere. */
	(void)snprintf(path, sizeof(path), "/proc/%u/root", hotplug->container.state.pid);
	int CORC_CLOSE root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return corc_fail_errno(error, errno, "root of the container");
	for (int i = 0; i < CORC_SLOT_MAX; i++)
		request.slots[i] = CORC_NO_FD;
	request.slots[CORC_SLOT_TARGET] = hotplug->container.pidfd;
	request.slots[CORC_SLOT_ROOTFS] = root;
	r = corc_spawn_stage(&request, &hotplug->conductor.stage, error);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_SPAWN);
	return corc_conductor_expect(&hotplug->conductor, CORC_MESSAGE_READY, &message, error);
}

static int perform(struct hotplug *hotplug, const char *id, struct corc_error *error)
{
	int r = corc_container_open(hotplug->runtime, id, true, &hotplug->container, error);

	if (r < 0)
		return r;
	if (hotplug->container.status == CORC_STATUS_STOPPED)
		return corc_fail(error, ESRCH, "container not running");
	r = corc_exec_base_read(
		hotplug->runtime, &hotplug->container, &hotplug->arena, &hotplug->base, error);
	if (r == 0)
		r = read_mounts(hotplug, error);
	if (r == 0)
		r = compile(hotplug, error);
	return r < 0 ? r : carry_out(hotplug, error);
}

int corc_container_mounts(struct corc_runtime *runtime, const char *id,
	const struct corc_mounts_options *options, struct corc_error *error)
{
	struct hotplug CORC_CLEANUP(done) hotplug = {
		.runtime = runtime,
		.options = options,
		.container = CORC_CONTAINER_EMPTY,
		.host = {.uid = geteuid(), .makes_devices = !corc_is_in_user_namespace()},
		.conductor = {.runtime = runtime,
			.stage = CORC_STAGE_PROCESS_EMPTY,
			.console_fd = CORC_NO_FD,
			.listener_fd = CORC_NO_FD},
	};

	return perform(&hotplug, id, error);
}
