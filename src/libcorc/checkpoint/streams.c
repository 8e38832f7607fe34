/* SPDX-License-Identifier: Apache-2.0 */
/* The standard streams, and descriptors.json. Layer: checkpoint; the parent process. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "checkpoint/external.h"
#include "checkpoint/mountinfo.h"
#include "sys/mount.h"

#define FILE_NAME "descriptors.json"
#define FILE_MAX 65536

/* "BEGIN" digits of `set` "]", and nothing else. */
static bool matches(const char *name, const char *begin, const char *set)
{
	size_t length = strlen(begin);

	if (strncmp(name, begin, length) != 0)
		return false;
	size_t digits = strspn(name + length, set);

	return digits > 0 && strcmp(name + length + digits, "]") == 0;
}

bool corc_stream_is_external(const char *name)
{
	return matches(name, "pipe:[", "0123456789") || matches(name, "file[", "0123456789abcdef:");
}

static bool is_file(const struct stat *status)
{
	return S_ISREG(status->st_mode) || S_ISCHR(status->st_mode) || S_ISDIR(status->st_mode);
}

static int name_stream(struct corc_arena *arena, const struct corc_mountinfo *mounts,
	const char *path, const char **ret_name)
{
	char target[PATH_MAX];
	struct stat status;
	uint64_t mount;
	int CORC_CLOSE fd = open(path, O_PATH | O_CLOEXEC);

	*ret_name = "";
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	ssize_t length = readlinkat(AT_FDCWD, path, target, sizeof(target));

	if (length < 0 || fstat(fd, &status) < 0)
		return -errno;
	/* CRIU's own name for a file that it leaves out. */
	if (is_file(&status) && corc_mount_id(fd, &mount) == 0 &&
		!corc_mountinfo_find(mounts, mount))
		*ret_name = corc_arena_printf(
			arena, "file[%" PRIx64 ":%" PRIx64 "]", mount, (uint64_t)status.st_ino);
	else if (corc_utf8_is_valid(target, (size_t)length))
		*ret_name = corc_arena_strndup(arena, target, (size_t)length);
	return *ret_name ? 0 : -ENOMEM;
}

static int add_external(
	struct corc_arena *arena, struct corc_string_array *external, const char *name)
{
	/* Room for all of them, and the NULL. */
	if (!external->items)
		external->items = corc_arena_array(arena, CORC_STREAMS + 1, sizeof(char *));
	if (!external->items)
		return -ENOMEM;
	for (size_t i = 0; i < external->count; i++)
		if (strcmp(external->items[i], name) == 0)
			return 0;
	external->items[external->count++] = name;
	return 0;
}

int corc_streams_of(struct corc_arena *arena, pid_t pid, struct corc_streams *ret_streams,
	struct corc_string_array *external, struct corc_error *error)
{
	struct corc_mountinfo mounts = {0};
	int r = corc_mountinfo_read(arena, pid, &mounts, error);

	if (r < 0)
		return r;
	for (int i = 0; i < CORC_STREAMS && r == 0; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, i);
		r = name_stream(arena, &mounts, path, &ret_streams->names[i]);
		if (r == 0 && strncmp(ret_streams->names[i], "file[", 5) == 0)
			r = add_external(arena, external, ret_streams->names[i]);
		if (r < 0)
			return corc_fail_errno(error, -r, "%s", path);
	}
	return 0;
}

int corc_streams_write(int images, const struct corc_streams *streams, struct corc_error *error)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer};

	corc_json_begin_array(&writer, NULL);
	for (int i = 0; i < CORC_STREAMS; i++)
		corc_json_string(&writer, NULL, streams->names[i]);
	corc_json_end_array(&writer);
	int r = buffer.failed
			? -ENOMEM
			: corc_write_atomic(images, FILE_NAME, buffer.data, buffer.length, 0600);

	return r < 0 ? corc_fail_errno(error, -r, "writing " FILE_NAME) : 0;
}

/* The reader wants an object around the array. */
struct file {
	uint32_t node;
	struct corc_string_array names;
};

static const struct corc_json_field file_fields[] = {
	{.name = "names",
		.type = CORC_JSON_STRING_ARRAY,
		.flags = CORC_JSON_REQUIRED,
		.offset = offsetof(struct file, names)},
};

static const struct corc_json_object file_object = {
	.name = FILE_NAME,
	.size = sizeof(struct file),
	.node_offset = offsetof(struct file, node),
	.fields = file_fields,
	.count = 1,
};

static int parse(struct corc_arena *arena, const char *text, struct corc_streams *ret_streams,
	struct corc_error *error)
{
	struct corc_json_document document = {.arena = arena, .file = FILE_NAME};
	struct file file = {0};
	char *wrapped = corc_arena_printf(arena, "{\"names\": %s}", text);

	if (!wrapped ||
		corc_json_read(&document, &file_object, wrapped, strlen(wrapped), &file) < 0)
		return corc_fail_errno(error, ENOMEM, FILE_NAME);
	if (document.problem_count > 0 || file.names.count != CORC_STREAMS)
		return corc_fail(error, EBADMSG,
			FILE_NAME " is damaged: it is not an array of %d strings", CORC_STREAMS);
	for (int i = 0; i < CORC_STREAMS; i++)
		ret_streams->names[i] = file.names.items[i];
	return 0;
}

int corc_streams_read(struct corc_arena *arena, int images, const char *image_path,
	struct corc_streams *ret_streams, struct corc_error *error)
{
	char CORC_FREE *text = NULL;
	size_t length = 0;
	int r = corc_read_file(images, FILE_NAME, FILE_MAX, &text, &length);

	if (r < 0) {
		(void)corc_fail_errno(error, -r, "%s/" FILE_NAME, image_path);
		return corc_error_hint(error, "is it a folder that checkpoint wrote?");
	}
	return parse(arena, text, ret_streams, error);
}
