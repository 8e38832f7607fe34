/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount options of the specification. Layer: plan; the parent process only.
 */
#ifndef CORC_PLAN_MOUNT_OPTIONS_H
#define CORC_PLAN_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/json_reader.h"

/* Options that are neither of a mount nor of a file system. */
enum corc_mount_extension {
	CORC_MOUNT_OPTION_COPY_UP = 1 << 0,      /* tmpcopyup */
	CORC_MOUNT_OPTION_COPY_SYMLINK = 1 << 1, /* copy-symlink */
	CORC_MOUNT_OPTION_SOURCE_NOFOLLOW = 1 << 2,
	CORC_MOUNT_OPTION_DESTINATION_NOFOLLOW = 1 << 3,
	CORC_MOUNT_OPTION_REMOUNT = 1 << 4,
};

/* What a list of options says, the later ones winning. */
struct corc_mount_options {
	bool is_bind, is_recursive; /* bind, rbind */
	uint32_t extensions;        /* enum corc_mount_extension */
	/* For mount_setattr(2), MOUNT_ATTR_*. What was asked for is in set, what was asked to be
	 * off in clear; a choice of access times clears the whole field. */
	uint64_t attr_set, attr_clear;
	uint64_t recursive_attr_set, recursive_attr_clear; /* rro and its like */
	uint64_t propagation;                              /* MS_* or 0 */
	bool propagation_recursive;
	bool is_idmapped, idmap_recursive; /* idmap, ridmap */
	const char *idmap;                 /* "uids=0-1-10;gids=…", or NULL */
	size_t idmap_option;               /* index of the option that said so */
	/* For the file system: "size=64k", "sync". */
	struct corc_string_array data;
	size_t first_data; /* index of the option that the first of `data` came from */
};

/*
 * Reads options; is_bind: the type of the mount says already that it is a bind mount. Returns 0 or
 * -ENOMEM.
 */
int corc_mount_options_read(struct corc_arena *arena, const struct corc_string_array *options,
	bool is_bind, struct corc_mount_options *ret_options);

/* Attributes of a file system that is mounted anew, where nothing is below yet: MOUNT_ATTR_*. */
uint64_t corc_mount_options_attributes(const struct corc_mount_options *options);

/* "ro,nosuid,noatime" of MOUNT_ATTR_*; the words are those of the table. */
void corc_mount_attributes_put(uint64_t attributes, struct corc_buffer *buffer);

/* "rslave" of MS_SLAVE | MS_REC; NULL for 0. */
const char *corc_propagation_name(uint64_t flags);

/* MS_* flags of "rslave"; 0 for another word. */
uint64_t corc_propagation_flags(const char *name);

/* The names of the options, sorted; NULL after the last one. */
const char *corc_mount_option_name(size_t index);

#endif
