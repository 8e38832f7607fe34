/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of process.scheduler, process.execCPUAffinity, linux.memoryPolicy: the kernel has EINVAL
 * for all of them. Layer: spec; the parent process only.
 */
#include <errno.h>
#include <linux/mempolicy.h>

#include "base/number.h"
#include "spec/check.h"
#include "sys/schedule.h"

static bool is_realtime(const struct corc_spec_scheduler *scheduler)
{
	return scheduler->policy == SCHED_FIFO || scheduler->policy == SCHED_RR;
}

/* The kernel lets every policy have a nice value, and looks at it for SCHED_OTHER and SCHED_BATCH.
 */
static void check_priority(
	struct corc_spec_checker *checker, const struct corc_spec_scheduler *scheduler)
{
	bool has_priority = scheduler->priority && *scheduler->priority;

	if (!is_realtime(scheduler) && has_priority)
		corc_spec_problem(checker, scheduler->node, "priority", CORC_NO_INDEX,
			"priority is for SCHED_FIFO and SCHED_RR only");
	if (is_realtime(scheduler) && !has_priority)
		corc_spec_problem(checker, scheduler->node, "priority", CORC_NO_INDEX,
			"SCHED_FIFO and SCHED_RR need a priority from 1 to 99");
}

static uint64_t value_of(const uint64_t *number)
{
	return number ? *number : 0;
}

static void check_deadline(
	struct corc_spec_checker *checker, const struct corc_spec_scheduler *scheduler)
{
	const struct {
		const char *key;
		uint64_t value;
	} times[] = {
		{"runtime", value_of(scheduler->runtime)},
		{"deadline", value_of(scheduler->deadline)},
		{"period", value_of(scheduler->period)},
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (corc_spec_reader_refused(checker, scheduler->node, times[i].key))
			return;
	if (scheduler->policy == SCHED_DEADLINE) {
		/* Without a period it is the deadline. */
		if (times[0].value == 0 || times[0].value > times[1].value)
			corc_spec_problem(checker, scheduler->node, "runtime", CORC_NO_INDEX,
				"SCHED_DEADLINE needs a runtime of at most its deadline");
		if (times[2].value && times[2].value < times[1].value)
			corc_spec_problem(checker, scheduler->node, "period", CORC_NO_INDEX,
				"the period is shorter than the deadline");
		return;
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i].value)
			corc_spec_problem(checker, scheduler->node, times[i].key, CORC_NO_INDEX,
				"%s is for SCHED_DEADLINE only", times[i].key);
}

static void check_list(struct corc_spec_checker *checker, uint32_t node, const char *key,
	const char *list, size_t words)
{
	uint32_t mask[CORC_CPU_WORDS] = {0};
	int r = list ? corc_parse_list(list, mask, words) : 0;

	if (r == -ERANGE)
		corc_spec_problem(checker, node, key, CORC_NO_INDEX,
			"\"%.100s\" has a number beyond %zu", list, words * 32 - 1);
	else if (r < 0)
		corc_spec_problem(checker, node, key, CORC_NO_INDEX,
			"expected a list like \"0-3,7\", found \"%.100s\"", list);
}

void corc_spec_check_schedule(
	struct corc_spec_checker *checker, const struct corc_spec_process *process)
{
	const struct corc_spec_cpu_affinity *affinity = process->exec_cpu_affinity;

	if (process->scheduler &&
		!corc_spec_reader_refused(checker, process->scheduler->node, "policy")) {
		check_priority(checker, process->scheduler);
		check_deadline(checker, process->scheduler);
	}
	if (affinity) {
		check_list(checker, affinity->node, "initial", affinity->initial, CORC_CPU_WORDS);
		check_list(checker, affinity->node, "final", affinity->final, CORC_CPU_WORDS);
	}
}

static uint32_t join_flags(const struct corc_u32_array *flags)
{
	uint32_t joined = 0;

	for (size_t i = 0; i < flags->count; i++)
		joined |= flags->items[i];
	return joined;
}

static void check_flags(
	struct corc_spec_checker *checker, const struct corc_spec_memory_policy *policy)
{
	uint32_t flags = join_flags(&policy->flags);
	bool has_nodes = policy->nodes != NULL;

	if ((flags & MPOL_F_STATIC_NODES) && (flags & MPOL_F_RELATIVE_NODES))
		corc_spec_problem(checker, policy->node, "flags", CORC_NO_INDEX,
			"MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
	if ((flags & CORC_MPOL_F_NUMA_BALANCING) && policy->mode != MPOL_BIND &&
		policy->mode != CORC_MPOL_PREFERRED_MANY)
		corc_spec_problem(checker, policy->node, "flags", CORC_NO_INDEX,
			"MPOL_F_NUMA_BALANCING is for MPOL_BIND and MPOL_PREFERRED_MANY only");
	if (!has_nodes && (flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)))
		corc_spec_problem(checker, policy->node, "flags", CORC_NO_INDEX,
			"MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES need nodes");
}

void corc_spec_check_memory_policy(struct corc_spec_checker *checker)
{
	const struct corc_spec_memory_policy *policy = checker->spec->linux_.memory_policy;
	bool takes_none, needs_some;

	if (!policy || corc_spec_reader_refused(checker, policy->node, "mode"))
		return;
	takes_none = policy->mode == MPOL_DEFAULT || policy->mode == MPOL_LOCAL;
	needs_some = !takes_none && policy->mode != MPOL_PREFERRED;
	if (takes_none && policy->nodes)
		corc_spec_problem(checker, policy->node, "nodes", CORC_NO_INDEX,
			"MPOL_DEFAULT and MPOL_LOCAL have no nodes");
	if (needs_some && !policy->nodes)
		corc_spec_problem(
			checker, policy->node, "nodes", CORC_NO_INDEX, "this mode needs nodes");
	check_list(checker, policy->node, "nodes", policy->nodes, CORC_MEMORY_NODE_WORDS);
	check_flags(checker, policy);
}
