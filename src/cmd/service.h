/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What others have put into our environment for create and run. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_SERVICE_H
#define CORC_CMD_SERVICE_H

#include <corc/corc.h>

/*
 * $NOTIFY_SOCKET; *ret_notify stays NULL when it is not set or empty. main_pid as corc_notify_new
 * takes it. Free with corc_service_notify_done, which accepts NULL.
 */
int corc_service_notify(pid_t main_pid, struct corc_notify **ret_notify, struct corc_error *error);
void corc_service_notify_done(struct corc_notify **notify);

/*
 * $LISTEN_FDS and $LISTEN_FDNAMES, if $LISTEN_PID is this process: else they are for another; and
 * $RUN_OCI_SECCOMP_RECEIVER.
 */
void corc_service_options(struct corc_create_options *options);

#endif
