/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The properties of `linux`: namespaces, id mappings, time offsets, devices; resources and seccomp
 * have files of their own. Layer: spec; the parent process only.
 */
#include <linux/mempolicy.h>
#include <linux/personality.h>

#include "spec/tables.h"
#include "sys/schedule.h"

#define NANOSECONDS_MAX 999999999
#define MAJOR_MAX 4095            /* a device number has 12 bits for the major */
#define MINOR_MAX ((1 << 20) - 1) /* and 20 for the minor */
#define FILE_MODE_MAX 0177777     /* engines also write the type bits of st_mode */

static const struct corc_json_enum namespace_types[] = {
	{"pid", CORC_NAMESPACE_PID},
	{"network", CORC_NAMESPACE_NETWORK},
	{"mount", CORC_NAMESPACE_MOUNT},
	{"ipc", CORC_NAMESPACE_IPC},
	{"uts", CORC_NAMESPACE_UTS},
	{"user", CORC_NAMESPACE_USER},
	{"cgroup", CORC_NAMESPACE_CGROUP},
	{"time", CORC_NAMESPACE_TIME},
	{NULL, 0},
};

static const struct corc_json_field namespace_rows[] = {
	ROW_ENUM(spec_namespace, "type", type, REQUIRED, namespace_types),
	ROW_STRING(spec_namespace, "path", path, 0),
};

static OBJECT_TABLE(namespace, "namespace", namespace_rows);

static const struct corc_json_field id_mapping_rows[] = {
	ROW_U32(spec_id_mapping, "containerID", container_id, REQUIRED, 0),
	ROW_U32(spec_id_mapping, "hostID", host_id, REQUIRED, 0),
	ROW_U32(spec_id_mapping, "size", size, REQUIRED, 0),
};

OBJECT_TABLE(id_mapping, "mapping", id_mapping_rows);

static const struct corc_json_field time_offset_rows[] = {
	ROW_I64(spec_time_offset, "secs", secs),
	ROW_U32(spec_time_offset, "nanosecs", nanosecs, 0, NANOSECONDS_MAX),
};

static OBJECT_TABLE(time_offset, "time offset", time_offset_rows);

static const struct corc_json_field time_offsets_rows[] = {
	ROW_OBJECT_OPTIONAL(spec_time_offsets, "monotonic", monotonic, time_offset),
	ROW_OBJECT_OPTIONAL(spec_time_offsets, "boottime", boottime, time_offset),
};

static OBJECT_TABLE(time_offsets, "time offsets", time_offsets_rows);

static const struct corc_json_enum device_types[] = {
	{"c", CORC_DEVICE_CHAR},
	{"u", CORC_DEVICE_CHAR},
	{"b", CORC_DEVICE_BLOCK},
	{"p", CORC_DEVICE_FIFO},
	{NULL, 0},
};

static const struct corc_json_field device_rows[] = {
	ROW_STRING(spec_device, "path", path, REQUIRED | NOT_EMPTY),
	ROW_ENUM(spec_device, "type", type, REQUIRED, device_types),
	ROW_I64_OPTIONAL(spec_device, "major", major, 0, MAJOR_MAX),
	ROW_I64_OPTIONAL(spec_device, "minor", minor, 0, MINOR_MAX),
	ROW_U32_OPTIONAL(spec_device, "fileMode", file_mode, FILE_MODE_MAX),
	ROW_U32_OPTIONAL(spec_device, "uid", uid, CORC_ID_MAX),
	ROW_U32_OPTIONAL(spec_device, "gid", gid, CORC_ID_MAX),
};

static OBJECT_TABLE(device, "device", device_rows);

static const struct corc_json_field intel_rdt_rows[] = {
	ROW_STRING(spec_intel_rdt, "closID", clos_id, 0),
	ROW_STRINGS(spec_intel_rdt, "schemata", schemata, NOT_EMPTY),
	ROW_STRING(spec_intel_rdt, "l3CacheSchema", l3_cache_schema, 0),
	ROW_STRING(spec_intel_rdt, "memBwSchema", memory_bandwidth_schema, 0),
	ROW_BOOL(spec_intel_rdt, "enableMonitoring", enable_monitoring, 0),
};

static OBJECT_TABLE(intel_rdt, "intelRdt", intel_rdt_rows);

static const struct corc_json_field net_device_rows[] = {
	ROW_STRING(spec_net_device, "name", container_name, 0),
};

static MAP_TABLE(net_device, "network device", net_device_rows);

static const struct corc_json_enum personality_domains[] = {
	{"LINUX", PER_LINUX},
	{"LINUX32", PER_LINUX32},
	{NULL, 0},
};

static const struct corc_json_field personality_rows[] = {
	ROW_ENUM(spec_personality, "domain", domain, REQUIRED, personality_domains),
	ROW_STRINGS(spec_personality, "flags", flags, 0),
};

OBJECT_TABLE(personality, "personality", personality_rows);

const struct corc_json_enum corc_spec_memory_policy_modes[] = {
	{"MPOL_DEFAULT", MPOL_DEFAULT},
	{"MPOL_BIND", MPOL_BIND},
	{"MPOL_INTERLEAVE", MPOL_INTERLEAVE},
	{"MPOL_WEIGHTED_INTERLEAVE", CORC_MPOL_WEIGHTED_INTERLEAVE},
	{"MPOL_PREFERRED", MPOL_PREFERRED},
	{"MPOL_PREFERRED_MANY", CORC_MPOL_PREFERRED_MANY},
	{"MPOL_LOCAL", MPOL_LOCAL},
	{NULL, 0},
};

const struct corc_json_enum corc_spec_memory_policy_flags[] = {
	{"MPOL_F_NUMA_BALANCING", CORC_MPOL_F_NUMA_BALANCING},
	{"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
	{"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
	{NULL, 0},
};

static const struct corc_json_field memory_policy_rows[] = {
	ROW_ENUM(spec_memory_policy, "mode", mode, REQUIRED, corc_spec_memory_policy_modes),
	ROW_STRING(spec_memory_policy, "nodes", nodes, 0),
	ROW_ENUMS(spec_memory_policy, "flags", flags, corc_spec_memory_policy_flags),
};

OBJECT_TABLE(memory_policy, "memory policy", memory_policy_rows);

static const struct corc_json_field linux_rows[] = {
	ROW_OBJECTS(spec_linux, "uidMappings", uid_mappings, id_mappings, id_mapping),
	ROW_OBJECTS(spec_linux, "gidMappings", gid_mappings, id_mappings, id_mapping),
	ROW_MAP(spec_linux, "sysctl", sysctl),
	ROW_OBJECT(spec_linux, "resources", resources, 0, resources),
	ROW_STRING(spec_linux, "cgroupsPath", cgroups_path, 0),
	ROW_OBJECTS(spec_linux, "namespaces", namespaces, namespaces, namespace),
	ROW_OBJECTS(spec_linux, "devices", devices, devices, device),
	ROW_OBJECT_MAP(spec_linux, "netDevices", net_devices, net_devices, net_device),
	ROW_OBJECT_OPTIONAL(spec_linux, "seccomp", seccomp, seccomp),
	ROW_STRING(spec_linux, "rootfsPropagation", rootfs_propagation, 0),
	ROW_STRINGS(spec_linux, "maskedPaths", masked_paths, NOT_EMPTY),
	ROW_STRINGS(spec_linux, "readonlyPaths", readonly_paths, NOT_EMPTY),
	ROW_STRING(spec_linux, "mountLabel", mount_label, 0),
	ROW_OBJECT_OPTIONAL(spec_linux, "intelRdt", intel_rdt, intel_rdt),
	ROW_OBJECT_OPTIONAL(spec_linux, "memoryPolicy", memory_policy, memory_policy),
	ROW_OBJECT_OPTIONAL(spec_linux, "personality", personality, personality),
	ROW_OBJECT(spec_linux, "timeOffsets", time_offsets, 0, time_offsets),
};

OBJECT_TABLE(linux, "linux", linux_rows);
