/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets with file descriptors over AF_UNIX sockets. Layer: sys; parent and stage. All return
 * -errno on failure.
 */
#ifndef CORC_SYS_MESSAGE_H
#define CORC_SYS_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

#define CORC_MESSAGE_FDS_MAX 253

/* One packet with `count` fds. SIGPIPE is never raised. */
int corc_send_fds(int socket_fd, const void *data, size_t size, const int *fds, size_t count);

/*
 * One packet; fds (CLOEXEC) are put into `fds`, at most `max`; *ret_count tells how many came. More
 * than max, or a cut packet: all are closed and -EBADMSG. Returns the bytes read, 0 at the end.
 */
ssize_t corc_receive_fds(
	int socket_fd, void *data, size_t size, int *fds, size_t max, size_t *ret_count);

#endif
