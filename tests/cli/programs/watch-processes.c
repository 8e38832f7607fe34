/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch-processes MASK PAYLOAD: a container's process that spies on everybody who comes into its
 * pid namespace, until SIGTERM. MASK: the capabilities (hexadecimal) that they may have. Every
 * process is stopped, looked at and let go, again and again until it has become PAYLOAD. Prints
 * each finding as a line "bad PID: WHAT", at the end "seen PROCESSES looks LOOKS", where LOOKS
 * counts those that came before PAYLOAD. Findings:
 *
 *   more capabilities than MASK
 *   an exe that is neither PAYLOAD nor a memfd that is sealed against writing
 *   an exe that could be opened for writing, and is not sealed against that
 *   an fd that is no stdio and does not belong to the container
 *
 * Runs in the container, with CAP_SYS_PTRACE.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define PID_MAX 65536
#define TEXT_MAX 4096

struct watcher {
	uint64_t allowed;
	const char *payload;
	unsigned int seen, looks;
	bool known[PID_MAX];
	bool is_done[PID_MAX]; /* is the payload, gone, or reported */
};

static struct watcher watcher;
static volatile sig_atomic_t is_over;

static void on_term(int signal_number)
{
	(void)signal_number;
	is_over = 1;
}

/* One finding a process is enough. */
static void report(int pid, const char *what, const char *detail)
{
	watcher.is_done[pid] = true;
	printf("bad %d: %s %s\n", pid, what, detail);
	fflush(stdout);
}

/* An exe or fd link of another process. */
static bool read_link(int pid, const char *name, char *ret_target)
{
	char path[400];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	length = readlink(path, ret_target, TEXT_MAX - 1);
	if (length < 0)
		return false;
	ret_target[length] = '\0';
	return true;
}

static void inspect_capabilities(int pid)
{
	char path[64], line[256];
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status)) {
		if (strncmp(line, "Cap", 3) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (strtoull(line + 8, NULL, 16) & ~watcher.allowed)
			report(pid, "has capabilities", line);
	}
	if (status)
		fclose(status);
}

/* Against every change, and against the end of that. */
static bool is_sealed(int fd)
{
	const int wanted = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & wanted) == wanted;
}

/* What was opened is looked at, not the link: the process may execute PAYLOAD meanwhile. */
static int open_exe(int pid, int flags, char *ret_target)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, ret_target, TEXT_MAX - 1);
	ret_target[length < 0 ? 0 : length] = '\0';
	return fd;
}

static void inspect_exe(int pid)
{
	char target[TEXT_MAX];
	int fd = open_exe(pid, O_RDONLY, target);

	if (fd < 0) {
		watcher.is_done[pid] |= errno == ENOENT || errno == ESRCH;
		return;
	}
	if (strcmp(target, watcher.payload) == 0) {
		watcher.is_done[pid] = true;
		close(fd);
		return;
	}
	watcher.looks++;
	if (!is_sealed(fd))
		report(pid, "runs", target);
	close(fd);
	fd = open_exe(pid, O_RDWR, target);
	if (fd < 0)
		return;
	/*
	 * The kernel refuses it (ETXTBSY) as long as the process executes the file. Between the
	 * link and the file the process may have become PAYLOAD: what was opened then is harmless
	 * when it is sealed.
	 */
	if (strcmp(target, watcher.payload) != 0 && !is_sealed(fd))
		report(pid, "has a writable exe", target);
	close(fd);
}

static bool belongs_to_container(int pid, const char *name)
{
	char path[400];
	struct stat info;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	if (stat(path, &info) < 0)
		return true; /* gone */
	if (S_ISCHR(info.st_mode))
		return info.st_rdev == makedev(1, 3);
	return S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode);
}

/* Beyond stdio there may be one pipe or socket, for the result of execve. */
static void inspect_fds(int pid)
{
	char path[64], name[300], target[TEXT_MAX], last[TEXT_MAX] = "";
	struct dirent *entry;
	DIR *fds;
	int beyond_stdio = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	fds = opendir(path);
	while (fds && (entry = readdir(fds))) {
		snprintf(name, sizeof(name), "fd/%s", entry->d_name);
		if (entry->d_name[0] == '.' || !read_link(pid, name, target))
			continue;
		if (!belongs_to_container(pid, name))
			report(pid, "has an fd to", target);
		if (atoi(entry->d_name) <= 2)
			continue;
		beyond_stdio++;
		(void)snprintf(last, sizeof(last), "%s", target);
	}
	if (fds)
		closedir(fds);
	if (beyond_stdio > 1)
		report(pid, "has more than one further fd, the last", last);
}

static void inspect(int pid)
{
	watcher.seen += !watcher.known[pid];
	watcher.known[pid] = true;
	kill(pid, SIGSTOP);
	inspect_capabilities(pid);
	inspect_exe(pid);
	inspect_fds(pid);
	kill(pid, SIGCONT);
}

static void look_around(DIR *proc)
{
	struct dirent *entry;

	rewinddir(proc);
	while ((entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (pid > 1 && pid < PID_MAX && !watcher.is_done[pid])
			inspect(pid);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

int main(int argc, char **argv)
{
	DIR *proc;

	if (argc != 3 || getpid() != 1)
		return 2;
	watcher.allowed = strtoull(argv[1], NULL, 16);
	watcher.payload = argv[2];
	signal(SIGTERM, on_term);
	proc = opendir("/proc");
	if (!proc)
		return 2;
	puts("ready");
	fflush(stdout);
	while (!is_over)
		look_around(proc);
	printf("seen %u looks %u\n", watcher.seen, watcher.looks);
	return 0;
}
