/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was built. Layer: cmd; the parent process.
 */
#ifndef CORC_CMD_VERSION_H
#define CORC_CMD_VERSION_H

#include "base/error.h"

/* Prints "corc version X", the commit, the specification, the libraries and the kind of build. */
int corc_version_print(struct corc_error *error);

#endif
