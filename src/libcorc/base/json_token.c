/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens in the text: their positions, and strings that JSON allows but an operating system cannot
 * take. Layer: base; the parent process only.
 */
#include <string.h>

#include "base/json_private.h"
#include "base/utf8.h"

/* The highest bit of each byte that is a line end; the first byte of the text is the lowest. */
static uint64_t line_ends(const char *data)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
	uint64_t word;

	memcpy(&word, data, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	word ^= 0x0a0a0a0a0a0a0a0au; /* a line end is a zero byte */
	return ~(((word & low) + low) | word | low);
}

/*
 * There is no line end inside a token, so only what is between tokens is looked at: blanks, 8 at a
 * time, because half of an indented text are blanks.
 */
void corc_json_locate(struct corc_json_text *text, struct corc_json_token *token)
{
	for (size_t at = text->counted; at < token->start; at += sizeof(uint64_t)) {
		size_t span = token->start - at;
		char last[sizeof(uint64_t)] = {0};
		const char *data = text->data + at;
		uint64_t ends;

		if (text->length - at < sizeof(last))
			data = memcpy(last, data, text->length - at);
		ends = line_ends(data);
		if (span < sizeof(ends))
			ends &= ((uint64_t)1 << span * 8) - 1;
		for (; ends != 0; ends &= ends - 1) {
			text->line++;
			text->line_start = at + (size_t)__builtin_ctzll(ends) / 8 + 1;
		}
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
