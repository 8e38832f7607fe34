/* SPDX-License-Identifier: Apache-2.0 */
/* Writing down what was made. Layer: run; the parent process. */
#include "run/record.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "run/exec_base.h"
#include "run/hooks.h"
#include "sys/process.h"

static int note_time(struct corc_record *record, struct corc_error *error)
{
	struct timespec now;

	if (*record->created)
		return 0;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return corc_fail_errno(error, errno, "the time of day");
	corc_time_rfc3339(now, record->created);
	return 0;
}

int corc_record_state(struct corc_record *record, struct corc_error *error)
{
	const struct corc_bundle *bundle = record->bundle;
	const struct corc_namespace_fact *facts = bundle->view.host.namespaces;
	const struct corc_spec_namespace *pid_namespace =
		corc_spec_find_namespace(bundle->spec, CORC_NAMESPACE_PID);
	char letter;
	struct corc_state_file state = {
		.id = record->id,
		.bundle = bundle->path,
		.rootfs = bundle->rootfs,
		.created = record->created,
		.boot_id = record->marker->boot_id,
		.pid = (uint32_t)record->pid,
		.no_new_keyring = bundle->input.no_new_keyring,
		.restored = bundle->input.restored,
		.is_creating = record->is_creating,
		.rootfs_mount = record->marker->rootfs_mount,
		.own_pid_namespace = pid_namespace && !facts[CORC_NAMESPACE_PID].joined,
		.cgroup = record->marker->cgroup,
		.resctrl = record->marker->resctrl,
		.annotations = bundle->spec->annotations,
		.hooks = corc_hooks_mask(bundle->spec),
	};
	int CORC_CLOSE proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0)
		return corc_fail_errno(error, errno, "/proc");
	int r = corc_process_start_time(proc, record->pid, &state.start_time, &letter);

	if (r < 0)
		return corc_fail_errno(error, -r, "start time of the container's process");
	r = note_time(record, error);
	return r < 0 ? r : corc_state_write(record->directory, &state, error);
}

int corc_record_write(struct corc_record *record, struct corc_error *error)
{
	const struct corc_bundle *bundle = record->bundle;
	int r = corc_write_new(
		record->directory->fd, "config.json", bundle->text, bundle->text_length, 0600);

	if (r < 0)
		return corc_fail_errno(error, -r, "keeping config.json");
	corc_seccomp_cache_keep(record->runtime, &bundle->filters, bundle->plan->seccomp_program,
		bundle->plan->seccomp_size);
	r = corc_exec_base_write(record->directory, &bundle->input, bundle->plan, error);
	return r < 0 ? r : corc_record_state(record, error);
}
