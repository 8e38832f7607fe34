/* SPDX-License-Identifier: Apache-2.0 */
/* update. Layer: run; the parent process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/update.h"
#include "run/container.h"
#include "run/resctrl.h"

/* Whether the container's own configuration wants limits below the usage to be refused. */
static int read_check(struct corc_container *container, bool *ret_check, struct corc_error *error)
{
	const struct corc_spec_memory *memory;
	struct corc_spec *spec = NULL;
	char CORC_FREE *text = NULL;
	size_t length = 0;
	int r = corc_read_file(
		container->directory.fd, "config.json", CORC_CONFIG_MAX, &text, &length);

	if (r < 0)
		return corc_fail_errno(error, -r, "reading config.json of %s", container->state.id);
	r = corc_spec_parse(&container->arena, "config.json", text, length, &spec, error);
	if (r < 0)
		return r;
	memory = spec->linux_.resources.memory;
	*ret_check = memory && memory->check_before_update && *memory->check_before_update;
	return 0;
}

static int compile(struct corc_container *container, const struct corc_spec *spec,
	struct corc_cgroup_plan **ret_plan, struct corc_error *error)
{
	const struct corc_spec_memory *memory = spec->linux_.resources.memory;
	struct corc_arena *arena = &container->arena;
	struct corc_cgroup_plan place;
	struct corc_cgroup_layout layout;
	struct corc_cgroup_current current;
	struct corc_cgroup_update_input input = {.spec = spec,
		.place = &place,
		.current = &current,
		.unit = container->state.cgroup.unit};
	int r = corc_cgroup_layout_read(arena, false, &layout, error);

	if (r == 0)
		r = corc_cgroup_place(arena, &layout, &container->state.cgroup, &place, error);
	if (r == 0 && memory && !memory->check_before_update)
		r = read_check(container, &input.check_memory, error);
	if (r < 0)
		return r;
	corc_cgroup_current_read(&place, &container->state.cgroup, &current);
	return corc_compile_cgroup_update(arena, &input, ret_plan, error);
}

static bool is_line(const char *line, const char *prefix)
{
	return !line || (strncmp(line, prefix, strlen(prefix)) == 0 && !strchr(line, '\n'));
}

/* The lines of the options, with their ends. */
static int write_schemata(const struct corc_update_options *options, struct corc_buffer *text,
	struct corc_error *error)
{
	const char *l3 = options->l3_cache_schema, *bandwidth = options->memory_bandwidth_schema;

	if (!is_line(l3, "L3"))
		return corc_fail(error, EINVAL,
			"invalid L3 cache schema \"%s\": expected one line like L3:0=ff;1=ff", l3);
	if (!is_line(bandwidth, "MB:"))
		return corc_fail(error, EINVAL,
			"invalid memory bandwidth schema \"%s\": expected one line like MB:0=50;1=50",
			bandwidth);
	if (l3)
		corc_buffer_printf(text, "%s\n", l3);
	if (bandwidth)
		corc_buffer_printf(text, "%s\n", bandwidth);
	return text->failed ? corc_fail_errno(error, ENOMEM, "update") : 0;
}

/* The schemata and the rest, or nothing. */
static int update_groups(struct corc_container *container,
	const struct corc_update_options *options, const struct corc_cgroup_update *request,
	struct corc_error *error)
{
	const struct corc_resctrl *groups = &container->state.resctrl;
	struct corc_buffer CORC_BUFFER text = {0};
	char old[CORC_SCHEMATA_MAX];
	struct corc_error ignored;
	int r = write_schemata(options, &text, error);

	if (r == 0 && !groups->group)
		r = corc_fail(error, EINVAL,
			"the container has no resctrl group: its configuration has no intelRdt");
	if (r < 0)
		return r;
	int CORC_CLOSE root = corc_resctrl_open(error);

	if (root < 0)
		return root;
	r = corc_resctrl_change(root, groups, text.data, old, error);
	if (r < 0)
		return r;
	r = corc_cgroup_update(request, error);
	if (r < 0)
		(void)corc_resctrl_change(root, groups, old, NULL, &ignored);
	return r;
}

static int update(struct corc_runtime *runtime, struct corc_container *container,
	const struct corc_update_options *options, struct corc_error *error)
{
	struct corc_cgroup_plan *plan = NULL;
	struct corc_spec *spec = NULL;
	int r;

	if (container->status == CORC_STATUS_STOPPED)
		return corc_fail(error, ESRCH, "container not running");
	r = corc_spec_parse_resources(&container->arena, options->file ? options->file : "",
		options->resources, options->length, &spec, error);
	if (r == 0)
		r = compile(container, spec, &plan, error);
	if (r != 0)
		return r;
	corc_log_warnings(runtime, &plan->warnings);
	if (plan->setting_count > 0)
		corc_log(runtime, CORC_LOG_DEBUG, "writing %zu settings", plan->setting_count);
	const struct corc_cgroup_update request = {
		&container->arena, spec, plan, &container->state.cgroup, &runtime->systemd};

	if (options->l3_cache_schema || options->memory_bandwidth_schema)
		return update_groups(container, options, &request, error);
	return corc_cgroup_update(&request, error);
}

/* What has no file has no position either: the property goes before the message. */
static void drop_position(struct corc_error *error)
{
	struct corc_origin origin = error->origin;

	if (origin.line == 0 || origin.file[0] != '\0')
		return;
	error->origin = (struct corc_origin){0};
	if (origin.path[0] != '\0')
		(void)corc_error_prefix(error, "%s", origin.path);
}

int corc_container_update(struct corc_runtime *runtime, const char *id,
	const struct corc_update_options *options, struct corc_error *error)
{
	struct corc_container CORC_CLEANUP(corc_container_close) container = CORC_CONTAINER_EMPTY;
	int r = corc_container_open(runtime, id, true, &container, error);

	if (r == 0)
		r = update(runtime, &container, options, error);
	if (r < 0)
		drop_position(error);
	return r;
}
