/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The properties of `process`. Layer: spec; the parent process only.
 */
#include <linux/ioprio.h>
#include <sys/resource.h>

#include "spec/tables.h"
#include "sys/schedule.h"

#define NICE_MIN (-20)
#define NICE_MAX 19
#define RT_PRIORITY_MAX 99 /* sched(7); the smallest is 1, and 0 for those that have none */
#define IO_PRIORITY_MAX 7
#define OOM_SCORE_ADJ_MIN (-1000)
#define OOM_SCORE_ADJ_MAX 1000

static const struct corc_json_field user_rows[] = {
	ROW_U32(spec_user, "uid", uid, 0, CORC_ID_MAX),
	ROW_U32(spec_user, "gid", gid, 0, CORC_ID_MAX),
	ROW_U32_OPTIONAL(spec_user, "umask", umask, 0),
	ROW_U32S(spec_user, "additionalGids", additional_gids, CORC_ID_MAX),
	ROW_IGNORED("username"), /* Windows */
};

static OBJECT_TABLE(user, "user", user_rows);

static const struct corc_json_field capabilities_rows[] = {
	ROW_STRINGS(spec_capabilities, "bounding", sets[CORC_CAPS_BOUNDING], 0),
	ROW_STRINGS(spec_capabilities, "effective", sets[CORC_CAPS_EFFECTIVE], 0),
	ROW_STRINGS(spec_capabilities, "inheritable", sets[CORC_CAPS_INHERITABLE], 0),
	ROW_STRINGS(spec_capabilities, "permitted", sets[CORC_CAPS_PERMITTED], 0),
	ROW_STRINGS(spec_capabilities, "ambient", sets[CORC_CAPS_AMBIENT], 0),
};

static OBJECT_TABLE(capabilities, "capabilities", capabilities_rows);

static const struct corc_json_enum rlimit_types[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
	{NULL, 0},
};

static const struct corc_json_field rlimit_rows[] = {
	ROW_ENUM(spec_rlimit, "type", type, REQUIRED, rlimit_types),
	ROW_U64(spec_rlimit, "hard", hard, REQUIRED),
	ROW_U64(spec_rlimit, "soft", soft, REQUIRED),
};

static OBJECT_TABLE(rlimit, "rlimit", rlimit_rows);

static const struct corc_json_field console_size_rows[] = {
	ROW_U32(spec_console_size, "height", height, REQUIRED, 0),
	ROW_U32(spec_console_size, "width", width, REQUIRED, 0),
};

static OBJECT_TABLE(console_size, "console size", console_size_rows);

static const struct corc_json_enum scheduler_policies[] = {
	{"SCHED_OTHER", SCHED_NORMAL},
	{"SCHED_FIFO", SCHED_FIFO},
	{"SCHED_RR", SCHED_RR},
	{"SCHED_BATCH", SCHED_BATCH},
	{"SCHED_ISO", CORC_SCHED_ISO},
	{"SCHED_IDLE", SCHED_IDLE},
	{"SCHED_DEADLINE", SCHED_DEADLINE},
	{NULL, 0},
};

static const struct corc_json_enum scheduler_flags[] = {
	{"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
	{"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
	{"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
	{"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
	{"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
	{"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
	{NULL, 0},
};

static const struct corc_json_field scheduler_rows[] = {
	ROW_ENUM(spec_scheduler, "policy", policy, REQUIRED, scheduler_policies),
	ROW_I64_OPTIONAL(spec_scheduler, "nice", nice, NICE_MIN, NICE_MAX),
	ROW_I64_OPTIONAL(spec_scheduler, "priority", priority, 0, RT_PRIORITY_MAX),
	ROW_ENUMS(spec_scheduler, "flags", flags, scheduler_flags),
	ROW_U64_OPTIONAL(spec_scheduler, "runtime", runtime, 0),
	ROW_U64_OPTIONAL(spec_scheduler, "deadline", deadline, 0),
	ROW_U64_OPTIONAL(spec_scheduler, "period", period, 0),
};

static OBJECT_TABLE(scheduler, "scheduler", scheduler_rows);

static const struct corc_json_enum io_classes[] = {
	{"IOPRIO_CLASS_RT", IOPRIO_CLASS_RT},
	{"IOPRIO_CLASS_BE", IOPRIO_CLASS_BE},
	{"IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE},
	{NULL, 0},
};

static const struct corc_json_field io_priority_rows[] = {
	ROW_ENUM(spec_io_priority, "class", class_, REQUIRED, io_classes),
	ROW_U32(spec_io_priority, "priority", priority, 0, IO_PRIORITY_MAX),
};

static OBJECT_TABLE(io_priority, "ioPriority", io_priority_rows);

static const struct corc_json_field cpu_affinity_rows[] = {
	ROW_STRING(spec_cpu_affinity, "initial", initial, 0),
	ROW_STRING(spec_cpu_affinity, "final", final, 0),
};

static OBJECT_TABLE(cpu_affinity, "execCPUAffinity", cpu_affinity_rows);

static const struct corc_json_field process_rows[] = {
	ROW_BOOL(spec_process, "terminal", terminal, 0),
	ROW_OBJECT_OPTIONAL(spec_process, "consoleSize", console_size, console_size),
	ROW_OBJECT(spec_process, "user", user, 0, user),
	ROW_STRINGS(spec_process, "args", args, 0),
	ROW_IGNORED("commandLine"), /* Windows */
	ROW_STRINGS(spec_process, "env", env, 0),
	ROW_STRING(spec_process, "cwd", cwd, REQUIRED),
	ROW_OBJECT_OPTIONAL(spec_process, "capabilities", capabilities, capabilities),
	ROW_OBJECTS(spec_process, "rlimits", rlimits, rlimits, rlimit),
	ROW_BOOL(spec_process, "noNewPrivileges", no_new_privileges, 0),
	ROW_STRING(spec_process, "apparmorProfile", apparmor_profile, 0),
	ROW_I64_OPTIONAL(
		spec_process, "oomScoreAdj", oom_score_adj, OOM_SCORE_ADJ_MIN, OOM_SCORE_ADJ_MAX),
	ROW_OBJECT_OPTIONAL(spec_process, "scheduler", scheduler, scheduler),
	ROW_STRING(spec_process, "selinuxLabel", selinux_label, 0),
	ROW_OBJECT_OPTIONAL(spec_process, "ioPriority", io_priority, io_priority),
	ROW_OBJECT_OPTIONAL(spec_process, "execCPUAffinity", exec_cpu_affinity, cpu_affinity),
};

OBJECT_TABLE(process, "process", process_rows);
