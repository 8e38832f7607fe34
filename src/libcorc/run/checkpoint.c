/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint. Layer: run; the parent process.
 *
 * Order: everything that can be refused is refused before CRIU touches the container: its state,
 * the options, the folders, CRIU's version and features, mounts that cannot be named. Then CRIU
 * freezes the container, writes it, and kills it or lets it go on. What fails in there CRIU takes
 * back itself. A container that is not left running is removed as by delete.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "base/path.h"
#include "checkpoint/external.h"
#include "plan/namespaces.h"
#include "run/container.h"
#include "run/images.h"
#include "run/stop.h"
#include "sys/mount.h"
#include "sys/process.h"

struct checkpoint {
	struct corc_runtime *runtime;
	const struct corc_checkpoint_options *options;
	struct corc_container container;
	struct corc_bundle bundle; /* from the kept configuration */
	struct corc_images images;
	struct corc_criu criu;
	struct corc_criu_request request;
	struct corc_streams streams;
	int config; /* of CRIU, or negative */
	int yard;   /* what CRIU finds the mount of cgroup v2 in, or negative */
	uint64_t begin;
};

static void done(struct checkpoint *checkpoint)
{
	corc_criu_end(&checkpoint->criu);
	corc_close_(checkpoint->config);
	corc_close_(checkpoint->yard);
	corc_images_close(&checkpoint->images);
	corc_bundle_done(&checkpoint->bundle);
	corc_container_close(&checkpoint->container);
}

/* --- what can be refused -------------------------------------------------------------------- */

static int check_status(enum corc_status status, struct corc_error *error)
{
	if (status == CORC_STATUS_RUNNING || status == CORC_STATUS_PAUSED)
		return 0;
	return corc_fail(error, EINVAL, "Container cannot be checkpointed in %s state",
		corc_status_name(status));
}

/* "ADDRESS:PORT", the address of IPv6 in brackets. */
static int parse_page_server(struct checkpoint *checkpoint, struct corc_error *error)
{
	const char *text = checkpoint->options->page_server;
	const char *colon = text ? strrchr(text, ':') : NULL;
	uint64_t port = 0;

	if (!text)
		return 0;
	if (!colon || colon == text ||
		corc_parse_u64(colon + 1, strlen(colon + 1), UINT16_MAX, &port) < 0 || port == 0)
		return corc_fail(
			error, EINVAL, "Use --page-server ADDRESS:PORT to specify page server");
	if (text[0] == '[' && colon[-1] == ']' && colon - text > 2)
		checkpoint->request.page_address = corc_arena_strndup(
			&checkpoint->container.arena, text + 1, (size_t)(colon - text - 2));
	else
		checkpoint->request.page_address = corc_arena_strndup(
			&checkpoint->container.arena, text, (size_t)(colon - text));
	checkpoint->request.page_port = (uint16_t)port;
	return checkpoint->request.page_address ? 0 : corc_fail_errno(error, ENOMEM, "page server");
}

static int check_options(struct checkpoint *checkpoint, struct corc_error *error)
{
	const struct corc_checkpoint_options *options = checkpoint->options;

	if (options->parent_path && options->parent_path[0] == '/')
		return corc_fail(error, EINVAL, "--parent-path must be relative");
	if (options->criu.lazy_pages && !options->page_server)
		return corc_fail(error, EINVAL, "--lazy-pages needs --page-server ADDRESS:PORT");
	if (options->status_fd < 0 ||
		(options->status_fd > 0 && fcntl(options->status_fd, F_GETFD) < 0))
		return corc_fail(error, EBADF, "--status-fd %d is not open", options->status_fd);
	return parse_page_server(checkpoint, error);
}

/* The folder of images may be still to be made: then there is no way through it yet. */
static int check_parent(struct checkpoint *checkpoint, struct corc_error *error)
{
	struct corc_arena *arena = &checkpoint->container.arena;
	const char *parent = checkpoint->options->parent_path;
	const char *images = checkpoint->options->criu.image_path;
	char here[PATH_MAX];
	struct stat status;

	if (!parent)
		return 0;
	if (!images)
		images = CORC_IMAGES_DEFAULT;
	const char *path = corc_arena_printf(arena, "%s/%s", images, parent);

	if (path && stat(images, &status) < 0)
		path = getcwd(here, sizeof(here)) ? corc_path_join(arena, here, path) : NULL;
	if (!path)
		return corc_fail_errno(error, ENOMEM, "--parent-path %s", parent);
	if (stat(path, &status) < 0)
		return corc_fail_errno(error, errno, "--parent-path %s", parent);
	return S_ISDIR(status.st_mode)
		       ? 0
		       : corc_fail_errno(error, ENOTDIR, "--parent-path %s", parent);
}

/* The configuration that the container was made with, compiled: what was mounted where. */
static int load_config(struct checkpoint *checkpoint, struct corc_error *error)
{
	struct corc_container *container = &checkpoint->container;
	const char *kept = corc_arena_printf(&container->arena, "%s/%s/config.json",
		checkpoint->runtime->root, container->state.id);
	const struct corc_create_options options = {
		.bundle = container->state.bundle, .config = kept};

	if (!kept)
		return corc_fail_errno(error, ENOMEM, "the kept config.json");
	return corc_bundle_load(
		checkpoint->runtime, container->state.id, &options, &checkpoint->bundle, error);
}

/* --- the request ---------------------------------------------------------------------------- */

static int add_external(struct checkpoint *checkpoint, const char *text)
{
	struct corc_string_array *list = &checkpoint->request.external;
	const char **items =
		corc_arena_array(&checkpoint->container.arena, list->count + 2, sizeof(char *));

	if (!items || !text)
		return -ENOMEM;
	if (list->count > 0)
		memcpy(items, list->items, list->count * sizeof(char *));
	items[list->count++] = text;
	list->items = items;
	return 0;
}

/* Joined by path: CRIU leaves it out, when it can. */
static int add_namespace(struct checkpoint *checkpoint, enum corc_namespace_type type,
	const char *key, struct corc_error *error)
{
	const struct corc_host_view *view = &checkpoint->bundle.view;
	const struct corc_namespace_fact *fact = &view->host.namespaces[type];
	struct stat status;

	if (!corc_namespace_is_anothers(fact))
		return 0;
	if (!key)
		return corc_fail(error, ENOTSUP,
			"a container that joined a %s namespace by path cannot be checkpointed",
			corc_namespaces[type].name);
	if (fstat(view->namespace_fds[fact->slot - CORC_SLOT_FIRST_NAMESPACE], &status) < 0)
		return corc_fail_errno(error, errno, "%s namespace", corc_namespaces[type].name);
	if (add_external(checkpoint, corc_arena_printf(&checkpoint->container.arena, "%s[%llu]:%s",
					     corc_namespaces[type].file,
					     (unsigned long long)status.st_ino, key)) < 0)
		return corc_fail_errno(error, ENOMEM, "external namespaces");
	return 0;
}

static int add_namespaces(struct checkpoint *checkpoint, struct corc_error *error)
{
	static const struct {
		enum corc_namespace_type type;
		const char *key; /* NULL: CRIU cannot */
	} rows[] = {
		{CORC_NAMESPACE_NETWORK, CORC_EXTERNAL_NETWORK},
		{CORC_NAMESPACE_PID, CORC_EXTERNAL_PID},
		{CORC_NAMESPACE_MOUNT, NULL},
		{CORC_NAMESPACE_USER, NULL},
		{CORC_NAMESPACE_CGROUP, NULL},
	};
	int r = 0;

	if (!corc_spec_find_namespace(checkpoint->bundle.spec, CORC_NAMESPACE_MOUNT))
		return corc_fail(error, ENOTSUP,
			"a container without a mount namespace of its own cannot be checkpointed");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && r == 0; i++)
		r = add_namespace(checkpoint, rows[i].type, rows[i].key, error);
	return r;
}

/* The one directory whose freezer holds all of the container. */
static const char *freezer(const struct corc_cgroup_ref *cgroup)
{
	for (size_t i = 0; i < cgroup->directories.count; i++) {
		const struct corc_cgroup_ref_directory *item = &cgroup->directories.items[i];

		if (item->version == 2 ||
			(item->controllers && corc_cgroup_lists(item->controllers, "freezer")))
			return item->directory;
	}
	return NULL;
}

/*
 * A file system that nobody else sees, for the one link in it. By itself CRIU mounts cgroup v2 once
 * more, without options, and all mounts of it on the host lose theirs.
 */
static int make_yard(struct checkpoint *checkpoint, struct corc_error *error)
{
	const struct corc_cgroup_layout *layout = &checkpoint->bundle.view.host.cgroup;
	struct corc_criu_request *request = &checkpoint->request;

	if (checkpoint->options->criu.cgroups == CORC_CRIU_CGROUPS_IGNORE ||
		layout->mode != CORC_CGROUP_V2)
		return 0;
	int CORC_CLOSE filesystem = corc_fsopen("tmpfs");

	checkpoint->yard = filesystem < 0 ? filesystem : corc_fsmount(filesystem, 0);
	if (checkpoint->yard < 0)
		return corc_fail_errno(error, -checkpoint->yard, "a tmpfs for CRIU");
	if (symlinkat(layout->hierarchies[0].mountpoint, checkpoint->yard, "unified") < 0)
		return corc_fail_errno(error, errno, "a link for CRIU");
	request->cgroup_yard = corc_arena_printf(
		&checkpoint->container.arena, "/proc/%d/fd/%d", (int)getpid(), checkpoint->yard);
	return request->cgroup_yard ? 0 : corc_fail_errno(error, ENOMEM, "a link for CRIU");
}

static int compose(struct checkpoint *checkpoint, struct corc_error *error)
{
	struct corc_container *container = &checkpoint->container;
	struct corc_criu_request *request = &checkpoint->request;
	pid_t pid = (pid_t)container->state.pid;
	int r;

	request->verb = checkpoint->options->pre_dump ? CORC_CRIU_PRE_DUMP : CORC_CRIU_DUMP;
	request->options = &checkpoint->options->criu;
	request->checkpoint = checkpoint->options;
	request->images = checkpoint->images.images;
	request->work = checkpoint->images.work;
	request->pid = pid;
	request->root = container->state.rootfs;
	request->log_file = checkpoint->images.log_file;
	request->config_file = checkpoint->config < 0 ? NULL : CORC_CRIU_CONFIG;
	request->freeze_cgroup = freezer(&container->state.cgroup);
	r = corc_external_mounts(&container->arena, checkpoint->bundle.plan,
		checkpoint->bundle.spec, pid, &request->mounts, error);
	if (r == 0)
		r = corc_streams_of(
			&container->arena, pid, &checkpoint->streams, &request->external, error);
	if (r == 0)
		r = make_yard(checkpoint, error);
	return r < 0 ? r : add_namespaces(checkpoint, error);
}

/* --- CRIU ----------------------------------------------------------------------------------- */

static uint64_t written_bytes(int images)
{
	uint64_t bytes = 0;

	for (unsigned i = 1;; i++) {
		struct stat status;
		char name[32];

		(void)snprintf(name, sizeof(name), "pages-%u.img", i);
		if (fstatat(images, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			return bytes;
		bytes += (uint64_t)status.st_size;
	}
}

static uint64_t report_progress(void *data)
{
	const struct checkpoint *checkpoint = data;
	uint64_t bytes = written_bytes(checkpoint->images.images);

	if (checkpoint->options->progress)
		checkpoint->options->progress(checkpoint->options->progress_data, bytes,
			corc_now_ms() - checkpoint->begin);
	return bytes + corc_read_bytes(checkpoint->criu.pid);
}

/* The network of a container is the business of its engine; CRIU itself keeps packets away. */
static int handle_notification(
	void *data, const char *script, pid_t pid, int fd, struct corc_error *error)
{
	const struct checkpoint *checkpoint = data;

	(void)pid;
	(void)fd;
	corc_log(checkpoint->runtime, CORC_LOG_DEBUG, "criu: %s", script);
	if (strcmp(script, "status-ready") != 0 || checkpoint->options->status_fd == 0)
		return 0;
	if (write(checkpoint->options->status_fd, "", 1) != 1)
		return corc_fail_errno(error, errno, "--status-fd");
	return 0;
}

static int start_criu(struct checkpoint *checkpoint, struct corc_error *error)
{
	const struct corc_checkpoint_options *options = checkpoint->options;
	const struct corc_criu_launch launch = {.program = options->criu.program,
		.input = options->criu.shell_job ? STDIN_FILENO : CORC_NO_FD,
		.output = CORC_NO_FD,
		.config = checkpoint->config};
	const struct corc_criu_needs needs = {
		.memory_tracking = options->pre_dump || options->parent_path,
		.lazy_pages = options->criu.lazy_pages};
	int r = corc_criu_start(&launch, &checkpoint->criu, error);

	return r < 0 ? r
		     : corc_criu_check(
			       &checkpoint->criu, &needs, checkpoint->runtime->deadline_ms, error);
}

/* CRIU thaws what it froze, but not when it is killed. */
static void let_go_on(struct checkpoint *checkpoint)
{
	const struct corc_cgroup_ref *cgroup = &checkpoint->container.state.cgroup;
	struct corc_error ignored;

	corc_criu_end(&checkpoint->criu);
	if (checkpoint->container.status == CORC_STATUS_RUNNING)
		(void)corc_cgroup_thaw(cgroup, checkpoint->runtime->deadline_ms, &ignored);
}

static int dump(struct checkpoint *checkpoint, struct corc_error *error)
{
	const struct corc_criu_handler handler = {.notify = handle_notification,
		.progress = report_progress,
		/* Pages that are fetched when they are used may never be. */
		.deadline_ms =
			checkpoint->options->criu.lazy_pages ? 0 : checkpoint->runtime->deadline_ms,
		.data = checkpoint};
	int r = corc_streams_write(checkpoint->images.images, &checkpoint->streams, error);

	if (r < 0)
		return corc_error_prefix(error, "folder %s", checkpoint->images.path);
	checkpoint->begin = corc_now_ms();
	r = corc_criu_perform(&checkpoint->criu, &checkpoint->request, &handler, error);
	if (r == -ECANCELED || r == -ETIMEDOUT)
		(void)corc_images_explain(checkpoint->runtime, &checkpoint->container.arena,
			&checkpoint->images, &checkpoint->criu, error);
	if (r < 0)
		let_go_on(checkpoint);
	else
		(void)report_progress(checkpoint);
	return r;
}

static int prepare(struct checkpoint *checkpoint, const char *id, struct corc_error *error)
{
	struct corc_container *container = &checkpoint->container;
	int r = corc_container_open(checkpoint->runtime, id, true, container, error);

	if (r == 0)
		r = check_status(container->status, error);
	if (r == 0)
		r = check_options(checkpoint, error);
	if (r == 0)
		r = check_parent(checkpoint, error);
	if (r == 0)
		r = load_config(checkpoint, error);
	if (r == 0)
		r = corc_criu_config_open(
			&container->state.annotations, &checkpoint->config, error);
	if (r == 0)
		r = start_criu(checkpoint, error);
	if (r == 0)
		r = corc_images_open(&container->arena, &checkpoint->options->criu, true,
			"dump.log", &checkpoint->images, error);
	return r < 0 ? r : compose(checkpoint, error);
}

int corc_container_checkpoint(struct corc_runtime *runtime, const char *id,
	const struct corc_checkpoint_options *options, struct corc_error *error)
{
	struct checkpoint CORC_CLEANUP(done) checkpoint = {.runtime = runtime,
		.options = options,
		.container = CORC_CONTAINER_EMPTY,
		.images = CORC_IMAGES_EMPTY,
		.criu = CORC_CRIU_EMPTY,
		.config = CORC_NO_FD,
		.yard = CORC_NO_FD};
	int r = prepare(&checkpoint, id, error);

	if (r == 0)
		r = dump(&checkpoint, error);
	if (r < 0 || options->pre_dump || options->leave_running)
		return r;
	return corc_container_remove(runtime, &checkpoint.container.directory, true, error);
}
