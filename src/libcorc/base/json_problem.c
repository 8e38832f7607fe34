/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The problems of a document and their texts. Layer: base; the parent process only.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json_private.h"
#include "base/utf8.h"

#define FOUND_SIZE 64    /* bytes of a quoted value */
#define CHOICES_SIZE 512 /* bytes of the names of a closed set */

static int CORC_PRINTF(4, 0) problem_add(struct corc_json_document *document, uint32_t node,
	const struct corc_json_token *token, const char *format, va_list arguments)
{
	struct corc_json_problem *problems = corc_arena_grow(document->arena, document->problems,
		document->problem_count, &document->problem_capacity, sizeof(*problems));
	struct corc_json_problem problem = {node, token->line, token->column, "...and more"};

	if (!problems)
		return -ENOMEM;
	document->problems = problems;
	if (document->problem_count > CORC_JSON_PROBLEMS_MAX)
		return 0;
	if (document->problem_count == CORC_JSON_PROBLEMS_MAX)
		problem.node = 0;
	else
		problem.message = corc_arena_vprintf(document->arena, format, arguments);
	if (!problem.message)
		return -ENOMEM;
	problems[document->problem_count++] = problem;
	return 0;
}

int corc_json_problem_at(struct corc_json_document *document, uint32_t node,
	const struct corc_json_token *token, const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = problem_add(document, node, token, format, arguments);
	va_end(arguments);
	return r;
}

int corc_json_problem_add(
	struct corc_json_document *document, uint32_t node, const char *format, ...)
{
	struct corc_json_token token = {.line = 1, .column = 1};
	va_list arguments;
	int r;

	if (node < document->node_count) {
		token.line = document->nodes[node].line;
		token.column = document->nodes[node].column;
	}
	va_start(arguments, format);
	r = problem_add(document, node, &token, format, arguments);
	va_end(arguments);
	return r;
}

static bool stands_after(const struct corc_json_problem *a, const struct corc_json_problem *b)
{
	return a->line > b->line || (a->line == b->line && a->column > b->column);
}

/* They are few, and nearly in order: what an object lacks is known at its end. */
void corc_json_sort_problems(struct corc_json_document *document)
{
	struct corc_json_problem *problems = document->problems;

	for (size_t at = 1; at < document->problem_count && at < CORC_JSON_PROBLEMS_MAX; at++) {
		struct corc_json_problem moved = problems[at];
		size_t to = at;

		for (; to > 0 && stands_after(&problems[to - 1], &moved); to--)
			problems[to] = problems[to - 1];
		problems[to] = moved;
	}
}

/* Writes one character so that it can be seen. Returns how many bytes of text that were. */
static size_t visible(char piece[8], const char *text, size_t length)
{
	size_t step = corc_utf8_length(text, length);
	unsigned char byte = (unsigned char)*text;

	if (byte == '\n' || byte == '\r' || byte == '\t')
		(void)snprintf(piece, 8, "\\%c", byte == '\n' ? 'n' : byte == '\r' ? 'r' : 't');
	else if (byte == '"' || byte == '\\')
		(void)snprintf(piece, 8, "\\%c", byte);
	else if (step == 0 || byte < 0x20 || byte == 0x7f)
		(void)snprintf(piece, 8, "\\x%02x", byte);
	else
		(void)snprintf(piece, 8, "%.*s", (int)step, text);
	return step > 0 ? step : 1;
}

size_t corc_json_quote(char *buffer, size_t size, const char *text, size_t length)
{
	size_t at = 1;
	size_t safe = 1; /* from here the shortened end still fits */
	char piece[8];

	buffer[0] = '"';
	while (length > 0) {
		size_t step = visible(piece, text, length);
		size_t added = strlen(piece);

		if (at + added + 2 > size) {
			memcpy(buffer + safe, "...\"", 5);
			return safe + 4;
		}
		memcpy(buffer + at, piece, added);
		at += added;
		if (at + 5 <= size)
			safe = at;
		text += step;
		length -= step;
	}
	buffer[at++] = '"';
	buffer[at] = '\0';
	return at;
}

static void write_number(char *buffer, size_t size, const struct corc_json_token *token)
{
	int shown = token->length < 32 ? (int)token->length : 32;

	(void)snprintf(buffer, size, "%.*s%s", shown, token->text, token->length > 32 ? "..." : "");
}

static void write_found(char buffer[FOUND_SIZE + 16], const struct corc_json_token *token)
{
	char value[FOUND_SIZE];

	switch (token->kind) {
	case CORC_JSON_KIND_NULL:
		(void)snprintf(buffer, FOUND_SIZE + 16, "null");
		break;
	case CORC_JSON_KIND_BOOL:
		(void)snprintf(buffer, FOUND_SIZE + 16, token->truth ? "true" : "false");
		break;
	case CORC_JSON_KIND_NUMBER:
		write_number(value, sizeof(value), token);
		(void)snprintf(buffer, FOUND_SIZE + 16, "the number %s", value);
		break;
	case CORC_JSON_KIND_STRING:
		(void)corc_json_quote(value, sizeof(value), token->text, token->length);
		(void)snprintf(buffer, FOUND_SIZE + 16, "the string %s", value);
		break;
	case CORC_JSON_KIND_OBJECT:
		(void)snprintf(buffer, FOUND_SIZE + 16, "an object");
		break;
	case CORC_JSON_KIND_ARRAY:
		(void)snprintf(buffer, FOUND_SIZE + 16, "an array");
		break;
	}
}

struct corc_json_bounds corc_json_bounds_of(const struct corc_json_slot *slot)
{
	const struct corc_json_field *field = slot->field;
	struct corc_json_bounds bounds = {INT64_MIN, field->min_unsigned, field->max};
	uint64_t widest = UINT64_MAX;

	if (slot->type == CORC_JSON_U32)
		widest = UINT32_MAX;
	else if (slot->type == CORC_JSON_I64)
		widest = INT64_MAX;
	if (field->min != 0 || field->max != 0)
		bounds.min = field->min;
	if (field->max == 0 || field->max > widest)
		bounds.max = widest;
	return bounds;
}

static void write_integer(char *buffer, size_t size, const struct corc_json_slot *slot)
{
	struct corc_json_bounds bounds = corc_json_bounds_of(slot);
	unsigned long long max = bounds.max;

	if (slot->type == CORC_JSON_I64)
		(void)snprintf(
			buffer, size, "an integer from %lld to %llu", (long long)bounds.min, max);
	else
		(void)snprintf(buffer, size, "an integer from %llu to %llu",
			(unsigned long long)bounds.min_unsigned, max);
}

int corc_json_wrong_type(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	static const char *const kinds[] = {
		[CORC_JSON_KIND_BOOL] = "true or false",
		[CORC_JSON_KIND_STRING] = "a string",
		[CORC_JSON_KIND_OBJECT] = "an object",
		[CORC_JSON_KIND_ARRAY] = "an array",
	};
	enum corc_json_kind kind = corc_json_types[slot->type].kind;
	char integer[80];
	char found[FOUND_SIZE + 16];

	write_integer(integer, sizeof(integer), slot);
	write_found(found, token);
	return corc_json_problem_at(document, slot->node, token, "expected %s, found %s",
		kind == CORC_JSON_KIND_NUMBER ? integer : kinds[kind], found);
}

int corc_json_wrong_number(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	char integer[80];
	char found[FOUND_SIZE];

	write_integer(integer, sizeof(integer), slot);
	write_number(found, sizeof(found), token);
	return corc_json_problem_at(
		document, slot->node, token, "expected %s, found %s", integer, found);
}

int corc_json_wrong_enum(struct corc_json_document *document, const struct corc_json_slot *slot,
	const struct corc_json_token *token)
{
	char choices[CHOICES_SIZE] = "";
	char found[FOUND_SIZE];
	size_t length = 0;

	for (const struct corc_json_enum *choice = slot->field->values; choice->name; choice++) {
		size_t added = strlen(choice->name) + 2;
		bool fits = length + added + sizeof(", ...") <= sizeof(choices);

		(void)snprintf(choices + length, sizeof(choices) - length, "%s%s",
			length > 0 ? ", " : "", fits ? choice->name : "...");
		if (!fits)
			break;
		length = strlen(choices);
	}
	(void)corc_json_quote(found, sizeof(found), token->text, token->length);
	return corc_json_problem_at(document, slot->node, token,
		"unknown value %s, expected one of %s", found, choices);
}

/* Appends "\nFILE:LINE:COLUMN: PATH: TEXT"; false when it does not fit. */
static bool append_problem(const struct corc_json_document *document,
	const struct corc_json_problem *problem, char *message, size_t size)
{
	size_t length = strlen(message);
	struct corc_origin origin;
	int added;

	corc_json_origin(document, problem->node, &origin);
	if (origin.file[0] != '\0')
		added = snprintf(message + length, size - length, "\n%s:%u:%u: %s%s%s", origin.file,
			problem->line, problem->column, origin.path,
			origin.path[0] != '\0' ? ": " : "", problem->message);
	else
		added = snprintf(
			message + length, size - length, "\n%s: %s", origin.path, problem->message);
	if (added >= 0 && (size_t)added < size - length)
		return true;
	message[length] = '\0';
	return false;
}

int corc_json_problem_error(
	const struct corc_json_document *document, size_t index, struct corc_error *error)
{
	const struct corc_json_problem *problem = &document->problems[index];

	(void)corc_fail(error, EINVAL, "%s", problem->message);
	error->step = CORC_STEP_LOAD;
	corc_json_origin(document, problem->node, &error->origin);
	error->origin.line = problem->line;
	error->origin.column = problem->column;
	return -EINVAL;
}

int corc_json_problems(const struct corc_json_document *document, struct corc_error *error)
{
	static const char rest[] = "\n...and %zu more";
	char message[sizeof(error->message)];
	size_t room = sizeof(message) - sizeof(rest) - 20;
	size_t at = 1;
	size_t length;

	if (document->problem_count == 0)
		return 0;
	(void)snprintf(message, room, "%s", document->problems[0].message);
	message[corc_utf8_cut(message, strlen(message))] = '\0';
	while (at < document->problem_count &&
		append_problem(document, &document->problems[at], message, room))
		at++;
	length = strlen(message);
	if (at < document->problem_count)
		(void)snprintf(message + length, sizeof(message) - length, rest,
			document->problem_count - at);
	(void)corc_json_problem_error(document, 0, error);
	/* The one message of several lines. */
	memcpy(error->message, message, strlen(message) + 1);
	return -EINVAL;
}
