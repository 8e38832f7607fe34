/* SPDX-License-Identifier: Apache-2.0 */
/* The output of hooks that the stage runs. Layer: run; the parent process. */
#include "run/hook_output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

/* A hook may write without end: so much is copied after it, which is more than a FIFO holds. */
#define LAST_READS 64

static const struct {
	const char *annotation;
	const char *fifo;
} outputs[CORC_HOOK_OUTPUTS] = {
	{"run.oci.hooks.stdout", "hook-stdout.fifo"},
	{"run.oci.hooks.stderr", "hook-stderr.fifo"},
};

int corc_hook_output_file(
	const struct corc_string_map *annotations, int which, int *ret_fd, struct corc_error *error)
{
	const char *key = outputs[which].annotation;
	const char *path = annotations ? corc_annotation_of(annotations, key) : NULL;

	if (!path)
		return 0;
	*ret_fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	return *ret_fd < 0 ? corc_fail_errno(error, errno, "%s: %s", key, path) : 0;
}

bool corc_hook_output_wanted(const struct corc_spec *spec)
{
	if (spec->hooks.phases[CORC_HOOK_CREATE_CONTAINER].count == 0 &&
		spec->hooks.phases[CORC_HOOK_START_CONTAINER].count == 0)
		return false;
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++)
		if (corc_annotation_of(&spec->annotations, outputs[i].annotation))
			return true;
	return false;
}

/* O_NONBLOCK: neither end waits for the other to be opened. */
static int open_end(int directory, int which, int flags)
{
	int fd = openat(directory, outputs[which].fifo,
		flags | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int corc_hook_output_make(int directory, const struct corc_spec *spec,
	struct corc_hook_output *output, int ret_ends[CORC_HOOK_OUTPUTS], struct corc_error *error)
{
	if (!corc_hook_output_wanted(spec))
		return 0;
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++) {
		if (!corc_annotation_of(&spec->annotations, outputs[i].annotation))
			continue;
		if (mkfifoat(directory, outputs[i].fifo, 0600) < 0)
			return corc_fail_errno(error, errno, "making %s", outputs[i].fifo);
		output->fifos[i] = open_end(directory, i, O_RDONLY);
		if (output->fifos[i] < 0)
			return corc_fail_errno(error, -output->fifos[i], "%s", outputs[i].fifo);
		ret_ends[i] = open_end(directory, i, O_WRONLY);
		if (ret_ends[i] < 0)
			return corc_fail_errno(error, -ret_ends[i], "%s", outputs[i].fifo);
	}
	return 0;
}

int corc_hook_output_open(int directory, struct corc_hook_output *output, struct corc_error *error)
{
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++) {
		output->fifos[i] = open_end(directory, i, O_RDONLY);
		if (output->fifos[i] < 0 && output->fifos[i] != -ENOENT)
			return corc_fail_errno(error, -output->fifos[i], "%s", outputs[i].fifo);
	}
	return 0;
}

int corc_hook_output_begin(struct corc_hook_output *output,
	const struct corc_string_map *annotations, struct corc_error *error)
{
	int r = 0;

	for (int i = 0; i < CORC_HOOK_OUTPUTS && r == 0; i++)
		if (output->fifos[i] >= 0)
			r = corc_hook_output_file(annotations, i, &output->files[i], error);
	return r;
}

int corc_hook_output_fd(const struct corc_hook_output *output, int which)
{
	return output && output->files[which] >= 0 ? output->fifos[which] : CORC_NO_FD;
}

/* False when there is nothing for now. */
static bool copy(const struct corc_hook_output *output, int which)
{
	char data[8192];
	ssize_t got = output->files[which] < 0 ? 0 : read(output->fifos[which], data, sizeof(data));

	if (got <= 0)
		return false;
	(void)corc_write_all(output->files[which], data, (size_t)got);
	return true;
}

void corc_hook_output_copy(struct corc_hook_output *output)
{
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++)
		(void)copy(output, i);
}

void corc_hook_output_end(struct corc_hook_output *output)
{
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++) {
		int reads = 0;

		while (reads++ < LAST_READS && copy(output, i))
			;
		corc_close_(corc_take_fd(&output->files[i]));
	}
}

void corc_hook_output_done(struct corc_hook_output *output)
{
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++) {
		corc_close_(corc_take_fd(&output->files[i]));
		corc_close_(corc_take_fd(&output->fifos[i]));
	}
}

void corc_hook_output_unlink(int directory)
{
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++)
		(void)unlinkat(directory, outputs[i].fifo, 0);
}
