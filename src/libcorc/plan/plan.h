/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire form of a plan: what the parent compiles and the stage carries out. Layer: plan; shared
 * by the parent and the stage. No pointers, no padding, one build: the two sides are always of the
 * same build because the stage is embedded in the library.
 *
 *     struct corc_plan_header
 *     struct corc_op[op_count]
 *     data: NUL-terminated strings, string lists, number arrays, BPF programs (8-byte aligned)
 *
 * The data begins with a NUL, so a reference that is all zero is the empty string, list or array.
 *
 * The stage maps the sealed memfd privately and runs the ops one after the other. An op that
 * clones (CORC_OP_CLONE, CORC_OP_CLONE_VISIBLE) ends the process that ran it: its child goes on
 * with the next op.
 */
#ifndef CORC_PLAN_PLAN_H
#define CORC_PLAN_PLAN_H

#include <stddef.h>
#include <stdint.h>

#define CORC_PLAN_MAGIC 0x434f5243u       /* "CROC" in little endian */
#define CORC_PLAN_MAX (UINT32_C(1) << 26) /* bytes */
#define CORC_PLAN_OPS_MAX 65536u

/*
 * Fixed places in the list of fds that the stage is started with (its argv[1] holds their
 * numbers). Further slots hold joined namespaces.
 */
enum corc_slot {
	CORC_SLOT_CHANNEL, /* seqpacket socket to the parent */
	CORC_SLOT_PLAN,    /* memfd of the plan */
	CORC_SLOT_START,   /* create: FIFO that the start byte comes from; run: empty */
	CORC_SLOT_RESULT,  /* create: FIFO that the result of start goes to; run: empty */
	CORC_SLOT_ROOTFS,  /* create: detached clone of the tree at root.path */
	CORC_SLOT_TARGET,  /* exec: pidfd of the container's process */
	/* create: FIFOs that get a copy of what hooks say on stdout and on stderr */
	CORC_SLOT_HOOK_OUTPUT,
	CORC_SLOT_FIRST_NAMESPACE = CORC_SLOT_HOOK_OUTPUT + 2,
	CORC_SLOT_MAX = CORC_SLOT_FIRST_NAMESPACE + 8,
};
/* A slot that is not used holds this in argv[1]. */
#define CORC_SLOT_EMPTY "-"

/*
 * A range of the data part. Strings: length without the NUL that follows. Lists: NUL-terminated
 * strings one after the other, length with the last NUL. Arrays: bytes.
 */
struct corc_ref {
	uint32_t offset;
	uint32_t length;
};

/*
 * The ops. X(NAME, name, member of the union in struct corc_op). The order in a plan is made by
 * plan/compile.c and plan/compile_exec.c.
 */
#define CORC_OPS(X)                                           \
	X(AFFINITY, "affinity", affinity)                     \
	X(OOM_SCORE_ADJ, "oom-score-adj", oom_score_adj)      \
	X(HOST_PROC, "host-proc", none)                       \
	X(JOIN, "join", join)                                 \
	X(SETNS, "setns", setns)                              \
	X(RLIMIT, "rlimit", rlimit)                           \
	X(CLONE, "clone", clone)                              \
	X(MAP_IDS, "map-ids", map_ids)                        \
	X(WAIT_PLACED, "wait-placed", none)                   \
	X(UNSHARE, "unshare", unshare)                        \
	X(TIME_OFFSETS, "time-offsets", time_offsets)         \
	X(NET_DEVICES, "net-devices", list)                   \
	X(PROPAGATION, "propagation", propagation)            \
	X(ROOTFS, "rootfs", rootfs)                           \
	X(MOUNT, "mount", mount)                              \
	X(ATTACH, "attach", attach)                           \
	X(REMOUNT, "remount", remount)                        \
	X(MOUNT_READONLY, "mount-readonly", path)             \
	X(UNMOUNT, "unmount", path)                           \
	X(DEVICE, "device", device)                           \
	X(SYMLINK, "symlink", symlink)                        \
	X(CONSOLE, "console", console)                        \
	X(HOSTNAME, "hostname", text)                         \
	X(DOMAINNAME, "domainname", text)                     \
	X(PROC, "proc", none)                                 \
	X(SYSCTL, "sysctl", sysctl)                           \
	X(HOOK_STATE, "hook-state", hook_state)               \
	X(HOOK, "hook", hook)                                 \
	X(MASK, "mask", mask)                                 \
	X(READONLY, "readonly", path)                         \
	X(ROOT_READONLY, "root-readonly", none)               \
	X(PIVOT, "pivot", none)                               \
	X(CHROOT, "chroot", path)                             \
	X(SESSION, "session", none)                           \
	X(CONTROLLING_TERMINAL, "controlling-terminal", none) \
	X(MAKE_CWD, "make-cwd", path)                         \
	X(LABEL, "label", label)                              \
	X(KEYRING, "keyring", keyring)                        \
	X(PERSONALITY, "personality", personality)            \
	X(MEMORY_POLICY, "memory-policy", memory_policy)      \
	X(IDENTITY, "identity", identity)                     \
	X(CHDIR, "chdir", path)                               \
	X(ENVIRONMENT, "environment", list)                   \
	X(HOME, "home", home)                                 \
	X(LOOKUP, "lookup", list)                             \
	X(SECCOMP, "seccomp", seccomp)                        \
	X(DROP_SYS_ADMIN, "drop-sys-admin", identity)         \
	X(READY, "ready", none)                               \
	X(WAIT_START, "wait-start", none)                     \
	X(CLONE_VISIBLE, "clone-visible", clone_visible)      \
	X(EXEC, "exec", none)

enum corc_op_kind {
#define X(NAME, name, member) CORC_OP_##NAME,
	CORC_OPS(X)
#undef X
		CORC_OP_MAX_
};

/* The CPUs that this process and its children run on. */
struct corc_op_affinity {
	struct corc_ref cpus; /* uint32_t array, a mask; see sys/schedule.h */
};

/*
 * Write text to /proc/self/oom_score_adj. Comes before anything is entered: /proc is the host's,
 * and CAP_SYS_RESOURCE still counts.
 */
struct corc_op_oom_score_adj {
	struct corc_ref text;
	uint32_t may_be_denied; /* 1: EACCES is no failure (rootless) */
	uint32_t reserved;
};

/* setns to the namespace in a slot. A pid namespace is entered by the children only. */
struct corc_op_join {
	uint32_t slot;
	uint32_t type; /* CLONE_NEW* */
	uint32_t keep; /* 1: CORC_MOUNT_JOINED_PID needs it */
	uint32_t reserved;
};

/* setns to the namespaces of the process in CORC_SLOT_TARGET. */
struct corc_op_setns {
	uint64_t types; /* CLONE_NEW* */
};

enum corc_rlimit_flag {
	/* Only raise: a hard limit below `hard` becomes that, and the soft one too; else nothing.
	 * Comes before a user namespace is entered, where CAP_SYS_RESOURCE counts no more. */
	CORC_RLIMIT_RAISE = 1 << 0,
};

struct corc_op_rlimit {
	uint32_t resource;
	uint32_t flags; /* enum corc_rlimit_flag */
	uint64_t soft, hard;
};

/* clone3(CLONE_PARENT | flags); the child goes on, this process reports it and ends. */
struct corc_op_clone {
	uint64_t flags;
};

/*
 * Become uid and gid in a user namespace just made (the parent has written its maps before it
 * answered CHILD with GO_ON) or joined.
 */
struct corc_op_map_ids {
	uint32_t uid, gid;
	uint32_t keep_groups; /* 1: those of the caller */
	uint32_t reserved;
};

struct corc_op_unshare {
	uint64_t flags;
};

/* A new time namespace with the text for /proc/self/timens_offsets, entered. */
struct corc_op_time_offsets {
	struct corc_ref text; /* "" : none */
};

/* MS_SLAVE, MS_PRIVATE … on the whole tree at "/". */
struct corc_op_propagation {
	uint64_t flags;
};

/*
 * Attach the tree in CORC_SLOT_ROOTFS over "/" and work below it from here on; path is for
 * messages, unless there are hooks, which look for the container's tree at its place on the host.
 * In place: the parent has attached it over the directory that it is of.
 */
struct corc_op_rootfs {
	struct corc_ref path;
	uint32_t in_place;
	uint32_t at_path; /* 1: attach it at path, if the way to that is open */
	uint32_t is_sent; /* 1: the first of the mounts that the parent sends, not in its slot */
	uint64_t propagation; /* MS_* to give the root mount after PIVOT, 0: leave */
};

enum corc_mount_flag {
	CORC_MOUNT_KEEP_PROC = 1 << 0, /* this procfs serves for writing sysctls and labels */
	/* The destination must be a directory reached without a symbolic link. */
	CORC_MOUNT_NO_SYMLINKS = 1 << 1,
	CORC_MOUNT_INHERIT_MODE =
		1 << 2,          /* tmpfs without mode=: that of the directory, if it was there */
	CORC_MOUNT_DEV = 1 << 3, /* becomes the /dev that devices are made in */
	/* May cover a file of procfs. Without it a destination on procfs is refused, also when it
	 * got there by a symbolic link of the image. */
	CORC_MOUNT_INSIDE_PROC = 1 << 4,
	/* A procfs of the pid namespace that was joined, and not of the one that the stage is in.
	 */
	CORC_MOUNT_JOINED_PID = 1 << 5,
	/* A symbolic link at the end of the destination is the destination. */
	CORC_MOUNT_NOFOLLOW = 1 << 6,
	/* tmpfs: with a copy of what the directory below holds, and with its owner. */
	CORC_MOUNT_COPY_UP = 1 << 7,
	CORC_MOUNT_COPY_OWNER = 1 << 8,
	/* ATTACH: a source that is a symbolic link is made anew instead. */
	CORC_MOUNT_COPY_SYMLINK = 1 << 9,
	/* sysfs: the host's, if a new one is not permitted. */
	CORC_MOUNT_OR_HOST = 1 << 10,
	/* Taken away again when a later op fails. */
	CORC_MOUNT_UNDO = 1 << 11,
};

/* A new file system instance. */
struct corc_op_mount {
	struct corc_ref source, destination, fstype;
	struct corc_ref data;      /* list: "key=value" or "key" for fsconfig */
	uint64_t attr_set;         /* MOUNT_ATTR_* for fsmount */
	uint64_t propagation;      /* MS_* or 0 */
	uint32_t superblock_flags; /* bit 0: "ro" */
	uint32_t flags;            /* enum corc_mount_flag */
	struct corc_ref label;     /* for its root, by xattr: what takes no context= */
};

/* Attach the next detached mount that the parent sends, finished with all flags. */
struct corc_op_attach {
	struct corc_ref source, destination; /* source: for messages only */
	struct corc_ref options;             /* "rbind,ro": for messages only */
	struct corc_ref fstype;              /* of an idmapped file system, for messages only */
	uint32_t flags;                      /* enum corc_mount_flag */
	uint32_t reserved;
};

/*
 * Changes the mount that is there already: of its attributes and of its file system only what is
 * named.
 */
struct corc_op_remount {
	struct corc_ref destination;
	struct corc_ref data;          /* list for the file system, as above */
	uint64_t attr_set, attr_clear; /* of the mount */
	uint64_t recursive_attr_set, recursive_attr_clear;
	uint64_t propagation; /* MS_* or 0 */
	uint32_t flags;       /* enum corc_mount_flag */
	uint32_t reserved;
};

/*
 * A path in the container, resolved below its root. CHROOT: the place on the host of the directory
 * in CORC_SLOT_ROOTFS, for messages only.
 */
struct corc_op_path {
	struct corc_ref path;
};

/* Hide a path of the container behind an empty directory or a null device. */
struct corc_op_mask {
	struct corc_ref path;
	struct corc_ref context; /* "context=LABEL" for the directory's tmpfs, or "" */
};

struct corc_op_device {
	struct corc_ref path;
	uint32_t mode; /* with S_IFCHR, S_IFBLK or S_IFIFO */
	uint32_t major, minor;
	uint32_t uid, gid;
	uint32_t reserved;
};

struct corc_op_symlink {
	struct corc_ref path, target;
};

/* Open a pty in the container's devpts, send its master, make the slave fds 0, 1, 2. */
struct corc_op_console {
	uint32_t uid, gid;      /* owner of the slave */
	uint32_t mount;         /* 1: bind it on /dev/console */
	uint32_t rows, columns; /* 0: leave */
	uint32_t reserved;
};

struct corc_op_text {
	struct corc_ref text;
};

/* Write value to sys/KEY of the kept procfs; key with slashes. */
struct corc_op_sysctl {
	struct corc_ref key, value;
};

/*
 * What the hooks that follow are told on standard input, with the stage's own pid between `before`
 * and `after`, and their working directory ("": leave).
 */
struct corc_op_hook_state {
	struct corc_ref before, after, directory;
};

enum corc_hook_place {
	CORC_HOOK_BY_PARENT, /* prestart, createRuntime: asks the parent to run it */
	CORC_HOOK_BY_FD,     /* createContainer: runs a program that the parent opens */
	CORC_HOOK_BY_PATH,   /* startContainer: runs it by its path in the container */
};

struct corc_op_hook {
	struct corc_ref path;
	struct corc_ref arguments; /* list */
	uint32_t argument_count;
	uint32_t phase;              /* enum corc_hook_phase of the configuration */
	struct corc_ref environment; /* list */
	uint32_t environment_count;
	uint32_t index;   /* in the phase */
	uint32_t timeout; /* seconds, 0: none */
	uint32_t place;   /* enum corc_hook_place */
};

/*
 * An argument or environment vector: NUL-terminated strings one after the other. NET_DEVICES waits
 * until the parent has moved them; the list is for messages.
 */
struct corc_op_list {
	struct corc_ref items;
	uint32_t count;
	uint32_t reserved;
};

enum corc_identity_flag {
	CORC_IDENTITY_NO_NEW_PRIVILEGES = 1 << 0,
	/* CAP_SYS_ADMIN stays permitted and effective until CORC_OP_DROP_SYS_ADMIN: the seccomp
	 * filter of a process without no_new_privs is loaded in between. */
	CORC_IDENTITY_KEEP_SYS_ADMIN = 1 << 1,
	CORC_IDENTITY_KEEP_GROUPS = 1 << 2,   /* setgroups is denied and none were asked for */
	CORC_IDENTITY_STAY_DUMPABLE = 1 << 3, /* a user namespace of our own, waiting in created */
};

/* Exactly these credentials, set and read back. */
struct corc_op_identity {
	uint32_t uid, gid;
	uint32_t umask;
	uint32_t flags;         /* enum corc_identity_flag */
	struct corc_ref groups; /* uint32_t array */
	uint64_t bounding, effective, inheritable, permitted, ambient;
	uint32_t last_capability;
	uint32_t reserved;
};

/*
 * What a label is for. HOST_PROC comes first of all, where /proc is the host's; the labels are
 * written through it when the container is made, before the ids change.
 */
enum corc_label_use {
	CORC_LABEL_APPARMOR_EXEC, /* the profile of the next program */
	CORC_LABEL_SELINUX_EXEC,  /* the domain of the next program */
	CORC_LABEL_SELINUX_KEYS,  /* keys and keyrings that this process makes */
};

struct corc_op_label {
	struct corc_ref text;
	uint32_t use; /* enum corc_label_use */
	uint32_t reserved;
};

/* personality(2) */
struct corc_op_personality {
	uint64_t persona; /* PER_* */
};

/* set_mempolicy(2), when the process is in its cgroup: that may not have all nodes. */
struct corc_op_memory_policy {
	struct corc_ref nodes; /* uint32_t array, a mask; see sys/schedule.h */
	uint32_t mode;         /* MPOL_* with MPOL_F_* */
	uint32_t reserved;
};

/*
 * Join the session keyring of that name in the user namespace, or make it. A kernel without
 * keyrings is no failure. Comes before a seccomp filter and the ids of the process.
 */
struct corc_op_keyring {
	struct corc_ref name;
	uint32_t permissions; /* 0: leave */
	uint32_t reserved;
};

/* HOME from the container's /etc/passwd unless the environment has one that is not empty. */
struct corc_op_home {
	uint32_t uid;
	uint32_t reserved;
};

struct corc_op_seccomp {
	struct corc_ref program; /* struct sock_filter array */
	uint64_t flags;          /* SECCOMP_FILTER_FLAG_* */
};

/* clone(CLONE_PARENT) of the process that the container can see. */
struct corc_op_clone_visible {
	uint32_t gate; /* 1: wait for GO_ON: it is known, and moved into its cgroup */
	uint32_t reserved;
};

struct corc_op_none {
	uint64_t reserved;
};

struct corc_op {
	uint32_t kind; /* enum corc_op_kind */
	uint32_t reserved;
	union {
		struct corc_op_none none;
		struct corc_op_affinity affinity;
		struct corc_op_oom_score_adj oom_score_adj;
		struct corc_op_join join;
		struct corc_op_setns setns;
		struct corc_op_rlimit rlimit;
		struct corc_op_clone clone;
		struct corc_op_map_ids map_ids;
		struct corc_op_unshare unshare;
		struct corc_op_time_offsets time_offsets;
		struct corc_op_propagation propagation;
		struct corc_op_rootfs rootfs;
		struct corc_op_mount mount;
		struct corc_op_attach attach;
		struct corc_op_remount remount;
		struct corc_op_path path;
		struct corc_op_mask mask;
		struct corc_op_device device;
		struct corc_op_symlink symlink;
		struct corc_op_console console;
		struct corc_op_text text;
		struct corc_op_sysctl sysctl;
		struct corc_op_hook_state hook_state;
		struct corc_op_hook hook;
		struct corc_op_list list;
		struct corc_op_label label;
		struct corc_op_keyring keyring;
		struct corc_op_personality personality;
		struct corc_op_memory_policy memory_policy;
		struct corc_op_identity identity;
		struct corc_op_home home;
		struct corc_op_seccomp seccomp;
		struct corc_op_clone_visible clone_visible;
	};
};

_Static_assert(sizeof(struct corc_op) == 80, "ops have one size on every architecture");

enum corc_plan_mode { CORC_PLAN_CREATE, CORC_PLAN_EXEC };

struct corc_plan_header {
	uint32_t magic;
	uint32_t size; /* of everything */
	uint32_t op_count;
	uint32_t data_offset;  /* from the start of the header */
	uint32_t mode;         /* enum corc_plan_mode */
	uint32_t preserve_fds; /* 3 .. 3+n-1 stay open */
	uint64_t fingerprint;  /* of this header file's layout, see corc_plan_fingerprint */
};

_Static_assert(sizeof(struct corc_plan_header) == 32, "no padding");

#define CORC_PLAN_FINGERPRINT \
	(((uint64_t)CORC_OP_MAX_ << 32) | (sizeof(struct corc_op) << 8) | CORC_SLOT_MAX)

/*
 * Checks a plan before anything is done with it: header, op kinds, every reference inside the
 * data, every string ended by NUL, every list with as many items as it says. Returns 0 or
 * -EBADMSG. Used by the stage and by tests.
 */
int corc_plan_check(const void *plan, size_t size);

static inline const struct corc_op *corc_plan_ops(const struct corc_plan_header *plan)
{
	return (const struct corc_op *)(plan + 1);
}

static inline const char *corc_plan_data(const struct corc_plan_header *plan, struct corc_ref ref)
{
	return (const char *)plan + plan->data_offset + ref.offset;
}

#endif
