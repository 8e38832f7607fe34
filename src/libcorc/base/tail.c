/* SPDX-License-Identifier: Apache-2.0 */
/* The end of what somebody writes. Layer: base; shared by the parent and the stage. */
#include "base/tail.h"

#include <string.h>

void corc_tail_append(char *text, size_t size, size_t *length, const char *data, size_t count)
{
	size_t keep = *length;

	if (count > size) {
		data += count - size;
		count = size;
	}
	if (keep > size - count)
		keep = size - count;
	memmove(text, text + *length - keep, keep);
	memcpy(text + keep, data, count);
	*length = keep + count;
}
