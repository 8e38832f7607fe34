/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an unknown key was probably meant to be. Layer: base; the parent process only.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json_private.h"

#define NAME_MAX_LENGTH 40 /* longer names are not compared */
#define DEPTH_MAX 12
#define PATH_SIZE 160

static bool has_object(const struct corc_json_field *field)
{
	return field->type == CORC_JSON_OBJECT || field->type == CORC_JSON_OBJECT_ARRAY ||
	       field->type == CORC_JSON_OBJECT_MAP;
}

/* The table of the object at a node; NULL: it has none, or the way to it is not in the tables. */
static const struct corc_json_object *table_of(const struct corc_json_document *document,
	const struct corc_json_object *root, uint32_t node)
{
	uint32_t way[CORC_JSON_NESTING_MAX + 1] = {0};
	const struct corc_json_object *table = root;
	bool is_inside = false; /* an array or a map: the next step is an item */
	size_t count = 0;

	for (; node != 0 && count < sizeof(way) / sizeof(way[0]); count++) {
		way[count] = node;
		node = document->nodes[node].parent;
	}
	while (count-- > 0 && table) {
		const char *key = document->nodes[way[count]].key;
		const struct corc_json_field *found = NULL;

		if (is_inside || !key) {
			is_inside = false;
			continue;
		}
		for (size_t i = 0; i < table->count && !found; i++)
			if (strcmp(table->fields[i].name, key) == 0)
				found = &table->fields[i];
		table = found && has_object(found) ? found->object : NULL;
		is_inside = found && found->type != CORC_JSON_OBJECT;
	}
	return table;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and exchanges of neighbours that make one of the other. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][NAME_MAX_LENGTH + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];
	size_t length_a = strlen(a), length_b = strlen(b);

	if (length_a > NAME_MAX_LENGTH || length_b > NAME_MAX_LENGTH)
		return SIZE_MAX;
	for (size_t k = 0; k <= length_b; k++)
		last[k] = before[k] = k;
	for (size_t i = 1; i <= length_a; i++) {
		size_t *oldest = before;

		now[0] = i;
		for (size_t k = 1; k <= length_b; k++) {
			now[k] = least(least(last[k], now[k - 1]) + 1,
				last[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				now[k] = least(now[k], before[k - 2] + 1);
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[length_b];
}

/* One change for each three characters, as far as something of the name is left. */
static const char *nearest(const struct corc_json_object *table, const char *key)
{
	size_t best = strlen(key) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const char *name = table->fields[i].name;
		size_t changes = strcasecmp(name, key) == 0 ? 0 : distance(key, name);

		if (changes < best) {
			best = changes;
			found = name;
		}
	}
	return found;
}

/* The places of a name in all of the tables. */
struct search {
	const char *key;
	char found[PATH_SIZE]; /* the first place */
	size_t count;
};

static void search_table(struct search *search, const struct corc_json_object *table,
	const char *path, unsigned depth)
{
	for (size_t i = 0; i < table->count && depth < DEPTH_MAX; i++) {
		const struct corc_json_field *field = &table->fields[i];
		char here[PATH_SIZE];
		int length = snprintf(here, sizeof(here), "%s%s%s", path,
			path[0] != '\0' ? "." : "", field->name);

		if (length < 0 || (size_t)length + sizeof("[]") > sizeof(here))
			continue;
		if (strcmp(field->name, search->key) == 0 && search->count++ == 0)
			memcpy(search->found, here, sizeof(here));
		if (field->type != CORC_JSON_OBJECT)
			memcpy(here + length, "[]", sizeof("[]"));
		if (has_object(field))
			search_table(search, field->object, here, depth + 1);
	}
}

bool corc_json_suggest(const struct corc_json_document *document,
	const struct corc_json_object *root, uint32_t node, char *ret_name, size_t size)
{
	const char *key = document->nodes[node].key;
	const struct corc_json_object *table =
		key ? table_of(document, root, document->nodes[node].parent) : NULL;
	const char *near = table ? nearest(table, key) : NULL;
	struct search search = {.key = key};

	if (!table)
		return false;
	if (!near)
		search_table(&search, root, "", 0);
	if (!near && search.count != 1)
		return false;
	(void)snprintf(ret_name, size, "%s", near ? near : search.found);
	return true;
}
