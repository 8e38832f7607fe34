/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lexical paths: text only, nothing is looked up. Layer: base; the parent process only.
 */
#include "base/path.h"

#include <string.h>

/* Appends the components of `path` to the clean path of `length` bytes in `clean` ("" is "/"). */
static size_t append_components(char *clean, size_t length, const char *path)
{
	while (*path != '\0') {
		size_t size = strcspn(path, "/");

		if (size == 2 && path[0] == '.' && path[1] == '.') {
			while (length > 0 && clean[--length] != '/')
				;
		} else if (size > 1 || (size == 1 && path[0] != '.')) {
			clean[length++] = '/';
			memcpy(clean + length, path, size);
			length += size;
		}
		path += size;
		path += *path == '/';
	}
	return length;
}

static char *clean_path(struct corc_arena *arena, const char *base, const char *path)
{
	char *clean = corc_arena_alloc(arena, strlen(base) + strlen(path) + 3);
	size_t length;

	if (!clean)
		return NULL;
	length = append_components(clean, 0, base);
	length = append_components(clean, length, path);
	if (length == 0)
		clean[length++] = '/';
	clean[length] = '\0';
	return clean;
}

char *corc_path_clean(struct corc_arena *arena, const char *path)
{
	return clean_path(arena, "", path);
}

char *corc_path_join(struct corc_arena *arena, const char *base, const char *path)
{
	return clean_path(arena, path[0] == '/' ? "" : base, path);
}

bool corc_path_is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (length == 1 && directory[0] == '/')
		return path[0] == '/';
	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '\0' || path[length] == '/');
}
