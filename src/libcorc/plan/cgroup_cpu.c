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

/* What a group has before anything is written to it. */
static const struct corc_cgroup_current new_group = {
	.cpu_quota = -1,
	.cpu_period = DEFAULT_PERIOD,
};

static const struct corc_cgroup_current *current_of(const struct corc_cgroup_builder *builder)
{
	return builder->current ? builder->current : &new_group;
}

/*
 * Quota and period are written one after the other, and groups above and below compare the share
 * of the processors that is in force in between. Of both ways one leads through a share that is
 * between the old and the new one, or smaller than both.
 */
static bool is_period_first(
	int64_t old_quota, uint64_t old_period, int64_t new_quota, uint64_t new_period)
{
	if (old_quota < 0)
		return true;
	if (new_quota < 0)
		return false;
	return (unsigned __int128)old_quota * old_period <=
	       (unsigned __int128)new_quota * new_period;
}

/* A burst may not be larger than the quota: a smaller one goes before it, a larger one after. */
static bool is_burst_first(
	const struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	return cpu->burst && *cpu->burst < current_of(builder)->cpu_burst;
}

static int add_burst(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu,
	const char *file, bool is_due)
{
	return is_due && cpu->burst ? add_u64(builder, at(cpu, "burst"), file, *cpu->burst) : 0;
}

static int add_bandwidth_v2(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	int64_t quota = cpu->quota ? *cpu->quota : 0;
	uint64_t period = cpu->period ? *cpu->period : 0;
	const char *text;

	if (quota == 0 && period == 0)
		return 0;
	if (quota == 0)
		quota = current_of(builder)->cpu_quota;
	if (period == 0)
		period = current_of(builder)->cpu_period;
	text = quota > 0 ? corc_arena_printf(builder->arena, "%" PRId64 " %" PRIu64, quota, period)
			 : corc_arena_printf(builder->arena, "max %" PRIu64, period);
	return corc_cgroup_add(builder,
		at(cpu, cpu->quota && *cpu->quota != 0 ? "quota" : "period"), CONTROLLER, "cpu.max",
		text);
}

static int build_v2(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	uint32_t weight = corc_cgroup_weight(cpu->shares ? *cpu->shares : 0);
	bool burst_first = is_burst_first(builder, cpu);
	int r = 0;

	if (cpu->idle)
		r = corc_cgroup_add_number(
			builder, at(cpu, "idle"), CONTROLLER, "cpu.idle", *cpu->idle);
	/* The kernel refuses the weight of an idle group. */
	if (r == 0 && weight != 0 && !(cpu->idle && *cpu->idle))
		r = corc_cgroup_add_number(
			builder, at(cpu, "shares"), CONTROLLER, "cpu.weight", weight);
	if (r == 0)
		r = add_burst(builder, cpu, "cpu.max.burst", burst_first);
	if (r == 0)
		r = add_bandwidth_v2(builder, cpu);
	if (r == 0)
		r = add_burst(builder, cpu, "cpu.max.burst", !burst_first);
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

/* A part of the processors' time: two files, of which either may stay as it is. */
struct share {
	struct corc_cgroup_value quota_value, period_value;
	const char *quota_file, *period_file;
	int64_t quota, old_quota; /* 0: stays */
	uint64_t period, old_period;
};

static int add_share_v1(struct corc_cgroup_builder *builder, const struct share *share)
{
	bool period_first =
		share->quota == 0 || share->period == 0 ||
		is_period_first(share->old_quota, share->old_period, share->quota, share->period);
	int r = 0;

	if (share->period != 0 && period_first)
		r = add_u64(builder, share->period_value, share->period_file, share->period);
	if (r == 0 && share->quota != 0)
		r = corc_cgroup_add_number(
			builder, share->quota_value, CONTROLLER, share->quota_file, share->quota);
	if (r == 0 && share->period != 0 && !period_first)
		r = add_u64(builder, share->period_value, share->period_file, share->period);
	return r;
}

static int add_realtime_v1(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	const struct share share = {
		.quota_value = at(cpu, "realtimeRuntime"),
		.period_value = at(cpu, "realtimePeriod"),
		.quota_file = "cpu.rt_runtime_us",
		.period_file = "cpu.rt_period_us",
		.quota = cpu->realtime_runtime ? *cpu->realtime_runtime : 0,
		.old_quota = current_of(builder)->realtime_runtime,
		.period = cpu->realtime_period ? *cpu->realtime_period : 0,
		.old_period = current_of(builder)->realtime_period,
	};

	return add_share_v1(builder, &share);
}

static int add_bandwidth_v1(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	const struct share share = {
		.quota_value = at(cpu, "quota"),
		.period_value = at(cpu, "period"),
		.quota_file = "cpu.cfs_quota_us",
		.period_file = "cpu.cfs_period_us",
		.quota = cpu->quota ? *cpu->quota : 0,
		.old_quota = current_of(builder)->cpu_quota,
		.period = cpu->period ? *cpu->period : 0,
		.old_period = current_of(builder)->cpu_period,
	};

	return add_share_v1(builder, &share);
}

static int build_v1(struct corc_cgroup_builder *builder, const struct corc_spec_cpu *cpu)
{
	bool burst_first = is_burst_first(builder, cpu);
	int r = 0;

	if (cpu->idle)
		r = corc_cgroup_add_number(
			builder, at(cpu, "idle"), CONTROLLER, "cpu.idle", *cpu->idle);
	if (r == 0)
		r = add_shares_v1(builder, cpu);
	if (r == 0)
		r = add_realtime_v1(builder, cpu);
	if (r == 0)
		r = add_burst(builder, cpu, "cpu.cfs_burst_us", burst_first);
	if (r == 0)
		r = add_bandwidth_v1(builder, cpu);
	if (r == 0)
		r = add_burst(builder, cpu, "cpu.cfs_burst_us", !burst_first);
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
