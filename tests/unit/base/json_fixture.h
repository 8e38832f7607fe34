/* SPDX-License-Identifier: Apache-2.0 */
/* A table with a row of each type, and documents that are read with it. */
#ifndef CORC_TEST_BASE_JSON_FIXTURE_H
#define CORC_TEST_BASE_JSON_FIXTURE_H

#include "base/json_reader.h"

struct item {
	const char *name; /* required, not empty */
	uint32_t node;
	int64_t *value; /* -5 to 7 */
	struct corc_string_array words;
};

struct items {
	struct item *items;
	size_t count;
};

struct everything {
	uint32_t node;
	const char *string;
	const char *filled; /* not empty */
	bool flag;
	bool *flag_pointer;
	uint32_t u32;
	uint32_t *u32_pointer;
	uint32_t id; /* 3 to 10 */
	uint64_t u64;
	int64_t i64;
	uint32_t color;
	uint32_t *color_pointer;
	struct item item;
	struct item *item_pointer;
	struct items items;
	struct corc_string_array strings;
	struct corc_string_array filled_strings; /* not empty */
	struct corc_u32_array numbers;           /* at most 100 */
	struct corc_u32_array colors;
	struct corc_string_map map;
	struct items item_map;
};

enum color { RED = 10, GREEN = 20, BLUE = 30 };

extern const struct corc_json_object item_object;
extern const struct corc_json_object everything_object;

/* A document that was read, whatever came out. */
struct loaded {
	struct corc_arena arena;
	struct corc_json_document document;
	struct everything value;
};

/* Reads text that is no JSON, wrong, or right. */
void load(struct loaded *loaded, const char *text);
void load_bytes(struct loaded *loaded, const char *text, size_t length);

/* As load, and fails the test when there is a problem. */
void load_valid(struct loaded *loaded, const char *text);

void unload(struct loaded *loaded);

/* The problem at `index` as one line: "3:14: items[0].name: TEXT". */
void assert_problem(const struct loaded *loaded, size_t index, const char *expected);

/* Reads text that has exactly this one problem. */
void assert_one_problem(const char *text, const char *expected);

/* A node as one line: "3:14: items[0].name". */
void assert_origin(const struct loaded *loaded, uint32_t node, const char *expected);

#endif
