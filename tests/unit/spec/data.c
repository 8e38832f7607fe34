/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/data.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"

#define FILE_MAX (1 << 20)

static void data_path(char path[512], const char *directory, const char *name)
{
	const char *data = getenv("CORC_TEST_DATA");

	(void)snprintf(path, 512, "%s/spec/%s/%s", data ? data : "tests/data", directory, name);
}

char *data_read(const char *directory, const char *name, size_t *ret_length)
{
	char path[512];
	char *text = NULL;
	int result = 0;

	data_path(path, directory, name);
	result = corc_read_file(AT_FDCWD, path, FILE_MAX, &text, ret_length);
	if (result < 0)
		fail_msg("%s: %s", path, strerror(-result));
	return text;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name);
	size_t wanted = strlen(suffix);

	return length > wanted && strcmp(name + length - wanted, suffix) == 0;
}

size_t data_walk(const char *directory, const char *suffix, data_visitor *visit, void *data)
{
	struct dirent **entries = NULL;
	size_t visited = 0;
	char path[512];
	int count = 0;

	data_path(path, directory, "");
	count = scandir(path, &entries, NULL, alphasort);
	if (count < 0)
		fail_msg("%s cannot be read", path);
	for (int i = 0; i < count; i++) {
		if (ends_with(entries[i]->d_name, suffix)) {
			visit(directory, entries[i]->d_name, data);
			visited++;
		}
		free(entries[i]);
	}
	free(entries);
	return visited;
}
