/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration may not say: every closed set of words with a word that is not in it, and
 * the pairs of values that exclude each other. All through validate, which asks whatever create
 * asks before anything is made; each refusal has its position.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include "refused_fixture.h"

#ifdef HAVE_SECCOMP
#	include <seccomp.h>
#endif

#include "sys/emulator.h"

/* --- closed sets ------------------------------------------------------------------------------ */

struct set {
	enum section section;
	const char *path;           /* of the value */
	const char *before, *after; /* of the word */
	const char *words[48];
	/* What is no word of it: another case, a prefix, one of another set. */
	const char *others[6];
};

static const struct set sets[] = {
	{LINUX, "linux.namespaces[0].type", "\"namespaces\":[{\"type\":\"",
		"\"}],\"uidMappings\":[],\"rootfsPropagation\":\"\"", {"mount"},
		{"mnt", "Mount", "net", "mount "}},
	{LINUX, "linux.namespaces[1].type", "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"",
		"\"}]", {"pid", "network", "uts", "ipc", "cgroup", "time"},
		{"PID", "net", "user_", "none", "mnt"}},
	{LINUX, "linux.rootfsPropagation", "\"rootfsPropagation\":\"", "\"",
		{"private", "shared", "slave", "unbindable", "rprivate", "rshared", "rslave",
			"runbindable"},
		{"Private", "rrprivate", "priv", "none"}},
	{LINUX, "linux.devices[0].type",
		"\"devices\":[{\"path\":\"/dev/x\",\"major\":1,\"minor\":3,\"type\":\"", "\"}]",
		{"c", "u", "b", "p"}, {"a", "C", "char", "s"}},
	{LINUX, "linux.resources.devices[0].type",
		"\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"r\",\"type\":\"", "\"}]}",
		{"a", "c", "b"}, {"p", "u", "A", "char"}},
	{LINUX, "linux.resources.devices[0].access",
		"\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\",\"access\":\"", "\"}]}",
		{"r", "w", "m", "rw", "rwm", "mwr"}, {"x", "rwx", "R", "r w"}},
	{LINUX, "linux.seccomp.defaultAction", "\"seccomp\":{\"defaultAction\":\"", "\"}",
		{"SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",
			"SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG"},
		{"SCMP_ACT_NOTIFY", "SCMP_ACT_NONE", "scmp_act_allow", "ALLOW", "SCMP_ACT_"}},
	/* Those that libseccomp 2.5 has of one byte order. */
	{LINUX, "linux.seccomp.architectures[0]",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"", "\"]}",
		{"SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM",
			"SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
			"SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64"},
		{"SCMP_ARCH_ARM64", "x86_64", "SCMP_ARCH_x86", "SCMP_ARCH_"}},
	{LINUX, "linux.seccomp.flags[0]",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"", "\"]}",
		{"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
			"SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
		{"SECCOMP_FILTER_FLAG_NEW_LISTENER", "TSYNC", "seccomp_filter_flag_log"}},
	{LINUX, "linux.seccomp.syscalls[0].action",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/x\","
		"\"syscalls\":[{\"names\":[\"kill\"],\"action\":\"",
		"\"}]}",
		{"SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",
			"SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG",
			"SCMP_ACT_NOTIFY"},
		{"SCMP_ACT_NONE", "scmp_act_log", "LOG", "SCMP_ACT_"}},
	{LINUX, "linux.seccomp.syscalls[0].args[0].op",
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"kill\"],"
		"\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":0,\"value\":0,\"op\":\"",
		"\"}]}]}",
		{"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE",
			"SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"},
		{"SCMP_CMP_", "==", "scmp_cmp_eq"}},
	{LINUX, "linux.memoryPolicy.mode", "\"memoryPolicy\":{\"nodes\":\"0\",\"mode\":\"", "\"}",
		{"MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE", "MPOL_PREFERRED",
			"MPOL_PREFERRED_MANY"},
		{"MPOL_BINDS", "BIND", "mpol_bind"}},
	{LINUX, "linux.memoryPolicy.flags[0]",
		"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"", "\"]}",
		{"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"},
		{"MPOL_F_NODE", "STATIC_NODES", "mpol_f_static_nodes"}},
	{LINUX, "linux.personality.domain", "\"personality\":{\"domain\":\"", "\"}",
		{"LINUX", "LINUX32"}, {"linux", "LINUX64", "UNAME26"}},
	{PROCESS, "process.rlimits[0].type", "\"rlimits\":[{\"soft\":1,\"hard\":1,\"type\":\"",
		"\"}]",
		{"RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE",
			"RLIMIT_LOCKS", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE", "RLIMIT_NICE",
			"RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS", "RLIMIT_RTPRIO",
			"RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK"},
		{"NOFILE", "rlimit_nofile", "RLIMIT_SBSIZE", "RLIMIT_"}},
	{PROCESS, "process.ioPriority.class", "\"ioPriority\":{\"priority\":0,\"class\":\"", "\"}",
		{"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"},
		{"IOPRIO_CLASS_NONE", "RT", "ioprio_class_be"}},
	{PROCESS, "process.scheduler.policy", "\"scheduler\":{\"policy\":\"", "\"}",
		{"SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE", "SCHED_ISO"},
		{"SCHED_NORMAL", "OTHER", "sched_other", "SCHED_"}},
	{PROCESS, "process.scheduler.policy", "\"scheduler\":{\"priority\":1,\"policy\":\"", "\"}",
		{"SCHED_FIFO", "SCHED_RR"}, {"FIFO", "sched_rr"}},
	{PROCESS, "process.scheduler.flags[0]",
		"\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"flags\":[\"", "\"]}",
		{"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN",
			"SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS",
			"SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX"},
		{"SCHED_FLAG_ALL", "RECLAIM", "sched_flag_reclaim"}},
};

static const char *validate_word(void **state, const struct set *set, const char *word)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "%s%s%s", set->before, word, set->after);
	return findings(state, set->section, text);
}

/* Without libseccomp whatever is said of system calls is refused. */
static bool can_filter(void **state)
{
	return *findings(state, LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}") ==
	       '\0';
}

static void test_closed_sets(void **state)
{
	bool filters = can_filter(state);

	for (size_t i = 0; i < COUNT(sets); i++) {
		const struct set *set = &sets[i];

		if (!filters && strstr(set->path, "seccomp"))
			continue;
		for (size_t j = 0; set->words[j]; j++) {
			const char *found = validate_word(state, set, set->words[j]);

			if (*found)
				fail_msg("%s is refused: %s", set->words[j], found);
		}
		for (size_t j = 0; set->others[j]; j++) {
			const char *found = validate_word(state, set, set->others[j]);

			if (!is_about(found, set->path) || !strstr(found, set->others[j]))
				fail_msg("%s: \"%s\": %s", set->path, set->others[j], found);
		}
	}
}

static bool is_closed_set(const struct corc_json_field *row)
{
	return row->type == CORC_JSON_ENUM || row->type == CORC_JSON_ENUM_ARRAY;
}

static const char *path_of_set(size_t index)
{
	return sets[index].path;
}

static void test_every_closed_set_of_the_tables(void **state)
{
	(void)state;
	assert_rows_have_paths(is_closed_set, path_of_set, COUNT(sets));
}

/* Whatever case of a word, or a word more: no capability but a warning, as other runtimes have it.
 */
static void test_mount_options(void **state)
{
	static const char *const options[] = {"async", "atime", "defaults", "dev", "diratime",
		"dirsync", "exec", "iversion", "lazytime", "loud", "mand", "noatime", "nodev",
		"nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime",
		"nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rdev", "rdiratime",
		"relatime", "rexec", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnorelatime",
		"rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro",
		"rrw", "rshared", "rslave", "rstrictatime", "rsuid", "rsymfollow", "runbindable",
		"rw", "shared", "silent", "slave", "strictatime", "suid", "symfollow", "sync",
		"tmpcopyup", "unbindable", "dest-nofollow", "size=1m"};
	char text[256];
	const char *found = NULL;

	for (size_t i = 0; i < COUNT(options); i++) {
		(void)snprintf(text, sizeof(text),
			"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":"
			"[\"%s\"]}",
			options[i]);
		found = findings(state, MOUNTS, text);
		if (*found)
			fail_msg("%s is refused: %s", options[i], found);
	}
}

/* --- what excludes each other ----------------------------------------------------------------- */

#define NAMESPACES(list) "\"namespaces\":[" list "]"
#define SECCOMP(more) "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"" more "}"
#define MAPPING(a, b, n) "{\"containerID\":" #a ",\"hostID\":" #b ",\"size\":" #n "}"
#define MAPPINGS(uids, gids) "\"uidMappings\":[" uids "],\"gidMappings\":[" gids "]"

static const struct {
	enum section section;
	const char *text;
	const char *expected; /* the beginning of a line of the findings */
} conflicts[] = {
	/* the process */
	{PROCESS, "\"args\":[]", "process.args: args must not be empty"},
	{PROCESS, "\"cwd\":\"x\"", "process.cwd: Cwd must be an absolute path"},
	{PROCESS, "\"env\":[\"A=1\",\"B\"]",
		"process.env[1]: invalid environment variable: missing \"=\""},
	{PROCESS, "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]",
		"process.rlimits[0].soft: wrong rlimit value"},
	{PROCESS,
		"\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_CPU\","
		"\"soft\":1,\"hard\":1}]",
		"process.rlimits[1].type: wrong rlimit value: this limit is there already"},
	{PROCESS,
		"\"capabilities\":{\"effective\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"permitted\":["
		"\"CAP_KILL\"]}",
		"process.capabilities.effective[1]: CAP_CHOWN cannot be effective without being "
		"permitted"},
	{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_FIFO\"}", "process.scheduler"},
	{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"priority\":1}",
		"process.scheduler."},
	{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"runtime\":1}",
		"process.scheduler.runtime: runtime is for SCHED_DEADLINE only"},
	{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":3,\"deadline\":2}",
		"process.scheduler.runtime: SCHED_DEADLINE needs a runtime of at most its deadline"},
	{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_RR\",\"deadline\":1}",
		"process.scheduler.deadline: deadline is for SCHED_DEADLINE only"},
	{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"period\":1}",
		"process.scheduler.period: period is for SCHED_DEADLINE only"},
	{PROCESS,
		"\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1,\"deadline\":3,\"period\":2}",
		"process.scheduler.period: the period is shorter than the deadline"},
	{PROCESS, "\"execCPUAffinity\":{\"initial\":\" ,\"}",
		"process.execCPUAffinity.initial: expected a list like \"0-3,7\""},
	{PROCESS, "\"execCPUAffinity\":{\"final\":\"3-1\"}",
		"process.execCPUAffinity.final: expected a list like \"0-3,7\""},
	{PROCESS, "\"env\":[\"=x\"]",
		"process.env[0]: invalid environment variable: the name is empty"},
	{PROCESS, "\"selinuxLabel\":\"x \"",
		"process.selinuxLabel: selinuxLabel begins or ends with a blank"},
	{PROCESS, "\"apparmorProfile\":\" x\"",
		"process.apparmorProfile: apparmorProfile begins or ends with a blank"},
	/* mounts */
	{MOUNTS, "{\"destination\":\"/\",\"type\":\"tmpfs\"}",
		"mounts[1].destination: \"/\" is on the top of rootfs"},
	{MOUNTS, "{\"destination\":\"/a/..//\",\"type\":\"tmpfs\"}",
		"mounts[1].destination: \"/a/..//\" is on the top of rootfs"},
	{MOUNTS, "{\"destination\":\"/proc\",\"type\":\"tmpfs\"}",
		"mounts[1].destination: \"/proc\" cannot be mounted because it is not of type proc"},
	{MOUNTS, "{\"destination\":\"/x/../proc/sys\",\"type\":\"tmpfs\"}",
		"mounts[1].destination: \"/proc/sys\" cannot be mounted because it is inside /proc"},
	{MOUNTS, "{\"destination\":\"/x\",\"options\":[\"rbind\"]}", "mounts[1]"},
	{MOUNTS, "{\"destination\":\"/x\"}", "mounts[1]: a mount without \"bind\""},
	{MOUNTS, "{\"destination\":\"/x\",\"type\":\"sysfs\",\"options\":[\"ro\",\"tmpcopyup\"]}",
		"mounts[1].options[1]: mount option \"tmpcopyup\" is for mounts of type tmpfs"},
	{MOUNTS, "{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":[\"copy-symlink\"]}",
		"mounts[1].options[0]: mount option \"copy-symlink\" is for mounts that bind"},
	{MOUNTS, "{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":[\"src-nofollow\"]}",
		"mounts[1].options[0]: mount option \"src-nofollow\" is for mounts that bind"},
	{MOUNTS, "{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":[\"idmap\"]}",
		"mounts[1].options[0]: mount option \"idmap\" needs mappings"},
	{MOUNTS, "{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":[\"idmap=uids=x\"]}",
		"mounts[1].options[0]: mount option \"idmap=uids=x\": expected uids=FROM-TO-COUNT"},
	{MOUNTS,
		"{\"destination\":\"/x\",\"type\":\"sysfs\"," MAPPINGS(
			MAPPING(0, 1, 1), MAPPING(0, 1, 1)) "}",
		"mounts[1]: file systems of type sysfs cannot be idmapped"},
	{MOUNTS,
		"{\"destination\":\"/x\",\"options\":[\"remount\"]," MAPPINGS(
			MAPPING(0, 1, 1), MAPPING(0, 1, 1)) "}",
		"mounts[1]: the ids of a mount that is there cannot be mapped"},
	{MOUNTS,
		"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":[\"idmap=uids=0-0-1;gids=0-0-"
		"1\"]," MAPPINGS(MAPPING(0, 1, 1), MAPPING(0, 1, 1)) "}",
		"mounts[1].options[0]: mappings are given by an option and by uidMappings"},
	{MOUNTS, "{\"destination\":\"/x\",\"type\":\"tmpfs\"," MAPPINGS(MAPPING(0, 1, 1), "") "}",
		"mounts[1].uidMappings: uidMappings and gidMappings need each other"},
	/* namespaces, and what needs one */
	{LINUX, NAMESPACES("{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"pid\"}"),
		"linux.namespaces[2]"},
	{LINUX, NAMESPACES("{\"type\":\"mount\"},{\"type\":\"pid\",\"path\":\"x\"}"),
		"linux.namespaces[1].path: "},
	{LINUX, NAMESPACES("{\"type\":\"pid\"}") ",\"maskedPaths\":[\"/x\"]",
		"linux.maskedPaths: unable to restrict sys entries without a private MNT namespace"},
	{LINUX, NAMESPACES("{\"type\":\"pid\"}") ",\"readonlyPaths\":[\"/x\"]",
		"linux.readonlyPaths: unable to restrict sys entries without a private MNT "
		"namespace"},
	{LINUX, NAMESPACES("{\"type\":\"pid\"}") ",\"rootfsPropagation\":\"shared\"",
		"linux.rootfsPropagation: unable to set the propagation without a private MNT "
		"namespace"},
	{LINUX, NAMESPACES("{\"type\":\"mount\"}") "},\"hostname\":\"x\",\"x\":{",
		"hostname: unable to set hostname without a private UTS namespace"},
	{LINUX, NAMESPACES("{\"type\":\"mount\"}") "},\"domainname\":\"x\",\"x\":{",
		"domainname: unable to set domainname without a private UTS namespace"},
	{LINUX, NAMESPACES("{\"type\":\"mount\"}") ",\"netDevices\":{\"eth0\":{}}",
		"linux.netDevices: unable to move network devices without a private NET namespace"},
	{LINUX, NAMESPACES("{\"type\":\"mount\"}") ",\"timeOffsets\":{\"boottime\":{\"secs\":1}}",
		"linux.timeOffsets"},
	{LINUX, "\"timeOffsets\":{\"realtime\":{\"secs\":1}}",
		"linux.timeOffsets.realtime: expected the clock \"monotonic\" or \"boottime\""},
	{LINUX,
		NAMESPACES(
			"{\"type\":\"mount\"},{\"type\":\"time\",\"path\":\"/x\"}") ",\"timeOffsets\":{"
										    "\"boottime\":{\"secs\":1}}",
		"linux.timeOffsets: the offsets of a time namespace that is joined by path cannot be "
		"set"},
	{LINUX, NAMESPACES("{\"type\":\"mount\"}") ",\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}",
		"linux.sysctl[\"net.ipv4.ip_forward\"]: sysctl \"net.ipv4.ip_forward\" is not in a "
		"separate kernel namespace"},
	{LINUX, NAMESPACES("{\"type\":\"mount\"}") ",\"sysctl\":{\"kernel.sem\":\"1\"}",
		"linux.sysctl[\"kernel.sem\"]: sysctl \"kernel.sem\" is not in a separate kernel "
		"namespace"},
	{LINUX, "\"sysctl\":{\"kernel.hostname\":\"x\"}",
		"linux.sysctl[\"kernel.hostname\"]: sysctl \"kernel.hostname\" is not allowed"},
	{LINUX, "\"sysctl\":{\"vm.swappiness\":\"1\"}",
		"linux.sysctl[\"vm.swappiness\"]: sysctl \"vm.swappiness\" is not in a separate kernel "
		"namespace"},
	/* ids */
	{LINUX, MAPPINGS(MAPPING(0, 0, 1), MAPPING(0, 0, 1)), "linux.uidMappings: "},
	{LINUX, NAMESPACES("{\"type\":\"mount\"},{\"type\":\"user\"}"),
		"linux: a new user namespace needs uidMappings"},
	{LINUX,
		NAMESPACES("{\"type\":\"mount\"},{\"type\":\"user\"}") "," MAPPINGS(
			MAPPING(0, 5, 2) "," MAPPING(1, 9, 2), MAPPING(0, 5, 1)),
		"linux.uidMappings[1]"},
	{LINUX,
		NAMESPACES("{\"type\":\"mount\"},{\"type\":\"user\"}") "," MAPPINGS(
			MAPPING(5, 5, 2), MAPPING(0, 5, 1)),
		"process.user.uid: user id 0 has no mapping in linux.uidMappings"},
	{LINUX,
		NAMESPACES("{\"type\":\"mount\"},{\"type\":\"user\"}") "," MAPPINGS(
			MAPPING(0, 5, 2), MAPPING(3, 5, 1)),
		"process.user.gid: group id 0 has no mapping in linux.gidMappings"},
	/* limits */
	{LINUX, "\"resources\":{\"memory\":{\"limit\":100,\"swap\":50}}",
		"linux.resources.memory.swap"},
	{LINUX, "\"resources\":{\"memory\":{\"swap\":50}}", "linux.resources.memory.swap"},
	{LINUX, "\"resources\":{\"cpu\":{\"shares\":100,\"idle\":1}}", "linux.resources.cpu."},
	{LINUX, "\"resources\":{\"unified\":{\"a/b.c\":\"1\"}}",
		"linux.resources.unified[\"a/b.c\"]: "},
	{LINUX, "\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2mb\",\"limit\":1}]}",
		"linux.resources.hugepageLimits[0].pageSize"},
	{LINUX, "\"resources\":{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}}",
		"linux.resources.blockIO.weightDevice[0]: neither weight nor leafWeight is given"},
	{LINUX, "\"resources\":{\"rdma\":{\"mlx5_0\":{}}}",
		"linux.resources.rdma.mlx5_0: neither hcaHandles nor hcaObjects is given"},
	{LINUX, "\"resources\":{\"rdma\":{\"a b\":{\"hcaHandles\":1}}}",
		"linux.resources.rdma[\"a b\"]: expected the name of a device"},
	{LINUX, "\"resources\":{\"network\":{\"priorities\":[{\"name\":\"a b\",\"priority\":1}]}}",
		"linux.resources.network.priorities[0].name: expected the name of an interface"},
	{LINUX, "\"resources\":{\"unified\":{\"pids\":\"1\"}}",
		"linux.resources.unified.pids: \"pids\" must be in the form CONTROLLER.PARAMETER"},
	{LINUX, "\"cgroupsPath\":\"/a/../b\"", "linux.cgroupsPath: "},
	{LINUX, "\"intelRdt\":{\"closID\":\"a/b\"}", "linux.intelRdt.closID: invalid"},
	{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\",\"nodes\":\"0\"}",
		"linux.memoryPolicy.nodes: MPOL_DEFAULT and MPOL_LOCAL have no nodes"},
	{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"0\"}",
		"linux.memoryPolicy.nodes: MPOL_DEFAULT and MPOL_LOCAL have no nodes"},
	{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\",\"flags\":[\"MPOL_F_STATIC_NODES\"]}",
		"linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES need nodes"},
	{LINUX,
		"\"memoryPolicy\":{\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"0\",\"flags\":["
		"\"MPOL_F_NUMA_BALANCING\"]}",
		"linux.memoryPolicy.flags: MPOL_F_NUMA_BALANCING is for MPOL_BIND and "
		"MPOL_PREFERRED_MANY only"},
	{LINUX, "\"intelRdt\":{\"closID\":\"info\"}", "linux.intelRdt.closID: invalid"},
	{LINUX, "\"intelRdt\":{\"memBwSchema\":\"L3:0=f\"}",
		"linux.intelRdt.memBwSchema: expected one line like \"MB:0=...;1=...\""},
	{LINUX, "\"intelRdt\":{\"l3CacheSchema\":\"MB:0=1\"}",
		"linux.intelRdt.l3CacheSchema: expected one line like \"L3:0=...;1=...\""},
	{LINUX, "\"intelRdt\":{\"schemata\":[\"L3:0=f\\nL3:1=f\"]}",
		"linux.intelRdt.schemata[0]: expected one line"},
	{LINUX, "\"mountLabel\":\" x\"",
		"linux.mountLabel: mountLabel begins or ends with a blank"},
	{LINUX, "\"netDevices\":{\"a/b\":{}}",
		"linux.netDevices[\"a/b\"]: invalid network device name \"a/b\""},
	{LINUX, "\"netDevices\":{\"a\":{\"name\":\"a%s\"}}",
		"linux.netDevices.a.name: invalid network device name \"a%s\""},
	{LINUX, "\"maskedPaths\":[\"x\"]", "linux.maskedPaths[0]: expected an absolute path"},
	{LINUX, "\"readonlyPaths\":[\"x\"]", "linux.readonlyPaths[0]: expected an absolute path"},
	{LINUX, "\"sysctl\":{\"net..x\":\"1\"}",
		"linux.sysctl[\"net..x\"]: \"net..x\" is not the name of a sysctl"},
	{LINUX, "\"sysctl\":{\"user.max_user_namespaces\":\"1\"}",
		"linux.sysctl[\"user.max_user_namespaces\"]: sysctl \"user.max_user_namespaces\" is not in "
		"a separate kernel namespace: it needs a user namespace"},
	{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}",
		"linux.memoryPolicy: this mode needs nodes"},
	{LINUX,
		"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_STATIC_"
		"NODES\",\"MPOL_F_RELATIVE_NODES\"]}",
		"linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each "
		"other"},
	{LINUX, "\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\"}]", "linux.devices[0]"},
	{LINUX, "\"devices\":[{\"path\":\"x\",\"type\":\"p\"}]", "linux.devices[0].path"},
	{LINUX, "\"devices\":[{\"path\":\"/dev/x\",\"type\":\"b\",\"major\":1}]",
		"linux.devices[0]: required property \"minor\" is missing"},
	{LINUX,
		NAMESPACES(
			"{\"type\":\"pid\"}") "},\"root\":{\"path\":\"r\",\"readonly\":true},\"x\":{",
		"root.readonly: unable to make the root read-only without a private MNT namespace"},
	/* system calls */
	{LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}",
		"linux.seccomp.defaultErrnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an errno"},
	{LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}",
		"linux.seccomp.defaultErrnoRet: 4096 is above the largest value, 4094"},
	{LINUX, SECCOMP(",\"listenerMetadata\":\"x\""),
		"linux.seccomp.listenerMetadata: listenerMetadata needs a listenerPath"},
	{LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/x\"}",
		"linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be used as default action"},
	{LINUX, SECCOMP(",\"syscalls\":[{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_LOG\",\"errnoRet\":1}]"),
		"linux.seccomp.syscalls[0].errnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an "
		"errno"},
	{LINUX, SECCOMP(",\"syscalls\":[{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_NOTIFY\"}]"),
		"linux.seccomp.syscalls[0].action: seccomp listenerPath is not set"},
	{LINUX,
		SECCOMP(",\"listenerPath\":\"/x\",\"syscalls\":[{\"names\":[\"kill\",\"write\"],"
			"\"action\":\"SCMP_ACT_NOTIFY\"}]"),
		"linux.seccomp.syscalls[0].names[1]: SCMP_ACT_NOTIFY cannot be used for the write "
		"syscall"},
	{LINUX, SECCOMP(",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_LOG\"}]"),
		"linux.seccomp.syscalls[0].names: expected the name of a system call, found none"},
	{LINUX, "\"seccomp\":{\"syscalls\":[{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_LOG\"}]}",
		"linux.seccomp"},
	/* the rest */
	{TOP, "\"ociVersion\":\"2.0.0\"", "ociVersion: version \"2.0.0\""},
	{TOP, "\"root\":null", ": required property \"root\" is missing"},
	{TOP, "\"hooks\":{\"prestart\":[{\"path\":\"x\"}]}",
		"hooks.prestart[0].path: expected an absolute path"},
	{TOP, "\"annotations\":{\"run.oci.handler\":\"krun\"}",
		"annotations[\"run.oci.handler\"]: the handler \"krun\" is not supported"},
	{TOP, "\"annotations\":{\"module.wasm.image/variant\":\"compat\"}",
		"annotations[\"module.wasm.image/variant\"]: the handler \"compat\" is not supported"},
	{TOP, "\"annotations\":{\"run.oci.seccomp_bpf_data\":\"AAAA\"}",
		"annotations[\"run.oci.seccomp_bpf_data\"]: expected a BPF program in base64"},
};

static void test_conflicts(void **state)
{
	bool filters = can_filter(state);
	size_t wrong = 0;

	assert_string_equal(findings(state, TOP, ""), "");
	for (size_t i = 0; i < COUNT(conflicts); i++) {
		const char *found = findings(state, conflicts[i].section, conflicts[i].text);

		if (has_line(found, conflicts[i].expected) ||
			(!filters && strstr(conflicts[i].text, "seccomp")))
			continue;
		print_error("%s\n  expected: %s\n  found: %s\n", conflicts[i].text,
			conflicts[i].expected, found);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* --- what only looks bad ---------------------------------------------------------------------- */

/* Other runtimes take it, and corc does the same with it. */
static const struct {
	enum section section;
	const char *text;
} harmless[] = {
	{PROCESS, "\"consoleSize\":{\"height\":65536,\"width\":4294967295}"},
	{PROCESS, "\"user\":{\"uid\":0,\"gid\":0,\"umask\":4095}"},
	{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"nice\":19}"},
	{PROCESS, "\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":1,\"nice\":-20}"},
	{PROCESS,
		"\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1,\"deadline\":1,\"nice\":1}"},
	{PROCESS, "\"capabilities\":{\"bounding\":[\"CAP_NONE\",\"chown\"]}"},
	{MOUNTS, "{\"destination\":\"x\",\"type\":\"tmpfs\"}"},
	{MOUNTS, "{\"destination\":\"/x\",\"source\":\"/y\",\"options\":[\"bind\",\"size=1m\"]}"},
	{LINUX, "\"maskedPaths\":[\"/not/there\"]"},
	{LINUX, "\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"ADDR_NO_RANDOMIZE\"]}"},
	{LINUX, "\"timeOffsets\":{}"},
	{LINUX, "\"seccomp\":{}"},
	{LINUX, "\"resources\":{\"memory\":{\"limit\":0,\"swap\":0}}"},
	{LINUX, "\"resources\":{\"cpu\":{\"shares\":0,\"idle\":1}}"},
	{LINUX, "\"resources\":{\"devices\":[{\"allow\":false}]}"},
};

static void test_harmless(void **state)
{
	bool filters = can_filter(state);

	for (size_t i = 0; i < COUNT(harmless); i++) {
		const char *found = findings(state, harmless[i].section, harmless[i].text);

		if (*found && (filters || !strstr(harmless[i].text, "seccomp")))
			fail_msg("%s: %s", harmless[i].text, found);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, run_setup, run_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_closed_sets),
		TEST(test_every_closed_set_of_the_tables),
		TEST(test_mount_options),
		TEST(test_conflicts),
		TEST(test_harmless),
	};

#ifdef HAVE_SECCOMP
	/* What it can compile, libseccomp asks the kernel that would load it. */
	if (is_emulated())
		assert_int_equal(seccomp_api_set(5), 0);
#endif
	return cmocka_run_group_tests_name("run/refused", tests, NULL, NULL);
}
