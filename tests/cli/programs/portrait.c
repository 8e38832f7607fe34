/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portrait [HOST]...: prints what the process is and sees: credentials, limits, namespaces, mounts,
 * devices, environment, fds. Two processes with the same configuration print the same. HOST are
 * links such as mnt:[4026531841], of namespaces that it must not be in. Then, with the name
 * `portrait-stays`, it waits for a signal. Runs in containers.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Lines of a file that begin with one of the words; with no words all of them. */
static void print_lines(const char *path, const char *const words[])
{
	char line[4096];
	FILE *file = fopen(path, "re");

	if (!file) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		bool wanted = !words[0];

		for (size_t i = 0; words[i]; i++)
			wanted |= strncmp(line, words[i], strlen(words[i])) == 0;
		if (wanted)
			fputs(line, stdout);
	}
	fclose(file);
}

/* What differs from run to run is left out: ids, device numbers, groups of propagation. */
static void print_mounts(void)
{
	char line[4096];
	FILE *file = fopen("/proc/self/mountinfo", "re");

	while (file && fgets(line, sizeof(line), file)) {
		char point[1024];
		char options[1024];
		const char *rest = strstr(line, " - ");
		bool shared = strstr(line, " shared:");
		bool slave = strstr(line, " master:");

		if (!rest || sscanf(line, "%*s %*s %*s %*s %1023s %1023s", point, options) != 2)
			continue;
		printf("mount %s %s%s%s%.*s\n", point, options, shared ? " shared" : "",
			slave ? " slave" : "", (int)strcspn(rest + 2, "\n"), rest + 2);
	}
	if (file)
		fclose(file);
}

static int by_name(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

static void print_directory(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, by_name);

	printf("%s: %d entries\n", path, count);
	for (int i = 0; i < count; i++) {
		char name[1024];
		struct stat meta;

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (lstat(name, &meta) == 0 && entries[i]->d_name[0] != '.')
			printf("%s %o %u:%u %u:%u\n", name, meta.st_mode, meta.st_uid, meta.st_gid,
				S_ISLNK(meta.st_mode) ? 0 : major(meta.st_rdev),
				S_ISLNK(meta.st_mode) ? 0 : minor(meta.st_rdev));
	}
}

/* Limits of the cgroup and its devices, as far as the machine has the controllers. */
static void print_cgroup(void)
{
	static const char *const all[] = {NULL};
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	printf("/dev/kmsg: %s\n", fd < 0 ? strerror(errno) : "can be opened");
	if (fd >= 0)
		close(fd);
	print_lines("/sys/fs/cgroup/cgroup.max.depth", all);
	print_lines("/sys/fs/cgroup/pids/pids.max", all);
}

/* Masked files are empty, masked directories have no entries. */
static void print_masked(void)
{
	static const char *const files[] = {"/proc/kcore", "/proc/timer_list", "/proc/keys"};
	char byte;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		printf("%s: %d\n", files[i], fd < 0 ? -1 : (int)read(fd, &byte, 1));
		if (fd >= 0)
			close(fd);
	}
	print_directory("/proc/scsi");
	print_directory("/sys/firmware");
}

static void print_namespaces(int count, char **host)
{
	static const char *const names[] = {
		"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[64];
		char link[64] = "";

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		if (readlink(path, link, sizeof(link) - 1) < 0)
			continue;
		for (int j = 0; j < count; j++)
			if (strcmp(link, host[j]) == 0)
				printf("%s namespace of the host\n", names[i]);
	}
}

static void print_fds(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("fd %d is open\n", fd);
}

int main(int argc, char **argv)
{
	static const char *const status[] = {"Umask", "Uid", "Gid", "Groups", "Cap", "NoNewPrivs",
		"Seccomp", "SigBlk", "SigIgn", NULL};
	static const char *const all[] = {NULL};
	char text[1024];

	print_fds();
	print_lines("/proc/self/status", status);
	print_lines("/proc/self/limits", all);
	print_lines("/proc/self/oom_score_adj", all);
	print_lines("/proc/self/uid_map", all);
	print_lines("/proc/self/gid_map", all);
	print_lines("/proc/sys/net/ipv4/ip_forward", all);
	print_namespaces(argc - 1, argv + 1);
	if (gethostname(text, sizeof(text)) == 0)
		printf("hostname %s\n", text);
	printf("cwd %s\n", getcwd(text, sizeof(text)) ? text : strerror(errno));
	for (char **entry = environ; *entry; entry++)
		printf("env %s\n", *entry);
	print_mounts();
	print_directory("/dev");
	print_masked();
	print_cgroup();
	printf("root can be written: %d\n", access("/", W_OK));
	puts("whole");
	return fflush(stdout) == 0 ? 0 : 1;
}
