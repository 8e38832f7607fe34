/* SPDX-License-Identifier: Apache-2.0 */
/* process.scheduler, process.ioPriority, process.execCPUAffinity. Layer: run; the parent process.
 */
#include "run/scheduling.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "sys/schedule.h"

bool corc_scheduling_wanted(const struct corc_spec_process *process, bool is_later)
{
	return process->scheduler || process->io_priority ||
	       (is_later && process->exec_cpu_affinity);
}

static int fail(int r, const struct corc_json_document *document, uint32_t node, const char *what,
	struct corc_error *error)
{
	(void)corc_fail_errno(error, -r, "setting the %s of the process", what);
	if (document)
		corc_json_origin(document, node, &error->origin);
	return corc_error_step(error, CORC_STEP_IDENTITY);
}

static int set_scheduler(pid_t pid, const struct corc_spec_scheduler *scheduler)
{
	struct corc_sched_attr attributes = {
		.size = sizeof(attributes),
		.policy = scheduler->policy,
		.nice = scheduler->nice ? (int32_t)*scheduler->nice : 0,
		.priority = scheduler->priority ? (uint32_t)*scheduler->priority : 0,
		.runtime = scheduler->runtime ? *scheduler->runtime : 0,
		.deadline = scheduler->deadline ? *scheduler->deadline : 0,
		.period = scheduler->period ? *scheduler->period : 0,
	};

	for (size_t i = 0; i < scheduler->flags.count; i++)
		attributes.flags |= scheduler->flags.items[i];
	return corc_sched_setattr(pid, &attributes);
}

/* Without `final` all that the cgroup has: what was set before it does not count there. */
static int set_affinity(pid_t pid, const struct corc_spec_cpu_affinity *affinity)
{
	uint32_t mask[CORC_CPU_WORDS] = {0};

	if (!affinity->final)
		memset(mask, 0xff, sizeof(mask));
	else if (corc_parse_list(affinity->final, mask, CORC_CPU_WORDS) < 0)
		return -EINVAL;
	return corc_sched_setaffinity(pid, mask, CORC_CPU_WORDS);
}

static int apply_scheduler(pid_t pid, const struct corc_spec_scheduler *scheduler,
	const struct corc_json_document *document, struct corc_error *error)
{
	int r = set_scheduler(pid, scheduler);

	if (r == 0)
		return 0;
	(void)fail(r, document, scheduler->node, "scheduler", error);
	if (r == -EPERM)
		return corc_error_hint(error,
			"it needs CAP_SYS_NICE, and on cgroup v1 cpu.rt_runtime_us for SCHED_FIFO and SCHED_RR");
	return r;
}

int corc_scheduling_apply(pid_t pid, const struct corc_spec_process *process, bool is_later,
	const struct corc_json_document *document, struct corc_error *error)
{
	const struct corc_spec_io_priority *io = process->io_priority;
	const struct corc_spec_cpu_affinity *affinity = process->exec_cpu_affinity;
	int r = is_later && affinity ? set_affinity(pid, affinity) : 0;

	if (r < 0)
		return fail(r, document, affinity->node, "CPU affinity", error);
	r = io ? corc_ioprio_set(pid, io->class_, io->priority) : 0;
	if (r < 0)
		return fail(r, document, io->node, "I/O priority", error);
	return process->scheduler ? apply_scheduler(pid, process->scheduler, document, error) : 0;
}
