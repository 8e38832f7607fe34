/* SPDX-License-Identifier: Apache-2.0 */
/* environment: succeeds when it has no environment at all; says what there is. */
#include <stdio.h>
#include <unistd.h>

extern char **environ;

int main(void)
{
	for (char **variable = environ; *variable; variable++)
		puts(*variable);
	return *environ != NULL;
}
