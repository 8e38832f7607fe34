/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libapparmor and libselinux. Layer: run; the parent process.
 *
 * They are loaded when a label is asked for and not with the program: libselinux looks for its file
 * system when it is loaded, which costs a command that needs no label more than all the rest of its
 * start. A handle is kept: what a library has set up is not for taking down.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "run/security.h"

#if defined(HAVE_LIBAPPARMOR) || defined(HAVE_LIBSELINUX)
#	include <dlfcn.h>

/*
 * Fills the pointer to a function at ret_call; false when the host has no such library or it no
 * such function.
 */
static bool find(const char *library, const char *function, void *ret_call)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	void *address = handle ? dlsym(handle, function) : NULL;

	memcpy(ret_call, &address, sizeof(address));
	return address != NULL;
}
#endif

#ifdef HAVE_LIBAPPARMOR
#	include <sys/apparmor.h>

int corc_libapparmor_is_enabled(void)
{
	__typeof__(&aa_is_enabled) is_enabled;

	if (!find("libapparmor.so.1", "aa_is_enabled", &is_enabled))
		return -ENOSYS;
	return is_enabled() == 1;
}
#else
int corc_libapparmor_is_enabled(void)
{
	return -ENOSYS;
}
#endif

#ifdef HAVE_LIBSELINUX
#	include <selinux/selinux.h>

int corc_libselinux_is_enabled(void)
{
	__typeof__(&is_selinux_enabled) is_enabled;

	if (!find("libselinux.so.1", "is_selinux_enabled", &is_enabled))
		return -ENOSYS;
	return is_enabled() == 1;
}

int corc_libselinux_is_valid(const char *label)
{
	__typeof__(&security_check_context_raw) check;

	if (!find("libselinux.so.1", "security_check_context_raw", &check))
		return -ENOSYS;
	if (check(label) == 0)
		return 1;
	return errno == EINVAL ? 0 : -errno;
}
#else
int corc_libselinux_is_enabled(void)
{
	return -ENOSYS;
}

int corc_libselinux_is_valid(const char *label)
{
	(void)label;
	return -ENOSYS;
}
#endif
