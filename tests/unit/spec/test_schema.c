/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The specification's JSON Schema against the tables: every property has a row of a fitting type,
 * every word of a closed set is taken, what is required is required, and no row is without a
 * property.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

#include "spec/data.h"
#include "spec/rows.h"
#include "spec/spec.h"

#define FILES 4

struct schema {
	const char *names[FILES];
	yajl_val trees[FILES];
	size_t rows; /* that a property was found for */
	size_t problems;
};

/* A place in one of the files. */
struct place {
	yajl_val value;
	const char *file;
};

static yajl_val member(yajl_val object, const char *key)
{
	const char *path[] = {key, NULL};

	return yajl_tree_get(object, path, yajl_t_any);
}

/* "defs.json#/definitions/uint32" or "#/definitions/uint32" */
static struct place follow(const struct schema *schema, struct place place, const char *reference)
{
	const char *hash = strchr(reference, '#');
	char rest[128];
	char *save = NULL;

	assert_non_null(hash);
	for (size_t i = 0; i < FILES; i++) {
		size_t length = strlen(schema->names[i]);
		const char *name = hash == reference ? place.file : reference;

		if (strncmp(name, schema->names[i], length) != 0)
			continue;
		place = (struct place){schema->trees[i], schema->names[i]};
		break;
	}
	(void)snprintf(rest, sizeof(rest), "%s", hash + 1);
	for (char *step = strtok_r(rest, "/", &save); step; step = strtok_r(NULL, "/", &save))
		place.value = member(place.value, step);
	if (!place.value)
		fail_msg("the schema has no %s", reference);
	return place;
}

static struct place resolve(const struct schema *schema, struct place place)
{
	yajl_val reference = NULL;

	while ((reference = member(place.value, "$ref")))
		place = follow(schema, place, YAJL_GET_STRING(reference));
	return place;
}

static const struct corc_json_field *find_row(
	const struct corc_json_object *object, const char *name)
{
	for (size_t i = 0; i < object->count; i++)
		if (strcmp(object->fields[i].name, name) == 0)
			return &object->fields[i];
	return NULL;
}

static const char *type_word(enum corc_json_type type)
{
	switch (type) {
	case CORC_JSON_STRING:
	case CORC_JSON_ENUM:
		return "string";
	case CORC_JSON_BOOL:
		return "boolean";
	case CORC_JSON_U32:
	case CORC_JSON_U64:
	case CORC_JSON_I64:
		return "integer";
	case CORC_JSON_OBJECT:
	case CORC_JSON_STRING_MAP:
	case CORC_JSON_OBJECT_MAP:
		return "object";
	case CORC_JSON_OBJECT_ARRAY:
	case CORC_JSON_STRING_ARRAY:
	case CORC_JSON_U32_ARRAY:
	case CORC_JSON_ENUM_ARRAY:
		return "array";
	case CORC_JSON_IGNORED:
		break;
	}
	return NULL;
}

static void complain(struct schema *schema, const char *path, const char *name, const char *what)
{
	print_error("%s.%s: %s\n", path, name, what);
	schema->problems++;
}

static void compare_closed_set(
	struct schema *schema, const char *path, const struct corc_json_field *row, yajl_val words)
{
	for (size_t i = 0; i < YAJL_GET_ARRAY(words)->len; i++) {
		const char *word = YAJL_GET_STRING(YAJL_GET_ARRAY(words)->values[i]);
		const struct corc_json_enum *value = row->values;

		while (value->name && strcmp(value->name, word) != 0)
			value++;
		if (!value->name)
			complain(schema, path, row->name, word);
	}
}

static long double smallest(const struct corc_json_field *row)
{
	if (row->type != CORC_JSON_I64)
		return (long double)row->min_unsigned;
	return row->min == 0 && row->max == 0 ? (long double)INT64_MIN : (long double)row->min;
}

static long double largest(const struct corc_json_field *row)
{
	if (row->max != 0)
		return (long double)row->max;
	if (row->type == CORC_JSON_I64)
		return (long double)INT64_MAX;
	return row->type == CORC_JSON_U32 ? (long double)UINT32_MAX : (long double)UINT64_MAX;
}

/* Numbers that the schema has and the kernel, or the text of the specification, has not. */
static bool may_be_narrower(const char *path)
{
	static const char *const narrow[] = {
		/* the id -1 is none */
		".process.user.uid",
		".process.user.gid",
		".linux.devices.uid",
		".linux.devices.gid",
		/* fields of a terminal have 16 bits */
		".process.consoleSize.height",
		".process.consoleSize.width",
		/* the kernel's */
		".process.oomScoreAdj",
		".process.ioPriority.priority",
		".process.scheduler.nice",
		".process.scheduler.priority",
		".linux.timeOffsets.boottime.nanosecs",
		".linux.timeOffsets.monotonic.nanosecs",
		".linux.seccomp.syscalls.args.index",
		".linux.resources.cpu.idle",
		".linux.resources.blockIO.weight",
		".linux.resources.blockIO.leafWeight",
		".linux.resources.blockIO.weightDevice.weight",
		".linux.resources.blockIO.weightDevice.leafWeight",
		/* the specification's text: -1 is unlimited; from 0 to 100 */
		".linux.resources.memory.limit",
		".linux.resources.memory.reservation",
		".linux.resources.memory.swap",
		".linux.resources.memory.kernel",
		".linux.resources.memory.kernelTCP",
		".linux.resources.memory.swappiness",
	};

	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
		if (strcmp(narrow[i], path) == 0)
			return true;
	return false;
}

static void compare_range(
	struct schema *schema, const char *path, const struct corc_json_field *row, yajl_val type)
{
	yajl_val low = member(type, "minimum"), high = member(type, "maximum");
	char whole[256];
	/* A device number has 12 bits and 20. */
	bool is_device = strcmp(row->name, "major") == 0 || strcmp(row->name, "minor") == 0;

	(void)snprintf(whole, sizeof(whole), "%s.%s", path, row->name);
	if (((low && strtold(YAJL_GET_NUMBER(low), NULL) < smallest(row)) ||
		    (high && strtold(YAJL_GET_NUMBER(high), NULL) > largest(row))) &&
		!is_device && !may_be_narrower(whole))
		complain(schema, path, row->name, "takes fewer numbers than the schema");
}

static void walk_object(struct schema *schema, struct place place,
	const struct corc_json_object *object, const char *path);

static void compare(struct schema *schema, struct place place, const struct corc_json_field *row,
	const char *path)
{
	const char *word = type_word(row->type);
	yajl_val type = NULL;
	char below[256];

	schema->rows++;
	if (!word)
		return;
	place = resolve(schema, place);
	type = member(place.value, "type");
	assert_true(YAJL_IS_STRING(type));
	if (strcmp(type->u.string, word) != 0)
		complain(schema, path, row->name, "another type than in the schema");
	if (row->type == CORC_JSON_ENUM && member(place.value, "enum"))
		compare_closed_set(schema, path, row, member(place.value, "enum"));
	if (strcmp(word, "integer") == 0)
		compare_range(schema, path, row, place.value);
	if (!row->object)
		return;
	if (row->type == CORC_JSON_OBJECT_ARRAY)
		place.value = member(place.value, "items");
	if (row->type == CORC_JSON_OBJECT_MAP)
		place.value = member(place.value, "additionalProperties");
	(void)snprintf(below, sizeof(below), "%s.%s", path, row->name);
	walk_object(schema, place, row->object, below);
}

/* What runc takes although the schema has it as required. */
static bool may_be_missing(const char *path, const char *name)
{
	static const char *const lenient[] = {
		".linux.seccomp.defaultAction", /* an empty object turns seccomp off */
		".linux.resources.pids.limit",  /* absent and 0 are two things */
	};
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "%s.%s", path, name);
	for (size_t i = 0; i < sizeof(lenient) / sizeof(lenient[0]); i++)
		if (strcmp(lenient[i], whole) == 0)
			return true;
	return false;
}

static void compare_required(struct schema *schema, yajl_val list,
	const struct corc_json_object *object, const char *path)
{
	for (size_t i = 0; list && i < YAJL_GET_ARRAY(list)->len; i++) {
		const char *name = YAJL_GET_STRING(YAJL_GET_ARRAY(list)->values[i]);
		const struct corc_json_field *row = find_row(object, name);

		if (row && !(row->flags & CORC_JSON_REQUIRED) && type_word(row->type) &&
			!may_be_missing(path, name))
			complain(schema, path, name, "is required");
	}
}

static void walk_alternatives(struct schema *schema, struct place place,
	const struct corc_json_object *object, const char *path, const char *keyword)
{
	yajl_val list = member(place.value, keyword);

	for (size_t i = 0; list && i < YAJL_GET_ARRAY(list)->len; i++) {
		place.value = YAJL_GET_ARRAY(list)->values[i];
		walk_object(schema, place, object, path);
	}
}

static void walk_object(struct schema *schema, struct place place,
	const struct corc_json_object *object, const char *path)
{
	yajl_val properties = NULL;

	place = resolve(schema, place);
	walk_alternatives(schema, place, object, path, "anyOf");
	walk_alternatives(schema, place, object, path, "allOf");
	compare_required(schema, member(place.value, "required"), object, path);
	properties = member(place.value, "properties");
	for (size_t i = 0; properties && i < YAJL_GET_OBJECT(properties)->len; i++) {
		const char *name = YAJL_GET_OBJECT(properties)->keys[i];
		const struct corc_json_field *row = find_row(object, name);
		struct place property = {YAJL_GET_OBJECT(properties)->values[i], place.file};

		if (row)
			compare(schema, property, row, path);
		else
			complain(schema, path, name, "has no row");
	}
}

static void count_row(const struct row_path *path, void *data)
{
	(void)path;
	++*(size_t *)data;
}

static void schema_and_tables_agree(void **state)
{
	struct schema schema = {
		.names = {"config-schema.json", "config-linux.json", "defs-linux.json",
			"defs.json"},
	};
	struct place root = {.file = schema.names[0]};
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		size_t length = 0;
		char *text = data_read("schema", schema.names[i], &length);

		schema.trees[i] = yajl_tree_parse(text, NULL, 0);
		assert_non_null(schema.trees[i]);
		free(text);
	}
	root.value = schema.trees[0];
	walk_object(&schema, root, &corc_spec_object, "");
	rows_walk(&corc_spec_object, count_row, &rows);
	assert_int_equal(schema.problems, 0);
	assert_int_equal(schema.rows, rows);
	for (size_t i = 0; i < FILES; i++)
		yajl_tree_free(schema.trees[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema_and_tables_agree),
	};

	return cmocka_run_group_tests_name("spec schema", tests, NULL, NULL);
}
