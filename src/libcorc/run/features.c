/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features: what this build supports, from the tables that do it. Layer: run; the parent process.
 * The structure is that of the specification's features.md and features-linux.md.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif
#include <corc/corc.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json_writer.h"
#include "plan/capabilities.h"
#include "plan/compile.h"
#include "plan/mount_options.h"
#include "plan/namespaces.h"
#include "spec/spec.h"
#include "sys/process.h"

#define INDENT 4

static void put_strings(struct corc_json_writer *writer, const char *key, const char *const *items)
{
	corc_json_begin_array(writer, key);
	for (; *items; items++)
		corc_json_string(writer, NULL, *items);
	corc_json_end_array(writer);
}

static void put_hooks(struct corc_json_writer *writer)
{
	corc_json_begin_array(writer, "hooks");
	for (int phase = 0; phase < CORC_HOOK_PHASE_COUNT; phase++)
		corc_json_string(writer, NULL, corc_hook_phases[phase].name);
	corc_json_end_array(writer);
}

static void put_enabled(struct corc_json_writer *writer, const char *key, bool enabled)
{
	corc_json_begin_object(writer, key);
	corc_json_bool(writer, "enabled", enabled);
	corc_json_end_object(writer);
}

static void put_cgroup(struct corc_json_writer *writer)
{
#ifdef HAVE_DBUS
	bool has_systemd = true;
#else
	bool has_systemd = false;
#endif

	corc_json_begin_object(writer, "cgroup");
	corc_json_bool(writer, "v1", true);
	corc_json_bool(writer, "v2", true);
	corc_json_bool(writer, "systemd", has_systemd);
	corc_json_bool(writer, "systemdUser", has_systemd);
	corc_json_bool(writer, "rdma", true);
	corc_json_end_object(writer);
}

#ifdef HAVE_SECCOMP
/* All that the specification has, or those of them that the kernel has too. */
static void put_flags(struct corc_json_writer *writer, const char *key, bool all)
{
	static const struct {
		const char *name;
		uint64_t probe;
	} rows[] = {
		{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
		{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
		{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
			CORC_SECCOMP_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER},
	};

	corc_json_begin_array(writer, key);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (all || corc_seccomp_has_flags(rows[i].probe))
			corc_json_string(writer, NULL, rows[i].name);
	corc_json_end_array(writer);
}

/* Those that libseccomp takes on this processor; it may be another than the one that corc was built
 * with. */
static void put_architectures(struct corc_json_writer *writer)
{
	corc_json_begin_array(writer, "archs");
	for (const char *const *name = corc_spec_seccomp_architectures; *name; name++)
		if (corc_seccomp_has_architecture(*name))
			corc_json_string(writer, NULL, *name);
	corc_json_end_array(writer);
}
#endif

static void put_seccomp(struct corc_json_writer *writer)
{
	static const char *const actions[] = {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL",
		"SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY",
		"SCMP_ACT_TRACE", "SCMP_ACT_TRAP", NULL};
	static const char *const operators[] = {"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT",
		"SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", NULL};

	corc_json_begin_object(writer, "seccomp");
#ifdef HAVE_SECCOMP
	corc_json_bool(writer, "enabled", true);
	put_strings(writer, "actions", actions);
	put_strings(writer, "operators", operators);
	put_architectures(writer);
	put_flags(writer, "knownFlags", true);
	put_flags(writer, "supportedFlags", false);
#else
	(void)actions;
	(void)operators;
	corc_json_bool(writer, "enabled", false);
#endif
	corc_json_end_object(writer);
}

static void put_words(
	struct corc_json_writer *writer, const char *key, const struct corc_json_enum *words)
{
	corc_json_begin_array(writer, key);
	for (; words->name; words++)
		corc_json_string(writer, NULL, words->name);
	corc_json_end_array(writer);
}

static void put_memory_policy(struct corc_json_writer *writer)
{
	corc_json_begin_object(writer, "memoryPolicy");
	put_words(writer, "modes", corc_spec_memory_policy_modes);
	put_words(writer, "flags", corc_spec_memory_policy_flags);
	corc_json_end_object(writer);
}

static void put_linux(struct corc_json_writer *writer)
{
	corc_json_begin_object(writer, "linux");
	corc_json_begin_array(writer, "namespaces");
	for (int i = 0; i < CORC_NAMESPACE_COUNT; i++)
		corc_json_string(writer, NULL, corc_namespaces[i].name);
	corc_json_end_array(writer);
	corc_json_begin_array(writer, "capabilities");
	for (uint32_t number = 0; number <= CAP_LAST_CAP; number++) {
		struct corc_buffer CORC_BUFFER name = {0};

		corc_capabilities_put(UINT64_C(1) << number, CAP_LAST_CAP, &name);
		corc_json_string(writer, NULL, name.data ? name.data : "");
	}
	corc_json_end_array(writer);
	put_cgroup(writer);
	put_seccomp(writer);
	put_enabled(writer, "apparmor", true);
	put_enabled(writer, "selinux", true);
	corc_json_begin_object(writer, "intelRdt");
	corc_json_bool(writer, "enabled", true);
	corc_json_bool(writer, "schemata", true);
	corc_json_bool(writer, "monitoring", true);
	corc_json_end_object(writer);
	put_memory_policy(writer);
	corc_json_begin_object(writer, "mountExtensions");
	put_enabled(writer, "idmap", true);
	corc_json_end_object(writer);
	put_enabled(writer, "netDevices", true);
	corc_json_end_object(writer);
}

static void put_annotations(struct corc_json_writer *writer)
{
	corc_json_begin_object(writer, "annotations");
#ifdef HAVE_SECCOMP
	corc_json_string(writer, "io.github.seccomp.libseccomp.version", CORC_LIBSECCOMP_VERSION);
#endif
	corc_json_string(writer, "org.opencontainers.runc.checkpoint.enabled", "false");
	corc_json_string(writer, "org.opencontainers.corc.commit", corc_commit());
	corc_json_string(writer, "org.opencontainers.corc.version", corc_version());
	corc_json_end_object(writer);
}

int corc_features(char **ret_json, struct corc_error *error)
{
	/*
	 * What their names begin with. They name files that are written, sockets that get fds of
	 * the container, and with CRIU's configuration programs that it runs.
	 */
	static const char *const unsafe[] = {
		"run.oci.", "org.criu.config", "org.systemd.property.", NULL};
	struct corc_buffer CORC_BUFFER buffer = {0};
	struct corc_json_writer writer = {.buffer = &buffer, .indent = INDENT};
	const char *option;

	corc_json_begin_object(&writer, NULL);
	corc_json_string(&writer, "ociVersionMin", "1.0.0");
	corc_json_string(&writer, "ociVersionMax", corc_spec_version());
	put_hooks(&writer);
	corc_json_begin_array(&writer, "mountOptions");
	for (size_t i = 0; (option = corc_mount_option_name(i)); i++)
		corc_json_string(&writer, NULL, option);
	corc_json_end_array(&writer);
	put_linux(&writer);
	put_annotations(&writer);
	put_strings(&writer, "potentiallyUnsafeConfigAnnotations", unsafe);
	corc_json_end_object(&writer);
	if (buffer.failed)
		return corc_fail_errno(error, ENOMEM, "features");
	*ret_json = corc_take_pointer(buffer.data);
	return 0;
}
