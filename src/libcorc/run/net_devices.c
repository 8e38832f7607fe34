/* SPDX-License-Identifier: Apache-2.0 */
/* linux.netDevices. Layer: run; the parent process. */
#include "run/net_devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define TEMPLATE_MAX 4096 /* numbers that are tried for "%d" */

static int fail_device(const struct corc_spec *spec, const struct corc_spec_net_device *entry,
	int r, const char *what, struct corc_error *error)
{
	(void)corc_fail_errno(error, -r, "network device %s: %s", entry->name, what);
	corc_json_origin(&spec->document, entry->node, &error->origin);
	return corc_error_step(error, CORC_STEP_NAMESPACES);
}

/* The sockets stay open: they hold the namespaces, and giving back must not need more than that. */
static int open_namespaces(pid_t pid, struct corc_net_devices *devices)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	devices->container_namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (devices->container_namespace < 0)
		return -errno;
	devices->host_namespace = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (devices->host_namespace < 0)
		return -errno;
	devices->host_socket = corc_netlink_open();
	if (devices->host_socket < 0)
		return devices->host_socket;
	devices->container_socket = corc_netlink_open_in(devices->container_namespace);
	return devices->container_socket < 0 ? devices->container_socket : 0;
}

/* 1: the name is free in the container; 0: it is not. */
static int is_free(const struct corc_net_devices *devices, const char *name)
{
	uint32_t flags;
	int index;
	int r = corc_net_device_find(devices->container_socket, name, &index, &flags);

	if (r == -ENODEV)
		return 1;
	return r < 0 ? r : 0;
}

/* "eth%d" is the first name of that form that is free. */
static int choose_name(const struct corc_net_devices *devices, const char *wanted, char name[16])
{
	const char *percent = strstr(wanted, "%d");
	int r;

	for (int i = 0; i < (percent ? TEMPLATE_MAX : 1); i++) {
		int length = percent ? snprintf(name, 16, "%.*s%d%s", (int)(percent - wanted),
					       wanted, i, percent + 2)
				     : snprintf(name, 16, "%s", wanted);

		if (length >= 16)
			return -ENAMETOOLONG;
		r = is_free(devices, name);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return -EEXIST;
}

/* Addresses and state, in either namespace. */
static int configure(int socket_fd, int index, const struct corc_net_device *device, bool up)
{
	for (size_t i = 0; i < device->address_count; i++) {
		int r = corc_net_device_add_address(socket_fd, index, &device->addresses[i]);

		if (r < 0)
			return r;
	}
	return up ? corc_net_device_up(socket_fd, index) : 0;
}

static int look_at(
	const struct corc_net_devices *devices, struct corc_net_device *device, int *ret_index)
{
	uint32_t flags;
	int r = corc_net_device_find(devices->host_socket, device->host_name, ret_index, &flags);

	if (r < 0)
		return r;
	device->was_up = flags & 1; /* IFF_UP */
	r = corc_net_device_addresses(devices->host_socket, *ret_index, device->addresses,
		CORC_NET_ADDRESSES_MAX, &device->address_count);
	if (r == 0 && device->address_count > CORC_NET_ADDRESSES_MAX)
		r = -E2BIG;
	return r;
}

static int move(const struct corc_spec *spec, const struct corc_spec_net_device *entry,
	struct corc_net_devices *devices, struct corc_error *error)
{
	struct corc_net_device *device = &devices->items[devices->count];
	const char *wanted = entry->container_name ? entry->container_name : entry->name;
	uint32_t flags;
	int index;
	int r;

	device->host_name = entry->name;
	r = look_at(devices, device, &index);
	if (r < 0)
		return fail_device(spec, entry, r, "on the host", error);
	r = choose_name(devices, wanted, device->name);
	if (r < 0)
		return fail_device(spec, entry, r, "a name in the container", error);
	r = corc_net_device_move(
		devices->host_socket, index, devices->container_namespace, device->name);
	if (r == 0)
		r = corc_net_device_find(
			devices->container_socket, device->name, &device->index, &flags);
	if (r < 0)
		return fail_device(spec, entry, r, "moving it into the container", error);
	devices->count++;
	r = configure(devices->container_socket, device->index, device, true);
	return r < 0 ? fail_device(spec, entry, r, "setting it up in the container", error) : 0;
}

int corc_net_devices_move(const struct corc_spec *spec, pid_t pid, struct corc_net_devices *devices,
	struct corc_error *error)
{
	const struct corc_spec_net_devices *list = &spec->linux_.net_devices;
	int r = open_namespaces(pid, devices);

	if (r < 0)
		return corc_fail_errno(error, -r, "the container's network namespace");
	devices->items =
		corc_arena_array(spec->document.arena, list->count, sizeof(*devices->items));
	if (!devices->items)
		return corc_fail_errno(error, ENOMEM, "network devices");
	for (size_t i = 0; i < list->count; i++) {
		r = move(spec, &list->items[i], devices, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int give_back(const struct corc_net_devices *devices, const struct corc_net_device *device)
{
	uint32_t flags = 0;
	int index = 0;
	int r = corc_net_device_move(devices->container_socket, device->index,
		devices->host_namespace, device->host_name);

	if (r == 0)
		r = corc_net_device_find(devices->host_socket, device->host_name, &index, &flags);
	return r < 0 ? r : configure(devices->host_socket, index, device, device->was_up);
}

int corc_net_devices_give_back(struct corc_net_devices *devices, struct corc_error *error)
{
	int result = 0;

	while (devices->count > 0) {
		const struct corc_net_device *device = &devices->items[--devices->count];
		int r = give_back(devices, device);

		if (r < 0)
			result = corc_fail_errno(error, -r,
				"giving network device %s back to the host", device->host_name);
	}
	return result;
}

void corc_net_devices_done(struct corc_net_devices *devices)
{
	corc_close_(devices->host_socket);
	corc_close_(devices->container_socket);
	corc_close_(devices->host_namespace);
	corc_close_(devices->container_namespace);
}
