/* SPDX-License-Identifier: Apache-2.0 */
/* What this build is. Layer: run; the parent process. */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif
#include <corc/corc.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "cgroup/cgroup.h"
#include "spec/spec.h"

const char *corc_version(void)
{
	return PACKAGE_VERSION;
}

const char *corc_commit(void)
{
	return CORC_COMMIT;
}

const char *corc_spec_version(void)
{
	return CORC_SPEC_VERSION;
}

const char *const *corc_library_versions(void)
{
	static const char *const versions[] = {
		"yajl",
		CORC_YAJL_VERSION,
#ifdef HAVE_SECCOMP
		"libseccomp",
		CORC_LIBSECCOMP_VERSION,
#endif
		"libcap",
		CORC_LIBCAP_VERSION,
#ifdef HAVE_DBUS
		"libdbus",
		CORC_LIBDBUS_VERSION,
#endif
#ifdef HAVE_CRIU
		"protobuf-c",
		CORC_PROTOBUF_C_VERSION,
#endif
		"build",
		CORC_BUILD,
		NULL,
	};

	return versions;
}

int corc_default_config(bool rootless, char **ret_json, struct corc_error *error)
{
	struct corc_arena CORC_CLEANUP(corc_arena_done) arena = {0};
	struct corc_cgroup_layout layout = {0};
	size_t length;
	int r = corc_cgroup_layout_read(&arena, false, &layout, error);

	if (r < 0)
		return r;
	return corc_spec_default(rootless, layout.mode == CORC_CGROUP_V2, ret_json, &length, error);
}
