/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of mounts. Layer: spec; the parent process only.
 */
#include "spec/check.h"

static void check_mount(struct corc_spec_checker *checker, const struct corc_spec_mount *mount)
{
	bool has_uids = mount->uid_mappings.count > 0;

	corc_spec_check_mappings(checker, mount->node, "uidMappings", &mount->uid_mappings);
	corc_spec_check_mappings(checker, mount->node, "gidMappings", &mount->gid_mappings);
	if (has_uids != (mount->gid_mappings.count > 0))
		corc_spec_problem(checker, mount->node, has_uids ? "uidMappings" : "gidMappings",
			CORC_NO_INDEX, "uidMappings and gidMappings need each other");
}

void corc_spec_check_mounts(struct corc_spec_checker *checker)
{
	for (size_t i = 0; i < checker->spec->mounts.count; i++)
		check_mount(checker, &checker->spec->mounts.items[i]);
}
