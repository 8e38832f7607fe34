/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clocks: prints the whole seconds of CLOCK_MONOTONIC and CLOCK_BOOTTIME. Runs in the container.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>

int main(void)
{
	struct timespec monotonic, boottime;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boottime);
	printf("%ld %ld\n", (long)monotonic.tv_sec, (long)boottime.tv_sec);
	return 0;
}
