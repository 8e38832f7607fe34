/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets of others, that a path of the command line or of an annotation names. Layer: run; the
 * parent process.
 */
#ifndef CORC_RUN_SOCKET_H
#define CORC_RUN_SOCKET_H

#include <stddef.h>

#include "base/error.h"

/*
 * Connects to the AF_UNIX stream socket, sends the body with one fd and hangs up. Who does not
 * accept or read is given up after ten seconds (-ETIMEDOUT). Returns -errno.
 */
int corc_socket_send_fd(const char *path, const char *body, size_t length, int fd);

/* The same with a pidfd; path NULL: nothing to do. The error names the socket. */
int corc_socket_send_pidfd(const char *path, const char *body, int pidfd, struct corc_error *error);

#endif
