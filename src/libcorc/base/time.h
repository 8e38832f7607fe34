/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points in time as text, in UTC. Layer: base; the parent process only. The C library's calendar is
 * not used: it reads the machine's time zone file first.
 */
#ifndef CORC_BASE_TIME_H
#define CORC_BASE_TIME_H

#include <time.h>

#define CORC_TIME_SIZE 40

/* RFC 3339 with nanoseconds, trailing zeros removed: "2026-11-23T05:37:00.0125Z". */
void corc_time_rfc3339(struct timespec time, char buffer[CORC_TIME_SIZE]);

/* RFC 3339 in whole seconds, rounded down: "2026-11-23T05:37:00Z". */
void corc_time_rfc3339_seconds(struct timespec time, char buffer[CORC_TIME_SIZE]);

#endif
