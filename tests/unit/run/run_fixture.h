/* SPDX-License-Identifier: Apache-2.0 */
/* A runtime whose state directory lies in a directory of the test's own. */
#ifndef CORC_TEST_RUN_FIXTURE_H
#define CORC_TEST_RUN_FIXTURE_H

#include "run/runtime.h"
#include "sys/support.h"

/*
 * cmocka setup and teardown, as temporary_setup. The state directory is DIRECTORY/state, not made
 * yet; cgroups are disabled, it is not rootless, the deadline is long.
 */
int run_setup(void **state);
int run_teardown(void **state);

/* The runtime of the test. */
struct corc_runtime *run_runtime(void);

/* The path of a name in the directory, in a buffer that the next call uses again. */
const char *run_path(const char *name);

/* Fails the test with the message when r is negative. */
void assert_success(int r, const struct corc_error *error);

#endif
