/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.json as typed structs (OCI runtime specification 1.3, Linux). Layer: spec; the parent
 * process only. Plain data in one arena: loading touches nothing but the file.
 *
 * Every struct that stands for a JSON object begins with `node`, its place in the document: with
 * corc_json_find(document, mount->node, "destination", UINT32_MAX) every message finds its line.
 * The tables that fill these structs are in spec_*.c, one row a property.
 */
#ifndef CORC_SPEC_SPEC_H
#define CORC_SPEC_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_reader.h"

#define CORC_SPEC_VERSION "1.3.0"
#define CORC_LABEL_MAX 4000 /* bytes of a label or profile name; it is written as one page */
#define CORC_CPU_WORDS ((size_t)256) /* of a mask of CPUs: 8192, what a kernel can be built for */
#define CORC_MEMORY_NODE_WORDS ((size_t)32) /* 1024 */
#define CORC_CONFIG_MAX (16u << 20)         /* bytes of a config.json */

enum corc_capability_set {
	CORC_CAPS_BOUNDING,
	CORC_CAPS_EFFECTIVE,
	CORC_CAPS_INHERITABLE,
	CORC_CAPS_PERMITTED,
	CORC_CAPS_AMBIENT,
	CORC_CAPS_COUNT
};

struct corc_spec_capabilities {
	uint32_t node;
	struct corc_string_array sets[CORC_CAPS_COUNT]; /* names, "CAP_CHOWN" */
};

struct corc_spec_rlimit {
	uint32_t node;
	uint32_t type; /* RLIMIT_* */
	uint64_t soft, hard;
};

struct corc_spec_rlimits {
	struct corc_spec_rlimit *items;
	size_t count;
};

struct corc_spec_user {
	uint32_t node;
	uint32_t uid, gid;
	uint32_t *umask; /* NULL: 0022 */
	struct corc_u32_array additional_gids;
};

/* In characters. */
struct corc_spec_console_size {
	uint32_t node;
	uint32_t height, width;
};

/* sched_setattr(2). */
struct corc_spec_scheduler {
	uint32_t node;
	uint32_t policy; /* SCHED_* of the kernel */
	int64_t *nice, *priority;
	struct corc_u32_array flags;           /* SCHED_FLAG_* of the kernel */
	uint64_t *runtime, *deadline, *period; /* nanoseconds, SCHED_DEADLINE */
};

/* ioprio_set(2). */
struct corc_spec_io_priority {
	uint32_t node;
	uint32_t class_; /* IOPRIO_CLASS_* of the kernel */
	uint32_t priority;
};

/* Lists of CPUs, "0-3,7", for processes that come later (exec); NULL: not given. */
struct corc_spec_cpu_affinity {
	uint32_t node;
	const char *initial; /* until the process is in its cgroup */
	const char *final;   /* from then on */
};

struct corc_spec_process {
	uint32_t node;
	bool terminal;
	struct corc_spec_console_size *console_size; /* NULL: not given */
	bool no_new_privileges;
	struct corc_spec_user user;
	struct corc_string_array args;
	struct corc_string_array env;
	const char *cwd;
	struct corc_spec_capabilities *capabilities; /* NULL: none at all */
	struct corc_spec_rlimits rlimits;
	int64_t *oom_score_adj;       /* NULL: untouched */
	const char *apparmor_profile; /* NULL: none is asked for */
	const char *selinux_label;    /* NULL: none */
	struct corc_spec_scheduler *scheduler;
	struct corc_spec_io_priority *io_priority;
	struct corc_spec_cpu_affinity *exec_cpu_affinity;
};

struct corc_spec_root {
	uint32_t node;
	const char *path;
	bool readonly;
};

struct corc_spec_id_mapping {
	uint32_t node;
	uint32_t container_id, host_id, size;
};

struct corc_spec_id_mappings {
	struct corc_spec_id_mapping *items;
	size_t count;
};

struct corc_spec_mount {
	uint32_t node;
	const char *destination;
	const char *type; /* NULL: "none" */
	const char *source;
	struct corc_string_array options;
	/* Of the ids of the file system to those of the host; none: see the option idmap. */
	struct corc_spec_id_mappings uid_mappings, gid_mappings;
};

struct corc_spec_mounts {
	struct corc_spec_mount *items;
	size_t count;
};

/* In the order of the specification. Values are indexes of corc_namespaces (sys/namespace.h). */
enum corc_namespace_type {
	CORC_NAMESPACE_PID,
	CORC_NAMESPACE_NETWORK,
	CORC_NAMESPACE_MOUNT,
	CORC_NAMESPACE_IPC,
	CORC_NAMESPACE_UTS,
	CORC_NAMESPACE_USER,
	CORC_NAMESPACE_CGROUP,
	CORC_NAMESPACE_TIME,
	CORC_NAMESPACE_COUNT
};

struct corc_spec_namespace {
	uint32_t node;
	uint32_t type;    /* enum corc_namespace_type */
	const char *path; /* NULL: a new one */
};

struct corc_spec_namespaces {
	struct corc_spec_namespace *items;
	size_t count;
};

struct corc_spec_time_offset {
	uint32_t node;
	int64_t secs;
	uint32_t nanosecs;
};

struct corc_spec_time_offsets {
	uint32_t node;
	struct corc_spec_time_offset *monotonic, *boottime;
};

enum corc_device_type {
	CORC_DEVICE_CHAR,  /* "c", "u" */
	CORC_DEVICE_BLOCK, /* "b" */
	CORC_DEVICE_FIFO,  /* "p" */
	CORC_DEVICE_ALL,   /* "a", in cgroup rules only */
};

struct corc_spec_device {
	uint32_t node;
	uint32_t type; /* enum corc_device_type */
	const char *path;
	int64_t *major, *minor;
	uint32_t *file_mode; /* NULL: 0666 */
	uint32_t *uid, *gid;
};

struct corc_spec_devices {
	struct corc_spec_device *items;
	size_t count;
};

struct corc_spec_device_rule {
	uint32_t node;
	bool allow;
	uint32_t *type;         /* enum corc_device_type, NULL: all */
	int64_t *major, *minor; /* NULL or -1: any */
	const char *access;     /* of "rwm"; NULL: all three */
};

struct corc_spec_device_rules {
	struct corc_spec_device_rule *items;
	size_t count;
};

struct corc_spec_memory {
	uint32_t node;
	int64_t *limit, *reservation, *swap; /* bytes, -1: unlimited */
	int64_t *kernel, *kernel_tcp;        /* what kernels had once */
	uint64_t *swappiness;
	bool *disable_oom_killer;
	bool *use_hierarchy;
	bool *check_before_update;
};

struct corc_spec_cpu {
	uint32_t node;
	uint64_t *shares, *period, *burst;
	int64_t *quota;
	uint64_t *realtime_period;
	int64_t *realtime_runtime;
	int64_t *idle;
	const char *cpus, *mems;
};

struct corc_spec_pids {
	uint32_t node;
	int64_t *limit;
};

struct corc_spec_weight_device {
	uint32_t node;
	uint32_t major, minor;
	uint32_t *weight, *leaf_weight; /* 10 … 1000; 0: not given */
};

struct corc_spec_weight_devices {
	struct corc_spec_weight_device *items;
	size_t count;
};

struct corc_spec_throttle_device {
	uint32_t node;
	uint32_t major, minor;
	uint64_t rate; /* bytes or operations a second; 0: unlimited */
};

struct corc_spec_throttle_devices {
	struct corc_spec_throttle_device *items;
	size_t count;
};

struct corc_spec_block_io {
	uint32_t node;
	uint32_t *weight, *leaf_weight; /* 10 … 1000; 0: not given */
	struct corc_spec_weight_devices weight_devices;
	struct corc_spec_throttle_devices read_bps, write_bps, read_iops, write_iops;
};

struct corc_spec_hugepage_limit {
	uint32_t node;
	const char *page_size; /* "2MB" */
	uint64_t limit;        /* bytes */
};

struct corc_spec_hugepage_limits {
	struct corc_spec_hugepage_limit *items;
	size_t count;
};

struct corc_spec_interface_priority {
	uint32_t node;
	const char *name;
	uint32_t priority;
};

struct corc_spec_interface_priorities {
	struct corc_spec_interface_priority *items;
	size_t count;
};

struct corc_spec_network {
	uint32_t node;
	uint32_t *class_id; /* 0: not given */
	struct corc_spec_interface_priorities priorities;
};

struct corc_spec_rdma {
	uint32_t node;
	const char *name; /* of the device: "mlx5_1" */
	uint32_t *hca_handles, *hca_objects;
};

struct corc_spec_rdmas {
	struct corc_spec_rdma *items;
	size_t count;
};

/* In the order in which they run. */
enum corc_hook_phase {
	CORC_HOOK_PRESTART,
	CORC_HOOK_CREATE_RUNTIME,
	CORC_HOOK_CREATE_CONTAINER,
	CORC_HOOK_START_CONTAINER,
	CORC_HOOK_POSTSTART,
	CORC_HOOK_POSTSTOP,
	CORC_HOOK_PHASE_COUNT
};

/* The property, and the status of the container that its hooks are told. */
struct corc_hook_phase_words {
	const char *name;
	const char *status;
};

extern const struct corc_hook_phase_words corc_hook_phases[CORC_HOOK_PHASE_COUNT];

#define CORC_HOOK_TIMEOUT_MAX INT32_MAX /* seconds */

struct corc_spec_hook {
	uint32_t node;
	const char *path;              /* absolute */
	struct corc_string_array args; /* none: the path alone */
	struct corc_string_array env;
	int64_t *timeout; /* seconds; NULL: none */
};

struct corc_spec_hook_list {
	struct corc_spec_hook *items;
	size_t count;
};

struct corc_spec_hooks {
	uint32_t node;
	struct corc_spec_hook_list phases[CORC_HOOK_PHASE_COUNT];
};

struct corc_spec_resources {
	uint32_t node;
	struct corc_spec_device_rules devices;
	struct corc_spec_memory *memory;
	struct corc_spec_cpu *cpu;
	struct corc_spec_pids *pids;
	struct corc_string_map unified;
	struct corc_spec_block_io block_io;
	struct corc_spec_hugepage_limits hugepage_limits;
	struct corc_spec_network network;
	struct corc_spec_rdmas rdma;
};

struct corc_spec_seccomp_arg {
	uint32_t node;
	uint32_t index;
	uint64_t value, value_two;
	uint32_t op; /* enum scmp_compare */
};

struct corc_spec_seccomp_args {
	struct corc_spec_seccomp_arg *items;
	size_t count;
};

/* The specification's actions in its order; plan/ turns them into libseccomp's numbers. */
enum corc_seccomp_action {
	CORC_SECCOMP_KILL,
	CORC_SECCOMP_KILL_PROCESS,
	CORC_SECCOMP_KILL_THREAD,
	CORC_SECCOMP_TRAP,
	CORC_SECCOMP_ERRNO,
	CORC_SECCOMP_TRACE,
	CORC_SECCOMP_ALLOW,
	CORC_SECCOMP_LOG,
	CORC_SECCOMP_NOTIFY,
};

struct corc_spec_seccomp_rule {
	uint32_t node;
	struct corc_string_array names;
	uint32_t action;
	uint32_t *errno_ret;
	struct corc_spec_seccomp_args args;
};

struct corc_spec_seccomp_rules {
	struct corc_spec_seccomp_rule *items;
	size_t count;
};

struct corc_spec_seccomp {
	uint32_t node;
	uint32_t *default_action; /* NULL together with no rules: seccomp is off */
	uint32_t *default_errno_ret;
	struct corc_string_array architectures;        /* "SCMP_ARCH_X86_64" */
	struct corc_string_array *flags;               /* NULL: absent, which means SPEC_ALLOW */
	const char *listener_path, *listener_metadata; /* NULL or "": none */
	struct corc_spec_seccomp_rules syscalls;
};

struct corc_spec_net_device {
	uint32_t node;
	const char *name;           /* on the host */
	const char *container_name; /* NULL: the same; may be a template, "eth%d" */
};

struct corc_spec_net_devices {
	struct corc_spec_net_device *items;
	size_t count;
};

/* resctrl; NULL and none: not given. */
struct corc_spec_intel_rdt {
	uint32_t node;
	const char *clos_id; /* a group of the root, "/" for the default one; NULL: the container's
				id */
	struct corc_string_array schemata; /* lines */
	const char *l3_cache_schema;
	const char *memory_bandwidth_schema;
	bool enable_monitoring;
};

/* personality(2). */
struct corc_spec_personality {
	uint32_t node;
	uint32_t domain; /* PER_* of the kernel */
	struct corc_string_array flags;
};

/* set_mempolicy(2). */
struct corc_spec_memory_policy {
	uint32_t node;
	uint32_t mode;               /* MPOL_* of the kernel */
	const char *nodes;           /* "0-3,7"; NULL: none */
	struct corc_u32_array flags; /* MPOL_F_* of the kernel */
};

struct corc_spec_linux {
	uint32_t node;
	struct corc_spec_namespaces namespaces;
	struct corc_spec_id_mappings uid_mappings, gid_mappings;
	struct corc_spec_time_offsets time_offsets;
	struct corc_spec_devices devices;
	const char *cgroups_path;
	struct corc_spec_resources resources;
	struct corc_spec_seccomp *seccomp;
	struct corc_string_map sysctl;
	const char *rootfs_propagation;
	struct corc_string_array masked_paths, readonly_paths;
	const char *mount_label; /* SELinux; NULL: none */
	struct corc_spec_net_devices net_devices;
	struct corc_spec_intel_rdt *intel_rdt; /* NULL: the caller's groups */
	struct corc_spec_personality *personality;
	struct corc_spec_memory_policy *memory_policy;
};

struct corc_spec {
	uint32_t node;
	const char *oci_version;
	struct corc_spec_root root;
	struct corc_spec_process *process; /* NULL: the container can be created, not started */
	const char *hostname, *domainname;
	struct corc_spec_mounts mounts;
	struct corc_spec_hooks hooks;
	struct corc_string_map annotations;
	struct corc_spec_linux linux_;
	bool is_read; /* every value could be read: problems, if any, are those of the checks */
	/* Where everything stood; its arena owns all of the above. */
	struct corc_json_document document;
};

/*
 * Reads and checks a configuration: types, ranges, closed sets, required properties and the rules
 * between properties that need no look at the host. `text` is kept in the arena of the result only
 * as far as strings refer to it. On failure error holds every problem of the file.
 * `file` is the name for messages ("config.json").
 */
int corc_spec_parse(struct corc_arena *arena, const char *file, const char *text, size_t length,
	struct corc_spec **ret_spec, struct corc_error *error);

/*
 * The same, but problems are left in the document of the result, in the order of the text. Without
 * is_read nothing but the document may be used; with it, what else is wrong can be looked for.
 * Fails only when the text is too long or memory is short.
 */
int corc_spec_read(struct corc_arena *arena, const char *file, const char *text, size_t length,
	struct corc_spec **ret_spec, struct corc_error *error);

/*
 * As corc_spec_parse for the `process` object alone (exec --process FILE). `document` has arena and
 * file set, is zero otherwise, and knows afterwards where everything stood.
 */
int corc_spec_parse_process(struct corc_json_document *document, const char *text, size_t length,
	struct corc_spec_process **ret_process, struct corc_error *error);

/*
 * As corc_spec_parse for a `linux.resources` object alone (update). Of the result only
 * linux_.resources and the document are there. What an update completes from the container may be
 * missing. `file` may be empty: then messages name properties without a position.
 */
int corc_spec_parse_resources(struct corc_arena *arena, const char *file, const char *text,
	size_t length, struct corc_spec **ret_spec, struct corc_error *error);

/*
 * As corc_spec_parse for an array of mounts alone (mounts). Of the result only the mounts and the
 * document are there.
 */
int corc_spec_parse_mounts(struct corc_arena *arena, const char *file, const char *text,
	size_t length, struct corc_spec **ret_spec, struct corc_error *error);

/*
 * The first entry for a type, NULL when the configuration has none (the container shares the
 * caller's).
 */
const struct corc_spec_namespace *corc_spec_find_namespace(
	const struct corc_spec *spec, enum corc_namespace_type type);

/* The value of an annotation; NULL: there is none. */
const char *corc_spec_annotation(const struct corc_spec *spec, const char *key);
const char *corc_annotation_of(const struct corc_string_map *map, const char *key);

/*
 * What is wrong with the name of a profile or a label, NULL for nothing: it goes through one write
 * to procfs, which cuts what is longer than a page and passes over blanks at the ends.
 */
const char *corc_spec_label_problem(const char *label);

/*
 * The path below /proc/sys of a sysctl in either notation: "net.ipv4.ip_forward" and
 * "net/ipv4/ip_forward"; the first separator tells which, and the other character stands for
 * itself. -EINVAL: empty, longer than size - 1, or with an empty part, "." or "..".
 */
int corc_spec_sysctl_path(const char *name, size_t size, char *ret_path);

/*
 * Fails with EINVAL at a property: origin set, message composed. Layer plan and above use it for
 * everything they refuse.
 */
int corc_spec_fail(const struct corc_spec *spec, uint32_t node, const char *key, uint32_t index,
	struct corc_error *error, const char *format, ...) CORC_PRINTF(6, 7);

/* The default configuration that `corc spec` writes, as JSON with tabs as runc's. malloc'ed. */
int corc_spec_default(bool rootless, bool cgroup_v2, char **ret_json, size_t *ret_length,
	struct corc_error *error);

/* The table of the whole document, for tests and generated documentation. */
extern const struct corc_json_object corc_spec_object;
extern const struct corc_json_object corc_spec_seccomp_object;
extern const struct corc_json_object corc_spec_process_object;
/* Of objects that are kept for later processes. */
extern const struct corc_json_object corc_spec_personality_object;
extern const struct corc_json_object corc_spec_memory_policy_object;
/* The words of its `mode` and `flags`. */
extern const struct corc_json_enum corc_spec_memory_policy_modes[];
extern const struct corc_json_enum corc_spec_memory_policy_flags[];
/* SCMP_ARCH_*, sorted, the last is NULL. libseccomp may know fewer. */
extern const char *const corc_spec_seccomp_architectures[];

#endif
