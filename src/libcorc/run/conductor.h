/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent's side of plan/protocol.h. Layer: run; the parent process.
 */
#ifndef CORC_RUN_CONDUCTOR_H
#define CORC_RUN_CONDUCTOR_H

#include "plan/compile.h"
#include "plan/protocol.h"
#include "run/hooks.h"
#include "run/inside.h"
#include "run/net_devices.h"
#include "run/runtime.h"
#include "run/spawn.h"

struct corc_conductor {
	struct corc_runtime *runtime;
	const struct corc_plan *plan;
	/* For texts: where values stood; NULL: nowhere (exec with options only). */
	const struct corc_json_document *document;
	/* That the stage is in, or NULL: what it has to say of a failure. */
	const struct corc_cgroup_ref *cgroup;
	struct corc_stage_process stage;
	/*
	 * What comes before the end of the channel is only interesting together with it, so nothing
	 * wakes us before. Holds for LOOK_MS: somebody may have taken a copy of the stage's end.
	 */
	bool is_quiet;
	size_t next_bind;
	struct corc_inside inside;            /* where binds are opened; none: here */
	struct corc_net_devices *net_devices; /* create only: what was moved */
	struct corc_hooks *hooks;             /* create only; pid and pidfd are set here */
	size_t next_hook;                     /* of those that the stage asks for */
	struct corc_hook_output *output;      /* create only: of hooks that the stage runs */
	bool hook_runs;                       /* in the stage: there is no deadline */
	int console_fd;                       /* pty master that came, or negative */
	unsigned console_number;
	int listener_fd; /* of the seccomp filter, until it is handed over, or negative */
};

/*
 * Waits for one message of the stage, at most the runtime's deadline. Bind mounts, hooks and the
 * console are served meanwhile. Returns 0 with *ret_message filled (type READY or CHILD), 1 when
 * the stage closed the channel, or an error: what the stage reports is explained from the plan.
 */
int corc_conductor_wait(struct corc_conductor *conductor, struct corc_message *ret_message,
	struct corc_error *error);

/* Waits for exactly this type. The end of the channel is an error that tells how the stage died. */
int corc_conductor_expect(struct corc_conductor *conductor, uint32_t type,
	struct corc_message *ret_message, struct corc_error *error);

/*
 * Waits until the stage has become the user's program, or has ended on the way there without a
 * report. Does not rely on the end of the channel alone: a container that may trace the visible
 * process can take a copy of its end and hold it.
 */
int corc_conductor_wait_executed(struct corc_conductor *conductor, struct corc_error *error);

/* Whether a process that was the stage has executed another program. */
bool corc_has_executed(pid_t pid);

/* A stage that is not there any more is no error: the next wait tells why. */
int corc_conductor_send(struct corc_conductor *conductor, uint32_t type, struct corc_error *error);

/*
 * After CHILD: the process that was named becomes the stage process, the one that named it is
 * reaped. Refuses a pid that is no child of ours.
 */
int corc_conductor_adopt(struct corc_conductor *conductor, uint64_t pid, struct corc_error *error);

/* What FAILED means, in words (explain.c). Returns -error->code. */
int corc_explain(const struct corc_plan *plan, const struct corc_json_document *document,
	const struct corc_message *message, struct corc_error *error);

/*
 * The same for a program that cannot be executed, by its name in process.args. uid_map: the text
 * for /proc/PID/uid_map, NULL: no user namespace, or not known.
 */
int corc_explain_program(const char *name, const char *uid_map, const struct corc_message *message,
	struct corc_error *error);

/* A text of the stage: cut, and with what is not printable escaped. */
void corc_message_text(const struct corc_message *message, char *text, size_t size);

/*
 * Adds that the labels may forbid a program, when nothing of its file does. Each may be NULL or
 * empty (explain_security.c). Returns -error->code.
 */
int corc_hint_confined(const char *apparmor_profile, const char *selinux_label,
	const struct corc_message *message, struct corc_error *error);

/* The same for mounts and their destinations (explain_mount.c). */
bool corc_is_about_mount(const struct corc_op *op, const struct corc_message *message);
int corc_explain_mount(const struct corc_plan_header *wire, const struct corc_op *op,
	const char *words, const struct corc_message *message, struct corc_error *error);

/* The same for LABEL and KEYRING (explain_security.c); `words` are those for the op. */
int corc_explain_security(const struct corc_plan_header *wire, const struct corc_op *op,
	const char *words, const struct corc_message *message, struct corc_error *error);

/*
 * Opens the source of a bind mount as a detached tree with all its flags (binds.c). The errors have
 * their origin in the document.
 */
int corc_bind_open(const struct corc_json_document *document, const struct corc_plan_bind *bind,
	struct corc_error *error);

/* Opens the bind sources from next_bind on, at most CORC_MOUNT_BATCH, and sends them (binds.c). */
int corc_binds_send(struct corc_conductor *conductor, struct corc_error *error);

/* Serves the stage's next request for a hook: runs it, or sends its program (ask_hook.c). */
int corc_conductor_serve_hook(struct corc_conductor *conductor, struct corc_error *error);

/*
 * console.c. Whether a terminal has somebody who takes it, and a socket has a terminal: EINVAL with
 * the texts that clients know.
 */
int corc_console_check(bool terminal, const char *socket_path, bool keep, struct corc_error *error);

/*
 * Sends the pty master that came to the AF_UNIX stream socket, body "/dev/pts/N". Nothing to do
 * when there is no terminal, or no socket because the caller keeps it.
 */
int corc_console_hand_over(
	struct corc_conductor *conductor, const char *socket_path, struct corc_error *error);

#endif
