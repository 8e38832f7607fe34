/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks of the container's namespaces. Layer: stage.
 *
 * A hook is a child with the credentials that the stage has at that point, in a session of its
 * own, with the state on a memfd as its standard input, two pipes as its output, and no other fd.
 * Nothing is waited for but its end: neither what it leaves behind nor who holds its output. Where
 * somebody wants to have its output, who waits for the hook reads a copy of it from FIFOs.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/tail.h"
#include "stage/stage.h"
#include "sys/process.h"

#define OUTPUTS 2
#define KILL_PATIENCE_MS 10000
/* What is read of an output after the end, lest somebody who writes on and on is waited for. */
#define LAST_READS 32
#define HOOK_UMASK 0022
/* Who reads the copy may be slow, but not without end. */
#define COPY_PATIENCE_MS 10000

/* The end of what a hook wrote. */
struct tail {
	char text[sizeof(((struct corc_stage *)0)->text) - 1];
	size_t length;
};

/* What of an output has not been copied yet. Nothing more is read before that. */
struct copy {
	int fd; /* negative: nobody reads it */
	char data[4096];
	size_t begin, end;
};

struct hook {
	const struct corc_op_hook *op;
	int program; /* negative: by its path */
	char **arguments, **environment;
	int *code; /* errno of the child before execve; in memory that both share */
	pid_t pid;
	int pidfd;
	int outputs[OUTPUTS]; /* the ends that are read */
	struct tail tails[OUTPUTS];
	struct copy copies[OUTPUTS];
};

static int write_text(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t put = write(fd, text, left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		text += put;
		left -= (size_t)put;
	}
	return 0;
}

int corc_op_hook_state(struct corc_stage *stage, const struct corc_op *op)
{
	char digits[16];
	char *pid = digits + sizeof(digits) - 1;
	unsigned number = (unsigned)getpid();
	int r;

	*pid = '\0';
	do
		*--pid = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	corc_close_(stage->hook_state);
	stage->hook_state = memfd_create("corc-state", MFD_CLOEXEC);
	if (stage->hook_state < 0)
		return -errno;
	stage->hook_directory = corc_stage_text(stage, op->hook_state.directory);
	r = write_text(stage->hook_state, corc_stage_text(stage, op->hook_state.before));
	if (r == 0)
		r = write_text(stage->hook_state, pid);
	if (r == 0)
		r = write_text(stage->hook_state, corc_stage_text(stage, op->hook_state.after));
	return r;
}

static bool is_same_file(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	       ours.st_dev == theirs.st_dev;
}

/* Returns only on failure. */
static int execute(struct corc_stage *stage, const struct hook *hook)
{
	const char *path = corc_stage_text(stage, hook->op->path);
	int r;

	if (hook->program < 0) {
		(void)execve(path, hook->arguments, hook->environment);
		return -errno;
	}
	r = corc_execveat(hook->program, "", hook->arguments, hook->environment, AT_EMPTY_PATH);
	if (r != -ENOENT)
		return r;
	/* A script: its interpreter opens it once more, by its path where that leads to the same
	 * file, else through the fd. */
	if (is_same_file(hook->program, path)) {
		(void)execve(path, hook->arguments, hook->environment);
		return -errno;
	}
	if (fcntl(hook->program, F_SETFD, 0) < 0)
		return -errno;
	return corc_execveat(hook->program, "", hook->arguments, hook->environment, AT_EMPTY_PATH);
}

/* Without a reader there is an error, not a signal. Hooks, and the program, begin with the default.
 */
static void ignore_broken_pipes(const struct corc_stage *stage, bool ignore)
{
	if (stage->slots[CORC_SLOT_HOOK_OUTPUT] >= 0 ||
		stage->slots[CORC_SLOT_HOOK_OUTPUT + 1] >= 0)
		(void)signal(SIGPIPE, ignore ? SIG_IGN : SIG_DFL);
}

/* The child: all other fds are close-on-exec, but for those that the program is given. */
static int become_hook(
	struct corc_stage *stage, const struct hook *hook, const int stdio[1 + OUTPUTS])
{
	int copies[1 + OUTPUTS];

	(void)setsid();
	ignore_broken_pipes(stage, false);
	if (lseek(stage->hook_state, 0, SEEK_SET) < 0)
		return -errno;
	for (int i = 0; i < 1 + OUTPUTS; i++) {
		copies[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3 + (int)stage->plan->preserve_fds);
		if (copies[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 1 + OUTPUTS; i++) {
		if (dup2(copies[i], i) < 0)
			return -errno;
	}
	for (uint32_t i = 0; i < stage->plan->preserve_fds; i++)
		(void)close(3 + (int)i);
	if (hook->op->place == CORC_HOOK_BY_FD)
		(void)umask(HOOK_UMASK);
	if (*stage->hook_directory && chdir(stage->hook_directory) < 0)
		return -errno;
	return execute(stage, hook);
}

static int start(struct corc_stage *stage, struct hook *hook)
{
	int pipes[OUTPUTS][2] = {{-1, -1}, {-1, -1}};
	int r = 0;

	for (int i = 0; i < OUTPUTS && r == 0; i++) {
		if (pipe2(pipes[i], O_CLOEXEC) < 0 || fcntl(pipes[i][0], F_SETFL, O_NONBLOCK) < 0)
			r = -errno;
		hook->outputs[i] = pipes[i][0];
	}
	if (r == 0) {
		const int stdio[] = {stage->hook_state, pipes[0][1], pipes[1][1]};

		r = hook->pid = corc_clone_fork_pidfd(&hook->pidfd);
		if (r == 0) {
			*hook->code = -become_hook(stage, hook, stdio);
			_exit(127);
		}
	}
	for (int i = 0; i < OUTPUTS; i++)
		corc_close_(pipes[i][1]);
	return r < 0 ? r : 0;
}

/* As much as there is room for. */
static void put_copy(struct copy *copy)
{
	while (copy->begin < copy->end) {
		ssize_t put = copy->fd < 0 ? -1
					   : write(copy->fd, copy->data + copy->begin,
						     copy->end - copy->begin);

		if (put < 0 && copy->fd >= 0 && errno == EINTR)
			continue;
		if (put < 0 && copy->fd >= 0 && errno == EAGAIN)
			return;
		if (put < 0) {
			copy->fd = CORC_NO_FD;
			copy->begin = copy->end;
			return;
		}
		copy->begin += (size_t)put;
	}
}

/* False at the end, and when there is nothing for now. */
static bool read_output(struct hook *hook, int i)
{
	struct tail *tail = &hook->tails[i];
	struct copy *copy = &hook->copies[i];
	ssize_t got =
		hook->outputs[i] < 0 ? 0 : read(hook->outputs[i], copy->data, sizeof(copy->data));

	if (got > 0) {
		corc_tail_append(
			tail->text, sizeof(tail->text), &tail->length, copy->data, (size_t)got);
		copy->begin = 0;
		copy->end = (size_t)got;
		put_copy(copy);
		return true;
	}
	if (got == 0 || errno != EAGAIN) {
		corc_close_(hook->outputs[i]);
		hook->outputs[i] = CORC_NO_FD;
	}
	return false;
}

static void kill_hook(const struct hook *hook)
{
	(void)kill(-hook->pid, SIGKILL);
	(void)kill(hook->pid, SIGKILL);
}

static bool is_copied(const struct hook *hook, int i)
{
	return hook->copies[i].begin == hook->copies[i].end;
}

/* What is to be polled of an output: the hook's end, or room for what it has said. */
static struct pollfd output_entry(const struct hook *hook, int i)
{
	return is_copied(hook, i) ? (struct pollfd){.fd = hook->outputs[i], .events = POLLIN}
				  : (struct pollfd){.fd = hook->copies[i].fd, .events = POLLOUT};
}

static void serve_output(struct hook *hook, int i)
{
	if (is_copied(hook, i))
		(void)read_output(hook, i);
	else
		put_copy(&hook->copies[i]);
}

/* Until the hook ends. Returns false when its time was over before that. */
static bool watch(struct corc_stage *stage, struct hook *hook)
{
	uint64_t end = hook->op->timeout ? corc_now_ms() + (uint64_t)hook->op->timeout * 1000 : 0;

	for (;;) {
		/* Of the channel only its end is of interest. */
		struct pollfd entries[] = {{.fd = hook->pidfd, .events = POLLIN},
			{.fd = stage->slots[CORC_SLOT_CHANNEL]}, output_entry(hook, 0),
			output_entry(hook, 1)};
		int left = corc_ms_until(end);
		int r = poll(entries, 4, left);

		if (r > 0 && entries[0].revents)
			return true;
		if (left == 0)
			return false;
		if (r <= 0)
			continue;
		if (entries[1].revents) {
			kill_hook(hook);
			_exit(1);
		}
		for (int i = 0; i < OUTPUTS; i++)
			if (entries[2 + i].revents)
				serve_output(hook, i);
	}
}

/* After the end: waits until it is copied, or nobody reads it any more. */
static void finish_copy(struct copy *copy)
{
	struct pollfd entry = {.fd = copy->fd, .events = POLLOUT};

	while (copy->begin < copy->end) {
		if (poll(&entry, 1, COPY_PATIENCE_MS) == 0)
			return;
		put_copy(copy);
	}
}

/* What it said last: on its standard error, else on its standard output. */
static void keep_text(struct corc_stage *stage, struct hook *hook)
{
	const struct tail *tail = &hook->tails[1];

	for (int i = 0; i < OUTPUTS; i++) {
		int reads = 0;

		do
			finish_copy(&hook->copies[i]);
		while (is_copied(hook, i) && reads++ < LAST_READS && read_output(hook, i));
	}
	if (tail->length == 0)
		tail = &hook->tails[0];
	memcpy(stage->text, tail->text, tail->length);
	stage->text[tail->length] = '\0';
}

static int judge(struct corc_stage *stage, const struct hook *hook, bool in_time, uint64_t elapsed)
{
	struct corc_exit status = {0};
	int r = corc_wait_pidfd(hook->pidfd, KILL_PATIENCE_MS, &status);

	stage->value = CORC_HOOK_VALUE(hook->op->index, status.code, elapsed);
	if (!in_time) {
		stage->detail = CORC_DETAIL_HOOK_TIMEOUT;
		return -ETIMEDOUT;
	}
	if (*hook->code) {
		stage->detail = CORC_DETAIL_HOOK_EXEC;
		return -*hook->code;
	}
	if (r < 0)
		return r;
	if (!status.killed && status.code == 0)
		return 0;
	stage->detail = status.killed ? CORC_DETAIL_HOOK_SIGNAL : CORC_DETAIL_HOOK_EXIT;
	return -ECANCELED;
}

static int run(struct corc_stage *stage, struct hook *hook)
{
	uint64_t begin = corc_now_ms();
	bool in_time;
	int r = start(stage, hook);

	if (r == 0) {
		in_time = watch(stage, hook);
		if (!in_time)
			kill_hook(hook);
		keep_text(stage, hook);
		r = judge(stage, hook, in_time, corc_now_ms() - begin);
	}
	corc_close_(hook->pidfd);
	for (int i = 0; i < OUTPUTS; i++)
		corc_close_(hook->outputs[i]);
	return r;
}

static int run_hook(struct corc_stage *stage, const struct corc_op_hook *op, int program)
{
	static struct hook hook;

	hook = (struct hook){.op = op,
		.program = program,
		.pidfd = CORC_NO_FD,
		.outputs = {CORC_NO_FD, CORC_NO_FD},
		.copies = {{.fd = stage->slots[CORC_SLOT_HOOK_OUTPUT]},
			{.fd = stage->slots[CORC_SLOT_HOOK_OUTPUT + 1]}}};
	int r = corc_stage_vector(stage, op->arguments, op->argument_count, 1, &hook.arguments);

	if (r == 0)
		r = corc_stage_vector(
			stage, op->environment, op->environment_count, 0, &hook.environment);
	if (r < 0)
		return r;
	if (op->argument_count == 0)
		hook.arguments[0] = (char *)corc_stage_text(stage, op->path);
	hook.code = mmap(NULL, sizeof(*hook.code), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (hook.code == MAP_FAILED)
		return -errno;
	ignore_broken_pipes(stage, true);
	r = run(stage, &hook);
	ignore_broken_pipes(stage, false);
	return r;
}

int corc_op_hook(struct corc_stage *stage, const struct corc_op *op)
{
	int CORC_CLOSE program = CORC_NO_FD;
	int r;

	if (op->hook.place == CORC_HOOK_BY_PATH)
		return run_hook(stage, &op->hook, CORC_NO_FD);
	r = corc_stage_send(stage, CORC_MESSAGE_HOOK, 0);
	if (r < 0)
		return r;
	if (op->hook.place == CORC_HOOK_BY_PARENT)
		return corc_stage_expect(stage, CORC_MESSAGE_GO_ON);
	program = corc_stage_receive_fd(stage, CORC_MESSAGE_PROGRAM);
	if (program < 0)
		return program;
	r = run_hook(stage, &op->hook, program);
	return r < 0 ? r : corc_stage_send(stage, CORC_MESSAGE_HOOK_DONE, stage->value);
}
