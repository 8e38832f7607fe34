/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.cpu → files of the cpu and cpuset controllers; linux.resources.pids. Layer: plan;
 * the parent process only; pure.
 *
 * A value of 0 is "not given", as runc has it; idle, burst and real-time values count when present.
 */
#include <errno.h>
#include <inttypes.h>

#include "plan/cgroup_builder.h"

#define CONTROLLER "cpu"
#define DEFAULT_PERIOD 100000
/* What the kernel takes on v1; it would change other values without a word. */
#define SHARES_MIN 2
#define SHARES_MAX 262144

static struct corc_cgroup_value at(const struct corc_spec_cpu *cpu, const char *key)
{
	return (struct corc_cgroup_value){cpu->node, key};
}

static int add_u64(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *file, uint64_t number)
{
	return corc_cgroup_add(builder, value, CONTROLLER, file,
		corc_arena_printf(builder->arena, "%" PRIu64, number));
}

static int add_bandwidth_v2(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	int64_t quota = cpu->quota ? *cpu->quota : 0;
	uint64_t period = cpu->period ? *cpu->period : 0;
	const char *text;

	if (quota == 0 && period == 0)
		return 0;
	if (period == 0)
		period = DEFAULT_PERIOD;
	text = quota > 0 ? corc_arena_printf(builder->arena, "%" PRId64 " %" PRIu64, quota, period)
			 : corc_arena_printf(builder->arena, "max %" PRIu64, period);
	return corc_cgroup_add(
		builder, at(cpu, quota != 0 ? "quota" : "period"), CONTROLLER, "cpu.max", text);
}

/* A burst may not be larger than the quota, which is therefore written first. */
static int build_v2(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	uint32_t weight = corc_cgroup_weight(cpu->shares ? *cpu->shares : 0);
	int r = 0;

	if (cpu->idle)
		r = corc_cgroup_add_number(
			builder, at(cpu, "idle"), CONTROLLER, "cpu.idle", *cpu->idle);
	/* The kernel refuses the weight of an idle group. */
	if (r == 0 && weight != 0 && !(cpu->idle && *cpu->idle))
		r = corc_cgroup_add_number(
			builder, at(cpu, "shares"), CONTROLLER, "cpu.weight", weight);
	if (r == 0)
		r = add_bandwidth_v2(builder, cpu);
	if (r == 0 && cpu->burst)
		r = add_u64(builder, at(cpu, "burst"), "cpu.max.burst", *cpu->burst);
	if (r == 0 && cpu->realtime_runtime && *cpu->realtime_runtime != 0)
		r = corc_cgroup_warn(builder, at(cpu, "realtimeRuntime"),
			"cgroup v2 has no real-time limits, the value is ignored");
	if (r == 0 && cpu->realtime_period && *cpu->realtime_period != 0)
		r = corc_cgroup_warn(builder, at(cpu, "realtimePeriod"),
			"cgroup v2 has no real-time limits, the value is ignored");
	return r;
}

static int add_shares_v1(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	uint64_t shares = cpu->shares ? *cpu->shares : 0;

	if (shares == 0 || (cpu->idle && *cpu->idle))
		return 0;
	if (shares < SHARES_MIN)
		return corc_spec_fail(builder->spec, cpu->node, "shares", UINT32_MAX,
			builder->error, "the minimum allowed cpu-shares is %d", SHARES_MIN);
	if (shares > SHARES_MAX)
		return corc_spec_fail(builder->spec, cpu->node, "shares", UINT32_MAX,
			builder->error, "the maximum allowed cpu-shares is %d", SHARES_MAX);
	return add_u64(builder, at(cpu, "shares"), "cpu.shares", shares);
}

/* The runtime is 0 at first and may not be larger than the period. */
static int add_realtime_v1(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	int r = 0;

	if (cpu->realtime_period && *cpu->realtime_period != 0)
		r = add_u64(builder, at(cpu, "realtimePeriod"), "cpu.rt_period_us",
			*cpu->realtime_period);
	if (r == 0 && cpu->realtime_runtime && *cpu->realtime_runtime != 0)
		r = corc_cgroup_add_number(builder, at(cpu, "realtimeRuntime"), CONTROLLER,
			"cpu.rt_runtime_us", *cpu->realtime_runtime);
	return r;
}

/*
 * The quota is unlimited at first, so every period is taken before it; the burst, which may not
 * exceed it, comes after.
 */
static int build_v1(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	int r = add_shares_v1(builder, cpu);

	if (r == 0)
		r = add_realtime_v1(builder, cpu);
	if (r == 0 && cpu->period && *cpu->period != 0)
		r = add_u64(builder, at(cpu, "period"), "cpu.cfs_period_us", *cpu->period);
	if (r == 0 && cpu->quota && *cpu->quota != 0)
		r = corc_cgroup_add_number(
			builder, at(cpu, "quota"), CONTROLLER, "cpu.cfs_quota_us", *cpu->quota);
	if (r == 0 && cpu->burst)
		r = add_u64(builder, at(cpu, "burst"), "cpu.cfs_burst_us", *cpu->burst);
	if (r == 0 && cpu->idle)
		r = corc_cgroup_add_number(
			builder, at(cpu, "idle"), CONTROLLER, "cpu.idle", *cpu->idle);
	return r;
}

/* The property to name when the controller is missing; NULL: nothing is asked for. */
static const char *first_property(const struct corc_spec_cpu *cpu)
{
	if (cpu->shares && *cpu->shares != 0)
		return "shares";
	if (cpu->quota && *cpu->quota != 0)
		return "quota";
	if (cpu->period && *cpu->period != 0)
		return "period";
	if (cpu->burst)
		return "burst";
	if (cpu->idle)
		return "idle";
	if (cpu->realtime_runtime && *cpu->realtime_runtime != 0)
		return "realtimeRuntime";
	return cpu->realtime_period && *cpu->realtime_period != 0 ? "realtimePeriod" : NULL;
}

int corc_cgroup_build_cpu(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	const char *key = first_property(cpu);
	int version;

	if (!key)
		return 0;
	version = corc_cgroup_version_of(builder, at(cpu, key), CONTROLLER);
	if (version < 0)
		return version;
	return version == 2 ? build_v2(builder, cpu) : build_v1(builder, cpu);
}

static int add_cpuset(struct corc_cgroup_builder *builder, struct corc_cgroup_value value,
	const char *file, const char *text)
{
	int version;

	if (!text || text[0] == '\0')
		return 0;
	version = corc_cgroup_version_of(builder, value, "cpuset");
	return version < 0 ? version : corc_cgroup_add(builder, value, "cpuset", file, text);
}

/* Both versions have the same names. */
int corc_cgroup_build_cpuset(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	int r = add_cpuset(builder, at(cpu, "cpus"), "cpuset.cpus", cpu->cpus);

	return r < 0 ? r : add_cpuset(builder, at(cpu, "mems"), "cpuset.mems", cpu->mems);
}

/* A limit of 0 is the smallest that there is, not "unlimited". */
int corc_cgroup_build_pids(struct corc_cgroup_builder *builder, const struct corc_spec_pids *pids)
{
	struct corc_cgroup_value value = {pids->node, "limit"};
	int version;

	if (!pids->limit)
		return 0;
	version = corc_cgroup_version_of(builder, value, "pids");
	if (version < 0)
		return version;
	if (*pids->limit < 0)
		return corc_cgroup_add(builder, value, "pids", "pids.max", "max");
	return corc_cgroup_add_number(
		builder, value, "pids", "pids.max", *pids->limit == 0 ? 1 : *pids->limit);
}
