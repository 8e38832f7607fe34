/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting, changing and stopping scopes. Layer: cgroup; the parent process only.
 */
#include "cgroup/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/bus.h"
#include "cgroup/owner.h"

#define NAME "org.freedesktop.systemd1"
#define PATH "/org/freedesktop/systemd1"
#define MANAGER NAME ".Manager"
#define ERROR_EXISTS NAME ".UnitExists"
#define ERROR_NO_UNIT NAME ".NoSuchUnit"
#define SYSTEM_SOCKET "/run/dbus/system_bus_socket"
#define SYSTEM_RUN "/run"
#define OWN_CGROUP_MAX 4096

static const struct {
	const char *name;
	int code;
	const char *hint;
} problems[] = {
	{"org.freedesktop.DBus.Error.ServiceUnknown", ENOENT,
		"there is a bus, but no systemd on it"},
	{"org.freedesktop.DBus.Error.NameHasNoOwner", ENOENT,
		"there is a bus, but no systemd on it"},
	{"org.freedesktop.DBus.Error.AccessDenied", EACCES, NULL},
	{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", EACCES,
		"units of the system are root's; a user has those of the user's own systemd"},
	{"org.freedesktop.DBus.Error.InvalidArgs", EINVAL, NULL},
	{"org.freedesktop.DBus.Error.PropertyReadOnly", EINVAL, NULL},
	{"org.freedesktop.DBus.Error.NoReply", ETIMEDOUT, NULL},
	{ERROR_EXISTS, EEXIST, "\"systemctl status\" tells whose it is"},
	{ERROR_NO_UNIT, ENOENT, NULL},
};

/* What systemd answered to an attempt on a unit. */
static int refuse(const struct corc_bus_reply *reply, const char *attempt, const char *unit,
	struct corc_error *error)
{
	int r = corc_fail(
		error, EIO, "systemd could not %s %s: %s", attempt, unit, reply->error_text);

	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		if (strcmp(problems[i].name, reply->error_name) != 0)
			continue;
		error->code = problems[i].code;
		if (problems[i].hint)
			(void)corc_error_hint(error, "%s", problems[i].hint);
		r = -problems[i].code;
	}
	return r;
}

static int open_bus(const struct corc_systemd *systemd, int peer_fd, struct corc_bus **ret_bus,
	struct corc_error *error)
{
	char path[PATH_MAX];
	struct corc_bus_place place = {
		.address = systemd->address,
		.socket = SYSTEM_SOCKET,
		.deadline_ms = systemd->deadline_ms,
		.peer_fd = peer_fd,
	};
	int r;

	if (systemd->is_user && !systemd->address) {
		if (!systemd->runtime_directory)
			return corc_fail(error, ENOENT,
				"the user's systemd cannot be found: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set");
		(void)snprintf(path, sizeof(path), "%s/bus", systemd->runtime_directory);
		place.socket = path;
	}
	r = corc_bus_open(&place, ret_bus, error);
	if (r == -ENOENT || r == -ECONNREFUSED)
		(void)corc_error_hint(error, "without systemd there is --cgroup-manager=cgroupfs");
	return r;
}

static void close_bus(struct corc_bus **bus)
{
	corc_bus_close(*bus);
}

static int call(struct corc_bus *bus, const char *method, const struct corc_bus_value *arguments,
	size_t count, struct corc_bus_reply *ret_reply, struct corc_error *error)
{
	const struct corc_bus_call request = {
		.destination = NAME,
		.path = PATH,
		.interface = MANAGER,
		.method = method,
		.arguments = arguments,
		.count = count,
	};

	return corc_bus_call(bus, &request, ret_reply, error);
}

/* 0: it cannot be told. */
static int read_version(struct corc_bus *bus, uint32_t *ret_version, struct corc_error *error)
{
	static const struct corc_bus_value arguments[] = {
		{.signature = "s", .text = MANAGER},
		{.signature = "s", .text = "Version"},
	};
	static const struct corc_bus_call request = {
		.destination = NAME,
		.path = PATH,
		.interface = "org.freedesktop.DBus.Properties",
		.method = "Get",
		.arguments = arguments,
		.count = 2,
	};
	struct corc_bus_reply reply;
	int r = corc_bus_call(bus, &request, &reply, error);
	const char *digits = reply.text;
	uint32_t version = 0;

	if (r < 0)
		return r;
	/* "v257.1", "252 (252.39-1)" */
	for (digits += *digits == 'v'; *digits >= '0' && *digits <= '9' && version < 100000;
		digits++)
		version = version * 10 + (uint32_t)(*digits - '0');
	*ret_version = version;
	return 0;
}

/* What all systemd of supported hosts have need not be asked for. */
static int find_version(struct corc_bus *bus, const struct corc_systemd_unit *unit,
	uint32_t *ret_version, struct corc_error *error)
{
	for (size_t i = 0; i < unit->property_count; i++)
		if (unit->properties[i].since > 0)
			return read_version(bus, ret_version, error);
	*ret_version = 0;
	return 0;
}

/* The properties as a(sv). */
struct property_list {
	struct corc_arena *arena;
	struct corc_bus_value *items;
	size_t count;
};

static int add_property(
	struct property_list *list, const char *name, const struct corc_bus_value *value)
{
	const struct corc_bus_value pair[] = {
		{.signature = "s", .text = name},
		{.signature = "v", .items = value, .count = 1},
	};

	list->items[list->count] = (struct corc_bus_value){
		.signature = "(sv)",
		.items = corc_arena_memdup(list->arena, pair, sizeof(pair)),
		.count = 2,
	};
	return list->items[list->count++].items ? 0 : -ENOMEM;
}

static int list_properties(struct property_list *list, const struct corc_systemd_unit *unit,
	uint32_t version, const struct corc_bus_value *pids, struct corc_error *error)
{
	int r;

	list->items = corc_arena_array(list->arena, unit->property_count + 1, sizeof(*list->items));
	r = list->items ? 0 : -ENOMEM;
	if (r == 0 && pids)
		r = add_property(list, "PIDs", pids);
	for (size_t i = 0; r == 0 && i < unit->property_count; i++)
		if (unit->properties[i].since <= version)
			r = add_property(
				list, unit->properties[i].name, &unit->properties[i].value);
	return r < 0 ? corc_fail_errno(error, -r, "properties of unit %s", unit->name) : 0;
}

/* Waits for the end of the job that a reply has named. */
static int await_job(struct corc_bus *bus, const struct corc_bus_reply *reply,
	struct corc_bus_signal *signal, struct corc_error *error)
{
	*signal = (struct corc_bus_signal){
		.sender = reply->sender, .interface = MANAGER, .member = "JobRemoved"};
	return corc_bus_await(bus, reply->text, signal, error);
}

/* Signals of jobs of this unit alone; systemd sends none as long as nobody has asked for any. */
static int watch_jobs(struct corc_bus *bus, const char *unit, struct corc_error *error)
{
	static const struct corc_bus_call subscribe = {
		.destination = NAME, .path = PATH, .interface = MANAGER, .method = "Subscribe"};
	char rule[1024];
	int r;

	(void)snprintf(rule, sizeof(rule),
		"type='signal',sender='" NAME "',path='" PATH "',interface='" MANAGER
		"',member='JobRemoved',arg2='%s'",
		unit);
	r = corc_bus_match(bus, rule, error);
	return r < 0 ? r : corc_bus_post(bus, &subscribe, error);
}

static int reset_failed(struct corc_bus *bus, const char *unit, struct corc_error *error)
{
	const struct corc_bus_value argument = {.signature = "s", .text = unit};
	struct corc_bus_reply ignored;

	return call(bus, "ResetFailedUnit", &argument, 1, &ignored, error);
}

static int start(struct corc_bus *bus, const struct corc_systemd_unit *unit,
	const struct property_list *list, struct corc_error *error)
{
	const struct corc_bus_value arguments[] = {
		{.signature = "s", .text = unit->name},
		{.signature = "s", .text = "fail"},
		{.signature = "a(sv)", .items = list->items, .count = list->count},
		{.signature = "a(sa(sv))"},
	};
	struct corc_bus_reply reply;
	struct corc_bus_signal signal;
	int r = call(bus, "StartTransientUnit", arguments, 4, &reply, error);

	if (r == 0 && strcmp(reply.error_name, ERROR_EXISTS) == 0) {
		r = reset_failed(bus, unit->name, error);
		if (r == 0)
			r = call(bus, "StartTransientUnit", arguments, 4, &reply, error);
	}
	if (r == 0 && reply.error_name[0] != '\0')
		return refuse(&reply, "start unit", unit->name, error);
	if (r == 0)
		r = await_job(bus, &reply, &signal, error);
	if (r == 0 && strcmp(signal.texts[2], "done") != 0)
		return corc_fail(error, EIO,
			"systemd could not start unit %s: its job ended as \"%s\"", unit->name,
			signal.texts[2]);
	return r;
}

/* What is wanted of a conversation, and what came of it. */
struct conversation {
	int (*have)(const struct conversation *conversation);
	const struct corc_systemd *systemd;
	const struct corc_systemd_unit *unit;
	const char *name;
	pid_t pid;
	int pidfd;
	struct corc_error *error;
	int result;
};

static void have(void *argument)
{
	struct conversation *conversation = argument;

	conversation->result = conversation->have(conversation);
}

/* A user's systemd is outside of the user namespace that the caller may be in. */
static int converse(struct conversation *conversation)
{
	int r = 0;

	if (conversation->systemd->is_user)
		r = corc_as_owner(have, conversation, conversation->error);
	else
		have(conversation);
	return r < 0 ? r : conversation->result;
}

static int have_start(const struct conversation *wanted)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_bus CORC_CLEANUP(close_bus) *bus = NULL;
	const struct corc_bus_value number = {.signature = "u", .number = (uint64_t)wanted->pid};
	const struct corc_bus_value pids = {.signature = "au", .items = &number, .count = 1};
	struct property_list list = {.arena = &arena};
	uint32_t version = 0;
	int r = open_bus(wanted->systemd, wanted->pidfd, &bus, wanted->error);

	if (r == 0)
		r = watch_jobs(bus, wanted->unit->name, wanted->error);
	if (r == 0)
		r = find_version(bus, wanted->unit, &version, wanted->error);
	if (r == 0)
		r = list_properties(&list, wanted->unit, version, &pids, wanted->error);
	return r < 0 ? r : start(bus, wanted->unit, &list, wanted->error);
}

int corc_systemd_start(const struct corc_systemd *systemd, const struct corc_systemd_unit *unit,
	pid_t pid, int pidfd, struct corc_error *error)
{
	return converse(&(struct conversation){.have = have_start,
		.systemd = systemd,
		.unit = unit,
		.pid = pid,
		.pidfd = pidfd,
		.error = error});
}

static int have_update(const struct conversation *wanted)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_bus CORC_CLEANUP(close_bus) *bus = NULL;
	struct property_list list = {.arena = &arena};
	struct corc_bus_reply reply;
	uint32_t version = 0;
	int r = open_bus(wanted->systemd, CORC_NO_FD, &bus, wanted->error);

	if (r == 0)
		r = find_version(bus, wanted->unit, &version, wanted->error);
	if (r == 0)
		r = list_properties(&list, wanted->unit, version, NULL, wanted->error);
	if (r < 0 || list.count == 0)
		return r;

	const struct corc_bus_value arguments[] = {
		{.signature = "s", .text = wanted->unit->name},
		{.signature = "b", .number = true},
		{.signature = "a(sv)", .items = list.items, .count = list.count},
	};

	r = call(bus, "SetUnitProperties", arguments, 3, &reply, wanted->error);
	if (r == 0 && reply.error_name[0] != '\0')
		return refuse(&reply, "change unit", wanted->unit->name, wanted->error);
	return r;
}

int corc_systemd_update(const struct corc_systemd *systemd, const struct corc_systemd_unit *unit,
	struct corc_error *error)
{
	if (unit->property_count == 0)
		return 0;
	return converse(&(struct conversation){
		.have = have_update, .systemd = systemd, .unit = unit, .error = error});
}

/* systemd has a file for each unit that was made so, as long as it knows it. */
static bool is_known(const struct corc_systemd *systemd, const char *name)
{
	char path[PATH_MAX];
	struct stat status;

	if (systemd->is_user && !systemd->runtime_directory)
		return false;
	(void)snprintf(path, sizeof(path), "%s/systemd/transient/%s",
		systemd->is_user ? systemd->runtime_directory : SYSTEM_RUN, name);
	return lstat(path, &status) == 0;
}

static int have_stop(const struct conversation *wanted)
{
	const struct corc_bus_value arguments[] = {
		{.signature = "s", .text = wanted->name},
		{.signature = "s", .text = "replace"},
	};
	struct corc_bus CORC_CLEANUP(close_bus) *bus = NULL;
	struct corc_bus_reply reply;
	struct corc_bus_signal signal;
	int r = open_bus(wanted->systemd, CORC_NO_FD, &bus, wanted->error);

	if (r == 0)
		r = watch_jobs(bus, wanted->name, wanted->error);
	if (r == 0)
		r = call(bus, "StopUnit", arguments, 2, &reply, wanted->error);
	if (r == 0 && strcmp(reply.error_name, ERROR_NO_UNIT) == 0)
		return 0;
	if (r == 0 && reply.error_name[0] != '\0')
		return refuse(&reply, "stop unit", wanted->name, wanted->error);
	if (r == 0)
		r = await_job(bus, &reply, &signal, wanted->error);
	return r < 0 ? r : reset_failed(bus, wanted->name, wanted->error);
}

int corc_systemd_stop(
	const struct corc_systemd *systemd, const char *name, struct corc_error *error)
{
	if (!is_known(systemd, name))
		return 0;
	return converse(&(struct conversation){
		.have = have_stop, .systemd = systemd, .name = name, .error = error});
}

/* A process of the systemd that the paths are of: where it is, it has put itself. */
static int read_cgroup(const char *file, char text[OWN_CGROUP_MAX], struct corc_error *error)
{
	ssize_t length = corc_read_small(AT_FDCWD, file, text, OWN_CGROUP_MAX);

	return length < 0 ? corc_fail_errno(error, (int)-length, "read %s", file) : 0;
}

/* The path in v2, else in systemd's own hierarchy; "": neither. The text is changed. */
static const char *find_path(char *text)
{
	const char *found = "";
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (strncmp(line, "0::/", 4) == 0 && found[0] == '\0')
			found = line + 3;
		else if ((line = strstr(line, ":name=systemd:/")))
			found = line + strlen(":name=systemd:");
	}
	return found;
}

/* Process 1 is in init.scope. Where it is not, it is no systemd, or it hides: then the top. */
static const char *system_path(struct corc_arena *arena, const char *own)
{
	const char *end = strstr(own, "/init.scope");

	if (!end || strcmp(end, "/init.scope") != 0 || strstr(own, "/.."))
		return "";
	return corc_arena_strndup(arena, own, (size_t)(end - own));
}

/* user@UID.service is the user's systemd: what it has made is below. */
static const char *user_path(struct corc_arena *arena, const char *own)
{
	uid_t uid = corc_owner_uid();
	char service[64];
	char *found;

	(void)snprintf(service, sizeof(service), "/user@%u.service", (unsigned)uid);
	found = strstr(own, service);
	if (found)
		return corc_arena_strndup(arena, own, (size_t)(found - own) + strlen(service));
	return corc_arena_printf(arena, "/user.slice/user-%u.slice%s", (unsigned)uid, service);
}

int corc_systemd_layout_of(
	struct corc_arena *arena, bool is_user, char *text, struct corc_systemd_layout *ret_layout)
{
	const char *own = find_path(text);
	const char *path = is_user ? user_path(arena, own) : system_path(arena, own);

	if (!path)
		return -ENOMEM;
	*ret_layout = (struct corc_systemd_layout){.is_user = is_user, .path = path};
	return 0;
}

int corc_systemd_layout_read(struct corc_arena *arena, bool is_user,
	struct corc_systemd_layout *ret_layout, struct corc_error *error)
{
	char text[OWN_CGROUP_MAX];
	int r = read_cgroup(is_user ? "/proc/self/cgroup" : "/proc/1/cgroup", text, error);

	if (r == 0 && corc_systemd_layout_of(arena, is_user, text, ret_layout) < 0)
		r = corc_fail(error, ENOMEM, "out of memory");
	return r < 0 ? corc_error_step(error, CORC_STEP_CGROUP) : 0;
}
