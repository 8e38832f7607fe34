/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of linux.intelRdt. Layer: spec; the parent process only.
 */
#include <string.h>

#include "spec/check.h"

#define CLOS_ID_MAX 200 /* bytes; with mon_groups and an id it stays a name */

/* The name of a group: a directory of the root that resctrl has not made itself. */
static bool is_clos_id(const char *name)
{
	static const char *const reserved[] = {".", "..", "info", "mon_groups", "mon_data"};

	if (strcmp(name, "/") == 0)
		return true;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(name, reserved[i]) == 0)
			return false;
	return strlen(name) <= CLOS_ID_MAX && !strpbrk(name, "/\n");
}

static void check_line(struct corc_spec_checker *checker, const char *key, uint32_t index,
	const char *line, const char *prefix)
{
	const char *resource = strcmp(prefix, "MB:") == 0 ? "MB" : "L3";

	uint32_t node = checker->spec->linux_.intel_rdt->node;

	if (line && (strncmp(line, prefix, strlen(prefix)) != 0 || !strchr(line, ':') ||
			    strchr(line, '\n')))
		corc_spec_problem(checker, node, key, index,
			"expected one line like \"%s:0=...;1=...\", found \"%.200s\"", resource,
			line);
}

void corc_spec_check_intel_rdt(struct corc_spec_checker *checker)
{
	const struct corc_spec_intel_rdt *rdt = checker->spec->linux_.intel_rdt;

	if (!rdt)
		return;
	if (rdt->clos_id && !is_clos_id(rdt->clos_id))
		corc_spec_problem(checker, rdt->node, "closID", CORC_NO_INDEX,
			"invalid intelRdt.ClosID \"%.100s\"", rdt->clos_id);
	check_line(checker, "l3CacheSchema", CORC_NO_INDEX, rdt->l3_cache_schema, "L3");
	check_line(checker, "memBwSchema", CORC_NO_INDEX, rdt->memory_bandwidth_schema, "MB:");
	for (size_t i = 0; i < rdt->schemata.count; i++)
		check_line(checker, "schemata", (uint32_t)i, rdt->schemata.items[i], "");
}
