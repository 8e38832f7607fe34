/* SPDX-License-Identifier: Apache-2.0 */
/* keyctl(2). Layer: sys; the stage, and tests. */
#include "sys/keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int corc_keyring_join(const char *name)
{
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name) < 0 ? -errno : 0;
}

int corc_keyring_permit(uint32_t permissions)
{
	return syscall(SYS_keyctl, KEYCTL_SETPERM, KEY_SPEC_SESSION_KEYRING, permissions) < 0
		       ? -errno
		       : 0;
}
