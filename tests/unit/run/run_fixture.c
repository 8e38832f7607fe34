/* SPDX-License-Identifier: Apache-2.0 */
/* A runtime whose state directory lies in a directory of the test's own. */
#include "run_fixture.h"

static struct corc_runtime *runtime;

struct corc_runtime *run_runtime(void)
{
	return runtime;
}

const char *run_path(const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", temporary_path(), name);
	return path;
}

int run_setup(void **state)
{
	struct corc_error error;

	if (temporary_setup(state) < 0)
		return -1;
	struct corc_runtime_options options = {.root = run_path("state"),
		.cgroup_manager = CORC_CGROUP_MANAGER_DISABLED,
		.rootless = CORC_ROOTLESS_FALSE,
		.deadline_ms = 60000};

	return corc_runtime_new(&options, &runtime, &error);
}

int run_teardown(void **state)
{
	corc_runtime_free(runtime);
	runtime = NULL;
	return temporary_teardown(state);
}

void assert_success(int r, const struct corc_error *error)
{
	if (r < 0)
		fail_msg("%d: %s", r, error->message);
}
