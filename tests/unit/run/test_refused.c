/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration may not say: every closed set of words with a word that is not in it, and
 * the pairs of values that exclude each other. All through validate, which asks whatever create
 * asks before anything is made; each refusal has its position.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include "run_fixture.h"

#ifdef HAVE_SECCOMP
#	include <seccomp.h>
#endif

#include "sys/emulator.h"

/* Where in the configuration the text of a row stands. A key that comes twice counts the last time,
 * so a row can also replace what is there. */
enum section { TOP, PROCESS, MOUNTS, LINUX, SECTIONS };

static const char *const base[] = {
	"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"}",
	",\n\"process\":{\"args\":[\"x\"],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}",
	"},\n\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"}",
	"],\n\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"uts\"},"
	"{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"time\"}]",
};

static char found[8192];
static size_t without_position;

static void note(void *data, const struct corc_error *finding)
{
	size_t length = strlen(found);

	(void)data;
	without_position += finding->origin.line == 0 || finding->origin.column == 0;
	(void)snprintf(found + length, sizeof(found) - length, "%s: %s\n", finding->origin.path,
		finding->message);
}

/* Fills `found` with a line for each finding: its path and its message. */
static void validate(void **state, enum section section, const char *text)
{
	struct corc_validate_options options = {.bundle = temporary_path()};
	struct corc_error error = {0};
	char config[4096];
	size_t count = 0, length = 0;

	for (int i = 0; i < SECTIONS; i++) {
		bool is_here = section == (enum section)i && *text;

		length += (size_t)snprintf(config + length, sizeof(config) - length, "%s%s%s",
			base[i], is_here ? "," : "", is_here ? text : "");
	}
	(void)snprintf(config + length, sizeof(config) - length, "}}");
	write_text(*(int *)*state, "config.json", config);
	found[0] = '\0';
	without_position = 0;
	assert_success(corc_bundle_validate(&options, note, NULL, &count, &error), &error);
	assert_int_equal(without_position, 0);
}

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

static void validate_word(void **state, const struct set *set, const char *word)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "%s%s%s", set->before, word, set->after);
	validate(state, set->section, text);
}

/* There is one finding, about the value, and it shows the word. */
static bool is_refused(const struct set *set, const char *word)
{
	size_t length = strlen(set->path);
	const char *end = strchr(found, '\n');
	const char *shown = strstr(found, word);

	return strncmp(found, set->path, length) == 0 && found[length] == ':' && end && !end[1] &&
	       shown;
}

/* Without libseccomp whatever is said of system calls is refused. */
static bool can_filter(void **state)
{
	validate(state, LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	return *found == '\0';
}

static void test_closed_sets(void **state)
{
	bool filters = can_filter(state);

	for (size_t i = 0; i < COUNT(sets); i++) {
		if (!filters && strstr(sets[i].path, "seccomp"))
			continue;
		for (size_t j = 0; sets[i].words[j]; j++) {
			validate_word(state, &sets[i], sets[i].words[j]);
			if (*found)
				fail_msg("%s is refused: %s", sets[i].words[j], found);
		}
		for (size_t j = 0; sets[i].others[j]; j++) {
			validate_word(state, &sets[i], sets[i].others[j]);
			if (!is_refused(&sets[i], sets[i].others[j]))
				fail_msg("%s: \"%s\": %s", sets[i].path, sets[i].others[j], found);
		}
	}
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

	for (size_t i = 0; i < COUNT(options); i++) {
		(void)snprintf(text, sizeof(text),
			"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":"
			"[\"%s\"]}",
			options[i]);
		validate(state, MOUNTS, text);
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
	{LINUX, "\"cgroupsPath\":\"/a/../b\"", "linux.cgroupsPath: "},
	{LINUX, "\"intelRdt\":{\"closID\":\"a/b\"}", "linux.intelRdt.closID: invalid"},
	{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\",\"nodes\":\"0\"}",
		"linux.memoryPolicy.nodes: MPOL_DEFAULT and MPOL_LOCAL have no nodes"},
	{LINUX, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}",
		"linux.memoryPolicy: this mode needs nodes"},
	{LINUX,
		"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_STATIC_"
		"NODES\",\"MPOL_F_RELATIVE_NODES\"]}",
		"linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each "
		"other"},
	{LINUX, "\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\"}]", "linux.devices[0]"},
	{LINUX, "\"devices\":[{\"path\":\"x\",\"type\":\"p\"}]", "linux.devices[0].path"},
	/* system calls */
	{LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}",
		"linux.seccomp.defaultErrnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an errno"},
	{LINUX, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}",
		"linux.seccomp.defaultErrnoRet: 4096 is above the largest value, 4095"},
	{LINUX, SECCOMP(",\"listenerMetadata\":\"x\""),
		"linux.seccomp.listenerMetadata: listenerMetadata needs a listenerPath"},
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
	{TOP, "\"annotations\":{\"run.oci.seccomp_bpf_data\":\"AAAA\"}",
		"annotations[\"run.oci.seccomp_bpf_data\"]: expected a BPF program in base64"},
};

static bool has_line(const char *beginning)
{
	size_t length = strlen(beginning);

	for (const char *line = found; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, beginning, length) == 0)
			return true;
	return false;
}

static void test_conflicts(void **state)
{
	bool filters = can_filter(state);
	size_t wrong = 0;

	validate(state, TOP, "");
	assert_string_equal(found, "");
	for (size_t i = 0; i < COUNT(conflicts); i++) {
		validate(state, conflicts[i].section, conflicts[i].text);
		if (has_line(conflicts[i].expected) ||
			(!filters && strstr(conflicts[i].text, "seccomp")))
			continue;
		print_error("%s\n  expected: %s\n  found: %s\n", conflicts[i].text,
			conflicts[i].expected, found);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, run_setup, run_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_closed_sets),
		TEST(test_mount_options),
		TEST(test_conflicts),
	};

#ifdef HAVE_SECCOMP
	/* What it can compile, libseccomp asks the kernel that would load it. */
	if (is_emulated())
		assert_int_equal(seccomp_api_set(5), 0);
#endif
	return cmocka_run_group_tests_name("run/refused", tests, NULL, NULL);
}
