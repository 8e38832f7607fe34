/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validate: a bundle is checked without looking at the host, so that the answer is the same
 * everywhere. What cannot be read as a configuration is not compiled. Layer: run; the parent
 * process.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "plan/cgroup_plan.h"
#include "plan/plan.h"
#include "run/bundle.h"

struct findings {
	struct corc_arena *arena;
	const struct corc_spec *spec;
	struct corc_error *items;
	size_t count, capacity;
	bool out_of_memory;
};

static void add(void *data, const struct corc_error *finding)
{
	struct findings *findings = data;
	struct corc_error *items = corc_arena_grow(findings->arena, findings->items,
		findings->count, &findings->capacity, sizeof(*items));

	if (!items) {
		findings->out_of_memory = true;
		return;
	}
	findings->items = items;
	items[findings->count++] = *finding;
}

/* In the order of the text; what has no place comes last. */
static int by_place(const void *left, const void *right)
{
	const struct corc_origin *a = &((const struct corc_error *)left)->origin;
	const struct corc_origin *b = &((const struct corc_error *)right)->origin;

	if (a->line != b->line)
		return a->line - 1 < b->line - 1 ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

/* What the checks have refused, the compiler refuses too. */
static bool is_known(const struct findings *findings, const struct corc_error *finding)
{
	const struct corc_origin *place = &finding->origin;

	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].origin.line == place->line &&
			findings->items[i].origin.column == place->column)
			return true;
	return false;
}

static void add_refusal(void *data, const struct corc_error *finding)
{
	if (!is_known(data, finding))
		add(data, finding);
}

static void add_problems(struct findings *findings)
{
	const struct corc_json_document *document = &findings->spec->document;

	for (size_t i = 0; i < document->problem_count; i++) {
		struct corc_error finding = {0};

		(void)corc_json_problem_error(document, i, &finding);
		add(findings, &finding);
	}
}

static void add_unknown(struct findings *findings)
{
	const struct corc_json_document *document = &findings->spec->document;

	for (size_t i = 0; i < document->unknown.count; i++) {
		uint32_t node = document->unknown.items[i];
		struct corc_error finding = {0};
		char name[128];

		(void)corc_fail(
			&finding, EINVAL, "unknown property \"%.200s\"", document->nodes[node].key);
		(void)corc_error_step(&finding, CORC_STEP_LOAD);
		corc_json_origin(document, node, &finding.origin);
		if (corc_json_suggest(document, &corc_spec_object, node, name, sizeof(name)))
			(void)corc_error_hint(&finding, "did you mean \"%s\"?", name);
		/* The name of a clock that there is not is refused already. */
		add_refusal(findings, &finding);
	}
}

static void add_repeated(struct findings *findings)
{
	const struct corc_json_document *document = &findings->spec->document;

	for (size_t i = 0; i < document->repeated.count; i++) {
		struct corc_error finding = {0};

		(void)corc_fail(&finding, EINVAL, "given more than once, only the last one counts");
		(void)corc_error_step(&finding, CORC_STEP_LOAD);
		corc_json_origin(document, document->repeated.items[i], &finding.origin);
		add(findings, &finding);
	}
}

static void add_warnings(struct findings *findings, const struct corc_string_array *warnings)
{
	for (size_t i = 0; i < warnings->count; i++) {
		struct corc_error finding = {0};

		(void)corc_fail(&finding, EINVAL, "%s", warnings->items[i]);
		add(findings, &finding);
	}
}

/* Of a user namespace that is to be joined: those that are given, or all ids. */
static struct corc_spec_id_mappings assumed_mappings(const struct corc_spec_id_mappings *given)
{
	static struct corc_spec_id_mapping all = {.size = UINT32_MAX};

	return given->count > 0 ? *given : (struct corc_spec_id_mappings){&all, 1};
}

/* A host on which everything is there: root, all capabilities, cgroup v2, security modules that
 * know every label, and each namespace that is to be joined, owned as the rules want it. */
static void assume_host(const struct corc_spec *spec, struct corc_host *host)
{
	uint32_t slot = CORC_SLOT_FIRST_NAMESPACE;

	*host = (struct corc_host){
		.cgroup = {.mode = CORC_CGROUP_V2,
			.count = 1,
			.hierarchies = {{.version = 2,
				.mountpoint = "/sys/fs/cgroup",
				.controllers = "",
				.self = "/"}}},
		.makes_devices = true,
		.has_kcore = true,
		.procfs_takes_pid_namespace = true,
		.last_capability = CAP_LAST_CAP,
		.capabilities = UINT64_MAX,
		.security = {.apparmor = true, .selinux = true},
	};
	for (int type = 0; type < CORC_NAMESPACE_COUNT; type++) {
		const struct corc_spec_namespace *entry =
			corc_spec_find_namespace(spec, (enum corc_namespace_type)type);

		if (!entry || !entry->path)
			continue;
		host->namespaces[type] = (struct corc_namespace_fact){
			.joined = true, .owned_by_joined = true, .slot = slot};
		slot++;
	}
	if (!host->namespaces[CORC_NAMESPACE_USER].joined)
		return;
	host->joined_uid_mappings = assumed_mappings(&spec->linux_.uid_mappings);
	host->joined_gid_mappings = assumed_mappings(&spec->linux_.gid_mappings);
}

static int compile(struct findings *findings, const char *path,
	const struct corc_validate_options *options, struct corc_error *error)
{
	const struct corc_spec *spec = findings->spec;
	struct corc_host host;
	struct corc_plan *plan = NULL;
	struct corc_cgroup_plan *cgroup = NULL;
	struct corc_compile_input input = {
		.spec = spec,
		.host = &host,
		.id = "CONTAINER",
		.bundle = path,
		.rootfs = spec->root.path,
		.refused = add_refusal,
		.refused_data = findings,
	};
	int r;

	assume_host(spec, &host);
	r = corc_compile_cgroup(findings->arena,
		&(struct corc_cgroup_input){spec, &host.cgroup, input.id, options->cgroup_manager},
		&cgroup, error);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		add_refusal(findings, error);
	input.cgroup = cgroup;
	r = corc_compile_create(findings->arena, &input, &plan, error);
	if (r == -ENOMEM)
		return r;
	/* What sums up those that were passed on has no place. */
	if (r < 0 && (r != -EINVAL || error->origin.line > 0))
		add_refusal(findings, error);
	else if (r == 0 && options->strict)
		add_warnings(findings, &plan->warnings);
	if (options->strict && cgroup)
		add_warnings(findings, &cgroup->warnings);
	return 0;
}

int corc_bundle_validate(const struct corc_validate_options *options,
	void (*visit)(void *data, const struct corc_error *finding), void *data, size_t *ret_count,
	struct corc_error *error)
{
	struct corc_bundle CORC_CLEANUP(corc_bundle_done) bundle = CORC_BUNDLE_EMPTY;
	struct findings findings = {.arena = &bundle.arena};
	int r = corc_bundle_read(options->bundle, options->config, &bundle, error);

	if (r == 0)
		r = corc_spec_read(&bundle.arena, bundle.config, bundle.text, bundle.text_length,
			&bundle.spec, error);
	if (r < 0)
		return r;
	findings.spec = bundle.spec;
	add_problems(&findings);
	if (options->strict) {
		add_unknown(&findings);
		add_repeated(&findings);
	}
	if (bundle.spec->is_read)
		r = compile(&findings, bundle.path, options, error);
	if (r < 0 || findings.out_of_memory)
		return corc_fail_errno(error, ENOMEM, "validate %s", bundle.path);
	if (findings.count > 0)
		qsort(findings.items, findings.count, sizeof(*findings.items), by_place);
	for (size_t i = 0; i < findings.count; i++)
		visit(data, &findings.items[i]);
	*ret_count = findings.count;
	return 0;
}
