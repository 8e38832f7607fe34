/* SPDX-License-Identifier: Apache-2.0 */
/* --pid-file. Layer: run; the parent process. */
#ifndef CORC_RUN_PID_FILE_H
#define CORC_RUN_PID_FILE_H

#include <sys/types.h>

#include "base/error.h"

/* Decimal, no newline; a reader never sees a part of it. */
int corc_pid_file_write(const char *path, pid_t pid, struct corc_error *error);

#endif
