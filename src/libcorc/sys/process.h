/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes: clone3(2), pidfds, namespaces, waiting. Layer: sys; parent and stage. All return
 * -errno on failure. <linux/sched.h> gives CLONE_* and struct clone_args; do not include
 * <sched.h> beside it.
 */
#ifndef CORC_SYS_PROCESS_H
#define CORC_SYS_PROCESS_H

#include <linux/sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* WIFEXITED and WEXITSTATUS or the signal, as waitid tells it. */
struct corc_exit {
	int code;   /* exit code, or the signal */
	int killed; /* 1: by a signal */
};

/* fork with flags: returns in both. Never with CLONE_VM. */
pid_t corc_clone3_fork(uint64_t flags);

/* The old clone(2), for the last clone under a seccomp filter that may not know clone3. */
pid_t corc_clone_fork(uint64_t flags);

/* The same with the child's pidfd, CLOEXEC. The child's end is signalled by SIGCHLD. */
pid_t corc_clone_fork_pidfd(int *ret_pidfd);

/*
 * clone3 with CLONE_VM: the child runs function(argument) on `stack` beside its caller and ends
 * with it. They share errno, so the function uses sys/arch.h, and no libc. Block all signals around
 * it. args->flags, pidfd and cgroup are the caller's to set.
 */
pid_t corc_clone3_beside(struct clone_args *args, void *stack, size_t stack_size,
	int (*function)(void *), void *argument);

/*
 * clone3 with CLONE_VM | CLONE_VFORK: the child runs function(argument) on `stack` and must exec
 * or exit; the caller's thread waits for that and its page tables are not copied. Block all
 * signals around it. args->flags, pidfd and cgroup are the caller's to set.
 */
pid_t corc_clone3_vfork(struct clone_args *args, void *stack, size_t stack_size,
	int (*function)(void *), void *argument);

/*
 * The same without CLONE_VM: the child has a copy of the memory, which takes longer, and can be
 * killed alone. What it is to tell has to be in memory that was shared before.
 */
pid_t corc_clone3_apart(struct clone_args *args, void *stack, size_t stack_size,
	int (*function)(void *), void *argument);

/*
 * Gives all signals their default actions and blocks none: what a program begins with. Not through
 * the libc, which keeps some signals to itself that a caller may have ignored all the same.
 */
void corc_reset_signals(void);

/*
 * Blocks these signals and no others in this thread, bit n - 1 for signal n; returns what was
 * blocked before. Not through the libc, for the same reason: it would leave some unblocked.
 */
uint64_t corc_block_signals(uint64_t mask);

int corc_pidfd_open(pid_t pid);
int corc_pidfd_send_signal(int pidfd, int signal);
/* Whether the kernel knows these SECCOMP_FILTER_FLAG_*: 1 or 0. Loads nothing. */
int corc_seccomp_has_flags(uint64_t flags);
/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV of Linux 5.19, which older headers do not have. */
#define CORC_SECCOMP_WAIT_KILLABLE_RECV (UINT64_C(1) << 5)
/* A copy, CLOEXEC, of an fd of another process; the caller must be allowed to trace that. */
int corc_pidfd_getfd(int pidfd, int fd);
int corc_setns(int fd, int types);
int corc_unshare(int types);
int corc_close_range(unsigned first, unsigned last, unsigned flags);
#define CORC_CLOSE_RANGE_CLOEXEC 4u

int corc_execveat(
	int fd, const char *path, char *const arguments[], char *const environment[], int flags);

/*
 * Waits for a child by pidfd. timeout_ms < 0: for ever; 0: looks. Returns 0 with *ret_exit filled
 * and the child reaped, -ETIMEDOUT, or -ECHILD when it is not a child of ours.
 */
int corc_wait_pidfd(int pidfd, int timeout_ms, struct corc_exit *ret_exit);

/* Whether the process is a child of the caller that has not been reaped. */
int corc_is_child(pid_t pid);

/*
 * The start time of a process in clock ticks since boot (field 22 of /proc/PID/stat) and its
 * state letter. proc_fd: an fd of /proc; AT_FDCWD: that of the path. -ESRCH when there is no such
 * process.
 */
int corc_process_start_time(int proc_fd, pid_t pid, uint64_t *ret_start, char *ret_state);

/*
 * Whether the caller is in a user namespace other than the host's: 1 or 0. Nobody there may make
 * device nodes or load device filters.
 */
int corc_is_in_user_namespace(void);

/* Milliseconds of CLOCK_MONOTONIC, for deadlines. */
uint64_t corc_now_ms(void);
/* Until then, for poll; -1, for ever: `end` is 0; 0: it is over. */
int corc_ms_until(uint64_t end);

#endif
