/* SPDX-License-Identifier: Apache-2.0 */
/*
 * try CALL...: makes each system call, in the order given, and prints "CALL ok" or "CALL ERRNO".
 * What would succeed and change something is done on objects of its own. Runs in the container.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef SYS_clone3
#	define SYS_clone3 435
#endif
#define NO_SUCH_SYSTEM_CALL 4095

static long try_chmod(void)
{
	return chmod("/tmp", 01777);
}

static long try_chroot(void)
{
	return chroot("/");
}

static long try_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0); /* EINVAL when it is let through */
}

static long try_getcwd(void)
{
	char path[4096];

	return syscall(SYS_getcwd, path, sizeof(path));
}

static long try_getppid(void)
{
	return syscall(SYS_getppid);
}

static long try_mkdir(void)
{
	long r = mkdir("/tmp/try-mkdir", 0700);

	return r < 0 ? r : rmdir("/tmp/try-mkdir");
}

static long try_mknod(void)
{
	long r = mknod("/tmp/try-mknod", S_IFCHR | 0600, makedev(1, 3));

	return r < 0 ? r : unlink("/tmp/try-mknod");
}

static long try_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long try_personality(void)
{
	return syscall(SYS_personality, 0xffffffff);
}

static long try_personality_8(void)
{
	return syscall(SYS_personality, 8);
}

static long try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long try_setuid(void)
{
	return syscall(SYS_setuid, 1234);
}

static long try_socket_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_socket_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long try_sethostname(void)
{
	return sethostname("tried", 5);
}

static long try_unknown(void)
{
	return syscall(NO_SUCH_SYSTEM_CALL);
}

static long try_unshare(void)
{
	return unshare(CLONE_NEWUTS);
}

static const struct {
	const char *name;
	long (*call)(void);
} calls[] = {
	{"chmod", try_chmod},
	{"chroot", try_chroot},
	{"clone3", try_clone3},
	{"getcwd", try_getcwd},
	{"getppid", try_getppid},
	{"mkdir", try_mkdir},
	{"mknod", try_mknod},
	{"mount", try_mount},
	{"personality", try_personality},
	{"personality-8", try_personality_8},
	{"ptrace", try_ptrace},
	{"sethostname", try_sethostname},
	{"setuid", try_setuid},
	{"socket-inet", try_socket_inet},
	{"socket-unix", try_socket_unix},
	{"unknown", try_unknown},
	{"unshare", try_unshare},
};

static const char *errno_name(int code)
{
	static const struct {
		int code;
		const char *name;
	} names[] = {
		{EPERM, "EPERM"},
		{EACCES, "EACCES"},
		{EINVAL, "EINVAL"},
		{ENOSYS, "ENOSYS"},
		{EAFNOSUPPORT, "EAFNOSUPPORT"},
		{ENOENT, "ENOENT"},
		{EROFS, "EROFS"},
		{EBUSY, "EBUSY"},
		{ENOMEM, "ENOMEM"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

static int try_call(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, name) != 0)
			continue;
		if (calls[i].call() >= 0)
			printf("%s ok\n", name);
		else if (errno_name(errno))
			printf("%s %s\n", name, errno_name(errno));
		else
			printf("%s %d\n", name, errno);
		fflush(stdout);
		return 0;
	}
	fprintf(stderr, "try: unknown call %s\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc && status == 0; i++)
		status = try_call(argv[i]);
	return status;
}
