/* SPDX-License-Identifier: Apache-2.0 */
/*
 * old-criu swrk FD: a CRIU that says it is version 3.16 and does nothing else. Runs on the host.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A criu_resp of rpc.proto: type VERSION, success, version {major_number 3, minor_number 16}. */
static const unsigned char answer[] = {0x08, 10, 0x10, 1, 0x52, 4, 0x08, 3, 0x10, 16};

int main(int argc, char **argv)
{
	char request[4096];

	if (argc != 3 || strcmp(argv[1], "swrk") != 0 || strcmp(argv[2], "3") != 0)
		return 2;
	while (recv(3, request, sizeof(request), 0) > 0)
		if (send(3, answer, sizeof(answer), MSG_NOSIGNAL) != (ssize_t)sizeof(answer))
			return 1;
	return 0;
}
