/* SPDX-License-Identifier: Apache-2.0 */
/* The handle behind corc.h. Layer: run; the parent process. */
#ifndef CORC_RUN_RUNTIME_H
#define CORC_RUN_RUNTIME_H

#include <corc/corc.h>

#include "base/arena.h"
#include "base/json_reader.h"
#include "cgroup/systemd.h"

struct corc_runtime {
	struct corc_arena arena;
	char space[1024]; /* the arena's first */
	const char *root; /* absolute */
	enum corc_cgroup_manager cgroup_manager;
	struct corc_systemd systemd;
	bool rootless;
	uint32_t deadline_ms;
	void (*log)(void *data, enum corc_log_level level, const char *message);
	void *log_data;
};

/* corc_runtime_new without the allocation, for a handle that lives as long as its caller's frame.
 */
int corc_runtime_init(struct corc_runtime *runtime, const struct corc_runtime_options *options,
	struct corc_error *error);

/* Accepts one that is all zero. */
void corc_runtime_done(struct corc_runtime *runtime);

/* One line for the caller's log. */
void corc_log(struct corc_runtime *runtime, enum corc_log_level level, const char *format, ...)
	CORC_PRINTF(3, 4);

void corc_log_warnings(struct corc_runtime *runtime, const struct corc_string_array *warnings);

#endif
