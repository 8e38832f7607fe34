/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring: prints "UID PERMISSIONS NAME" of the session keyring of this process.
 * keyring add NAME: puts a key of that name into it.
 * keyring find NAME: succeeds if there is one.
 * keyring run PROGRAM [ARGUMENT...]: runs it with a session keyring of its own, "corc-test".
 * keyring exhaust UID: takes all keys that the user may have, then waits for the end of stdin.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/keyctl.h> is not there with every C library. */
#define KEYCTL_JOIN_SESSION_KEYRING 1
#define KEYCTL_DESCRIBE 6
#define KEYCTL_SEARCH 10
#define KEY_SPEC_SESSION_KEYRING (-3)

static int describe(void)
{
	char text[512] = "";
	unsigned uid = 0;
	char permissions[16] = "", name[256] = "";

	if (syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, sizeof(text)) <
		0) {
		perror("keyctl");
		return 1;
	}
	if (sscanf(text, "keyring;%u;%*u;%15[0-9a-f];%255s", &uid, permissions, name) != 3)
		return 1;
	printf("%u %s %s\n", uid, permissions, name);
	return 0;
}

static long add(const char *name)
{
	return syscall(SYS_add_key, "user", name, "x", 1, KEY_SPEC_SESSION_KEYRING);
}

static long find(const char *name)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0);
}

static int exhaust(const char *uid)
{
	char name[32];
	char byte;

	/* Its own keyring is the first; nobody else's are in the way. */
	if (setresuid((uid_t)atoi(uid), (uid_t)atoi(uid), (uid_t)atoi(uid)) < 0 ||
		syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		return 1;
	for (int i = 0; i < 1000000; i++) {
		snprintf(name, sizeof(name), "corc-test-%d", i);
		if (add(name) >= 0)
			continue;
		if (errno != EDQUOT)
			return 1;
		puts("exhausted");
		fflush(stdout);
		return read(0, &byte, 1) < 0;
	}
	return 1;
}

static int run(char **words)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "corc-test") < 0)
		return 1;
	execvp(words[0], words);
	return 127;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return describe();
	if (argc == 3 && strcmp(argv[1], "add") == 0)
		return add(argv[2]) < 0;
	if (argc == 3 && strcmp(argv[1], "find") == 0)
		return find(argv[2]) < 0;
	if (argc > 2 && strcmp(argv[1], "run") == 0)
		return run(argv + 2);
	if (argc == 3 && strcmp(argv[1], "exhaust") == 0)
		return exhaust(argv[2]);
	fprintf(stderr, "usage: keyring [add NAME | find NAME | run PROGRAM | exhaust UID]\n");
	return 2;
}
