/* SPDX-License-Identifier: Apache-2.0 */
/* What CRIU's log says of a failure. Layer: checkpoint; the parent process. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "checkpoint/criu.h"

/* Of a log only the end is read: the cause is there. */
#define TAIL_MAX ((size_t)128 * 1024)
#define ERRORS_MAX 4
#define CONTEXT_LINES 5
#define MESSAGE_MAX 700

/* What CRIU calls an error, and what it goes on after. */
static const char *const harmless[] = {
	"Can't setup RLIMIT_NOFILE", /* it lacks CAP_SYS_RESOURCE */
	"execvp(\"ip",               /* a program that it does without: iptables-save */
	" -V failed",
};

/* Says no more than that something failed. */
static const char *const consequences[] = {
	"Dumping FAILED", "Restoring FAILED", "exited, status=", "Unable to detach from"};

/* What CRIU goes no further after, and does not call an error. */
static const char *const causes[] = {"Can't connect to server"};

static bool has_any(const char *line, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(line, texts[i]))
			return true;
	return false;
}

static bool is_error(const char *line)
{
	const char *found = strstr(line, "Error ");

	if (has_any(line, causes, sizeof(causes) / sizeof(causes[0])))
		return true;
	return found && found - line < 40 &&
	       !has_any(line, harmless, sizeof(harmless) / sizeof(harmless[0])) &&
	       !has_any(line, consequences, sizeof(consequences) / sizeof(consequences[0]));
}

/* "(00.021)     12: Error (criu/files.c:1): text" → "criu/files.c:1: text" is kept as it stands. */
static const char *skip_stamp(const char *line)
{
	const char *found = strstr(line, "Error ");

	if (found)
		return found + strlen("Error ");
	found = strstr(line, ") ");
	return found ? found + 2 : line;
}

static char *read_tail(int fd, struct corc_arena *arena)
{
	struct stat status;
	char *text;

	if (fstat(fd, &status) < 0 || status.st_size <= 0)
		return NULL;
	size_t length = (size_t)status.st_size < TAIL_MAX ? (size_t)status.st_size : TAIL_MAX;

	text = corc_arena_alloc(arena, length + 1);
	if (!text || pread(fd, text, length, status.st_size - (off_t)length) != (ssize_t)length)
		return NULL;
	/* Paths of the image can be in it: nothing of them may reach a terminal as it is. */
	for (size_t i = 0; i < length; i++)
		if (text[i] != '\n' && !isprint((unsigned char)text[i]))
			text[i] = text[i] == '\t' ? ' ' : '?';
	return text;
}

struct lines {
	char **items;
	size_t count, capacity;
};

static int split(struct corc_arena *arena, char *text, struct lines *lines)
{
	char *next;

	for (char *line = text; line && *line; line = next) {
		char **items = corc_arena_grow(
			arena, lines->items, lines->count, &lines->capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		lines->items = items;
		items[lines->count++] = line;
	}
	return 0;
}

/* The first of the last ERRORS_MAX errors. */
static size_t find_first(const struct lines *lines)
{
	size_t first = lines->count, found = 0;

	for (size_t i = lines->count; i > 0 && found < ERRORS_MAX; i--)
		if (is_error(lines->items[i - 1])) {
			first = i - 1;
			found++;
		}
	return first;
}

static void put_errors(const struct lines *lines, size_t first, struct corc_buffer *buffer)
{
	for (size_t i = first; i < lines->count; i++)
		if (is_error(lines->items[i]))
			corc_buffer_printf(buffer, "%s%s", buffer->length ? "; " : "",
				skip_stamp(lines->items[i]));
}

static const char *put_context(struct corc_arena *arena, const struct lines *lines, size_t first)
{
	struct corc_buffer CORC_BUFFER buffer = {0};
	size_t from = first > CONTEXT_LINES ? first - CONTEXT_LINES : 0;

	for (size_t i = from; i < lines->count; i++)
		corc_buffer_printf(&buffer, "%s\n", lines->items[i]);
	return buffer.failed || !buffer.data ? "" : corc_arena_strdup(arena, buffer.data);
}

int corc_criu_explain(struct corc_arena *arena, int work, const char *log_path,
	const struct corc_criu *criu, const char **ret_context, struct corc_error *error)
{
	const char *name = strrchr(log_path, '/') ? strrchr(log_path, '/') + 1 : log_path;
	int CORC_CLOSE log = openat(work, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text = log >= 0 ? read_tail(log, arena) : NULL;
	struct corc_buffer CORC_BUFFER errors = {0};
	struct lines lines = {0};

	*ret_context = "";
	if (!text && criu->messages >= 0)
		text = read_tail(criu->messages, arena);
	if (!text || split(arena, text, &lines) < 0)
		return -error->code;
	size_t first = find_first(&lines);

	put_errors(&lines, first, &errors);
	if (errors.data && !errors.failed)
		(void)corc_error_append(error, "%.*s", MESSAGE_MAX, errors.data);
	if (log >= 0)
		(void)corc_error_append(error, "log file: %s", log_path);
	const char *context = first < lines.count ? put_context(arena, &lines, first) : "";

	*ret_context = context ? context : "";
	return -error->code;
}
