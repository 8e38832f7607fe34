/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices by rtnetlink. Layer: sys; the parent process only. */
#include "sys/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/message.h"
#include "sys/process.h"

#define REQUEST_MAX 512
#define ANSWER_MAX 32768 /* what the kernel puts into one packet of a dump */

struct request {
	union {
		struct nlmsghdr header;
		char bytes[REQUEST_MAX];
	};
};

int corc_netlink_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

/* In the child, a copy of a process that may have threads. */
static void send_socket(int network_namespace, int answer)
{
	int fd = corc_setns(network_namespace, CLONE_NEWNET);

	if (fd == 0)
		fd = corc_netlink_open();
	(void)corc_send_fds(answer, &fd, sizeof(fd), &fd, fd >= 0);
	_exit(0);
}

static int receive_socket(int answer)
{
	int code = 0, fd = CORC_NO_FD;
	size_t count = 0;
	ssize_t got = corc_receive_fds(answer, &code, sizeof(code), &fd, 1, &count);

	if (got != sizeof(code))
		return got < 0 ? (int)got : -EPROTO;
	if (count == 1)
		return fd;
	return code < 0 ? code : -EPROTO;
}

int corc_netlink_open_in(int network_namespace)
{
	int pair[2];
	struct corc_exit ignored;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	/* A signal to the group must not run the caller's handlers in the copy. */
	uint64_t before = corc_block_signals(UINT64_MAX);
	int pidfd = CORC_NO_FD;
	pid_t pid = corc_clone3_fork(0);

	if (pid == 0)
		send_socket(network_namespace, pair[1]);
	(void)corc_block_signals(before);
	corc_close_(pair[1]);
	int fd = pid < 0 ? pid : receive_socket(pair[0]);

	corc_close_(pair[0]);
	if (pid > 0)
		pidfd = corc_pidfd_open(pid);
	if (pidfd >= 0)
		(void)corc_wait_pidfd(pidfd, -1, &ignored);
	corc_close_(pidfd);
	return fd;
}

static void begin(
	struct request *request, uint16_t type, uint16_t flags, const void *payload, size_t size)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	memcpy(NLMSG_DATA(&request->header), payload, size);
}

static void put(struct request *request, uint16_t type, const void *data, size_t size)
{
	size_t at = NLMSG_ALIGN(request->header.nlmsg_len);
	struct rtattr attribute = {.rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(size)};

	memcpy(request->bytes + at, &attribute, sizeof(attribute));
	memcpy(request->bytes + at + RTA_LENGTH(0), data, size);
	request->header.nlmsg_len = (uint32_t)(at + RTA_LENGTH(size));
}

static int send_request(int socket_fd, const struct request *request)
{
	ssize_t sent;

	do
		sent = send(socket_fd, request->bytes, request->header.nlmsg_len, 0);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Called for each message of an answer. */
typedef int handler(const struct nlmsghdr *message, void *data);

/* 1: the answer is complete; 0: more is to come. */
static int handle_packet(const char *packet, size_t length, handler *handle, void *data)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)packet;

	for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
		int r;

		if (message->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *status = NLMSG_DATA(message);

			return status->error < 0 ? status->error : 1;
		}
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		r = handle ? handle(message, data) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* The kernel answers at once: nothing is waited for that could fail to come. */
static int transact(int socket_fd, const struct request *request, handler *handle, void *data)
{
	_Alignas(struct nlmsghdr) char packet[ANSWER_MAX];
	int r = send_request(socket_fd, request);

	while (r == 0) {
		ssize_t got = recv(socket_fd, packet, sizeof(packet), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EPROTO;
		r = handle_packet(packet, (size_t)got, handle, data);
	}
	return r < 0 ? r : 0;
}

static int take_link(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		memcpy(data, NLMSG_DATA(message), sizeof(struct ifinfomsg));
	return 0;
}

int corc_net_device_find(int socket_fd, const char *name, int *ret_index, uint32_t *ret_flags)
{
	struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
	struct request request;
	int r;

	begin(&request, RTM_GETLINK, NLM_F_ACK, &link, sizeof(link));
	put(&request, IFLA_IFNAME, name, strlen(name) + 1);
	r = transact(socket_fd, &request, take_link, &link);
	if (r < 0)
		return r;
	*ret_index = link.ifi_index;
	*ret_flags = link.ifi_flags;
	return 0;
}

struct address_list {
	int index;
	struct corc_net_address *items;
	size_t count, max;
};

static void take_attribute(const struct rtattr *attribute, struct corc_net_address *address)
{
	size_t size = RTA_PAYLOAD(attribute);
	const struct {
		unsigned short type;
		uint8_t *bytes, *is_there;
	} rows[] = {
		{IFA_LOCAL, address->local, &address->has_local},
		{IFA_ADDRESS, address->peer, &address->has_peer},
		{IFA_BROADCAST, address->broadcast, &address->has_broadcast},
	};

	if (attribute->rta_type == IFA_FLAGS && size == sizeof(address->flags))
		memcpy(&address->flags, RTA_DATA(attribute), size);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (attribute->rta_type != rows[i].type || size != address->size)
			continue;
		memcpy(rows[i].bytes, RTA_DATA(attribute), size);
		*rows[i].is_there = 1;
	}
}

static int take_address(const struct nlmsghdr *message, void *data)
{
	struct address_list *list = data;
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	size_t length = IFA_PAYLOAD(message);
	struct corc_net_address address = {0};

	if (message->nlmsg_type != RTM_NEWADDR || (int)header->ifa_index != list->index ||
		header->ifa_scope != RT_SCOPE_UNIVERSE)
		return 0;
	address.family = header->ifa_family;
	address.prefix_length = header->ifa_prefixlen;
	address.size = header->ifa_family == AF_INET ? 4 : 16;
	address.flags = header->ifa_flags;
	for (const struct rtattr *attribute = IFA_RTA(header); RTA_OK(attribute, length);
		attribute = RTA_NEXT(attribute, length))
		take_attribute(attribute, &address);
	if (!(address.flags & IFA_F_PERMANENT))
		return 0;
	if (list->count < list->max)
		list->items[list->count] = address;
	list->count++;
	return 0;
}

int corc_net_device_addresses(
	int socket_fd, int index, struct corc_net_address *addresses, size_t max, size_t *ret_count)
{
	struct address_list list = {.index = index, .items = addresses, .max = max};
	struct ifaddrmsg all = {.ifa_family = AF_UNSPEC};
	struct request request;
	int r;

	begin(&request, RTM_GETADDR, NLM_F_DUMP, &all, sizeof(all));
	r = transact(socket_fd, &request, take_address, &list);
	if (r < 0)
		return r;
	*ret_count = list.count;
	return 0;
}

int corc_net_device_move(int socket_fd, int index, int network_namespace, const char *name)
{
	struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	struct request request;

	begin(&request, RTM_NEWLINK, NLM_F_ACK, &link, sizeof(link));
	put(&request, IFLA_NET_NS_FD, &network_namespace, sizeof(network_namespace));
	put(&request, IFLA_IFNAME, name, strlen(name) + 1);
	return transact(socket_fd, &request, NULL, NULL);
}

int corc_net_device_add_address(int socket_fd, int index, const struct corc_net_address *address)
{
	/* What the kernel found out about the address is for it to find out again. */
	uint32_t flags = address->flags & ~(uint32_t)(IFA_F_TENTATIVE | IFA_F_DADFAILED |
						      IFA_F_SECONDARY | IFA_F_STABLE_PRIVACY);
	struct ifaddrmsg header = {
		.ifa_family = address->family,
		.ifa_prefixlen = address->prefix_length,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = (uint32_t)index,
	};
	struct request request;

	begin(&request, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &header,
		sizeof(header));
	if (address->has_local)
		put(&request, IFA_LOCAL, address->local, address->size);
	if (address->has_peer)
		put(&request, IFA_ADDRESS, address->peer, address->size);
	if (address->has_broadcast)
		put(&request, IFA_BROADCAST, address->broadcast, address->size);
	put(&request, IFA_FLAGS, &flags, sizeof(flags));
	return transact(socket_fd, &request, NULL, NULL);
}

int corc_net_device_up(int socket_fd, int index)
{
	struct ifinfomsg link = {.ifi_family = AF_UNSPEC,
		.ifi_index = index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP};
	struct request request;

	begin(&request, RTM_NEWLINK, NLM_F_ACK, &link, sizeof(link));
	return transact(socket_fd, &request, NULL, NULL);
}
