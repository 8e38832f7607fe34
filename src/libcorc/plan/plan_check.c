/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks a plan before anything is done with it. Layer: plan; the stage runs it, the parent too in
 * tests. No heap, no stdio: it is compiled into the stage.
 */
#include "plan/plan_check.h"

#include <errno.h>
#include <string.h>

#define MEMBER(name, place, kind)                               \
	{                                                       \
		(name), offsetof(struct corc_op, place), (kind) \
	}

/* Members of the union, named as there. */
static const struct corc_op_member none_members[] = {{NULL, 0, CORC_MEMBER_END}};

static const struct corc_op_member affinity_members[] = {
	MEMBER("cpus", affinity.cpus, CORC_MEMBER_NUMBERS),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member personality_members[] = {
	MEMBER("persona", personality.persona, CORC_MEMBER_U64),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member memory_policy_members[] = {
	MEMBER("nodes", memory_policy.nodes, CORC_MEMBER_NUMBERS),
	MEMBER("mode", memory_policy.mode, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member oom_score_adj_members[] = {
	MEMBER("text", oom_score_adj.text, CORC_MEMBER_STRING),
	MEMBER("may_be_denied", oom_score_adj.may_be_denied, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member join_members[] = {
	MEMBER("slot", join.slot, CORC_MEMBER_SLOT),
	MEMBER("type", join.type, CORC_MEMBER_U32),
	MEMBER("keep", join.keep, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member setns_members[] = {
	MEMBER("types", setns.types, CORC_MEMBER_U64),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member rlimit_members[] = {
	MEMBER("resource", rlimit.resource, CORC_MEMBER_U32),
	MEMBER("flags", rlimit.flags, CORC_MEMBER_U32),
	MEMBER("soft", rlimit.soft, CORC_MEMBER_U64),
	MEMBER("hard", rlimit.hard, CORC_MEMBER_U64),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member clone_members[] = {
	MEMBER("flags", clone.flags, CORC_MEMBER_U64),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member map_ids_members[] = {
	MEMBER("uid", map_ids.uid, CORC_MEMBER_U32),
	MEMBER("gid", map_ids.gid, CORC_MEMBER_U32),
	MEMBER("keep_groups", map_ids.keep_groups, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member unshare_members[] = {
	MEMBER("flags", unshare.flags, CORC_MEMBER_U64),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member time_offsets_members[] = {
	MEMBER("text", time_offsets.text, CORC_MEMBER_STRING),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member propagation_members[] = {
	MEMBER("flags", propagation.flags, CORC_MEMBER_U64),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member rootfs_members[] = {
	MEMBER("path", rootfs.path, CORC_MEMBER_STRING),
	MEMBER("in_place", rootfs.in_place, CORC_MEMBER_U32),
	MEMBER("propagation", rootfs.propagation, CORC_MEMBER_U64),
	MEMBER("at_path", rootfs.at_path, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member mount_members[] = {
	MEMBER("source", mount.source, CORC_MEMBER_STRING),
	MEMBER("destination", mount.destination, CORC_MEMBER_STRING),
	MEMBER("fstype", mount.fstype, CORC_MEMBER_STRING),
	MEMBER("data", mount.data, CORC_MEMBER_LIST),
	MEMBER("attr_set", mount.attr_set, CORC_MEMBER_U64),
	MEMBER("propagation", mount.propagation, CORC_MEMBER_U64),
	MEMBER("superblock_flags", mount.superblock_flags, CORC_MEMBER_U32),
	MEMBER("flags", mount.flags, CORC_MEMBER_U32),
	MEMBER("label", mount.label, CORC_MEMBER_STRING),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member attach_members[] = {
	MEMBER("source", attach.source, CORC_MEMBER_STRING),
	MEMBER("destination", attach.destination, CORC_MEMBER_STRING),
	MEMBER("options", attach.options, CORC_MEMBER_STRING),
	MEMBER("fstype", attach.fstype, CORC_MEMBER_STRING),
	MEMBER("flags", attach.flags, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member remount_members[] = {
	MEMBER("destination", remount.destination, CORC_MEMBER_STRING),
	MEMBER("data", remount.data, CORC_MEMBER_LIST),
	MEMBER("attr_set", remount.attr_set, CORC_MEMBER_U64),
	MEMBER("attr_clear", remount.attr_clear, CORC_MEMBER_U64),
	MEMBER("recursive_attr_set", remount.recursive_attr_set, CORC_MEMBER_U64),
	MEMBER("recursive_attr_clear", remount.recursive_attr_clear, CORC_MEMBER_U64),
	MEMBER("propagation", remount.propagation, CORC_MEMBER_U64),
	MEMBER("flags", remount.flags, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member path_members[] = {
	MEMBER("path", path.path, CORC_MEMBER_STRING),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member mask_members[] = {
	MEMBER("path", mask.path, CORC_MEMBER_STRING),
	MEMBER("context", mask.context, CORC_MEMBER_STRING),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member device_members[] = {
	MEMBER("path", device.path, CORC_MEMBER_STRING),
	MEMBER("mode", device.mode, CORC_MEMBER_U32),
	MEMBER("major", device.major, CORC_MEMBER_U32),
	MEMBER("minor", device.minor, CORC_MEMBER_U32),
	MEMBER("uid", device.uid, CORC_MEMBER_U32),
	MEMBER("gid", device.gid, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member symlink_members[] = {
	MEMBER("path", symlink.path, CORC_MEMBER_STRING),
	MEMBER("target", symlink.target, CORC_MEMBER_STRING),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member console_members[] = {
	MEMBER("uid", console.uid, CORC_MEMBER_U32),
	MEMBER("gid", console.gid, CORC_MEMBER_U32),
	MEMBER("mount", console.mount, CORC_MEMBER_U32),
	MEMBER("rows", console.rows, CORC_MEMBER_U32),
	MEMBER("columns", console.columns, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member text_members[] = {
	MEMBER("text", text.text, CORC_MEMBER_STRING),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member sysctl_members[] = {
	MEMBER("key", sysctl.key, CORC_MEMBER_STRING),
	MEMBER("value", sysctl.value, CORC_MEMBER_STRING),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member list_members[] = {
	MEMBER("items", list.items, CORC_MEMBER_COUNTED_LIST),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member label_members[] = {
	MEMBER("text", label.text, CORC_MEMBER_STRING),
	MEMBER("use", label.use, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member keyring_members[] = {
	MEMBER("name", keyring.name, CORC_MEMBER_STRING),
	MEMBER("permissions", keyring.permissions, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member identity_members[] = {
	MEMBER("uid", identity.uid, CORC_MEMBER_U32),
	MEMBER("gid", identity.gid, CORC_MEMBER_U32),
	MEMBER("umask", identity.umask, CORC_MEMBER_U32),
	MEMBER("flags", identity.flags, CORC_MEMBER_U32),
	MEMBER("groups", identity.groups, CORC_MEMBER_NUMBERS),
	MEMBER("bounding", identity.bounding, CORC_MEMBER_U64),
	MEMBER("effective", identity.effective, CORC_MEMBER_U64),
	MEMBER("inheritable", identity.inheritable, CORC_MEMBER_U64),
	MEMBER("permitted", identity.permitted, CORC_MEMBER_U64),
	MEMBER("ambient", identity.ambient, CORC_MEMBER_U64),
	MEMBER("last_capability", identity.last_capability, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member home_members[] = {
	MEMBER("uid", home.uid, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member seccomp_members[] = {
	MEMBER("program", seccomp.program, CORC_MEMBER_FILTER),
	MEMBER("flags", seccomp.flags, CORC_MEMBER_U64),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member hook_state_members[] = {
	MEMBER("before", hook_state.before, CORC_MEMBER_STRING),
	MEMBER("after", hook_state.after, CORC_MEMBER_STRING),
	MEMBER("directory", hook_state.directory, CORC_MEMBER_STRING),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member hook_members[] = {
	MEMBER("path", hook.path, CORC_MEMBER_STRING),
	MEMBER("arguments", hook.arguments, CORC_MEMBER_COUNTED_LIST),
	MEMBER("phase", hook.phase, CORC_MEMBER_U32),
	MEMBER("environment", hook.environment, CORC_MEMBER_COUNTED_LIST),
	MEMBER("index", hook.index, CORC_MEMBER_U32),
	MEMBER("timeout", hook.timeout, CORC_MEMBER_U32),
	MEMBER("place", hook.place, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct corc_op_member clone_visible_members[] = {
	MEMBER("gate", clone_visible.gate, CORC_MEMBER_U32),
	{NULL, 0, CORC_MEMBER_END},
};

static const struct {
	const char *name;
	const struct corc_op_member *members;
} kinds[CORC_OP_MAX_] = {
#define X(NAME, name, member) [CORC_OP_##NAME] = {name, member##_members},
	CORC_OPS(X)
#undef X
};

const struct corc_op_member *corc_op_members(uint32_t kind)
{
	return kinds[kind].members;
}

const char *corc_op_name(uint32_t kind)
{
	return kinds[kind].name;
}

/* The data part of the plan under check. */
struct data {
	const char *bytes;
	size_t size;
};

static int is_inside(const struct data *data, struct corc_ref ref, size_t after)
{
	return ref.offset <= data->size && ref.length <= data->size - ref.offset &&
	       after <= data->size - ref.offset - ref.length;
}

/* Ended by NUL, and no NUL before that. */
static int is_string(const struct data *data, struct corc_ref ref)
{
	if (!is_inside(data, ref, 1))
		return 0;
	return memchr(data->bytes + ref.offset, '\0', (size_t)ref.length + 1) ==
	       data->bytes + ref.offset + ref.length;
}

static int is_list(const struct data *data, struct corc_ref ref)
{
	if (!is_inside(data, ref, 0))
		return 0;
	return ref.length == 0 || data->bytes[ref.offset + ref.length - 1] == '\0';
}

static uint32_t count_items(const struct data *data, struct corc_ref ref)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ref.length; i++)
		count += data->bytes[ref.offset + i] == '\0';
	return count;
}

static int is_array(const struct data *data, struct corc_ref ref, size_t item)
{
	return is_inside(data, ref, 0) && ref.length % item == 0 && ref.offset % item == 0;
}

static int is_good(
	const struct data *data, const struct corc_op *op, const struct corc_op_member *member)
{
	const char *at = (const char *)op + member->offset;
	struct corc_ref ref;
	uint32_t number;

	memcpy(&ref, at, sizeof(ref));
	memcpy(&number, at, sizeof(number));
	switch ((enum corc_member_type)member->type) {
	case CORC_MEMBER_SLOT:
		return number >= CORC_SLOT_FIRST_NAMESPACE && number < CORC_SLOT_MAX;
	case CORC_MEMBER_STRING:
		return is_string(data, ref);
	case CORC_MEMBER_LIST:
		return is_list(data, ref);
	case CORC_MEMBER_COUNTED_LIST:
		memcpy(&number, at + sizeof(ref), sizeof(number));
		return is_list(data, ref) && count_items(data, ref) == number;
	case CORC_MEMBER_NUMBERS:
		return is_array(data, ref, sizeof(uint32_t));
	case CORC_MEMBER_FILTER:
		return is_array(data, ref, CORC_FILTER_INSTRUCTION);
	case CORC_MEMBER_END:
	case CORC_MEMBER_U32:
	case CORC_MEMBER_U64:
		break;
	}
	return 1;
}

static int is_good_op(const struct data *data, const struct corc_op *op)
{
	if (op->kind >= CORC_OP_MAX_)
		return 0;
	for (const struct corc_op_member *member = kinds[op->kind].members;
		member->type != CORC_MEMBER_END; member++)
		if (!is_good(data, op, member))
			return 0;
	return 1;
}

static int is_good_header(const struct corc_plan_header *header, size_t size)
{
	if (header->magic != CORC_PLAN_MAGIC || header->fingerprint != CORC_PLAN_FINGERPRINT)
		return 0;
	if (header->size != size || header->mode > CORC_PLAN_EXEC)
		return 0;
	if (header->op_count == 0 || header->op_count > CORC_PLAN_OPS_MAX)
		return 0;
	/* The first byte of the data is the NUL of all empty references. */
	return header->data_offset ==
		       sizeof(*header) + (size_t)header->op_count * sizeof(struct corc_op) &&
	       header->data_offset < size && ((const char *)header)[header->data_offset] == '\0';
}

int corc_plan_check(const void *plan, size_t size)
{
	const struct corc_plan_header *header = plan;
	struct data data;

	if (size < sizeof(*header) || size > CORC_PLAN_MAX)
		return -EBADMSG;
	if ((uintptr_t)plan % _Alignof(struct corc_plan_header) != 0)
		return -EBADMSG;
	if (!is_good_header(header, size))
		return -EBADMSG;
	data.bytes = (const char *)plan + header->data_offset;
	data.size = size - header->data_offset;
	for (uint32_t i = 0; i < header->op_count; i++)
		if (!is_good_op(&data, &corc_plan_ops(header)[i]))
			return -EBADMSG;
	return 0;
}
