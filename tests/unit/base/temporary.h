/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of a test's own, and small file operations in it. */
#ifndef CORC_TEST_BASE_TEMPORARY_H
#define CORC_TEST_BASE_TEMPORARY_H

#include <stdbool.h>

/* cmocka setup and teardown: *state is a pointer to the fd of an empty directory. */
int temporary_setup(void **state);
int temporary_teardown(void **state);

/* The path of the directory; its parent holds nothing that a test needs. */
const char *temporary_path(void);

void write_text(int directory_fd, const char *name, const char *text);
void assert_text(int directory_fd, const char *name, const char *text);
void make_directory(int directory_fd, const char *name);
bool is_there(int directory_fd, const char *name);

#endif
