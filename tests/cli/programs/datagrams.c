/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datagrams PATH: connects to the socket at PATH and sends it each line of its input. Runs in the
 * container. datagrams -l PATH: is that socket, and prints what comes as lines.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int listen_on(int fd, const struct sockaddr_un *address)
{
	char text[4096];
	ssize_t length;

	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return fail("bind");
	while ((length = recv(fd, text, sizeof(text), 0)) >= 0) {
		printf("%.*s\n", (int)length, text);
		fflush(stdout);
	}
	return fail("recv");
}

static int send_lines(int fd, const struct sockaddr_un *address)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return fail("connect");
	while ((length = getline(&line, &size, stdin)) > 0)
		if (send(fd, line, (size_t)length - 1, 0) < 0)
			return fail("send");
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listens = argc > 1 && strcmp(argv[1], "-l") == 0;
	const char *path = argv[argc - 1];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc < 2 || strlen(path) >= sizeof(address.sun_path) || fd < 0)
		return 2;
	memcpy(address.sun_path, path, strlen(path));
	return listens ? listen_on(fd, &address) : send_lines(fd, &address);
}
