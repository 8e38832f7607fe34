/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between processors: here and in arch.c, and nowhere else. Numbers of system calls
 * come from <sys/syscall.h>, those of a seccomp filter's architectures (AUDIT_ARCH_*) from
 * libseccomp. Layer: sys; parent and stage.
 */
#ifndef CORC_SYS_ARCH_H
#define CORC_SYS_ARCH_H

#include <elf.h>
#include <linux/sched.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#	define CORC_ELF_MACHINE EM_X86_64
#elif defined(__aarch64__)
#	define CORC_ELF_MACHINE EM_AARCH64
#else
#	error "corc does not know this processor; see sys/arch.h and sys/arch.c"
#endif

/* Signals are 1 to 64, so that a mask of them is a uint64_t; MIPS has twice as many. */
#define CORC_SIGNAL_MAX 64

/*
 * A system call without libc: for a process that shares the memory of another one which runs at the
 * same time, and with it errno. Returns what the kernel does: -errno on failure.
 */
static inline long corc_raw_syscall(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long fourth __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#endif
}

/*
 * clone(2) without a stack of the child's, so that it returns in both; *parent_tid is set as flags
 * say. Fails as the libc's syscall() does.
 */
long corc_clone_call(uint64_t flags, int *parent_tid);

/*
 * clone3(2) with a stack of the child's: in C that would return on the parent's stack frame.
 * Returns the pid in the parent, or -errno; the child calls function(argument) and exits with what
 * it returns.
 */
long corc_clone3_call(
	struct clone_args *args, size_t size, int (*function)(void *), void *argument);

#endif
