/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcorc: containers after the OCI runtime specification 1.3.
 *
 * Handles are opaque or plain structs, nothing is global, and every function may be called from
 * any thread, also of a large program: children are made without copying the caller's memory,
 * no signal handler is set, and neither the working directory nor the umask is touched.
 * Functions return 0 on success and a negative errno with `error` filled on failure. What is
 * returned through `ret_` parameters is untouched on failure.
 */
#ifndef CORC_CORC_H
#define CORC_CORC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <corc/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum corc_cgroup_manager {
	CORC_CGROUP_MANAGER_CGROUPFS,
	CORC_CGROUP_MANAGER_SYSTEMD,
	CORC_CGROUP_MANAGER_DISABLED, /* make and enter no cgroup */
};

enum corc_rootless {
	CORC_ROOTLESS_AUTO, /* when the effective user is not root */
	CORC_ROOTLESS_TRUE,
	CORC_ROOTLESS_FALSE,
};

enum corc_log_level { CORC_LOG_ERROR, CORC_LOG_WARNING, CORC_LOG_INFO, CORC_LOG_DEBUG };

/* All zero: the defaults. Strings must outlive the runtime. */
struct corc_runtime_options {
	const char *root; /* state directory; NULL: /run/corc, or $XDG_RUNTIME_DIR/corc as given by
			     runtime_directory when not root, or only that of a user namespace */
	const char *runtime_directory; /* the value of $XDG_RUNTIME_DIR, NULL if unset */
	const char *user; /* the value of $USER: "root" of a user namespace has /run/corc */
	enum corc_cgroup_manager cgroup_manager;
	/* The values of $DBUS_SYSTEM_BUS_ADDRESS and $DBUS_SESSION_BUS_ADDRESS, NULL if unset:
	   where systemd is spoken to, the latter when rootless. */
	const char *system_bus, *user_bus;
	enum corc_rootless rootless;
	/* Milliseconds that a step may go without progress before it is given up; 0: 60000. */
	uint32_t deadline_ms;
	/* Called for warnings and debug messages, one line without newline; NULL: dropped. */
	void (*log)(void *data, enum corc_log_level level, const char *message);
	void *log_data;
};

struct corc_runtime;

/*
 * Makes a handle. Nothing is created on disk. EINVAL: root is "/" ("Option --root argument should
 * not be set to /") or not absolute after resolution against the working directory.
 */
CORC_PUBLIC int corc_runtime_new(const struct corc_runtime_options *options,
	struct corc_runtime **ret_runtime, struct corc_error *error);
CORC_PUBLIC void corc_runtime_free(struct corc_runtime *runtime);

/*
 * The notification socket of the caller's service manager (sd_notify(3)), for one container. Its
 * first process gets a socket of its own, $NOTIFY_SOCKET=/run/notify/notify.sock. When "READY=1"
 * comes from there, the manager is sent "READY=1", "MAINPID=…" and "BARRIER=1"; nothing else
 * passes.
 */
struct corc_notify;

/*
 * `socket`: what $NOTIFY_SOCKET holds, a path or "@" and an abstract name; EINVAL for others.
 * `main_pid`: the process that the manager is to watch; 0: the container's.
 */
CORC_PUBLIC int corc_notify_new(const char *socket, pid_t main_pid, struct corc_notify **ret_notify,
	struct corc_error *error);
CORC_PUBLIC void corc_notify_free(struct corc_notify *notify);

/*
 * After start or run: waits until the manager has dealt with what it was sent (at most 30 s), or
 * until the container's process ends without being ready. What fails is a warning in the log.
 */
CORC_PUBLIC void corc_notify_wait(struct corc_notify *notify);

/*
 * The same beside other things: poll the fd for input (negative: nothing is to come any more) for
 * at most so many milliseconds (negative: it is the container that is waited for, without limit),
 * then call corc_notify_handle.
 */
CORC_PUBLIC int corc_notify_fd(const struct corc_notify *notify);
CORC_PUBLIC int corc_notify_timeout(const struct corc_notify *notify);
CORC_PUBLIC void corc_notify_handle(struct corc_notify *notify);

/* A process that corc started and the caller has to wait for. */
struct corc_child {
	pid_t pid;
	int pidfd;      /* owned by the caller */
	int console_fd; /* pty master, owned by the caller; negative: none */
};

struct corc_create_options {
	const char *bundle;         /* directory; NULL: the working directory */
	const char *config;         /* name of the configuration in it; NULL: "config.json" */
	const char *console_socket; /* AF_UNIX stream socket that receives the pty master */
	const char *pid_file;       /* decimal, no newline, replaced atomically */
	const char *pidfd_socket;   /* AF_UNIX stream socket that receives the process's pidfd, with
				       the text "standard" */
	/*
	 * Open descriptors that are given to the process: first those of sd_listen_fds(3), from 3
	 * on, with their names for $LISTEN_FDNAMES (may be NULL); then preserve_fds more. They must
	 * not be close-on-exec.
	 */
	uint32_t listen_fds;
	const char *listen_fd_names;
	struct corc_notify *notify; /* create only notes that there is one; NULL: there is none */
	uint32_t preserve_fds;
	/* chroot into the root file system instead of pivot_root(2), for hosts whose root is a
	 * ramdisk. The host's mounts stay below the container's. */
	bool no_pivot;
	bool no_new_keyring; /* the container's processes keep the session keyring of who starts
				them */
	/* AF_UNIX stream socket that gets the seccomp listener when the configuration names none.
	 */
	const char *seccomp_receiver;
	/* The caller keeps the pty master (ret_child->console_fd): only for corc_container_run. */
	bool keep_console;
	/* The size that a terminal begins with, in characters; 0: leave it. */
	uint16_t console_rows, console_columns;
};

/*
 * Creates a container: runtime.md "create". On success its process waits for
 * corc_container_start. Errors: EEXIST id in use, EINVAL configuration or id, ENOENT bundle; on
 * every failure nothing is left behind.
 */
CORC_PUBLIC int corc_container_create(struct corc_runtime *runtime, const char *id,
	const struct corc_create_options *options, pid_t *ret_pid, struct corc_error *error);

/*
 * Creates and starts in one go. The container's process is a child of the caller. When this
 * returns 0 the user's program is running (or has already ended).
 */
CORC_PUBLIC int corc_container_run(struct corc_runtime *runtime, const char *id,
	const struct corc_create_options *options, struct corc_child *ret_child,
	struct corc_error *error);

/* All zero: the defaults. */
struct corc_start_options {
	/* Without effect on a container that was created without one. */
	struct corc_notify *notify;
};

/*
 * Starts a created container. EINVAL: it is not in state created; ESRCH: it is gone. `options` may
 * be NULL.
 */
CORC_PUBLIC int corc_container_start(struct corc_runtime *runtime, const char *id,
	const struct corc_start_options *options, struct corc_error *error);

struct corc_exec_options {
	/* A file with an OCI process object; NULL: the container's own process with the changes
	 * below. With it, only tty, the sockets, pid_file, preserve_fds and the cgroup count. */
	const char *process_file;
	const char *const *args; /* NULL-terminated */
	const char *const *env;  /* NAME=value, added to or replacing the container's */
	const char *cwd;
	const char *user;                /* "UID" or "UID:GID" */
	const char *const *capabilities; /* added to bounding, effective, permitted */
	const uint32_t *additional_gids;
	size_t additional_gid_count;
	bool tty;
	bool no_new_privileges;    /* set it although the container's process has not */
	const char *apparmor;      /* profile in place of the container's */
	const char *process_label; /* SELinux label in place of the container's */
	const char *console_socket;
	const char *pid_file;
	const char *pidfd_socket; /* as for create, with the text "setns" */
	/* NULL-terminated: existing cgroups below the container's, as "PATH", or on cgroup v1
	 * "CONTROLLER[,CONTROLLER]:PATH". NULL: the container's own. */
	const char *const *cgroups;
	uint32_t preserve_fds;
	bool keep_console;
	/* The size that a terminal begins with, in characters; 0: leave it. */
	uint16_t console_rows, console_columns;
	bool ignore_paused;
};

/*
 * Runs a further process in a container that is created or running. The process is a child of the
 * caller. Once the program has been executed this returns 0, whatever happens later.
 * Errors: ENOENT/EACCES/ENOEXEC… of the program, ESRCH container not running, EINVAL paused or
 * being created.
 */
CORC_PUBLIC int corc_container_exec(struct corc_runtime *runtime, const char *id,
	const struct corc_exec_options *options, struct corc_child *ret_child,
	struct corc_error *error);

/*
 * Waits for a child to end and closes its pidfd and console. *ret_status is its exit code, or
 * 128 + the signal that ended it.
 */
CORC_PUBLIC int corc_child_wait(
	struct corc_child *child, int *ret_status, struct corc_error *error);

enum corc_status {
	CORC_STATUS_CREATING,
	CORC_STATUS_CREATED,
	CORC_STATUS_RUNNING,
	CORC_STATUS_PAUSED,
	CORC_STATUS_STOPPED,
};

/* "creating", "created", … */
CORC_PUBLIC const char *corc_status_name(enum corc_status status);

struct corc_annotation {
	const char *key;
	const char *value;
};

/* What `state` and `list` tell of a container. Strings live until corc_state_done. */
struct corc_state {
	const char *id;
	pid_t pid; /* 0 when stopped */
	enum corc_status status;
	const char *bundle;  /* absolute */
	const char *rootfs;  /* absolute */
	const char *created; /* RFC 3339 with nanoseconds */
	uid_t owner;         /* of the state directory */
	const struct corc_annotation *annotations;
	size_t annotation_count;
	void *memory;
};

/* ENOENT: "container does not exist". */
CORC_PUBLIC int corc_container_state(struct corc_runtime *runtime, const char *id,
	struct corc_state *ret_state, struct corc_error *error);
CORC_PUBLIC void corc_state_done(struct corc_state *state);

/*
 * Calls `visit` for every container, ordered by id. A container whose state cannot be read is
 * passed over; the first such failure is returned when all others have been visited. A non-zero
 * return of visit ends the walk and is returned.
 */
CORC_PUBLIC int corc_container_list(struct corc_runtime *runtime,
	int (*visit)(void *data, const struct corc_state *state), void *data,
	struct corc_error *error);

/*
 * Sends a signal to the container's process; SIGKILL goes to all processes of a container that
 * has no pid namespace of its own. `all`: to every process of its cgroup; a stopped container is
 * then no error. ESRCH: "container not running"; EINVAL: its creation has not come to its end.
 */
CORC_PUBLIC int corc_container_kill(struct corc_runtime *runtime, const char *id, int signal,
	bool all, struct corc_error *error);

/*
 * Stops all processes of a container that is created or running; it is `paused` then. ESRCH:
 * "container not running" (also when it is paused already); ETIMEDOUT: a process cannot be stopped
 * now; it is named, and all go on; ENOTSUP: the container has no cgroup that can be frozen.
 */
CORC_PUBLIC int corc_container_pause(
	struct corc_runtime *runtime, const char *id, struct corc_error *error);

/*
 * Lets a paused container go on. EINVAL: "container not paused"; EBUSY: a cgroup above the
 * container's is frozen.
 */
CORC_PUBLIC int corc_container_resume(
	struct corc_runtime *runtime, const char *id, struct corc_error *error);

/*
 * The processes of a container's cgroup and of all cgroups below it, by their numbers in the
 * caller's pid namespace, sorted. None, when it is stopped. *ret_pids is malloc'ed, or NULL.
 * ENOTSUP: the container has no cgroup.
 */
CORC_PUBLIC int corc_container_processes(struct corc_runtime *runtime, const char *id,
	pid_t **ret_pids, size_t *ret_count, struct corc_error *error);

struct corc_update_options {
	/*
	 * A JSON object as linux.resources of a configuration, `length` bytes. What is absent stays
	 * as it is, as does what the kernel knows as "not given" (a memory limit or a quota of 0);
	 * -1 takes a limit away. Quota and period, memory and swap are completed with what is in
	 * force. Device rules are not looked at.
	 */
	const char *resources;
	size_t length;
	/* Its name for messages, which have positions then; NULL: they name properties only. */
	const char *file;
	/* Lines for the container's resctrl group, "L3:0=ff" and "MB:0=50"; NULL: as they are. */
	const char *l3_cache_schema, *memory_bandwidth_schema;
};

/*
 * Changes the limits of a container that is created, running or paused: all of them, or none. When
 * the kernel refuses one, the values before it are set back. ESRCH: "container not running";
 * EINVAL: the resources.
 */
CORC_PUBLIC int corc_container_update(struct corc_runtime *runtime, const char *id,
	const struct corc_update_options *options, struct corc_error *error);

struct corc_mounts_options {
	const char *mounts; /* a JSON array as mounts of a configuration, `length` bytes */
	size_t length;
	const char *file; /* its name for messages */
	bool remove;      /* only the destinations are looked at */
};

/*
 * Adds mounts to a container that is not stopped, in their order, or removes them, the last first.
 * Sources are the host's, relative to the bundle. What was mounted before a failure is taken away
 * again; directories that were made for it, changes by remount and what was removed are not undone.
 * ESRCH: "container not running"; EINVAL: the mounts, more than 200 of them, or a type that needs
 * the container's birth (proc, cgroup).
 */
CORC_PUBLIC int corc_container_mounts(struct corc_runtime *runtime, const char *id,
	const struct corc_mounts_options *options, struct corc_error *error);

/* The number of "KILL", "SIGKILL", "sigkill", "9", "SIGRTMIN+1"; -EINVAL. */
CORC_PUBLIC int corc_signal_number(const char *name);

/*
 * Removes a container: its processes and cgroup first, then its state. Without `force` it must be
 * stopped or created. With `force` a missing container is no error, and a container whose state is
 * half made or damaged is found by its marker and removed too.
 */
CORC_PUBLIC int corc_container_delete(
	struct corc_runtime *runtime, const char *id, bool force, struct corc_error *error);

/* --- checkpoint and restore: see docs/checkpoint.md ----------------------------------------- */

/* Who restores cgroups below the container's. */
enum corc_criu_cgroups {
	CORC_CRIU_CGROUPS_IGNORE, /* nobody: all processes are in the container's own */
	CORC_CRIU_CGROUPS_SOFT,   /* CRIU, those that are missing */
	CORC_CRIU_CGROUPS_FULL,
	CORC_CRIU_CGROUPS_STRICT,
};

/* How packets are kept away while the container is being written. */
enum corc_criu_network_lock {
	CORC_CRIU_NETWORK_LOCK_DEFAULT, /* what CRIU does by itself */
	CORC_CRIU_NETWORK_LOCK_IPTABLES,
	CORC_CRIU_NETWORK_LOCK_NFTABLES,
	CORC_CRIU_NETWORK_LOCK_SKIP,
};

/* What checkpoint and restore share. */
struct corc_criu_options {
	const char *program;    /* CRIU, absolute; required */
	const char *image_path; /* the folder of images; NULL: "checkpoint" */
	const char *work_path;  /* of CRIU's log and statistics; NULL: the folder of images */
	bool tcp_established;
	bool tcp_close;
	bool tcp_skip_in_flight; /* checkpoint */
	bool link_remap;         /* checkpoint */
	bool ext_unix_sk;
	bool shell_job; /* the terminal is the caller's own standard input */
	bool file_locks;
	bool lazy_pages;
	bool auto_dedup;
	bool empty_network; /* the network namespace is not written, or an empty one is made */
	enum corc_criu_cgroups cgroups;
	enum corc_criu_network_lock network_lock;
};

struct corc_checkpoint_options {
	struct corc_criu_options criu;
	const char *parent_path; /* the folder of an earlier pre-dump, relative to image_path */
	const char *page_server; /* "ADDRESS:PORT" that pages go to, or wait at with lazy_pages */
	int status_fd;           /* gets a NUL when the lazy server is ready; 0: none */
	bool leave_running;
	bool pre_dump; /* only the memory, and the container goes on */
	/* Called now and then meanwhile: bytes of memory written so far, milliseconds. */
	void (*progress)(void *data, uint64_t bytes, uint64_t elapsed_ms);
	void *progress_data;
};

/*
 * Writes a container to a folder. Unless it is left running it is then removed, as by delete.
 * EINVAL: "Container cannot be checkpointed in STATE state"; ENOENT, ENOTSUP: CRIU is missing, too
 * old or without what an option needs, which is found out before anything is touched. After a
 * failure the container runs as before; the message has the errors in CRIU's log, and its path.
 */
CORC_PUBLIC int corc_container_checkpoint(struct corc_runtime *runtime, const char *id,
	const struct corc_checkpoint_options *options, struct corc_error *error);

struct corc_restore_options {
	struct corc_criu_options criu;
	/* bundle, config, console_socket, pid_file, no_pivot, keep_console and the size. */
	struct corc_create_options create;
	const char *lsm_profile;       /* "apparmor:PROFILE", "selinux:LABEL" */
	const char *lsm_mount_context; /* SELinux context of mounts */
};

/*
 * Makes a container out of a bundle and a folder that checkpoint wrote. The container's process is
 * a child of the caller. It goes on only after its namespaces, mappings, credentials, capabilities,
 * no_new_privs, seccomp and label have been read back and found to be what the configuration
 * allows (EPERM). On every failure nothing is left behind.
 */
CORC_PUBLIC int corc_container_restore(struct corc_runtime *runtime, const char *id,
	const struct corc_restore_options *options, struct corc_child *ret_child,
	struct corc_error *error);

/*
 * The compiled plan of a bundle as text (one step a line) or JSON. Touches nothing.
 * *ret_text is malloc'ed.
 */
CORC_PUBLIC int corc_plan_describe(struct corc_runtime *runtime, const char *id,
	const struct corc_create_options *options, bool json, char **ret_text,
	struct corc_error *error);

/* All zero: the defaults. */
struct corc_validate_options {
	const char *bundle; /* as in struct corc_create_options */
	const char *config;
	enum corc_cgroup_manager cgroup_manager; /* whose form linux.cgroupsPath has */
	bool strict; /* also what create passes over or warns of: unknown properties and the like */
};

/*
 * Checks a bundle without looking at the host. Calls visit for everything that is wrong, in the
 * order of the text; *ret_count is how often. A failure is one of reading the bundle.
 */
CORC_PUBLIC int corc_bundle_validate(const struct corc_validate_options *options,
	void (*visit)(void *data, const struct corc_error *finding), void *data, size_t *ret_count,
	struct corc_error *error);

/* The default configuration (runtime-spec config.md) as JSON. *ret_json is malloc'ed. */
CORC_PUBLIC int corc_default_config(bool rootless, char **ret_json, struct corc_error *error);

/* The features structure (runtime-spec features.md) as JSON with four blanks of indentation. */
CORC_PUBLIC int corc_features(char **ret_json, struct corc_error *error);

/* "0.1.0" */
CORC_PUBLIC const char *corc_version(void);
/* The commit that was built, or "unknown". */
CORC_PUBLIC const char *corc_commit(void);
/* "1.3.0": the version of the specification. */
CORC_PUBLIC const char *corc_spec_version(void);
/* NULL-terminated pairs name, version of the libraries that went in. */
CORC_PUBLIC const char *const *corc_library_versions(void);

#ifdef __cplusplus
}
#endif
#endif
