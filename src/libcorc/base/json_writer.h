/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON out: into a buffer, escaped as Go's encoder without HTML escapes. Layer: base; the parent
 * process only. Indentation is 0 (one line) or a number of blanks.
 */
#ifndef CORC_BASE_JSON_WRITER_H
#define CORC_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/json_reader.h"

#define CORC_JSON_DEPTH 32

struct corc_json_writer {
	struct corc_buffer *buffer;
	unsigned indent;
	unsigned depth;
	bool has_items[CORC_JSON_DEPTH];
};

/* key is NULL inside arrays and for the document. */
void corc_json_begin_object(struct corc_json_writer *writer, const char *key);
void corc_json_end_object(struct corc_json_writer *writer);
void corc_json_begin_array(struct corc_json_writer *writer, const char *key);
void corc_json_end_array(struct corc_json_writer *writer);
void corc_json_string(struct corc_json_writer *writer, const char *key, const char *value);
void corc_json_u64(struct corc_json_writer *writer, const char *key, uint64_t value);
void corc_json_i64(struct corc_json_writer *writer, const char *key, int64_t value);
void corc_json_double(struct corc_json_writer *writer, const char *key, double value);
void corc_json_bool(struct corc_json_writer *writer, const char *key, bool value);
void corc_json_null(struct corc_json_writer *writer, const char *key);
void corc_json_strings(
	struct corc_json_writer *writer, const char *key, const struct corc_string_array *array);
/* An object of strings, in the order given. */
void corc_json_map(
	struct corc_json_writer *writer, const char *key, const struct corc_string_map *map);
/* Text that is JSON already. */
void corc_json_raw(struct corc_json_writer *writer, const char *key, const char *json);

#endif
