/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict numbers: the whole text, no sign where none belongs, no blanks, no overflow.
 * Layer: base; the parent process only. All return 0, -EINVAL (not a number) or -ERANGE.
 */
#ifndef CORC_BASE_NUMBER_H
#define CORC_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* The largest user or group id: 2^32 - 1 means "unchanged" to the kernel and is refused. */
#define CORC_ID_MAX 4294967294u

int corc_parse_u64(const char *text, size_t length, uint64_t max, uint64_t *ret_value);
/* Takes a leading '-'. */
int corc_parse_i64(const char *text, size_t length, int64_t *ret_value);
/* An id between 0 and CORC_ID_MAX. */
int corc_parse_id(const char *text, uint32_t *ret_id);
/* "UID" or "UID:GID"; *ret_has_gid tells which. */
int corc_parse_user(const char *text, uint32_t *ret_uid, uint32_t *ret_gid, int *ret_has_gid);
/*
 * A list of numbers and ranges, "0-3,7", as the kernel reads lists of CPUs: blanks around a part
 * and empty parts are passed over. Sets bits of a mask of `words` words, bit 0 of the first being
 * 0, which the caller has zeroed. "" has no numbers; blanks and commas alone are no list. -ERANGE:
 * a number beyond the mask.
 */
int corc_parse_list(const char *text, uint32_t *mask, size_t words);
/* Octal digits only, at most 07777. */
int corc_parse_mode(const char *text, uint32_t *ret_mode);
/*
 * Bytes with an optional binary unit: b k m g t p (any case, "kb", "KiB" too), "-1" for unlimited.
 * Before a unit a fraction and one blank may stand, "1.5 GB"; parts of a byte are dropped.
 */
int corc_parse_size(const char *text, int64_t *ret_bytes);

#endif
