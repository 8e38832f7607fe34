/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checksum against damage and for finding cached content, not against an attacker. Layer: base;
 * the parent process only. The value is kept in files: it depends on the byte order of the machine
 * and on nothing else.
 */
#ifndef CORC_BASE_HASH_H
#define CORC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Two texts of one length that differ within one aligned group of 8 bytes never have one hash. */
uint64_t corc_hash(const void *data, size_t length);

#endif
