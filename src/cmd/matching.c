/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command for all containers whose id matches a regular expression. Layer: cmd; the parent
 * process.
 */
#include "cmd/matching.h"

#include <errno.h>
#include <regex.h>

#include "base/error.h"

struct matching {
	regex_t expression;
	int (*act)(void *data, const char *id, struct corc_error *error);
	void *data;
	struct corc_error *error;
	int result;
};

static int visit(void *data, const struct corc_state *state)
{
	struct matching *matching = data;

	if (regexec(&matching->expression, state->id, 0, NULL, 0) != 0)
		return 0;
	if (matching->act(matching->data, state->id, matching->error) < 0)
		matching->result = corc_error_prefix(matching->error, "%s", state->id);
	return 0;
}

int corc_act_on_matching(struct corc_runtime *runtime, const char *expression,
	int (*act)(void *data, const char *id, struct corc_error *error), void *data,
	struct corc_error *error)
{
	struct matching matching = {.act = act, .data = data, .error = error};
	int code = regcomp(&matching.expression, expression, REG_EXTENDED | REG_NOSUB);
	char reason[128];
	int result;

	if (code != 0) {
		(void)regerror(code, &matching.expression, reason, sizeof(reason));
		return corc_fail(
			error, EINVAL, "invalid regular expression \"%s\": %s", expression, reason);
	}
	result = corc_container_list(runtime, visit, &matching, error);
	regfree(&matching.expression);
	return result < 0 ? result : matching.result;
}
