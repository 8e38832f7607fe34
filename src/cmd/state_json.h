/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of a container's state, as state and list print it. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_STATE_JSON_H
#define CORC_CMD_STATE_JSON_H

#include <corc/corc.h>

#include "base/json_writer.h"

/* One object; `owner` is written as it is given. */
void corc_state_json(
	struct corc_json_writer *writer, const struct corc_state *state, const char *owner);

#endif
