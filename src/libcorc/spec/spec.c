/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to a loaded configuration. Layer: spec; the parent process only.
 */
#include "spec/spec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "spec/check.h"

void corc_spec_one_line(char *line, size_t size, const char *text)
{
	size_t left = strlen(text);
	size_t length = 0;

	while (left > 0) {
		size_t step = corc_utf8_length(text, left);
		unsigned char byte = (unsigned char)*text;
		char piece[8];

		if (step == 0 || byte < 0x20 || byte == 0x7f)
			(void)snprintf(piece, sizeof(piece), "\\x%02x", byte);
		else
			(void)snprintf(piece, sizeof(piece), "%.*s", (int)step, text);
		if (length + strlen(piece) >= size)
			break;
		length += (size_t)snprintf(line + length, size - length, "%s", piece);
		text += step > 0 ? step : 1;
		left -= step > 0 ? step : 1;
	}
	line[length] = '\0';
}

const struct corc_spec_namespace *corc_spec_find_namespace(
	const struct corc_spec *spec, enum corc_namespace_type type)
{
	const struct corc_spec_namespaces *namespaces = &spec->linux_.namespaces;

	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->items[i].type == (uint32_t)type)
			return &namespaces->items[i];
	return NULL;
}

const char *corc_annotation_of(const struct corc_string_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->keys[i], key) == 0)
			return map->values[i];
	return NULL;
}

const char *corc_spec_annotation(const struct corc_spec *spec, const char *key)
{
	return corc_annotation_of(&spec->annotations, key);
}

int corc_spec_fail(const struct corc_spec *spec, uint32_t node, const char *key, uint32_t index,
	struct corc_error *error, const char *format, ...)
{
	char message[sizeof(error->message)];
	char line[sizeof(message)];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);

	corc_spec_one_line(line, sizeof(line), message);
	(void)corc_fail(error, EINVAL, "%s", line);
	corc_json_origin(
		&spec->document, corc_json_find(&spec->document, node, key, index), &error->origin);
	return -EINVAL;
}
