/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recvtty [-i INPUT] [-s ROWSxCOLUMNS] -o FILE SOCKET: takes the terminal of a container. Listens
 * on SOCKET, prints the id of the process that goes on in the background and returns. That one
 * accepts one connection and one fd, sets the size, writes "name: MESSAGE" and "size: ROWS COLUMNS"
 * (as it came) to FILE, then sends INPUT to the terminal and copies its output to FILE until it is
 * hung up. Runs on the host.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct options {
	const char *input;
	const char *output;
	const char *path;
	struct winsize size;
};

static void check(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "i:o:s:")) >= 0) {
		if (option == 'i')
			options->input = optarg;
		else if (option == 'o')
			options->output = optarg;
		else if (option != 's' || sscanf(optarg, "%hux%hu", &options->size.ws_row,
						  &options->size.ws_col) != 2)
			exit(2);
	}
	if (optind != argc - 1 || !options->output)
		exit(2);
	options->path = argv[optind];
}

static int listen_on(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(strlen(path) < sizeof(address.sun_path), "path");
	memcpy(address.sun_path, path, strlen(path) + 1);
	check(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
	check(listen(fd, 1) == 0, "listen");
	return fd;
}

static int receive_terminal(int connection, char *name, size_t size)
{
	char control[CMSG_SPACE(sizeof(int) * 4)];
	struct iovec body = {.iov_base = name, .iov_len = size - 1};
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
	name[length] = '\0';
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static void copy(int terminal, int output)
{
	char buffer[4096];
	ssize_t length;

	while ((length = read(terminal, buffer, sizeof(buffer))) > 0)
		check(write(output, buffer, (size_t)length) == length, "write");
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct winsize size;
	char name[256];
	int output, server, terminal;
	pid_t child;

	parse(argc, argv, &options);
	server = listen_on(options.path);
	output = open(options.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	check(output >= 0, options.output);
	child = fork();
	check(child >= 0, "fork");
	if (child > 0) {
		printf("%d\n", child);
		return 0;
	}
	check(freopen("/dev/null", "r+", stdout) && dup2(fileno(stdout), 2) == 2, "/dev/null");
	terminal = receive_terminal(accept4(server, NULL, NULL, SOCK_CLOEXEC), name, sizeof(name));
	check(ioctl(terminal, TIOCGWINSZ, &size) == 0, "TIOCGWINSZ");
	if (options.size.ws_row)
		check(ioctl(terminal, TIOCSWINSZ, &options.size) == 0, "TIOCSWINSZ");
	dprintf(output, "name: %s\nsize: %d %d\n", name, size.ws_row, size.ws_col);
	if (options.input)
		dprintf(terminal, "%s", options.input);
	copy(terminal, output);
	return 0;
}
