/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of capabilities. Layer: plan; the parent process only. The only user of libcap.
 * corc_capability_number is in compile.h.
 */
#ifndef CORC_PLAN_CAPABILITIES_H
#define CORC_PLAN_CAPABILITIES_H

#include <stdint.h>

#include "base/buffer.h"

/* "CAP_CHOWN,CAP_KILL" of a mask; "none"; "all" when it has everything up to `last`. */
void corc_capabilities_put(uint64_t mask, uint32_t last, struct corc_buffer *buffer);

#endif
