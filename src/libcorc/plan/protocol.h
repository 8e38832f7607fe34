/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stage and its parent say to each other. Layer: plan; shared by both.
 *
 * create and run, on the channel (a seqpacket socket pair; one struct a packet):
 *
 *     stage                                   parent
 *       |  CHILD pid          ------------->  (only when it cloned; the sender ends)
 *       |                     <-------------  GO_ON      (to the child; its id maps are written)
 *       |                     <-------------  PLACED     (cgroup v1, systemd)
 *       |  NET_DEVICES        ------------->  (where the configuration has some)
 *       |                     <-------------  GO_ON      (they are in the namespace, and up)
 *       |  WANT_MOUNTS        ------------->  (when an op needs a bind mount and has none left)
 *       |                     <-------------  MOUNTS + fds (the next batch)
 *       |  CONSOLE + fd       ------------->  pty master
 *       |  HOOK               ------------->  (once a hook that comes before READY, in their
 *       |                                     order)
 *       |                     <-------------  GO_ON      prestart, createRuntime: it has been run
 *       |                     <-------------  PROGRAM + fd  createContainer: the stage runs it
 *       |  HOOK_DONE          ------------->  (after PROGRAM; no deadline in between)
 *       |  LISTENER fd number ------------->  taken by pidfd_getfd
 *       |                     <-------------  GO_ON      (it is closed)
 *       |  READY              ------------->  limits are set, the state is written
 *       |                     <-------------  START      (run: as soon as all is recorded, also
 *       |                                                before READY unless hooks or network
 *       |                                                devices are asked for; create: a byte
 *       |                                                through the FIFO)
 *       |  execve closes everything: EOF means started
 *
 * exec: LISTENER as above, CHILD, and GO_ON only when the visible child is gated (the parent moves
 * it into its cgroup or hands the listener over first). The channel is the only fd of ours that the
 * visible child holds, CLOEXEC.
 *
 * After start in a created container the result goes to the FIFO in CORC_SLOT_RESULT instead. The
 * stage that waits there may be of an older or a newer build than who starts it: the struct stays,
 * and new details go to the end.
 *
 * FAILED may come instead of every message of the stage. The end of the channel without FAILED
 * before EXEC means that the stage died; the parent asks for its exit status.
 *
 * Everything that comes from a stage is hostile: the parent takes only packets of this size, only
 * the type that it expects now, and composes every text itself from the plan.
 */
#ifndef CORC_PLAN_PROTOCOL_H
#define CORC_PLAN_PROTOCOL_H

#include <stdint.h>

enum corc_message_type {
	CORC_MESSAGE_FAILED = 1,
	CORC_MESSAGE_CHILD,
	CORC_MESSAGE_WANT_MOUNTS,
	CORC_MESSAGE_CONSOLE,
	CORC_MESSAGE_READY,
	CORC_MESSAGE_LISTENER,
	CORC_MESSAGE_HOOK,
	CORC_MESSAGE_HOOK_DONE,
	CORC_MESSAGE_NET_DEVICES,
	/* to the stage */
	CORC_MESSAGE_GO_ON,
	CORC_MESSAGE_PLACED,
	CORC_MESSAGE_MOUNTS,
	CORC_MESSAGE_START,
	CORC_MESSAGE_PROGRAM,
};

/* What an errno alone does not say. */
enum corc_detail {
	CORC_DETAIL_NONE,
	CORC_DETAIL_NOT_IN_PATH,  /* lookup: no such program in $PATH */
	CORC_DETAIL_CWD_OUTSIDE,  /* chdir: getcwd is not below the root */
	CORC_DETAIL_NOT_A_DEVICE, /* something else stands where a device was expected */
	CORC_DETAIL_IN_THE_WAY,   /* something else stands where a link is to be made */
	CORC_DETAIL_NOT_A_MOUNT,  /* remount: no mount begins at the destination */
	CORC_DETAIL_COPY_UP,      /* tmpcopyup: `text` is the file that could not be copied */
	CORC_DETAIL_NOT_DEVPTS,   /* console: /dev/pts/ptmx is no devpts multiplexer */
	CORC_DETAIL_INSIDE_PROC,  /* the destination is on procfs */
	CORC_DETAIL_TARGET,       /* the destination of a mount; ENOTDIR: `text` is no directory */
	CORC_DETAIL_READ_BACK,    /* a credential differs from what was set */
	CORC_DETAIL_PASSWD,       /* /etc/passwd */
	CORC_DETAIL_FILESYSTEM,   /* fsopen: the kernel does not know the type */
	CORC_DETAIL_OPTION,       /* fsconfig refused option number `value` of the list */
	CORC_DETAIL_PLAN,         /* the plan itself is damaged */
	CORC_DETAIL_SECCOMP,      /* loading the seccomp filter */
	CORC_DETAIL_INTERPRETER,  /* exec: `text` is the interpreter that is not there */
	CORC_DETAIL_MACHINE,      /* exec: for another processor, ELF machine `value` */
	CORC_DETAIL_NO_FORMAT,    /* exec: neither ELF nor a "#!" line */
	CORC_DETAIL_NOEXEC_MOUNT, /* exec: on a file system that is mounted noexec */
	CORC_DETAIL_NO_X_BIT,     /* exec: the file, `value`, has no x for this user */
	CORC_DETAIL_CLOSED,       /* exec, chdir: the directory `text`, `value`, on the way there */
	CORC_DETAIL_HOOK_EXIT,    /* hook: ended with a code; `text`: what it said last */
	CORC_DETAIL_HOOK_SIGNAL,  /* hook: ended by a signal */
	CORC_DETAIL_HOOK_TIMEOUT, /* hook: killed when its time was over */
	CORC_DETAIL_HOOK_EXEC,    /* hook: could not be executed */
	CORC_DETAIL_MAX_
};

struct corc_message {
	uint32_t type;   /* enum corc_message_type */
	int32_t code;    /* FAILED: errno */
	uint32_t op;     /* FAILED: index of the op */
	uint32_t detail; /* FAILED: enum corc_detail */
	/* CHILD: pid; LISTENER: fd; MOUNTS: how many fds; FAILED: see detail. Of a file:
	 * CORC_FILE_VALUE. */
	uint64_t value;
	char text[488]; /* FAILED: see detail; not trusted to end */
};

_Static_assert(sizeof(struct corc_message) == 512, "one size on every architecture");
_Static_assert(CORC_MESSAGE_FAILED == 1 && CORC_DETAIL_SECCOMP == 15 && CORC_DETAIL_HOOK_EXEC == 25,
	"known to the stages of other builds");

/* The value of a hook's details: its index, the exit code or signal, how long it ran. */
#define CORC_HOOK_VALUE(index, code, milliseconds)                            \
	((uint64_t)(milliseconds) << 32 | ((uint64_t)(index)&0xffffff) << 8 | \
		((uint64_t)(code)&0xff))

/* Permissions and owner of a file, as the container sees them. */
#define CORC_FILE_VALUE(mode, uid) (((uint64_t)(uid) << 32) | ((mode)&07777u))
#define CORC_FILE_VALUE_MODE(value) ((unsigned)((value)&07777u))
#define CORC_FILE_VALUE_OWNER(value) ((unsigned)((value) >> 32))

/* fds in one MOUNTS message; the kernel takes 253. */
#define CORC_MOUNT_BATCH 200

#endif
