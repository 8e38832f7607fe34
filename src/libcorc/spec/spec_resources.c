/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The properties of `linux.resources`. Layer: spec; the parent process only.
 */
#include "spec/tables.h"

#define ANY_DEVICE (-1)
#define UNLIMITED (-1)

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
	ROW_UNSUPPORTED("kernel"),
	ROW_UNSUPPORTED("kernelTCP"),
	ROW_U64_OPTIONAL(spec_memory, "swappiness", swappiness, 100),
	ROW_BOOL_OPTIONAL(spec_memory, "disableOOMKiller", disable_oom_killer),
	ROW_UNSUPPORTED("useHierarchy"),
	ROW_UNSUPPORTED("checkBeforeUpdate"),
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

static const struct corc_json_field block_io_rows[] = {
	ROW_UNSUPPORTED("weight"),
	ROW_UNSUPPORTED("leafWeight"),
	ROW_UNSUPPORTED("weightDevice"),
	ROW_UNSUPPORTED("throttleReadBpsDevice"),
	ROW_UNSUPPORTED("throttleWriteBpsDevice"),
	ROW_UNSUPPORTED("throttleReadIOPSDevice"),
	ROW_UNSUPPORTED("throttleWriteIOPSDevice"),
};

static OBJECT_TABLE(block_io, "blockIO", block_io_rows);

static const struct corc_json_field network_rows[] = {
	ROW_UNSUPPORTED("classID"),
	ROW_UNSUPPORTED("priorities"),
};

static OBJECT_TABLE(network, "network", network_rows);

static const struct corc_json_field resources_rows[] = {
	ROW_OBJECTS(spec_resources, "devices", devices, device_rules, device_rule),
	ROW_OBJECT_OPTIONAL(spec_resources, "memory", memory, memory),
	ROW_OBJECT_OPTIONAL(spec_resources, "cpu", cpu, cpu),
	ROW_OBJECT_OPTIONAL(spec_resources, "pids", pids, pids),
	ROW_OBJECT(spec_resources, "blockIO", block_io, 0, block_io),
	ROW_UNSUPPORTED("hugepageLimits"),
	ROW_OBJECT(spec_resources, "network", network, 0, network),
	ROW_UNSUPPORTED("rdma"),
	ROW_MAP(spec_resources, "unified", unified),
};

OBJECT_TABLE(resources, "resources", resources_rows);
