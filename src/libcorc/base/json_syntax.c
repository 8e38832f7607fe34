/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that is no JSON: what is wrong and where. Layer: base; the parent process only.
 *
 * The parser knows what it missed, in its own words, and an offset that is sometimes before and
 * sometimes behind what is wrong. Here each of its words gets a text and a place.
 */
#include <stdio.h>
#include <string.h>

#include "base/json_private.h"
#include "base/utf8.h"

enum place {
	AT_TOKEN,     /* the token that the parser could not use */
	AT_BYTE,      /* the byte at which it stopped */
	AT_ESCAPE,    /* the backslash before it */
	AT_CHARACTER, /* the first wrong character of the string */
};

static const struct cause {
	const char *words; /* a part of the parser's text that no other has */
	enum place place;
	bool tells_found; /* the message is followed by what was found */
	const char *message;
} causes[] = {
	{"must be a string", AT_TOKEN, true, "expected a property name in double quotes, found "},
	{"separated by a colon", AT_TOKEN, true, "expected \":\" after a property name, found "},
	{"after key and value", AT_TOKEN, true, "expected \",\" or \"}\" after a property, found "},
	{"after array element", AT_TOKEN, true,
		"expected \",\" or \"]\" after an array item, found "},
	{"unallowed token", AT_TOKEN, true, "expected a value, found "},
	{CORC_JSON_TRAILING, AT_TOKEN, true,
		"expected nothing after the end of the document, found "},
	{"invalid bytes in UTF8", AT_CHARACTER, false, "invalid UTF-8 in a string"},
	{"inside a string, '\\'", AT_ESCAPE, false, "unknown escape in a string"},
	{"invalid (non-hex)", AT_ESCAPE, false, "expected four hexadecimal digits after \\u"},
	{"invalid character inside", AT_BYTE, false, "control character in a string"},
	{"malformed number", AT_TOKEN, false, "malformed number"},
	{"comment", AT_TOKEN, false, "comments are not part of JSON"},
};

static const struct cause other_cause = {"", AT_TOKEN, true, "not JSON: unexpected "};

static const struct cause *cause_of(const char *words)
{
	for (size_t at = 0; at < sizeof(causes) / sizeof(causes[0]); at++)
		if (strstr(words, causes[at].words))
			return &causes[at];
	return &other_cause;
}

static bool is_blank(char byte)
{
	return byte != '\0' && strchr(" \t\r\n\v\f", byte);
}

size_t corc_json_skip_blanks(const char *text, size_t length, size_t at)
{
	while (at < length && is_blank(text[at]))
		at++;
	return at;
}

static size_t skip_blanks(const struct corc_json_failure *failure, size_t at)
{
	return corc_json_skip_blanks(failure->text, failure->length, at);
}

/* Commas and colons make no event of the parser: those that it accepted are passed over here. */
static size_t token_start(const struct corc_json_failure *failure)
{
	size_t at = skip_blanks(failure, failure->after);

	while (at + 1 < failure->offset && (failure->text[at] == ',' || failure->text[at] == ':'))
		at = skip_blanks(failure, at + 1);
	return at;
}

static size_t wrong_character(const struct corc_json_failure *failure)
{
	size_t at = token_start(failure);
	size_t step = 1;

	while (at < failure->length && step > 0) {
		step = corc_utf8_length(failure->text + at, failure->length - at);
		at += step;
	}
	return at;
}

static size_t find_place(const struct corc_json_failure *failure, enum place place)
{
	size_t at = failure->offset;

	switch (place) {
	case AT_TOKEN:
		return token_start(failure);
	case AT_CHARACTER:
		return wrong_character(failure);
	case AT_ESCAPE:
		while (at > 0 && failure->text[at] != '\\')
			at--;
		return at;
	case AT_BYTE:
		break;
	}
	return at;
}

static struct corc_json_token token_at(const struct corc_json_failure *failure, size_t offset)
{
	struct corc_json_token token = {.line = 1};
	const char *line = failure->text;
	const char *end = failure->text + offset;
	const char *newline;

	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		token.line++;
		line = newline + 1;
	}
	token.column = (uint32_t)(end - line) + 1;
	return token;
}

/* A word, a number, or a single character. */
static size_t found_length(const char *text, size_t length)
{
	static const char word[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._";
	size_t at = 0;

	while (at < length && text[at] != '\0' && strchr(word, text[at]))
		at++;
	if (at > 0)
		return at;
	at = corc_utf8_length(text, length);
	return at > 0 ? at : 1;
}

static void write_found(
	char *buffer, size_t size, const struct corc_json_failure *failure, size_t at)
{
	const char *text = failure->text + at;
	char quoted[48];

	if (at >= failure->length) {
		(void)snprintf(buffer, size, "the end of the text");
		return;
	}
	if (text[0] == '"') {
		(void)snprintf(buffer, size, "a string");
		return;
	}
	(void)corc_json_quote(
		quoted, sizeof(quoted), text, found_length(text, failure->length - at));
	(void)snprintf(buffer, size, "%s", quoted);
}

/* The text ends too early, or there is none. */
static int end_problem(
	struct corc_json_document *document, uint32_t node, const struct corc_json_failure *failure)
{
	struct corc_json_token token = token_at(failure, failure->length);
	const struct corc_json_node *open;

	if (failure->length == 0)
		return corc_json_problem_at(document, 0, &token, "the text is empty");
	if (skip_blanks(failure, 0) == failure->length)
		return corc_json_problem_at(document, 0, &token, "the text is only white space");
	if (document->node_count == 0)
		return corc_json_problem_at(document, 0, &token, "the text ends too early");
	open = &document->nodes[node];
	return corc_json_problem_at(document, node, &token,
		"the text ends before what begins at line %u, column %u is complete", open->line,
		open->column);
}

int corc_json_syntax_problem(
	struct corc_json_document *document, uint32_t node, const struct corc_json_failure *failure)
{
	const struct cause *cause = cause_of(failure->cause);
	struct corc_json_token token = {.line = 1, .column = 1};
	char found[80] = "";
	size_t at;

	if (failure->length >= 3 && memcmp(failure->text, "\xef\xbb\xbf", 3) == 0)
		return corc_json_problem_at(
			document, 0, &token, "the text begins with a byte order mark");
	if (failure->at_end)
		return end_problem(document, node, failure);
	at = find_place(failure, cause->place);
	token = token_at(failure, at);
	if (cause->tells_found)
		write_found(found, sizeof(found), failure, at);
	return corc_json_problem_at(document, node, &token, "%s%s", cause->message, found);
}
