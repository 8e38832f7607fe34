/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes of systemd. Layer: run; the parent process. */
#include "run/scope.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroup/systemd.h"

#define ANNOTATION "org.systemd.property."

/* systemd names in its answer the property that it does not take. */
static void find_origin(const struct corc_bundle *bundle, struct corc_error *error)
{
	const struct corc_systemd_unit *unit = bundle->cgroup->unit;
	const struct corc_json_document *document = &bundle->spec->document;

	for (size_t i = 0; i < unit->property_count; i++) {
		const struct corc_systemd_property *property = &unit->properties[i];

		if (strncmp(property->key, ANNOTATION, sizeof(ANNOTATION) - 1) == 0 &&
			strstr(error->message, property->name))
			corc_json_origin(document,
				corc_json_find(document, property->node, property->key, UINT32_MAX),
				&error->origin);
	}
}

int corc_scope_start(struct corc_runtime *runtime, const struct corc_bundle *bundle, pid_t pid,
	int pidfd, struct corc_cgroup_ref *cgroup, struct corc_error *error)
{
	const struct corc_systemd_unit *unit = bundle->cgroup->unit;
	int r;

	corc_log(runtime, CORC_LOG_DEBUG, "systemd makes %s", unit->name);
	r = corc_systemd_start(&runtime->systemd, unit, pid, pidfd, error);
	if (r < 0)
		find_origin(bundle, error);
	else
		r = corc_cgroup_make_in_unit(bundle->cgroup, cgroup, pid, error);
	return r < 0 ? corc_error_step(error, CORC_STEP_CGROUP) : 0;
}

static bool has_ended(const struct corc_stage_process *stage)
{
	struct pollfd entry = {.fd = stage->pidfd, .events = POLLIN};

	return poll(&entry, 1, 0) > 0;
}

int corc_scope_start_with_stage(const struct corc_bundle *bundle, struct corc_conductor *conductor,
	struct corc_cgroup_ref *cgroup, struct corc_error *error)
{
	const struct corc_stage_process *stage = &conductor->stage;
	struct corc_message message;
	int r = corc_scope_start(
		conductor->runtime, bundle, stage->pid, stage->pidfd, cgroup, error);

	/* Its own report is the reason; the other one follows from it. */
	if (r < 0 && has_ended(stage))
		return corc_conductor_expect(conductor, CORC_MESSAGE_READY, &message, error);
	return r;
}

/* A group of that name that is not ours: then neither is the unit. */
static bool is_taken(const struct corc_cgroup_ref *cgroup)
{
	struct stat status;

	for (size_t i = 0; i < cgroup->directories.count; i++)
		if (cgroup->directories.items[i].inode == 0 ||
			lstat(cgroup->directories.items[i].directory, &status) == 0)
			return true;
	return false;
}

void corc_scope_stop(struct corc_runtime *runtime, const struct corc_cgroup_ref *cgroup)
{
	struct corc_error failure = {0};

	if (!cgroup->unit || is_taken(cgroup))
		return;
	if (corc_systemd_stop(&runtime->systemd, cgroup->unit, &failure) < 0)
		corc_log(runtime, CORC_LOG_WARNING, "the unit %s is left to systemd: %s",
			cgroup->unit, failure.message);
}
