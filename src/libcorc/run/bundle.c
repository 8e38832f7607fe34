/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and compiling a bundle. Layer: run; the parent process. */
#include "run/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "run/closed.h"
#include "run/notify.h"
#include "run/service.h"

static int find_bundle(const char *path, struct corc_bundle *bundle, struct corc_error *error)
{
	char here[PATH_MAX];
	struct stat status;

	if ((!path || path[0] != '/') && !getcwd(here, sizeof(here)))
		return corc_fail_errno(error, errno, "working directory");
	bundle->path = corc_path_join(&bundle->arena, here, path ? path : ".");
	if (!bundle->path)
		return corc_fail_errno(error, ENOMEM, "bundle");
	if (stat(bundle->path, &status) < 0) {
		(void)corc_fail_errno(error, errno, "bundle %s", bundle->path);
		return corc_closed_find(bundle->path, NULL, error);
	}
	if (!S_ISDIR(status.st_mode))
		return corc_fail_errno(error, ENOTDIR, "bundle %s", bundle->path);
	return 0;
}

static int read_config(const char *name, struct corc_bundle *bundle, struct corc_error *error)
{
	const char *path = corc_path_join(&bundle->arena, bundle->path, name);
	int r = path ? corc_read_file_into(&bundle->arena, AT_FDCWD, path, CORC_CONFIG_MAX,
			       &bundle->text, &bundle->text_length)
		     : -ENOMEM;

	if (r == -EFBIG)
		return corc_fail(error, EFBIG, "%s has more than the %u bytes that are read", path,
			CORC_CONFIG_MAX);
	if (r == -EISDIR)
		return corc_fail_errno(error, EISDIR, "configuration %s", path);
	if (r == -EINVAL)
		return corc_fail(error, EINVAL, "configuration %s: is not a regular file", path);
	if (r == -ENOENT)
		return corc_fail_errno(error, ENOENT,
			"JSON specification file %s not found in bundle %s", name, bundle->path);
	if (r < 0)
		return corc_fail_errno(error, -r, "reading %s", path);
	bundle->config = name;
	return 0;
}

int corc_bundle_read(const char *path, const char *config, struct corc_bundle *ret_bundle,
	struct corc_error *error)
{
	int r = find_bundle(path, ret_bundle, error);

	return r < 0 ? r : read_config(config ? config : "config.json", ret_bundle, error);
}

static int find_rootfs(struct corc_bundle *bundle, struct corc_error *error)
{
	const struct corc_spec_root *root = &bundle->spec->root;
	struct stat status;

	bundle->rootfs = corc_path_join(&bundle->arena, bundle->path, root->path);
	if (!bundle->rootfs)
		return corc_fail_errno(error, ENOMEM, "root.path");
	int code = stat(bundle->rootfs, &status) < 0 ? errno : 0;

	if (code == 0 && !S_ISDIR(status.st_mode))
		code = ENOTDIR;
	if (code) {
		char text[16];

		(void)corc_spec_fail(bundle->spec, root->node, "path", UINT32_MAX, error,
			"rootfs %s: %s", bundle->rootfs, corc_errno_text(code, text));
		error->code = code;
		return corc_closed_find(bundle->rootfs, NULL, error);
	}
	return 0;
}

static enum corc_placement placement(const struct corc_cgroup_plan *cgroup)
{
	if (cgroup->unit)
		return CORC_PLACED_BY_SYSTEMD;
	return cgroup->mode == CORC_CGROUP_V1 || cgroup->mode == CORC_CGROUP_HYBRID
		       ? CORC_PLACED_BY_PARENT
		       : CORC_PLACED_AT_BIRTH;
}

static int compile(struct corc_runtime *runtime, const char *id,
	const struct corc_create_options *options, struct corc_bundle *bundle,
	struct corc_error *error)
{
	const struct corc_host *host = &bundle->view.host;
	int r = corc_compile_cgroup(&bundle->arena,
		&(struct corc_cgroup_input){
			bundle->spec, &host->cgroup, id, (int)runtime->cgroup_manager},
		&bundle->cgroup, error);
	struct corc_string_array environment = {0};
	/* Without a mount namespace there is no place for it that is the container's alone. */
	bool has_notify = options->notify && corc_notify_mount_wanted(bundle->spec);

	if (r == 0 && has_notify)
		r = corc_notify_add_mount(runtime, id, &bundle->arena, bundle->spec, error);
	if (r == 0)
		r = corc_service_environment(
			&bundle->arena, options, has_notify, &environment, error);
	if (r < 0)
		return r;
	if (!corc_has_raw_filter(bundle->spec))
		corc_seccomp_cache_find(runtime, bundle->spec, &bundle->filters);
	bundle->input = (struct corc_compile_input){
		.spec = bundle->spec,
		.host = host,
		.id = id,
		.bundle = bundle->path,
		.rootfs = bundle->rootfs,
		.cgroup = bundle->cgroup,
		.preserve_fds = options->listen_fds + options->preserve_fds,
		.environment = environment,
		.no_pivot = options->no_pivot,
		.no_new_keyring = options->no_new_keyring,
		.seccomp_program = bundle->filters.program,
		.seccomp_size = bundle->filters.program_size,
		.seccomp_receiver = options->seccomp_receiver,
		.console_rows = options->console_rows,
		.console_columns = options->console_columns,
		.placed = placement(bundle->cgroup),
	};
	return corc_compile_create(&bundle->arena, &bundle->input, &bundle->plan, error);
}

int corc_bundle_load(struct corc_runtime *runtime, const char *id,
	const struct corc_create_options *options, struct corc_bundle *ret_bundle,
	struct corc_error *error)
{
	int r = corc_bundle_read(options->bundle, options->config, ret_bundle, error);

	if (r == 0)
		r = corc_spec_parse(&ret_bundle->arena, ret_bundle->config, ret_bundle->text,
			ret_bundle->text_length, &ret_bundle->spec, error);
	if (r == 0 && ret_bundle->network.stack && corc_host_makes_network_ahead(ret_bundle->spec))
		r = corc_network_begin(&ret_bundle->network, error);
	if (r == 0)
		r = find_rootfs(ret_bundle, error);
	if (r == 0)
		r = corc_host_read(
			runtime, &ret_bundle->arena, ret_bundle->spec, &ret_bundle->view, error);
	if (r == 0)
		r = compile(runtime, id, options, ret_bundle, error);
	if (r < 0)
		return r;
	corc_log(runtime, CORC_LOG_DEBUG, "bundle %s, root file system %s", ret_bundle->path,
		ret_bundle->rootfs);
	corc_log_warnings(runtime, &ret_bundle->plan->warnings);
	corc_log_warnings(runtime, &ret_bundle->cgroup->warnings);
	return 0;
}

int corc_bundle_without_cgroup(struct corc_bundle *bundle, struct corc_error *error)
{
	struct corc_cgroup_input input = {bundle->spec, &bundle->view.host.cgroup, bundle->input.id,
		CORC_CGROUP_MANAGER_DISABLED};
	int r = corc_compile_cgroup(&bundle->arena, &input, &bundle->cgroup, error);

	if (r < 0)
		return r;
	bundle->input.cgroup = bundle->cgroup;
	return corc_compile_create(&bundle->arena, &bundle->input, &bundle->plan, error);
}

void corc_bundle_done(struct corc_bundle *bundle)
{
	corc_network_done(&bundle->network);
	corc_seccomp_cache_done(&bundle->filters);
	corc_host_close(&bundle->view);
	corc_arena_done(&bundle->arena);
}
