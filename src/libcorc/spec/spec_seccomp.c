/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The properties of `linux.seccomp`. Layer: spec; the parent process only.
 */
#include "spec/tables.h"

#define SYSCALL_ARGUMENT_MAX 5

static const struct corc_json_enum actions[] = {
	{"SCMP_ACT_KILL", CORC_SECCOMP_KILL},
	{"SCMP_ACT_KILL_PROCESS", CORC_SECCOMP_KILL_PROCESS},
	{"SCMP_ACT_KILL_THREAD", CORC_SECCOMP_KILL_THREAD},
	{"SCMP_ACT_TRAP", CORC_SECCOMP_TRAP},
	{"SCMP_ACT_ERRNO", CORC_SECCOMP_ERRNO},
	{"SCMP_ACT_TRACE", CORC_SECCOMP_TRACE},
	{"SCMP_ACT_ALLOW", CORC_SECCOMP_ALLOW},
	{"SCMP_ACT_LOG", CORC_SECCOMP_LOG},
	{"SCMP_ACT_NOTIFY", CORC_SECCOMP_NOTIFY},
	{NULL, 0},
};

/* The values are enum scmp_compare of libseccomp, which this layer does not include. */
static const struct corc_json_enum operators[] = {
	{"SCMP_CMP_NE", 1},
	{"SCMP_CMP_LT", 2},
	{"SCMP_CMP_LE", 3},
	{"SCMP_CMP_EQ", 4},
	{"SCMP_CMP_GE", 5},
	{"SCMP_CMP_GT", 6},
	{"SCMP_CMP_MASKED_EQ", 7},
	{NULL, 0},
};

static const struct corc_json_field arg_rows[] = {
	ROW_U32(spec_seccomp_arg, "index", index, REQUIRED, SYSCALL_ARGUMENT_MAX),
	ROW_U64(spec_seccomp_arg, "value", value, REQUIRED),
	ROW_U64(spec_seccomp_arg, "valueTwo", value_two, 0),
	ROW_ENUM(spec_seccomp_arg, "op", op, REQUIRED, operators),
};

static OBJECT_TABLE(seccomp_arg, "argument", arg_rows);

static const struct corc_json_field rule_rows[] = {
	ROW_STRINGS(spec_seccomp_rule, "names", names, REQUIRED | NOT_EMPTY),
	ROW_ENUM(spec_seccomp_rule, "action", action, REQUIRED, actions),
	ROW_U32_OPTIONAL(spec_seccomp_rule, "errnoRet", errno_ret, 0),
	ROW_OBJECTS(spec_seccomp_rule, "args", args, seccomp_args, seccomp_arg),
};

static OBJECT_TABLE(seccomp_rule, "syscall rule", rule_rows);

static const struct corc_json_field seccomp_rows[] = {
	ROW_ENUM_OPTIONAL(spec_seccomp, "defaultAction", default_action, actions),
	ROW_U32_OPTIONAL(spec_seccomp, "defaultErrnoRet", default_errno_ret, 0),
	ROW_STRINGS(spec_seccomp, "architectures", architectures, 0),
	ROW_STRINGS_OPTIONAL(spec_seccomp, "flags", flags),
	ROW_STRING(spec_seccomp, "listenerPath", listener_path, 0),
	ROW_STRING(spec_seccomp, "listenerMetadata", listener_metadata, 0),
	ROW_OBJECTS(spec_seccomp, "syscalls", syscalls, seccomp_rules, seccomp_rule),
};

OBJECT_TABLE(seccomp, "seccomp", seccomp_rows);
