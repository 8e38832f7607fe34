/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes: where each value of a document stood, and its path. Layer: base; the parent process only.
 *
 * Nodes are in the order of the text, so all that is inside a value follows it directly.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_private.h"
#include "base/utf8.h"

struct corc_json_node *corc_json_node_new(struct corc_json_document *document)
{
	struct corc_json_node *nodes;

	if (document->node_count == document->node_capacity) {
		nodes = corc_arena_grow(document->arena, document->nodes, document->node_count,
			&document->node_capacity, sizeof(*nodes));
		if (!nodes || document->node_count >= UINT32_MAX)
			return NULL;
		document->nodes = nodes;
	}
	return &document->nodes[document->node_count++];
}

/* The last child of `parent` with this key (an index when it is NULL), else `parent` itself. */
static uint32_t find_child(
	const struct corc_json_document *document, uint32_t parent, const char *key, uint32_t index)
{
	uint32_t found = parent;

	for (size_t at = (size_t)parent + 1; at < document->node_count; at++) {
		const struct corc_json_node *node = &document->nodes[at];

		if (node->parent < parent)
			break;
		if (node->parent != parent)
			continue;
		if (key ? node->key && strcmp(node->key, key) == 0 : node->index == index)
			found = (uint32_t)at;
	}
	return found;
}

uint32_t corc_json_find(
	const struct corc_json_document *document, uint32_t node, const char *key, uint32_t index)
{
	uint32_t found = key ? find_child(document, node, key, UINT32_MAX) : node;

	if (index == UINT32_MAX || (key && found == node))
		return found;
	return find_child(document, found, NULL, index);
}

static bool is_plain_key(const char *key)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return key[0] != '\0' && key[strspn(key, plain)] == '\0';
}

/* One step of a path: ".key", "["other key"]", "[3]". Returns the new length. */
static size_t append_step(char *path, size_t size, size_t length, const struct corc_json_node *node)
{
	char quoted[128];
	size_t room = size - length;
	int added;

	if (!node->key)
		added = snprintf(path + length, room, "[%u]", node->index);
	else if (is_plain_key(node->key))
		added = snprintf(path + length, room, "%s%s", length > 0 ? "." : "", node->key);
	else {
		(void)corc_json_quote(quoted, sizeof(quoted), node->key, strlen(node->key));
		added = snprintf(path + length, room, "[%s]", quoted);
	}
	if (added < 0)
		added = 0;
	length = (size_t)added < room ? length + (size_t)added : corc_utf8_cut(path, size - 1);
	path[length] = '\0';
	return length;
}

static void write_path(
	const struct corc_json_document *document, uint32_t node, char *path, size_t size)
{
	uint32_t steps[CORC_JSON_NESTING_MAX + 1];
	size_t count = 0;
	size_t length = 0;

	path[0] = '\0';
	for (; node != 0 && count < sizeof(steps) / sizeof(steps[0]); count++) {
		steps[count] = node;
		node = document->nodes[node].parent;
	}
	while (count-- > 0)
		length = append_step(path, size, length, &document->nodes[steps[count]]);
}

void corc_json_origin(
	const struct corc_json_document *document, uint32_t node, struct corc_origin *ret_origin)
{
	const char *slash = strrchr(document->file, '/');
	const char *name = slash ? slash + 1 : document->file;
	size_t length = strlen(name);

	if (length >= sizeof(ret_origin->file))
		length = corc_utf8_cut(name, sizeof(ret_origin->file) - 1);
	*ret_origin = (struct corc_origin){.line = 1, .column = 1};
	memcpy(ret_origin->file, name, length);
	if (node >= document->node_count)
		return;
	ret_origin->line = document->nodes[node].line;
	ret_origin->column = document->nodes[node].column;
	write_path(document, node, ret_origin->path, sizeof(ret_origin->path));
}

const char *corc_json_remark(struct corc_arena *arena, const struct corc_json_document *document,
	uint32_t node, const char *text)
{
	struct corc_origin origin;

	corc_json_origin(document, node, &origin);
	if (origin.file[0] == '\0')
		return corc_arena_printf(arena, "%s: %s", origin.path, text);
	return corc_arena_printf(arena, "%s:%" PRIu32 ":%" PRIu32 ": %s: %s", origin.file,
		origin.line, origin.column, origin.path, text);
}
