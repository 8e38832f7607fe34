/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records for the journal and for syslog. Layer: cmd; the parent process.
 * Without a library: both are one datagram.
 */
#include "cmd/log_service.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/cleanup.h"

#define FACILITY_USER 1

static int priority(enum corc_log_level level)
{
	switch (level) {
	case CORC_LOG_ERROR:
		return 3;
	case CORC_LOG_WARNING:
		return 4;
	case CORC_LOG_INFO:
		return 6;
	case CORC_LOG_DEBUG:
		return 7;
	}
	return 3;
}

int corc_log_service_connect(const char *path)
{
	static const struct timeval patience = {.tv_sec = 1};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int CORC_CLOSE fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return corc_take_fd(&fd);
}

/* The form that takes every text: the name, the length in 64 bits of little endian, the text. */
static void put_field(struct corc_buffer *buffer, const char *name, const char *text)
{
	size_t length = strlen(text);
	unsigned char size[8];

	for (size_t i = 0; i < sizeof(size); i++)
		size[i] = (unsigned char)((uint64_t)length >> (8 * i));
	corc_buffer_printf(buffer, "%s\n", name);
	corc_buffer_append(buffer, size, sizeof(size));
	corc_buffer_append(buffer, text, length);
	corc_buffer_append(buffer, "\n", 1);
}

void corc_log_format_journal(struct corc_buffer *buffer, enum corc_log_level level,
	const char *identity, const char *message)
{
	corc_buffer_printf(buffer, "PRIORITY=%d\n", priority(level));
	put_field(buffer, "ID", identity);
	put_field(buffer, "MESSAGE", message);
}

void corc_log_format_syslog(struct corc_buffer *buffer, struct timespec time, pid_t pid,
	enum corc_log_level level, const char *identity, const char *message)
{
	struct tm local = {0};
	char stamp[32] = "";

	(void)localtime_r(&time.tv_sec, &local);
	(void)strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &local);
	corc_buffer_printf(buffer, "<%d>%s %s[%d]: %s", FACILITY_USER * 8 + priority(level), stamp,
		identity, (int)pid, message);
}
