/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ids the files of an idmapped mount get. Layer: plan; the parent process only.
 *
 * Three ways to say it: uidMappings and gidMappings of the mount; the option idmap=MAPPINGS that
 * crun and Podman have; the option alone, which means those of the container's user namespace.
 */
#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/number.h"
#include "plan/compiler.h"
#include "plan/mount_options.h"

static struct corc_op_source option_source(
	const struct corc_spec_mount *mount, const struct corc_mount_options *options)
{
	return corc_source_item(mount->node, "options", options->idmap_option);
}

/* Up to `end` or the end of the text; *at then stands behind it. */
static bool read_number(const char **at, char end, uint32_t *ret_number)
{
	size_t length = strspn(*at, "0123456789");
	uint64_t number;

	if ((*at)[length] != end || corc_parse_u64(*at, length, UINT32_MAX, &number) < 0)
		return false;
	*at += length + (end != '\0');
	*ret_number = (uint32_t)number;
	return true;
}

/* The host's id of one in the container's user namespace, and whether `size` of them follow. */
static bool find_host_id(const struct corc_spec_id_mappings *mappings, uint32_t id, uint32_t size,
	uint32_t *ret_host_id)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const struct corc_spec_id_mapping *mapping = &mappings->items[i];

		if (id < mapping->container_id ||
			(uint64_t)id + size > (uint64_t)mapping->container_id + mapping->size)
			continue;
		*ret_host_id = mapping->host_id + (id - mapping->container_id);
		return true;
	}
	return false;
}

/* "0-1000-10" or "@0-0-10": ids of the file system, ids of the host or of the container, count. */
static bool read_mapping(
	char *text, const struct corc_spec_id_mappings *container, struct corc_buffer *map)
{
	bool is_relative = text[0] == '@';
	const char *at = text + is_relative;
	uint32_t from, to, size;

	if (!read_number(&at, '-', &from) || !read_number(&at, '-', &to) ||
		!read_number(&at, '\0', &size) || size == 0)
		return false;
	if (is_relative && !find_host_id(container, to, size, &to))
		return false;
	corc_buffer_printf(map, "%u %u %u\n", from, to, size);
	return true;
}

/* The mappings behind "uids=" or "gids=" as text for the kernel; NULL: they are not good. */
static const char *read_mappings(struct corc_compiler *compiler, const char *value, const char *key,
	const struct corc_spec_id_mappings *container)
{
	struct corc_buffer CORC_BUFFER map = {0};
	char *text = corc_arena_strdup(compiler->arena, value);
	char *part, *mapping;

	do
		part = strsep(&text, ";");
	while (part && strncmp(part, key, strlen(key)) != 0);
	if (!part)
		return NULL;
	part += strlen(key);
	while ((mapping = strsep(&part, "#")))
		if (!read_mapping(mapping, container, &map))
			return NULL;
	return map.failed ? NULL : corc_arena_strdup(compiler->arena, map.data);
}

/* Nothing but the two lists. */
static bool has_known_keys(const char *value)
{
	for (; *value; value += *value == ';') {
		if (strncmp(value, "uids=", 5) != 0 && strncmp(value, "gids=", 5) != 0)
			return false;
		value += strcspn(value, ";");
	}
	return true;
}

/* Those of the user namespace that the container will be in; none: it has no own. */
static struct corc_spec_id_mappings container_mappings(
	const struct corc_compiler *compiler, bool of_groups)
{
	const struct corc_spec_linux *linux_ = &compiler->spec->linux_;
	const struct corc_host *host = compiler->host;

	if (compiler->namespaces[CORC_NAMESPACE_USER].use == CORC_NAMESPACE_NEW)
		return of_groups ? linux_->gid_mappings : linux_->uid_mappings;
	return of_groups ? host->joined_gid_mappings : host->joined_uid_mappings;
}

static int read_option(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const struct corc_mount_options *options, struct corc_plan_idmap *ret_idmap)
{
	struct corc_spec_id_mappings uids = container_mappings(compiler, false);
	struct corc_spec_id_mappings gids = container_mappings(compiler, true);
	struct corc_op_source source = option_source(mount, options);

	if (!options->idmap && (uids.count == 0 || gids.count == 0))
		return corc_refuse(compiler, source,
			"mount option \"%s\" needs mappings: uidMappings and gidMappings of the mount, or a user namespace of the container",
			mount->options.items[options->idmap_option]);
	if (!options->idmap) {
		ret_idmap->uid_map = corc_map_text(compiler, &uids);
		ret_idmap->gid_map = corc_map_text(compiler, &gids);
		return 0;
	}
	ret_idmap->uid_map = read_mappings(compiler, options->idmap, "uids=", &uids);
	ret_idmap->gid_map = read_mappings(compiler, options->idmap, "gids=", &gids);
	if (ret_idmap->uid_map && ret_idmap->gid_map && has_known_keys(options->idmap))
		return 0;
	return corc_refuse(compiler, source,
		"mount option \"%.200s\": expected uids=FROM-TO-COUNT#...;gids=FROM-TO-COUNT#..., with \"@\" before ids of the container's user namespace that one of its mappings holds",
		mount->options.items[options->idmap_option]);
}

int corc_compile_idmap(struct corc_compiler *compiler, const struct corc_spec_mount *mount,
	const struct corc_mount_options *options, struct corc_plan_idmap *ret_idmap)
{
	bool has_mappings = mount->uid_mappings.count > 0;

	if (!has_mappings && !options->is_idmapped)
		return 0;
	if (has_mappings && options->idmap)
		return corc_refuse(compiler, option_source(mount, options),
			"mappings are given by an option and by uidMappings");
	ret_idmap->recursive = options->idmap_recursive;
	if (!has_mappings)
		return read_option(compiler, mount, options, ret_idmap);
	ret_idmap->uid_map = corc_map_text(compiler, &mount->uid_mappings);
	ret_idmap->gid_map = corc_map_text(compiler, &mount->gid_mappings);
	return 0;
}
