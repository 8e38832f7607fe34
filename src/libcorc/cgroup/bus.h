/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A conversation over D-Bus, with one deadline for all of it. Layer: cgroup; the parent process
 * only. bus.c is the only file that knows libdbus.
 */
#ifndef CORC_CGROUP_BUS_H
#define CORC_CGROUP_BUS_H

#include <stdint.h>

#include "base/error.h"
#include "plan/systemd_unit.h"

struct corc_bus;

struct corc_bus_place {
	/* As in $DBUS_SYSTEM_BUS_ADDRESS; NULL: the socket of that path. */
	const char *address, *socket;
	uint32_t deadline_ms; /* of the conversation, from corc_bus_open on */
	/* Readable when the process that all is about has ended; negative: there is none. */
	int peer_fd;
};

/* A method, and where it is called. */
struct corc_bus_call {
	const char *destination, *path, *interface, *method;
	const struct corc_bus_value *arguments;
	size_t count;
};

struct corc_bus_reply {
	/* Of an error of the other side: its name and what it says; else "". */
	char error_name[128], error_text[512];
	char text[512];   /* the first value, if it is a text or a variant with one */
	char sender[256]; /* its unique name */
};

/*
 * Connects and says hello. ENOSYS: built without libdbus, or the host has none. Else the errno of
 * the connection, or EACCES: the bus refuses the caller.
 */
int corc_bus_open(
	const struct corc_bus_place *place, struct corc_bus **ret_bus, struct corc_error *error);

/* NULL is allowed. */
void corc_bus_close(struct corc_bus *bus);

/*
 * Calls and waits for the answer. An error of the other side is an answer, too. ETIMEDOUT: none
 * came within the deadline; ESRCH: the process ended; ENOTCONN: the bus has gone.
 */
int corc_bus_call(struct corc_bus *bus, const struct corc_bus_call *call,
	struct corc_bus_reply *ret_reply, struct corc_error *error);

/* Calls, and waits for no answer. */
int corc_bus_post(struct corc_bus *bus, const struct corc_bus_call *call, struct corc_error *error);

/* Asks the bus for the signals that match the rule (dbus_bus_add_match(3)). No answer is awaited.
 */
int corc_bus_match(struct corc_bus *bus, const char *rule, struct corc_error *error);

/* A signal: its texts in order; numbers among them are left out. */
#define CORC_BUS_SIGNAL_TEXTS 3

struct corc_bus_signal {
	const char *sender, *interface, *member;
	char texts[CORC_BUS_SIGNAL_TEXTS][256];
};

/*
 * Waits for the next signal of that sender, interface and member (filled in by the caller) whose
 * first text is `first`. Fails as corc_bus_call.
 */
int corc_bus_await(struct corc_bus *bus, const char *first, struct corc_bus_signal *signal,
	struct corc_error *error);

#endif
