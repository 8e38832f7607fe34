/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts about the host and the caller that compiling needs. Layer: plan; the parent process only.
 * run/host.c reads them from the kernel; tests and golden plans fill them in.
 */
#ifndef CORC_PLAN_HOST_H
#define CORC_PLAN_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spec/spec.h"

enum corc_cgroup_mode {
	CORC_CGROUP_NONE, /* none mounted, or disabled by the caller */
	CORC_CGROUP_V1,
	CORC_CGROUP_HYBRID, /* v1 hierarchies and a v2 one beside them */
	CORC_CGROUP_V2,
};

/* One mounted hierarchy. */
struct corc_cgroup_hierarchy {
	int version;             /* 1 or 2 */
	const char *mountpoint;  /* "/sys/fs/cgroup/cpu,cpuacct", v2 only: "/sys/fs/cgroup" */
	const char *controllers; /* v1: "cpu,cpuacct" or "name=systemd"; v2: "" */
	const char *self;        /* the caller's cgroup in it: "/user.slice" */
};

#define CORC_CGROUP_HIERARCHIES 24

/* The systemd that makes the cgroups. */
struct corc_systemd_layout {
	bool is_user;     /* the caller's own, not the system's */
	const char *path; /* below which its slices are; "": the top of each hierarchy */
};

struct corc_cgroup_layout {
	enum corc_cgroup_mode mode;
	struct corc_cgroup_hierarchy hierarchies[CORC_CGROUP_HIERARCHIES];
	uint32_t count;
	struct corc_systemd_layout systemd; /* known only where that manager is asked for */
};

/* A namespace that the configuration joins by path, opened by run/host.c. */
struct corc_namespace_fact {
	bool joined;
	bool is_made_ahead; /* it has no path: it is new, and made by the parent (run/network.h) */
	bool is_own;        /* it is the caller's own: there is nothing to do */
	bool owned_by_joined; /* its owner is the user namespace that is joined too */
	uint32_t slot;        /* index into the fds given to the stage */
};

/* Somebody else's, by the path in the configuration. */
static inline bool corc_namespace_is_anothers(const struct corc_namespace_fact *fact)
{
	return fact->joined && !fact->is_own && !fact->is_made_ahead;
}

/* What a security module says to a label that a configuration asks for. */
enum corc_label_answer {
	CORC_LABEL_UNKNOWN, /* nobody asked, or it cannot be known before the label is used */
	CORC_LABEL_GOOD,
	CORC_LABEL_BAD, /* no such profile, not valid in the policy */
};

struct corc_security_facts {
	bool apparmor, selinux; /* enabled; known only when a label is asked for */
	enum corc_label_answer apparmor_profile;
	enum corc_label_answer selinux_label;
	enum corc_label_answer mount_label;
};

struct corc_host {
	uid_t uid; /* effective */
	gid_t gid;
	bool rootless;
	struct corc_cgroup_layout cgroup;
	struct corc_namespace_fact namespaces[CORC_NAMESPACE_COUNT];
	/* Of a user namespace that is joined; read only for who gives or needs them. */
	struct corc_spec_id_mappings joined_uid_mappings, joined_gid_mappings;
	bool makes_devices; /* has CAP_MKNOD, and is in no user namespace, where that is not enough
			     */
	bool has_kcore;     /* /proc/kcore exists: /dev/core is linked */
	/* A procfs can be made for another pid namespace (Linux 6.17); asked only where one is
	 * joined. */
	bool procfs_takes_pid_namespace;
	uint64_t last_capability; /* number of the kernel's last capability */
	/* Permitted set of the caller: what it can give to a container that has no user namespace
	 * of its own. Others are left out with a warning. */
	uint64_t capabilities;
	struct corc_security_facts security; /* about the labels of the configuration */
};

#endif
