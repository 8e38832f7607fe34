/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lengths of time on the command line. Layer: cmd; the parent process.
 */
#include "cmd/duration.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/number.h"

#define DIGITS "0123456789"
/* More digits behind the point than these make less than a nanosecond, of an hour too. */
#define FRACTION_DIGITS 15

/* The unit that the text begins with, in nanoseconds, and its length. 0: there is none. */
static uint64_t find_unit(const char *text, size_t *ret_length)
{
	static const struct {
		const char *name;
		uint64_t nanoseconds;
	} units[] = {
		{"ns", 1},
		{"us", 1000},
		{"\xc2\xb5s", 1000}, /* the micro sign */
		{"\xce\xbcs", 1000}, /* the Greek letter */
		{"ms", 1000000},
		{"s", 1000000000},
		{"m", UINT64_C(60) * 1000000000},
		{"h", UINT64_C(3600) * 1000000000},
	};
	size_t length = strcspn(text, "." DIGITS);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == length && memcmp(text, units[i].name, length) == 0) {
			*ret_length = length;
			return units[i].nanoseconds;
		}
	}
	return 0;
}

/* The digits behind a point, of one unit. */
static uint64_t fraction_of(const char *digits, size_t count, uint64_t unit)
{
	uint64_t value = 0;
	double scale = 1;

	for (size_t i = 0; i < count && i < FRACTION_DIGITS; i++) {
		value = value * 10 + (uint64_t)(digits[i] - '0');
		scale *= 10;
	}
	return (uint64_t)((double)value * ((double)unit / scale));
}

/* Takes one number with its unit off the text and adds it. */
static int add_part(const char **text, uint64_t *sum)
{
	const char *at = *text;
	size_t whole = strspn(at, DIGITS);
	const char *behind = at + whole;
	size_t digits = *behind == '.' ? strspn(behind + 1, DIGITS) : 0;
	const char *name = *behind == '.' ? behind + 1 + digits : behind;
	size_t length = 0;
	uint64_t unit = find_unit(name, &length);
	uint64_t value = 0;

	if (whole + digits == 0 || unit == 0)
		return -EINVAL;
	if ((whole > 0 && corc_parse_u64(at, whole, UINT64_MAX, &value) < 0) ||
		__builtin_mul_overflow(value, unit, &value) ||
		__builtin_add_overflow(value, fraction_of(behind + 1, digits, unit), &value) ||
		__builtin_add_overflow(*sum, value, sum))
		return -ERANGE;
	*text = name + length;
	return 0;
}

int corc_duration_parse(const char *text, int64_t *ret_nanoseconds)
{
	bool is_negative = *text == '-';
	uint64_t sum = 0;
	int r = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (strcmp(text, "0") == 0) {
		*ret_nanoseconds = 0;
		return 0;
	}
	if (*text == '\0')
		return -EINVAL;
	while (r == 0 && *text != '\0')
		r = add_part(&text, &sum);
	if (r < 0)
		return r;
	if (sum > INT64_MAX)
		return -ERANGE;
	*ret_nanoseconds = is_negative ? -(int64_t)sum : (int64_t)sum;
	return 0;
}
