/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corc checkpoint. Layer: cmd; the parent process.
 */
#include <corc/corc.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "cmd/command.h"
#include "cmd/criu_options.h"

#define MEBIBYTE 1048576.0

struct settings {
	struct corc_checkpoint_options checkpoint;
	struct corc_criu_words words;
	uint32_t status_fd;
};

/* Of a pre-dump. */
struct progress {
	bool on_terminal; /* one line that changes; else only the last state, as a line */
	bool has_line;
	uint64_t bytes, elapsed_ms;
};

static void print_progress(const struct progress *progress, const char *begin, const char *end)
{
	(void)printf("%spre-dump: %llu pages, %.1f MiB, %.2f s%s", begin,
		(unsigned long long)(progress->bytes / (uint64_t)sysconf(_SC_PAGESIZE)),
		(double)progress->bytes / MEBIBYTE, (double)progress->elapsed_ms / 1000.0, end);
	(void)fflush(stdout);
}

static void show_progress(void *data, uint64_t bytes, uint64_t elapsed_ms)
{
	struct progress *progress = data;

	progress->bytes = bytes;
	progress->elapsed_ms = elapsed_ms;
	progress->has_line = true;
	if (progress->on_terminal)
		print_progress(progress, "\r", "");
}

static int run_checkpoint(
	const struct corc_invocation *invocation, int *exit_code, struct corc_error *error)
{
	struct settings *settings = invocation->settings;
	struct corc_checkpoint_options *options = &settings->checkpoint;
	struct progress progress = {.on_terminal = isatty(STDOUT_FILENO)};
	char program[PATH_MAX];
	int result = corc_criu_options_finish(&options->criu, &settings->words, program, error);

	(void)exit_code;
	if (result < 0)
		return result;
	options->status_fd = settings->status_fd > INT_MAX ? -1 : (int)settings->status_fd;
	if (options->pre_dump) {
		options->progress = show_progress;
		options->progress_data = &progress;
	}
	result = corc_container_checkpoint(
		invocation->runtime, invocation->arguments[0], options, error);
	if (progress.has_line)
		print_progress(&progress, progress.on_terminal ? "\r" : "", "\n");
	return result;
}

static const struct corc_option options[] = {
	CORC_CRIU_ROWS(struct settings, checkpoint.criu),
	CORC_CRIU_STRING(struct settings, "parent-path", checkpoint.parent_path, "DIR",
		"folder of an earlier pre-dump, relative to that of the images"),
	CORC_CRIU_FLAG(struct settings, "leave-running", checkpoint.leave_running,
		"let the container go on"),
	CORC_CRIU_FLAG(struct settings, "tcp-skip-in-flight", checkpoint.criu.tcp_skip_in_flight,
		"leave out TCP connections that are being made"),
	CORC_CRIU_FLAG(struct settings, "link-remap", checkpoint.criu.link_remap,
		"allow open files that have been deleted, by a link beside them"),
	{.name = "status-fd",
		.kind = CORC_OPTION_NUMBER,
		.offset = offsetof(struct settings, status_fd),
		.value = "FD",
		.help = "gets a NUL when the server of lazy pages is ready"},
	CORC_CRIU_STRING(struct settings, "page-server", checkpoint.page_server, "ADDRESS:PORT",
		"where pages go to, or with --lazy-pages are fetched from"),
	CORC_CRIU_FLAG(struct settings, "pre-dump", checkpoint.pre_dump,
		"write only the memory and let the container go on"),
};

const struct corc_command corc_command_checkpoint = {
	.name = "checkpoint",
	.usage = "CONTAINER",
	.summary = "write a running container to a folder, with CRIU",
	.details = "The container is removed afterwards, unless it is left running.",
	.options = options,
	.option_count = CORC_COUNT(options),
	.settings_size = sizeof(struct settings),
	.min_arguments = 1,
	.max_arguments = 1,
	.traits = CORC_COMMAND_NEEDS_RUNTIME | CORC_COMMAND_NAMES_CONTAINER,
	.run = run_checkpoint,
};
