/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc spec. Layer: cmd; the parent process.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cmd/command.h"

struct settings {
	const char *bundle;
	const char *file;
	bool rootless;
};

/* Makes the file, which must not be there, and removes it again if it cannot be written. */
static int write_new(int directory_fd, const char *name, const char *text, struct corc_error *error)
{
	int CORC_CLOSE fd = openat(
		directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	int result;

	if (fd < 0 && errno == EEXIST)
		return corc_fail(error, EEXIST, "File %s exists. Remove it first", name);
	if (fd < 0)
		return corc_fail_errno(error, errno, "open %s", name);
	result = corc_write_all(fd, text, strlen(text));
	if (result < 0) {
		(void)unlinkat(directory_fd, name, 0);
		return corc_fail_errno(error, -result, "write %s", name);
	}
	return 0;
}

static int run_spec(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	const struct settings *settings = invocation->settings;
	const char *bundle = settings->bundle != NULL ? settings->bundle : ".";
	const char *name = settings->file != NULL ? settings->file : "config.json";
	int CORC_CLOSE directory_fd = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char CORC_FREE *text = NULL;
	int result;

	(void)exit_code;
	if (directory_fd < 0)
		return corc_fail_errno(error, errno, "open bundle %s", bundle);
	result = corc_default_config(settings->rootless, &text, error);
	return result < 0 ? result : write_new(directory_fd, name, text, error);
}

static const struct corc_option options[] = {
	{.name = "bundle",
		.letters = "b",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, bundle),
		.value = "DIR",
		.help = "directory of the bundle (default: the working directory)"},
	{.name = "file",
		.letters = "f",
		.kind = CORC_OPTION_STRING,
		.offset = offsetof(struct settings, file),
		.value = "FILE",
		.help = "name of the configuration in the bundle (default: config.json)"},
	{.name = "rootless",
		.offset = offsetof(struct settings, rootless),
		.help = "for a container that is made without root's privileges"},
};

const struct corc_command corc_command_spec = {
	.name = "spec",
	.usage = "",
	.summary = "write a config.json to start from",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.run = run_spec,
};
