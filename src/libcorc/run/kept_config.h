/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration in the state directory, as it was given to create. Layer: run; the parent
 * process. */
#ifndef CORC_RUN_KEPT_CONFIG_H
#define CORC_RUN_KEPT_CONFIG_H

#include "run/state.h"
#include "spec/spec.h"

/* *ret_text is malloc'ed and has to live as long as what was read. */
int corc_kept_config_read(const struct corc_state_directory *directory, struct corc_arena *arena,
	char **ret_text, struct corc_spec **ret_spec, struct corc_error *error);

#endif
