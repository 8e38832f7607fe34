/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON out. Layer: base; the parent process only. Text that is no UTF-8 comes out with U+FFFD in
 * the place of each wrong byte, so that what is written can always be read.
 */
#include "base/json_writer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

static void new_line(struct corc_json_writer *writer)
{
	if (writer->indent == 0)
		return;
	corc_buffer_append(writer->buffer, "\n", 1);
	for (unsigned blanks = writer->depth * writer->indent; blanks > 0; blanks--)
		corc_buffer_append(writer->buffer, " ", 1);
}

/* The letter of a short escape, 0 when there is none. */
static int short_escape(char byte)
{
	static const char bytes[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	const char *found = byte != '\0' ? strchr(bytes, byte) : NULL;

	return found ? letters[found - bytes] : 0;
}

/* U+2028 and U+2029 end a line in JavaScript. */
static bool is_line_separator(const char *text, size_t length)
{
	return length == 3 && memcmp(text, "\xe2\x80", 2) == 0 &&
	       (text[2] == '\xa8' || text[2] == '\xa9');
}

/* `length` is that of the character that text begins with, 0 for a wrong byte. */
static bool needs_escape(const char *text, size_t length)
{
	if (length == 1)
		return (unsigned char)*text < 0x20 || *text == '"' || *text == '\\';
	return length == 0 || is_line_separator(text, length);
}

static void escape(struct corc_buffer *buffer, const char *text, size_t length)
{
	int letter = length == 1 ? short_escape(*text) : 0;

	if (letter != 0)
		corc_buffer_printf(buffer, "\\%c", letter);
	else if (length == 1)
		corc_buffer_printf(buffer, "\\u%04x", (unsigned)*text);
	else if (length == 0)
		corc_buffer_puts(buffer, "\\ufffd");
	else
		corc_buffer_puts(buffer, text[2] == '\xa8' ? "\\u2028" : "\\u2029");
}

static void quote(struct corc_buffer *buffer, const char *text)
{
	const char *end = text + strlen(text);
	const char *plain = text; /* from here on nothing needed an escape */

	corc_buffer_append(buffer, "\"", 1);
	while (text < end) {
		size_t length = corc_utf8_length(text, (size_t)(end - text));
		const char *next = text + (length > 0 ? length : 1);

		if (needs_escape(text, length)) {
			corc_buffer_append(buffer, plain, (size_t)(text - plain));
			escape(buffer, text, length);
			plain = next;
		}
		text = next;
	}
	corc_buffer_append(buffer, plain, (size_t)(end - plain));
	corc_buffer_append(buffer, "\"", 1);
}

/* What stands before every value: comma, line, key. */
static void begin_value(struct corc_json_writer *writer, const char *key)
{
	if (writer->depth > 0) {
		bool *has_items = &writer->has_items[writer->depth - 1];

		if (*has_items)
			corc_buffer_append(writer->buffer, ",", 1);
		*has_items = true;
		new_line(writer);
	}
	if (key) {
		quote(writer->buffer, key);
		corc_buffer_puts(writer->buffer, writer->indent > 0 ? ": " : ":");
	}
}

static void begin(struct corc_json_writer *writer, const char *key, const char *bracket)
{
	begin_value(writer, key);
	corc_buffer_puts(writer->buffer, bracket);
	if (writer->depth == CORC_JSON_DEPTH) {
		writer->buffer->failed = true;
		return;
	}
	writer->has_items[writer->depth++] = false;
}

static void end(struct corc_json_writer *writer, const char *bracket)
{
	if (writer->depth == 0) {
		writer->buffer->failed = true;
		return;
	}
	if (writer->has_items[--writer->depth])
		new_line(writer);
	corc_buffer_puts(writer->buffer, bracket);
}

void corc_json_begin_object(struct corc_json_writer *writer, const char *key)
{
	begin(writer, key, "{");
}

void corc_json_end_object(struct corc_json_writer *writer)
{
	end(writer, "}");
}

void corc_json_begin_array(struct corc_json_writer *writer, const char *key)
{
	begin(writer, key, "[");
}

void corc_json_end_array(struct corc_json_writer *writer)
{
	end(writer, "]");
}

void corc_json_string(struct corc_json_writer *writer, const char *key, const char *value)
{
	if (!value) {
		corc_json_null(writer, key);
		return;
	}
	begin_value(writer, key);
	quote(writer->buffer, value);
}

void corc_json_u64(struct corc_json_writer *writer, const char *key, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	/* The state has many, and printf costs more than all the rest of it. */
	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	begin_value(writer, key);
	corc_buffer_append(writer->buffer, digits + at, sizeof(digits) - at);
}

void corc_json_i64(struct corc_json_writer *writer, const char *key, int64_t value)
{
	begin_value(writer, key);
	corc_buffer_printf(writer->buffer, "%lld", (long long)value);
}

/* The fewest digits that read back as the same value; the decimal point of the locale is left out.
 */
struct decimal {
	char digits[24];
	int count;
	int exponent; /* of the first digit */
};

/* Of a text as printf's %e writes it. */
static int exponent_of(const char *text)
{
	const char *sign = strchr(text, 'e') + 1;
	uint64_t value = 0;

	(void)corc_parse_u64(sign + 1, strlen(sign + 1), INT_MAX, &value);
	return *sign == '-' ? -(int)value : (int)value;
}

static struct decimal shortest_decimal(double value)
{
	struct decimal decimal = {0};
	char text[48];

	for (int precision = 0; precision < 17; precision++) {
		(void)snprintf(text, sizeof(text), "%.*e", precision, value);
		if (strtod(text, NULL) == value) /* NOLINT(cert-err34-c): our own text */
			break;
	}
	for (const char *at = text; *at != '\0' && *at != 'e'; at++)
		if (*at >= '0' && *at <= '9')
			decimal.digits[decimal.count++] = *at;
	decimal.exponent = exponent_of(text);
	return decimal;
}

static void put_digits(struct corc_buffer *buffer, const struct decimal *decimal, int from, int to)
{
	for (int at = from; at < to; at++) {
		bool is_there = at >= 0 && at < decimal->count;

		corc_buffer_append(buffer, is_there ? &decimal->digits[at] : "0", 1);
	}
}

/* An exponent is written for very small and very large values only, as ECMAScript does. */
static void put_decimal(struct corc_buffer *buffer, const struct decimal *decimal)
{
	bool is_scientific = decimal->exponent < -6 || decimal->exponent >= 21;
	int whole = is_scientific ? 1 : decimal->exponent + 1; /* digits before the point */

	if (whole > 0)
		put_digits(buffer, decimal, 0, whole);
	else
		corc_buffer_puts(buffer, "0");
	if (decimal->count > whole) {
		corc_buffer_puts(buffer, ".");
		put_digits(buffer, decimal, whole, decimal->count);
	}
	if (is_scientific)
		corc_buffer_printf(buffer, "e%+d", decimal->exponent);
}

void corc_json_double(struct corc_json_writer *writer, const char *key, double value)
{
	struct decimal decimal;

	if (value != value || value - value != 0.0) { /* not a number, or infinite */
		corc_json_null(writer, key);
		return;
	}
	begin_value(writer, key);
	if (__builtin_signbit(value))
		corc_buffer_puts(writer->buffer, "-");
	decimal = shortest_decimal(__builtin_fabs(value));
	put_decimal(writer->buffer, &decimal);
}

void corc_json_bool(struct corc_json_writer *writer, const char *key, bool value)
{
	corc_json_raw(writer, key, value ? "true" : "false");
}

void corc_json_null(struct corc_json_writer *writer, const char *key)
{
	corc_json_raw(writer, key, "null");
}

void corc_json_strings(
	struct corc_json_writer *writer, const char *key, const struct corc_string_array *array)
{
	corc_json_begin_array(writer, key);
	for (size_t at = 0; at < array->count; at++)
		corc_json_string(writer, NULL, array->items[at]);
	corc_json_end_array(writer);
}

void corc_json_map(
	struct corc_json_writer *writer, const char *key, const struct corc_string_map *map)
{
	corc_json_begin_object(writer, key);
	for (size_t at = 0; at < map->count; at++)
		corc_json_string(writer, map->keys[at], map->values[at]);
	corc_json_end_object(writer);
}

void corc_json_raw(struct corc_json_writer *writer, const char *key, const char *json)
{
	begin_value(writer, key);
	corc_buffer_puts(writer->buffer, json);
}
