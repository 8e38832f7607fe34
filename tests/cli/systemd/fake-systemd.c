/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake-systemd BUS LOG TRANSIENT CGROUP [BEHAVIOUR]: plays the part of systemd that makes scopes,
 * for tests on machines without one. BUS is the address of a bus, LOG gets a line for each call and
 * each property, TRANSIENT is the directory with a file for each unit that is known, and CGROUP are
 * the directories of hierarchies, separated by ":", in which scopes are made at
 * CGROUP/NAME.scope (the slice is looked at for nothing).
 *
 * It prints "ready" when it owns its name. BEHAVIOUR:
 *
 *     silent         never answers
 *     fail-job       the job of a start ends as "failed", and there is no scope
 *     no-job         the job of a start never ends
 *     refuse         a start is refused, naming the property TimeoutStopUSec
 *     refuse-update  SetUnitProperties is refused
 *     exists         every unit is there already, and runs
 *     failed         the first start finds a unit that has failed
 *     lazy           a scope whose processes have ended is not noticed before it is stopped
 *     elsewhere      the scope is made in another place
 */
#include <dbus/dbus.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "org.freedesktop.systemd1"
#define PATH "/org/freedesktop/systemd1"
#define MANAGER NAME ".Manager"
#define UNITS 64
#define LOOK_MS 20

static DBusConnection *bus;
static FILE *log_file;
static const char *transient, *behaviour;
static char *hierarchies[16];
static char units[UNITS][256];
static unsigned jobs;
static bool has_reset;

static bool is(const char *name)
{
	return strcmp(behaviour, name) == 0;
}

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(log_file, format, arguments);
	va_end(arguments);
	fputc('\n', log_file);
	fflush(log_file);
}

static void print(DBusMessageIter *iterator)
{
	int type = dbus_message_iter_get_arg_type(iterator);
	const char *end = type == DBUS_TYPE_ARRAY ? "]" : type == DBUS_TYPE_STRUCT ? ")" : "";
	DBusBasicValue value = {0};
	DBusMessageIter below;

	if (dbus_type_is_container(type)) {
		fputs(type == DBUS_TYPE_ARRAY      ? "["
			: type == DBUS_TYPE_STRUCT ? "("
						   : "",
			log_file);
		dbus_message_iter_recurse(iterator, &below);
		for (int i = 0; dbus_message_iter_get_arg_type(&below) != DBUS_TYPE_INVALID; i++) {
			fputs(i > 0 ? " " : "", log_file);
			print(&below);
			dbus_message_iter_next(&below);
		}
		fputs(end, log_file);
		return;
	}
	dbus_message_iter_get_basic(iterator, &value);
	switch (type) {
	case DBUS_TYPE_STRING:
	case DBUS_TYPE_OBJECT_PATH:
		fputs(value.str, log_file);
		break;
	case DBUS_TYPE_BOOLEAN:
		fputs(value.bool_val ? "true" : "false", log_file);
		break;
	case DBUS_TYPE_BYTE:
		fprintf(log_file, "%02x", value.byt);
		break;
	case DBUS_TYPE_INT32:
	case DBUS_TYPE_UINT32:
		fprintf(log_file, "%u", value.u32);
		break;
	case DBUS_TYPE_DOUBLE:
		fprintf(log_file, "%g", value.dbl);
		break;
	default:
		fprintf(log_file, "%llu", (unsigned long long)value.u64);
		break;
	}
}

/* Logs a(sv); returns the first number of PIDs. */
static unsigned note_properties(DBusMessageIter *list)
{
	DBusMessageIter item, pair, value;
	unsigned pid = 0;

	dbus_message_iter_recurse(list, &item);
	for (; dbus_message_iter_get_arg_type(&item) != DBUS_TYPE_INVALID;
		dbus_message_iter_next(&item)) {
		const char *name;

		dbus_message_iter_recurse(&item, &pair);
		dbus_message_iter_get_basic(&pair, &name);
		dbus_message_iter_next(&pair);
		dbus_message_iter_recurse(&pair, &value);
		fprintf(log_file, "  %s %s ", name, dbus_message_iter_get_signature(&value));
		print(&value);
		note("%s", "");
		if (strcmp(name, "PIDs") == 0) {
			DBusMessageIter pids;

			dbus_message_iter_recurse(&value, &pids);
			dbus_message_iter_get_basic(&pids, &pid);
		}
	}
	return pid;
}

static void send_message(DBusMessage *message)
{
	if (!message || !dbus_connection_send(bus, message, NULL))
		exit(1);
	dbus_connection_flush(bus);
	dbus_message_unref(message);
}

static void refuse(DBusMessage *call, const char *name, const char *text)
{
	send_message(dbus_message_new_error(call, name, text));
}

static void reply_job(DBusMessage *call, const char *unit, const char *result)
{
	DBusMessage *reply = dbus_message_new_method_return(call);
	DBusMessage *signal = dbus_message_new_signal(PATH, MANAGER, "JobRemoved");
	char path[64];
	const char *job = path;

	snprintf(path, sizeof(path), PATH "/job/%u", ++jobs);
	dbus_message_append_args(reply, DBUS_TYPE_OBJECT_PATH, &job, DBUS_TYPE_INVALID);
	send_message(reply);
	dbus_message_append_args(signal, DBUS_TYPE_UINT32, &jobs, DBUS_TYPE_OBJECT_PATH, &job,
		DBUS_TYPE_STRING, &unit, DBUS_TYPE_STRING, &result, DBUS_TYPE_INVALID);
	if (is("no-job"))
		dbus_message_unref(signal);
	else
		send_message(signal);
}

static void transient_path(const char *unit, char path[512])
{
	snprintf(path, 512, "%s/%s", transient, unit);
}

static void scope_path(const char *hierarchy, const char *unit, char path[512])
{
	snprintf(path, 512, "%s/%s%s", hierarchy, unit, is("elsewhere") ? "-elsewhere" : "");
}

static void write_pid(const char *directory, unsigned pid)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || dprintf(fd, "%u", pid) < 0)
		note("cannot put %u into %s: %s", pid, directory, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void make_scope(const char *unit, unsigned pid)
{
	char path[512];
	int fd;

	for (int i = 0; hierarchies[i]; i++) {
		scope_path(hierarchies[i], unit, path);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			note("cannot make %s: %s", path, strerror(errno));
		write_pid(path, pid);
	}
	for (int i = 0; i < UNITS; i++)
		if (!units[i][0]) {
			snprintf(units[i], sizeof(units[i]), "%s", unit);
			break;
		}
	transient_path(unit, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
}

/* The deepest first. False: processes are in it. */
static bool remove_tree(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char below[1024];

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		remove_tree(below);
	}
	if (directory)
		closedir(directory);
	return rmdir(path) == 0 || errno == ENOENT;
}

/* On v2 the events tell; on v1 a directory with processes cannot be removed. */
static bool is_populated(const char *directory)
{
	char path[600], text[256];
	int fd;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/cgroup.events", directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return strstr(text, "populated 1") != NULL;
}

/* True: nothing is left of it. */
static bool forget(int index, const char *how)
{
	char path[512];

	for (int i = 0; hierarchies[i]; i++) {
		scope_path(hierarchies[i], units[index], path);
		if (is_populated(path) || !remove_tree(path))
			return false;
	}
	transient_path(units[index], path);
	unlink(path);
	note("%s %s", how, units[index]);
	units[index][0] = '\0';
	return true;
}

static int find_unit(const char *unit)
{
	for (int i = 0; i < UNITS; i++)
		if (strcmp(units[i], unit) == 0)
			return i;
	return -1;
}

static void start_unit(DBusMessage *call)
{
	DBusMessageIter arguments;
	const char *unit, *mode;
	unsigned pid;

	dbus_message_iter_init(call, &arguments);
	dbus_message_iter_get_basic(&arguments, &unit);
	dbus_message_iter_next(&arguments);
	dbus_message_iter_get_basic(&arguments, &mode);
	dbus_message_iter_next(&arguments);
	note("start %s %s %s", unit, mode, dbus_message_get_signature(call));
	pid = note_properties(&arguments);
	if (is("exists") || (is("failed") && !has_reset) || find_unit(unit) >= 0) {
		refuse(call, NAME ".UnitExists", "Unit was already loaded or has a fragment file.");
	} else if (is("refuse")) {
		refuse(call, DBUS_ERROR_PROPERTY_READ_ONLY,
			"Cannot set property TimeoutStopUSec, or unknown property.");
	} else if (is("fail-job")) {
		reply_job(call, unit, "failed");
	} else {
		make_scope(unit, pid);
		reply_job(call, unit, "done");
	}
}

static void update_unit(DBusMessage *call)
{
	DBusMessageIter arguments;
	const char *unit;
	dbus_bool_t runtime;

	dbus_message_iter_init(call, &arguments);
	dbus_message_iter_get_basic(&arguments, &unit);
	dbus_message_iter_next(&arguments);
	dbus_message_iter_get_basic(&arguments, &runtime);
	dbus_message_iter_next(&arguments);
	note("set %s %s", unit, runtime ? "runtime" : "persistent");
	note_properties(&arguments);
	if (is("refuse-update"))
		refuse(call, DBUS_ERROR_INVALID_ARGS, "Value specified is out of range.");
	else
		send_message(dbus_message_new_method_return(call));
}

static void stop_unit(DBusMessage *call)
{
	const char *unit = "";
	int index;

	dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &unit, DBUS_TYPE_INVALID);
	note("stop %s", unit);
	index = find_unit(unit);
	if (index < 0) {
		refuse(call, NAME ".NoSuchUnit", "Unit not loaded.");
		return;
	}
	forget(index, "stopped");
	reply_job(call, unit, "done");
}

static void reset_unit(DBusMessage *call)
{
	const char *unit = "";

	dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &unit, DBUS_TYPE_INVALID);
	note("reset %s", unit);
	has_reset = true;
	send_message(dbus_message_new_method_return(call));
}

static void send_version(DBusMessage *call)
{
	DBusMessage *reply = dbus_message_new_method_return(call);
	DBusMessageIter arguments, variant;
	const char *version = "252.1-test";

	note("version");
	dbus_message_iter_init_append(reply, &arguments);
	dbus_message_iter_open_container(&arguments, DBUS_TYPE_VARIANT, "s", &variant);
	dbus_message_iter_append_basic(&variant, DBUS_TYPE_STRING, &version);
	dbus_message_iter_close_container(&arguments, &variant);
	send_message(reply);
}

static void serve(DBusMessage *call)
{
	static const struct {
		const char *interface, *method;
		void (*function)(DBusMessage *call);
	} methods[] = {
		{MANAGER, "StartTransientUnit", start_unit},
		{MANAGER, "SetUnitProperties", update_unit},
		{MANAGER, "StopUnit", stop_unit},
		{MANAGER, "ResetFailedUnit", reset_unit},
		{DBUS_INTERFACE_PROPERTIES, "Get", send_version},
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (dbus_message_is_method_call(call, methods[i].interface, methods[i].method)) {
			if (is("silent"))
				note("silent %s", methods[i].method);
			else
				methods[i].function(call);
		}
}

static void collect(void)
{
	for (int i = 0; i < UNITS; i++)
		if (units[i][0] && !is("lazy"))
			(void)forget(i, "collected");
}

int main(int argc, char *argv[])
{
	DBusError error = DBUS_ERROR_INIT;
	DBusMessage *message;
	int count = 0;

	if (argc < 5)
		return 2;
	behaviour = argc > 5 ? argv[5] : "";
	log_file = fopen(argv[2], "ae");
	transient = argv[3];
	for (char *at = strsep(&argv[4], ":"); at && count < 15; at = strsep(&argv[4], ":"))
		hierarchies[count++] = at;
	bus = dbus_connection_open_private(argv[1], &error);
	if (!log_file || !bus || !dbus_bus_register(bus, &error) ||
		dbus_bus_request_name(bus, NAME, DBUS_NAME_FLAG_DO_NOT_QUEUE, &error) !=
			DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER) {
		fprintf(stderr, "fake-systemd: %s\n",
			error.message ? error.message : "no log, or the name is taken");
		return 1;
	}
	puts("ready");
	fclose(stdout);
	while (dbus_connection_read_write(bus, LOOK_MS)) {
		while ((message = dbus_connection_pop_message(bus))) {
			serve(message);
			dbus_message_unref(message);
		}
		collect();
	}
	return 0;
}
