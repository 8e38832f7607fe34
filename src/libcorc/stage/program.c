/* SPDX-License-Identifier: Apache-2.0 */
/* Working directory, environment, the program itself. Layer: stage. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "stage/stage.h"

#define PASSWD_MAX ((size_t)1024 * 1024)

int corc_op_chdir(struct corc_stage *stage, const struct corc_op *op)
{
	char where[PATH_MAX];

	if (!stage->cwd_done) {
		if (chdir(corc_stage_text(stage, op->path.path)) < 0) {
			/* Some directories are open to the user only, others to root only. */
			int code = errno;

			if (!stage->identity_done && (code == EACCES || code == EPERM))
				return 0;
			if (code == EACCES)
				corc_stage_find_closed(
					stage, corc_stage_text(stage, op->path.path));
			return -code;
		}
		stage->cwd_done = true;
	}
	/* A directory outside of the root reads "(unreachable)/…". */
	if (syscall(SYS_getcwd, where, sizeof(where)) < 0) {
		stage->detail = CORC_DETAIL_CWD_OUTSIDE;
		return -errno;
	}
	if (where[0] != '/') {
		stage->detail = CORC_DETAIL_CWD_OUTSIDE;
		return -ENOENT;
	}
	return 0;
}

/* Zeroed places for pointers; NULL: no memory. */
static char **take_vector(struct corc_stage *stage, size_t count)
{
	char **vector = stage->vectors;

	if (count <= stage->vector_count) {
		stage->vectors += count;
		stage->vector_count -= count;
		memset(vector, 0, count * sizeof(char *));
		return vector;
	}
	vector = mmap(NULL, count * sizeof(char *), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return vector == MAP_FAILED ? NULL : vector;
}

int corc_stage_vector(struct corc_stage *stage, struct corc_ref items, uint32_t count,
	uint32_t spare, char ***ret_vector)
{
	char *at = (char *)corc_stage_text(stage, items);
	char **vector = take_vector(stage, (size_t)count + spare + 1);

	if (!vector)
		return -errno;
	for (uint32_t i = 0; i < count; i++) {
		vector[i] = at;
		at += strlen(at) + 1;
	}
	*ret_vector = vector;
	return 0;
}

int corc_op_environment(struct corc_stage *stage, const struct corc_op *op)
{
	stage->environment_count = op->list.count;
	return corc_stage_vector(stage, op->list.items, op->list.count, 1, &stage->environment);
}

static char **find_variable(struct corc_stage *stage, const char *name)
{
	size_t length = strlen(name);

	for (uint32_t i = 0; i < stage->environment_count; i++) {
		const char *entry = stage->environment[i];

		if (strncmp(entry, name, length) == 0 && entry[length] == '=')
			return &stage->environment[i];
	}
	return NULL;
}

/* "name:password:UID:gid:comment:HOME:shell": the home when the uid matches, else NULL. */
static char *match_passwd_line(char *line, uint32_t uid)
{
	char *fields[6];
	uint64_t number = 0;

	for (int i = 0; i < 6; i++) {
		fields[i] = line;
		line = strchr(line, ':');
		if (!line)
			return NULL;
		*line++ = '\0';
	}
	if (!fields[2][0])
		return NULL;
	for (const char *at = fields[2]; *at; at++) {
		if (*at < '0' || *at > '9' || number > UINT32_MAX)
			return NULL;
		number = number * 10 + (uint64_t)(*at - '0');
	}
	return number == uid ? fields[5] : NULL;
}

/* Looks through complete lines of the buffer; *ret_used bytes are done. */
static char *search_lines(char *buffer, size_t length, uint32_t uid, size_t *ret_used)
{
	char *line = buffer, *end;

	while ((end = memchr(line, '\n', length - (size_t)(line - buffer)))) {
		*end = '\0';
		char *home = match_passwd_line(line, uid);

		if (home)
			return home;
		line = end + 1;
	}
	*ret_used = (size_t)(line - buffer);
	return NULL;
}

/* What an image may have there in place of a file that can be read, unlike an error of the machine.
 */
static bool is_without_passwd(int code)
{
	return code == ENOENT || code == ENOTDIR || code == ELOOP || code == EACCES ||
	       code == EPERM || code == ENXIO || code == ENODEV;
}

/* The container's own file, whatever it may be: only a regular one is read. */
static int open_passwd(void)
{
	struct stat status;
	int CORC_CLOSE fd =
		openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return is_without_passwd(errno) ? -ENOENT : -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	return S_ISREG(status.st_mode) ? corc_take_fd(&fd) : -ENOENT;
}

/* Not endlessly. Copies the home to stage->home + 5, which stays as it is when there is none. */
static int read_home(struct corc_stage *stage, int fd, uint32_t uid)
{
	static char buffer[8192];
	char *home = NULL;
	size_t have = 0, total = 0;
	bool inside = false; /* of a line whose beginning is gone */

	while (!home && total < PASSWD_MAX) {
		size_t used = 0;
		ssize_t got = read(fd, buffer + have, sizeof(buffer) - 1 - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		total += (size_t)got;
		have += (size_t)got;
		char *start = inside ? memchr(buffer, '\n', have) : buffer;

		if (!start)
			start = buffer + have;
		else
			inside = false;
		home = search_lines(start, have - (size_t)(start - buffer), uid, &used);
		used += (size_t)(start - buffer);
		if (!home && used == 0 && have == sizeof(buffer) - 1) {
			/* No line is that long: go on behind it. */
			inside = true;
			used = have;
		}
		if (!home) {
			memmove(buffer, buffer + used, have - used);
			have -= used;
		}
	}
	if (!home && have > 0 && !inside) {
		buffer[have] = '\0';
		home = match_passwd_line(buffer, uid);
	}
	if (home && *home && strlen(home) < sizeof(stage->home) - 5)
		memcpy(stage->home + 5, home, strlen(home) + 1);
	return 0;
}

int corc_op_home(struct corc_stage *stage, const struct corc_op *op)
{
	char **place = find_variable(stage, "HOME");
	int r;

	if (place && (*place)[5])
		return 0;
	memcpy(stage->home, "HOME=/", 7);
	int CORC_CLOSE passwd = open_passwd();

	if (passwd < 0 && passwd != -ENOENT)
		return passwd;
	r = passwd < 0 ? 0 : read_home(stage, passwd, op->home.uid);
	if (r < 0)
		return r;
	if (!place)
		place = &stage->environment[stage->environment_count++];
	*place = stage->home;
	return 0;
}

/* Whether a path can be executed as a program, by the credentials of this process. */
static int check_program(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	if (syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return -errno;
	return 0;
}

/* As shells do: the first that can be executed; one that cannot is remembered as the reason. */
static int search_path(struct corc_stage *stage, const char *name)
{
	char **variable = find_variable(stage, "PATH");
	const char *at = variable ? *variable + 5 : "";
	size_t name_length = strlen(name);
	int reason = -ENOENT;

	while (*at) {
		size_t length = strcspn(at, ":");

		if (length > 0 && length + name_length + 2 <= sizeof(stage->program_path)) {
			memcpy(stage->program_path, at, length);
			stage->program_path[length] = '/';
			memcpy(stage->program_path + length + 1, name, name_length + 1);
			int r = check_program(stage->program_path);

			if (r == 0) {
				stage->detail = CORC_DETAIL_NONE;
				return 0;
			}
			if (r == -EACCES && reason == -ENOENT) {
				reason = r;
				corc_stage_examine(stage, EACCES);
			}
		}
		at += length;
		at += *at == ':';
	}
	if (reason == -ENOENT)
		stage->detail = CORC_DETAIL_NOT_IN_PATH;
	return reason;
}

int corc_op_lookup(struct corc_stage *stage, const struct corc_op *op)
{
	int r = corc_stage_vector(stage, op->list.items, op->list.count, 0, &stage->arguments);

	if (r < 0)
		return r;
	if (strchr(stage->arguments[0], '/')) {
		stage->program = stage->arguments[0];
		r = check_program(stage->program);
		if (r == -EACCES)
			corc_stage_examine(stage, EACCES);
	} else {
		stage->program = stage->program_path;
		r = search_path(stage, stage->arguments[0]);
	}
	return r;
}

int corc_op_ready(struct corc_stage *stage, const struct corc_op *op)
{
	(void)op;
	corc_stage_close_all(stage);
	return corc_stage_send(stage, CORC_MESSAGE_READY, 0);
}

int corc_op_wait_start(struct corc_stage *stage, const struct corc_op *op)
{
	char byte;
	ssize_t got;

	(void)op;
	if (stage->started)
		return 0;
	if (stage->slots[CORC_SLOT_START] < 0)
		return corc_stage_expect(stage, CORC_MESSAGE_START);
	/* The creator may go; who starts the container comes through the FIFO. */
	stage->report = stage->slots[CORC_SLOT_RESULT];
	corc_stage_close_slot(stage, CORC_SLOT_CHANNEL);
	do
		got = read(stage->slots[CORC_SLOT_START], &byte, 1);
	while (got < 0 && errno == EINTR);
	return got == 1 ? 0 : -EPIPE;
}

int corc_op_exec(struct corc_stage *stage, const struct corc_op *op)
{
	(void)op;
	(void)execve(stage->program, stage->arguments, stage->environment);
	int code = errno;

	corc_stage_examine(stage, code);
	return -code;
}
