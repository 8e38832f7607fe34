/* SPDX-License-Identifier: Apache-2.0 */
/* The end of what somebody writes. Layer: base; shared by the parent and the stage. */
#ifndef CORC_BASE_TAIL_H
#define CORC_BASE_TAIL_H

#include <stddef.h>

/* Appends to the *length bytes in text[size]; of what is too much the beginning is lost. */
void corc_tail_append(char *text, size_t size, size_t *length, const char *data, size_t count);

#endif
