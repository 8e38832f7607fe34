/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records for the journal and for syslog. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_LOG_SERVICE_H
#define CORC_CMD_LOG_SERVICE_H

#include <time.h>

#include <corc/corc.h>

#include "base/buffer.h"

#define CORC_JOURNAL_SOCKET "/run/systemd/journal/socket"
#define CORC_SYSLOG_SOCKET "/dev/log"

/* A datagram socket that does not wait longer than a second for its reader; -errno. */
int corc_log_service_connect(const char *path);

/* One datagram of the journal's native protocol: PRIORITY, ID and MESSAGE. */
void corc_log_format_journal(struct corc_buffer *buffer, enum corc_log_level level,
	const char *identity, const char *message);

/* One datagram: "<11>Nov 23 09:50:00 IDENTITY[PID]: MESSAGE", in local time. */
void corc_log_format_syslog(struct corc_buffer *buffer, struct timespec time, pid_t pid,
	enum corc_log_level level, const char *identity, const char *message);

#endif
