/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the system calls of a command and of all processes that it starts, and takes the memory of
 * the largest of them, by ptrace. Prints "CALLS KIB" on stdout.
 *
 *   count COMMAND [ARGUMENT...]
 *
 * The memory is the resident set as the page tables have it (smaps_rollup), when a process executes
 * another program and when it ends. ru_maxrss is no measure for small programs: the kernel keeps it
 * in batches of pages for each CPU. Counting begins with the first instruction of the command and
 * ends when the command has ended; what it leaves behind runs on untraced.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACE_OPTIONS                                                                             \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
		PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT)

struct counts {
	long calls;
	long kib;
	bool begun;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "count: %s: %s\n", what, strerror(errno));
	exit(2);
}

static pid_t start_command(char **words)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	raise(SIGSTOP); /* until the tracer is there */
	execv(words[0], words);
	_exit(127);
}

/* The resident set of a process that is stopped; 0 if it has none any more. */
static long resident_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (kib == 0 && fgets(line, sizeof(line), file))
		if (strncmp(line, "Rss:", 4) == 0)
			kib = strtol(line + 4, NULL, 10);
	fclose(file);
	return kib;
}

static void look_at_memory(pid_t pid, struct counts *counts)
{
	long kib = resident_kib(pid);

	if (kib > counts->kib)
		counts->kib = kib;
}

/* A system call stops twice: at its entry and at its exit. */
static void count_call(pid_t pid, struct counts *counts)
{
	struct __ptrace_syscall_info info = {};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	counts->calls++;
	if (info.entry.nr == SYS_execve || info.entry.nr == SYS_execveat)
		look_at_memory(pid, counts);
}

/* Returns the signal that the process is to get: none for the stops that ptrace itself makes. */
static int handle_stop(pid_t pid, int status, struct counts *counts)
{
	int event = status >> 16, signal_number = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXEC && !counts->begun)
		counts->begun = true;
	else if (event == PTRACE_EVENT_EXIT)
		look_at_memory(pid, counts);
	else if (event == 0 && signal_number == (SIGTRAP | 0x80) && counts->begun)
		count_call(pid, counts);
	else if (event == 0 && signal_number != (SIGTRAP | 0x80))
		return signal_number;
	return 0;
}

/* Returns the wait status of the command. */
static int trace(pid_t command, struct counts *counts)
{
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0)
			die("waitpid");
		if (WIFSTOPPED(status))
			ptrace(PTRACE_SYSCALL, pid, 0, handle_stop(pid, status, counts));
		else if (pid == command)
			return status;
	}
}

int main(int argc, char **argv)
{
	struct counts counts = {};
	int status;
	pid_t command;

	if (argc < 2) {
		fprintf(stderr, "usage: count COMMAND [ARGUMENT...]\n");
		return 2;
	}
	command = start_command(argv + 1);
	if (waitpid(command, &status, WUNTRACED) < 0)
		die("waitpid");
	if (ptrace(PTRACE_SEIZE, command, 0, TRACE_OPTIONS) < 0)
		die("ptrace");
	kill(command, SIGCONT);
	status = trace(command, &counts);
	printf("%ld %ld\n", counts.calls, counts.kib);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
