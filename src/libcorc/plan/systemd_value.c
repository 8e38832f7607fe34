/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of D-Bus and their text form. Layer: plan; the parent process only; pure.
 *
 * The form is that of GVariant: a number without a type is an int32, or a double when it has a
 * point; "TYPE VALUE" and "@SIGNATURE VALUE" give the type of what follows.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "plan/systemd_unit.h"

#define DEPTH_MAX 8
#define BLANKS " \t\r\n"

struct kind {
	const char *name, *signature;
	uint64_t max;     /* of a number */
	int64_t negative; /* the smallest number; 0: no sign */
};

/* The order counts only for finding names. */
static const struct kind kinds[] = {
	{"boolean", "b", 1, 0},
	{"byte", "y", UINT8_MAX, 0},
	{"int16", "n", INT16_MAX, INT16_MIN},
	{"uint16", "q", UINT16_MAX, 0},
	{"int32", "i", INT32_MAX, INT32_MIN},
	{"uint32", "u", UINT32_MAX, 0},
	{"int64", "x", INT64_MAX, INT64_MIN},
	{"uint64", "t", UINT64_MAX, 0},
	{"double", "d", 0, 0},
	{"string", "s", 0, 0},
	{"objectpath", "o", 0, 0},
	{"signature", "g", 0, 0},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

struct parser {
	struct corc_arena *arena;
	const char *at;
	const char *problem;
};

static int refuse(struct parser *parser, const char *problem)
{
	parser->problem = problem;
	return -EINVAL;
}

static void skip_blanks(struct parser *parser)
{
	parser->at += strspn(parser->at, BLANKS);
}

static const struct kind *find_kind(const char *signature)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].signature[0] == signature[0] && signature[1] == '\0')
			return &kinds[i];
	return NULL;
}

static int set_magnitude(struct parser *parser, const struct kind *kind, bool is_negative,
	uint64_t number, struct corc_bus_value *value)
{
	uint64_t limit = is_negative ? (uint64_t)0 - (uint64_t)kind->negative : kind->max;

	if (number > limit)
		return refuse(parser, "the number does not fit its type");
	value->number = is_negative ? (uint64_t)0 - number : number;
	return 0;
}

static unsigned digit_of(char letter)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = letter == '\0' ? NULL : strchr(digits, letter);

	return found ? (unsigned)(found - digits) % 16 : UINT_MAX;
}

/* Decimal or 0x1f. */
static int parse_integer(
	struct parser *parser, const struct kind *kind, struct corc_bus_value *value)
{
	bool is_negative = parser->at[0] == '-';
	uint64_t number = 0;
	unsigned base = 10;
	const char *start;

	parser->at += is_negative;
	if (parser->at[0] == '0' && parser->at[1] == 'x') {
		base = 16;
		parser->at += 2;
	}
	start = parser->at;
	for (; digit_of(*parser->at) < base; parser->at++)
		if (__builtin_mul_overflow(number, base, &number) ||
			__builtin_add_overflow(number, digit_of(*parser->at), &number))
			return refuse(parser, "the number does not fit its type");
	if (parser->at == start)
		return refuse(parser, "a number is expected");
	return set_magnitude(parser, kind, is_negative, number, value);
}

/* Not by the C library, which would want the decimal point of the caller's locale. */
static int parse_real(struct parser *parser, struct corc_bus_value *value)
{
	bool is_negative = parser->at[0] == '-';
	double number = 0;
	double scale = 1;
	bool is_fraction = false;
	size_t digits = 0;

	for (parser->at += is_negative; digit_of(*parser->at) < 10 || *parser->at == '.';
		parser->at++) {
		if (*parser->at == '.' && is_fraction)
			break;
		if (*parser->at == '.') {
			is_fraction = true;
			continue;
		}
		number = number * 10 + digit_of(*parser->at);
		scale *= is_fraction ? 10 : 1;
		digits++;
	}
	if (digits == 0)
		return refuse(parser, "a number is expected");
	value->real = (is_negative ? -number : number) / scale;
	return 0;
}

static char escaped(char letter)
{
	static const char from[] = "abfnrtv";
	static const char to[] = "\a\b\f\n\r\t\v";
	const char *found = letter == '\0' ? NULL : strchr(from, letter);

	if (found)
		letter = to[found - from];
	return letter;
}

static int parse_text(struct parser *parser, struct corc_bus_value *value)
{
	char quote = parser->at[0];
	char *text = corc_arena_strdup(parser->arena, parser->at);
	char *to = text;

	if (quote != '\'' && quote != '"')
		return refuse(parser, "a text in quotes is expected");
	if (!text)
		return -ENOMEM;
	for (parser->at++; *parser->at != quote; parser->at++) {
		if (*parser->at == '\\' && parser->at[1] != '\0')
			*to++ = escaped(*++parser->at);
		else if (*parser->at != '\0')
			*to++ = *parser->at;
		else
			return refuse(parser, "the text has no end");
	}
	parser->at++;
	*to = '\0';
	value->text = text;
	return 0;
}

static bool take_word(struct parser *parser, const char *word)
{
	size_t length = strlen(word);
	char next;

	if (strncmp(parser->at, word, length) != 0)
		return false;
	next = parser->at[length];
	if (next == '_' || (next >= 'a' && next <= 'z') || (next >= '0' && next <= '9'))
		return false;
	parser->at += length;
	return true;
}

static int parse_boolean(struct parser *parser, struct corc_bus_value *value)
{
	value->number = take_word(parser, "true");
	if (!value->number && !take_word(parser, "false"))
		return refuse(parser, "true or false is expected");
	return 0;
}

/* Of what stands there without a type. */
static const char *guess_signature(const struct parser *parser)
{
	const char *at = parser->at;

	if (*at == '\'' || *at == '"')
		return "s";
	if (*at == 't' || *at == 'f')
		return "b";
	if (*at == '[')
		return "a";
	return at[strspn(at, "-0123456789")] == '.' ? "d" : "i";
}

/* "uint64 " or "@t " before a value; NULL: none. */
static const char *take_type(struct parser *parser)
{
	if (parser->at[0] == '@') {
		size_t length = strcspn(++parser->at, BLANKS);
		const char *signature = corc_arena_strndup(parser->arena, parser->at, length);

		parser->at += length;
		return signature;
	}
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (take_word(parser, kinds[i].name))
			return kinds[i].signature;
	return NULL;
}

static int parse_value(
	struct parser *parser, const char *signature, unsigned depth, struct corc_bus_value *value);

/* Items up to "]"; the first gives the type to the others when none is known. */
static int parse_items(
	struct parser *parser, const char *signature, unsigned depth, struct corc_bus_value *value)
{
	struct corc_bus_value *items = NULL;
	size_t capacity = 0;

	for (parser->at++; skip_blanks(parser), *parser->at != ']'; value->count++) {
		int r;

		if (value->count > 0 && *parser->at != ',')
			return refuse(parser, "\",\" or \"]\" is expected");
		parser->at += value->count > 0;
		items = corc_arena_grow(
			parser->arena, items, value->count, &capacity, sizeof(*items));
		if (!items)
			return -ENOMEM;
		r = parse_value(parser, signature, depth + 1, &items[value->count]);
		if (r < 0)
			return r;
		signature = items[0].signature;
	}
	parser->at++;
	if (!signature)
		return refuse(parser, "the type of an empty array is not known");
	value->items = items;
	value->signature = corc_arena_printf(parser->arena, "a%s", signature);
	return value->signature ? 0 : -ENOMEM;
}

static int parse_array(
	struct parser *parser, const char *signature, unsigned depth, struct corc_bus_value *value)
{
	if (depth == DEPTH_MAX)
		return refuse(parser, "too many arrays in each other");
	if (*parser->at != '[')
		return refuse(parser, "\"[\" is expected");
	return parse_items(parser, signature[1] != '\0' ? signature + 1 : NULL, depth, value);
}

/* signature NULL: what is there tells. */
static int parse_value(
	struct parser *parser, const char *signature, unsigned depth, struct corc_bus_value *value)
{
	const struct kind *kind;
	const char *type;

	skip_blanks(parser);
	type = take_type(parser);
	if (type && signature && strcmp(type, signature) != 0)
		return refuse(parser, "the items of an array have different types");
	signature = type ? type : signature;
	skip_blanks(parser);
	if (!signature)
		signature = guess_signature(parser);
	if (signature[0] == 'a')
		return parse_array(parser, signature, depth, value);
	kind = find_kind(signature);
	if (!kind)
		return refuse(parser, "the type is not known, or not one of those that are read");
	value->signature = kind->signature;
	switch (signature[0]) {
	case 'b':
		return parse_boolean(parser, value);
	case 'd':
		return parse_real(parser, value);
	case 's':
	case 'o':
	case 'g':
		return parse_text(parser, value);
	default:
		return parse_integer(parser, kind, value);
	}
}

int corc_bus_value_parse(struct corc_arena *arena, const char *text, struct corc_bus_value *ret,
	const char **ret_problem)
{
	struct parser parser = {.arena = arena, .at = text};
	struct corc_bus_value value = {0};
	int r = parse_value(&parser, NULL, 0, &value);

	skip_blanks(&parser);
	if (r == 0 && *parser.at != '\0')
		r = refuse(&parser, "something stands behind the value");
	if (r == -EINVAL)
		*ret_problem = parser.problem;
	if (r == 0)
		*ret = value;
	return r;
}

static void print_text(const char *text, struct corc_buffer *buffer)
{
	corc_buffer_puts(buffer, "'");
	for (; *text != '\0'; text++)
		corc_buffer_printf(
			buffer, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
	corc_buffer_puts(buffer, "'");
}

static void print_number(const struct corc_bus_value *value, struct corc_buffer *buffer)
{
	const struct kind *kind = find_kind(value->signature);

	if (value->signature[0] == 'y')
		corc_buffer_printf(buffer, "0x%02" PRIx64, value->number);
	else if (kind && kind->negative != 0)
		corc_buffer_printf(buffer, "%" PRId64, (int64_t)value->number);
	else
		corc_buffer_printf(buffer, "%" PRIu64, value->number);
}

/* Types stand only where the form alone would be read as another one. */
static void print(const struct corc_bus_value *value, bool with_type, struct corc_buffer *buffer)
{
	char type = value->signature[0];
	const struct kind *kind = find_kind(value->signature);

	if (with_type && kind && !strchr("bids", type))
		corc_buffer_printf(buffer, "%s ", kind->name);
	switch (type) {
	case 'a':
	case '(':
		if (type == 'a' && with_type && value->count == 0)
			corc_buffer_printf(buffer, "@%s ", value->signature);
		corc_buffer_puts(buffer, type == 'a' ? "[" : "(");
		for (size_t i = 0; i < value->count; i++) {
			corc_buffer_puts(buffer, i > 0 ? ", " : "");
			print(&value->items[i], with_type && (i == 0 || type == '('), buffer);
		}
		corc_buffer_puts(buffer, type == 'a' ? "]" : ")");
		break;
	case 'b':
		corc_buffer_puts(buffer, value->number ? "true" : "false");
		break;
	case 'd':
		corc_buffer_printf(buffer, "%.17g", value->real);
		break;
	case 's':
	case 'o':
	case 'g':
		print_text(value->text, buffer);
		break;
	default:
		print_number(value, buffer);
		break;
	}
}

void corc_bus_value_print(const struct corc_bus_value *value, struct corc_buffer *buffer)
{
	print(value, true, buffer);
}
