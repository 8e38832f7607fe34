/* SPDX-License-Identifier: Apache-2.0 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include "refused.h"

#include "spec/rows.h"

static const char *const base[] = {
	"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"}",
	",\n\"process\":{\"args\":[\"x\"],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}",
	"},\n\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"}",
	"],\n\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"uts\"},"
	"{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"time\"}]",
};

static char found[FINDINGS_MAX];
static size_t without_position;

static void note(void *data, const struct corc_error *finding)
{
	size_t length = strlen(found);

	(void)data;
	without_position += finding->origin.line == 0 || finding->origin.column == 0;
	(void)snprintf(found + length, sizeof(found) - length, "%s: %s\n", finding->origin.path,
		finding->message);
}

const char *findings(void **state, enum section section, const char *text)
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
	found[0] = '\0';
	without_position = 0;
	assert_success(corc_bundle_validate(&options, note, NULL, &count, &error), &error);
	assert_int_equal(without_position, 0);
	return found;
}

bool is_about(const char *text, const char *path)
{
	size_t length = strlen(path);
	const char *end = strchr(text, '\n');

	return strncmp(text, path, length) == 0 && text[length] == ':' && end && !end[1];
}

bool has_line(const char *text, const char *beginning)
{
	size_t length = strlen(beginning);

	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, beginning, length) == 0)
			return true;
	return false;
}

struct search {
	bool (*wanted)(const struct corc_json_field *row);
	const char *(*path_at)(size_t index);
	size_t count, rows, missing;
};

/* "mounts[1].options[0]" is "mounts[0].options"; so is "mounts[0].options". */
static bool is_same_path(const char *path, const char *name)
{
	while (*path) {
		size_t item = *path == '[' ? strcspn(path, "]") + 1 : 0;

		if (item > 0 && *name == '[')
			name += strcspn(name, "]") + 1;
		path += item;
		if (item == 0 && *path++ != *name++)
			return false;
	}
	return *name == '\0';
}

static void look_for(const struct row_path *path, void *data)
{
	struct corc_buffer CORC_BUFFER name = {0};
	struct search *search = data;

	if (!search->wanted(row_of(path)))
		return;
	search->rows++;
	row_name(path, &name);
	assert_false(name.failed);
	for (size_t i = 0; i < search->count; i++)
		if (is_same_path(search->path_at(i), name.data))
			return;
	print_error("nothing for %s\n", name.data);
	search->missing++;
}

void assert_rows_have_paths(bool (*wanted)(const struct corc_json_field *row),
	const char *(*path_at)(size_t index), size_t count)
{
	struct search search = {.wanted = wanted, .path_at = path_at, .count = count};

	rows_walk(&corc_spec_object, look_for, &search);
	assert_true(search.rows > 0);
	assert_int_equal(search.missing, 0);
}
