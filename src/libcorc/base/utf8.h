/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8, strictly. Layer: base; the parent process only.
 */
#ifndef CORC_BASE_UTF8_H
#define CORC_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The bytes of the character that `text` begins with, 1 to 4; 0 when it begins with none: a stray
 * or missing continuation byte, an overlong form, a surrogate, beyond U+10FFFF, or length 0.
 */
size_t corc_utf8_length(const char *text, size_t length);

bool corc_utf8_is_valid(const char *text, size_t length);

/* The largest number of bytes up to `length` that does not cut a character in two. */
size_t corc_utf8_cut(const char *text, size_t length);

#endif
