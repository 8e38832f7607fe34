/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager [-k] -o FILE SOCKET: a service manager's notification socket. Binds the datagram socket
 * SOCKET (a path, or @NAME), prints the id of the process that goes on in the background and
 * returns. That one appends every datagram to FILE, its newlines as "|", with " +1" for each fd
 * that came along, and closes those, with -k not. SIGTERM ends it when it has read all that was
 * sent. Runs on the host.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
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

static int bind_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	check(strlen(path) < sizeof(address.sun_path), "path");
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	check(bind(fd, (struct sockaddr *)&address, length) == 0, "bind");
	return fd;
}

/* Ends the line first: who hears of the closing may look at it. */
static void end_line(struct msghdr *message, bool keep)
{
	int fds[8], have = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
		header = CMSG_NXTHDR(message, header)) {
		size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (header->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			memcpy(&fds[have++], CMSG_DATA(header) + i * sizeof(int), sizeof(int));
			printf(" +1");
		}
	}
	putchar('\n');
	fflush(stdout);
	while (!keep && have > 0)
		close(fds[--have]);
}

static volatile sig_atomic_t is_over;

static void on_term(int signal_number)
{
	(void)signal_number;
	is_over = 1;
}

/* Waits for a datagram; ends the process when there is none and SIGTERM has come. */
static void wait_for_datagram(int fd)
{
	struct pollfd entry = {.fd = fd, .events = POLLIN};
	sigset_t none;

	sigemptyset(&none);
	if (!is_over && ppoll(&entry, 1, NULL, &none) < 0)
		check(errno == EINTR, "ppoll");
	if (is_over && poll(&entry, 1, 0) == 0)
		exit(0);
}

/* From here on only while it waits. */
static void take_term(void)
{
	struct sigaction action = {.sa_handler = on_term};
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	check(sigprocmask(SIG_BLOCK, &term, NULL) == 0, "sigprocmask");
	check(sigaction(SIGTERM, &action, NULL) == 0, "sigaction");
}

static void serve(int fd, bool keep)
{
	for (;;) {
		char text[8192], control[CMSG_SPACE(sizeof(int) * 8)];
		struct iovec body = {.iov_base = text, .iov_len = sizeof(text)};
		struct msghdr message = {
			.msg_iov = &body,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		wait_for_datagram(fd);
		ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

		check(length >= 0, "recvmsg");
		for (ssize_t i = 0; i < length; i++)
			putchar(text[i] == '\n' ? '|' : text[i]);
		end_line(&message, keep);
	}
}

int main(int argc, char **argv)
{
	const char *output = NULL;
	bool keep = false;
	int option, fd;
	pid_t child;

	while ((option = getopt(argc, argv, "ko:")) >= 0) {
		if (option == 'k')
			keep = true;
		else if (option == 'o')
			output = optarg;
		else
			return 2;
	}
	if (optind != argc - 1 || !output)
		return 2;
	fd = bind_to(argv[optind]);
	/* Whoever reads the child's number may end it at once. */
	take_term();
	child = fork();
	check(child >= 0, "fork");
	if (child > 0) {
		printf("%d\n", child);
		return 0;
	}
	check(freopen("/dev/null", "r+", stderr) && freopen(output, "ae", stdout), output);
	serve(fd, keep);
}
