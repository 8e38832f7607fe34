/* SPDX-License-Identifier: Apache-2.0 */
/* marker and state.json. Layer: run; the parent process. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/json_writer.h"
#include "run/state.h"
#include "spec/spec.h"
#include "sys/process.h"

#define STATE_MAX ((size_t)4 * 1024 * 1024)
/* What a usual state takes, written. */
#define TEXT_SPACE 1024
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct corc_json_field marker_fields[] = {
	{.name = "bootId",
		.type = CORC_JSON_STRING,
		.flags = CORC_JSON_REQUIRED,
		.offset = offsetof(struct corc_marker, boot_id)},
	{.name = "rootfs",
		.type = CORC_JSON_STRING,
		.offset = offsetof(struct corc_marker, rootfs)},
	{.name = "rootfsMount",
		.type = CORC_JSON_U64,
		.offset = offsetof(struct corc_marker, rootfs_mount)},
	{.name = "cgroup",
		.type = CORC_JSON_OBJECT,
		.offset = offsetof(struct corc_marker, cgroup),
		.object = &corc_cgroup_ref_object},
	{.name = "resctrl",
		.type = CORC_JSON_OBJECT,
		.offset = offsetof(struct corc_marker, resctrl),
		.object = &corc_resctrl_object},
};

static const struct corc_json_object marker_object = {
	.name = "marker",
	.size = sizeof(struct corc_marker),
	.node_offset = offsetof(struct corc_marker, node),
	.fields = marker_fields,
	.count = COUNT(marker_fields),
};

#define STATE_FIELD(json, kind, member)                                      \
	{                                                                    \
		.name = (json), .type = (kind), .flags = CORC_JSON_REQUIRED, \
		.offset = offsetof(struct corc_state_file, member)           \
	}

static const struct corc_json_field state_fields[] = {
	STATE_FIELD("id", CORC_JSON_STRING, id),
	STATE_FIELD("bundle", CORC_JSON_STRING, bundle),
	STATE_FIELD("rootfs", CORC_JSON_STRING, rootfs),
	STATE_FIELD("created", CORC_JSON_STRING, created),
	STATE_FIELD("bootId", CORC_JSON_STRING, boot_id),
	STATE_FIELD("pid", CORC_JSON_U32, pid),
	STATE_FIELD("startTime", CORC_JSON_U64, start_time),
	STATE_FIELD("ownPidNamespace", CORC_JSON_BOOL, own_pid_namespace),
	{.name = "rootfsMount",
		.type = CORC_JSON_U64,
		.offset = offsetof(struct corc_state_file, rootfs_mount)},
	{.name = "noNewKeyring",
		.type = CORC_JSON_BOOL,
		.offset = offsetof(struct corc_state_file, no_new_keyring)},
	{.name = "restored",
		.type = CORC_JSON_BOOL,
		.offset = offsetof(struct corc_state_file, restored)},
	{.name = "creating",
		.type = CORC_JSON_BOOL,
		.offset = offsetof(struct corc_state_file, is_creating)},
	{.name = "hooks", .type = CORC_JSON_U32, .offset = offsetof(struct corc_state_file, hooks)},
	{.name = "cgroup",
		.type = CORC_JSON_OBJECT,
		.offset = offsetof(struct corc_state_file, cgroup),
		.object = &corc_cgroup_ref_object},
	{.name = "resctrl",
		.type = CORC_JSON_OBJECT,
		.offset = offsetof(struct corc_state_file, resctrl),
		.object = &corc_resctrl_object},
	{.name = "annotations",
		.type = CORC_JSON_STRING_MAP,
		.offset = offsetof(struct corc_state_file, annotations)},
};

static const struct corc_json_object state_object = {
	.name = "state",
	.size = sizeof(struct corc_state_file),
	.node_offset = offsetof(struct corc_state_file, node),
	.fields = state_fields,
	.count = COUNT(state_fields),
};

static void write_cgroup(struct corc_json_writer *writer, const struct corc_cgroup_ref *cgroup)
{
	corc_json_begin_object(writer, "cgroup");
	corc_json_begin_array(writer, "directories");
	for (size_t i = 0; i < cgroup->directories.count; i++) {
		const struct corc_cgroup_ref_directory *item = &cgroup->directories.items[i];

		corc_json_begin_object(writer, NULL);
		corc_json_u64(writer, "version", item->version);
		corc_json_string(writer, "directory", item->directory);
		if (item->controllers)
			corc_json_string(writer, "controllers", item->controllers);
		corc_json_u64(writer, "inode", item->inode);
		corc_json_u64(writer, "made", item->made);
		corc_json_end_object(writer);
	}
	corc_json_end_array(writer);
	if (cgroup->unit)
		corc_json_string(writer, "unit", cgroup->unit);
	if (cgroup->processes)
		corc_json_string(writer, "processes", cgroup->processes);
	corc_json_end_object(writer);
}

static void write_resctrl(struct corc_json_writer *writer, const struct corc_resctrl *groups)
{
	if (!groups->group)
		return;
	corc_json_begin_object(writer, "resctrl");
	corc_json_string(writer, "group", groups->group);
	if (groups->monitor)
		corc_json_string(writer, "monitor", groups->monitor);
	corc_json_bool(writer, "made", groups->is_made);
	corc_json_end_object(writer);
}

static int stored(const struct corc_state_directory *directory, const char *name, int r,
	struct corc_error *error)
{
	if (r < 0)
		return corc_fail_errno(error, -r, "writing %s of %s", name, directory->id);
	return 0;
}

int corc_marker_write(const struct corc_state_directory *directory,
	const struct corc_marker *marker, bool is_new, struct corc_error *error)
{
	char space[TEXT_SPACE];
	struct corc_buffer CORC_BUFFER buffer = corc_buffer_on(space, sizeof(space));
	struct corc_json_writer writer = {.buffer = &buffer};
	int r;

	corc_json_begin_object(&writer, NULL);
	corc_json_string(&writer, "bootId", marker->boot_id);
	if (marker->rootfs_mount) {
		corc_json_string(&writer, "rootfs", marker->rootfs);
		corc_json_u64(&writer, "rootfsMount", marker->rootfs_mount);
	}
	write_cgroup(&writer, &marker->cgroup);
	write_resctrl(&writer, &marker->resctrl);
	corc_json_end_object(&writer);
	corc_buffer_append(&buffer, "\n", 1);
	if (buffer.failed)
		r = -ENOMEM;
	else if (is_new)
		r = corc_write_new(directory->fd, "marker", buffer.data, buffer.length, 0600);
	else
		r = corc_append(directory->fd, "marker", buffer.data, buffer.length);
	return stored(directory, "marker", r, error);
}

int corc_state_write(const struct corc_state_directory *directory,
	const struct corc_state_file *state, struct corc_error *error)
{
	char space[TEXT_SPACE];
	struct corc_buffer CORC_BUFFER buffer = corc_buffer_on(space, sizeof(space));
	struct corc_json_writer writer = {.buffer = &buffer};
	int r;

	corc_json_begin_object(&writer, NULL);
	corc_json_string(&writer, "id", state->id);
	corc_json_string(&writer, "bundle", state->bundle);
	corc_json_string(&writer, "rootfs", state->rootfs);
	corc_json_string(&writer, "created", state->created);
	corc_json_string(&writer, "bootId", state->boot_id);
	corc_json_u64(&writer, "pid", state->pid);
	corc_json_u64(&writer, "startTime", state->start_time);
	corc_json_bool(&writer, "ownPidNamespace", state->own_pid_namespace);
	if (state->rootfs_mount)
		corc_json_u64(&writer, "rootfsMount", state->rootfs_mount);
	if (state->no_new_keyring)
		corc_json_bool(&writer, "noNewKeyring", true);
	if (state->restored)
		corc_json_bool(&writer, "restored", true);
	if (state->is_creating)
		corc_json_bool(&writer, "creating", true);
	if (state->hooks)
		corc_json_u64(&writer, "hooks", state->hooks);
	write_cgroup(&writer, &state->cgroup);
	write_resctrl(&writer, &state->resctrl);
	if (state->annotations.count > 0)
		corc_json_map(&writer, "annotations", &state->annotations);
	corc_json_end_object(&writer);
	r = buffer.failed ? -ENOMEM
			  : corc_write_atomic(
				    directory->fd, "state.json", buffer.data, buffer.length, 0600);
	return stored(directory, "state.json", r, error);
}

/* The last line that is complete. */
static void find_last_line(char **text, size_t *length)
{
	char *end = memrchr(*text, '\n', *length);
	char *before = end ? memrchr(*text, '\n', (size_t)(end - *text)) : NULL;

	if (!end)
		return;
	*end = '\0';
	*text = before ? before + 1 : *text;
	*length = (size_t)(end - *text);
}

/* Reads one of the two; the text lives in the arena with what refers to it. */
static int load(const struct corc_state_directory *directory, const char *name,
	const struct corc_json_object *object, struct corc_arena *arena, void *target,
	struct corc_error *error)
{
	struct corc_json_document document = {.arena = arena, .file = name};
	char *text = NULL;
	size_t length = 0;
	int r = corc_read_file_into(arena, directory->fd, name, STATE_MAX, &text, &length);

	if (r < 0)
		return corc_fail_errno(error, -r, "reading %s of %s", name, directory->id);
	if (object == &marker_object)
		find_last_line(&text, &length);
	memset(target, 0, object->size);
	r = corc_json_read(&document, object, text, length, target);
	if (r < 0)
		return corc_fail_errno(error, -r, "reading %s of %s", name, directory->id);
	if (document.problem_count == 0)
		return 0;
	(void)corc_json_problems(&document, error);
	error->code = EBADMSG;
	(void)corc_error_prefix(error, "the state of container %s is damaged", directory->id);
	return corc_error_hint(error, "\"delete --force\" finds and removes what it had");
}

int corc_marker_read(const struct corc_state_directory *directory, struct corc_arena *arena,
	struct corc_marker *ret_marker, struct corc_error *error)
{
	return load(directory, "marker", &marker_object, arena, ret_marker, error);
}

int corc_state_read(const struct corc_state_directory *directory, struct corc_arena *arena,
	struct corc_state_file *ret_state, struct corc_error *error)
{
	int r = load(directory, "state.json", &state_object, arena, ret_state, error);

	if (r == -ENOENT) {
		(void)corc_fail(error, ENOENT,
			"container %s is not complete: its creation is going on or was cut off",
			directory->id);
		return corc_error_hint(error, "\"delete --force\" removes what there is of it");
	}
	return r;
}

/* The process of the state, by pid, boot and start time: pids are used again. */
static int find_process(
	const struct corc_state_file *state, int *ret_pidfd, struct corc_error *error)
{
	int CORC_CLOSE pidfd = corc_pidfd_open((pid_t)state->pid);
	char boot_id[CORC_BOOT_ID_SIZE];
	uint64_t start_time = 0;
	char letter = 0;
	int r;

	if (pidfd == -ESRCH || pidfd == -EINVAL)
		return 0;
	if (pidfd < 0)
		return corc_fail_errno(error, -pidfd, "opening process %u", state->pid);
	r = corc_boot_id(boot_id, error);
	if (r < 0 || strcmp(boot_id, state->boot_id) != 0)
		return r;
	r = corc_process_start_time(AT_FDCWD, (pid_t)state->pid, &start_time, &letter);

	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return corc_fail_errno(error, -r, "/proc/%u/stat", state->pid);
	if (start_time != state->start_time || letter == 'Z' || letter == 'X')
		return 0;
	*ret_pidfd = corc_take_fd(&pidfd);
	return 0;
}

/* The stage reads the FIFO until it becomes the user's program. */
static bool waits_for_start(const struct corc_state_directory *directory)
{
	int CORC_CLOSE fd = openat(directory->fd, "start.fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0;
}

int corc_state_status(const struct corc_state_directory *directory,
	const struct corc_state_file *state, enum corc_status *ret_status, int *ret_pidfd,
	struct corc_error *error)
{
	int CORC_CLOSE pidfd = CORC_NO_FD;
	bool frozen = false;
	int r = find_process(state, &pidfd, error);

	if (r < 0)
		return r;
	if (pidfd < 0) {
		*ret_status = CORC_STATUS_STOPPED;
	} else if (state->is_creating) {
		*ret_status = CORC_STATUS_CREATING;
	} else {
		r = corc_cgroup_is_frozen(&state->cgroup, &frozen, error);
		if (r < 0)
			return r;
		*ret_status = frozen ? CORC_STATUS_PAUSED : CORC_STATUS_RUNNING;
		if (!frozen && waits_for_start(directory))
			*ret_status = CORC_STATUS_CREATED;
	}
	if (ret_pidfd)
		*ret_pidfd = corc_take_fd(&pidfd);
	return 0;
}
