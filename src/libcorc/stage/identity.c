/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials: set exactly, then read back. Layer: stage.
 *
 * Order: bounding set (needs CAP_SETPCAP), groups, ids (capabilities kept over the change), the
 * other sets, no_new_privs. A seccomp filter without no_new_privs needs CAP_SYS_ADMIN, which stays
 * until corc_op_drop_sys_admin: then only capset and execve have to pass the filter.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stage/stage.h"

#define GROUPS_MAX 65536

struct capability_sets {
	uint64_t effective, permitted, inheritable;
};

static int set_capabilities(const struct capability_sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(sets->effective >> (32 * i));
		data[i].permitted = (uint32_t)(sets->permitted >> (32 * i));
		data[i].inheritable = (uint32_t)(sets->inheritable >> (32 * i));
	}
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int get_capabilities(struct capability_sets *ret_sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	ret_sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret_sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret_sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

static struct capability_sets wanted_sets(const struct corc_op_identity *identity)
{
	uint64_t keep =
		identity->flags & CORC_IDENTITY_KEEP_SYS_ADMIN ? UINT64_C(1) << CAP_SYS_ADMIN : 0;
	struct capability_sets sets = {.effective = identity->effective | keep,
		.permitted = identity->permitted | keep,
		.inheritable = identity->inheritable};

	return sets;
}

static int drop_bounding(const struct corc_op_identity *identity)
{
	for (uint32_t number = 0; number <= identity->last_capability; number++) {
		if (identity->bounding & (UINT64_C(1) << number))
			continue;
		if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

/* Not by the libc, which blocks signals three times to tell threads that are not there. */
static int set_ids(struct corc_stage *stage, const struct corc_op_identity *identity)
{
	const gid_t *groups =
		(const gid_t *)(const void *)corc_plan_data(stage->plan, identity->groups);
	size_t count = identity->groups.length / sizeof(gid_t);

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	if (!(identity->flags & CORC_IDENTITY_KEEP_GROUPS) &&
		syscall(SYS_setgroups, count, groups) < 0)
		return -errno;
	if (syscall(SYS_setresgid, identity->gid, identity->gid, identity->gid) < 0)
		return -errno;
	if (syscall(SYS_setresuid, identity->uid, identity->uid, identity->uid) < 0)
		return -errno;
	return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 ? -errno : 0;
}

static int set_ambient(const struct corc_op_identity *identity)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (uint32_t number = 0; number <= identity->last_capability; number++) {
		if (!(identity->ambient & (UINT64_C(1) << number)))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

static bool ids_match(struct corc_stage *stage, const struct corc_op_identity *identity)
{
	static gid_t groups[GROUPS_MAX];
	const gid_t *wanted =
		(const gid_t *)(const void *)corc_plan_data(stage->plan, identity->groups);
	int count = (int)(identity->groups.length / sizeof(gid_t));
	uid_t real, effective, saved;
	gid_t real_gid, effective_gid, saved_gid;

	if (getresuid(&real, &effective, &saved) < 0 ||
		getresgid(&real_gid, &effective_gid, &saved_gid) < 0)
		return false;
	if (real != identity->uid || effective != identity->uid || saved != identity->uid)
		return false;
	if (real_gid != identity->gid || effective_gid != identity->gid ||
		saved_gid != identity->gid)
		return false;
	if (identity->flags & CORC_IDENTITY_KEEP_GROUPS)
		return true;
	if (getgroups(GROUPS_MAX, groups) != count)
		return false;
	/* The kernel keeps them sorted. */
	for (int i = 0; i < count; i++) {
		bool found = false;

		for (int j = 0; j < count && !found; j++)
			found = groups[j] == wanted[i];
		if (!found)
			return false;
	}
	return true;
}

static bool capabilities_match(const struct corc_op_identity *identity)
{
	struct capability_sets sets = {0}, wanted = wanted_sets(identity);

	if (get_capabilities(&sets) < 0 || sets.effective != wanted.effective ||
		sets.permitted != wanted.permitted || sets.inheritable != wanted.inheritable)
		return false;
	/* The kernel keeps ambient within what is permitted and inheritable. */
	uint64_t can_be_ambient = sets.permitted & sets.inheritable;

	for (uint32_t number = 0; number <= identity->last_capability; number++) {
		int bounding = (int)((identity->bounding >> number) & 1);
		int ambient = (int)((identity->ambient >> number) & 1);

		if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) != bounding)
			return false;
		if (((can_be_ambient >> number) & 1) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) != ambient)
			return false;
	}
	return (identity->ambient & ~can_be_ambient) == 0;
}

static int read_back(struct corc_stage *stage, const struct corc_op_identity *identity)
{
	int no_new_privileges = (identity->flags & CORC_IDENTITY_NO_NEW_PRIVILEGES) != 0;

	/* A caller may have it set already, and nobody can take it away. */
	if (!ids_match(stage, identity) || !capabilities_match(identity) ||
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) < no_new_privileges) {
		stage->detail = CORC_DETAIL_READ_BACK;
		return -EPERM;
	}
	return 0;
}

int corc_op_identity(struct corc_stage *stage, const struct corc_op *op)
{
	const struct corc_op_identity *identity = &op->identity;
	struct capability_sets sets = wanted_sets(identity);
	int dumpable = (identity->flags & CORC_IDENTITY_STAY_DUMPABLE) != 0;
	int r = drop_bounding(identity);

	if (r == 0)
		r = set_ids(stage, identity);
	if (r == 0)
		r = set_capabilities(&sets);
	if (r == 0)
		r = set_ambient(identity);
	if (r < 0)
		return r;
	if ((identity->flags & CORC_IDENTITY_NO_NEW_PRIVILEGES) &&
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	(void)umask(identity->umask);
	/* A change of credentials resets it to what the administrator chose. */
	if (prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) < 0)
		return -errno;
	stage->identity_done = true;
	return read_back(stage, identity);
}

/*
 * The filter may forbid to send an fd, so the parent takes it. It must not be here any longer when
 * somebody of the container can see this process.
 */
static int give_listener(struct corc_stage *stage, int listener)
{
	int r = corc_stage_send(stage, CORC_MESSAGE_LISTENER, (uint64_t)listener);

	if (r == 0)
		r = corc_stage_expect(stage, CORC_MESSAGE_GO_ON);
	if (r < 0)
		return r;
	return close(listener) < 0 ? -errno : 0;
}

int corc_op_seccomp(struct corc_stage *stage, const struct corc_op *op)
{
	struct sock_fprog program = {
		.len = (unsigned short)(op->seccomp.program.length / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(void *)corc_plan_data(
			stage->plan, op->seccomp.program)};

	long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, op->seccomp.flags, &program);

	if (listener < 0) {
		stage->detail = CORC_DETAIL_SECCOMP;
		return -errno;
	}
	if (!(op->seccomp.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return 0;
	return give_listener(stage, (int)listener);
}

int corc_op_drop_sys_admin(struct corc_stage *stage, const struct corc_op *op)
{
	struct capability_sets sets = {.effective = op->identity.effective,
		.permitted = op->identity.permitted,
		.inheritable = op->identity.inheritable};
	struct capability_sets there = {0};
	int r = set_capabilities(&sets);

	if (r < 0)
		return r;
	/* The filter may not let capget pass; what it does let pass has to be right. */
	if (get_capabilities(&there) == 0 &&
		(there.effective != sets.effective || there.permitted != sets.permitted)) {
		stage->detail = CORC_DETAIL_READ_BACK;
		return -EPERM;
	}
	return 0;
}
