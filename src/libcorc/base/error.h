/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making errors. Layer: base; the parent process only (the stage sends reports, see
 * plan/protocol.h). `error` is never NULL.
 */
#ifndef CORC_BASE_ERROR_H
#define CORC_BASE_ERROR_H

#include <corc/error.h>

#define CORC_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* Records code and message, forgets what was there before. Returns -code. */
int corc_fail(struct corc_error *error, int code, const char *format, ...) CORC_PRINTF(3, 4);

/* As corc_fail, and appends ": " and the text of the errno. */
int corc_fail_errno(struct corc_error *error, int code, const char *format, ...) CORC_PRINTF(3, 4);

/* Puts "CONTEXT: " in front of the message. Returns -code. */
int corc_error_prefix(struct corc_error *error, const char *format, ...) CORC_PRINTF(2, 3);

/* Appends "; TEXT" to the message: what else went wrong while cleaning up. Returns -code. */
int corc_error_append(struct corc_error *error, const char *format, ...) CORC_PRINTF(2, 3);

/* Sets the hint unless one is there. Returns -code. */
int corc_error_hint(struct corc_error *error, const char *format, ...) CORC_PRINTF(2, 3);

/* Sets the step unless one is there. Returns -code. */
int corc_error_step(struct corc_error *error, enum corc_step step);

/*
 * The text of an errno as clients of OCI runtimes match it, the same with every libc:
 * "no such file or directory". Never NULL; an unknown number gives "errno N" out of a caller's
 * buffer of at least 16 bytes.
 */
const char *corc_errno_text(int code, char buffer[16]);

#endif
