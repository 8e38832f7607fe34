/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration with the facts about the host that it is compiled for. */
#include "plan_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/namespaces.h"
#include "plan/plan_check.h"

static const char *annotation(const struct plan_fixture *fixture, const char *key)
{
	const struct corc_string_map *annotations = &fixture->spec->annotations;

	for (size_t i = 0; i < annotations->count; i++)
		if (strcmp(annotations->keys[i], key) == 0)
			return annotations->values[i];
	return "";
}

static bool is_set(const struct plan_fixture *fixture, const char *key, const char *value)
{
	return strcmp(annotation(fixture, key), value) == 0;
}

static void add_hierarchy(struct corc_cgroup_layout *layout, int version, const char *mountpoint,
	const char *controllers)
{
	layout->hierarchies[layout->count++] = (struct corc_cgroup_hierarchy){
		.version = version,
		.mountpoint = mountpoint,
		.controllers = controllers,
		.self = "/",
	};
}

static void fill_layout(struct plan_fixture *fixture)
{
	struct corc_cgroup_layout *layout = &fixture->host.cgroup;

	layout->mode = CORC_CGROUP_V2;
	if (is_set(fixture, "test.cgroup", "none"))
		layout->mode = CORC_CGROUP_NONE;
	if (is_set(fixture, "test.cgroup", "v1"))
		layout->mode = CORC_CGROUP_V1;
	if (is_set(fixture, "test.cgroup", "hybrid"))
		layout->mode = CORC_CGROUP_HYBRID;
	if (layout->mode == CORC_CGROUP_V2)
		add_hierarchy(layout, 2, "/sys/fs/cgroup", "");
	if (layout->mode != CORC_CGROUP_V1 && layout->mode != CORC_CGROUP_HYBRID)
		return;
	add_hierarchy(layout, 1, "/sys/fs/cgroup/cpu,cpuacct", "cpu,cpuacct");
	add_hierarchy(layout, 1, "/sys/fs/cgroup/pids", "pids");
	add_hierarchy(layout, 1, "/sys/fs/cgroup/systemd", "name=systemd");
	if (layout->mode == CORC_CGROUP_HYBRID)
		add_hierarchy(layout, 2, "/sys/fs/cgroup/unified", "");
}

/* As it is compiled for the systemd cgroup manager. */
static int compile_unit(struct plan_fixture *fixture)
{
	struct corc_cgroup_plan *cgroup = NULL;
	int r;

	fixture->host.cgroup.systemd.is_user = is_set(fixture, "test.systemd", "user");
	fixture->host.cgroup.systemd.path =
		fixture->host.cgroup.systemd.is_user
			? "/user.slice/user-1000.slice/user@1000.service"
			: "";
	r = corc_compile_cgroup(&fixture->arena,
		&(struct corc_cgroup_input){
			fixture->spec, &fixture->host.cgroup, "web", CORC_CGROUP_MANAGER_SYSTEMD},
		&cgroup, &fixture->error);
	fixture->input.cgroup = cgroup;
	fixture->input.placed = CORC_PLACED_BY_SYSTEMD;
	return r;
}

/* One directory a hierarchy, and one setting. */
static const struct corc_cgroup_plan *make_cgroup(struct plan_fixture *fixture)
{
	const struct corc_cgroup_layout *layout = &fixture->host.cgroup;
	struct corc_arena *arena = &fixture->arena;
	struct corc_cgroup_plan *cgroup = corc_arena_alloc(arena, sizeof(*cgroup));

	if (layout->mode == CORC_CGROUP_NONE)
		return NULL;
	cgroup->mode = layout->mode;
	cgroup->directories = corc_arena_array(arena, layout->count, sizeof(*cgroup->directories));
	for (uint32_t i = 0; i < layout->count; i++)
		cgroup->directories[cgroup->directory_count++] = (struct corc_cgroup_directory){
			.hierarchy = i,
			.version = layout->hierarchies[i].version,
			.mountpoint = layout->hierarchies[i].mountpoint,
			.controllers = layout->hierarchies[i].controllers,
			.path = "/corc-test/web",
			.directory = corc_arena_printf(
				arena, "%s/corc-test/web", layout->hierarchies[i].mountpoint),
		};
	cgroup->settings = corc_arena_array(arena, 1, sizeof(*cgroup->settings));
	cgroup->settings[cgroup->setting_count++] = (struct corc_cgroup_setting){
		.node = fixture->spec->linux_.resources.node,
		.key = "pids",
		.file = "pids.max",
		.value = "100",
	};
	return cgroup;
}

static void fill_namespaces(struct plan_fixture *fixture)
{
	const struct corc_spec_namespaces *list = &fixture->spec->linux_.namespaces;
	const char *facts = annotation(fixture, "test.namespace");
	uint32_t slot = CORC_SLOT_FIRST_NAMESPACE;

	for (size_t i = 0; i < list->count; i++) {
		struct corc_namespace_fact *fact = &fixture->host.namespaces[list->items[i].type];
		const char *name = corc_namespaces[list->items[i].type].name;

		if (!list->items[i].path)
			continue;
		fact->joined = true;
		fact->is_own =
			strstr(facts, corc_arena_printf(&fixture->arena, "%s=own,", name)) != NULL;
		fact->owned_by_joined = strstr(facts, corc_arena_printf(&fixture->arena,
							      "%s=owned,", name)) != NULL;
		if (!fact->is_own)
			fact->slot = slot++;
	}
	fixture->host.procfs_takes_pid_namespace = strstr(facts, "procfs,") != NULL;
}

static void fill_joined_ids(struct plan_fixture *fixture)
{
	const char *text = annotation(fixture, "test.joined-ids");
	struct corc_spec_id_mapping *mapping = corc_arena_alloc(&fixture->arena, sizeof(*mapping));
	char *end = (char *)text;

	if (!*text)
		return;
	mapping->container_id = (uint32_t)strtoul(end, &end, 10);
	mapping->host_id = (uint32_t)strtoul(end, &end, 10);
	mapping->size = (uint32_t)strtoul(end, &end, 10);
	fixture->host.joined_uid_mappings = (struct corc_spec_id_mappings){mapping, 1};
	fixture->host.joined_gid_mappings = fixture->host.joined_uid_mappings;
}

/* The same answer for all labels. */
static void fill_security(struct plan_fixture *fixture)
{
	struct corc_security_facts *facts = &fixture->host.security;

	facts->apparmor = *annotation(fixture, "test.apparmor") != '\0';
	if (is_set(fixture, "test.apparmor", "loaded"))
		facts->apparmor_profile = CORC_LABEL_GOOD;
	if (is_set(fixture, "test.apparmor", "missing"))
		facts->apparmor_profile = CORC_LABEL_BAD;
	facts->selinux = *annotation(fixture, "test.selinux") != '\0';
	if (is_set(fixture, "test.selinux", "valid"))
		facts->selinux_label = facts->mount_label = CORC_LABEL_GOOD;
	if (is_set(fixture, "test.selinux", "invalid"))
		facts->selinux_label = facts->mount_label = CORC_LABEL_BAD;
}

static int compile_exec(struct plan_fixture *fixture)
{
	struct corc_exec_base base;

	corc_exec_base_of(&fixture->input, fixture->plan, &base);

	struct corc_compile_exec_input input = {
		.base = &base,
		.process = &base.process,
		.document = &fixture->spec->document,
		.seccomp_program = fixture->plan->seccomp_program,
		.seccomp_size = fixture->plan->seccomp_size,
		.namespaces = base.namespaces,
		.gate = fixture->host.cgroup.mode != CORC_CGROUP_V2,
	};

	return corc_compile_exec(&fixture->arena, &input, &fixture->exec, &fixture->error);
}

int plan_compile(struct plan_fixture *fixture, const char *json)
{
	int r;

	if (corc_spec_parse(&fixture->arena, "config.json", json, strlen(json), &fixture->spec,
		    &fixture->error) < 0)
		fail_msg("%s:%u: %s", fixture->error.origin.file, fixture->error.origin.line,
			fixture->error.message);
	fill_layout(fixture);
	fill_namespaces(fixture);
	fill_joined_ids(fixture);
	fill_security(fixture);
	fixture->host.rootless = is_set(fixture, "test.rootless", "true");
	fixture->host.uid = fixture->host.rootless ? 1000 : 0;
	fixture->host.gid = fixture->host.uid;
	fixture->host.has_kcore = !is_set(fixture, "test.kcore", "false");
	fixture->host.last_capability = 40;
	fixture->host.capabilities = fixture->host.rootless ? 0 : (UINT64_C(1) << 41) - 1;
	fixture->host.makes_devices = !fixture->host.rootless;
	fixture->input = (struct corc_compile_input){
		.spec = fixture->spec,
		.host = &fixture->host,
		.id = "web",
		.bundle = "/bundle",
		.rootfs = "/bundle/rootfs",
		.cgroup = make_cgroup(fixture),
		.placed = fixture->host.cgroup.mode == CORC_CGROUP_V1 ||
					  fixture->host.cgroup.mode == CORC_CGROUP_HYBRID
				  ? CORC_PLACED_BY_PARENT
				  : CORC_PLACED_AT_BIRTH,
	};
	r = *annotation(fixture, "test.systemd") ? compile_unit(fixture) : 0;
	if (r == 0)
		r = corc_compile_create(
			&fixture->arena, &fixture->input, &fixture->plan, &fixture->error);
	if (r < 0)
		return r;
	assert_int_equal(corc_plan_check(fixture->plan->wire, fixture->plan->wire->size), 0);
	assert_int_equal(fixture->plan->bind_count,
		plan_count(fixture->plan, CORC_OP_ATTACH) + fixture->plan->opens_inside);
	if (!is_set(fixture, "test.exec", "true"))
		return 0;
	r = compile_exec(fixture);
	if (r == 0)
		assert_int_equal(
			corc_plan_check(fixture->exec->wire, fixture->exec->wire->size), 0);
	return r;
}

void plan_done(struct plan_fixture *fixture)
{
	corc_arena_done(&fixture->arena);
}

size_t plan_count(const struct corc_plan *plan, enum corc_op_kind kind)
{
	size_t count = 0;

	for (uint32_t i = 0; i < plan->wire->op_count; i++)
		count += corc_plan_ops(plan->wire)[i].kind == (uint32_t)kind;
	return count;
}

const struct corc_op *plan_op(const struct corc_plan *plan, enum corc_op_kind kind, size_t index)
{
	for (uint32_t i = 0; i < plan->wire->op_count; i++)
		if (corc_plan_ops(plan->wire)[i].kind == (uint32_t)kind && index-- == 0)
			return &corc_plan_ops(plan->wire)[i];
	fail_msg("no op %s", corc_op_name(kind));
	return NULL;
}

const char *plan_kinds(struct plan_fixture *fixture, const struct corc_plan *plan)
{
	struct corc_buffer CORC_BUFFER kinds = {0};

	for (uint32_t i = 0; i < plan->wire->op_count; i++)
		corc_buffer_printf(&kinds, "%s%s", i ? "," : "",
			corc_op_name(corc_plan_ops(plan->wire)[i].kind));
	return corc_arena_strdup(&fixture->arena, kinds.data);
}

const char *plan_text(const struct corc_plan *plan, struct corc_ref ref)
{
	return corc_plan_data(plan->wire, ref);
}

const char *plan_config(
	struct plan_fixture *fixture, const char *linux_members, const char *members)
{
	return corc_arena_printf(&fixture->arena,
		"{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"}, \"process\": "
		"{\"args\": [\"sh\"], \"cwd\": \"/\", \"user\": {\"uid\": 0, \"gid\": 0}}, "
		"\"linux\": {\"namespaces\": [{\"type\": \"mount\"}]%s}%s}",
		linux_members, members);
}
