/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session keyrings (keyctl(2)). Layer: sys; the stage, and tests. All return -errno on failure.
 */
#ifndef CORC_SYS_KEYRING_H
#define CORC_SYS_KEYRING_H

#include <stdint.h>

/*
 * What a process that holds a session keyring may do with it: everything; others of the same user:
 * see, read and link it, and (CORC_KEY_USER_SEARCH) join it by its name.
 */
#define CORC_KEY_SESSION_DEFAULT 0x3f130000u
#define CORC_KEY_USER_SEARCH 0x00080000u

/*
 * Joins the session keyring of that name in the caller's user namespace, if the caller may search
 * it, or makes a new one. -EDQUOT: the user has as many keys as the kernel allows.
 */
int corc_keyring_join(const char *name);

/* Sets the permissions of the session keyring. */
int corc_keyring_permit(uint32_t permissions);

#endif
