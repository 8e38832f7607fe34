/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of one invocation: --log, --log-format and --debug. Layer: cmd; the parent process.
 *
 * A record is one line, either time="…" level=error msg="…" or one JSON object. The journal and
 * syslog get the message alone, with its level.
 */
#ifndef CORC_CMD_LOG_H
#define CORC_CMD_LOG_H

#include <stdbool.h>
#include <time.h>

#include <corc/corc.h>

#include "base/buffer.h"

enum corc_log_kind { CORC_LOG_FILE, CORC_LOG_JOURNAL, CORC_LOG_SYSLOG };

struct corc_log {
	int fd; /* the file or socket; negative: there is none */
	enum corc_log_kind kind;
	const char *identity; /* of the journal and of syslog: who writes */
	bool is_json;
	enum corc_log_level level; /* the least important that is written */
};

#define CORC_LOG_NONE                                       \
	{                                                   \
		.fd = CORC_NO_FD, .level = CORC_LOG_WARNING \
	}

/*
 * "journald:IDENTITY", "syslog:IDENTITY", or "[file:]PATH", which is opened for appending and made
 * if need be. The string must outlive the log.
 */
int corc_log_open(struct corc_log *log, const char *destination, struct corc_error *error);

/* "error", "warning", "info" or "debug". EINVAL: "invalid log-level: X". */
int corc_log_set_level(struct corc_log *log, const char *name, struct corc_error *error);

/* "text" or "json". EINVAL: "invalid log-format: X". */
int corc_log_set_format(struct corc_log *log, const char *format, struct corc_error *error);

void corc_log_done(struct corc_log *log);

/* Appends one record with its newline. */
void corc_log_format_record(struct corc_buffer *buffer, bool is_json, struct timespec time,
	enum corc_log_level level, const char *message);

/*
 * The log function of the library (data: the struct corc_log). A record goes to the file. Without
 * one it goes to standard error if --debug was given or a person sits there, because clients take
 * standard error for a part of the answer.
 */
void corc_log_message(void *data, enum corc_log_level level, const char *message);

/*
 * The failure of the whole invocation: the record goes to the file and every line of the message,
 * bare, to standard error; without a file and with --log-format json only the record does.
 */
void corc_log_failure(const struct corc_log *log, const char *message);

/* "corc create web: config.json:3:5: …": an error, with the prefix in front of each line. */
void corc_log_compose(
	struct corc_buffer *buffer, const char *prefix, const struct corc_error *error);

#endif
