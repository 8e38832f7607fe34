/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service manager gives to the container's first process. Layer: run; the parent process.
 */
#ifndef CORC_RUN_SERVICE_H
#define CORC_RUN_SERVICE_H

#include "base/json_reader.h"
#include "run/runtime.h"

/*
 * The variables that the first process gets beside its own: $LISTEN_FDS, $LISTEN_PID,
 * $LISTEN_FDNAMES and $NOTIFY_SOCKET. None when there is nothing to give.
 */
int corc_service_environment(struct corc_arena *arena, const struct corc_create_options *options,
	bool has_notify, struct corc_string_array *ret_environment, struct corc_error *error);

#endif
