/* SPDX-License-Identifier: Apache-2.0 */
/* Id mappings. Layer: run; the parent process. */
#include "run/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "run/hook_process.h"

/* Where distributions put the helpers, the most usual first. */
static const char *const helper_directories[] = {
	"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/run/wrappers/bin"};

struct map {
	const char *file;   /* in /proc/PID */
	const char *helper; /* program */
	const char *ranges; /* file with the ranges of users */
	const char *text;
};

static int write_one(int directory, const char *file, const char *text, struct corc_error *error)
{
	int r = corc_write_existing(directory, file, text, strlen(text));

	if (r == 0)
		return 0;
	(void)corc_fail_errno(error, -r, "writing %s of the user namespace", file);
	if (r == -EPERM)
		(void)corc_error_hint(error,
			"the caller may not map these ids; the first of them were: %.*s",
			(int)strcspn(text, "\n"), text);
	return r;
}

static size_t count_numbers(const char *map)
{
	size_t count = 0;

	for (map += strspn(map, " \n"); *map; count++) {
		map += strcspn(map, " \n");
		map += strspn(map, " \n");
	}
	return count;
}

char **corc_idmap_arguments(
	struct corc_arena *arena, const char *program, pid_t pid, const char *map)
{
	char **arguments = corc_arena_array(arena, count_numbers(map) + 3, sizeof(*arguments));
	size_t count = 0;

	if (!arguments)
		return NULL;
	arguments[count++] = corc_arena_strdup(arena, program);
	arguments[count++] = corc_arena_printf(arena, "%d", (int)pid);
	for (map += strspn(map, " \n"); *map; map += strspn(map, " \n")) {
		size_t length = strcspn(map, " \n");

		arguments[count++] = corc_arena_strndup(arena, map, length);
		map += length;
	}
	for (size_t i = 0; i < count; i++)
		if (!arguments[i])
			return NULL;
	return arguments;
}

/* The first line that it wrote says more than its exit code. */
static int explain(
	const struct map *map, const struct corc_hook_result *result, struct corc_error *error)
{
	const struct corc_hook_tail *tail = &result->tails[1];
	const char *newline = memchr(tail->text, '\n', tail->length);
	int length = newline ? (int)(newline - tail->text) : (int)tail->length;

	if (result->end != CORC_HOOK_ENDED)
		(void)corc_fail(error, ETIMEDOUT, "%s did not end", map->helper);
	else if (length > 0)
		(void)corc_fail(error, EPERM, "%s failed: %.*s", map->helper, length, tail->text);
	else
		(void)corc_fail(error, EPERM, "%s failed with %s %d", map->helper,
			result->exit.killed ? "signal" : "exit code", result->exit.code);
	return corc_error_hint(
		error, "the ranges of ids that a user may map are in %s", map->ranges);
}

/* Not there: try the next directory. */
static int run_helper(struct corc_runtime *runtime, const struct map *map, char **arguments,
	struct corc_error *error)
{
	static char *const no_environment[] = {NULL};
	struct corc_hook_result result;
	char path[64];
	int CORC_CLOSE nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct corc_hook_request request = {.path = path,
		.arguments = arguments,
		.environment = no_environment,
		.directory = "/",
		.input = nothing,
		.files = {CORC_NO_FD, CORC_NO_FD},
		.timeout_ms = runtime->deadline_ms,
		.peer = CORC_NO_FD};
	int r = -ENOENT;

	if (nothing < 0)
		return corc_fail_errno(error, errno, "/dev/null");
	for (size_t i = 0;
		i < sizeof(helper_directories) / sizeof(helper_directories[0]) && r == -ENOENT;
		i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", helper_directories[i], map->helper);
		r = corc_hook_process_run(&request, &result);
	}
	if (r < 0) {
		(void)corc_fail_errno(
			error, -r, "%s, which maps ids for a user without privileges", map->helper);
		return r == -ENOENT ? corc_error_hint(error, "install shadow's uidmap programs")
				    : r;
	}
	if (result.end == CORC_HOOK_ENDED && !result.exit.killed && result.exit.code == 0)
		return 0;
	return explain(map, &result, error);
}

static int map_by_helper(
	struct corc_runtime *runtime, pid_t pid, const struct map *map, struct corc_error *error)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	char **arguments = corc_idmap_arguments(&arena, map->helper, pid, map->text);

	if (!arguments)
		return corc_fail_errno(error, ENOMEM, "%s", map->helper);
	return run_helper(runtime, map, arguments, error);
}

int corc_idmap_write(struct corc_runtime *runtime, pid_t pid, const struct corc_plan *plan,
	struct corc_error *error)
{
	const struct map uids = {"uid_map", "newuidmap", "/etc/subuid", plan->uid_map};
	const struct map gids = {"gid_map", "newgidmap", "/etc/subgid", plan->gid_map};
	char path[32];
	int r = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	int CORC_CLOSE directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return corc_fail_errno(error, errno, "%s", path);
	/* An unprivileged writer of gid_map has to give up setgroups first. */
	if (plan->deny_setgroups)
		r = write_one(directory, "setgroups", "deny", error);
	if (r == 0)
		r = plan->helps_uid_map ? map_by_helper(runtime, pid, &uids, error)
					: write_one(directory, uids.file, uids.text, error);
	if (r == 0)
		r = plan->helps_gid_map ? map_by_helper(runtime, pid, &gids, error)
					: write_one(directory, gids.file, gids.text, error);
	return r < 0 ? corc_error_step(error, CORC_STEP_NAMESPACES) : 0;
}
