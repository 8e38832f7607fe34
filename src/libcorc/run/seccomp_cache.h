/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled seccomp filters, kept in the state directory for the next container with the same
 * profile. Layer: run; the parent process.
 *
 * ROOT/.cache:seccomp holds one file a profile, named after the hash of its key: everything that
 * the program depends on. The name is none that a container can have. A file begins with its key,
 * so that two profiles with one hash cannot be taken for each other. The folder has to be private
 * and ours. Whatever is not as it should be is passed over and made again: the cache never fails a
 * container, and nothing but time depends on it.
 */
#ifndef CORC_RUN_SECCOMP_CACHE_H
#define CORC_RUN_SECCOMP_CACHE_H

#include "base/buffer.h"
#include "run/runtime.h"
#include "spec/spec.h"

#define CORC_SECCOMP_CACHE ".cache:seccomp"
/* So many files are kept; the oldest go. */
#define CORC_SECCOMP_CACHE_FILES 64

struct corc_seccomp_cache {
	struct corc_buffer key; /* empty: nothing to look for */
	char *file;             /* what was found, malloc'ed */
	const void *program;    /* in it; NULL: not found */
	size_t program_size;    /* bytes */
};

/* Looks for the filter of a configuration. `cache` is all zero before. */
void corc_seccomp_cache_find(struct corc_runtime *runtime, const struct corc_spec *spec,
	struct corc_seccomp_cache *cache);

/*
 * Keeps the program that was compiled because none was found. Nothing happens when there is nothing
 * to keep. The state directory is there.
 */
void corc_seccomp_cache_keep(struct corc_runtime *runtime, const struct corc_seccomp_cache *cache,
	const void *program, size_t program_size);

void corc_seccomp_cache_done(struct corc_seccomp_cache *cache);

#endif
