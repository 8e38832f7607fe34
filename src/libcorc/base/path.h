/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lexical paths. Layer: base; the parent process only.
 */
#ifndef CORC_BASE_PATH_H
#define CORC_BASE_PATH_H

#include <stdbool.h>

#include "base/arena.h"

/* "/a//b/../c/." → "/a/c"; relative ones are taken from "/". NULL: no memory. */
char *corc_path_clean(struct corc_arena *arena, const char *path);
/* base + "/" + path when path is relative, else path; cleaned. */
char *corc_path_join(struct corc_arena *arena, const char *base, const char *path);
/* true when path is `directory` or below it; both cleaned. */
bool corc_path_is_below(const char *path, const char *directory);

#endif
