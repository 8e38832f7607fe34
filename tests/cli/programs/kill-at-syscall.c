/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill-at-syscall [-t SECONDS] N FILE COMMAND...: runs COMMAND, follows everything that it starts,
 * and sends SIGKILL to the process that is about to make the Nth system call of them all. Returns
 * when COMMAND has ended; the others go on untraced. FILE gets the ids of all the processes, one a
 * line. Exit status 0: one was killed; 1: there were fewer than N system calls and COMMAND ended
 * with 0; 2: COMMAND could not be started or failed without that; 3: it did not end within SECONDS
 * (default 30). Runs on the host.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLLOW                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
		PTRACE_O_TRACEEXEC)
#define SYSCALL_STOP (SIGTRAP | 0x80)
#define THREADS_MAX 32768

struct tracer {
	long target; /* 0: killed already */
	long count;
	FILE *ids;
	bool in_call[THREADS_MAX]; /* the next stop of this one is the end of a call */
	bool known[THREADS_MAX];
	int status; /* of COMMAND */
};

static struct tracer tracer;

static void at_deadline(int signal_number)
{
	(void)signal_number;
	_exit(3);
}

static bool is_nth_call(pid_t pid)
{
	tracer.in_call[pid] = !tracer.in_call[pid];
	return tracer.in_call[pid] && ++tracer.count == tracer.target;
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
	if (signal_number == SYSCALL_STOP) {
		if (tracer.target && is_nth_call(pid)) {
			tracer.target = 0;
			kill(pid, SIGKILL);
			return;
		}
		signal_number = 0;
	} else if (event == PTRACE_EVENT_STOP || event != 0) {
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
		exit(2);
	}
	kill(child, SIGCONT);
	return child;
}

int main(int argc, char **argv)
{
	unsigned int seconds = 30;
	int first = 1;
	pid_t child;

	if (argc > 2 && strcmp(argv[1], "-t") == 0) {
		seconds = (unsigned int)atoi(argv[2]);
		first = 3;
	}
	if (argc < first + 3)
		return 2;
	tracer.target = atol(argv[first]);
	tracer.ids = fopen(argv[first + 1], "we");
	if (!tracer.ids)
		return 2;
	setlinebuf(tracer.ids);
	signal(SIGALRM, at_deadline);
	child = start(argv + first + 2);
	alarm(seconds);
	trace(child);
	if (!tracer.target)
		return 0;
	return tracer.status == 0 ? 1 : 2;
}
