/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed structs as compact bytes and back, driven by the same tables that read JSON. Layer: spec;
 * the parent process only.
 *
 * `create` packs what exec needs (the process and how to enter the container) into the state
 * directory; exec unpacks it instead of parsing config.json again. The bytes begin with a
 * fingerprint of the table, so that another build with another layout is recognised and compiles
 * from the kept config.json instead, and with a checksum.
 */
#ifndef CORC_SPEC_PACK_H
#define CORC_SPEC_PACK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/json_reader.h"

/* Appends header and content. Nodes are not kept (they unpack as 0). */
int corc_pack(const struct corc_json_object *object, const void *value, struct corc_buffer *buffer);

/*
 * Fills the struct at `target` (of object->size). Strings point into `data`, which must outlive
 * it; arrays come from the arena. -EBADMSG: not ours, another layout, or damaged (every length and
 * offset is checked against `length`).
 */
int corc_unpack(const struct corc_json_object *object, struct corc_arena *arena, const void *data,
	size_t length, void *target);

#endif
