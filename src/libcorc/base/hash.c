/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FNV-1a's step on 8 bytes at a time, with the upper half folded into the lower one after each (a
 * multiplication alone never carries a change downwards). Layer: base; the parent process only.
 */
#include "base/hash.h"

#include <string.h>

#define OFFSET_BASIS 0xcbf29ce484222325u
/* A dense odd number (2^64 by the golden ratio): FNV's sparse one is made for single bytes. */
#define MULTIPLIER 0x9e3779b97f4a7c15u

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * MULTIPLIER;
	return hash ^ hash >> 32;
}

uint64_t corc_hash(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint64_t hash = OFFSET_BASIS ^ length;
	uint64_t word;

	for (; length >= sizeof(word); length -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	if (length > 0)
		memcpy(&word, bytes, length);
	return mix(mix(hash, word), 0);
}
