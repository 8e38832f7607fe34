/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The properties of `hooks`. Layer: spec; the parent process only.
 */
#include "spec/tables.h"

const struct corc_hook_phase_words corc_hook_phases[CORC_HOOK_PHASE_COUNT] = {
	[CORC_HOOK_PRESTART] = {"prestart", "creating"},
	[CORC_HOOK_CREATE_RUNTIME] = {"createRuntime", "creating"},
	[CORC_HOOK_CREATE_CONTAINER] = {"createContainer", "creating"},
	[CORC_HOOK_START_CONTAINER] = {"startContainer", "created"},
	[CORC_HOOK_POSTSTART] = {"poststart", "running"},
	[CORC_HOOK_POSTSTOP] = {"poststop", "stopped"},
};

static const struct corc_json_field hook_rows[] = {
	ROW_STRING(spec_hook, "path", path, REQUIRED | NOT_EMPTY),
	ROW_STRINGS(spec_hook, "args", args, 0),
	ROW_STRINGS(spec_hook, "env", env, 0),
	ROW_I64_OPTIONAL(spec_hook, "timeout", timeout, 1, CORC_HOOK_TIMEOUT_MAX),
};

static OBJECT_TABLE(hook, "hook", hook_rows);

static const struct corc_json_field hooks_rows[] = {
	ROW_OBJECTS(spec_hooks, "prestart", phases[CORC_HOOK_PRESTART], hook_list, hook),
	ROW_OBJECTS(spec_hooks, "createRuntime", phases[CORC_HOOK_CREATE_RUNTIME], hook_list, hook),
	ROW_OBJECTS(
		spec_hooks, "createContainer", phases[CORC_HOOK_CREATE_CONTAINER], hook_list, hook),
	ROW_OBJECTS(
		spec_hooks, "startContainer", phases[CORC_HOOK_START_CONTAINER], hook_list, hook),
	ROW_OBJECTS(spec_hooks, "poststart", phases[CORC_HOOK_POSTSTART], hook_list, hook),
	ROW_OBJECTS(spec_hooks, "poststop", phases[CORC_HOOK_POSTSTOP], hook_list, hook),
};

OBJECT_TABLE(hooks, "hooks", hooks_rows);
