/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service manager has put into our environment. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_SERVICE_H
#define CORC_CMD_SERVICE_H

#include <corc/corc.h>

/* $LISTEN_FDS and $LISTEN_FDNAMES, if $LISTEN_PID is this process: else they are for another. */
void corc_service_options(struct corc_create_options *options);

#endif
