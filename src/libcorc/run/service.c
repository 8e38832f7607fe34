/* SPDX-License-Identifier: Apache-2.0 */
/* What a service manager gives to the container's first process. Layer: run; the parent process. */
#include "run/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "run/notify.h"

#define VARIABLES_MAX 4

/* "NAME=value" in the arena. */
static const char *variable(struct corc_arena *arena, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 2;
	char *text = corc_arena_alloc(arena, size);

	if (text)
		(void)snprintf(text, size, "%s=%s", name, value);
	return text;
}

static bool add(struct corc_arena *arena, struct corc_string_array *array, const char *name,
	const char *value)
{
	const char *text = variable(arena, name, value);

	if (text)
		array->items[array->count++] = text;
	return text != NULL;
}

int corc_service_environment(struct corc_arena *arena, const struct corc_create_options *options,
	bool has_notify, struct corc_string_array *ret_environment, struct corc_error *error)
{
	struct corc_string_array array = {0};
	char count[16];
	bool good;

	if (options->listen_fds == 0 && !has_notify)
		return 0;
	(void)snprintf(count, sizeof(count), "%u", options->listen_fds);
	array.items = corc_arena_array(arena, VARIABLES_MAX + 1, sizeof(*array.items));
	good = array.items != NULL;
	if (good && options->listen_fds > 0)
		good = add(arena, &array, "LISTEN_FDS", count) &&
		       add(arena, &array, "LISTEN_PID", "1");
	if (good && options->listen_fds > 0 && options->listen_fd_names)
		good = add(arena, &array, "LISTEN_FDNAMES", options->listen_fd_names);
	if (good && has_notify)
		good = add(arena, &array, "NOTIFY_SOCKET", CORC_NOTIFY_SOCKET);
	if (!good)
		return corc_fail_errno(error, ENOMEM, "variables for the container's process");
	*ret_environment = array;
	return 0;
}
