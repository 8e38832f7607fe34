/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relaying sd_notify(3) from a container to the caller's service manager. Layer: run; the parent
 * process.
 *
 * What comes from the container is hostile: a datagram is looked through for a line "READY=1", its
 * descriptors are dropped by the kernel, and everything that is sent is composed here.
 */
#include "run/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "run/socket.h"
#include "sys/message.h"
#include "sys/process.h"

#define DIRECTORY "notify"
#define SOCKET "notify.sock"
#define BARRIER_MS 30000
#define SEND_SECONDS 10
#define DATAGRAM_MAX 4096
/* A container that sends and sends does not keep us from other things. */
#define DATAGRAMS_AT_ONCE 16

struct corc_notify {
	struct corc_runtime *runtime; /* for warnings; NULL: nothing listens yet */
	struct sockaddr_un manager;
	socklen_t manager_length;
	pid_t main_pid;
	pid_t pid; /* of the container */
	int pidfd;
	int socket_fd;
	int barrier_fd; /* hangs up when the manager has dealt with what was sent */
	uint64_t barrier_end;
};

static void log_failure(const struct corc_notify *notify, int code)
{
	char text[16];

	corc_log(notify->runtime, CORC_LOG_WARNING, "notifying the service manager: %s",
		corc_errno_text(code, text));
}

int corc_notify_new(const char *socket, pid_t main_pid, struct corc_notify **ret_notify,
	struct corc_error *error)
{
	size_t length = strlen(socket);
	struct corc_notify *notify;

	if ((socket[0] != '/' && socket[0] != '@') || length < 2 ||
		length >= sizeof(notify->manager.sun_path))
		return corc_fail(error, EINVAL,
			"notification socket \"%s\": expected an absolute path or \"@\" and a "
			"name, of at most %zu bytes",
			socket, sizeof(notify->manager.sun_path) - 1);
	notify = calloc(1, sizeof(*notify));
	if (!notify)
		return corc_fail_errno(error, ENOMEM, "notification socket");
	notify->manager.sun_family = AF_UNIX;
	memcpy(notify->manager.sun_path, socket, length);
	notify->manager_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	if (socket[0] == '@')
		notify->manager.sun_path[0] = '\0';
	else
		notify->manager_length++;
	notify->main_pid = main_pid;
	notify->pidfd = notify->socket_fd = notify->barrier_fd = CORC_NO_FD;
	*ret_notify = notify;
	return 0;
}

void corc_notify_free(struct corc_notify *notify)
{
	if (!notify)
		return;
	corc_close_(notify->pidfd);
	corc_close_(notify->socket_fd);
	corc_close_(notify->barrier_fd);
	free(notify);
}

bool corc_notify_mount_wanted(const struct corc_spec *spec)
{
	return corc_spec_find_namespace(spec, CORC_NAMESPACE_MOUNT) != NULL;
}

static const char *join(struct corc_arena *arena, const char *a, const char *b, const char *c)
{
	size_t size = strlen(a) + strlen(b) + strlen(c) + 3;
	char *text = corc_arena_alloc(arena, size);

	if (text)
		(void)snprintf(text, size, "%s/%s/%s", a, b, c);
	return text;
}

int corc_notify_add_mount(struct corc_runtime *runtime, const char *id, struct corc_arena *arena,
	struct corc_spec *spec, struct corc_error *error)
{
	static const char *options[] = {"bind", "nosuid", "noexec", "nodev", "ro", NULL};
	struct corc_spec_mounts *mounts = &spec->mounts;
	struct corc_spec_mount *items = corc_arena_array(arena, mounts->count + 1, sizeof(*items));
	const char *source = join(arena, runtime->root, id, DIRECTORY);

	if (!items || !source)
		return corc_fail_errno(error, ENOMEM, "notification socket");
	if (mounts->count > 0)
		memcpy(items, mounts->items, mounts->count * sizeof(*items));
	items[mounts->count] = (struct corc_spec_mount){
		.node = spec->node,
		.destination = "/run/notify",
		.type = "bind",
		.source = source,
		.options = {options, sizeof(options) / sizeof(options[0]) - 1},
	};
	mounts->items = items;
	mounts->count++;
	return 0;
}

int corc_notify_make(int directory_fd, struct corc_error *error)
{
	/* Not by mkdir alone: the caller's umask may close it to the container's users. */
	if (mkdirat(directory_fd, DIRECTORY, 0700) < 0 ||
		fchmodat(directory_fd, DIRECTORY, 0755, 0) < 0)
		return corc_fail_errno(
			error, errno, "making the directory of the notification socket");
	return 0;
}

/*
 * Every user of the container may send. The place can be written by a container whose root may
 * change its mounts, so the mode is given to what was found to be a socket.
 */
static int open_to_all(int place)
{
	char path[32];
	struct stat status;
	int CORC_CLOSE fd = openat(place, SOCKET, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return chmod(path, 0777) < 0 ? -errno : 0;
}

static int bind_socket(int fd, int place)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	/* Its own path may be longer than an address. */
	(void)snprintf(
		address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" SOCKET, place);
	if (unlinkat(place, SOCKET, 0) < 0 && errno != ENOENT)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return open_to_all(place);
}

int corc_notify_listen(struct corc_notify *notify, struct corc_runtime *runtime, int directory_fd,
	struct corc_error *error)
{
	int CORC_CLOSE place =
		openat(directory_fd, DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	notify->runtime = runtime;
	if (place < 0 && errno == ENOENT)
		return 0;
	int CORC_CLOSE fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (place < 0 || fd < 0)
		return corc_fail_errno(error, errno, "notification socket");
	r = bind_socket(fd, place);
	if (r < 0)
		return corc_fail_errno(error, -r, "notification socket");
	notify->socket_fd = corc_take_fd(&fd);
	return 0;
}

int corc_notify_watch(struct corc_notify *notify, pid_t pid, int pidfd, struct corc_error *error)
{
	notify->pid = pid;
	notify->pidfd = fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
	return notify->pidfd < 0 ? corc_fail_errno(error, errno, "notification socket") : 0;
}

static bool has_ready_line(const char *text, size_t length)
{
	static const char ready[] = "READY=1";
	const char *end = text + length;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;

		if ((size_t)(line_end - text) == sizeof(ready) - 1 &&
			memcmp(text, ready, sizeof(ready) - 1) == 0)
			return true;
		text = line_end + 1;
	}
	return false;
}

/* True: READY=1 has come. Without room for control data the kernel drops descriptors. */
static bool receive_ready(const struct corc_notify *notify)
{
	char datagram[DATAGRAM_MAX];

	for (int i = 0; i < DATAGRAMS_AT_ONCE; i++) {
		ssize_t length = recv(notify->socket_fd, datagram, sizeof(datagram), MSG_TRUNC);

		if (length < 0)
			return false;
		if (length <= (ssize_t)sizeof(datagram) && has_ready_line(datagram, (size_t)length))
			return true;
	}
	return false;
}

static int connect_manager(const struct corc_notify *notify)
{
	static const struct timeval patience = {.tv_sec = SEND_SECONDS};
	int CORC_CLOSE fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
		connect(fd, (const struct sockaddr *)&notify->manager, notify->manager_length) < 0)
		return -errno;
	return corc_take_fd(&fd);
}

/* The manager closes its end of the pipe when it has come to this message. */
static int send_barrier(struct corc_notify *notify, int manager)
{
	static const char message[] = "BARRIER=1";
	int ends[2];
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = corc_send_fds(manager, message, sizeof(message) - 1, &ends[1], 1);
	corc_close_(ends[1]);
	if (r < 0) {
		corc_close_(ends[0]);
		return r;
	}
	notify->barrier_fd = ends[0];
	notify->barrier_end = corc_now_ms() + BARRIER_MS;
	return 0;
}

static int tell_manager(struct corc_notify *notify)
{
	static const char ready[] = "READY=1\n";
	char main_pid[32];
	int length = snprintf(main_pid, sizeof(main_pid), "MAINPID=%d\n",
		(int)(notify->main_pid ? notify->main_pid : notify->pid));
	int CORC_CLOSE manager = connect_manager(notify);
	int r = manager;

	if (r >= 0)
		r = corc_send_fds(manager, ready, sizeof(ready) - 1, NULL, 0);
	if (r == 0)
		r = corc_send_fds(manager, main_pid, (size_t)length, NULL, 0);
	return r < 0 ? r : send_barrier(notify, manager);
}

int corc_notify_fd(const struct corc_notify *notify)
{
	return notify->barrier_fd >= 0 ? notify->barrier_fd : notify->socket_fd;
}

int corc_notify_timeout(const struct corc_notify *notify)
{
	uint64_t now = corc_now_ms();

	if (notify->barrier_fd < 0)
		return -1;
	return now < notify->barrier_end ? (int)(notify->barrier_end - now) : 0;
}

static void handle_barrier(struct corc_notify *notify)
{
	struct pollfd entry = {.fd = notify->barrier_fd, .events = POLLIN};
	bool is_done = poll(&entry, 1, 0) > 0;

	if (!is_done && corc_now_ms() < notify->barrier_end)
		return;
	if (!is_done)
		log_failure(notify, ETIMEDOUT);
	corc_close_(corc_take_fd(&notify->barrier_fd));
}

void corc_notify_handle(struct corc_notify *notify)
{
	int r;

	if (notify->barrier_fd >= 0) {
		handle_barrier(notify);
		return;
	}
	if (notify->socket_fd < 0 || !receive_ready(notify))
		return;
	/* Once is enough: whatever comes later is not for the manager. */
	corc_close_(corc_take_fd(&notify->socket_fd));
	r = tell_manager(notify);
	if (r < 0)
		log_failure(notify, -r);
}

void corc_notify_wait(struct corc_notify *notify)
{
	while (corc_notify_fd(notify) >= 0) {
		bool is_barrier = notify->barrier_fd >= 0;
		struct pollfd entries[] = {{.fd = corc_notify_fd(notify), .events = POLLIN},
			{.fd = is_barrier ? -1 : notify->pidfd, .events = POLLIN}};
		int count = poll(entries, 2, corc_notify_timeout(notify));

		if (count < 0 && errno != EINTR) {
			log_failure(notify, errno);
			return;
		}
		/* Also when the process has ended: it may have been ready before. */
		corc_notify_handle(notify);
		if (count > 0 && entries[1].revents && notify->barrier_fd < 0)
			return;
	}
}
