/* SPDX-License-Identifier: Apache-2.0 */
/* Reading back what CRIU restored. Layer: checkpoint; the parent process. */
#include "checkpoint/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/number.h"
#include "plan/namespaces.h"

#define STATUS_MAX 16384
#define LABEL_SIZE (CORC_LABEL_MAX + 2)
#define MAP_COLUMNS 3
#define MAP_LINES 340 /* the kernel's limit */

static int refuse(struct corc_error *error, const char *what)
{
	(void)corc_fail(
		error, EPERM, "the restored process is not what the configuration says: %s", what);
	return corc_error_hint(
		error, "are these the images of a container with this configuration?");
}

/* --- namespaces ----------------------------------------------------------------------------- */

static int namespace_of(const char *process, const char *file, struct stat *ret_status)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, file);
	return stat(path, ret_status) < 0 ? -errno : 0;
}

static bool is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* NULL: as it has to be. */
static const char *namespace_problem(
	const struct corc_verify *verify, int type, const char *pid, struct corc_error *error)
{
	const struct corc_namespace_fact *fact = &verify->namespaces[type];
	struct stat ours = {0}, found = {0}, joined = {0};
	int r = namespace_of("self", corc_namespaces[type].file, &ours);

	if (r == 0)
		r = namespace_of(pid, corc_namespaces[type].file, &found);
	if (r == 0 && corc_namespace_is_anothers(fact) &&
		fstat(verify->namespace_fds[fact->slot - CORC_SLOT_FIRST_NAMESPACE], &joined) < 0)
		r = -errno;
	if (r < 0) {
		(void)corc_fail_errno(error, -r, "namespaces of the restored process");
		return NULL;
	}
	if (!corc_spec_find_namespace(verify->spec, (enum corc_namespace_type)type) || fact->is_own)
		return is_same(&ours, &found) ? NULL : "is one of its own";
	if (corc_namespace_is_anothers(fact))
		return is_same(&joined, &found) ? NULL : "is not the one at the path";
	return is_same(&ours, &found) ? "is that of the host" : NULL;
}

/* Whether a map of the kernel is that of the configuration. */
static bool is_same_map(const char *text, const struct corc_spec_id_mappings *mappings)
{
	size_t lines = 0;

	while (*(text += strspn(text, " \n"))) {
		uint64_t columns[MAP_COLUMNS];
		bool is_known = false;

		for (int i = 0; i < MAP_COLUMNS; i++) {
			size_t length = strcspn(text += strspn(text, " "), " \n");

			if (corc_parse_u64(text, length, UINT32_MAX, &columns[i]) < 0)
				return false;
			text += length;
		}
		for (size_t i = 0; i < mappings->count; i++)
			is_known |= mappings->items[i].container_id == columns[0] &&
				    mappings->items[i].host_id == columns[1] &&
				    mappings->items[i].size == columns[2];
		if (!is_known)
			return false;
		lines++;
	}
	return lines == mappings->count;
}

static int check_map(const struct corc_verify *verify, const char *file,
	const struct corc_spec_id_mappings *mappings, struct corc_error *error)
{
	char path[64], text[MAP_LINES * 36];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)verify->pid, file);
	ssize_t length = corc_read_small(AT_FDCWD, path, text, sizeof(text));

	if (length < 0)
		return corc_fail_errno(error, (int)-length, "%s", path);
	return is_same_map(text, mappings) ? 0 : refuse(error, file);
}

int corc_verify_namespaces(const struct corc_verify *verify, struct corc_error *error)
{
	const struct corc_spec_linux *linux_ = &verify->spec->linux_;
	const struct corc_namespace_fact *user = &verify->namespaces[CORC_NAMESPACE_USER];
	char pid[16];
	int r = 0;

	(void)snprintf(pid, sizeof(pid), "%d", (int)verify->pid);
	for (int type = 0; type < CORC_NAMESPACE_COUNT; type++) {
		char text[96];

		/* CRIU makes a time namespace always, so that clocks go on from where they were. */
		if (type == CORC_NAMESPACE_TIME)
			continue;
		error->code = 0;
		const char *problem = namespace_problem(verify, type, pid, error);

		if (error->code)
			return -error->code;
		if (!problem)
			continue;
		(void)snprintf(text, sizeof(text), "its %s namespace %s",
			corc_namespaces[type].name, problem);
		return refuse(error, text);
	}
	if (user->joined || !corc_spec_find_namespace(verify->spec, CORC_NAMESPACE_USER))
		return 0;
	r = check_map(verify, "uid_map", &linux_->uid_mappings, error);
	return r < 0 ? r : check_map(verify, "gid_map", &linux_->gid_mappings, error);
}

/* --- credentials ---------------------------------------------------------------------------- */

/* To the container's numbers; what is not mapped there becomes a number that no id has. */
static uint32_t map_id(const struct corc_spec_id_mappings *mappings, bool is_mapped, uint32_t id)
{
	if (!is_mapped)
		return id;
	for (size_t i = 0; i < mappings->count; i++) {
		const struct corc_spec_id_mapping *mapping = &mappings->items[i];

		if (id >= mapping->host_id && id - mapping->host_id < mapping->size)
			return mapping->container_id + (id - mapping->host_id);
	}
	return UINT32_MAX;
}

static void map_ids(const struct corc_verify *verify, struct corc_credentials *credentials)
{
	const struct corc_spec_linux *linux_ = &verify->spec->linux_;
	bool is_mapped = corc_spec_find_namespace(verify->spec, CORC_NAMESPACE_USER) &&
			 linux_->uid_mappings.count > 0;

	for (int i = 0; i < 4; i++) {
		credentials->uids[i] =
			map_id(&linux_->uid_mappings, is_mapped, credentials->uids[i]);
		credentials->gids[i] =
			map_id(&linux_->gid_mappings, is_mapped, credentials->gids[i]);
	}
	for (size_t i = 0; i < credentials->group_count; i++)
		credentials->groups[i] =
			map_id(&linux_->gid_mappings, is_mapped, credentials->groups[i]);
}

static const struct corc_op_identity *find_identity(const struct corc_plan *plan)
{
	const struct corc_op *ops = corc_plan_ops(plan->wire);

	for (uint32_t i = 0; i < plan->wire->op_count; i++)
		if (ops[i].kind == CORC_OP_IDENTITY)
			return &ops[i].identity;
	return NULL;
}

/* A process that made a user namespace of its own has all capabilities there, and they end there.
 */
static bool is_in_inner_user_namespace(const struct corc_verify *verify, const char *thread)
{
	struct stat init, found;
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%d", (int)verify->pid);
	return namespace_of(pid, "user", &init) == 0 && namespace_of(thread, "user", &found) == 0 &&
	       !is_same(&init, &found);
}

static int check_credentials(
	const struct corc_verify *verify, const char *thread, struct corc_error *error)
{
	const struct corc_op_identity *identity = find_identity(verify->plan);
	struct corc_op_identity allowed;
	struct corc_credentials credentials;
	char path[96], text[STATUS_MAX], what[160];

	if (!identity)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%s/status", thread);
	ssize_t length = corc_read_small(AT_FDCWD, path, text, sizeof(text));
	int r = length < 0 ? (int)length : corc_credentials_parse(text, &credentials);

	if (r < 0)
		return corc_fail_errno(error, -r, "%s", path);
	map_ids(verify, &credentials);
	allowed = *identity;
	if (is_in_inner_user_namespace(verify, thread))
		allowed.bounding = allowed.permitted = UINT64_MAX;
	const char *problem = corc_credentials_problem(&credentials, &allowed,
		(const uint32_t *)corc_plan_data(verify->plan->wire, identity->groups),
		verify->plan->seccomp_program);

	if (!problem)
		return 0;
	(void)snprintf(what, sizeof(what), "process %s: %s", thread, problem);
	return refuse(error, what);
}

static int check_label(
	const char *thread, const char *file, const char *wanted, struct corc_error *error)
{
	char path[96], text[LABEL_SIZE], what[160];

	if (!wanted || !*wanted)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%s/attr/%s", thread, file);
	ssize_t length = corc_read_small(AT_FDCWD, path, text, sizeof(text));

	if (length < 0)
		return corc_fail_errno(error, (int)-length, "%s", path);
	if (corc_label_is(text, wanted))
		return 0;
	(void)snprintf(what, sizeof(what), "process %s: its label in attr/%s", thread, file);
	return refuse(error, what);
}

static int verify_thread(
	const struct corc_verify *verify, const char *thread, struct corc_error *error)
{
	int r = check_credentials(verify, thread, error);

	if (r == 0)
		r = check_label(thread, "apparmor/current", verify->apparmor_profile, error);
	return r < 0 ? r : check_label(thread, "current", verify->selinux_label, error);
}

static void close_directory(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

int corc_verify_process(const struct corc_verify *verify, pid_t pid, struct corc_error *error)
{
	char path[64], thread[300];

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR CORC_CLEANUP(close_directory) *tasks = opendir(path);

	if (!tasks)
		return corc_fail_errno(error, errno, "%s", path);
	for (;;) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone. */
		const struct dirent *entry = readdir(tasks);

		if (!entry)
			return 0;
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(thread, sizeof(thread), "%d/task/%s", (int)pid, entry->d_name);
		int r = verify_thread(verify, thread, error);

		if (r < 0)
			return r;
	}
}
