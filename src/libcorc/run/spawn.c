/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the stage. Layer: run; the parent process. */
#include "run/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "sys/mount.h"
#include "sys/process.h"

#ifndef MFD_EXEC
#	define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#	define F_SEAL_EXEC 0x0020
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define CHILD_STACK 16384

extern const char corc_stage_image_start[], corc_stage_image_end[];

/* A memfd with this content that nobody can change any more. */
static int sealed_memfd(const char *name, unsigned flags, const void *data, size_t size)
{
	int CORC_CLOSE fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
	int r;

	if (fd < 0)
		return -errno;
	r = corc_write_all(fd, data, size);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return corc_take_fd(&fd);
}

/*
 * Where memfds may not be executed (vm.memfd_noexec=2, a security module): a file on a tmpfs that
 * is mounted nowhere, made read-only before it is used.
 */
static int image_on_private_tmpfs(const void *data, size_t size)
{
	int CORC_CLOSE context = corc_fsopen("tmpfs");
	int r;

	if (context < 0)
		return context;
	int CORC_CLOSE mount = corc_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);

	if (mount < 0)
		return mount;
	int CORC_CLOSE file =
		openat(mount, "corc-init", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0500);

	if (file < 0)
		return -errno;
	r = corc_write_all(file, data, size);
	corc_close_(corc_take_fd(&file));
	if (r == 0)
		r = corc_mount_setattr(mount, 0, MOUNT_ATTR_RDONLY, 0, 0);
	if (r < 0)
		return r;
	int fd = openat(mount, "corc-init", O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int corc_stage_image_fd(struct corc_error *error)
{
	size_t size = (size_t)(corc_stage_image_end - corc_stage_image_start);
	int fd = sealed_memfd("corc-init", MFD_EXEC, corc_stage_image_start, size);

	/* Before Linux 6.3 the flag is not known, and every memfd can be executed. */
	if (fd == -EINVAL)
		fd = sealed_memfd("corc-init", 0, corc_stage_image_start, size);
	if (fd == -EACCES)
		fd = image_on_private_tmpfs(corc_stage_image_start, size);
	if (fd < 0) {
		(void)corc_fail_errno(error, -fd, "making the stage's memfd");
		if (fd == -EPERM || fd == -EACCES)
			(void)corc_error_hint(error,
				"vm.memfd_noexec=2 forbids executing memfds, and without privileges there is no other way; set it to 1 or 0");
		return fd;
	}
	return fd;
}

/*
 * What was inherited is not close-on-exec, and what corc has opened is: a number that nobody had
 * open may be one of our own files by now.
 */
static bool is_handed_on(uint64_t fd)
{
	int flags = fd <= INT32_MAX ? fcntl((int)fd, F_GETFD) : -1;

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

int corc_fds_check(uint32_t listen_fds, uint32_t preserve_fds, struct corc_error *error)
{
	uint64_t fd = 3;

	for (uint32_t i = 0; i < listen_fds; i++, fd++)
		if (!is_handed_on(fd))
			return corc_fail_errno(error, EBADF, "listening fd %u (of %u): fd %u", i,
				listen_fds, 3 + i);
	for (uint32_t i = 0; i < preserve_fds; i++, fd++)
		if (!is_handed_on(fd))
			return corc_fail_errno(error, EBADF,
				"unable to stat preserved-fd %u (of %u): fd %llu", i, preserve_fds,
				(unsigned long long)fd);
	return 0;
}

struct child {
	int image;
	const int *fds;
	int count;
	unsigned first_fd; /* those from 3 up to it are preserved */
	char *const *arguments;
	int *code; /* errno of what failed, in memory that the parent sees too */
};

/* In the child, on a stack of its own, all signals blocked, the parent's thread waiting. */
static int run_child(void *argument)
{
	static char *const no_environment[] = {NULL};
	struct child *child = argument;
	int r = corc_close_range(child->first_fd, ~0u, CORC_CLOSE_RANGE_CLOEXEC);

	/* Nothing that the caller has open gets further than this, not even to the stage. */
	if (r < 0) {
		*child->code = -r;
		return 1;
	}

	for (int i = 0; i < child->count; i++) {
		if (child->fds[i] >= 0 && fcntl(child->fds[i], F_SETFD, 0) < 0) {
			*child->code = errno;
			return 1;
		}
	}
	*child->code =
		-corc_execveat(child->image, "", child->arguments, no_environment, AT_EMPTY_PATH);
	return 1;
}

/* "7,8,-,9": up to the last slot that is used. */
static void format_slots(const int slots[CORC_SLOT_MAX], char *text, size_t size)
{
	size_t at = 0;
	int last = CORC_SLOT_MAX - 1;

	while (last > 0 && slots[last] < 0)
		last--;
	for (int i = 0; i <= last; i++) {
		const char *comma = i < last ? "," : "";
		int n = slots[i] < 0 ? snprintf(text + at, size - at, "-%s", comma)
				     : snprintf(text + at, size - at, "%d%s", slots[i], comma);

		at += (size_t)n;
	}
}

static int clone_child(const struct corc_spawn *spawn, struct child *child,
	struct corc_stage_process *process, struct corc_error *error)
{
	static const size_t stack_size = CHILD_STACK;
	char stack[CHILD_STACK] __attribute__((aligned(64)));
	int pidfd = CORC_NO_FD;
	struct clone_args args = {
		.flags = spawn->flags | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd};

	if (spawn->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)spawn->cgroup_fd;
	}
	uint64_t before = corc_block_signals(UINT64_MAX);
	pid_t pid = spawn->apart ? corc_clone3_apart(&args, stack, stack_size, run_child, child)
				 : corc_clone3_vfork(&args, stack, stack_size, run_child, child);

	(void)corc_block_signals(before);
	if (pid < 0)
		return corc_fail_errno(error, -pid, "starting the stage");
	process->pid = pid;
	process->pidfd = pidfd;
	return *child->code ? corc_fail_errno(error, *child->code, "executing the stage") : 0;
}

/* The child's memory is its own, but for this page. */
static int clone_apart(const struct corc_spawn *spawn, struct child *child,
	struct corc_stage_process *process, struct corc_error *error)
{
	int *page = mmap(
		NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (page == MAP_FAILED)
		return corc_fail_errno(error, errno, "memory for starting the stage");
	child->code = page;
	r = clone_child(spawn, child, process, error);
	(void)munmap(page, sizeof(*page));
	return r;
}

void corc_spawn_files_close(struct corc_spawn_files *files)
{
	corc_close_(corc_take_fd(&files->image));
	corc_close_(corc_take_fd(&files->plan));
	corc_close_(corc_take_fd(&files->channel[0]));
	corc_close_(corc_take_fd(&files->channel[1]));
}

static int make_files(const struct corc_plan_header *plan, struct corc_spawn_files *files,
	struct corc_error *error)
{
	files->image = corc_stage_image_fd(error);
	if (files->image < 0)
		return files->image;
	files->plan = sealed_memfd("corc-plan", 0, plan, plan->size);
	if (files->plan < 0)
		return corc_fail_errno(error, -files->plan, "making the plan's memfd");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, files->channel) < 0)
		return corc_fail_errno(error, errno, "making the stage's channel");
	return 0;
}

int corc_spawn_files_make(const struct corc_plan_header *plan, struct corc_spawn_files *files,
	struct corc_error *error)
{
	int r = make_files(plan, files, error);

	if (r < 0)
		corc_spawn_files_close(files);
	return r;
}

static int spawn_with(const struct corc_spawn *spawn, struct corc_spawn_files *files,
	struct corc_stage_process *ret_process, struct corc_error *error)
{
	struct corc_stage_process CORC_CLEANUP(corc_stage_process_end) process =
		CORC_STAGE_PROCESS_EMPTY;
	int slots[CORC_SLOT_MAX], r;
	char numbers[CORC_SLOT_MAX * 12];
	char *arguments[] = {(char *)"corc-init", numbers, NULL};
	int code = 0;
	struct child child = {.image = files->image,
		.fds = slots,
		.count = CORC_SLOT_MAX,
		.first_fd = 3 + spawn->plan->preserve_fds,
		.arguments = arguments,
		.code = &code};

	memcpy(slots, spawn->slots, sizeof(slots));
	slots[CORC_SLOT_CHANNEL] = files->channel[1];
	slots[CORC_SLOT_PLAN] = files->plan;
	format_slots(slots, numbers, sizeof(numbers));
	process.channel = corc_take_fd(&files->channel[0]);
	r = spawn->apart ? clone_apart(spawn, &child, &process, error)
			 : clone_child(spawn, &child, &process, error);
	if (r < 0)
		return r;
	*ret_process = process;
	process = (struct corc_stage_process)CORC_STAGE_PROCESS_EMPTY;
	return 0;
}

int corc_spawn_stage(const struct corc_spawn *spawn, struct corc_stage_process *ret_process,
	struct corc_error *error)
{
	struct corc_spawn_files CORC_CLEANUP(corc_spawn_files_close) files = CORC_SPAWN_FILES_EMPTY;
	int r = 0;

	if (spawn->files && spawn->files->image >= 0) {
		files = *spawn->files;
		*spawn->files = (struct corc_spawn_files)CORC_SPAWN_FILES_EMPTY;
	} else {
		r = corc_spawn_files_make(spawn->plan, &files, error);
	}
	return r < 0 ? r : spawn_with(spawn, &files, ret_process, error);
}

void corc_stage_process_end(struct corc_stage_process *process)
{
	struct corc_exit status;

	corc_close_(process->channel);
	if (process->pidfd >= 0) {
		(void)corc_pidfd_send_signal(process->pidfd, SIGKILL);
		(void)corc_wait_pidfd(process->pidfd, 10000, &status);
		corc_close_(process->pidfd);
	}
	process->channel = process->pidfd = CORC_NO_FD;
}
