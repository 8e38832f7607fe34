/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The properties of `mounts[]`. Layer: spec; the parent process only.
 */
#include "spec/tables.h"

static const struct corc_json_field mount_rows[] = {
	ROW_STRING(spec_mount, "destination", destination, REQUIRED | NOT_EMPTY),
	ROW_STRING(spec_mount, "type", type, 0),
	ROW_STRING(spec_mount, "source", source, 0),
	ROW_STRINGS(spec_mount, "options", options, 0),
	ROW_OBJECTS(spec_mount, "uidMappings", uid_mappings, id_mappings, id_mapping),
	ROW_OBJECTS(spec_mount, "gidMappings", gid_mappings, id_mappings, id_mapping),
};

OBJECT_TABLE(mount, "mount", mount_rows);
