/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every row of a table, with the way to it: what the tests do to all properties alike.
 */
#ifndef CORC_TEST_SPEC_ROWS_H
#define CORC_TEST_SPEC_ROWS_H

#include "base/buffer.h"
#include "base/json_reader.h"

#define ROW_DEPTH_MAX 8

/* The rows from the document down to the row itself, which is the last. */
struct row_path {
	const struct corc_json_object *root;
	const struct corc_json_field *steps[ROW_DEPTH_MAX];
	size_t depth;
};

typedef void row_visitor(const struct row_path *path, void *data);

/* Calls `visit` for every row below `root`, objects before what is in them. */
void rows_walk(const struct corc_json_object *root, row_visitor *visit, void *data);

const struct corc_json_field *row_of(const struct row_path *path);

/* "linux.seccomp.syscalls[0].names" */
void row_name(const struct row_path *path, struct corc_buffer *name);

/*
 * A document with this property, that value, and what else its object requires; "" leaves all of
 * them out.
 */
void row_document(const struct row_path *path, const char *value, struct corc_buffer *text);

/* The member that the row fills, in the struct of the document; NULL: a pointer on the way is. */
void *row_member(const struct row_path *path, void *document);

/* A value that the row takes, as JSON. */
const char *row_good_value(const struct corc_json_field *row, char buffer[128]);

#endif
