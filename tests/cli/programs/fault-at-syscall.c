/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault-at-syscall [-t SECONDS] [-p NAME] kill|fail N FILE COMMAND...: runs COMMAND, follows
 * everything that it starts, and at the Nth system call of them all
 *
 *   kill  sends SIGKILL to the process that is about to make it;
 *   fail  lets the call fail: it is not made and returns an errno that fits it (made, where the
 *         kernel makes it also when it fails). Calls that cannot fail are not counted.
 *
 * What executes a program with the file name NAME (the container's own) is no longer followed.
 * Returns when COMMAND has ended; the others go on untraced. FILE gets the ids of all the
 * processes, one a line, and with fail a line "failed NUMBER in EXECUTABLE: ERROR".
 *
 * Exit status with kill 0: one was killed; 1: there were fewer than N calls and COMMAND ended with
 * 0; 2: COMMAND could not be started or failed without that; 3: it did not end within SECONDS
 * (default 30). With fail: COMMAND's own, 128 + its signal, 200: there were fewer than N calls,
 * 201: it could not be started, 202: it did not end within SECONDS. Runs on the host.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLLOW                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
		PTRACE_O_TRACEEXEC)
#define SYSCALL_STOP (SIGTRAP | 0x80)
#define THREADS_MAX (1 << 22) /* ids that Linux can give */

enum exit_status {
	KILL_DONE = 0,
	KILL_FEWER = 1,
	KILL_FAILED = 2,
	KILL_HANGS = 3,
	FAIL_FEWER = 200,
	FAIL_FAILED = 201,
	FAIL_HANGS = 202,
};

struct tracer {
	bool kills;
	bool counts; /* from COMMAND's exec on */
	long target; /* 0: the fault has happened */
	long count;
	const char *payload;
	FILE *ids;
	pid_t failing; /* in the call whose result will be changed */
	int failing_errno;
	bool in_call[THREADS_MAX]; /* the next stop of this one is the end of a call */
	bool known[THREADS_MAX];
	int status; /* of COMMAND */
};

static struct tracer tracer;

static void at_deadline(int signal_number)
{
	(void)signal_number;
	_exit(tracer.kills ? KILL_HANGS : FAIL_HANGS);
}

/* The errno with which a call may fail although nothing is wrong with it; ENOMEM for all others. */
static const struct {
	long call;
	int failure;
	bool is_made;
} failures[] = {
	{SYS_exit, 0, false},
	{SYS_exit_group, 0, false},
	{SYS_rt_sigreturn, 0, false},
	{SYS_restart_syscall, 0, false},
	{SYS_getpid, 0, false},
	{SYS_gettid, 0, false},
	{SYS_getppid, 0, false},
	{SYS_getuid, 0, false},
	{SYS_geteuid, 0, false},
	{SYS_getgid, 0, false},
	{SYS_getegid, 0, false},
	{SYS_umask, 0, false},
	{SYS_sched_yield, 0, false},
	{SYS_set_tid_address, 0, false},
	{SYS_rt_sigprocmask, 0, false}, /* with good arguments it cannot */
	{SYS_close, EIO, true},
	{SYS_openat, EMFILE, false},
	{SYS_openat2, EAGAIN, false},
	{SYS_read, EIO, false},
	{SYS_pread64, EIO, false},
	{SYS_readv, EIO, false},
	{SYS_write, ENOSPC, false},
	{SYS_pwrite64, ENOSPC, false},
	{SYS_writev, ENOSPC, false},
	{SYS_ftruncate, ENOSPC, false},
	{SYS_mkdirat, ENOSPC, false},
	{SYS_mknodat, ENOSPC, false},
	{SYS_symlinkat, ENOSPC, false},
	{SYS_unlinkat, EBUSY, false},
	{SYS_renameat, ENOSPC, false},
	{SYS_renameat2, ENOSPC, false},
	{SYS_flock, EINTR, false},
	{SYS_ppoll, EINTR, false},
	{SYS_epoll_pwait, EINTR, false},
	{SYS_wait4, EINTR, false},
	{SYS_waitid, EINTR, false},
	{SYS_futex, EINTR, false},
	{SYS_recvmsg, EINTR, false},
	{SYS_recvfrom, EINTR, false},
	{SYS_accept4, EMFILE, false},
	{SYS_clone, EAGAIN, false},
	{SYS_clone3, EAGAIN, false},
	{SYS_kill, EPERM, false},
	{SYS_pidfd_send_signal, EPERM, false},
	{SYS_pidfd_open, EMFILE, false},
	{SYS_setresuid, EAGAIN, false},
	{SYS_setresgid, EAGAIN, false},
	{SYS_setgroups, ENOMEM, false},
	{SYS_capset, EPERM, false},
	{SYS_prctl, EPERM, false},
	{SYS_prlimit64, EPERM, false},
	{SYS_sethostname, EPERM, false},
	{SYS_chdir, EIO, false},
	{SYS_fchdir, EIO, false},
	{SYS_execve, EIO, false},
	{SYS_execveat, EIO, false},
#ifdef __x86_64__
	{SYS_arch_prctl, 0, false}, /* nothing runs without */
	{SYS_open, EMFILE, false},
	{SYS_mkdir, ENOSPC, false},
	{SYS_rmdir, EBUSY, false},
	{SYS_unlink, EBUSY, false},
	{SYS_rename, ENOSPC, false},
	{SYS_symlink, ENOSPC, false},
	{SYS_mknod, ENOSPC, false},
	{SYS_poll, EINTR, false},
	{SYS_select, EINTR, false},
	{SYS_epoll_wait, EINTR, false},
	{SYS_fork, EAGAIN, false},
	{SYS_vfork, EAGAIN, false},
	{SYS_getpgrp, 0, false},
	{SYS_alarm, 0, false},
#endif
};

static int failure_of(long call, bool *ret_is_made)
{
	*ret_is_made = false;
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		if (failures[i].call == call) {
			*ret_is_made = failures[i].is_made;
			return failures[i].failure;
		}
	return ENOMEM;
}

/* Pipes and sockets have no medium that could fail; a signal may always come. */
static bool is_stream(pid_t pid, long fd)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/fd/%ld", pid, fd);
	return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static void registers(pid_t pid, bool set, struct user_regs_struct *regs)
{
	struct iovec area = {.iov_base = regs, .iov_len = sizeof(*regs)};

	ptrace(set ? PTRACE_SETREGSET : PTRACE_GETREGSET, pid, NT_PRSTATUS, &area);
}

static long call_of(pid_t pid, long *ret_first)
{
	struct user_regs_struct regs = {0};

	registers(pid, false, &regs);
#ifdef __x86_64__
	*ret_first = (long)regs.rdi;
	return (long)regs.orig_rax;
#else
	*ret_first = (long)regs.regs[0];
	return (long)regs.regs[8];
#endif
}

/* At its entry: the call becomes none. */
static void skip_call(pid_t pid)
{
#ifdef __x86_64__
	struct user_regs_struct regs = {0};

	registers(pid, false, &regs);
	regs.orig_rax = (unsigned long long)-1;
	registers(pid, true, &regs);
#else
	int none = -1;
	struct iovec area = {.iov_base = &none, .iov_len = sizeof(none)};

	ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &area);
#endif
}

static void set_result(pid_t pid, long result)
{
	struct user_regs_struct regs = {0};

	registers(pid, false, &regs);
#ifdef __x86_64__
	regs.rax = (unsigned long long)result;
#else
	regs.regs[0] = (unsigned long long)result;
#endif
	registers(pid, true, &regs);
}

static void executable_of(pid_t pid, char path[static 4096])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	length = readlink(link, path, 4095);
	path[length > 0 ? length : 0] = '\0';
}

static bool is_payload(pid_t pid)
{
	char path[4096];
	const char *name;

	if (!tracer.payload)
		return false;
	executable_of(pid, path);
	name = strrchr(path, '/');
	return name && strcmp(name + 1, tracer.payload) == 0;
}

static void begin_failure(pid_t pid, long call, long first)
{
	char path[4096];
	bool is_made;

	tracer.failing_errno = failure_of(call, &is_made);
	if ((call == SYS_read || call == SYS_write) && is_stream(pid, first))
		tracer.failing_errno = EINTR;
	tracer.failing = pid;
	if (!is_made)
		skip_call(pid);
	executable_of(pid, path);
	fprintf(tracer.ids, "failed %ld in %s: %s\n", call, path, strerror(tracer.failing_errno));
}

/* Returns whether the process is to go on. */
static bool handle_call(pid_t pid)
{
	bool is_made;
	long call, first;

	tracer.in_call[pid] = !tracer.in_call[pid];
	if (!tracer.in_call[pid]) {
		if (pid == tracer.failing) {
			set_result(pid, -tracer.failing_errno);
			tracer.failing = 0;
			tracer.target = 0;
		}
		return true;
	}
	if (tracer.failing || !tracer.counts)
		return true;
	if (tracer.kills) {
		if (++tracer.count < tracer.target)
			return true;
		tracer.target = 0;
		kill(pid, SIGKILL);
		return false;
	}
	call = call_of(pid, &first);
	if (failure_of(call, &is_made) != 0 && ++tracer.count == tracer.target)
		begin_failure(pid, call, first);
	return true;
}

static void go_on(pid_t pid, int signal_number)
{
	ptrace(tracer.target ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL, (long)signal_number);
}

static void handle_stop(pid_t pid, int status)
{
	int signal_number = WSTOPSIG(status);
	int event = status >> 16;

	if (!tracer.known[pid]) {
		tracer.known[pid] = true;
		fprintf(tracer.ids, "%d\n", pid);
	}
	if (event == PTRACE_EVENT_EXEC)
		tracer.counts = true;
	if (event == PTRACE_EVENT_EXEC && is_payload(pid)) {
		tracer.in_call[pid] = false;
		ptrace(PTRACE_DETACH, pid, NULL, 0L);
		return;
	}
	if (signal_number == SYSCALL_STOP) {
		if (tracer.target && !handle_call(pid))
			return;
		signal_number = 0;
	} else if (event != 0) {
		signal_number = 0;
	}
	go_on(pid, signal_number);
}

static void trace(pid_t main_process)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			handle_stop(pid, status);
			continue;
		}
		tracer.in_call[pid] = false;
		/* Killed within the call that was to fail. */
		if (pid == tracer.failing)
			tracer.failing = 0, tracer.target = 0;
		if (pid != main_process)
			continue;
		tracer.status = status;
		return;
	}
}

static pid_t start(char **command)
{
	pid_t child = fork();

	if (child == 0) {
		raise(SIGSTOP);
		execvp(command[0], command);
		_exit(127);
	}
	if (child < 0 || waitpid(child, NULL, WUNTRACED) != child ||
		ptrace(PTRACE_SEIZE, child, NULL, FOLLOW) < 0) {
		perror("start");
		exit(tracer.kills ? KILL_FAILED : FAIL_FAILED);
	}
	kill(child, SIGCONT);
	return child;
}

static int result(void)
{
	if (tracer.kills && !tracer.target)
		return KILL_DONE;
	if (tracer.kills)
		return tracer.status == 0 ? KILL_FEWER : KILL_FAILED;
	if (tracer.target)
		return tracer.status == 0 ? FAIL_FEWER : FAIL_FAILED;
	return WIFEXITED(tracer.status) ? WEXITSTATUS(tracer.status)
					: 128 + WTERMSIG(tracer.status);
}

int main(int argc, char **argv)
{
	unsigned int seconds = 30;
	pid_t child;
	int option;

	while ((option = getopt(argc, argv, "+t:p:")) != -1) {
		if (option == 't')
			seconds = (unsigned int)atoi(optarg);
		else if (option == 'p')
			tracer.payload = optarg;
		else
			return FAIL_FAILED;
	}
	argv += optind;
	if (argc - optind < 4)
		return FAIL_FAILED;
	tracer.kills = strcmp(argv[0], "kill") == 0;
	tracer.target = atol(argv[1]);
	tracer.ids = fopen(argv[2], "we");
	if (!tracer.ids)
		return FAIL_FAILED;
	setlinebuf(tracer.ids);
	signal(SIGALRM, at_deadline);
	child = start(argv + 3);
	alarm(seconds);
	trace(child);
	return result();
}
