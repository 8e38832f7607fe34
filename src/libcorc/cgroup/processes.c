/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing and signalling the processes of cgroups. Layer: cgroup; the parent process only.
 *
 * A number may be another process by the time it is used. A signal goes through a pidfd, and only
 * when the number is still in the group after the pidfd was opened.
 */
#include "cgroup/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cgroup/directory.h"
#include "cgroup/v1.h"
#include "cgroup/v2.h"
#include "cgroup/walk.h"
#include "sys/process.h"

#define PROCS_MAX ((size_t)64 * 1024 * 1024) /* bytes of a cgroup.procs */
#define BATCH 256                            /* pidfds at a time */
/* Each round of killing on v1 finds those that were being born in the round before. */
#define KILL_ROUNDS_MAX 20

void corc_pids_done(struct corc_pids *pids)
{
	free(pids->items);
	*pids = (struct corc_pids){0};
}

static int append(struct corc_pids *pids, pid_t pid)
{
	if (pids->count == pids->capacity) {
		size_t capacity = pids->capacity * 2 + 64;
		pid_t *larger = reallocarray(pids->items, capacity, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		pids->items = larger;
		pids->capacity = capacity;
	}
	pids->items[pids->count++] = pid;
	return 0;
}

/* Decimal numbers, one a line. 0 is a process of another pid namespace and cannot be named. */
static int parse(const char *text, struct corc_pids *pids)
{
	int r = 0;

	while (r == 0 && *text != '\0') {
		long pid = 0;

		for (; *text >= '0' && *text <= '9' && pid <= INT32_MAX / 10; text++)
			pid = pid * 10 + (*text - '0');
		if (*text != '\n' && *text != '\0')
			return -EBADMSG;
		if (pid > 0)
			r = append(pids, (pid_t)pid);
		text += *text == '\n';
	}
	return r;
}

/* Of one group alone. A group that is removed meanwhile has none. */
static int read_pids(int fd, struct corc_pids *pids)
{
	char CORC_FREE *text = NULL;
	size_t length;
	int r = corc_read_file(fd, "cgroup.procs", PROCS_MAX, &text, &length);

	if (r == -ENODEV || r == -ENOENT)
		return 0;
	/* A threaded group lists its processes in the domain above. */
	if (r == -EOPNOTSUPP)
		return 0;
	return r < 0 ? r : parse(text, pids);
}

static int enter_read(void *data, int fd)
{
	return read_pids(fd, data);
}

int corc_cgroup_pids_below(int fd, struct corc_pids *pids)
{
	struct corc_cgroup_walker walker = {.enter = enter_read, .data = pids};

	return corc_cgroup_walk(fd, &walker);
}

static int compare(const void *a, const void *b)
{
	pid_t left = *(const pid_t *)a;
	pid_t right = *(const pid_t *)b;

	return (left > right) - (left < right);
}

static void sort_once(struct corc_pids *pids)
{
	size_t kept = 0;

	if (pids->count < 2)
		return;
	qsort(pids->items, pids->count, sizeof(*pids->items), compare);
	for (size_t i = 0; i < pids->count; i++)
		if (i == 0 || pids->items[i] != pids->items[kept - 1])
			pids->items[kept++] = pids->items[i];
	pids->count = kept;
}

static bool is_gone(int r)
{
	return r == -ENOENT || r == -ENODEV || r == -ESTALE;
}

int corc_cgroup_pids_of(const struct corc_cgroup_ref *ref, struct corc_pids *pids)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ref->directories.count; i++) {
		int CORC_CLOSE fd = corc_cgroup_open_own(&ref->directories.items[i]);

		r = fd < 0 ? fd : corc_cgroup_pids_below(fd, pids);
		if (is_gone(r))
			r = 0;
	}
	sort_once(pids);
	return r;
}

int corc_cgroup_pids(const struct corc_cgroup_ref *ref, pid_t **ret_pids, size_t *ret_count,
	struct corc_error *error)
{
	struct corc_pids CORC_PIDS pids = {0};
	int r = corc_cgroup_pids_of(ref, &pids);

	if (r < 0) {
		(void)corc_fail_errno(error, -r, "read the processes of the container's cgroup");
		return corc_error_step(error, CORC_STEP_CGROUP);
	}
	*ret_count = pids.count;
	*ret_pids = corc_take_pointer(pids.items);
	return 0;
}

/* A batch: pidfds, then the list once more, then the signal. */
struct batch {
	int pidfds[BATCH];
	pid_t pids[BATCH];
	size_t count;
};

static void close_batch(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		corc_close_(batch->pidfds[i]);
}

static int send_batch(const struct corc_cgroup_ref *ref, const struct batch *batch, int signal)
{
	struct corc_pids CORC_PIDS members = {0};
	int result = corc_cgroup_pids_of(ref, &members);

	if (result < 0)
		return result;
	for (size_t i = 0; i < batch->count; i++) {
		int r;

		if (members.count == 0 || !bsearch(&batch->pids[i], members.items, members.count,
						  sizeof(pid_t), compare))
			continue;
		r = corc_pidfd_send_signal(batch->pidfds[i], signal);
		if (r < 0 && r != -ESRCH)
			result = r;
	}
	return result;
}

static int signal_some(
	const struct corc_cgroup_ref *ref, const pid_t *pids, size_t count, int signal)
{
	struct batch CORC_CLEANUP(close_batch) batch = {.count = 0};

	for (size_t i = 0; i < count; i++) {
		int pidfd = corc_pidfd_open(pids[i]);

		if (pidfd == -ESRCH || pidfd == -EINVAL)
			continue;
		if (pidfd < 0)
			return pidfd;
		batch.pidfds[batch.count] = pidfd;
		batch.pids[batch.count++] = pids[i];
	}
	return batch.count == 0 ? 0 : send_batch(ref, &batch, signal);
}

static int signal_listed(
	const struct corc_cgroup_ref *ref, const struct corc_pids *pids, int signal)
{
	int result = 0;

	for (size_t at = 0; at < pids->count; at += BATCH) {
		size_t left = pids->count - at;
		int r = signal_some(ref, pids->items + at, left < BATCH ? left : BATCH, signal);

		if (r < 0)
			result = r;
	}
	return result;
}

static bool is_same(const struct corc_pids *a, const struct corc_pids *b)
{
	return a->count == b->count &&
	       (a->count == 0 || memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0);
}

/*
 * What a frozen process forks is frozen too. Those that were in the middle of it show in the next
 * round, so the rounds end when the list stays the same.
 */
static int kill_rounds(const struct corc_cgroup_ref *ref)
{
	struct corc_pids CORC_PIDS before = {0};

	for (int round = 0; round < KILL_ROUNDS_MAX; round++) {
		struct corc_pids CORC_PIDS pids = {0};
		int r = corc_cgroup_pids_of(ref, &pids);

		if (r < 0 || is_same(&pids, &before))
			return r;
		r = signal_listed(ref, &pids, SIGKILL);
		if (r < 0)
			return r;
		corc_pids_done(&before);
		before = pids;
		pids = (struct corc_pids){0};
	}
	return 0;
}

static int freeze_v1(const struct corc_cgroup_ref *ref, bool frozen)
{
	int result = 0;

	for (size_t i = 0; i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *directory = &ref->directories.items[i];
		int CORC_CLOSE fd = CORC_NO_FD;
		int r;

		if (directory->version != 1 ||
			!corc_cgroup_lists(directory->controllers, "freezer"))
			continue;
		fd = corc_cgroup_open_own(directory);
		r = fd < 0 ? fd : corc_cgroup_v1_freeze(fd, frozen);
		if (r < 0 && !is_gone(r))
			result = r;
	}
	return result;
}

/* A freezer that does not work makes the killing less sure, no more; but thawed it must be. */
static int kill_listed(const struct corc_cgroup_ref *ref)
{
	int r;
	int thawed;

	(void)freeze_v1(ref, true);
	r = kill_rounds(ref);
	thawed = freeze_v1(ref, false);
	return r < 0 ? r : thawed;
}

/* *ret_rest: there are directories whose processes must be killed one by one. */
static int kill_v2(const struct corc_cgroup_ref *ref, bool *ret_rest)
{
	bool rest = false;

	for (size_t i = 0; i < ref->directories.count; i++) {
		const struct corc_cgroup_ref_directory *directory = &ref->directories.items[i];
		int CORC_CLOSE fd = CORC_NO_FD;
		int r;

		if (directory->version != 2) {
			rest = true;
			continue;
		}
		fd = corc_cgroup_open_own(directory);
		r = fd < 0 ? fd : corc_cgroup_v2_kill(fd);
		if (r == -EOPNOTSUPP) /* a threaded group */
			rest = true;
		else if (r < 0 && !is_gone(r))
			return r;
	}
	*ret_rest = rest;
	return 0;
}

static int kill_all(const struct corc_cgroup_ref *ref)
{
	bool rest = false;
	int r = kill_v2(ref, &rest);

	return r == 0 && rest ? kill_listed(ref) : r;
}

static int signal_all(const struct corc_cgroup_ref *ref, int signal)
{
	struct corc_pids CORC_PIDS pids = {0};
	int r = corc_cgroup_pids_of(ref, &pids);

	return r < 0 ? r : signal_listed(ref, &pids, signal);
}

int corc_cgroup_signal(const struct corc_cgroup_ref *ref, int signal, struct corc_error *error)
{
	int r = signal == SIGKILL ? kill_all(ref) : signal_all(ref, signal);

	if (r == 0)
		return 0;
	(void)corc_fail_errno(
		error, -r, "send signal %d to the processes of the container's cgroup", signal);
	return corc_error_step(error, CORC_STEP_CGROUP);
}
