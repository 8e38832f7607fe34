/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of one invocation. Layer: cmd; the parent process.
 * What cannot be written is lost: there is nobody left to tell.
 */
#include "cmd/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "cmd/log_service.h"

static const char *level_name(enum corc_log_level level)
{
	switch (level) {
	case CORC_LOG_ERROR:
		return "error";
	case CORC_LOG_WARNING:
		return "warning";
	case CORC_LOG_INFO:
		return "info";
	case CORC_LOG_DEBUG:
		return "debug";
	}
	return "error";
}

static const struct {
	const char *prefix;
	enum corc_log_kind kind;
	const char *socket;
} destinations[] = {
	{"file:", CORC_LOG_FILE, NULL},
	{"journald:", CORC_LOG_JOURNAL, CORC_JOURNAL_SOCKET},
	{"syslog:", CORC_LOG_SYSLOG, CORC_SYSLOG_SOCKET},
};

static int open_file(struct corc_log *log, const char *path, struct corc_error *error)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);

	if (fd < 0)
		return corc_fail_errno(error, errno, "open %s", path);
	corc_close_(log->fd);
	log->fd = fd;
	log->kind = CORC_LOG_FILE;
	return 0;
}

int corc_log_open(struct corc_log *log, const char *destination, struct corc_error *error)
{
	for (size_t i = 0; i < sizeof(destinations) / sizeof(destinations[0]); i++) {
		size_t length = strlen(destinations[i].prefix);
		int fd;

		if (strncmp(destination, destinations[i].prefix, length) != 0)
			continue;
		if (destinations[i].socket == NULL)
			return open_file(log, destination + length, error);
		fd = corc_log_service_connect(destinations[i].socket);
		if (fd < 0)
			return corc_fail_errno(
				error, -fd, "log to %s: %s", destination, destinations[i].socket);
		corc_close_(log->fd);
		log->fd = fd;
		log->kind = destinations[i].kind;
		log->identity = destination + length;
		return 0;
	}
	return open_file(log, destination, error);
}

int corc_log_set_level(struct corc_log *log, const char *name, struct corc_error *error)
{
	for (int level = CORC_LOG_ERROR; level <= CORC_LOG_DEBUG; level++) {
		if (strcmp(level_name((enum corc_log_level)level), name) == 0) {
			log->level = (enum corc_log_level)level;
			return 0;
		}
	}
	return corc_fail(error, EINVAL, "invalid log-level: %s", name);
}

int corc_log_set_format(struct corc_log *log, const char *format, struct corc_error *error)
{
	bool is_json = strcmp(format, "json") == 0;

	if (!is_json && strcmp(format, "text") != 0)
		return corc_fail(error, EINVAL, "invalid log-format: %s", format);
	log->is_json = is_json;
	return 0;
}

void corc_log_done(struct corc_log *log)
{
	corc_close_(corc_take_fd(&log->fd));
}

/* A string in double quotes on one line. */
static void put_quoted(struct corc_buffer *buffer, const char *text)
{
	static const char special[] = "\"\\\n\r\t";
	static const char letters[] = "\"\\nrt";

	corc_buffer_append(buffer, "\"", 1);
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		const char *found = strchr(special, byte);

		if (found != NULL)
			corc_buffer_printf(buffer, "\\%c", letters[found - special]);
		else if (byte < 0x20 || byte == 0x7f)
			corc_buffer_printf(buffer, "\\x%02x", byte);
		else
			corc_buffer_append(buffer, text, 1);
	}
	corc_buffer_append(buffer, "\"", 1);
}

void corc_log_format_record(struct corc_buffer *buffer, bool is_json, struct timespec time,
	enum corc_log_level level, const char *message)
{
	struct corc_json_writer writer = {.buffer = buffer};
	char stamp[CORC_TIME_SIZE];

	corc_time_rfc3339_seconds(time, stamp);
	if (is_json) {
		corc_json_begin_object(&writer, NULL);
		corc_json_string(&writer, "level", level_name(level));
		corc_json_string(&writer, "msg", message);
		corc_json_string(&writer, "time", stamp);
		corc_json_end_object(&writer);
	} else {
		corc_buffer_printf(buffer, "time=\"%s\" level=%s msg=", stamp, level_name(level));
		put_quoted(buffer, message);
	}
	corc_buffer_append(buffer, "\n", 1);
}

/* One write for one record: several processes may append to one file. */
static void write_record(
	const struct corc_log *log, int fd, enum corc_log_level level, const char *message)
{
	struct corc_buffer CORC_BUFFER record = {0};
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (fd != log->fd || log->kind == CORC_LOG_FILE)
		corc_log_format_record(&record, log->is_json, now, level, message);
	else if (log->kind == CORC_LOG_JOURNAL)
		corc_log_format_journal(&record, level, log->identity, message);
	else
		corc_log_format_syslog(&record, now, getpid(), level, log->identity, message);
	if (record.failed)
		return;
	if (fd != log->fd || log->kind == CORC_LOG_FILE)
		(void)corc_write_all(fd, record.data, record.length);
	else
		(void)send(fd, record.data, record.length, MSG_NOSIGNAL);
}

void corc_log_message(void *data, enum corc_log_level level, const char *message)
{
	const struct corc_log *log = data;

	if (level > log->level)
		return;
	if (log->fd >= 0)
		write_record(log, log->fd, level, message);
	else if (log->level >= CORC_LOG_DEBUG || isatty(STDERR_FILENO))
		write_record(log, STDERR_FILENO, level, message);
}

void corc_log_failure(const struct corc_log *log, const char *message)
{
	struct corc_buffer CORC_BUFFER line = {0};

	if (log->fd >= 0) {
		write_record(log, log->fd, CORC_LOG_ERROR, message);
	} else if (log->is_json) {
		write_record(log, STDERR_FILENO, CORC_LOG_ERROR, message);
		return;
	}
	corc_buffer_printf(&line, "%s\n", message);
	if (!line.failed)
		(void)corc_write_all(STDERR_FILENO, line.data, line.length);
}

void corc_log_compose(
	struct corc_buffer *buffer, const char *prefix, const struct corc_error *error)
{
	char text[2048];
	const char *line = text;

	(void)corc_error_format(error, text, sizeof(text));
	for (;;) {
		size_t length = strcspn(line, "\n");

		corc_buffer_printf(buffer, "%s: ", prefix);
		corc_buffer_append(buffer, line, length);
		if (line[length] == '\0')
			return;
		corc_buffer_append(buffer, "\n", 1);
		line += length + 1;
	}
}
