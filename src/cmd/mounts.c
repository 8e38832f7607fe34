/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc mounts. Layer: cmd; the parent process.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cmd/command.h"

#define FILE_MAX ((size_t)1 << 20)

/* "-" is standard input. */
static int read_file(
	const char *file, char **ret_text, size_t *ret_length, struct corc_error *error)
{
	int CORC_CLOSE opened = CORC_NO_FD;
	int result;

	if (strcmp(file, "-") != 0) {
		opened = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (opened < 0)
			return corc_fail_errno(error, errno, "mounts file %s", file);
	}
	result = corc_read_stream(
		opened < 0 ? STDIN_FILENO : opened, FILE_MAX, ret_text, ret_length);
	return result < 0 ? corc_fail_errno(error, -result, "reading %s", file) : 0;
}

static int run_mounts(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const char *action = invocation->arguments[0], *file = invocation->arguments[2];
	struct corc_mounts_options options = {
		.file = strcmp(file, "-") == 0 ? "stdin" : file,
		.remove = strcmp(action, "remove") == 0,
	};
	char CORC_FREE *text = NULL;
	int result;

	(void)exit_code;
	if (!options.remove && strcmp(action, "add") != 0)
		return corc_fail(error, EINVAL, "unknown action \"%s\": add or remove", action);
	result = read_file(file, &text, &options.length, error);
	if (result < 0)
		return result;
	options.mounts = text;
	return corc_container_mounts(
		invocation->runtime, invocation->arguments[1], &options, error);
}

const struct corc_command corc_command_mounts = {
	.name = "mounts",
	.usage = "add|remove CONTAINER FILE",
	.summary = "add mounts to a running container, or remove them",
	.details =
		"FILE has a JSON array of mounts as in a configuration (-: standard input). They are "
		"added in their\norder, and removed by their destinations from the last to the first. "
		"What was mounted before\na failure is taken away again.",
	.min_arguments = 3,
	.max_arguments = 3,
	.traits = CORC_COMMAND_NEEDS_RUNTIME,
	.run = run_mounts,
};
