/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lengths of time on the command line. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_DURATION_H
#define CORC_CMD_DURATION_H

#include <stdint.h>

/*
 * Numbers with units, one after the other: "300ms", "1.5h", "2h45m", "-1s", and "0". The units are
 * ns, us (µs), ms, s, m, h. Less than a nanosecond is cut off. -EINVAL; -ERANGE beyond 292 years.
 */
int corc_duration_parse(const char *text, int64_t *ret_nanoseconds);

#endif
