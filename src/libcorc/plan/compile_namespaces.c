/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entering and making namespaces. Layer: plan; the parent process only.
 *
 * The order follows from two rules of the kernel: a process needs CAP_SYS_ADMIN in the user
 * namespace that owns what it joins or makes, and a process that enters a user namespace keeps
 * capabilities only in that one. So what the caller's user namespace owns is joined before the
 * container's is entered, what the container's owns after it, and new namespaces, which are to be
 * owned by the container's, are made last or together with it.
 *
 * The mount namespace is joined last of its group: it changes what paths mean. A joined pid
 * namespace holds only children that are born afterwards.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>

#include "base/buffer.h"
#include "plan/compiler.h"
#include "plan/namespaces.h"

/* The user namespace is not among them: it divides the groups. */
static const enum corc_namespace_type join_order[] = {CORC_NAMESPACE_IPC, CORC_NAMESPACE_UTS,
	CORC_NAMESPACE_NETWORK, CORC_NAMESPACE_CGROUP, CORC_NAMESPACE_TIME, CORC_NAMESPACE_PID,
	CORC_NAMESPACE_MOUNT};

void corc_choose_namespaces(struct corc_compiler *compiler)
{
	const struct corc_spec_namespaces *list = &compiler->spec->linux_.namespaces;

	for (size_t i = 0; i < list->count; i++) {
		const struct corc_spec_namespace *entry = &list->items[i];
		const struct corc_namespace_fact *fact = &compiler->host->namespaces[entry->type];
		struct corc_namespace_choice *choice = &compiler->namespaces[entry->type];

		choice->entry = entry;
		if (!entry->path && !fact->joined) {
			choice->use = CORC_NAMESPACE_NEW;
		} else if (!fact->is_own) {
			choice->use = CORC_NAMESPACE_JOINED;
			choice->slot = fact->slot;
			choice->owned_by_joined = fact->owned_by_joined;
		}
	}
}

static bool is_joined(const struct corc_compiler *compiler, enum corc_namespace_type type)
{
	return compiler->namespaces[type].use == CORC_NAMESPACE_JOINED;
}

static bool is_new(const struct corc_compiler *compiler, enum corc_namespace_type type)
{
	return compiler->namespaces[type].use == CORC_NAMESPACE_NEW;
}

/*
 * In a pid namespace that is joined others can see the stage, and trace it when they have
 * CAP_SYS_PTRACE in its user namespace. A new user namespace is made by a clone of its own, and
 * there they do not. Born last, it is for a moment the second process of its cgroup. Hooks of the
 * creation are told its pid, so it has to be there before them.
 */
static bool can_be_born_last(const struct corc_compiler *compiler)
{
	const struct corc_spec_pids *pids = compiler->spec->linux_.resources.pids;

	if (pids && pids->limit && *pids->limit >= 0 && *pids->limit < 2)
		return false;
	if (corc_has_creation_hooks(compiler))
		return false;
	return is_joined(compiler, CORC_NAMESPACE_PID) && !is_new(compiler, CORC_NAMESPACE_USER) &&
	       compiler->host->procfs_takes_pid_namespace;
}

/* For clone: time and cgroup namespaces are made by ops of their own, user is the caller's turn. */
static uint64_t new_flags(const struct corc_compiler *compiler)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < CORC_NAMESPACE_COUNT; i++)
		if (is_new(compiler, (enum corc_namespace_type)i))
			flags |= corc_namespaces[i].flag;
	return flags & ~(uint64_t)(CLONE_NEWUSER | CLONE_NEWTIME | CLONE_NEWCGROUP);
}

static void add_join(struct corc_compiler *compiler, enum corc_namespace_type type)
{
	const struct corc_namespace_choice *choice = &compiler->namespaces[type];
	struct corc_op *op = corc_builder_op(
		&compiler->builder, CORC_OP_JOIN, corc_source(choice->entry->node, NULL));

	op->join.slot = choice->slot;
	op->join.type = (uint32_t)corc_namespaces[type].flag;
	op->join.keep = type == CORC_NAMESPACE_PID && compiler->is_born_last;
}

/* Those joined whose owner is, or is not, the user namespace that is joined. */
static void add_joins(struct corc_compiler *compiler, bool owned_by_joined)
{
	for (size_t i = 0; i < sizeof(join_order) / sizeof(join_order[0]); i++)
		if (is_joined(compiler, join_order[i]) &&
			compiler->namespaces[join_order[i]].owned_by_joined == owned_by_joined)
			add_join(compiler, join_order[i]);
}

static struct corc_op_source namespaces_source(const struct corc_compiler *compiler)
{
	return corc_source(compiler->spec->linux_.node, "namespaces");
}

static void add_clone(struct corc_compiler *compiler, uint64_t flags)
{
	corc_builder_op(&compiler->builder, CORC_OP_CLONE, namespaces_source(compiler))
		->clone.flags = flags;
	compiler->plan->clones = true;
}

static void add_unshare(
	struct corc_compiler *compiler, uint64_t flags, struct corc_op_source source)
{
	if (flags)
		corc_builder_op(&compiler->builder, CORC_OP_UNSHARE, source)->unshare.flags = flags;
}

static void add_ids(struct corc_compiler *compiler, uint32_t uid, uint32_t gid)
{
	const struct corc_namespace_choice *user = &compiler->namespaces[CORC_NAMESPACE_USER];
	struct corc_op *op = corc_builder_op(
		&compiler->builder, CORC_OP_MAP_IDS, corc_source(user->entry->node, NULL));

	op->map_ids.uid = uid;
	op->map_ids.gid = gid;
	op->map_ids.keep_groups = compiler->plan->keep_groups;
}

uint32_t corc_first_id(const struct corc_spec_id_mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (mappings->items[i].container_id == 0)
			return 0;
	return mappings->count ? mappings->items[0].container_id : 0;
}

const char *corc_map_text(
	struct corc_compiler *compiler, const struct corc_spec_id_mappings *mappings)
{
	struct corc_buffer CORC_BUFFER text = {0};
	char *copy;

	for (size_t i = 0; i < mappings->count; i++)
		corc_buffer_printf(&text, "%u %u %u\n", mappings->items[i].container_id,
			mappings->items[i].host_id, mappings->items[i].size);
	copy = text.failed ? NULL : corc_arena_strdup(compiler->arena, text.data ? text.data : "");
	if (!copy)
		compiler->builder.code = ENOMEM;
	return copy;
}

static bool is_mapped(const struct corc_spec_id_mappings *mappings, uint32_t id)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (id >= mappings->items[i].container_id &&
			id - mappings->items[i].container_id < mappings->items[i].size)
			return true;
	return false;
}

/* An id without mapping is EINVAL much later, from a call that does not say which. */
static int check_ids(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	const struct corc_spec_user *user = &compiler->process->user;

	if (!is_mapped(&linux_->uid_mappings, user->uid))
		return corc_refuse(compiler, corc_source(user->node, "uid"),
			"user id %u has no mapping in linux.uidMappings", user->uid);
	if (!is_mapped(&linux_->gid_mappings, user->gid))
		return corc_refuse(compiler, corc_source(user->node, "gid"),
			"group id %u has no mapping in linux.gidMappings", user->gid);
	for (size_t i = 0; i < user->additional_gids.count; i++)
		if (!is_mapped(&linux_->gid_mappings, user->additional_gids.items[i]))
			return corc_refuse(compiler,
				corc_source_item(user->node, "additionalGids", i),
				"group id %u has no mapping in linux.gidMappings",
				user->additional_gids.items[i]);
	return 0;
}

/* No user namespace is entered. */
static int add_plain_namespaces(struct corc_compiler *compiler)
{
	uint64_t flags = new_flags(compiler);
	bool clones = is_joined(compiler, CORC_NAMESPACE_PID) && !compiler->is_born_last;

	if (!clones)
		compiler->plan->spawn_flags = flags;
	add_joins(compiler, false);
	add_joins(compiler, true);
	if (clones)
		add_clone(compiler, flags);
	return 0;
}

static bool maps_only(const struct corc_spec_id_mappings *mappings, uint32_t id)
{
	return mappings->count == 1 && mappings->items[0].host_id == id &&
	       mappings->items[0].size == 1;
}

static bool may(const struct corc_compiler *compiler, int capability)
{
	return compiler->host->capabilities & UINT64_C(1) << capability;
}

/*
 * Who writes the maps: the caller when it is privileged, or maps nothing but itself; the kernel
 * takes such a gid_map only when setgroups is denied before. Else the programs that know which
 * ranges are the user's.
 */
static void choose_writers(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	struct corc_plan *plan = compiler->plan;

	plan->helps_uid_map = !may(compiler, CAP_SETUID) &&
			      !maps_only(&linux_->uid_mappings, compiler->host->uid);
	if (may(compiler, CAP_SETGID))
		return;
	plan->deny_setgroups = maps_only(&linux_->gid_mappings, compiler->host->gid);
	plan->helps_gid_map = !plan->deny_setgroups;
}

/*
 * The stage is started in the caller's user namespace and makes the new one itself, because an
 * exec before the ids are mapped would lose all capabilities.
 */
static int add_new_user_namespace(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	const struct corc_namespace_choice *mount = &compiler->namespaces[CORC_NAMESPACE_MOUNT];
	struct corc_plan *plan = compiler->plan;
	int r = check_ids(compiler);

	if (r < 0)
		return r;
	/* Nobody could mount in it, not even the root file system. */
	if (mount->use == CORC_NAMESPACE_JOINED)
		return corc_refuse(compiler, corc_source(mount->entry->node, "path"),
			"a mount namespace cannot be joined together with a new user namespace: "
			"it is not owned by that one");
	corc_raise_rlimits(compiler, CORC_RLIMITS_ALL);
	add_joins(compiler, false);
	add_joins(compiler, true);
	add_clone(compiler, CLONE_NEWUSER | new_flags(compiler));
	add_ids(compiler, corc_first_id(&linux_->uid_mappings),
		corc_first_id(&linux_->gid_mappings));
	plan->maps_ids = true;
	plan->uid_map = corc_map_text(compiler, &linux_->uid_mappings);
	plan->gid_map = corc_map_text(compiler, &linux_->gid_mappings);
	choose_writers(compiler);
	return 0;
}

static int add_joined_user_namespace(struct corc_compiler *compiler)
{
	const struct corc_host *host = compiler->host;
	uint64_t flags = new_flags(compiler);

	corc_raise_rlimits(compiler, CORC_RLIMITS_ALL);
	add_joins(compiler, false);
	add_join(compiler, CORC_NAMESPACE_USER);
	/* The caller's ids have no mapping there. */
	add_ids(compiler, corc_first_id(&host->joined_uid_mappings),
		corc_first_id(&host->joined_gid_mappings));
	add_joins(compiler, true);
	if (compiler->is_born_last)
		add_unshare(compiler, flags, namespaces_source(compiler));
	else if (flags || is_joined(compiler, CORC_NAMESPACE_PID))
		add_clone(compiler, flags);
	return 0;
}

static void put_offset(
	struct corc_buffer *text, const char *clock, const struct corc_spec_time_offset *offset)
{
	if (offset)
		corc_buffer_printf(
			text, "%s %lld %u\n", clock, (long long)offset->secs, offset->nanosecs);
}

static void add_time_namespace(struct corc_compiler *compiler)
{
	const struct corc_spec_time_offsets *offsets = &compiler->spec->linux_.time_offsets;
	struct corc_buffer CORC_BUFFER text = {0};
	struct corc_op_source source =
		corc_source(compiler->namespaces[CORC_NAMESPACE_TIME].entry->node, NULL);
	struct corc_op *op;

	put_offset(&text, "monotonic", offsets->monotonic);
	put_offset(&text, "boottime", offsets->boottime);
	if (text.failed)
		compiler->builder.code = ENOMEM;
	/* Wrong offsets are the likely reason for a failure. */
	if (text.length)
		source = corc_source(compiler->spec->linux_.node, "timeOffsets");
	op = corc_builder_op(&compiler->builder, CORC_OP_TIME_OFFSETS, source);
	op->time_offsets.text = corc_builder_string(&compiler->builder, text.data);
}

static bool has_mapping(
	const struct corc_spec_id_mappings *mappings, const struct corc_spec_id_mapping *wanted)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const struct corc_spec_id_mapping *mapping = &mappings->items[i];

		if (mapping->container_id == wanted->container_id &&
			mapping->host_id == wanted->host_id && mapping->size == wanted->size)
			return true;
	}
	return false;
}

static int check_joined(struct corc_compiler *compiler, const char *key,
	const struct corc_spec_id_mappings *given, const struct corc_spec_id_mappings *joined)
{
	struct corc_op_source source = corc_source(compiler->spec->linux_.node, key);

	if (given->count == 0)
		return 0;
	if (given->count != joined->count)
		return corc_refuse(compiler, source,
			"the user namespace that is joined by path has %zu of them, not %zu",
			joined->count, given->count);
	for (size_t i = 0; i < given->count; i++)
		if (!has_mapping(joined, &given->items[i]))
			return corc_refuse(compiler, corc_source(given->items[i].node, NULL),
				"the user namespace that is joined by path has no such mapping");
	corc_warn(compiler, source,
		"superfluous: the user namespace that is joined by path has its mappings");
	return 0;
}

/* A user namespace that is joined has its mappings; those that are given can only be the same. */
static int check_joined_mappings(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	const struct corc_host *host = compiler->host;
	int r;

	if (!host->namespaces[CORC_NAMESPACE_USER].joined)
		return 0;
	r = check_joined(
		compiler, "uidMappings", &linux_->uid_mappings, &host->joined_uid_mappings);
	return r < 0 ? r
		     : check_joined(compiler, "gidMappings", &linux_->gid_mappings,
			       &host->joined_gid_mappings);
}

/* Before sysctls, which may be about them. */
static int add_net_devices(struct corc_compiler *compiler)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	const struct corc_spec_net_devices *devices = &linux_->net_devices;
	struct corc_op_source source = corc_source(linux_->node, "netDevices");
	const char **names;
	struct corc_op *op;

	if (devices->count == 0)
		return 0;
	if (!corc_has_namespace(compiler, CORC_NAMESPACE_NETWORK))
		return corc_refuse(compiler, source,
			"unable to move network devices without a private NET namespace");
	if (compiler->host->rootless)
		return corc_refuse(compiler, source,
			"network devices of the host cannot be given to a rootless container");
	names = corc_arena_array(compiler->arena, devices->count, sizeof(*names));
	for (size_t i = 0; names && i < devices->count; i++) {
		const struct corc_spec_net_device *device = &devices->items[i];

		names[i] = device->container_name ? corc_arena_printf(compiler->arena, "%s as %s",
							    device->name, device->container_name)
						  : device->name;
		if (!names[i])
			names = NULL;
	}
	if (!names)
		return corc_fail_errno(compiler->error, ENOMEM, "compile the network devices");
	op = corc_builder_op(&compiler->builder, CORC_OP_NET_DEVICES, source);
	op->list.items = corc_builder_list(&compiler->builder, names, devices->count);
	op->list.count = (uint32_t)devices->count;
	return 0;
}

/* A cgroup namespace shows as its root the cgroup that its maker was in. */
void corc_add_placement(struct corc_compiler *compiler)
{
	const struct corc_namespace_choice *cgroup = &compiler->namespaces[CORC_NAMESPACE_CGROUP];

	if (compiler->is_placed)
		return;
	compiler->is_placed = true;
	if (compiler->input->placed != CORC_PLACED_AT_BIRTH) {
		corc_add_plain(compiler, CORC_OP_WAIT_PLACED,
			corc_source(compiler->spec->linux_.node, "cgroupsPath"));
		compiler->plan->waits_placed = true;
	}
	if (cgroup->use == CORC_NAMESPACE_NEW)
		add_unshare(compiler, CLONE_NEWCGROUP, corc_source(cgroup->entry->node, NULL));
}

int corc_add_namespaces(struct corc_compiler *compiler)
{
	int (*const add[])(struct corc_compiler *) = {
		[CORC_NAMESPACE_SHARED] = add_plain_namespaces,
		[CORC_NAMESPACE_NEW] = add_new_user_namespace,
		[CORC_NAMESPACE_JOINED] = add_joined_user_namespace,
	};
	int r;

	r = check_joined_mappings(compiler);
	if (r < 0)
		return r;
	compiler->is_born_last = can_be_born_last(compiler);
	r = add[compiler->namespaces[CORC_NAMESPACE_USER].use](compiler);
	if (r < 0)
		return r;
	if (compiler->input->placed != CORC_PLACED_BY_SYSTEMD)
		corc_add_placement(compiler);
	if (is_new(compiler, CORC_NAMESPACE_TIME))
		add_time_namespace(compiler);
	return add_net_devices(compiler);
}
