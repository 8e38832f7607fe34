/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one option parser: a table of rows in, a filled struct out. Layer: cmd; the parent process.
 *
 * Understood spellings: --name, --name=value, --name value, the same with a single dash, -n value,
 * -n=value, -nvalue, and letters in one word (-qf json). After a single dash the exact long name
 * comes first, then letters. "--" ends the options.
 */
#ifndef CORC_CMD_OPTIONS_H
#define CORC_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum corc_option_kind {
	CORC_OPTION_FLAG,        /* bool; also --name=true, --name=false */
	CORC_OPTION_STRING,      /* const char *; an empty value counts as not given (NULL) */
	CORC_OPTION_NUMBER,      /* uint32_t */
	CORC_OPTION_DURATION,    /* struct corc_option_duration: "1m30s", "500ms" */
	CORC_OPTION_STRING_LIST, /* struct corc_option_list; may be given again and again */
};

enum corc_option_trait {
	CORC_OPTION_HIDDEN = 1 << 0,  /* not in the help */
	CORC_OPTION_IGNORED = 1 << 1, /* checked and stored nowhere */
};

struct corc_option {
	const char *name;    /* "bundle" */
	const char *letters; /* "b": each is the option's short form; NULL: none */
	enum corc_option_kind kind;
	unsigned traits;
	size_t offset;     /* of the member in the settings */
	const char *value; /* what the help calls the value: "DIR" */
	const char *help;
};

/* Zeroed by the caller; items is NULL-terminated when it is not NULL. */
struct corc_option_list {
	const char **items;
	size_t count;
};

struct corc_option_duration {
	bool is_given;
	int64_t nanoseconds; /* may be negative */
};

struct corc_options {
	const struct corc_option *rows;
	size_t count;
	void *settings; /* zeroed by the caller; strings in it point into argv */
	/* All words from the first argument on belong to somebody else. */
	bool stop_at_argument;
	/* Pass over whatever is wrong; never fails. */
	bool skip_errors;
	bool help; /* out: -h or --help, which every table has */
};

/*
 * Parses the NULL-terminated words of argv. *ret_arguments (in argv, NULL-terminated) are the words
 * that are no options; argv is reordered for that unless stop_at_argument is set.
 * EINVAL: wrong usage.
 */
int corc_options_parse(
	struct corc_options *options, char **argv, char ***ret_arguments, struct corc_error *error);

/* Frees the lists in the settings. */
void corc_options_done(struct corc_options *options);

#endif
