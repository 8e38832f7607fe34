/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec + facts about the host → plan. Layer: plan; the parent process only. Pure: nothing is
 * asked of the kernel here and nothing is changed, so it is tested without root, with golden
 * files. All decisions are made here; the stage only carries them out.
 */
#ifndef CORC_PLAN_COMPILE_H
#define CORC_PLAN_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "plan/cgroup_plan.h"
#include "plan/host.h"
#include "plan/plan.h"
#include "spec/spec.h"

/* Where an op comes from: a value of the configuration. */
struct corc_op_source {
	uint32_t node;
	uint32_t index;  /* of an array item, else UINT32_MAX */
	const char *key; /* NULL: the object itself */
};

/* Texts for /proc/PID/uid_map and gid_map of the namespace that an idmapped mount is given. */
struct corc_plan_idmap {
	const char *uid_map, *gid_map; /* NULL: it is none */
	bool recursive;
};

/* What the parent opens in the host for one CORC_OP_ATTACH, or a CORC_OP_ROOTFS that waits for it,
 * in the order of those ops. */
struct corc_plan_bind {
	struct corc_op_source source;
	const char *path;        /* absolute, on the host */
	const char *destination; /* for messages */
	bool recursive;
	bool nofollow;     /* a symbolic link at the end of path is the source */
	bool keeps_locked; /* what a flag of the source forbids is not given by options either */
	bool is_device;    /* must be this character or block device */
	uint32_t mode, major, minor;
	uint64_t attr_set, attr_clear;                     /* mount_setattr on the mount itself */
	uint64_t recursive_attr_set, recursive_attr_clear; /* and on the whole tree (rro …) */
	/*
	 * Propagation, MS_* or 0: first that of the whole tree, which is what the container's mount
	 * namespace gives to all that it inherits (else the clone would be a peer of the host's
	 * mount), then that of the options.
	 */
	uint64_t tree_propagation;
	uint64_t propagation;
	bool propagation_recursive;
	struct corc_plan_idmap idmap;
	/* A new file system, which only the parent can map; path is its source. NULL: a bind. */
	const char *fstype;
	struct corc_string_array data; /* its options */
	/* Must be a procfs, or: "DESTINATION" cannot be mounted because it is not of type proc. */
	bool must_be_proc;
};

struct corc_plan {
	const struct corc_plan_header *wire; /* header->size bytes */
	struct corc_op_source *sources;      /* one an op */
	struct corc_plan_bind *binds;
	size_t bind_count;
	uint64_t spawn_flags; /* CLONE_NEW* for the first clone3 of the stage */
	bool clones;          /* there is a CORC_OP_CLONE(_VISIBLE): a CHILD message comes */
	bool clones_last;     /* create: that is CORC_OP_CLONE_VISIBLE, after all the mounts */
	bool waits_placed;    /* there is a CORC_OP_WAIT_PLACED */
	bool maps_ids;
	const char *uid_map, *gid_map; /* texts for /proc/PID/{uid,gid}_map */
	/* The caller may not write them: newuidmap(1) and newgidmap(1) do. */
	bool helps_uid_map, helps_gid_map;
	bool deny_setgroups;
	/* The caller may not clone mounts: binds, and first of them the root file system, are
	 * opened in the namespaces that the stage has made. */
	bool opens_inside;
	bool keep_groups; /* the caller's groups stay, as an annotation wants it */
	bool terminal;
	bool asks_for_hooks; /* the stage asks the parent for hooks before it is ready */
	const struct corc_cgroup_plan *cgroup; /* create only */
	const char *keyring; /* create only: name of the session keyring, NULL: none */
	struct corc_string_array warnings;
	/* For exec: what was compiled once, see plan/exec_base.h. */
	const void *seccomp_program; /* struct sock_filter[]; NULL: none */
	size_t seccomp_size;         /* bytes */
	uint64_t seccomp_flags;
	/* The socket that the filter's listener goes to, absolute; NULL: there is no listener. */
	const char *listener_path;
	const char *listener_metadata; /* NULL: none */
};

/*
 * How the stage comes into its cgroup. Where it is not born there, CORC_OP_WAIT_PLACED comes before
 * the cgroup namespace is made.
 */
enum corc_placement {
	CORC_PLACED_AT_BIRTH,
	CORC_PLACED_BY_PARENT,  /* v1, hybrid: it waits first of all */
	CORC_PLACED_BY_SYSTEMD, /* that takes time: it mounts all that shows no cgroups first */
};

struct corc_compile_input {
	const struct corc_spec *spec;
	const struct corc_host *host;
	const char *id;
	const char *bundle;                    /* absolute */
	const char *rootfs;                    /* absolute, resolved by the caller */
	const struct corc_cgroup_plan *cgroup; /* compiled before, see plan/cgroup_plan.h */
	uint32_t preserve_fds;
	/* NAME=value, for the first process alone: later ones do not inherit it. */
	struct corc_string_array environment;
	bool no_pivot;
	bool no_new_keyring;
	bool restored; /* by CRIU, which gave it a time namespace: later processes enter that */
	/* The filter of spec when it was compiled before, else NULL; size in bytes. */
	const void *seccomp_program;
	size_t seccomp_size;
	const char *seccomp_receiver; /* listenerPath of a configuration without; NULL: none */
	uint16_t console_rows, console_columns; /* 0: leave */
	enum corc_placement placed;
	/*
	 * For those who want all that is refused: called with the error each time, and compiling
	 * goes on behind it. It fails in the end nevertheless. NULL: the first refusal is the last.
	 */
	void (*refused)(void *data, const struct corc_error *error);
	void *refused_data;
};

/* The plan of `create` and `run`. */
int corc_compile_create(struct corc_arena *arena, const struct corc_compile_input *input,
	struct corc_plan **ret_plan, struct corc_error *error);

/* How to enter a container, kept in the state directory by create (packed, see spec/pack.h). */
struct corc_exec_base {
	uint32_t node;       /* 0 */
	uint64_t namespaces; /* CLONE_NEW* in which the container may differ from the caller */
	bool has_seccomp;    /* the program is the file "seccomp.bpf" beside it */
	uint64_t seccomp_flags;
	uint64_t seccomp_hash;                         /* of the program, corc_hash */
	const char *listener_path, *listener_metadata; /* as in struct corc_plan */
	bool deny_groups; /* setgroups is denied in its user namespace */
	bool keep_groups; /* the caller's groups stay, as an annotation wants it */
	uint32_t last_capability;
	uint64_t capabilities; /* that the process can be given */
	/* What to become in its user namespace before anything else. */
	uint32_t root_uid, root_gid;
	const char *keyring; /* name of the session keyring, NULL: that of the caller stays */
	const char *chroot; /* path on the host of a container without mount namespace, else NULL */
	const struct corc_spec_personality *personality;     /* NULL: none */
	const struct corc_spec_memory_policy *memory_policy; /* NULL: none */
	struct corc_spec_process process;
};

extern const struct corc_json_object corc_exec_base_object;

struct corc_compile_exec_input {
	const struct corc_exec_base *base;       /* how to enter; base->process is not looked at */
	const struct corc_spec_process *process; /* what to run */
	/* For messages about `process` when it came from a file, else NULL. */
	const struct corc_json_document *document;
	/* About the labels of `process`; NULL: they are those of the container, which create
	 * checked. */
	const struct corc_security_facts *security;
	const void *seccomp_program;
	size_t seccomp_size;
	uint64_t namespaces; /* base->namespaces without those that are the caller's own */
	bool rootless;
	uint16_t console_rows, console_columns; /* 0: leave */
	bool gate; /* the visible process waits to be moved into its cgroup */
	uint32_t preserve_fds;
};

/* The plan of `exec`. */
int corc_compile_exec(struct corc_arena *arena, const struct corc_compile_exec_input *input,
	struct corc_plan **ret_plan, struct corc_error *error);

struct corc_compile_hotplug_input {
	const struct corc_spec *spec; /* mounts; and of linux what the container has */
	const struct corc_host *host;
	const char *bundle;          /* absolute: where sources begin */
	uint64_t namespaces;         /* CLONE_NEW* to enter */
	uint32_t root_uid, root_gid; /* to become in the user namespace, when that is entered */
	bool removes;                /* not added */
};

/* The plan of `mounts add` and `mounts remove`. It ends with READY. */
int corc_compile_hotplug(struct corc_arena *arena, const struct corc_compile_hotplug_input *input,
	struct corc_plan **ret_plan, struct corc_error *error);

/* The base for later execs of what a create plan made. */
void corc_exec_base_of(const struct corc_compile_input *input, const struct corc_plan *plan,
	struct corc_exec_base *ret_base);

/*
 * One op in words, without newline: "mount proc on /proc (nosuid,nodev,noexec)". The texts of
 * errors and of `corc plan` both come from here.
 */
void corc_op_describe(
	const struct corc_plan_header *plan, const struct corc_op *op, struct corc_buffer *buffer);

/* The step of the pipeline that an op belongs to, for errors. */
enum corc_step corc_op_step(uint32_t kind);

/* The whole plan with origins, ids, cgroup settings: text (one step a line) or JSON. */
int corc_plan_print(const struct corc_spec *spec, const struct corc_plan *plan, bool json,
	struct corc_buffer *buffer, struct corc_error *error);

/* Capability names ↔ numbers (libcap). -ENOENT for an unknown name. */
int corc_capability_number(const char *name);

/*
 * Compiles a seccomp object with libseccomp. *ret_program comes from the arena; size in bytes.
 * Without libseccomp in the build: ENOSYS with a text that says so.
 */
int corc_compile_seccomp(struct corc_arena *arena, const struct corc_spec *spec,
	const void **ret_program, size_t *ret_size, struct corc_error *error);

/* Whether filters can be compiled for this one of corc_spec_seccomp_architectures. */
bool corc_seccomp_has_architecture(const char *name);

/* Whether an annotation has a program in place of linux.seccomp. */
bool corc_has_raw_filter(const struct corc_spec *spec);

/* Of SECCOMP_FILTER_FLAG_*: NEW_LISTENER and WAIT_KILLABLE_RECV. */
#define CORC_LISTENER_FLAGS (UINT64_C(1) << 3 | UINT64_C(1) << 5)

/* SECCOMP_FILTER_FLAG_* to load a filter with. */
uint64_t corc_seccomp_flags(const struct corc_spec_seccomp *seccomp);

/*
 * Appends everything but this build that the program of corc_compile_seccomp depends on: two
 * configurations with the same bytes have the same program. -ENOSYS without libseccomp, -ENOMEM.
 */
int corc_seccomp_key(const struct corc_spec *spec, struct corc_buffer *key);

#endif
