/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration may not say, as far as numbers, lengths and repetitions go: each number of
 * the specification at the ends of its range and beyond them, each name that has a longest form,
 * and what stands there twice. All through validate. What the ranges are is written down here once
 * more: the tables are what is tested.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include "refused_fixture.h"

#ifdef HAVE_SECCOMP
#	include <seccomp.h>
#endif

#include "sys/emulator.h"

/* --- numbers ---------------------------------------------------------------------------------- */

static const struct range {
	enum section section;
	const char *path;           /* of the number */
	const char *before, *after; /* of it */
	const char *taken[4], *refused[4];
} ranges[] = {
	{PROCESS, "process.user.uid", "\"user\":{\"gid\":0,\"uid\":", "}", {"0", "4294967294"},
		{"-1", "4294967295"}},
	{PROCESS, "process.user.gid", "\"user\":{\"uid\":0,\"gid\":", "}", {"0", "4294967294"},
		{"-1", "4294967295"}},
	{PROCESS, "process.user.umask", "\"user\":{\"uid\":0,\"gid\":0,\"umask\":", "}",
		{"0", "4294967295"}, {"-1", "4294967296"}},
	{PROCESS, "process.user.additionalGids[0]",
		"\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[", "]}", {"0", "4294967294"},
		{"-1", "4294967295"}},
	{PROCESS, "process.consoleSize.height",
		"\"terminal\":true,\"consoleSize\":{\"width\":1,\"height\":", "}", {"0", "65535"},
		{"-1", "65536"}},
	{PROCESS, "process.consoleSize.width",
		"\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":", "}", {"0", "65535"},
		{"-1", "65536"}},
	{PROCESS, "process.rlimits[0].hard",
		"\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":0,\"hard\":", "}]",
		{"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{PROCESS, "process.rlimits[0].soft",
		"\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":18446744073709551615,\"soft\":",
		"}]", {"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{PROCESS, "process.oomScoreAdj", "\"oomScoreAdj\":", "", {"-1000", "1000"},
		{"-1001", "1001"}},
	{PROCESS, "process.scheduler.nice", "\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":",
		"}", {"-20", "19"}, {"-21", "20"}},
	{PROCESS, "process.scheduler.priority",
		"\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":", "}", {"1", "99"},
		{"0", "100"}},
	{PROCESS, "process.scheduler.runtime",
		"\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"deadline\":18446744073709551615,\"runtime\":",
		"}", {"1", "18446744073709551615"}, {"-1", "0", "18446744073709551616"}},
	{PROCESS, "process.scheduler.deadline",
		"\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1,\"deadline\":", "}",
		{"1", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{PROCESS, "process.scheduler.period",
		"\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1,\"deadline\":2,\"period\":",
		"}", {"0", "2", "18446744073709551615"}, {"-1", "1", "18446744073709551616"}},
	{PROCESS, "process.ioPriority.priority",
		"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":", "}", {"0", "7"},
		{"-1", "8"}},
	{TOP, "hooks.prestart[0].timeout", "\"hooks\":{\"prestart\":[{\"path\":\"/x\",\"timeout\":",
		"}]}", {"1", "2147483647"}, {"0", "2147483648"}},
	{TOP, "hooks.createRuntime[0].timeout",
		"\"hooks\":{\"createRuntime\":[{\"path\":\"/x\",\"timeout\":", "}]}",
		{"1", "2147483647"}, {"0", "2147483648"}},
	{TOP, "hooks.createContainer[0].timeout",
		"\"hooks\":{\"createContainer\":[{\"path\":\"/x\",\"timeout\":", "}]}",
		{"1", "2147483647"}, {"0", "2147483648"}},
	{TOP, "hooks.startContainer[0].timeout",
		"\"hooks\":{\"startContainer\":[{\"path\":\"/x\",\"timeout\":", "}]}",
		{"1", "2147483647"}, {"0", "2147483648"}},
	{TOP, "hooks.poststart[0].timeout",
		"\"hooks\":{\"poststart\":[{\"path\":\"/x\",\"timeout\":", "}]}",
		{"1", "2147483647"}, {"0", "2147483648"}},
	{TOP, "hooks.poststop[0].timeout", "\"hooks\":{\"poststop\":[{\"path\":\"/x\",\"timeout\":",
		"}]}", {"1", "2147483647"}, {"0", "2147483648"}},
	{LINUX, "linux.uidMappings[1].containerID",
		"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1},{\"hostID\":1,\"size\":1,\"containerID\":",
		"}]", {"1", "4294967294"}, {"-1", "4294967295", "4294967296"}},
	{LINUX, "linux.uidMappings[1].hostID",
		"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1},{\"containerID\":1,\"size\":1,\"hostID\":",
		"}]", {"1", "4294967294"}, {"-1", "4294967295", "4294967296"}},
	{LINUX, "linux.uidMappings[1].size",
		"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1},{\"containerID\":1,\"hostID\":1,\"size\":",
		"}]", {"1", "4294967294"}, {"-1", "0", "4294967296"}},
	{LINUX, "linux.gidMappings[1].containerID",
		"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1},{\"hostID\":1,\"size\":1,\"containerID\":",
		"}]", {"1", "4294967294"}, {"-1", "4294967295", "4294967296"}},
	{LINUX, "linux.gidMappings[1].hostID",
		"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1},{\"containerID\":1,\"size\":1,\"hostID\":",
		"}]", {"1", "4294967294"}, {"-1", "4294967295", "4294967296"}},
	{LINUX, "linux.gidMappings[1].size",
		"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1},{\"containerID\":1,\"hostID\":1,\"size\":",
		"}]", {"1", "4294967294"}, {"-1", "0", "4294967296"}},
	{MOUNTS, "mounts[1].uidMappings[0].containerID",
		"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"uidMappings\":[{\"hostID\":1,\"size\":1,\"containerID\":",
		"}]}", {"1", "4294967294"}, {"-1", "4294967295", "4294967296"}},
	{MOUNTS, "mounts[1].uidMappings[0].hostID",
		"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"uidMappings\":[{\"containerID\":1,\"size\":1,\"hostID\":",
		"}]}", {"1", "4294967294"}, {"-1", "4294967295", "4294967296"}},
	{MOUNTS, "mounts[1].uidMappings[0].size",
		"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"uidMappings\":[{\"containerID\":1,\"hostID\":1,\"size\":",
		"}]}", {"1", "4294967294"}, {"-1", "0", "4294967296"}},
	{MOUNTS, "mounts[1].gidMappings[0].containerID",
		"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"gidMappings\":[{\"hostID\":1,\"size\":1,\"containerID\":",
		"}]}", {"1", "4294967294"}, {"-1", "4294967295", "4294967296"}},
	{MOUNTS, "mounts[1].gidMappings[0].hostID",
		"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"gidMappings\":[{\"containerID\":1,\"size\":1,\"hostID\":",
		"}]}", {"1", "4294967294"}, {"-1", "4294967295", "4294967296"}},
	{MOUNTS, "mounts[1].gidMappings[0].size",
		"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"gidMappings\":[{\"containerID\":1,\"hostID\":1,\"size\":",
		"}]}", {"1", "4294967294"}, {"-1", "0", "4294967296"}},
	{LINUX, "linux.timeOffsets.monotonic.secs", "\"timeOffsets\":{\"monotonic\":{\"secs\":",
		"}}", {"-9223372036854775808", "0", "9223372036854775807"},
		{"-9223372036854775809", "9223372036854775808"}},
	{LINUX, "linux.timeOffsets.monotonic.nanosecs",
		"\"timeOffsets\":{\"monotonic\":{\"nanosecs\":", "}}", {"0", "999999999"},
		{"-1", "1000000000"}},
	{LINUX, "linux.timeOffsets.boottime.secs", "\"timeOffsets\":{\"boottime\":{\"secs\":", "}}",
		{"-9223372036854775808", "0", "9223372036854775807"},
		{"-9223372036854775809", "9223372036854775808"}},
	{LINUX, "linux.timeOffsets.boottime.nanosecs",
		"\"timeOffsets\":{\"boottime\":{\"nanosecs\":", "}}", {"0", "999999999"},
		{"-1", "1000000000"}},
	{LINUX, "linux.devices[0].major",
		"\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"minor\":0,\"major\":", "}]",
		{"0", "4095"}, {"-1", "4096"}},
	{LINUX, "linux.devices[0].minor",
		"\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":0,\"minor\":", "}]",
		{"0", "1048575"}, {"-1", "1048576"}},
	{LINUX, "linux.devices[0].fileMode",
		"\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":0,\"minor\":0,\"fileMode\":",
		"}]", {"0", "65535"}, {"-1", "65536"}},
	{LINUX, "linux.devices[0].uid",
		"\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":0,\"minor\":0,\"uid\":",
		"}]", {"0", "4294967294"}, {"-1", "4294967295"}},
	{LINUX, "linux.devices[0].gid",
		"\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":0,\"minor\":0,\"gid\":",
		"}]", {"0", "4294967294"}, {"-1", "4294967295"}},
	{LINUX, "linux.resources.devices[0].major",
		"\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":", "}]}",
		{"-1", "4294967295"}, {"-2", "4294967296"}},
	{LINUX, "linux.resources.devices[0].minor",
		"\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\",\"minor\":", "}]}",
		{"-1", "4294967295"}, {"-2", "4294967296"}},
	{LINUX, "linux.resources.memory.limit", "\"resources\":{\"memory\":{\"limit\":", "}}",
		{"-1", "9223372036854775807"}, {"-2", "9223372036854775808"}},
	{LINUX, "linux.resources.memory.reservation", "\"resources\":{\"memory\":{\"reservation\":",
		"}}", {"-1", "9223372036854775807"}, {"-2", "9223372036854775808"}},
	{LINUX, "linux.resources.memory.kernel", "\"resources\":{\"memory\":{\"kernel\":", "}}",
		{"-1", "9223372036854775807"}, {"-2", "9223372036854775808"}},
	{LINUX, "linux.resources.memory.kernelTCP", "\"resources\":{\"memory\":{\"kernelTCP\":",
		"}}", {"-1", "9223372036854775807"}, {"-2", "9223372036854775808"}},
	{LINUX, "linux.resources.memory.swap", "\"resources\":{\"memory\":{\"limit\":1,\"swap\":",
		"}}", {"-1", "1", "9223372036854775807"}, {"-2", "9223372036854775808"}},
	{LINUX, "linux.resources.memory.swappiness",
		"\"resources\":{\"memory\":{\"swappiness\":", "}}", {"0", "100"}, {"-1", "101"}},
	{LINUX, "linux.resources.cpu.shares", "\"resources\":{\"cpu\":{\"shares\":", "}}",
		{"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.resources.cpu.burst", "\"resources\":{\"cpu\":{\"burst\":", "}}",
		{"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.resources.cpu.period", "\"resources\":{\"cpu\":{\"period\":", "}}",
		{"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.resources.cpu.realtimePeriod", "\"resources\":{\"cpu\":{\"realtimePeriod\":",
		"}}", {"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.resources.cpu.quota", "\"resources\":{\"cpu\":{\"quota\":", "}}",
		{"-9223372036854775808", "0", "9223372036854775807"},
		{"-9223372036854775809", "9223372036854775808"}},
	{LINUX, "linux.resources.cpu.realtimeRuntime",
		"\"resources\":{\"cpu\":{\"realtimeRuntime\":", "}}",
		{"-9223372036854775808", "0", "9223372036854775807"},
		{"-9223372036854775809", "9223372036854775808"}},
	{LINUX, "linux.resources.cpu.idle", "\"resources\":{\"cpu\":{\"idle\":", "}}", {"0", "1"},
		{"-1", "2"}},
	{LINUX, "linux.resources.pids.limit", "\"resources\":{\"pids\":{\"limit\":", "}}",
		{"-9223372036854775808", "0", "9223372036854775807"},
		{"-9223372036854775809", "9223372036854775808"}},
	{LINUX, "linux.resources.blockIO.weight", "\"resources\":{\"blockIO\":{\"weight\":", "}}",
		{"0", "10", "1000"}, {"-1", "9", "1001"}},
	{LINUX, "linux.resources.blockIO.weightDevice[0].weight",
		"\"resources\":{\"blockIO\":{\"weightDevice\":[{\"major\":1,\"minor\":1,\"weight\":",
		"}]}}", {"0", "10", "1000"}, {"-1", "9", "1001"}},
	{LINUX, "linux.resources.blockIO.leafWeight", "\"resources\":{\"blockIO\":{\"leafWeight\":",
		"}}", {"0", "10", "1000"}, {"-1", "9", "1001"}},
	{LINUX, "linux.resources.blockIO.weightDevice[0].leafWeight",
		"\"resources\":{\"blockIO\":{\"weightDevice\":[{\"major\":1,\"minor\":1,\"leafWeight\":",
		"}]}}", {"0", "10", "1000"}, {"-1", "9", "1001"}},
	{LINUX, "linux.resources.blockIO.weightDevice[0].major",
		"\"resources\":{\"blockIO\":{\"weightDevice\":[{\"weight\":10,\"minor\":1,\"major\":",
		"}]}}", {"0", "4095"}, {"-1", "4096"}},
	{LINUX, "linux.resources.blockIO.weightDevice[0].minor",
		"\"resources\":{\"blockIO\":{\"weightDevice\":[{\"weight\":10,\"major\":1,\"minor\":",
		"}]}}", {"0", "1048575"}, {"-1", "1048576"}},
	{LINUX, "linux.resources.blockIO.throttleReadBpsDevice[0].major",
		"\"resources\":{\"blockIO\":{\"throttleReadBpsDevice\":[{\"rate\":1,\"minor\":1,\"major\":",
		"}]}}", {"0", "4095"}, {"-1", "4096"}},
	{LINUX, "linux.resources.blockIO.throttleReadBpsDevice[0].minor",
		"\"resources\":{\"blockIO\":{\"throttleReadBpsDevice\":[{\"rate\":1,\"major\":1,\"minor\":",
		"}]}}", {"0", "1048575"}, {"-1", "1048576"}},
	{LINUX, "linux.resources.blockIO.throttleReadBpsDevice[0].rate",
		"\"resources\":{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":1,\"minor\":1,\"rate\":",
		"}]}}", {"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.resources.blockIO.throttleReadIOPSDevice[0].major",
		"\"resources\":{\"blockIO\":{\"throttleReadIOPSDevice\":[{\"rate\":1,\"minor\":1,\"major\":",
		"}]}}", {"0", "4095"}, {"-1", "4096"}},
	{LINUX, "linux.resources.blockIO.throttleReadIOPSDevice[0].minor",
		"\"resources\":{\"blockIO\":{\"throttleReadIOPSDevice\":[{\"rate\":1,\"major\":1,\"minor\":",
		"}]}}", {"0", "1048575"}, {"-1", "1048576"}},
	{LINUX, "linux.resources.blockIO.throttleReadIOPSDevice[0].rate",
		"\"resources\":{\"blockIO\":{\"throttleReadIOPSDevice\":[{\"major\":1,\"minor\":1,\"rate\":",
		"}]}}", {"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.resources.blockIO.throttleWriteBpsDevice[0].major",
		"\"resources\":{\"blockIO\":{\"throttleWriteBpsDevice\":[{\"rate\":1,\"minor\":1,\"major\":",
		"}]}}", {"0", "4095"}, {"-1", "4096"}},
	{LINUX, "linux.resources.blockIO.throttleWriteBpsDevice[0].minor",
		"\"resources\":{\"blockIO\":{\"throttleWriteBpsDevice\":[{\"rate\":1,\"major\":1,\"minor\":",
		"}]}}", {"0", "1048575"}, {"-1", "1048576"}},
	{LINUX, "linux.resources.blockIO.throttleWriteBpsDevice[0].rate",
		"\"resources\":{\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":1,\"minor\":1,\"rate\":",
		"}]}}", {"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.resources.blockIO.throttleWriteIOPSDevice[0].major",
		"\"resources\":{\"blockIO\":{\"throttleWriteIOPSDevice\":[{\"rate\":1,\"minor\":1,\"major\":",
		"}]}}", {"0", "4095"}, {"-1", "4096"}},
	{LINUX, "linux.resources.blockIO.throttleWriteIOPSDevice[0].minor",
		"\"resources\":{\"blockIO\":{\"throttleWriteIOPSDevice\":[{\"rate\":1,\"major\":1,\"minor\":",
		"}]}}", {"0", "1048575"}, {"-1", "1048576"}},
	{LINUX, "linux.resources.blockIO.throttleWriteIOPSDevice[0].rate",
		"\"resources\":{\"blockIO\":{\"throttleWriteIOPSDevice\":[{\"major\":1,\"minor\":1,\"rate\":",
		"}]}}", {"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.resources.hugepageLimits[0].limit",
		"\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":", "}]}",
		{"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.resources.network.classID", "\"resources\":{\"network\":{\"classID\":", "}}",
		{"0", "4294967295"}, {"-1", "4294967296"}},
	{LINUX, "linux.resources.network.priorities[0].priority",
		"\"resources\":{\"network\":{\"priorities\":[{\"name\":\"x\",\"priority\":", "}]}}",
		{"0", "4294967295"}, {"-1", "4294967296"}},
	{LINUX, "linux.resources.rdma.key.hcaHandles",
		"\"resources\":{\"rdma\":{\"key\":{\"hcaHandles\":", "}}}", {"0", "4294967295"},
		{"-1", "4294967296"}},
	{LINUX, "linux.resources.rdma.key.hcaObjects",
		"\"resources\":{\"rdma\":{\"key\":{\"hcaObjects\":", "}}}", {"0", "4294967295"},
		{"-1", "4294967296"}},
	{LINUX, "linux.seccomp.defaultErrnoRet",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":", "}",
		{"0", "4094"}, {"-1", "4095"}},
	{LINUX, "linux.seccomp.defaultErrnoRet",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":", "}",
		{"0", "65535"}, {"-1", "65536"}},
	{LINUX, "linux.seccomp.syscalls[0].errnoRet",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":",
		"}]}", {"0", "4094"}, {"-1", "4095"}},
	{LINUX, "linux.seccomp.syscalls[0].errnoRet",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":",
		"}]}", {"0", "65535"}, {"-1", "65536"}},
	{LINUX, "linux.seccomp.syscalls[0].args[0].index",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"value\":0,\"op\":\"SCMP_CMP_EQ\",\"index\":",
		"}]}]}", {"0", "5"}, {"-1", "6"}},
	{LINUX, "linux.seccomp.syscalls[0].args[0].value",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_EQ\",\"value\":",
		"}]}]}", {"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
	{LINUX, "linux.seccomp.syscalls[0].args[0].valueTwo",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":0,\"value\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"valueTwo\":",
		"}]}]}", {"0", "18446744073709551615"}, {"-1", "18446744073709551616"}},
};

static bool is_number(const struct corc_json_field *row)
{
	return row->type == CORC_JSON_U32 || row->type == CORC_JSON_U64 ||
	       row->type == CORC_JSON_I64 || row->type == CORC_JSON_U32_ARRAY;
}

static const char *path_of_range(size_t index)
{
	return ranges[index].path;
}

static void test_every_number_of_the_tables(void **state)
{
	(void)state;
	assert_rows_have_paths(is_number, path_of_range, COUNT(ranges));
}

static const char *validate_number(void **state, const struct range *range, const char *number)
{
	char text[512];

	assert_in_range(snprintf(text, sizeof(text), "%s%s%s", range->before, number, range->after),
		1, sizeof(text) - 1);
	return findings(state, range->section, text);
}

/* Without libseccomp whatever is said of system calls is refused. */
static bool can_filter(void **state)
{
	return *findings(state, LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}") ==
	       '\0';
}

static void test_numbers(void **state)
{
	bool filters = can_filter(state);

	for (size_t i = 0; i < COUNT(ranges); i++) {
		const struct range *range = &ranges[i];

		if (!filters && strstr(range->path, "seccomp"))
			continue;
		for (size_t j = 0; range->taken[j]; j++) {
			const char *found = validate_number(state, range, range->taken[j]);

			if (*found)
				fail_msg("%s %s is refused: %s", range->path, range->taken[j],
					found);
		}
		for (size_t j = 0; range->refused[j]; j++) {
			const char *found = validate_number(state, range, range->refused[j]);

			if (!is_about(found, range->path))
				fail_msg("%s %s: %s", range->path, range->refused[j], found);
		}
	}
}

/* --- lengths ---------------------------------------------------------------------------------- */

static const struct length {
	enum section section;
	const char *path;
	const char *before, *after;
	const char *unit; /* what is repeated */
	size_t most;      /* how often it may be */
} lengths[] = {
	{TOP, "hostname", "\"hostname\":\"", "\"", "x", 64},
	{TOP, "domainname", "\"domainname\":\"", "\"", "x", 64},
	{PROCESS, "process.apparmorProfile", "\"apparmorProfile\":\"", "\"", "x", 4000},
	{PROCESS, "process.selinuxLabel", "\"selinuxLabel\":\"", "\"", "x", 4000},
	{LINUX, "linux.mountLabel", "\"mountLabel\":\"", "\"", "x", 4000},
	{LINUX, "linux.netDevices.x.name", "\"netDevices\":{\"x\":{\"name\":\"", "\"}}", "y", 15},
	{LINUX, "linux.intelRdt.closID", "\"intelRdt\":{\"closID\":\"", "\"}", "x", 200},
	/* 8191 and 1023, by so many zeros before it; one more and it is ten times that */
	{PROCESS, "process.execCPUAffinity.initial", "\"execCPUAffinity\":{\"initial\":\"819",
		"\"}", "1", 1},
	{PROCESS, "process.execCPUAffinity.final", "\"execCPUAffinity\":{\"final\":\"0-819", "\"}",
		"1", 1},
	{LINUX, "linux.memoryPolicy.nodes",
		"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"102", "\"}", "3", 1},
};

static const char *validate_length(void **state, const struct length *length, size_t times)
{
	struct corc_buffer CORC_BUFFER text = {0};

	corc_buffer_puts(&text, length->before);
	for (size_t i = 0; i < times; i++)
		corc_buffer_puts(&text, length->unit);
	corc_buffer_puts(&text, length->after);
	assert_false(text.failed);
	return findings(state, length->section, text.data);
}

static void test_lengths(void **state)
{
	for (size_t i = 0; i < COUNT(lengths); i++) {
		const char *found = validate_length(state, &lengths[i], lengths[i].most);

		if (*found)
			fail_msg("%s is refused: %s", lengths[i].path, found);
		found = validate_length(state, &lengths[i], lengths[i].most + 1);
		if (!is_about(found, lengths[i].path))
			fail_msg("%s, one longer: %s", lengths[i].path, found);
	}
}

/* --- what is there twice ---------------------------------------------------------------------- */

#define TWICE(item) item "," item
#define MOUNT(text) "{\"destination\":\"/x\"," text "}"
#define RLIMIT(soft) "{\"type\":\"RLIMIT_CPU\",\"soft\":" #soft ",\"hard\":9}"
#define NODE(minor) "{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":" #minor "}"
#define RULE(action) "{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_" action "\"}"
#define SECCOMP(more) "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"," more "}"
#define USER_NAMESPACE "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],"
#define MAPPING(inside, outside) "{\"containerID\":" #inside ",\"hostID\":" #outside ",\"size\":1}"

/*
 * The specification forbids two namespaces of a type, two limits of a type, and a device where
 * another file is. What the kernel would refuse is refused. Of everything else there may be two,
 * and the last counts where only one can.
 */
static const struct {
	enum section section;
	const char *text;
	const char *expected; /* NULL: it is taken */
} repetitions[] = {
	{LINUX, "\"namespaces\":[{\"type\":\"mount\"}," TWICE("{\"type\":\"pid\"}") "]",
		"linux.namespaces[2].type: malformed spec file: duplicated ns"},
	{LINUX,
		"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"},"
		"{\"type\":\"pid\",\"path\":\"/x\"}]",
		"linux.namespaces[2].type: malformed spec file: duplicated ns"},
	{PROCESS, "\"rlimits\":[" TWICE(RLIMIT(1)) "]",
		"process.rlimits[1].type: wrong rlimit value: this limit is there already"},
	{PROCESS, "\"rlimits\":[" RLIMIT(1) "," RLIMIT(2) "]",
		"process.rlimits[1].type: wrong rlimit value: this limit is there already"},
	{LINUX, "\"devices\":[" TWICE(NODE(3)) "]", NULL},
	{LINUX, "\"devices\":[" NODE(3) "," NODE(5) "]",
		"linux.devices[1].path: \"/dev/x\" is the path of device 0 already"},
	{LINUX, "\"devices\":[" NODE(3) ",{\"path\":\"/dev/x\",\"type\":\"p\"}]",
		"linux.devices[1].path: \"/dev/x\" is the path of device 0 already"},
	{LINUX, "\"devices\":[{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":5}]",
		"linux.devices[0].path: /dev/null has to be the character device 1:3"},
	{LINUX, "\"devices\":[{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3}]",
		NULL},
	{LINUX, "\"netDevices\":{\"a\":{\"name\":\"x\"},\"b\":{\"name\":\"x\"}}",
		"linux.netDevices.b.name: a is called \"x\" in the container already"},
	{LINUX, "\"netDevices\":{\"a\":{\"name\":\"b\"},\"b\":{}}",
		"linux.netDevices.b: a is called \"b\" in the container already"},
	{LINUX, "\"netDevices\":{\"a\":{\"name\":\"x%d\"},\"b\":{\"name\":\"x%d\"}}", NULL},
	{LINUX,
		USER_NAMESPACE "\"uidMappings\":[" MAPPING(0, 0) "," MAPPING(
			0, 5) "],\"gidMappings\":[" MAPPING(0, 0) "]",
		"linux.uidMappings[1].containerID: the ids overlap those of mapping 0"},
	{LINUX,
		USER_NAMESPACE "\"uidMappings\":[" MAPPING(0, 0) "],\"gidMappings\":[" MAPPING(
			0, 7) "," MAPPING(1, 7) "]",
		"linux.gidMappings[1].hostID: the ids overlap those of mapping 0"},
	{MOUNTS,
		MOUNT("\"type\":\"tmpfs\",\"uidMappings\":[" MAPPING(0, 1) "," MAPPING(
			0, 2) "],\"gidMappings\":[" MAPPING(0, 1) "]"),
		"mounts[1].uidMappings[1].containerID: the ids overlap those of mapping 0"},
	{MOUNTS, TWICE(MOUNT("\"type\":\"tmpfs\"")), NULL},
	{MOUNTS,
		MOUNT("\"type\":\"tmpfs\",\"options\":[\"ro\",\"rw\",\"ro\",\"size=1\",\"size=2\"]"),
		NULL},
	{MOUNTS, MOUNT("\"type\":\"tmpfs\",\"options\":[\"shared\",\"slave\"]"), NULL},
	{PROCESS, "\"env\":[\"A=1\",\"A=2\"]", NULL},
	{PROCESS, "\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[0,5,5]}", NULL},
	{PROCESS, "\"capabilities\":{\"bounding\":[" TWICE("\"CAP_KILL\"") "]}", NULL},
	{PROCESS,
		"\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"flags\":[" TWICE(
			"\"SCHED_FLAG_RESET_ON_FORK\"") "]}",
		NULL},
	{PROCESS, "\"execCPUAffinity\":{\"initial\":\"0,0-1,1\",\"final\":\",0,,1,\"}", NULL},
	{TOP, "\"hooks\":{\"prestart\":[" TWICE("{\"path\":\"/x\"}") "]}", NULL},
	{TOP, "\"annotations\":{\"a\":\"1\",\"a\":\"2\"}", NULL},
	{LINUX, "\"sysctl\":{\"net.ipv4.ip_forward\":\"0\",\"net/ipv4/ip_forward\":\"1\"}", NULL},
	{LINUX, "\"maskedPaths\":[" TWICE("\"/x\"") "],\"readonlyPaths\":[" TWICE("\"/x\"") "]",
		NULL},
	{LINUX,
		"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0,0,\",\"flags\":[" TWICE(
			"\"MPOL_F_STATIC_NODES\"") "]}",
		NULL},
	{LINUX, "\"intelRdt\":{\"schemata\":[" TWICE("\"L3:0=f\"") "]}", NULL},
	{LINUX, SECCOMP("\"architectures\":[" TWICE("\"SCMP_ARCH_X86\"") "]"), NULL},
	{LINUX, SECCOMP("\"flags\":[" TWICE("\"SECCOMP_FILTER_FLAG_LOG\"") "]"), NULL},
	{LINUX, SECCOMP("\"syscalls\":[" TWICE(RULE("LOG")) "]"), NULL},
	{LINUX, SECCOMP("\"syscalls\":[" RULE("LOG") "," RULE("KILL") "]"), NULL},
	{LINUX, SECCOMP("\"syscalls\":[{\"names\":[\"kill\",\"kill\"],\"action\":\"SCMP_ACT_LOG\"}]"),
		NULL},
	{LINUX, "\"resources\":{\"devices\":[" TWICE("{\"allow\":false,\"access\":\"rwmrw\"}") "]}",
		NULL},
	{LINUX,
		"\"resources\":{\"hugepageLimits\":[" TWICE(
			"{\"pageSize\":\"2MB\",\"limit\":1}") "]}",
		NULL},
	{LINUX,
		"\"resources\":{\"blockIO\":{\"weightDevice\":[" TWICE("{\"major\":8,\"minor\":0,\"weight\":10}") "],\"throttleReadBpsDevice\":[" TWICE(
			"{\"major\":8,\"minor\":0,\"rate\":1}") "]}}",
		NULL},
	{LINUX,
		"\"resources\":{\"network\":{\"priorities\":[" TWICE(
			"{\"name\":\"x\",\"priority\":1}") "]}}",
		NULL},
	{LINUX, "\"resources\":{\"unified\":{\"pids.max\":\"1\"},\"pids\":{\"limit\":2}}", NULL},
};

static void test_repetitions(void **state)
{
	bool filters = can_filter(state);
	size_t wrong = 0;

	for (size_t i = 0; i < COUNT(repetitions); i++) {
		const char *expected = repetitions[i].expected;
		const char *found = findings(state, repetitions[i].section, repetitions[i].text);

		if ((expected ? has_line(found, expected) : !*found) ||
			(!filters && strstr(repetitions[i].text, "seccomp")))
			continue;
		print_error("%s\n  expected: %s\n  found: %s\n", repetitions[i].text,
			expected ? expected : "", found);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, run_setup, run_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_number_of_the_tables),
		TEST(test_numbers),
		TEST(test_lengths),
		TEST(test_repetitions),
	};

#ifdef HAVE_SECCOMP
	/* What it can compile, libseccomp asks the kernel that would load it. */
	if (is_emulated())
		assert_int_equal(seccomp_api_set(5), 0);
#endif
	return cmocka_run_group_tests_name("run/refused_numbers", tests, NULL, NULL);
}
