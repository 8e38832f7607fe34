/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system call without libc: for a process that shares the memory of another one which runs at the
 * same time, and with it errno. Layer: sys.
 */
#ifndef CORC_SYS_RAW_H
#define CORC_SYS_RAW_H

/* Returns what the kernel does: -errno on failure. */
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
#else
#	error "corc_raw_syscall is not written for this architecture"
#endif
}

#endif
