/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option parser. Layer: cmd; the parent process.
 */
#include "cmd/options.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cmd/duration.h"

static const struct corc_option help_option = {.name = "help", .letters = "h?"};
static const char *const help_names[] = {"help", "usage"}; /* crun has the second, too */

/* The words, and the next one to look at. */
struct cursor {
	char **words;
	size_t next;
};

static char *take_word(struct cursor *cursor)
{
	char *word = cursor->words[cursor->next];

	if (word != NULL)
		cursor->next++;
	return word;
}

static const struct corc_option *find_name(
	const struct corc_options *options, const char *name, size_t length)
{
	for (size_t i = 0; i < options->count; i++) {
		const char *candidate = options->rows[i].name;

		if (strlen(candidate) == length && memcmp(candidate, name, length) == 0)
			return &options->rows[i];
	}
	for (size_t i = 0; i < sizeof(help_names) / sizeof(help_names[0]); i++)
		if (length == strlen(help_names[i]) && memcmp(name, help_names[i], length) == 0)
			return &help_option;
	return NULL;
}

static const struct corc_option *find_letter(const struct corc_options *options, char letter)
{
	for (size_t i = 0; i < options->count; i++) {
		const char *letters = options->rows[i].letters;

		if (letters != NULL && strchr(letters, letter) != NULL)
			return &options->rows[i];
	}
	return strchr(help_option.letters, letter) != NULL ? &help_option : NULL;
}

static int parse_truth(const char *text, bool *ret_truth)
{
	static const struct {
		const char *text;
		bool truth;
	} words[] = {
		{"true", true},
		{"True", true},
		{"TRUE", true},
		{"t", true},
		{"T", true},
		{"1", true},
		{"false", false},
		{"False", false},
		{"FALSE", false},
		{"f", false},
		{"F", false},
		{"0", false},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].text, text) == 0) {
			*ret_truth = words[i].truth;
			return 0;
		}
	}
	return -EINVAL;
}

static int append(struct corc_option_list *list, const char *value, struct corc_error *error)
{
	const char **items = realloc(list->items, (list->count + 2) * sizeof(*items));

	if (items == NULL)
		return corc_fail_errno(error, ENOMEM, "command line");
	items[list->count++] = value;
	items[list->count] = NULL;
	list->items = items;
	return 0;
}

static int refuse_value(
	const char *value, const char *name, const char *expected, struct corc_error *error)
{
	return corc_fail(error, EINVAL, "invalid value \"%s\" for flag --%s: expected %s", value,
		name, expected);
}

static int store_flag(struct corc_options *options, const struct corc_option *row,
	const char *value, struct corc_error *error)
{
	bool truth = true;

	if (value != NULL && parse_truth(value, &truth) < 0)
		return refuse_value(value, row->name, "true or false", error);
	if (row == &help_option) {
		options->help = truth;
		return 0;
	}
	if ((row->traits & CORC_OPTION_IGNORED) == 0)
		*(bool *)((char *)options->settings + row->offset) = truth;
	return 0;
}

static int store_value(struct corc_options *options, const struct corc_option *row,
	const char *value, struct corc_error *error)
{
	void *member = (char *)options->settings + row->offset;
	struct corc_option_duration duration = {.is_given = true};
	uint64_t number = 0;

	if (row->kind == CORC_OPTION_NUMBER &&
		corc_parse_u64(value, strlen(value), UINT32_MAX, &number) < 0)
		return refuse_value(value, row->name, "a number from 0 to 4294967295", error);
	if (row->kind == CORC_OPTION_DURATION &&
		corc_duration_parse(value, &duration.nanoseconds) < 0)
		return refuse_value(value, row->name, "a duration such as 1m30s or 500ms", error);
	if ((row->traits & CORC_OPTION_IGNORED) != 0)
		return 0;

	switch (row->kind) {
	case CORC_OPTION_FLAG:
		break;
	case CORC_OPTION_DURATION:
		*(struct corc_option_duration *)member = duration;
		break;
	case CORC_OPTION_STRING:
		*(const char **)member = value[0] != '\0' ? value : NULL;
		break;
	case CORC_OPTION_NUMBER:
		*(uint32_t *)member = (uint32_t)number;
		break;
	case CORC_OPTION_STRING_LIST:
		return append(member, value, error);
	}
	return 0;
}

/* `value` is what stood in the same word, NULL if nothing did; `spelling` is for messages. */
static int store(struct corc_options *options, const struct corc_option *row, const char *value,
	const char *spelling, struct cursor *cursor, struct corc_error *error)
{
	if (row->kind == CORC_OPTION_FLAG)
		return store_flag(options, row, value, error);
	if (value == NULL)
		value = take_word(cursor);
	if (value == NULL)
		return corc_fail(error, EINVAL, "flag needs an argument: %s", spelling);
	return store_value(options, row, value, error);
}

/* "qf" of "-qf json". A letter that takes a value takes the rest of the word, or the next word. */
static int parse_letters(struct corc_options *options, const char *word, struct cursor *cursor,
	struct corc_error *error)
{
	for (const char *letter = word + 1; *letter != '\0'; letter++) {
		const struct corc_option *row = find_letter(options, *letter);
		const char *value = letter[1] != '\0' ? letter + 1 : NULL;
		char spelling[] = {'-', *letter, '\0'};
		bool is_assigned = value != NULL && *value == '=';
		int result;

		if (row == NULL)
			return corc_fail(error, EINVAL, "flag provided but not defined: %s", word);
		if (is_assigned)
			value++;
		else if (row->kind == CORC_OPTION_FLAG)
			value = NULL;
		result = store(options, row, value, spelling, cursor, error);
		if (result < 0 || is_assigned || row->kind != CORC_OPTION_FLAG)
			return result;
	}
	return 0;
}

static int parse_option(struct corc_options *options, const char *word, struct cursor *cursor,
	struct corc_error *error)
{
	size_t dashes = word[1] == '-' ? 2 : 1;
	const char *name = word + dashes;
	size_t length = strcspn(name, "=");
	const struct corc_option *row = find_name(options, name, length);

	if (row != NULL)
		return store(options, row, name[length] == '=' ? name + length + 1 : NULL, word,
			cursor, error);
	if (dashes == 1)
		return parse_letters(options, word, cursor, error);
	return corc_fail(error, EINVAL, "flag provided but not defined: --%.*s", (int)length, name);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

int corc_options_parse(
	struct corc_options *options, char **argv, char ***ret_arguments, struct corc_error *error)
{
	struct cursor cursor = {.words = argv};
	size_t kept = 0;

	for (char *word = take_word(&cursor); word != NULL; word = take_word(&cursor)) {
		int result = 0;

		if (!is_option(word) && options->stop_at_argument) {
			*ret_arguments = argv + cursor.next - 1;
			return 0;
		}
		if (strcmp(word, "--") == 0)
			break;
		if (is_option(word))
			result = parse_option(options, word, &cursor, error);
		else
			argv[kept++] = word;
		if (result < 0 && !options->skip_errors) {
			(void)corc_error_step(error, CORC_STEP_COMMAND_LINE);
			return result;
		}
	}
	if (options->stop_at_argument) {
		*ret_arguments = argv + cursor.next;
		return 0;
	}
	while (argv[cursor.next] != NULL)
		argv[kept++] = argv[cursor.next++];
	argv[kept] = NULL;
	*ret_arguments = argv;
	return 0;
}

void corc_options_done(struct corc_options *options)
{
	for (size_t i = 0; i < options->count; i++) {
		const struct corc_option *row = &options->rows[i];
		struct corc_option_list *list;

		if (row->kind != CORC_OPTION_STRING_LIST ||
			(row->traits & CORC_OPTION_IGNORED) != 0)
			continue;
		list = (struct corc_option_list *)((char *)options->settings + row->offset);
		free(list->items);
		*list = (struct corc_option_list){0};
	}
}
