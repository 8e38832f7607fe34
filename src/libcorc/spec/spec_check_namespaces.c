/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of linux.namespaces and of what depends on one of them: id mappings and time offsets.
 * Layer: spec; the parent process only.
 */
#include "base/number.h"
#include "spec/check.h"

#define MAPPINGS_MAX 340        /* what the kernel takes in one uid_map */
#define ID_RANGE_END UINT32_MAX /* the last id is reserved, so no range may reach it */

static void check_list(struct corc_spec_checker *checker)
{
	const struct corc_spec_namespaces *namespaces = &checker->spec->linux_.namespaces;
	bool seen[CORC_NAMESPACE_COUNT] = {false};

	for (size_t i = 0; i < namespaces->count; i++) {
		const struct corc_spec_namespace *entry = &namespaces->items[i];

		if (checker->namespaces_known && seen[entry->type])
			corc_spec_problem(checker, entry->node, "type", CORC_NO_INDEX,
				"malformed spec file: duplicated ns");
		seen[entry->type] = true;
		if (entry->path && entry->path[0] != '/')
			corc_spec_problem(checker, entry->node, "path", CORC_NO_INDEX,
				"expected an absolute path, found \"%.200s\"", entry->path);
	}
}

static bool ranges_overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t)a + a_size > b && (uint64_t)b + b_size > a;
}

static void check_range(struct corc_spec_checker *checker,
	const struct corc_spec_id_mapping *mapping, const char *key, uint32_t first)
{
	if ((uint64_t)first + mapping->size > ID_RANGE_END)
		corc_spec_problem(checker, mapping->node, key, CORC_NO_INDEX,
			"%u ids from %u on go beyond the last id, %u", mapping->size, first,
			CORC_ID_MAX);
}

static void check_mapping(struct corc_spec_checker *checker,
	const struct corc_spec_id_mappings *mappings, size_t index)
{
	const struct corc_spec_id_mapping *mapping = &mappings->items[index];

	if (mapping->size == 0)
		corc_spec_problem(
			checker, mapping->node, "size", CORC_NO_INDEX, "a mapping of no id");
	check_range(checker, mapping, "containerID", mapping->container_id);
	check_range(checker, mapping, "hostID", mapping->host_id);
	for (size_t i = 0; i < index; i++) {
		const struct corc_spec_id_mapping *other = &mappings->items[i];

		if (ranges_overlap(
			    mapping->container_id, mapping->size, other->container_id, other->size))
			corc_spec_problem(checker, mapping->node, "containerID", CORC_NO_INDEX,
				"the ids overlap those of mapping %zu", i);
		if (ranges_overlap(mapping->host_id, mapping->size, other->host_id, other->size))
			corc_spec_problem(checker, mapping->node, "hostID", CORC_NO_INDEX,
				"the ids overlap those of mapping %zu", i);
	}
}

void corc_spec_check_mappings(struct corc_spec_checker *checker, uint32_t node, const char *key,
	const struct corc_spec_id_mappings *mappings)
{
	if (mappings->count > MAPPINGS_MAX) {
		corc_spec_problem(checker, node, key, CORC_NO_INDEX,
			"%zu mappings, the kernel takes %d", mappings->count, MAPPINGS_MAX);
		return;
	}
	for (size_t i = 0; i < mappings->count; i++)
		check_mapping(checker, mappings, i);
}

/*
 * Whether mappings are given is a matter of the user namespace: none, or a new one. Those of one
 * that is joined are compared when it has been looked at.
 */
static void check_mappings_wanted(struct corc_spec_checker *checker, const char *key,
	const struct corc_spec_id_mappings *mappings)
{
	const struct corc_spec_namespace *user =
		corc_spec_find_namespace(checker->spec, CORC_NAMESPACE_USER);
	uint32_t node = checker->spec->linux_.node;

	if (!checker->namespaces_known)
		return;
	if (!user && mappings->count > 0)
		corc_spec_problem(checker, node, key, CORC_NO_INDEX,
			"id mappings need a user namespace in linux.namespaces");
	else if (user && !user->path && mappings->count == 0)
		corc_spec_problem(
			checker, node, key, CORC_NO_INDEX, "a new user namespace needs %s", key);
}

/* The keys are the names of clocks: another one is no property that a later version may have. */
static void check_clocks(struct corc_spec_checker *checker)
{
	const struct corc_json_document *document = checker->document;
	uint32_t offsets = checker->spec->linux_.time_offsets.node;

	for (size_t i = 0; offsets && i < document->unknown.count; i++) {
		const struct corc_json_node *clock = &document->nodes[document->unknown.items[i]];

		if (clock->parent == offsets)
			corc_spec_problem(checker, offsets, clock->key, CORC_NO_INDEX,
				"expected the clock \"monotonic\" or \"boottime\", found \"%.40s\"",
				clock->key);
	}
}

static void check_time_offsets(struct corc_spec_checker *checker)
{
	const struct corc_spec_linux *linux_ = &checker->spec->linux_;
	const struct corc_spec_namespace *namespace =
		corc_spec_find_namespace(checker->spec, CORC_NAMESPACE_TIME);

	if (!checker->namespaces_known)
		return;
	if (!linux_->time_offsets.monotonic && !linux_->time_offsets.boottime)
		return;
	if (!namespace)
		corc_spec_problem(checker, linux_->node, "timeOffsets", CORC_NO_INDEX,
			"time offsets need a time namespace in linux.namespaces");
	else if (namespace->path)
		corc_spec_problem(checker, linux_->node, "timeOffsets", CORC_NO_INDEX,
			"the offsets of a time namespace that is joined by path cannot be set");
}

void corc_spec_check_namespaces(struct corc_spec_checker *checker)
{
	const struct corc_spec_linux *linux_ = &checker->spec->linux_;

	check_list(checker);
	corc_spec_check_mappings(checker, linux_->node, "uidMappings", &linux_->uid_mappings);
	corc_spec_check_mappings(checker, linux_->node, "gidMappings", &linux_->gid_mappings);
	check_mappings_wanted(checker, "uidMappings", &linux_->uid_mappings);
	check_mappings_wanted(checker, "gidMappings", &linux_->gid_mappings);
	check_clocks(checker);
	check_time_offsets(checker);
}
