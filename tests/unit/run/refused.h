/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration with one thing changed, and what validate says of it. */
#ifndef CORC_TEST_RUN_REFUSED_H
#define CORC_TEST_RUN_REFUSED_H

#include "run_fixture.h"

#define FINDINGS_MAX ((size_t)8192)

/*
 * Where in the configuration the text stands. A key that comes twice counts the last time, so a
 * text can also replace what is there.
 */
enum section { TOP, PROCESS, MOUNTS, LINUX, SECTIONS };

/*
 * Validates; returns a line for each finding: its path and its message. Every finding has to have a
 * position. The text is valid until the next call.
 */
const char *findings(void **state, enum section section, const char *text);

/* Whether the findings are one, and about the value at the path. */
bool is_about(const char *found, const char *path);

/* Whether a line of the findings begins so. */
bool has_line(const char *found, const char *beginning);

/*
 * Fails unless for every row of the loader's tables that `wanted` takes there is one of the paths.
 * A path may name any item of an array; entries of maps are called "key".
 */
void assert_rows_have_paths(bool (*wanted)(const struct corc_json_field *row),
	const char *(*path_at)(size_t index), size_t count);

#endif
