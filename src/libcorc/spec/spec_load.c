/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the text of a configuration to the checked structs: read by the tables, make uniform, check.
 * Layer: spec; the parent process only.
 */
#include <errno.h>
#include <string.h>

#include "spec/check.h"
#include "spec/spec.h"
#include "spec/tables.h"

#define SORTED_MAX 100

static int check_length(const char *file, size_t length, struct corc_error *error)
{
	if (length <= CORC_CONFIG_MAX)
		return 0;
	(void)corc_fail(
		error, EFBIG, "%s has %zu bytes, the limit is %u", file, length, CORC_CONFIG_MAX);
	return corc_error_step(error, CORC_STEP_LOAD);
}

static int out_of_memory(const char *file, struct corc_error *error)
{
	(void)corc_fail_errno(error, ENOMEM, "read %s", file);
	return corc_error_step(error, CORC_STEP_LOAD);
}

static bool is_behind(const struct corc_json_problem *problem, uint32_t line, uint32_t column)
{
	return problem->line > line || (problem->line == line && problem->column > column);
}

/*
 * The reader stops where the text is no JSON, and what it did not see is not missing. That problem
 * is then the last one, and stands behind every value.
 */
static bool was_read_to_the_end(const struct corc_json_document *document)
{
	const struct corc_json_problem *last = NULL;
	const struct corc_json_node *node = NULL;

	if (document->problem_count == 0)
		return true;
	if (document->node_count == 0)
		return false;
	last = &document->problems[document->problem_count - 1];
	node = &document->nodes[document->node_count - 1];
	return last->line < node->line ||
	       (last->line == node->line && last->column <= node->column);
}

/* A document that is no object has no properties to check. */
static bool is_worth_checking(
	const struct corc_json_document *document, const char *text, size_t length)
{
	size_t at = 0;

	while (at < length && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at < length && text[at] == '{' && was_read_to_the_end(document);
}

/* The reader and the checks each go through the document once; people go through it from the top.
 */
static void sort_problems(struct corc_json_document *document)
{
	struct corc_json_problem *problems = document->problems;

	/* The last of more than that is the note that there are others. */
	if (document->problem_count > SORTED_MAX)
		return;
	for (size_t i = 1; i < document->problem_count; i++) {
		struct corc_json_problem moved = problems[i];
		size_t at = i;

		for (; at > 0 && is_behind(&problems[at - 1], moved.line, moved.column); at--)
			problems[at] = problems[at - 1];
		problems[at] = moved;
	}
}

static int check_spec(struct corc_spec *spec)
{
	int result = corc_spec_normalize(spec);

	return result < 0 ? result : corc_spec_check(spec);
}

/* An empty spec, with a document of that name; the messages call it NAME. NULL: see the error. */
static struct corc_spec *begin_spec(struct corc_arena *arena, const char *file, const char *name,
	size_t length, struct corc_error *error)
{
	struct corc_spec *spec = NULL;

	if (check_length(name, length, error) < 0)
		return NULL;
	spec = corc_arena_alloc(arena, sizeof(*spec));
	if (spec) {
		spec->document.arena = arena;
		spec->document.file = corc_arena_strdup(arena, file);
	}
	if (spec && spec->document.file)
		return spec;
	(void)out_of_memory(name, error);
	return NULL;
}

int corc_spec_read(struct corc_arena *arena, const char *file, const char *text, size_t length,
	struct corc_spec **ret_spec, struct corc_error *error)
{
	struct corc_spec *spec = begin_spec(arena, file, file, length, error);

	if (!spec)
		return -error->code;
	if (corc_json_read(&spec->document, &corc_spec_object, text, length, spec) < 0)
		return out_of_memory(file, error);
	spec->is_read = spec->document.problem_count == 0;
	if (is_worth_checking(&spec->document, text, length) && check_spec(spec) < 0)
		return out_of_memory(file, error);
	sort_problems(&spec->document);
	*ret_spec = spec;
	return 0;
}

int corc_spec_parse(struct corc_arena *arena, const char *file, const char *text, size_t length,
	struct corc_spec **ret_spec, struct corc_error *error)
{
	struct corc_spec *spec = NULL;
	int result = corc_spec_read(arena, file, text, length, &spec, error);

	if (result == 0)
		result = corc_json_problems(&spec->document, error);
	if (result < 0)
		return result;
	*ret_spec = spec;
	return 0;
}

int corc_spec_parse_resources(struct corc_arena *arena, const char *file, const char *text,
	size_t length, struct corc_spec **ret_spec, struct corc_error *error)
{
	const char *name = file[0] != '\0' ? file : "the resources";
	struct corc_spec *spec = begin_spec(arena, file, name, length, error);

	if (!spec)
		return -error->code;
	if (corc_json_read(&spec->document, &corc_spec_resources_object, text, length,
		    &spec->linux_.resources) < 0)
		return out_of_memory(name, error);
	corc_spec_normalize_resources(&spec->linux_.resources);
	if (is_worth_checking(&spec->document, text, length) && corc_spec_check_update(spec) < 0)
		return out_of_memory(name, error);
	sort_problems(&spec->document);
	int result = corc_json_problems(&spec->document, error);

	if (result < 0)
		return result;
	*ret_spec = spec;
	return 0;
}

int corc_spec_parse_mounts(struct corc_arena *arena, const char *file, const char *text,
	size_t length, struct corc_spec **ret_spec, struct corc_error *error)
{
	struct corc_spec *spec = begin_spec(arena, file, file, length, error);
	struct corc_json_items items = {0};

	if (!spec)
		return -error->code;
	if (corc_json_read_array(&spec->document, &corc_spec_mount_object, text, length, &items) <
		0)
		return out_of_memory(file, error);
	spec->mounts.items = items.items;
	spec->mounts.count = items.count;
	int result = corc_json_problems(&spec->document, error);

	if (result == 0 && corc_spec_normalize(spec) < 0)
		result = out_of_memory(file, error);
	if (result < 0)
		return result;
	*ret_spec = spec;
	return 0;
}

int corc_spec_parse_process(struct corc_json_document *document, const char *text, size_t length,
	struct corc_spec_process **ret_process, struct corc_error *error)
{
	struct corc_spec_process *process = NULL;
	int result = check_length(document->file, length, error);

	if (result < 0)
		return result;
	process = corc_arena_alloc(document->arena, sizeof(*process));
	if (!process ||
		corc_json_read(document, &corc_spec_process_object, text, length, process) < 0)
		return out_of_memory(document->file, error);
	corc_spec_normalize_process(process);
	if (is_worth_checking(document, text, length) &&
		corc_spec_check_process(document, process) < 0)
		return out_of_memory(document->file, error);
	sort_problems(document);
	result = corc_json_problems(document, error);
	if (result < 0)
		return result;
	*ret_process = process;
	return 0;
}
