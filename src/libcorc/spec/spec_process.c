/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The properties of `process`. Layer: spec; the parent process only.
 */
#include <sys/resource.h>

#include "spec/tables.h"

#define UMASK_MAX 0777
#define CONSOLE_MAX UINT16_MAX /* struct winsize */
#define OOM_SCORE_ADJ_MIN (-1000)
#define OOM_SCORE_ADJ_MAX 1000

static const struct corc_json_field user_rows[] = {
	ROW_U32(spec_user, "uid", uid, 0, CORC_ID_MAX),
	ROW_U32(spec_user, "gid", gid, 0, CORC_ID_MAX),
	ROW_U32_OPTIONAL(spec_user, "umask", umask, UMASK_MAX),
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
	ROW_U32(spec_console_size, "height", height, REQUIRED, CONSOLE_MAX),
	ROW_U32(spec_console_size, "width", width, REQUIRED, CONSOLE_MAX),
};

static OBJECT_TABLE(console_size, "console size", console_size_rows);

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
	ROW_UNSUPPORTED("scheduler"),
	ROW_STRING(spec_process, "selinuxLabel", selinux_label, 0),
	ROW_UNSUPPORTED("ioPriority"),
	ROW_UNSUPPORTED("execCPUAffinity"),
};

OBJECT_TABLE(process, "process", process_rows);
