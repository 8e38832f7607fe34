/* SPDX-License-Identifier: Apache-2.0 */
/* Making the handle. Layer: run; the parent process. */
#include "run/runtime.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "sys/process.h"

#define DEFAULT_DEADLINE_MS 60000
/* For all that is said to systemd in one conversation. */
#define SYSTEMD_DEADLINE_MS 30000

/*
 * Root of a user namespace is not root of the host, unless a login says so: as runc decides it.
 */
static bool uses_runtime_directory(const struct corc_runtime_options *options)
{
	if (geteuid() != 0)
		return true;
	return options->runtime_directory && *options->runtime_directory &&
	       !(options->user && strcmp(options->user, "root") == 0) &&
	       corc_is_in_user_namespace();
}

/* The state directory as an absolute path in the arena. */
static int choose_root(struct corc_runtime *runtime, const struct corc_runtime_options *options,
	struct corc_error *error)
{
	char here[PATH_MAX];
	const char *root = options->root;

	if (!root && uses_runtime_directory(options)) {
		if (!options->runtime_directory || !*options->runtime_directory)
			return corc_fail(error, EINVAL,
				"no state directory: XDG_RUNTIME_DIR is not set, and only root has /run/corc; use --root");
		root = corc_path_join(&runtime->arena, options->runtime_directory, "corc");
	} else if (!root) {
		root = "/run/corc";
	}
	if (!root)
		return corc_fail_errno(error, ENOMEM, "state directory");
	if (!*root)
		return corc_fail(error, EINVAL, "the state directory (--root) is an empty path");
	if (root[0] != '/' && !getcwd(here, sizeof(here)))
		return corc_fail_errno(error, errno, "working directory");
	runtime->root = corc_path_join(&runtime->arena, here, root);
	if (!runtime->root)
		return corc_fail_errno(error, ENOMEM, "state directory");
	if (strcmp(runtime->root, "/") == 0)
		return corc_fail(error, EINVAL, "Option --root argument should not be set to /");
	return 0;
}

/* What is set to nothing counts as not set. */
static const char *given(const char *text)
{
	return text && *text ? text : NULL;
}

int corc_runtime_init(struct corc_runtime *runtime, const struct corc_runtime_options *options,
	struct corc_error *error)
{
	bool is_user;

	memset(runtime, 0, sizeof(*runtime));
	corc_arena_init(&runtime->arena, runtime->space, sizeof(runtime->space));
	runtime->cgroup_manager = options->cgroup_manager;
	runtime->rootless = options->rootless == CORC_ROOTLESS_TRUE ||
			    (options->rootless == CORC_ROOTLESS_AUTO && geteuid() != 0);
	runtime->deadline_ms = options->deadline_ms ? options->deadline_ms : DEFAULT_DEADLINE_MS;
	is_user = runtime->rootless || uses_runtime_directory(options);
	runtime->systemd = (struct corc_systemd){
		.is_user = is_user,
		.address = given(is_user ? options->user_bus : options->system_bus),
		.runtime_directory = options->runtime_directory,
		.deadline_ms = runtime->deadline_ms < SYSTEMD_DEADLINE_MS ? runtime->deadline_ms
									  : SYSTEMD_DEADLINE_MS,
	};
	runtime->log = options->log;
	runtime->log_data = options->log_data;
	return choose_root(runtime, options, error);
}

void corc_runtime_done(struct corc_runtime *runtime)
{
	corc_arena_done(&runtime->arena);
}

int corc_runtime_new(const struct corc_runtime_options *options, struct corc_runtime **ret_runtime,
	struct corc_error *error)
{
	struct corc_runtime *runtime = malloc(sizeof(*runtime));
	int r;

	if (!runtime)
		return corc_fail_errno(error, ENOMEM, "runtime");
	r = corc_runtime_init(runtime, options, error);
	if (r < 0) {
		corc_runtime_free(runtime);
		return r;
	}
	*ret_runtime = runtime;
	return 0;
}

void corc_runtime_free(struct corc_runtime *runtime)
{
	if (!runtime)
		return;
	corc_runtime_done(runtime);
	free(runtime);
}

void corc_log(struct corc_runtime *runtime, enum corc_log_level level, const char *format, ...)
{
	char message[1024];
	va_list arguments;

	if (!runtime->log)
		return;
	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	runtime->log(runtime->log_data, level, message);
}

void corc_log_warnings(struct corc_runtime *runtime, const struct corc_string_array *warnings)
{
	for (size_t i = 0; i < warnings->count; i++)
		corc_log(runtime, CORC_LOG_WARNING, "%s", warnings->items[i]);
}
