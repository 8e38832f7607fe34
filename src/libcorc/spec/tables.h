/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vocabulary of the tables in spec_*.c, and the objects that they share. Layer: spec; the
 * parent process only.
 *
 * One row a property: ROW_KIND(struct, "property", member, …), where `struct` is the name after
 * corc_. A row whose member has another C type than its kind does not compile. The kinds with
 * _OPTIONAL are pointer members, NULL when the property is absent.
 *
 * Rows stand in the order in which engines write the properties: the reader looks for a key behind
 * the one before it.
 */
#ifndef CORC_SPEC_TABLES_H
#define CORC_SPEC_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/json_reader.h"
#include "base/number.h"
#include "spec/spec.h"

#define REQUIRED CORC_JSON_REQUIRED
#define NOT_EMPTY CORC_JSON_NOT_EMPTY

/* 0; an array of negative size, which is an error, when the member is not of type c_type. */
#define ROW_TYPE_CHECK(owner, member, c_type)               \
	(0 * sizeof(char[1 -                                \
			 2 * !__builtin_types_compatible_p( \
				     __typeof__(((struct corc_##owner *)0)->member), c_type)]))

#define ROW(owner, property, member, c_type, ...)                 \
	{                                                         \
		.name = (property),                               \
		.offset = offsetof(struct corc_##owner, member) + \
			  ROW_TYPE_CHECK(owner, member, c_type),  \
		__VA_ARGS__                                       \
	}

#define ROW_STRING(owner, property, member, row_flags) \
	ROW(owner, property, member, const char *, .type = CORC_JSON_STRING, .flags = (row_flags))

#define ROW_BOOL(owner, property, member, row_flags) \
	ROW(owner, property, member, bool, .type = CORC_JSON_BOOL, .flags = (row_flags))

#define ROW_BOOL_OPTIONAL(owner, property, member) \
	ROW(owner, property, member, bool *, .type = CORC_JSON_BOOL, .flags = CORC_JSON_POINTER)

/* The largest value; 0: that of the type. */
#define ROW_U32(owner, property, member, row_flags, largest)                                \
	ROW(owner, property, member, uint32_t, .type = CORC_JSON_U32, .flags = (row_flags), \
		.max = (largest))

#define ROW_U32_OPTIONAL(owner, property, member, largest)              \
	ROW(owner, property, member, uint32_t *, .type = CORC_JSON_U32, \
		.flags = CORC_JSON_POINTER, .max = (largest))

#define ROW_U64(owner, property, member, row_flags) \
	ROW(owner, property, member, uint64_t, .type = CORC_JSON_U64, .flags = (row_flags))

#define ROW_U64_OPTIONAL(owner, property, member, largest)              \
	ROW(owner, property, member, uint64_t *, .type = CORC_JSON_U64, \
		.flags = CORC_JSON_POINTER, .max = (largest))

#define ROW_I64(owner, property, member) \
	ROW(owner, property, member, int64_t, .type = CORC_JSON_I64)

/* smallest and largest 0: those of the type. */
#define ROW_I64_OPTIONAL(owner, property, member, smallest, largest)                               \
	ROW(owner, property, member, int64_t *, .type = CORC_JSON_I64, .flags = CORC_JSON_POINTER, \
		.min = (smallest), .max = (largest))

#define ROW_ENUM(owner, property, member, row_flags, closed_set)                             \
	ROW(owner, property, member, uint32_t, .type = CORC_JSON_ENUM, .flags = (row_flags), \
		.values = (closed_set))

#define ROW_ENUM_OPTIONAL(owner, property, member, closed_set)           \
	ROW(owner, property, member, uint32_t *, .type = CORC_JSON_ENUM, \
		.flags = CORC_JSON_POINTER, .values = (closed_set))

#define ROW_ENUMS(owner, property, member, closed_set)                                    \
	ROW(owner, property, member, struct corc_u32_array, .type = CORC_JSON_ENUM_ARRAY, \
		.values = (closed_set))

/* `table` is the name of the object and of the struct: corc_spec_TABLE_object. */
#define ROW_OBJECT(owner, property, member, row_flags, table)                            \
	ROW(owner, property, member, struct corc_spec_##table, .type = CORC_JSON_OBJECT, \
		.flags = (row_flags), .object = &corc_spec_##table##_object)

#define ROW_OBJECT_OPTIONAL(owner, property, member, table)                                \
	ROW(owner, property, member, struct corc_spec_##table *, .type = CORC_JSON_OBJECT, \
		.flags = CORC_JSON_POINTER, .object = &corc_spec_##table##_object)

/* `list` is the name of the struct with items and count: corc_spec_LIST. */
#define ROW_OBJECTS(owner, property, member, list, table)                                     \
	ROW(owner, property, member, struct corc_spec_##list, .type = CORC_JSON_OBJECT_ARRAY, \
		.object = &corc_spec_##table##_object)

/* The same for an object whose keys are names; see MAP_TABLE. */
#define ROW_OBJECT_MAP(owner, property, member, list, table)                                \
	ROW(owner, property, member, struct corc_spec_##list, .type = CORC_JSON_OBJECT_MAP, \
		.object = &corc_spec_##table##_object)

#define ROW_STRINGS(owner, property, member, row_flags)                                        \
	ROW(owner, property, member, struct corc_string_array, .type = CORC_JSON_STRING_ARRAY, \
		.flags = (row_flags))

#define ROW_STRINGS_OPTIONAL(owner, property, member)                                            \
	ROW(owner, property, member, struct corc_string_array *, .type = CORC_JSON_STRING_ARRAY, \
		.flags = CORC_JSON_POINTER)

#define ROW_U32S(owner, property, member, largest)                                       \
	ROW(owner, property, member, struct corc_u32_array, .type = CORC_JSON_U32_ARRAY, \
		.max = (largest))

#define ROW_MAP(owner, property, member) \
	ROW(owner, property, member, struct corc_string_map, .type = CORC_JSON_STRING_MAP)

/* Of another platform. */
#define ROW_IGNORED(property)                                 \
	{                                                     \
		.name = (property), .type = CORC_JSON_IGNORED \
	}

#define ROW_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* `rows` is an array of fields, `title` the name for messages. */
#define OBJECT_TABLE(table, title, rows)                                 \
	const struct corc_json_object corc_spec_##table##_object = {     \
		.name = (title),                                         \
		.size = sizeof(struct corc_spec_##table),                \
		.node_offset = offsetof(struct corc_spec_##table, node), \
		.fields = (rows),                                        \
		.count = ROW_COUNT(rows),                                \
	}

/* As OBJECT_TABLE, for the values of a map: the struct has a member `name` for the key. */
#define MAP_TABLE(table, title, rows)                                    \
	const struct corc_json_object corc_spec_##table##_object = {     \
		.name = (title),                                         \
		.size = sizeof(struct corc_spec_##table),                \
		.node_offset = offsetof(struct corc_spec_##table, node), \
		.fields = (rows),                                        \
		.count = ROW_COUNT(rows),                                \
		.name_offset = offsetof(struct corc_spec_##table, name), \
	}

extern const struct corc_json_object corc_spec_hooks_object;
extern const struct corc_json_object corc_spec_id_mapping_object;
extern const struct corc_json_object corc_spec_linux_object;
extern const struct corc_json_object corc_spec_mount_object;
extern const struct corc_json_object corc_spec_resources_object;

#endif
