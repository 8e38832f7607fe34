/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points in time as text, in UTC. Layer: base; the parent process only.
 */
#include "base/time.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_PER_DAY 86400
/* The calendar repeats every 400 years. */
#define DAYS_PER_ERA 146097
/* From 1 March of the year 0, the start of an era, to 1970. */
#define DAYS_BEFORE_1970 719468

struct date {
	int64_t year;
	int month, day; /* from 1 */
};

/* Years are counted from March on, so that the leap day is the last day of a year. */
static struct date date_of(int64_t days)
{
	int64_t since = days + DAYS_BEFORE_1970;
	int64_t era = (since >= 0 ? since : since - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	int day = (int)(since - era * DAYS_PER_ERA);
	int year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	month = month < 10 ? month + 3 : month - 9;
	return (struct date){era * 400 + year + (month <= 2), month, day + 1};
}

static size_t format_seconds(int64_t seconds, char buffer[CORC_TIME_SIZE])
{
	int64_t days = seconds / SECONDS_PER_DAY;
	int rest = (int)(seconds % SECONDS_PER_DAY);
	struct date date;
	int length;

	if (rest < 0) {
		rest += SECONDS_PER_DAY;
		days--;
	}
	date = date_of(days);
	length = snprintf(buffer, CORC_TIME_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02d",
		(long long)date.year, date.month, date.day, rest / 3600, rest / 60 % 60, rest % 60);
	return length > 0 ? (size_t)length : 0;
}

void corc_time_rfc3339(struct timespec time, char buffer[CORC_TIME_SIZE])
{
	size_t length = format_seconds(time.tv_sec, buffer);

	if (time.tv_nsec > 0 && time.tv_nsec < 1000000000) {
		(void)snprintf(buffer + length, CORC_TIME_SIZE - length, ".%09ld", time.tv_nsec);
		length = strlen(buffer);
		while (buffer[length - 1] == '0')
			length--;
	}
	(void)snprintf(buffer + length, CORC_TIME_SIZE - length, "Z");
}

void corc_time_rfc3339_seconds(struct timespec time, char buffer[CORC_TIME_SIZE])
{
	size_t length = format_seconds(time.tv_sec, buffer);

	(void)snprintf(buffer + length, CORC_TIME_SIZE - length, "Z");
}
