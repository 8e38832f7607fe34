/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The properties of `linux.resources`. Layer: spec; the parent process only.
 */
#include "spec/tables.h"

#define ANY_DEVICE (-1)
#define UNLIMITED (-1)
#define MAJOR_MAX 4095            /* a device number has 12 bits for the major */
#define MINOR_MAX ((1 << 20) - 1) /* and 20 for the minor */
#define WEIGHT_MAX 1000           /* of blkio; the smallest is 10, and 0 is "not given" */

static const struct corc_json_enum rule_types[] = {
	{"a", CORC_DEVICE_ALL},
	{"c", CORC_DEVICE_CHAR},
	{"b", CORC_DEVICE_BLOCK},
	{NULL, 0},
};

static const struct corc_json_field device_rule_rows[] = {
	ROW_BOOL(spec_device_rule, "allow", allow, REQUIRED),
	ROW_ENUM_OPTIONAL(spec_device_rule, "type", type, rule_types),
	ROW_I64_OPTIONAL(spec_device_rule, "major", major, ANY_DEVICE, UINT32_MAX),
	ROW_I64_OPTIONAL(spec_device_rule, "minor", minor, ANY_DEVICE, UINT32_MAX),
	ROW_STRING(spec_device_rule, "access", access, 0),
};

static OBJECT_TABLE(device_rule, "device rule", device_rule_rows);

static const struct corc_json_field memory_rows[] = {
	ROW_I64_OPTIONAL(spec_memory, "limit", limit, UNLIMITED, INT64_MAX),
	ROW_I64_OPTIONAL(spec_memory, "reservation", reservation, UNLIMITED, INT64_MAX),
	ROW_I64_OPTIONAL(spec_memory, "swap", swap, UNLIMITED, INT64_MAX),
	ROW_I64_OPTIONAL(spec_memory, "kernel", kernel, UNLIMITED, INT64_MAX),
	ROW_I64_OPTIONAL(spec_memory, "kernelTCP", kernel_tcp, UNLIMITED, INT64_MAX),
	ROW_U64_OPTIONAL(spec_memory, "swappiness", swappiness, 100),
	ROW_BOOL_OPTIONAL(spec_memory, "disableOOMKiller", disable_oom_killer),
	ROW_BOOL_OPTIONAL(spec_memory, "useHierarchy", use_hierarchy),
	ROW_BOOL_OPTIONAL(spec_memory, "checkBeforeUpdate", check_before_update),
};

static OBJECT_TABLE(memory, "memory", memory_rows);

static const struct corc_json_field cpu_rows[] = {
	ROW_U64_OPTIONAL(spec_cpu, "shares", shares, 0),
	ROW_I64_OPTIONAL(spec_cpu, "quota", quota, 0, 0),
	ROW_U64_OPTIONAL(spec_cpu, "burst", burst, 0),
	ROW_U64_OPTIONAL(spec_cpu, "period", period, 0),
	ROW_I64_OPTIONAL(spec_cpu, "realtimeRuntime", realtime_runtime, 0, 0),
	ROW_U64_OPTIONAL(spec_cpu, "realtimePeriod", realtime_period, 0),
	ROW_STRING(spec_cpu, "cpus", cpus, 0),
	ROW_STRING(spec_cpu, "mems", mems, 0),
	ROW_I64_OPTIONAL(spec_cpu, "idle", idle, 0, 1),
};

static OBJECT_TABLE(cpu, "cpu", cpu_rows);

static const struct corc_json_field pids_rows[] = {
	ROW_I64_OPTIONAL(spec_pids, "limit", limit, 0, 0),
};

static OBJECT_TABLE(pids, "pids", pids_rows);

static const struct corc_json_field weight_device_rows[] = {
	ROW_U32(spec_weight_device, "major", major, REQUIRED, MAJOR_MAX),
	ROW_U32(spec_weight_device, "minor", minor, REQUIRED, MINOR_MAX),
	ROW_U32_OPTIONAL(spec_weight_device, "weight", weight, WEIGHT_MAX),
	ROW_U32_OPTIONAL(spec_weight_device, "leafWeight", leaf_weight, WEIGHT_MAX),
};

static OBJECT_TABLE(weight_device, "weight of a device", weight_device_rows);

static const struct corc_json_field throttle_device_rows[] = {
	ROW_U32(spec_throttle_device, "major", major, REQUIRED, MAJOR_MAX),
	ROW_U32(spec_throttle_device, "minor", minor, REQUIRED, MINOR_MAX),
	ROW_U64(spec_throttle_device, "rate", rate, 0),
};

static OBJECT_TABLE(throttle_device, "rate of a device", throttle_device_rows);

#define ROW_THROTTLE(property, member) \
	ROW_OBJECTS(spec_block_io, property, member, throttle_devices, throttle_device)

static const struct corc_json_field block_io_rows[] = {
	ROW_U32_OPTIONAL(spec_block_io, "weight", weight, WEIGHT_MAX),
	ROW_U32_OPTIONAL(spec_block_io, "leafWeight", leaf_weight, WEIGHT_MAX),
	ROW_OBJECTS(spec_block_io, "weightDevice", weight_devices, weight_devices, weight_device),
	ROW_THROTTLE("throttleReadBpsDevice", read_bps),
	ROW_THROTTLE("throttleWriteBpsDevice", write_bps),
	ROW_THROTTLE("throttleReadIOPSDevice", read_iops),
	ROW_THROTTLE("throttleWriteIOPSDevice", write_iops),
};

static OBJECT_TABLE(block_io, "blockIO", block_io_rows);

static const struct corc_json_field hugepage_limit_rows[] = {
	ROW_STRING(spec_hugepage_limit, "pageSize", page_size, REQUIRED),
	ROW_U64(spec_hugepage_limit, "limit", limit, REQUIRED),
};

static OBJECT_TABLE(hugepage_limit, "hugepage limit", hugepage_limit_rows);

static const struct corc_json_field interface_priority_rows[] = {
	ROW_STRING(spec_interface_priority, "name", name, REQUIRED | NOT_EMPTY),
	ROW_U32(spec_interface_priority, "priority", priority, REQUIRED, 0),
};

static OBJECT_TABLE(interface_priority, "priority of an interface", interface_priority_rows);

static const struct corc_json_field network_rows[] = {
	ROW_U32_OPTIONAL(spec_network, "classID", class_id, 0),
	ROW_OBJECTS(
		spec_network, "priorities", priorities, interface_priorities, interface_priority),
};

static OBJECT_TABLE(network, "network", network_rows);

static const struct corc_json_field rdma_rows[] = {
	ROW_U32_OPTIONAL(spec_rdma, "hcaHandles", hca_handles, 0),
	ROW_U32_OPTIONAL(spec_rdma, "hcaObjects", hca_objects, 0),
};

static MAP_TABLE(rdma, "rdma device", rdma_rows);

static const struct corc_json_field resources_rows[] = {
	ROW_OBJECTS(spec_resources, "devices", devices, device_rules, device_rule),
	ROW_OBJECT_OPTIONAL(spec_resources, "memory", memory, memory),
	ROW_OBJECT_OPTIONAL(spec_resources, "cpu", cpu, cpu),
	ROW_OBJECT_OPTIONAL(spec_resources, "pids", pids, pids),
	ROW_OBJECT(spec_resources, "blockIO", block_io, 0, block_io),
	ROW_OBJECTS(
		spec_resources, "hugepageLimits", hugepage_limits, hugepage_limits, hugepage_limit),
	ROW_OBJECT(spec_resources, "network", network, 0, network),
	ROW_OBJECT_MAP(spec_resources, "rdma", rdma, rdmas, rdma),
	ROW_MAP(spec_resources, "unified", unified),
};

OBJECT_TABLE(resources, "resources", resources_rows);
