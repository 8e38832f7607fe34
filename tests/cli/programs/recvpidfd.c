/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recvpidfd [-n COUNT] -o FILE SOCKET: takes pidfds. Listens on SOCKET, prints the id of the
 * process that goes on in the background and returns. That one accepts COUNT connections (1), and
 * of each writes "TEXT PID" to FILE: the text that came and the pid that the fd belongs to. Runs on
 * the host.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void check(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static int listen_on(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(strlen(path) < sizeof(address.sun_path), "path");
	memcpy(address.sun_path, path, strlen(path) + 1);
	check(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
	check(listen(fd, 4) == 0, "listen");
	return fd;
}

static int receive(int connection, char *text, size_t size)
{
	char control[CMSG_SPACE(sizeof(int) * 4)];
	struct iovec body = {.iov_base = text, .iov_len = size - 1};
	struct msghdr message = {
		.msg_iov = &body,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd;

	check(length >= 0 && header && header->cmsg_type == SCM_RIGHTS, "recvmsg");
	check(header->cmsg_len == CMSG_LEN(sizeof(int)), "one fd");
	text[length] = '\0';
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* -1: it is no pidfd. */
static int pid_of(int pidfd)
{
	char path[64], line[128];
	int pid = -1;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	stream = fopen(path, "re");
	check(stream != NULL, path);
	while (fgets(line, sizeof(line), stream))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	fclose(stream);
	return pid;
}

int main(int argc, char **argv)
{
	const char *output = NULL;
	int option, server, count = 1;
	pid_t child;

	while ((option = getopt(argc, argv, "n:o:")) >= 0) {
		if (option == 'n')
			count = atoi(optarg);
		else if (option == 'o')
			output = optarg;
		else
			return 2;
	}
	if (optind != argc - 1 || !output)
		return 2;
	server = listen_on(argv[optind]);
	child = fork();
	check(child >= 0, "fork");
	if (child > 0) {
		printf("%d\n", child);
		return 0;
	}
	check(freopen("/dev/null", "r+", stderr) && freopen(output, "we", stdout), output);
	while (count-- > 0) {
		char text[256];
		int connection = accept4(server, NULL, NULL, SOCK_CLOEXEC);

		int pid = pid_of(receive(connection, text, sizeof(text)));

		printf("%s %d\n", text, pid);
		fflush(stdout);
		close(connection);
	}
	return 0;
}
