/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libdbus. Layer: cgroup; the parent process only.
 *
 * It is called through a table of its functions, because the distro build loads it when a
 * conversation begins: it brings other libraries along, and no other command should wait for them.
 * Nothing of libdbus waits here but dbus_connection_read_write, in short pieces, so that there is
 * one deadline. Its main loop, its own calls that block and its changes to SIGPIPE are not used.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif
#include "cgroup/bus.h"

#include <errno.h>

#ifdef HAVE_DBUS
#	include <dbus/dbus.h>
#	include <poll.h>
#	include <stdlib.h>
#	include <string.h>
#	include <sys/socket.h>
#	include <sys/un.h>
#	include <unistd.h>

#	ifdef DBUS_IS_LOADED
#		include <dlfcn.h>
#		define LIBRARY "libdbus-1.so.3"
#	endif

#	include "base/cleanup.h"
#	include "sys/process.h"

#	define FUNCTIONS(X)                           \
		X(dbus_connection_set_change_sigpipe)  \
		X(dbus_connection_open_private)        \
		X(dbus_connection_close)               \
		X(dbus_connection_unref)               \
		X(dbus_connection_send)                \
		X(dbus_connection_read_write)          \
		X(dbus_connection_pop_message)         \
		X(dbus_connection_get_is_connected)    \
		X(dbus_message_new_method_call)        \
		X(dbus_message_set_no_reply)           \
		X(dbus_message_unref)                  \
		X(dbus_message_get_type)               \
		X(dbus_message_get_reply_serial)       \
		X(dbus_message_get_error_name)         \
		X(dbus_message_get_sender)             \
		X(dbus_message_is_signal)              \
		X(dbus_message_iter_init)              \
		X(dbus_message_iter_init_append)       \
		X(dbus_message_iter_append_basic)      \
		X(dbus_message_iter_open_container)    \
		X(dbus_message_iter_close_container)   \
		X(dbus_message_iter_abandon_container) \
		X(dbus_message_iter_get_arg_type)      \
		X(dbus_message_iter_get_basic)         \
		X(dbus_message_iter_next)              \
		X(dbus_message_iter_recurse)           \
		X(dbus_parse_address)                  \
		X(dbus_address_entry_get_method)       \
		X(dbus_address_entry_get_value)        \
		X(dbus_address_entries_free)           \
		X(dbus_address_escape_value)           \
		X(dbus_error_init)                     \
		X(dbus_error_free)                     \
		X(dbus_free)

#	define MEMBER(name) __typeof__ (&(name))(name);

struct functions {
	FUNCTIONS(MEMBER)
};

struct corc_bus {
	struct functions library;
	DBusConnection *connection;
	uint64_t deadline; /* of corc_now_ms */
	uint32_t deadline_ms;
	int peer_fd;
};

/* How often is looked whether the process has ended. */
#	define LOOK_MS 50
#	define BUS_NAME "org.freedesktop.DBus"
#	define BUS_PATH "/org/freedesktop/DBus"

/* A function, its name, and where in the table it goes. */
#	define ROW(name) {#        name, offsetof(struct functions, name), ADDRESS(name)},
#	ifdef DBUS_IS_LOADED
#		define ADDRESS(name) NULL
#	else
#		define ADDRESS(name) ((void (*)(void))(name))
#	endif

static const struct {
	const char *name;
	size_t offset;
	void (*built_in)(void);
} rows[] = {FUNCTIONS(ROW)};

#	ifdef DBUS_IS_LOADED
static int open_library(void **ret_handle, struct corc_error *error)
{
	/* It is kept: what the library has set up is not for taking down. */
	*ret_handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	return *ret_handle ? 0
			   : corc_fail(error, ENOSYS,
				     "systemd is spoken to by " LIBRARY
				     ", which this host does not have");
}

static bool find(void *handle, size_t row, struct functions *library)
{
	void *address = dlsym(handle, rows[row].name);

	memcpy((char *)library + rows[row].offset, &address, sizeof(address));
	return address != NULL;
}
#	else
static int open_library(void **ret_handle, struct corc_error *error)
{
	(void)error;
	*ret_handle = NULL;
	return 0;
}

static bool find(void *handle, size_t row, struct functions *library)
{
	(void)handle;
	memcpy((char *)library + rows[row].offset, &rows[row].built_in, sizeof(rows[row].built_in));
	return true;
}
#	endif

static int load(struct functions *library, struct corc_error *error)
{
	void *handle = NULL;
	int r = open_library(&handle, error);

	for (size_t i = 0; r == 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!find(handle, i, library))
			r = corc_fail(error, ENOSYS, "libdbus has no function %s", rows[i].name);
	return r;
}

static int no_memory(struct corc_error *error)
{
	return corc_fail_errno(error, ENOMEM, "speak to systemd");
}

static int remaining_ms(const struct corc_bus *bus)
{
	uint64_t now = corc_now_ms();

	return now >= bus->deadline ? 0 : (int)(bus->deadline - now);
}

/*
 * libdbus waits without an end for a socket whose queue is full, so one that takes us is waited
 * for before. Whoever listens also finds out here that there is nobody.
 */
static int probe(const struct corc_bus *bus, const char *path, struct corc_error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	int code;

	if (length >= sizeof(address.sun_path))
		return corc_fail_errno(error, ENAMETOOLONG, "bus of systemd %s", path);
	memcpy(address.sun_path, path, length + 1);
	do {
		int CORC_CLOSE fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (fd < 0)
			return corc_fail_errno(error, errno, "socket");
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return 0;
		code = errno;
		/* There is no event for a place in the queue. */
		if (code == EAGAIN)
			(void)poll(NULL, 0, LOOK_MS);
	} while (code == EAGAIN && remaining_ms(bus) > 0);
	if (code == EAGAIN)
		return corc_fail(error, ETIMEDOUT,
			"the bus of systemd, %s, took no connection for %u ms", path,
			bus->deadline_ms);
	return corc_fail_errno(error, code, "connect to the bus of systemd, %s", path);
}

/* Of an address that is a list, or no path, libdbus tells what is wrong. */
static int probe_address(const struct corc_bus *bus, const char *address, struct corc_error *error)
{
	const struct functions *library = &bus->library;
	DBusAddressEntry **entries = NULL;
	const char *path = NULL;
	int count = 0;
	int r = 0;

	if (!library->dbus_parse_address(address, &entries, &count, NULL))
		return corc_fail(
			error, EINVAL, "\"%s\" is not the address of a bus of D-Bus", address);
	if (count == 1 && strcmp(library->dbus_address_entry_get_method(entries[0]), "unix") == 0)
		path = library->dbus_address_entry_get_value(entries[0], "path");
	if (path)
		r = probe(bus, path, error);
	library->dbus_address_entries_free(entries);
	return r;
}

static int connect_to(struct corc_bus *bus, const char *address, struct corc_error *error)
{
	const struct functions *library = &bus->library;
	DBusError problem;
	int r = probe_address(bus, address, error);

	if (r < 0)
		return r;
	library->dbus_error_init(&problem);
	bus->connection = library->dbus_connection_open_private(address, &problem);
	if (!bus->connection)
		r = corc_fail(error, ENOTCONN, "connect to the bus of systemd, %s: %s", address,
			problem.message ? problem.message : "out of memory");
	library->dbus_error_free(&problem);
	return r;
}

static int open_socket(struct corc_bus *bus, const char *path, struct corc_error *error)
{
	char address[512] = "unix:path=";
	char *escaped = bus->library.dbus_address_escape_value(path);
	size_t used = strlen(address);
	size_t length = escaped ? strlen(escaped) : 0;

	if (!escaped)
		return no_memory(error);
	if (length < sizeof(address) - used)
		memcpy(address + used, escaped, length + 1);
	bus->library.dbus_free(escaped);
	if (length >= sizeof(address) - used)
		return corc_fail_errno(error, ENAMETOOLONG, "bus of systemd %s", path);
	return connect_to(bus, address, error);
}

static int hello(struct corc_bus *bus, struct corc_error *error)
{
	static const struct corc_bus_call call = {.destination = BUS_NAME,
		.path = BUS_PATH,
		.interface = BUS_NAME,
		.method = "Hello"};
	struct corc_bus_reply reply;
	int r = corc_bus_call(bus, &call, &reply, error);

	if (r == 0 && reply.error_name[0] != '\0')
		return corc_fail(error, EACCES, "the bus of systemd refuses the caller: %s",
			reply.error_text);
	/* That is how a bus ends an authentication that has failed. */
	if (r == -ENOTCONN)
		return corc_fail(error, EACCES,
			"the bus of systemd has closed the connection: it does not let the caller in");
	return r;
}

int corc_bus_open(
	const struct corc_bus_place *place, struct corc_bus **ret_bus, struct corc_error *error)
{
	struct corc_bus *bus = calloc(1, sizeof(*bus));
	int r;

	if (!bus)
		return no_memory(error);
	bus->deadline_ms = place->deadline_ms;
	bus->deadline = corc_now_ms() + place->deadline_ms;
	bus->peer_fd = place->peer_fd;
	r = load(&bus->library, error);
	if (r == 0) {
		bus->library.dbus_connection_set_change_sigpipe(FALSE);
		r = place->address ? connect_to(bus, place->address, error)
				   : open_socket(bus, place->socket, error);
	}
	if (r == 0)
		r = hello(bus, error);
	if (r < 0)
		corc_bus_close(bus);
	else
		*ret_bus = bus;
	return r;
}

void corc_bus_close(struct corc_bus *bus)
{
	if (bus && bus->connection) {
		bus->library.dbus_connection_close(bus->connection);
		bus->library.dbus_connection_unref(bus->connection);
	}
	free(bus);
}

static bool append(const struct functions *library, DBusMessageIter *iterator,
	const struct corc_bus_value *value);

static bool append_items(const struct functions *library, DBusMessageIter *iterator,
	const struct corc_bus_value *value)
{
	char type = value->signature[0];
	int container = type == 'a'   ? DBUS_TYPE_ARRAY
			: type == '(' ? DBUS_TYPE_STRUCT
				      : DBUS_TYPE_VARIANT;
	/* libdbus wants the signature of what is in it, but of a struct. */
	const char *inner = type == 'a'   ? value->signature + 1
			    : type == '(' ? NULL
					  : value->items[0].signature;
	DBusMessageIter below;
	bool done = true;

	if (!library->dbus_message_iter_open_container(iterator, container, inner, &below))
		return false;
	for (size_t i = 0; done && i < value->count; i++)
		done = append(library, &below, &value->items[i]);
	if (done)
		return library->dbus_message_iter_close_container(iterator, &below);
	library->dbus_message_iter_abandon_container(iterator, &below);
	return false;
}

/* False: no memory. */
static bool append(const struct functions *library, DBusMessageIter *iterator,
	const struct corc_bus_value *value)
{
	char type = value->signature[0];
	DBusBasicValue basic = {.u64 = value->number};

	switch (type) {
	case 'a':
	case '(':
	case 'v':
		return append_items(library, iterator, value);
	case 's':
	case 'o':
	case 'g':
		return library->dbus_message_iter_append_basic(iterator, type, &value->text);
	case 'd':
		basic.dbl = value->real;
		break;
	case 'b':
		basic.bool_val = value->number != 0;
		break;
	case 'y':
		basic.byt = (unsigned char)value->number;
		break;
	case 'n':
	case 'q':
		basic.u16 = (dbus_uint16_t)value->number;
		break;
	case 'i':
	case 'u':
		basic.u32 = (dbus_uint32_t)value->number;
		break;
	default:
		break;
	}
	return library->dbus_message_iter_append_basic(iterator, type, &basic);
}

static int send_call(struct corc_bus *bus, const struct corc_bus_call *call, bool wants_reply,
	dbus_uint32_t *ret_serial, struct corc_error *error)
{
	const struct functions *library = &bus->library;
	DBusMessage *message = library->dbus_message_new_method_call(
		call->destination, call->path, call->interface, call->method);
	DBusMessageIter iterator;
	bool done = message != NULL;

	if (done) {
		library->dbus_message_set_no_reply(message, !wants_reply);
		library->dbus_message_iter_init_append(message, &iterator);
	}
	for (size_t i = 0; done && i < call->count; i++)
		done = append(library, &iterator, &call->arguments[i]);
	if (done)
		done = library->dbus_connection_send(bus->connection, message, ret_serial);
	if (message)
		library->dbus_message_unref(message);
	return done ? 0 : no_memory(error);
}

static bool has_ended(int peer_fd)
{
	struct pollfd entry = {.fd = peer_fd, .events = POLLIN};

	return peer_fd >= 0 && poll(&entry, 1, 0) > 0;
}

/* The next message, which the caller gives back. */
static int receive(struct corc_bus *bus, DBusMessage **ret_message, struct corc_error *error)
{
	const struct functions *library = &bus->library;

	for (;;) {
		int left = remaining_ms(bus);
		DBusMessage *message = library->dbus_connection_pop_message(bus->connection);

		if (message) {
			*ret_message = message;
			return 0;
		}
		if (!library->dbus_connection_get_is_connected(bus->connection))
			return corc_fail(
				error, ENOTCONN, "the bus of systemd has closed the connection");
		if (has_ended(bus->peer_fd))
			return corc_fail(error, ESRCH,
				"the container's process ended while systemd made its scope");
		if (left == 0)
			return corc_fail(error, ETIMEDOUT, "systemd did not answer within %u ms",
				bus->deadline_ms);
		(void)library->dbus_connection_read_write(
			bus->connection, left < LOOK_MS ? left : LOOK_MS);
	}
}

static void copy_text(char *target, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);

	memcpy(target, text, length);
	target[length] = '\0';
}

/* Of a text, or of a variant that holds one. */
static bool read_text(
	const struct functions *library, DBusMessageIter *iterator, char *target, size_t size)
{
	int type = library->dbus_message_iter_get_arg_type(iterator);
	DBusMessageIter below;
	const char *text = NULL;

	if (type == DBUS_TYPE_VARIANT) {
		library->dbus_message_iter_recurse(iterator, &below);
		return read_text(library, &below, target, size);
	}
	if (type != DBUS_TYPE_STRING && type != DBUS_TYPE_OBJECT_PATH)
		return false;
	library->dbus_message_iter_get_basic(iterator, &text);
	copy_text(target, size, text);
	return true;
}

static void read_reply(
	const struct functions *library, DBusMessage *message, struct corc_bus_reply *reply)
{
	const char *name = library->dbus_message_get_error_name(message);
	const char *sender = library->dbus_message_get_sender(message);
	DBusMessageIter iterator;

	*reply = (struct corc_bus_reply){0};
	copy_text(reply->error_name, sizeof(reply->error_name), name ? name : "");
	copy_text(reply->sender, sizeof(reply->sender), sender ? sender : "");
	if (!library->dbus_message_iter_init(message, &iterator))
		return;
	if (name)
		(void)read_text(library, &iterator, reply->error_text, sizeof(reply->error_text));
	else
		(void)read_text(library, &iterator, reply->text, sizeof(reply->text));
}

int corc_bus_call(struct corc_bus *bus, const struct corc_bus_call *call,
	struct corc_bus_reply *ret_reply, struct corc_error *error)
{
	const struct functions *library = &bus->library;
	dbus_uint32_t serial = 0;
	bool is_answered = false;
	int r = send_call(bus, call, true, &serial, error);

	while (r == 0 && !is_answered) {
		DBusMessage *message = NULL;

		r = receive(bus, &message, error);
		if (r < 0)
			break;
		is_answered = library->dbus_message_get_reply_serial(message) == serial;
		if (is_answered)
			read_reply(library, message, ret_reply);
		library->dbus_message_unref(message);
	}
	return r;
}

int corc_bus_post(struct corc_bus *bus, const struct corc_bus_call *call, struct corc_error *error)
{
	return send_call(bus, call, false, NULL, error);
}

int corc_bus_match(struct corc_bus *bus, const char *rule, struct corc_error *error)
{
	const struct corc_bus_value argument = {.signature = "s", .text = rule};
	const struct corc_bus_call call = {.destination = BUS_NAME,
		.path = BUS_PATH,
		.interface = BUS_NAME,
		.method = "AddMatch",
		.arguments = &argument,
		.count = 1};

	return corc_bus_post(bus, &call, error);
}

static bool read_signal(const struct functions *library, DBusMessage *message, const char *first,
	struct corc_bus_signal *signal)
{
	const char *sender = library->dbus_message_get_sender(message);
	DBusMessageIter iterator;
	size_t count = 0;

	if (!library->dbus_message_is_signal(message, signal->interface, signal->member) ||
		!sender || strcmp(sender, signal->sender) != 0 ||
		!library->dbus_message_iter_init(message, &iterator))
		return false;
	do {
		count += read_text(
			library, &iterator, signal->texts[count], sizeof(signal->texts[count]));
	} while (count < CORC_BUS_SIGNAL_TEXTS && library->dbus_message_iter_next(&iterator));
	return count > 0 && strcmp(signal->texts[0], first) == 0;
}

int corc_bus_await(struct corc_bus *bus, const char *first, struct corc_bus_signal *signal,
	struct corc_error *error)
{
	bool is_found = false;
	int r = 0;

	while (r == 0 && !is_found) {
		DBusMessage *message = NULL;

		r = receive(bus, &message, error);
		if (r < 0)
			break;
		memset(signal->texts, 0, sizeof(signal->texts));
		is_found = read_signal(&bus->library, message, first, signal);
		bus->library.dbus_message_unref(message);
	}
	return r;
}

#else

int corc_bus_open(
	const struct corc_bus_place *place, struct corc_bus **ret_bus, struct corc_error *error)
{
	(void)place;
	(void)ret_bus;
	return corc_fail(error, ENOSYS,
		"this build has no libdbus, so the systemd cgroup manager is not there");
}

void corc_bus_close(struct corc_bus *bus)
{
	(void)bus;
}

int corc_bus_call(struct corc_bus *bus, const struct corc_bus_call *call,
	struct corc_bus_reply *ret_reply, struct corc_error *error)
{
	(void)bus;
	(void)call;
	(void)ret_reply;
	return corc_fail(error, ENOSYS, "no libdbus");
}

int corc_bus_post(struct corc_bus *bus, const struct corc_bus_call *call, struct corc_error *error)
{
	(void)bus;
	(void)call;
	return corc_fail(error, ENOSYS, "no libdbus");
}

int corc_bus_match(struct corc_bus *bus, const char *rule, struct corc_error *error)
{
	(void)bus;
	(void)rule;
	return corc_fail(error, ENOSYS, "no libdbus");
}

int corc_bus_await(struct corc_bus *bus, const char *first, struct corc_bus_signal *signal,
	struct corc_error *error)
{
	(void)bus;
	(void)first;
	(void)signal;
	return corc_fail(error, ENOSYS, "no libdbus");
}
#endif
