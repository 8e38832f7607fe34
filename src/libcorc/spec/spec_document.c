/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The properties of the whole document and of `root`. Layer: spec; the parent process only.
 */
#include "spec/tables.h"

static const struct corc_json_field root_rows[] = {
	ROW_STRING(spec_root, "path", path, REQUIRED | NOT_EMPTY),
	ROW_BOOL(spec_root, "readonly", readonly, 0),
};

static OBJECT_TABLE(root, "root", root_rows);

static const struct corc_json_field document_rows[] = {
	ROW_STRING(spec, "ociVersion", oci_version, REQUIRED),
	ROW_OBJECT_OPTIONAL(spec, "process", process, process),
	ROW_OBJECT(spec, "root", root, REQUIRED, root),
	ROW_STRING(spec, "hostname", hostname, 0),
	ROW_STRING(spec, "domainname", domainname, 0),
	ROW_OBJECTS(spec, "mounts", mounts, mounts, mount),
	ROW_OBJECT(spec, "hooks", hooks, 0, hooks),
	ROW_MAP(spec, "annotations", annotations),
	ROW_OBJECT(spec, "linux", linux_, 0, linux),
	ROW_IGNORED("windows"),
	ROW_IGNORED("solaris"),
	ROW_IGNORED("freebsd"),
	ROW_IGNORED("vm"),
	ROW_IGNORED("zos"),
};

const struct corc_json_object corc_spec_object = {
	.name = "configuration",
	.size = sizeof(struct corc_spec),
	.node_offset = offsetof(struct corc_spec, node),
	.fields = document_rows,
	.count = ROW_COUNT(document_rows),
};
