/* SPDX-License-Identifier: Apache-2.0 */
/* state and list. Layer: run; the parent process. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/container.h"
#include "run/query.h"

/* Behind corc_state.memory: one piece for the arena and what it takes first. */
struct state_memory {
	struct corc_arena arena;
	char space[CORC_STATE_SPACE];
};

const char *corc_status_name(enum corc_status status)
{
	switch (status) {
	case CORC_STATUS_CREATING:
		return "creating";
	case CORC_STATUS_CREATED:
		return "created";
	case CORC_STATUS_RUNNING:
		return "running";
	case CORC_STATUS_PAUSED:
		return "paused";
	case CORC_STATUS_STOPPED:
		return "stopped";
	}
	return "unknown";
}

void corc_state_done(struct corc_state *state)
{
	if (state->memory) {
		corc_arena_done(state->memory);
		free(state->memory);
	}
	memset(state, 0, sizeof(*state));
}

static int copy_annotations(struct corc_arena *arena, const struct corc_string_map *map,
	struct corc_state *state, struct corc_error *error)
{
	struct corc_annotation *annotations =
		corc_arena_array(arena, map->count + 1, sizeof(*annotations));

	if (!annotations)
		return corc_fail_errno(error, ENOMEM, "state");
	for (size_t i = 0; i < map->count; i++)
		annotations[i] = (struct corc_annotation){map->keys[i], map->values[i]};
	state->annotations = annotations;
	state->annotation_count = map->count;
	return 0;
}

/* What the container's arena holds goes with it into the result. */
static int fill(
	struct corc_container *container, struct corc_state *state, struct corc_error *error)
{
	const struct corc_state_file *file = &container->state;
	struct stat owner;
	int r = copy_annotations(&container->arena, &file->annotations, state, error);

	if (r == 0 && fstat(container->directory.fd, &owner) < 0)
		r = corc_fail_errno(error, errno, "state directory of %s", file->id);
	if (r != 0)
		return r;
	state->owner = owner.st_uid;
	state->status = container->status;
	state->id = file->id;
	state->pid = state->status == CORC_STATUS_STOPPED ? 0 : (pid_t)file->pid;
	state->bundle = file->bundle;
	state->rootfs = file->rootfs;
	state->created = file->created;
	return 0;
}

int corc_state_find(struct corc_runtime *runtime, const char *id, struct corc_arena *arena,
	struct corc_state *ret_state, struct corc_error *error)
{
	struct corc_container CORC_CLEANUP(corc_container_close) container = CORC_CONTAINER_EMPTY;
	struct corc_state state = {0};
	int r;

	container.arena = *arena;
	*arena = (struct corc_arena){0};
	r = corc_container_open(runtime, id, false, &container, error);
	if (r == 0)
		r = fill(&container, &state, error);
	if (r != 0)
		return r;
	*arena = container.arena;
	container.arena = (struct corc_arena){0};
	*ret_state = state;
	return 0;
}

int corc_container_state(struct corc_runtime *runtime, const char *id, struct corc_state *ret_state,
	struct corc_error *error)
{
	struct state_memory CORC_FREE *memory = malloc(sizeof(*memory));
	int r;

	if (!memory)
		return corc_fail_errno(error, ENOMEM, "state");
	corc_arena_init(&memory->arena, memory->space, sizeof(memory->space));
	r = corc_state_find(runtime, id, &memory->arena, ret_state, error);
	if (r == 0)
		ret_state->memory = &corc_take_pointer(memory)->arena;
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those that can be ids. Returns -errno; that of the stream when it breaks off. */
static int collect_names(DIR *stream, struct corc_arena *arena, struct corc_string_array *names)
{
	size_t capacity = 0;
	struct corc_error ignored;
	struct dirent *entry;
	const char **larger;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone. */
	while ((errno = 0, entry = readdir(stream))) {
		if (corc_id_check(entry->d_name, &ignored) < 0)
			continue;
		larger = corc_arena_grow(
			arena, names->items, names->count, &capacity, sizeof(char *));
		if (!larger)
			return -ENOMEM;
		names->items = larger;
		larger[names->count] = corc_arena_strdup(arena, entry->d_name);
		if (!larger[names->count++])
			return -ENOMEM;
	}
	return -errno;
}

/* The names in the state directory that can be ids, sorted. */
static int read_names(struct corc_runtime *runtime, struct corc_arena *arena,
	struct corc_string_array *ret_names, struct corc_error *error)
{
	DIR *stream = opendir(runtime->root);
	int r;

	if (!stream && errno == ENOENT)
		return 0;
	if (!stream)
		return corc_fail_errno(error, errno, "state directory %s", runtime->root);
	r = collect_names(stream, arena, ret_names);
	(void)closedir(stream);
	if (r < 0)
		return corc_fail_errno(error, -r, "state directory %s", runtime->root);
	if (ret_names->count > 0)
		qsort(ret_names->items, ret_names->count, sizeof(char *), by_name);
	return 0;
}

/* Deleted meanwhile, or something else that lies there. */
static bool is_no_container(int code)
{
	return code == ENOENT || code == ENOTDIR || code == ELOOP;
}

int corc_container_list(struct corc_runtime *runtime,
	int (*visit)(void *data, const struct corc_state *state), void *data,
	struct corc_error *error)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_string_array names = {0};
	int unreadable = 0;
	int r = read_names(runtime, &arena, &names, error);

	for (size_t i = 0; i < names.count && r == 0; i++) {
		struct corc_state CORC_CLEANUP(corc_state_done) state = {0};
		struct corc_error failure = {0};

		if (corc_container_state(runtime, names.items[i], &state, &failure) == 0) {
			r = visit(data, &state);
		} else if (!is_no_container(failure.code) && unreadable == 0) {
			*error = failure;
			unreadable = corc_error_prefix(error, "%s", names.items[i]);
		}
	}
	return r != 0 ? r : unreadable;
}
