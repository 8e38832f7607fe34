/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and watching a hook. Layer: run; the parent process. */
#include "run/hook_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/tail.h"

#define CHILD_STACK 16384
#define KILL_PATIENCE_MS 10000
/* What is read of an output after the end, lest somebody who writes on and on is waited for. */
#define LAST_READS 32

struct hook {
	const struct corc_hook_request *request;
	struct corc_hook_result *result;
	pid_t pid;
	int pidfd;
	int outputs[CORC_HOOK_OUTPUTS]; /* the ends that are read */
	int their_ends[CORC_HOOK_OUTPUTS];
	int code; /* errno of the child before execve; the memory is shared */
};

static void hook_done(struct hook *hook)
{
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++) {
		corc_close_(hook->outputs[i]);
		corc_close_(hook->their_ends[i]);
	}
	corc_close_(hook->pidfd);
}

/* Copies above the standard ones first: the caller may have had those closed. */
static int set_stdio(const int stdio[3])
{
	int copies[3];

	for (int i = 0; i < 3; i++) {
		copies[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3);
		if (copies[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(copies[i], i) < 0)
			return -errno;
	return corc_close_range(3, ~0u, CORC_CLOSE_RANGE_CLOEXEC);
}

/* As the root of a user namespace. Not by functions of the C library: those are for all threads. */
static int become_root(void)
{
	return syscall(SYS_setgroups, (size_t)0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 ||
			       syscall(SYS_setresuid, 0, 0, 0) < 0
		       ? -errno
		       : 0;
}

/*
 * The program and the directory are the runtime's, and in the namespaces there may be no way to
 * them. A script is opened once more by its interpreter, through the fd. Returns only on failure.
 */
static int execute_inside(const struct corc_hook_request *request)
{
	int CORC_CLOSE program = open(request->path, O_PATH | O_CLOEXEC);
	int CORC_CLOSE directory = open(request->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = program < 0 || directory < 0 ? -errno
					     : corc_setns(request->peer, request->namespaces);

	if (r == 0 && (request->namespaces & CLONE_NEWUSER))
		r = become_root();
	if (r == 0 && fchdir(directory) < 0)
		r = -errno;
	if (r == 0)
		r = corc_execveat(
			program, "", request->arguments, request->environment, AT_EMPTY_PATH);
	if (r == -ENOENT && fcntl(program, F_SETFD, 0) == 0)
		r = corc_execveat(
			program, "", request->arguments, request->environment, AT_EMPTY_PATH);
	return r;
}

/* Returns only on failure. */
static int execute(const struct corc_hook_request *request)
{
	if (chdir(request->directory) == 0)
		(void)execve(request->path, request->arguments, request->environment);
	return -errno;
}

/* In the child, on a stack of its own, the caller's thread waiting. */
static int run_child(void *argument)
{
	struct hook *hook = argument;
	const struct corc_hook_request *request = hook->request;
	const int stdio[] = {request->input, hook->their_ends[0], hook->their_ends[1]};
	int r;

	corc_reset_signals();
	(void)setsid();
	r = set_stdio(stdio);
	if (r == 0)
		r = request->namespaces ? execute_inside(request) : execute(request);
	hook->code = -r;
	return 127;
}

static int start(struct hook *hook)
{
	static const size_t stack_size = CHILD_STACK;
	char stack[CHILD_STACK] __attribute__((aligned(64)));
	struct clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&hook->pidfd};

	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) < 0)
			return -errno;
		hook->outputs[i] = ends[0];
		hook->their_ends[i] = ends[1];
		if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	}
	uint64_t before = corc_block_signals(UINT64_MAX);
	hook->pid = corc_clone3_vfork(&args, stack, stack_size, run_child, hook);
	(void)corc_block_signals(before);
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++)
		corc_close_(corc_take_fd(&hook->their_ends[i]));
	return hook->pid < 0 ? (int)hook->pid : 0;
}

/* False at the end, and when there is nothing for now. */
static bool read_output(struct hook *hook, int i)
{
	struct corc_hook_tail *tail = &hook->result->tails[i];
	char data[8192];
	ssize_t got = hook->outputs[i] < 0 ? 0 : read(hook->outputs[i], data, sizeof(data));

	if (got > 0) {
		corc_tail_append(tail->text, sizeof(tail->text), &tail->length, data, (size_t)got);
		if (hook->request->files[i] >= 0)
			(void)corc_write_all(hook->request->files[i], data, (size_t)got);
		return true;
	}
	if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		corc_close_(hook->outputs[i]);
		hook->outputs[i] = CORC_NO_FD;
	}
	return false;
}

static enum corc_hook_end watch(struct hook *hook)
{
	uint64_t end = hook->request->timeout_ms ? corc_now_ms() + hook->request->timeout_ms : 0;

	for (;;) {
		struct pollfd entries[] = {{.fd = hook->pidfd, .events = POLLIN},
			{.fd = hook->request->peer, .events = POLLIN},
			{.fd = hook->outputs[0], .events = POLLIN},
			{.fd = hook->outputs[1], .events = POLLIN}};
		int left = corc_ms_until(end);
		int r = poll(entries, 4, left);

		if (r > 0 && entries[0].revents)
			return CORC_HOOK_ENDED;
		if (left == 0)
			return CORC_HOOK_TIMED_OUT;
		if (r <= 0)
			continue;
		if (entries[1].revents)
			return CORC_HOOK_PEER_GONE;
		for (int i = 0; i < CORC_HOOK_OUTPUTS; i++)
			if (entries[2 + i].revents)
				(void)read_output(hook, i);
	}
}

/* It has not been waited for, so its number and that of its session are still its own. */
static void kill_session(const struct hook *hook)
{
	(void)kill(-hook->pid, SIGKILL);
	(void)corc_pidfd_send_signal(hook->pidfd, SIGKILL);
}

int corc_hook_process_run(
	const struct corc_hook_request *request, struct corc_hook_result *ret_result)
{
	struct corc_hook_result result = {0};
	struct hook CORC_CLEANUP(hook_done) hook = {.request = request,
		.result = &result,
		.pidfd = CORC_NO_FD,
		.outputs = {CORC_NO_FD, CORC_NO_FD},
		.their_ends = {CORC_NO_FD, CORC_NO_FD}};
	uint64_t begin = corc_now_ms();
	int r = start(&hook);

	if (r < 0)
		return r;
	result.end = watch(&hook);
	if (result.end != CORC_HOOK_ENDED)
		kill_session(&hook);
	r = corc_wait_pidfd(hook.pidfd, KILL_PATIENCE_MS, &result.exit);
	result.elapsed_ms = corc_now_ms() - begin;
	for (int i = 0; i < CORC_HOOK_OUTPUTS; i++) {
		int reads = 0;

		while (reads++ < LAST_READS && read_output(&hook, i))
			;
	}
	if (hook.code)
		return -hook.code;
	if (r < 0 && result.end == CORC_HOOK_ENDED)
		return r;
	*ret_result = result;
	return 0;
}
