/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp-agent [-d] [-n COUNT] -s STATES -c CALLS SOCKET: who is asked about system calls. Listens
 * on SOCKET, prints the id of the process that goes on in the background and returns. That one
 * takes COUNT (1) listeners, writes the state that came with each to STATES, one a line, the number
 * of each system call that it is asked about to CALLS, answers ENOSYS to personality(2) and lets
 * all others go on, until nobody is left to ask. With -d it accepts nothing, and nobody can
 * connect. Runs on the host.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTENERS_MAX 16

static void check(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	check(strlen(path) < sizeof(address.sun_path), "length of the socket's path");
	memcpy(address.sun_path, path, strlen(path) + 1);
	return address;
}

static int open_socket(const char *path, int backlog)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(fd >= 0, "socket");
	check(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, path);
	check(listen(fd, backlog) == 0, "listen");
	return fd;
}

/* Connects until there is no more room for those that nobody accepts. */
static void fill(const char *path)
{
	struct sockaddr_un address = address_of(path);

	for (;;) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		check(fd >= 0, "socket");
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
			check(errno == EAGAIN, "connect");
			return;
		}
	}
}

/* One connection: the state, as a line, and the listener. */
static int take_listener(int socket_fd, FILE *states)
{
	static char body[65536];
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	int fd = accept4(socket_fd, NULL, NULL, SOCK_CLOEXEC), listener;
	struct iovec part = {.iov_base = body, .iov_len = sizeof(body)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space)};
	ssize_t got;

	check(fd >= 0, "accept");
	got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	check(got > 0 && CMSG_FIRSTHDR(&message), "recvmsg");
	memcpy(&listener, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(listener));
	do {
		fwrite(body, 1, (size_t)got, states);
		got = read(fd, body, sizeof(body));
	} while (got > 0);
	fputc('\n', states);
	check(fflush(states) == 0, "writing the state");
	close(fd);
	return listener;
}

static void answer(int listener, FILE *calls)
{
	union {
		struct seccomp_notif notification;
		char space[512];
	} asked = {.space = {0}};
	union {
		struct seccomp_notif_resp response;
		char space[512];
	} reply = {.space = {0}};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
		return;
	fprintf(calls, "%d\n", asked.notification.data.nr);
	fflush(calls);
	reply.response.id = asked.notification.id;
	if (asked.notification.data.nr == SYS_personality)
		reply.response.error = -ENOSYS;
	else
		reply.response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static void serve(int socket_fd, int count, FILE *states, FILE *calls)
{
	struct pollfd entries[1 + LISTENERS_MAX] = {{.fd = socket_fd, .events = POLLIN}};
	int taken = 0, alive = 0;

	while (taken < count || alive > 0) {
		check(poll(entries, (nfds_t)(1 + taken), -1) > 0, "poll");
		for (int i = 1; i <= taken; i++) {
			if (entries[i].revents & POLLIN) {
				answer(entries[i].fd, calls);
			} else if (entries[i].revents) {
				entries[i].fd = -1;
				alive--;
			}
		}
		if (entries[0].revents) {
			entries[++taken] = (struct pollfd){
				.fd = take_listener(socket_fd, states), .events = POLLIN};
			alive++;
			if (taken == count)
				entries[0].fd = -1;
		}
	}
}

int main(int argc, char **argv)
{
	bool deaf = false;
	int option, count = 1, fd, null;
	FILE *states = NULL, *calls = NULL;
	pid_t child;

	while ((option = getopt(argc, argv, "dn:s:c:")) >= 0) {
		if (option == 'd')
			deaf = true;
		else if (option == 'n')
			count = atoi(optarg);
		else if (option == 's')
			states = fopen(optarg, "we");
		else if (option == 'c')
			calls = fopen(optarg, "we");
		else
			return 2;
	}
	check(states && calls && count > 0 && count <= LISTENERS_MAX && optind + 1 == argc,
		"options");
	fd = open_socket(argv[optind], deaf ? 0 : LISTENERS_MAX);
	child = fork();
	check(child >= 0, "fork");
	if (child > 0) {
		printf("%d\n", (int)child);
		return 0;
	}
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	if (deaf) {
		/* STATES tells that it is so far. */
		fill(argv[optind]);
		fputs("deaf\n", states);
		fflush(states);
		for (;;)
			pause();
	}
	serve(fd, count, states, calls);
	return 0;
}
