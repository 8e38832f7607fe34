/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command for all containers whose id matches a regular expression. Layer: cmd; the parent
 * process.
 */
#ifndef CORC_CMD_MATCHING_H
#define CORC_CMD_MATCHING_H

#include <corc/corc.h>

/*
 * Calls act for every container whose id has a match of the POSIX extended regular expression, in
 * the order of their ids, also when it has failed for one. Returns the last failure, with the id in
 * front. EINVAL: the expression is none. No match is no error.
 */
int corc_act_on_matching(struct corc_runtime *runtime, const char *expression,
	int (*act)(void *data, const char *id, struct corc_error *error), void *data,
	struct corc_error *error);

#endif
