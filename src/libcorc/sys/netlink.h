/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network devices by rtnetlink(7): as much as it takes to give one to another namespace. Layer:
 * sys; the parent process only. All return -errno on failure.
 */
#ifndef CORC_SYS_NETLINK_H
#define CORC_SYS_NETLINK_H

#include <stddef.h>
#include <stdint.h>

/* What was set for good and can be reached from elsewhere; see netdevice(7), rtnetlink(7). */
struct corc_net_address {
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t prefix_length;
	uint8_t size; /* of the addresses: 4 or 16 */
	uint8_t has_local, has_peer, has_broadcast;
	uint32_t flags; /* IFA_F_* */
	uint8_t local[16], peer[16], broadcast[16];
};

/* A socket in the caller's network namespace, CLOEXEC. */
int corc_netlink_open(void);

/*
 * A socket in the network namespace that the fd is of, CLOEXEC. A child enters it: what the calling
 * thread is in does not change.
 */
int corc_netlink_open_in(int network_namespace);

/* The index and the IFF_* flags of a device. -ENODEV: there is none of that name. */
int corc_net_device_find(int socket_fd, const char *name, int *ret_index, uint32_t *ret_flags);

/*
 * The permanent addresses of global scope of a device, at most `max`; *ret_count is how many there
 * are.
 */
int corc_net_device_addresses(int socket_fd, int index, struct corc_net_address *addresses,
	size_t max, size_t *ret_count);

/*
 * Moves the device into the network namespace that the fd is of and gives it the name there; that
 * must be free. It is down afterwards and has no addresses.
 */
int corc_net_device_move(int socket_fd, int index, int network_namespace, const char *name);

int corc_net_device_add_address(int socket_fd, int index, const struct corc_net_address *address);

int corc_net_device_up(int socket_fd, int index);

#endif
