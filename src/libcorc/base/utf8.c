/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8, strictly. Layer: base; the parent process only.
 */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* The second byte of a character is what rules out overlong forms and surrogates. */
static const struct {
	unsigned char first, last;     /* leading bytes of this row */
	unsigned char length;          /* bytes of the character */
	unsigned char lowest, highest; /* of the second byte */
} forms[] = {
	{0xc2, 0xdf, 2, 0x80, 0xbf},
	{0xe0, 0xe0, 3, 0xa0, 0xbf},
	{0xe1, 0xec, 3, 0x80, 0xbf},
	{0xed, 0xed, 3, 0x80, 0x9f},
	{0xee, 0xef, 3, 0x80, 0xbf},
	{0xf0, 0xf0, 4, 0x90, 0xbf},
	{0xf1, 0xf3, 4, 0x80, 0xbf},
	{0xf4, 0xf4, 4, 0x80, 0x8f},
};

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t form_of(unsigned char lead)
{
	size_t form = 0;

	while (form < sizeof(forms) / sizeof(forms[0]) &&
		(lead < forms[form].first || lead > forms[form].last))
		form++;
	return form;
}

size_t corc_utf8_length(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t form;

	if (length == 0)
		return 0;
	if (bytes[0] < 0x80)
		return 1;
	form = form_of(bytes[0]);
	if (form == sizeof(forms) / sizeof(forms[0]) || length < forms[form].length)
		return 0;
	if (bytes[1] < forms[form].lowest || bytes[1] > forms[form].highest)
		return 0;
	for (size_t at = 2; at < forms[form].length; at++)
		if (!is_continuation(text[at]))
			return 0;
	return forms[form].length;
}

/* Most text is ASCII, which takes no look at single bytes. */
static size_t skip_ascii(const char *text, size_t length)
{
	size_t at = 0;
	uint64_t word;

	for (; length - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		if (word & 0x8080808080808080u)
			break;
	}
	while (at < length && (unsigned char)text[at] < 0x80)
		at++;
	return at;
}

bool corc_utf8_is_valid(const char *text, size_t length)
{
	size_t at = skip_ascii(text, length);

	while (at < length) {
		size_t step = corc_utf8_length(text + at, length - at);

		if (step == 0)
			return false;
		at += step;
		at += skip_ascii(text + at, length - at);
	}
	return true;
}

size_t corc_utf8_cut(const char *text, size_t length)
{
	size_t lead = length;

	while (lead > 0 && length - lead < 3 && is_continuation(text[lead - 1]))
		lead--;
	if (lead == 0 || (unsigned char)text[lead - 1] < 0x80)
		return length;
	return corc_utf8_length(text + lead - 1, length - lead + 1) > 0 ? length : lead - 1;
}
