/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration with one thing changed, and what validate says of it. */
#ifndef CORC_TEST_RUN_REFUSED_FIXTURE_H
#define CORC_TEST_RUN_REFUSED_FIXTURE_H

#include "run_fixture.h"

#define FINDINGS_MAX ((size_t)8192)
#define TABLE_PATH_MAX ((size_t)256)

/*
 * Where in the configuration the text stands. A key that comes twice counts the last time, so a
 * text can also replace what is there.
 */
enum section { TOP, PROCESS, MOUNTS, LINUX, SECTIONS };

static const char *const base[] = {
	"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"}",
	",\n\"process\":{\"args\":[\"x\"],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}",
	"},\n\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"}",
	"],\n\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"uts\"},"
	"{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"time\"}]",
};

static char collected[FINDINGS_MAX];
static size_t without_position;

static void note(void *data, const struct corc_error *finding)
{
	size_t length = strlen(collected);

	(void)data;
	without_position += finding->origin.line == 0 || finding->origin.column == 0;
	(void)snprintf(collected + length, sizeof(collected) - length, "%s: %s\n",
		finding->origin.path, finding->message);
}

/*
 * Validates; returns a line for each finding: its path and its message. Every finding has to have a
 * position. The text is valid until the next call.
 */
static const char *findings(void **state, enum section section, const char *text)
{
	struct corc_validate_options options = {.bundle = temporary_path()};
	struct corc_buffer CORC_BUFFER config = {0};
	struct corc_error error = {0};
	size_t count = 0;

	for (int i = 0; i < SECTIONS; i++) {
		bool is_here = section == (enum section)i && *text;

		corc_buffer_printf(
			&config, "%s%s%s", base[i], is_here ? "," : "", is_here ? text : "");
	}
	corc_buffer_puts(&config, "}}");
	assert_false(config.failed);
	write_text(*(int *)*state, "config.json", config.data);
	collected[0] = '\0';
	without_position = 0;
	assert_success(corc_bundle_validate(&options, note, NULL, &count, &error), &error);
	assert_int_equal(without_position, 0);
	return collected;
}

/* Whether the findings are one, and about the value at the path. */
static bool is_about(const char *text, const char *path)
{
	size_t length = strlen(path);
	const char *end = strchr(text, '\n');

	return strncmp(text, path, length) == 0 && text[length] == ':' && end && !end[1];
}

/* Whether a line of the findings begins so. */
static bool has_line(const char *text, const char *beginning)
{
	size_t length = strlen(beginning);

	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, beginning, length) == 0)
			return true;
	return false;
}

/* "mounts[1].options[0]" is about the row "mounts.options". */
static bool is_same_path(const char *path, const char *name)
{
	while (*path) {
		size_t item = *path == '[' ? strcspn(path, "]") + 1 : 0;

		path += item;
		if (item == 0 && *path++ != *name++)
			return false;
	}
	return *name == '\0';
}

struct search {
	bool (*wanted)(const struct corc_json_field *row);
	const char *(*path_at)(size_t index);
	size_t count, rows, missing;
};

static bool has_path(const struct search *search, const char *name)
{
	for (size_t i = 0; i < search->count; i++)
		if (is_same_path(search->path_at(i), name))
			return true;
	return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static void look_for_rows(
	struct search *search, const struct corc_json_object *object, const char *above)
{
	for (size_t i = 0; i < object->count; i++) {
		const struct corc_json_field *row = &object->fields[i];
		char name[TABLE_PATH_MAX], below[TABLE_PATH_MAX + sizeof(".key.")];

		(void)snprintf(name, sizeof(name), "%s%s", above, row->name);
		if (search->wanted(row)) {
			search->rows++;
			if (!has_path(search, name)) {
				print_error("nothing for %s\n", name);
				search->missing++;
			}
		}
		(void)snprintf(below, sizeof(below), "%s%s.", name,
			row->type == CORC_JSON_OBJECT_MAP ? ".key" : "");
		if (row->object)
			look_for_rows(search, row->object, below);
	}
}

/*
 * Fails unless for every row of the loader's tables that `wanted` takes there is one of the paths.
 * A path may name any item of an array; entries of maps are called "key".
 */
static void assert_rows_have_paths(bool (*wanted)(const struct corc_json_field *row),
	const char *(*path_at)(size_t index), size_t count)
{
	struct search search = {.wanted = wanted, .path_at = path_at, .count = count};

	look_for_rows(&search, &corc_spec_object, "");
	assert_true(search.rows > 0);
	assert_int_equal(search.missing, 0);
}

#endif
