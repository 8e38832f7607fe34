/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the compiler share. Layer: plan; the parent process only; used by plan/ alone.
 *
 * Functions append ops to the builder. Those that return int refuse a configuration: a negative
 * errno, and the error of the compiler is filled.
 */
#ifndef CORC_PLAN_COMPILER_H
#define CORC_PLAN_COMPILER_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/builder.h"
#include "plan/compile.h"

enum corc_namespace_use {
	CORC_NAMESPACE_SHARED, /* with the caller */
	CORC_NAMESPACE_NEW,
	CORC_NAMESPACE_JOINED,
};

struct corc_namespace_choice {
	enum corc_namespace_use use;
	const struct corc_spec_namespace *entry; /* NULL: not in the configuration */
	uint32_t slot;
	bool owned_by_joined;
};

/* A file system to make read-only once all is made in it. */
struct corc_late_readonly {
	uint32_t node; /* of the mount */
	const char *destination;
};

struct corc_compiler {
	struct corc_arena *arena;
	struct corc_builder builder;
	struct corc_plan *plan;
	struct corc_error *error;
	const struct corc_json_document *document; /* NULL: errors have no place */
	const struct corc_spec_process *process;

	/* create only */
	const struct corc_compile_input *input;
	const struct corc_spec *spec;
	const struct corc_host *host;
	struct corc_namespace_choice namespaces[CORC_NAMESPACE_COUNT];
	uint64_t root_propagation; /* linux.rootfsPropagation, MS_* with MS_REC; 0: not given */
	const char *mount_context; /* "context=LABEL" for new file systems; NULL: none */
	bool keeps_proc;           /* a mount has left a procfs for sysctls */
	/* A pid namespace is joined, and the container's process is born in it last, as in exec. */
	bool is_born_last;
	bool is_placed;                  /* corc_add_placement was here */
	bool keeps_dev;                  /* /dev is a bind mount and stays as it is */
	uint32_t mount_flags;            /* enum corc_mount_flag, of all that is mounted */
	struct corc_late_readonly *late; /* room for all mounts */
	size_t late_count;

	unsigned refusals; /* that were passed on, see corc_goes_on */

	const struct corc_spec_personality *personality;
	const struct corc_spec_memory_policy *memory_policy;
	uint16_t console_rows, console_columns;
	uint64_t capabilities;            /* those that the process can be given */
	struct corc_op_identity identity; /* groups: a reference into the builder's data */
};

static inline bool corc_has_namespace(
	const struct corc_compiler *compiler, enum corc_namespace_type type)
{
	return compiler->namespaces[type].use != CORC_NAMESPACE_SHARED;
}

/* Mounts of its own, in a mount namespace or, when the configuration has them without one, the
 * host's. */
static inline bool corc_has_mounts(const struct corc_compiler *compiler)
{
	return corc_has_namespace(compiler, CORC_NAMESPACE_MOUNT) ||
	       compiler->spec->mounts.count > 0;
}

/* compile.c: refuses the value at a property. Returns -EINVAL. */
int corc_refuse(struct corc_compiler *compiler, struct corc_op_source source, const char *format,
	...) CORC_PRINTF(3, 4);

/* The same, but the value is taken, or left out. */
void corc_warn(struct corc_compiler *compiler, struct corc_op_source source, const char *format,
	...) CORC_PRINTF(3, 4);

/*
 * Whether to go on after something that gave this result: a success, or a refusal that the caller
 * wants among others and has been given now.
 */
bool corc_goes_on(struct corc_compiler *compiler, int result);

/* The next op that has no members, or one path. */
void corc_add_plain(
	struct corc_compiler *compiler, enum corc_op_kind kind, struct corc_op_source source);
void corc_add_path(struct corc_compiler *compiler, enum corc_op_kind kind,
	struct corc_op_source source, const char *path);

/* compile_annotations.c */
struct corc_op_source corc_annotation_source(const struct corc_compiler *compiler, const char *key);
/* Refuses those that corc cannot do, and notes in the plan what the others say. */
int corc_check_annotations(struct corc_compiler *compiler);
/* run.oci.seccomp_bpf_data: the filter in place of that of linux.seccomp. */
int corc_compile_raw_filter(struct corc_compiler *compiler);

/* compile_namespaces.c */
void corc_choose_namespaces(struct corc_compiler *compiler);
int corc_add_namespaces(struct corc_compiler *compiler);
/* Waiting for the cgroup, and the cgroup namespace; once, the first call counts. */
void corc_add_placement(struct corc_compiler *compiler);

/* Id 0 of the container, or the first that there is. */
uint32_t corc_first_id(const struct corc_spec_id_mappings *mappings);

/* The text for /proc/PID/uid_map. */
const char *corc_map_text(
	struct corc_compiler *compiler, const struct corc_spec_id_mappings *mappings);

/* compile_mounts.c */
int corc_add_mounts(struct corc_compiler *compiler);
void corc_add_late_readonly(struct corc_compiler *compiler);
/* ATTACH and its bind, which the caller completes; path and destination are kept. */
struct corc_plan_bind *corc_add_bind(struct corc_compiler *compiler, struct corc_op_source source,
	const char *path, const char *destination, const char *options);

struct corc_mount_options;

/* compile_idmap.c: fills *ret_idmap when the mount is to be mapped. */
int corc_compile_idmap(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const struct corc_mount_options *options, struct corc_plan_idmap *ret_idmap);

/* compile_cgroup_mount.c */
int corc_add_cgroup_mount(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const char *destination, const struct corc_mount_options *options);

/* compile_devices.c */
void corc_add_devices(struct corc_compiler *compiler);

/* compile_hooks.c */
bool corc_has_creation_hooks(const struct corc_compiler *compiler);
int corc_add_creation_hooks(struct corc_compiler *compiler);
/* For the hooks of a phase: their input and working directory (NULL: leave); then the hooks. */
void corc_add_hook_state(
	struct corc_compiler *compiler, enum corc_hook_phase phase, const char *directory);
void corc_add_hooks(struct corc_compiler *compiler, enum corc_hook_phase phase);

/* compile_identity.c: fills compiler->identity, from compiler->capabilities. */
uint64_t corc_available_capabilities(const struct corc_compiler *compiler);
int corc_compile_identity(struct corc_compiler *compiler, bool groups_denied, bool keep_groups);

/* compile_listener.c: who gets the listener of spec's filter. */
int corc_compile_listener(struct corc_compiler *compiler);

/* compile_security.c */
/* Refuses labels of the process that the host cannot give; facts NULL: they are known to be good.
 */
int corc_check_labels(struct corc_compiler *compiler, const struct corc_security_facts *facts);
/* linux.mountLabel: fills mount_context, or refuses. */
int corc_compile_mount_label(struct corc_compiler *compiler);
/* Fills data and label of a mount of that type with its options and linux.mountLabel. */
void corc_label_filesystem(struct corc_compiler *compiler, const char *fstype,
	const struct corc_string_array *data, struct corc_op_mount *mount);
/* The option that labels a mount of that type, NULL: none, or `data` has one already. */
const char *corc_label_option(const struct corc_compiler *compiler, const char *fstype,
	const struct corc_string_array *data);
/* Before anything is entered: labels will be written. */
void corc_add_host_proc(struct corc_compiler *compiler);
/*
 * The session keyring of that name (NULL: none) and the labels of the program. `is_new`: later
 * processes of the container may join the keyring.
 */
void corc_add_security(struct corc_compiler *compiler, const char *keyring, bool is_new);

/* compile_schedule.c */
/* The CPUs of a later process until it is in its cgroup; the first op of a plan. */
void corc_add_initial_affinity(struct corc_compiler *compiler);
/* Personality and memory policy: before a filter may forbid them. */
void corc_add_execution_domain(struct corc_compiler *compiler);

/* compile_process.c: what create and exec have in common. */
/* The first op of a plan. may_be_denied: EACCES is no failure. */
void corc_add_oom_score_adj(struct corc_compiler *compiler, bool may_be_denied);

enum corc_rlimit_choice { CORC_RLIMITS_ALL, CORC_RLIMITS_BUT_NPROC, CORC_RLIMITS_NPROC };
/* While there are capabilities for it: the hard limits. */
void corc_raise_rlimits(struct corc_compiler *compiler, enum corc_rlimit_choice choice);

void corc_add_rlimits(struct corc_compiler *compiler, enum corc_rlimit_choice choice);
void corc_add_console(struct corc_compiler *compiler, bool mount);
void corc_add_session(struct corc_compiler *compiler);
/*
 * The clone that is born into the pid namespace, and what only it can do: its session and the limit
 * that counts processes. gate: it waits until the parent has answered CHILD.
 */
void corc_add_visible(struct corc_compiler *compiler, bool gate);
/* From the credentials to the program that was found; on the way the filter of a process that may
 * gain privileges is loaded, and every filter with a listener: who sees the process must not find
 * that in it. */
void corc_add_identity(struct corc_compiler *compiler);
void corc_add_last_filter(struct corc_compiler *compiler);

#endif
