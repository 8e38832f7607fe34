/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens in the text: their positions, and strings that JSON allows but an operating system cannot
 * take. Layer: base; the parent process only.
 */
#include <string.h>

#include "base/json_private.h"
#include "base/utf8.h"

/* The next line end, `end` when there is none: 8 bytes at a time, most of them are blanks. */
static size_t next_newline(const char *data, size_t at, size_t end)
{
	const uint64_t ones = 0x0101010101010101u;

	for (; end - at >= sizeof(ones); at += sizeof(ones)) {
		uint64_t word;

		memcpy(&word, data + at, sizeof(word));
		word ^= ones * '\n'; /* a line end is a zero byte */
		if ((word - ones) & ~word & ones << 7)
			break;
	}
	while (at < end && data[at] != '\n')
		at++;
	return at;
}

/* There is no line end inside a token, so only what is between tokens is looked at. */
void corc_json_locate(struct corc_json_text *text, struct corc_json_token *token)
{
	size_t at = next_newline(text->data, text->counted, token->start);

	while (at < token->start) {
		text->line++;
		text->line_start = at + 1;
		at = next_newline(text->data, at + 1, token->start);
	}
	text->counted = token->end;
	token->line = text->line;
	token->column = (uint32_t)(token->start - text->line_start) + 1;
}

/* The opening quote of the string that ends before `end`: a quote inside has an odd number of
 * backslashes before it. */
static size_t opening_quote(const char *text, size_t end)
{
	size_t at = end - 1;

	for (;;) {
		size_t backslashes = 0;

		while (text[--at] != '"')
			;
		while (backslashes < at && text[at - backslashes - 1] == '\\')
			backslashes++;
		if (backslashes % 2 == 0)
			return at;
	}
}

static unsigned hexadecimal(const char *digits)
{
	unsigned value = 0;

	for (size_t at = 0; at < 4; at++) {
		unsigned digit = (unsigned char)digits[at];

		value = value * 16 + (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
	}
	return value;
}

/* yajl puts something else in the place of half a pair. `raw` is a string that it accepted. */
static bool has_lone_surrogate(const char *raw, const char *end)
{
	while ((raw = memchr(raw, '\\', (size_t)(end - raw)))) {
		unsigned unit = raw[1] == 'u' ? hexadecimal(raw + 2) : 0;

		raw += raw[1] == 'u' ? 6 : 2;
		if (unit < 0xd800 || unit > 0xdfff)
			continue;
		if (unit > 0xdbff || end - raw < 6 || raw[0] != '\\' || raw[1] != 'u')
			return true;
		unit = hexadecimal(raw + 2);
		if (unit < 0xdc00 || unit > 0xdfff)
			return true;
		raw += 6;
	}
	return false;
}

void corc_json_check_string(const struct corc_json_text *text, struct corc_json_token *string)
{
	size_t start = (uintptr_t)string->text - (uintptr_t)text->data - 1;
	bool is_decoded =
		start >= text->length; /* a string without escapes is a part of the text */

	if (is_decoded)
		start = opening_quote(text->data, string->end);
	string->start = start;
	string->flaw = NULL;
	if (is_decoded && memchr(string->text, '\0', string->length))
		string->flaw = "a string with a NUL character in it is not allowed";
	else if (is_decoded &&
		 has_lone_surrogate(text->data + start + 1, text->data + string->end - 1))
		string->flaw = "half a surrogate pair in a string";
	else if (!corc_utf8_is_valid(string->text, string->length))
		string->flaw = "invalid UTF-8 in a string";
}
