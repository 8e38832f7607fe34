/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about the host. Layer: run; the parent process. */
#include "run/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroup/cgroup.h"
#include "cgroup/systemd.h"
#include "plan/namespaces.h"
#include "plan/plan.h"
#include "run/security.h"
#include "run/user_namespace.h"
#include "sys/mount.h"
#include "sys/process.h"

static int fail_namespace(const struct corc_spec *spec, const struct corc_spec_namespace *entry,
	int code, const char *what, struct corc_error *error)
{
	char text[16];

	(void)corc_spec_fail(spec, entry->node, "path", UINT32_MAX, error,
		"joining the %s namespace %s: %s%s%s", corc_namespaces[entry->type].name,
		entry->path, what ? what : "", what && code ? ": " : "",
		code ? corc_errno_text(code, text) : "");
	error->code = code ? code : EINVAL;
	return corc_error_step(error, CORC_STEP_NAMESPACES);
}

/* Opens and checks the type; a FIFO or a device in its place is neither waited for nor used. */
static int open_namespace(const struct corc_spec *spec, const struct corc_spec_namespace *entry,
	struct corc_error *error)
{
	int CORC_CLOSE fd = open(entry->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return fail_namespace(spec, entry, errno, NULL, error);
	int type = ioctl(fd, NS_GET_NSTYPE);

	if (type < 0)
		return fail_namespace(spec, entry, 0, "it is not a namespace", error);
	if ((uint64_t)type != corc_namespaces[entry->type].flag)
		return fail_namespace(spec, entry, 0, "it is a namespace of another type", error);
	return corc_take_fd(&fd);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether the namespace behind fd is the one that the caller is in. */
static bool is_own_namespace(int fd, enum corc_namespace_type type)
{
	char path[64];
	struct stat theirs, ours;

	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", corc_namespaces[type].file);
	return fstat(fd, &theirs) == 0 && stat(path, &ours) == 0 && same_file(&theirs, &ours);
}

static bool is_owned_by(int fd, int user_fd)
{
	struct stat owner_status, user_status;
	int CORC_CLOSE owner = ioctl(fd, NS_GET_USERNS);

	return owner >= 0 && fstat(owner, &owner_status) == 0 &&
	       fstat(user_fd, &user_status) == 0 && same_file(&owner_status, &user_status);
}

static int join_one(const struct corc_spec *spec, const struct corc_spec_namespace *entry,
	struct corc_host_view *view, struct corc_error *error)
{
	struct corc_namespace_fact *fact = &view->host.namespaces[entry->type];
	int fd = open_namespace(spec, entry, error);

	if (fd < 0)
		return fd;
	fact->joined = true;
	fact->is_own = is_own_namespace(fd, entry->type);
	fact->slot = CORC_SLOT_FIRST_NAMESPACE + view->namespace_count;
	view->namespace_fds[view->namespace_count++] = fd;
	return 0;
}

/* The kernel says only by doing it whether it knows the option. */
static bool procfs_takes(const struct corc_host_view *view)
{
	const struct corc_namespace_fact *fact = &view->host.namespaces[CORC_NAMESPACE_PID];

	if (!fact->joined || fact->is_own)
		return false;
	int CORC_CLOSE context = corc_fsopen("proc");

	return context >= 0 &&
	       corc_fsconfig_fd(context, "pidns",
		       view->namespace_fds[fact->slot - CORC_SLOT_FIRST_NAMESPACE]) == 0;
}

bool corc_host_makes_network_ahead(const struct corc_spec *spec)
{
	const struct corc_spec_namespace *network =
		corc_spec_find_namespace(spec, CORC_NAMESPACE_NETWORK);

	return network && !network->path && !corc_spec_find_namespace(spec, CORC_NAMESPACE_USER);
}

static int join_namespaces(
	const struct corc_spec *spec, struct corc_host_view *view, struct corc_error *error)
{
	const struct corc_namespace_fact *user = &view->host.namespaces[CORC_NAMESPACE_USER];

	for (int type = 0; type < CORC_NAMESPACE_COUNT; type++) {
		const struct corc_spec_namespace *entry =
			corc_spec_find_namespace(spec, (enum corc_namespace_type)type);

		if (!entry || !entry->path)
			continue;
		int r = join_one(spec, entry, view, error);

		if (r < 0)
			return r;
	}
	if (corc_host_makes_network_ahead(spec)) {
		struct corc_namespace_fact *network =
			&view->host.namespaces[CORC_NAMESPACE_NETWORK];

		*network = (struct corc_namespace_fact){.joined = true,
			.is_made_ahead = true,
			.slot = CORC_SLOT_FIRST_NAMESPACE + view->namespace_count};
		view->namespace_fds[view->namespace_count++] = CORC_NO_FD;
	}
	view->host.procfs_takes_pid_namespace = procfs_takes(view);
	if (!user->joined)
		return 0;
	int user_fd = view->namespace_fds[user->slot - CORC_SLOT_FIRST_NAMESPACE];

	for (int type = 0; type < CORC_NAMESPACE_COUNT; type++) {
		struct corc_namespace_fact *fact = &view->host.namespaces[type];

		if (fact->joined && type != CORC_NAMESPACE_USER)
			fact->owned_by_joined = is_owned_by(
				view->namespace_fds[fact->slot - CORC_SLOT_FIRST_NAMESPACE],
				user_fd);
	}
	return 0;
}

/*
 * The kernel answers EINVAL beyond its last one. Another error taken for that would leave the last
 * capabilities in the bounding set.
 */
static int knows_capability(uint64_t number, struct corc_error *error)
{
	if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0)
		return 1;
	return errno == EINVAL ? 0 : corc_fail_errno(error, errno, "reading the bounding set");
}

static int find_last_capability(uint64_t *ret_number, struct corc_error *error)
{
	uint64_t number = CAP_LAST_CAP;
	int r;

	while ((r = knows_capability(number + 1, error)) > 0)
		number++;
	while (r == 0 && (r = knows_capability(number, error)) == 0 && number > 0)
		number--;
	*ret_number = number;
	return r < 0 ? r : 0;
}

static int read_capabilities(uint64_t *ret_permitted, struct corc_error *error)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return corc_fail_errno(error, errno, "reading capabilities");
	*ret_permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

static bool wants_idmap(const struct corc_spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct corc_string_array *options = &spec->mounts.items[i].options;

		for (size_t k = 0; k < options->count; k++)
			if (strncmp(options->items[k], "idmap", 5) == 0 ||
				strncmp(options->items[k], "ridmap", 6) == 0)
				return true;
	}
	return false;
}

/* It takes a process in the namespace to see them, so only for who gives or needs them. */
static int read_joined_mappings(struct corc_arena *arena, const struct corc_spec *spec,
	struct corc_host_view *view, struct corc_error *error)
{
	const struct corc_namespace_fact *user = &view->host.namespaces[CORC_NAMESPACE_USER];
	const struct corc_spec_linux *linux_ = &spec->linux_;

	if (!user->joined)
		return 0;
	if (linux_->uid_mappings.count == 0 && linux_->gid_mappings.count == 0 &&
		!wants_idmap(spec))
		return 0;
	return corc_user_namespace_mappings(
		user->is_own ? CORC_NO_FD
			     : view->namespace_fds[user->slot - CORC_SLOT_FIRST_NAMESPACE],
		arena, &view->host.joined_uid_mappings, &view->host.joined_gid_mappings, error);
}

int corc_host_read(struct corc_runtime *runtime, struct corc_arena *arena,
	const struct corc_spec *spec, struct corc_host_view *ret_view, struct corc_error *error)
{
	struct corc_host *host = &ret_view->host;
	bool has_systemd = runtime->cgroup_manager == CORC_CGROUP_MANAGER_SYSTEMD;
	bool relative =
		!has_systemd && (!spec->linux_.cgroups_path || spec->linux_.cgroups_path[0] != '/');
	struct stat kcore;
	int r = 0;

	host->uid = geteuid();
	host->gid = getegid();
	host->rootless = runtime->rootless;
	host->has_kcore = stat("/proc/kcore", &kcore) == 0;
	corc_security_read(NULL, spec->process ? spec->process->apparmor_profile : NULL,
		spec->process ? spec->process->selinux_label : NULL, spec->linux_.mount_label,
		&host->security);
	r = find_last_capability(&host->last_capability, error);
	if (r == 0)
		r = read_capabilities(&host->capabilities, error);
	host->makes_devices =
		(host->capabilities & UINT64_C(1) << CAP_MKNOD) && !corc_is_in_user_namespace();
	if (r == 0 && runtime->cgroup_manager != CORC_CGROUP_MANAGER_DISABLED)
		r = corc_cgroup_layout_read(arena, relative, &host->cgroup, error);
	if (r == 0 && has_systemd)
		r = corc_systemd_layout_read(
			arena, runtime->systemd.is_user, &host->cgroup.systemd, error);
	if (r == 0)
		r = join_namespaces(spec, ret_view, error);
	if (r == 0)
		r = read_joined_mappings(arena, spec, ret_view, error);
	return r;
}

void corc_host_close(struct corc_host_view *view)
{
	for (uint32_t i = 0; i < view->namespace_count; i++)
		corc_close_(view->namespace_fds[i]);
	view->namespace_count = 0;
}
