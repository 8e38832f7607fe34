/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files below tests/data/spec.
 */
#ifndef CORC_TEST_SPEC_DATA_H
#define CORC_TEST_SPEC_DATA_H

#include <stddef.h>

/* The content of a file below tests/data/spec, malloc'ed; the test fails when there is none. */
char *data_read(const char *directory, const char *name, size_t *ret_length);

typedef void data_visitor(const char *directory, const char *name, void *data);

/*
 * Calls `visit` for every file of a folder below tests/data/spec whose name ends with `suffix`, in
 * the order of names. Returns their number.
 */
size_t data_walk(const char *directory, const char *suffix, data_visitor *visit, void *data);

#endif
