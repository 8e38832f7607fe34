/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relaying sd_notify(3) from a container to the caller's service manager. Layer: run; the parent
 * process.
 *
 *     ROOT/ID/notify            made by create, bound at /run/notify (CORC_NOTIFY_DIRECTORY)
 *     ROOT/ID/notify/notify.sock  made by who starts: start, or run
 */
#ifndef CORC_RUN_NOTIFY_H
#define CORC_RUN_NOTIFY_H

#include "base/json_reader.h"
#include "run/runtime.h"
#include "spec/spec.h"

#define CORC_NOTIFY_SOCKET "/run/notify/notify.sock"

/* Gives the container the mount, last of all. False: it has no mounts of its own. */
bool corc_notify_mount_wanted(const struct corc_spec *spec);
int corc_notify_add_mount(struct corc_runtime *runtime, const char *id, struct corc_arena *arena,
	struct corc_spec *spec, struct corc_error *error);

/* Makes ROOT/ID/notify; directory_fd is ROOT/ID. */
int corc_notify_make(int directory_fd, struct corc_error *error);

/*
 * Makes the socket, in the place of one that an earlier start left. Nothing is done, and nothing
 * will be relayed, when the container was created without a notification socket.
 */
int corc_notify_listen(struct corc_notify *notify, struct corc_runtime *runtime, int directory_fd,
	struct corc_error *error);

/* Whose end ends the waiting; the pidfd stays the caller's. */
int corc_notify_watch(struct corc_notify *notify, pid_t pid, int pidfd, struct corc_error *error);

#endif
