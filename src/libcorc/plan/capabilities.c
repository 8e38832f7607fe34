/* SPDX-License-Identifier: Apache-2.0 */
/* Names of capabilities. Layer: plan; the parent process only. */
#include "plan/capabilities.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/capability.h>

#include "plan/compile.h"

#define PREFIX "CAP_"
#define NUMBERS 64 /* in a mask */

int corc_capability_number(const char *name)
{
	cap_value_t number;

	/* libcap takes numbers, any case, and the first of several; the specification does not. */
	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
		name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")])
		return -ENOENT;
	if (cap_from_name(name, &number) < 0 || number < 0 || number >= NUMBERS)
		return -ENOENT;
	return number;
}

static void put_name(uint32_t number, struct corc_buffer *buffer)
{
	char *name = cap_to_name((cap_value_t)number);

	if (!name) {
		buffer->failed = true;
		return;
	}
	for (const char *at = name; *at; at++) {
		char upper = (char)toupper((unsigned char)*at);

		corc_buffer_append(buffer, &upper, 1);
	}
	(void)cap_free(name);
}

void corc_capabilities_put(uint64_t mask, uint32_t last, struct corc_buffer *buffer)
{
	uint64_t all = last < NUMBERS - 1 ? (UINT64_C(1) << (last + 1)) - 1 : UINT64_MAX;
	const char *separator = "";

	if (mask == 0 || mask == all) {
		corc_buffer_puts(buffer, mask == 0 ? "none" : "all");
		return;
	}
	for (uint32_t i = 0; i < NUMBERS; i++) {
		if (!(mask & (UINT64_C(1) << i)))
			continue;
		corc_buffer_puts(buffer, separator);
		put_name(i, buffer);
		separator = ",";
	}
}
