/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify [-f] TEXT...: sends each TEXT, "|" for a newline, to $NOTIFY_SOCKET, with -f together with
 * a descriptor; prints what fails and ends with 1 then. Runs in the container.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	int with_fd = argc > 1 && strcmp(argv[1], "-f") == 0;

	if (!path || strlen(path) >= sizeof(address.sun_path)) {
		puts("NOTIFY_SOCKET");
		return 1;
	}
	memcpy(address.sun_path, path, strlen(path));
	for (int i = 1 + with_fd; i < argc; i++) {
		char control[CMSG_SPACE(sizeof(int))];
		struct iovec body = {.iov_base = argv[i], .iov_len = strlen(argv[i])};
		struct msghdr message = {
			.msg_name = &address,
			.msg_namelen = sizeof(address),
			.msg_iov = &body,
			.msg_iovlen = 1,
		};

		for (char *at = argv[i]; *at; at++)
			if (*at == '|')
				*at = '\n';
		if (with_fd) {
			struct cmsghdr *header = (struct cmsghdr *)control;

			header->cmsg_level = SOL_SOCKET;
			header->cmsg_type = SCM_RIGHTS;
			header->cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(header), &fd, sizeof(fd));
			message.msg_control = control;
			message.msg_controllen = sizeof(control);
		}
		if (sendmsg(fd, &message, 0) < 0) {
			perror("sendmsg");
			return 1;
		}
	}
	return 0;
}
