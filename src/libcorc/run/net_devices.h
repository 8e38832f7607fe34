/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.netDevices: devices of the host that become the container's. Layer: run; the parent
 * process.
 *
 * They stay where they are when the container ends, as the specification wants it: the kernel gives
 * physical ones back to the host together with the last that uses the namespace.
 */
#ifndef CORC_RUN_NET_DEVICES_H
#define CORC_RUN_NET_DEVICES_H

#include <sys/types.h>

#include "base/cleanup.h"
#include "spec/spec.h"
#include "sys/netlink.h"

#define CORC_NET_ADDRESSES_MAX 128 /* of one device */

struct corc_net_device {
	const char *host_name;
	char name[16]; /* in the container */
	int index;     /* in the container */
	bool was_up;
	struct corc_net_address addresses[CORC_NET_ADDRESSES_MAX];
	size_t address_count;
};

/* What was moved, and how to get it back. */
struct corc_net_devices {
	int host_socket, container_socket;
	int host_namespace, container_namespace;
	struct corc_net_device *items; /* of the arena, room for all */
	size_t count;
};

#define CORC_NET_DEVICES_EMPTY                                                  \
	{                                                                       \
		.host_socket = CORC_NO_FD, .container_socket = CORC_NO_FD,      \
		.host_namespace = CORC_NO_FD, .container_namespace = CORC_NO_FD \
	}

/*
 * Moves all devices of the configuration into the network namespace of a process, with their names
 * there, the permanent global addresses that they have, and up. What was moved before a failure is
 * in *devices.
 */
int corc_net_devices_move(const struct corc_spec *spec, pid_t pid, struct corc_net_devices *devices,
	struct corc_error *error);

/* Gives all back to the host, with their old names, addresses and state. */
int corc_net_devices_give_back(struct corc_net_devices *devices, struct corc_error *error);

void corc_net_devices_done(struct corc_net_devices *devices);

#endif
