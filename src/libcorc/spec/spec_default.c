/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration that `corc spec` writes: the same properties, order and indentation as runc's,
 * which people keep as templates. Layer: spec; the parent process only.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "spec/spec.h"

#define STRINGS_MAX 12
#define FILES_LIMIT 1024

/* For which of the variants a row is. */
enum variant {
	PRIVILEGED = 1 << 0,
	ROOTLESS = 1 << 1,
	CGROUP_V2 = 1 << 2, /* with one of the others: only there */
	ALWAYS = PRIVILEGED | ROOTLESS,
};

struct default_mount {
	unsigned variants;
	const char *destination, *type, *source;
	const char *options[STRINGS_MAX];
};

struct default_namespace {
	unsigned variants;
	const char *type;
};

static const char *const arguments[] = {"sh", NULL};

static const char *const environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"TERM=xterm",
	NULL,
};

static const char *const capabilities[] = {
	"CAP_AUDIT_WRITE",
	"CAP_KILL",
	"CAP_NET_BIND_SERVICE",
	NULL,
};

static const char *const capability_sets[] = {"bounding", "effective", "permitted", NULL};

static const struct default_mount mounts[] = {
	{ALWAYS, "/proc", "proc", "proc", {NULL}},
	{ALWAYS, "/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
	{PRIVILEGED, "/dev/pts", "devpts", "devpts",
		{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
	{ROOTLESS, "/dev/pts", "devpts", "devpts",
		{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
	{ALWAYS, "/dev/shm", "tmpfs", "shm",
		{"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
	{ALWAYS, "/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
	{PRIVILEGED, "/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
	{ROOTLESS, "/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"}},
	{ALWAYS, "/sys/fs/cgroup", "cgroup", "cgroup",
		{"nosuid", "noexec", "nodev", "relatime", "ro"}},
};

static const struct default_namespace namespaces[] = {
	{ALWAYS, "pid"},
	{PRIVILEGED, "network"},
	{ALWAYS, "ipc"},
	{ALWAYS, "uts"},
	{ALWAYS, "mount"},
	{ALWAYS | CGROUP_V2, "cgroup"},
	{ROOTLESS, "user"},
};

static const char *const masked_paths[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/sys/firmware",
	"/proc/scsi",
	NULL,
};

static const char *const readonly_paths[] = {
	"/proc/bus",
	"/proc/fs",
	"/proc/irq",
	"/proc/sys",
	"/proc/sysrq-trigger",
	NULL,
};

static bool is_wanted(unsigned variants, bool rootless, bool cgroup_v2)
{
	if ((variants & CGROUP_V2) && !cgroup_v2)
		return false;
	return variants & (rootless ? ROOTLESS : PRIVILEGED);
}

static void put_strings(
	struct corc_json_writer *writer, const char *key, const char *const *strings)
{
	corc_json_begin_array(writer, key);
	for (; *strings; strings++)
		corc_json_string(writer, NULL, *strings);
	corc_json_end_array(writer);
}

static void put_process(struct corc_json_writer *writer)
{
	corc_json_begin_object(writer, "process");
	corc_json_bool(writer, "terminal", true);
	corc_json_begin_object(writer, "user");
	corc_json_u64(writer, "uid", 0);
	corc_json_u64(writer, "gid", 0);
	corc_json_end_object(writer);
	put_strings(writer, "args", arguments);
	put_strings(writer, "env", environment);
	corc_json_string(writer, "cwd", "/");

	corc_json_begin_object(writer, "capabilities");
	for (const char *const *set = capability_sets; *set; set++)
		put_strings(writer, *set, capabilities);
	corc_json_end_object(writer);

	corc_json_begin_array(writer, "rlimits");
	corc_json_begin_object(writer, NULL);
	corc_json_string(writer, "type", "RLIMIT_NOFILE");
	corc_json_u64(writer, "hard", FILES_LIMIT);
	corc_json_u64(writer, "soft", FILES_LIMIT);
	corc_json_end_object(writer);
	corc_json_end_array(writer);

	corc_json_bool(writer, "noNewPrivileges", true);
	corc_json_end_object(writer);
}

static void put_root(struct corc_json_writer *writer)
{
	corc_json_begin_object(writer, "root");
	corc_json_string(writer, "path", "rootfs");
	corc_json_bool(writer, "readonly", true);
	corc_json_end_object(writer);
	corc_json_string(writer, "hostname", "corc");
}

static void put_mounts(struct corc_json_writer *writer, bool rootless)
{
	corc_json_begin_array(writer, "mounts");
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const struct default_mount *mount = &mounts[i];

		if (!is_wanted(mount->variants, rootless, false))
			continue;
		corc_json_begin_object(writer, NULL);
		corc_json_string(writer, "destination", mount->destination);
		corc_json_string(writer, "type", mount->type);
		corc_json_string(writer, "source", mount->source);
		if (mount->options[0])
			put_strings(writer, "options", mount->options);
		corc_json_end_object(writer);
	}
	corc_json_end_array(writer);
}

static void put_mapping(struct corc_json_writer *writer, const char *key, uint32_t host_id)
{
	corc_json_begin_array(writer, key);
	corc_json_begin_object(writer, NULL);
	corc_json_u64(writer, "containerID", 0);
	corc_json_u64(writer, "hostID", host_id);
	corc_json_u64(writer, "size", 1);
	corc_json_end_object(writer);
	corc_json_end_array(writer);
}

static void put_resources(struct corc_json_writer *writer)
{
	corc_json_begin_object(writer, "resources");
	corc_json_begin_array(writer, "devices");
	corc_json_begin_object(writer, NULL);
	corc_json_bool(writer, "allow", false);
	corc_json_string(writer, "access", "rwm");
	corc_json_end_object(writer);
	corc_json_end_array(writer);
	corc_json_end_object(writer);
}

static void put_linux(struct corc_json_writer *writer, bool rootless, bool cgroup_v2)
{
	corc_json_begin_object(writer, "linux");
	if (rootless) {
		put_mapping(writer, "uidMappings", geteuid());
		put_mapping(writer, "gidMappings", getegid());
	} else {
		put_resources(writer);
	}
	corc_json_begin_array(writer, "namespaces");
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		if (!is_wanted(namespaces[i].variants, rootless, cgroup_v2))
			continue;
		corc_json_begin_object(writer, NULL);
		corc_json_string(writer, "type", namespaces[i].type);
		corc_json_end_object(writer);
	}
	corc_json_end_array(writer);
	put_strings(writer, "maskedPaths", masked_paths);
	put_strings(writer, "readonlyPaths", readonly_paths);
	corc_json_end_object(writer);
}

/* The writer indents by blanks; one blank a level becomes one tab a level. */
static void indent_by_tabs(struct corc_buffer *buffer)
{
	bool is_indentation = true;

	for (size_t i = 0; i < buffer->length; i++) {
		if (is_indentation && buffer->data[i] == ' ')
			buffer->data[i] = '\t';
		else
			is_indentation = buffer->data[i] == '\n';
	}
}

int corc_spec_default(bool rootless, bool cgroup_v2, char **ret_json, size_t *ret_length,
	struct corc_error *error)
{
	struct corc_buffer buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer, .indent = 1};

	corc_json_begin_object(&writer, NULL);
	corc_json_string(&writer, "ociVersion", CORC_SPEC_VERSION);
	put_process(&writer);
	put_root(&writer);
	put_mounts(&writer, rootless);
	put_linux(&writer, rootless, cgroup_v2);
	corc_json_end_object(&writer);
	if (buffer.failed) {
		corc_buffer_done(&buffer);
		return corc_fail_errno(error, ENOMEM, "compose the default configuration");
	}
	indent_by_tabs(&buffer);
	*ret_json = buffer.data;
	*ret_length = buffer.length;
	return 0;
}
