/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict numbers, digit by digit: the C library's parsers take blanks, signs, and whatever follows.
 * Layer: base; the parent process only.
 */
#include "base/number.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define FRACTION_DIGITS_MAX 9

static int parse_digits(
	const char *text, size_t length, unsigned base, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;
	bool overflow = false;

	if (length == 0)
		return -EINVAL;
	for (size_t at = 0; at < length; at++) {
		unsigned digit = (unsigned char)text[at] - (unsigned)'0';

		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(value, base, &value) ||
			__builtin_add_overflow(value, digit, &value))
			overflow = true;
	}
	if (overflow || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int corc_parse_u64(const char *text, size_t length, uint64_t max, uint64_t *ret_value)
{
	return parse_digits(text, length, 10, max, ret_value);
}

int corc_parse_i64(const char *text, size_t length, int64_t *ret_value)
{
	bool is_negative = length > 0 && text[0] == '-';
	uint64_t max = is_negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
	uint64_t value;
	int r;

	r = parse_digits(text + is_negative, length - is_negative, 10, max, &value);
	if (r < 0)
		return r;
	*ret_value = (int64_t)(is_negative ? 0 - value : value);
	return 0;
}

static int parse_id(const char *text, size_t length, uint32_t *ret_id)
{
	uint64_t value;
	int r = parse_digits(text, length, 10, CORC_ID_MAX, &value);

	if (r < 0)
		return r;
	*ret_id = (uint32_t)value;
	return 0;
}

int corc_parse_id(const char *text, uint32_t *ret_id)
{
	return parse_id(text, strlen(text), ret_id);
}

int corc_parse_user(const char *text, uint32_t *ret_uid, uint32_t *ret_gid, int *ret_has_gid)
{
	size_t uid_length = strcspn(text, ":");
	bool has_gid = text[uid_length] == ':';
	uint32_t uid;
	uint32_t gid = 0;
	int r;

	r = parse_id(text, uid_length, &uid);
	if (r < 0)
		return r;
	if (has_gid) {
		r = corc_parse_id(text + uid_length + 1, &gid);
		if (r < 0)
			return r;
		*ret_gid = gid;
	}
	*ret_uid = uid;
	*ret_has_gid = has_gid;
	return 0;
}

/* "7" or "0-3", without blanks around it. */
static int parse_range(
	const char *text, size_t length, uint64_t max, uint64_t *ret_first, uint64_t *ret_last)
{
	const char *dash = memchr(text, '-', length);
	size_t first_length = dash ? (size_t)(dash - text) : length;
	int r = corc_parse_u64(text, first_length, max, ret_first);

	*ret_last = *ret_first;
	if (r == 0 && dash)
		r = corc_parse_u64(dash + 1, length - first_length - 1, max, ret_last);
	if (r < 0)
		return r;
	return *ret_first <= *ret_last ? 0 : -EINVAL;
}

int corc_parse_list(const char *text, uint32_t *mask, size_t words)
{
	bool has_member = false;

	if (!*text)
		return 0;
	for (text += strspn(text, " ,"); *text; text += strspn(text, " ,")) {
		size_t part = strcspn(text, ","), length = part;
		uint64_t first = 0, last = 0;
		int r;

		while (text[length - 1] == ' ')
			length--;
		r = parse_range(text, length, words * 32 - 1, &first, &last);
		if (r < 0)
			return r;
		for (uint64_t i = first; i <= last; i++)
			mask[i / 32] |= UINT32_C(1) << (i % 32);
		has_member = true;
		text += part;
	}
	return has_member ? 0 : -EINVAL;
}

int corc_parse_mode(const char *text, uint32_t *ret_mode)
{
	uint64_t value;
	int r = parse_digits(text, strlen(text), 8, 07777, &value);

	if (r < 0)
		return r;
	*ret_mode = (uint32_t)value;
	return 0;
}

/* The power of two that a unit stands for, -EINVAL when it is none. */
static int unit_shift(const char *unit)
{
	static const char letters[] = "bkmgtp";
	const char *letter;

	if (unit[0] == '\0')
		return 0;
	letter = memchr(letters, unit[0] | 0x20, sizeof(letters) - 1);
	if (!letter)
		return -EINVAL;
	if (unit[1] != '\0' && (letter == letters || (strcasecmp(unit + 1, "b") != 0 &&
							     strcasecmp(unit + 1, "ib") != 0)))
		return -EINVAL;
	return (int)(letter - letters) * 10;
}

/* "25" of "1.25g" as bytes. */
static int parse_fraction(const char *text, size_t length, int shift, uint64_t *ret_bytes)
{
	uint64_t scale = 1;
	uint64_t value = 0;

	if (length == 0 || length > FRACTION_DIGITS_MAX || shift == 0)
		return -EINVAL;
	for (size_t at = 0; at < length; at++, scale *= 10)
		value = value * 10 + (uint64_t)(text[at] - '0');
	*ret_bytes = (uint64_t)(((unsigned __int128)value << shift) / scale);
	return 0;
}

int corc_parse_size(const char *text, int64_t *ret_bytes)
{
	size_t digits = strspn(text, DIGITS);
	const char *fraction = text[digits] == '.' ? text + digits + 1 : NULL;
	size_t fraction_digits = fraction ? strspn(fraction, DIGITS) : 0;
	const char *unit = fraction ? fraction + fraction_digits : text + digits;
	uint64_t part = 0;
	uint64_t value = 0;
	int shift;
	int r = 0;

	if (strcmp(text, "-1") == 0) {
		*ret_bytes = -1;
		return 0;
	}
	if (unit[0] == ' ' && unit[1] != '\0')
		unit++;
	shift = unit_shift(unit);
	if (shift < 0)
		return shift;
	if (fraction)
		r = parse_fraction(fraction, fraction_digits, shift, &part);
	if (r == 0)
		r = parse_digits(text, digits, 10, (uint64_t)INT64_MAX >> shift, &value);
	if (r < 0)
		return r;
	*ret_bytes = (int64_t)((value << shift) + part);
	return 0;
}
