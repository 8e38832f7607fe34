/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The long-running container of the benchmarks: sleeps until a signal ends it. As process 1 it gets
 * no signal that it does not handle, so it asks for SIGTERM. It runs inside the container.
 */
#include <signal.h>
#include <unistd.h>

static void end(int signal_number)
{
	_exit(128 + signal_number);
}

int main(void)
{
	signal(SIGTERM, end);
	for (;;)
		pause();
}
