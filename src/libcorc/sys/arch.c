/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between processors and is no matter of one line. Layer: sys; parent and stage. */
#include "sys/arch.h"

#include <sys/syscall.h>
#include <unistd.h>

/* Both have the order of their arguments up to the third in common; s390 has the stack first. */
long corc_clone_call(uint64_t flags, int *parent_tid)
{
	return syscall(SYS_clone, flags, 0, parent_tid, 0, 0);
}

_Static_assert(SYS_clone3 == 435, "the number stands below");

#if defined(__x86_64__)
_Static_assert(SYS_exit_group == 231, "the number stands below");
__asm__(".text\n"
	".globl corc_clone3_call\n"
	".hidden corc_clone3_call\n"
	".type corc_clone3_call, @function\n"
	"corc_clone3_call:\n"
	"	mov %rdx, %r8\n"
	"	mov %rcx, %r9\n"
	"	mov $435, %eax\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"	ret\n"
	"1:	xor %ebp, %ebp\n"
	"	mov %r9, %rdi\n"
	"	call *%r8\n"
	"	mov %eax, %edi\n"
	"	mov $231, %eax\n"
	"	syscall\n"
	"	hlt\n"
	".size corc_clone3_call, .-corc_clone3_call\n");
#elif defined(__aarch64__)
_Static_assert(SYS_exit_group == 94, "the number stands below");
__asm__(".text\n"
	".globl corc_clone3_call\n"
	".hidden corc_clone3_call\n"
	".type corc_clone3_call, %function\n"
	"corc_clone3_call:\n"
	"	mov x10, x2\n"
	"	mov x11, x3\n"
	"	mov x8, #435\n"
	"	svc #0\n"
	"	cbz x0, 1f\n"
	"	ret\n"
	"1:	mov x29, xzr\n"
	"	mov x30, xzr\n"
	"	mov x0, x11\n"
	"	blr x10\n"
	"	mov x8, #94\n"
	"	svc #0\n"
	"	brk #1\n"
	".size corc_clone3_call, .-corc_clone3_call\n");
#endif
