/* SPDX-License-Identifier: Apache-2.0 */
/* Packets with file descriptors. Layer: sys; parent and stage. */
#include "sys/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(CORC_MESSAGE_FDS_MAX * sizeof(int))];
};

int corc_send_fds(int socket_fd, const void *data, size_t size, const int *fds, size_t count)
{
	struct iovec part = {.iov_base = (void *)data, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	union control control;

	if (count > CORC_MESSAGE_FDS_MAX)
		return -EINVAL;
	if (count > 0) {
		memset(&control.header, 0, sizeof(control.header));
		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);

		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	ssize_t sent;

	do
		sent = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == size ? 0 : -EMSGSIZE;
}

/* Moves the fds of one control message to the caller, closes those that it has no room for. */
static size_t take_fds(struct cmsghdr *header, int *fds, size_t have, size_t max, int *ret_excess)
{
	size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
		if (have < max) {
			fds[have++] = fd;
		} else {
			(void)close(fd);
			*ret_excess = 1;
		}
	}
	return have;
}

ssize_t corc_receive_fds(
	int socket_fd, void *data, size_t size, int *fds, size_t max, size_t *ret_count)
{
	struct iovec part = {.iov_base = data, .iov_len = size};
	union control control;
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space)};
	size_t have = 0;
	int excess = 0;
	ssize_t got;

	do
		got = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
		header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
			have = take_fds(header, fds, have, max, &excess);
	}
	/* Nothing but fds is no packet of ours, and must not be taken for the end. */
	if (excess || (got == 0 && have > 0) || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		for (size_t i = 0; i < have; i++)
			(void)close(fds[i]);
		return -EBADMSG;
	}
	*ret_count = have;
	return got;
}
