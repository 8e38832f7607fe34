/* SPDX-License-Identifier: Apache-2.0 */
/* The host's part of a restore. Layer: run; the parent process. */
#include "run/restore_places.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "cgroup/directory.h"
#include "plan/namespaces.h"
#include "run/cgroup_namespace.h"
#include "run/conductor.h"
#include "run/rootfs.h"
#include "sys/mount.h"

/* Takes the tree over, also on failure. */
static int add_place(struct corc_restore_places *places, const char *name, int tree)
{
	int CORC_CLOSE owned = tree;
	struct stat status;
	struct corc_criu_place *items = corc_arena_grow(
		&places->arena, places->items, places->count, &places->capacity, sizeof(*items));

	if (!items || !name)
		return -ENOMEM;
	if (fstat(tree, &status) < 0)
		return -errno;
	places->items = items;
	items[places->count++] =
		(struct corc_criu_place){name, corc_take_fd(&owned), S_ISDIR(status.st_mode)};
	return 0;
}

/* The place, and the key under which the images ask for it. */
static int add_external(struct corc_restore_places *places, struct corc_criu_request *request,
	const char *name, const char *key, int tree)
{
	int r = add_place(places, name, tree);

	if (r < 0)
		return r;
	return corc_criu_pairs_add(&places->arena, &request->mounts, key,
		corc_arena_printf(&places->arena, CORC_CRIU_STAGING "/%s", name));
}

/* Without a cgroup namespace a cgroup mount is a bind: its source comes with the cgroup. */
static bool is_of_cgroup(const struct corc_spec *spec, const struct corc_plan_bind *bind)
{
	for (size_t i = 0; i < spec->mounts.count; i++)
		if (spec->mounts.items[i].node == bind->source.node)
			return corc_is_cgroup_mount(&spec->mounts.items[i]);
	return false;
}

static int add_binds(struct corc_bundle *bundle, bool of_cgroup, struct corc_restore_places *places,
	struct corc_criu_request *request, struct corc_error *error)
{
	const struct corc_plan *plan = bundle->plan;

	for (size_t i = 0; i < plan->bind_count; i++) {
		/* A file system of the container's own, which CRIU makes again. */
		if (plan->binds[i].fstype ||
			is_of_cgroup(bundle->spec, &plan->binds[i]) != of_cgroup)
			continue;
		int tree = corc_bind_open(&bundle->spec->document, &plan->binds[i], error);

		if (tree < 0)
			return tree;
		int r = add_external(places, request, corc_arena_printf(&places->arena, "%zu", i),
			corc_bind_key(&places->arena, plan, i), tree);

		if (r < 0)
			return corc_fail_errno(
				error, -r, "bind mount on %s", plan->binds[i].destination);
	}
	return 0;
}

/* The host's, and only if it is the null device. */
static int add_mask(struct corc_bundle *bundle, struct corc_restore_places *places,
	struct corc_criu_request *request, struct corc_error *error)
{
	struct stat status;

	if (bundle->spec->linux_.masked_paths.count == 0)
		return 0;
	int tree = corc_open_tree_clone(AT_FDCWD, "/dev/null", AT_SYMLINK_NOFOLLOW);

	if (tree >= 0 && (fstat(tree, &status) < 0 || !S_ISCHR(status.st_mode) ||
				 status.st_rdev != makedev(1, 3))) {
		corc_close_(tree);
		tree = -ENODEV;
	}
	int r = tree < 0 ? tree : add_external(places, request, "null", CORC_MASK_KEY, tree);

	return r < 0 ? corc_fail_errno(error, -r, "/dev/null") : 0;
}

/* Whether an earlier mount of the configuration has the path: then CRIU restores it. */
static bool is_below_mount(const struct corc_spec *spec, size_t index)
{
	const char *path = spec->mounts.items[index].destination;

	for (size_t i = 0; i < index; i++)
		if (corc_path_is_below(path, spec->mounts.items[i].destination))
			return true;
	return false;
}

static bool is_directory(const struct corc_restore_places *places, const struct corc_bundle *bundle,
	const char *destination)
{
	const struct corc_plan *plan = bundle->plan;
	/* The root is the first place, then come the binds in their order. */
	size_t place = 1;

	for (size_t i = 0; i < plan->bind_count; i++) {
		if (plan->binds[i].fstype || is_of_cgroup(bundle->spec, &plan->binds[i]))
			continue;
		if (strcmp(plan->binds[i].destination, destination) == 0)
			return places->items[place].is_directory;
		place++;
	}
	return true;
}

static int make_targets(struct corc_bundle *bundle, const struct corc_restore_places *places,
	struct corc_error *error)
{
	const struct corc_spec *spec = bundle->spec;

	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct corc_spec_mount *mount = &spec->mounts.items[i];

		if (is_below_mount(spec, i))
			continue;
		int r = corc_mount_target_make(places->items[0].tree, mount->destination,
			is_directory(places, bundle, mount->destination));

		if (r == 0)
			continue;
		(void)corc_fail_errno(error, -r, "making the mount point %s", mount->destination);
		corc_json_origin(&spec->document, mount->node, &error->origin);
		return r;
	}
	return 0;
}

/* key NULL: the image has no use for it. */
static int inherit(struct corc_restore_places *places, const char *key, int fd)
{
	if (places->fd_count == CORC_CRIU_FDS_MAX)
		return -E2BIG;
	if (key)
		places->inherited[places->inherited_count++] =
			(struct corc_criu_inherit){key, CORC_CRIU_FIRST_FD + (int)places->fd_count};
	places->fds[places->fd_count++] = fd;
	return 0;
}

static int add_streams(struct corc_restore_places *places, const struct corc_streams *streams)
{
	int r = 0;

	for (int i = 0; i < CORC_STREAMS && r == 0; i++) {
		const char *name = streams->names[i];

		r = inherit(places, corc_stream_is_external(name) ? name : NULL, i);
	}
	return r;
}

/* What CRIU can be given: two by their fds, three by their paths. */
static int add_namespace(struct corc_bundle *bundle, struct corc_restore_places *places,
	struct corc_criu_request *request, const struct corc_spec_namespace *entry)
{
	static const struct {
		const char *key;
		bool by_fd;
	} rows[CORC_NAMESPACE_COUNT] = {
		[CORC_NAMESPACE_NETWORK] = {CORC_EXTERNAL_NETWORK, true},
		[CORC_NAMESPACE_PID] = {CORC_EXTERNAL_PID, true},
		[CORC_NAMESPACE_IPC] = {"ipc", false},
		[CORC_NAMESPACE_UTS] = {"uts", false},
		[CORC_NAMESPACE_TIME] = {"time", false},
	};
	const struct corc_namespace_fact *fact = &bundle->view.host.namespaces[entry->type];

	if (!rows[entry->type].key)
		return -ENOTSUP;
	if (rows[entry->type].by_fd)
		return inherit(places, rows[entry->type].key,
			bundle->view.namespace_fds[fact->slot - CORC_SLOT_FIRST_NAMESPACE]);
	return corc_criu_pairs_add(
		&places->arena, &request->namespaces, rows[entry->type].key, entry->path);
}

static int add_namespaces(struct corc_bundle *bundle, struct corc_restore_places *places,
	struct corc_criu_request *request, struct corc_error *error)
{
	const struct corc_spec_namespaces *list = &bundle->spec->linux_.namespaces;

	if (!corc_spec_find_namespace(bundle->spec, CORC_NAMESPACE_MOUNT))
		return corc_fail(error, ENOTSUP,
			"a container without a mount namespace of its own cannot be restored");
	for (size_t i = 0; i < list->count; i++) {
		const struct corc_spec_namespace *entry = &list->items[i];
		const struct corc_namespace_fact *fact = &bundle->view.host.namespaces[entry->type];
		int r = corc_namespace_is_anothers(fact)
				? add_namespace(bundle, places, request, entry)
				: 0;

		if (r == 0)
			continue;
		(void)corc_fail_errno(error, -r, "restoring into a %s namespace by its path",
			corc_namespaces[entry->type].name);
		corc_json_origin(&bundle->spec->document, entry->node, &error->origin);
		return r;
	}
	return 0;
}

static int add_root(
	struct corc_bundle *bundle, struct corc_restore_places *places, struct corc_error *error)
{
	uint64_t mount = 0;
	int root = CORC_NO_FD;
	int r = corc_rootfs_open(bundle, &root, &mount, error);

	if (r < 0)
		return r;
	r = add_place(places, "root", root);
	return r < 0 ? corc_fail_errno(error, -r, "root file system") : 0;
}

/*
 * CRIU keeps the flags of the other mounts, but takes the root as it is given. To pivot into it
 * CRIU covers /tmp, or makes a directory, which here it cannot.
 */
static int protect_root(struct corc_bundle *bundle, const struct corc_restore_places *places,
	struct corc_error *error)
{
	if (!bundle->spec->root.readonly)
		return 0;
	int r = corc_mount_target_make(places->items[0].tree, "/tmp", true);

	if (r < 0)
		return corc_fail_errno(
			error, -r, "making /tmp, which CRIU needs in a read-only root file system");
	r = corc_mount_setattr(places->items[0].tree, 0, MOUNT_ATTR_RDONLY, 0, 0);

	return r < 0 ? corc_fail_errno(error, -r, "making the root file system read-only") : 0;
}

int corc_restore_places_open(struct corc_bundle *bundle, const struct corc_streams *streams,
	struct corc_restore_places *places, struct corc_criu_request *request,
	struct corc_error *error)
{
	int r = add_streams(places, streams);

	if (r < 0)
		return corc_fail_errno(error, -r, "standard streams");
	r = add_namespaces(bundle, places, request, error);
	if (r == 0)
		r = add_root(bundle, places, error);
	if (r == 0)
		r = add_binds(bundle, false, places, request, error);
	if (r == 0)
		r = add_mask(bundle, places, request, error);
	if (r == 0)
		r = make_targets(bundle, places, error);
	if (r == 0)
		r = protect_root(bundle, places, error);
	request->inherited = places->inherited;
	request->inherited_count = places->inherited_count;
	return r;
}

int corc_restore_work(
	struct corc_restore_places *places, int work, int *ret_fd, struct corc_error *error)
{
	int tree = corc_open_tree_clone(work, "", AT_EMPTY_PATH);
	int r = tree < 0 ? tree : add_place(places, "work", tree);

	if (r < 0)
		return corc_fail_errno(error, -r, "working folder of CRIU");
	*ret_fd = places->items[places->count - 1].tree;
	return 0;
}

/* --- cgroups -------------------------------------------------------------------------------- */

static int open_procs(struct corc_arena *arena, const char *directory, const char *below)
{
	const char *path = corc_arena_printf(arena, "%s%s/cgroup.procs", directory, below);
	int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;

	if (!path)
		return -ENOMEM;
	return fd < 0 ? -errno : fd;
}

/* Our own cgroup in the hierarchy of a directory. */
static int open_own(struct corc_arena *arena, const struct corc_cgroup_layout *layout,
	const struct corc_cgroup_ref_directory *directory)
{
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct corc_cgroup_hierarchy *item = &layout->hierarchies[i];

		if (item->version == (int)directory->version && item->self &&
			(item->version == 2 ||
				(directory->controllers &&
					strcmp(item->controllers, directory->controllers) == 0)))
			return open_procs(arena, item->mountpoint, item->self);
	}
	return -ENOENT;
}

/* Moving CRIU into the cgroup and out of it would take two grace periods of RCU. */
static int open_namespace(struct corc_restore_places *places,
	const struct corc_cgroup_ref_directory *directory, struct corc_criu_launch *launch,
	struct corc_error *error)
{
	int CORC_CLOSE own = corc_cgroup_open_own(directory);
	int *place = corc_arena_array(&places->arena, 1, sizeof(int));

	if (own < 0 || !place)
		return corc_fail_errno(error, own < 0 ? -own : ENOMEM, "%s", directory->directory);
	*place = corc_cgroup_namespace_make(own);
	if (*place < 0)
		return corc_fail_errno(
			error, -*place, "a cgroup namespace for %s", directory->directory);
	launch->cgroup_namespace = places->cgroup_namespace = place;
	return 0;
}

int corc_restore_cgroups_open(struct corc_restore_places *places, const struct corc_cgroup_ref *ref,
	struct corc_criu_launch *launch, struct corc_error *error)
{
	struct corc_cgroup_layout layout = {0};
	size_t count = ref->directories.count;

	if (count == 1 && ref->directories.items[0].version == 2)
		return open_namespace(places, &ref->directories.items[0], launch, error);
	int r = corc_cgroup_layout_read(&places->arena, true, &layout, error);

	if (r < 0 || count == 0)
		return r;
	places->cgroups = corc_arena_array(&places->arena, count, sizeof(int));
	places->own_cgroups = corc_arena_array(&places->arena, count, sizeof(int));
	if (!places->cgroups || !places->own_cgroups)
		return corc_fail_errno(error, ENOMEM, "cgroups");
	for (size_t i = 0; i < count; i++) {
		const struct corc_cgroup_ref_directory *item = &ref->directories.items[i];
		int ours = places->own_cgroups[i] = open_own(&places->arena, &layout, item);
		int theirs = places->cgroups[i] = open_procs(&places->arena, item->directory, "");

		places->cgroup_count++;
		if (ours < 0 || theirs < 0)
			return corc_fail_errno(error, theirs < 0 ? -theirs : -ours,
				"cgroup.procs of %s, or of our own cgroup", item->directory);
	}
	launch->cgroups = places->cgroups;
	launch->own_cgroups = places->own_cgroups;
	launch->cgroup_count = launch->own_cgroup_count = count;
	return 0;
}

int corc_restore_cgroup_mount(struct corc_bundle *bundle, const struct corc_cgroup_ref *ref,
	struct corc_restore_places *places, struct corc_criu_request *request,
	struct corc_error *error)
{
	const struct corc_spec_mounts *mounts = &bundle->spec->mounts;
	size_t i = 0;
	int r = add_binds(bundle, true, places, request, error);

	if (r < 0)
		return r;
	while (i < mounts->count && !corc_is_cgroup_mount(&mounts->items[i]))
		i++;
	if (i == mounts->count || ref->directories.count != 1 ||
		ref->directories.items[0].version != 2)
		return 0;
	int tree = corc_open_tree_clone(AT_FDCWD, ref->directories.items[0].directory, 0);

	r = tree < 0 ? tree : corc_mount_setattr(tree, 0, 0, 0, MS_PRIVATE);
	if (r == 0)
		r = add_external(places, request, "cgroup", CORC_CGROUP_KEY, tree);
	else
		corc_close_(tree);
	return r < 0 ? corc_fail_errno(error, -r, "cgroup %s", ref->directories.items[0].directory)
		     : 0;
}

/* One root for each controller of a hierarchy: "cpu,cpuacct" has two. */
static int add_roots(struct corc_arena *arena, const struct corc_cgroup_directory *directory,
	struct corc_criu_pairs *pairs)
{
	const char *names = directory->controllers;
	int r = 0;

	if (directory->version == 2)
		return corc_criu_pairs_add(arena, pairs, "", directory->path);
	while (r == 0 && *names) {
		size_t length = strcspn(names, ",");

		r = corc_criu_pairs_add(
			arena, pairs, corc_arena_strndup(arena, names, length), directory->path);
		names += length;
		names += *names == ',';
	}
	return r;
}

/* Else CRIU makes one without options, and all mounts of it on the host lose theirs. */
static int add_yard(struct corc_bundle *bundle, struct corc_restore_places *places,
	struct corc_criu_request *request)
{
	const struct corc_cgroup_layout *layout = &bundle->view.host.cgroup;

	if (layout->mode != CORC_CGROUP_V2)
		return 0;
	int tree = corc_open_tree_clone(AT_FDCWD, layout->hierarchies[0].mountpoint, 0);
	int r = tree < 0 ? tree : add_place(places, "unified", tree);

	if (r == 0)
		request->cgroup_yard = CORC_CRIU_STAGING;
	return r;
}

int corc_restore_cgroup_roots(const struct corc_restore_options *options,
	struct corc_bundle *bundle, struct corc_restore_places *places,
	struct corc_criu_request *request, struct corc_error *error)
{
	const struct corc_cgroup_plan *cgroup = bundle->cgroup;

	if (options->criu.cgroups == CORC_CRIU_CGROUPS_IGNORE)
		return 0;
	for (size_t i = 0; i < cgroup->directory_count; i++)
		if (add_roots(&bundle->arena, &cgroup->directories[i], &request->cgroups) < 0)
			return corc_fail_errno(error, ENOMEM, "cgroups");
	int r = add_yard(bundle, places, request);

	return r < 0 ? corc_fail_errno(error, -r, "the mount of cgroup v2") : 0;
}

void corc_restore_places_close(struct corc_restore_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		corc_close_(places->items[i].tree);
	if (places->cgroup_namespace)
		corc_close_(*places->cgroup_namespace);
	for (size_t i = 0; i < places->cgroup_count; i++) {
		corc_close_(places->cgroups[i]);
		corc_close_(places->own_cgroups[i]);
	}
	corc_arena_done(&places->arena);
}
