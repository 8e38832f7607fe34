/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for hooks. Layer: spec; the parent process only. */
#include "spec/check.h"

void corc_spec_check_hooks(struct corc_spec_checker *checker)
{
	for (size_t phase = 0; phase < CORC_HOOK_PHASE_COUNT; phase++) {
		const struct corc_spec_hook_list *list = &checker->spec->hooks.phases[phase];

		for (size_t i = 0; i < list->count; i++) {
			const struct corc_spec_hook *hook = &list->items[i];

			if (hook->path && hook->path[0] != '/')
				corc_spec_problem(checker, hook->node, "path", CORC_NO_INDEX,
					"expected an absolute path, found \"%.200s\"", hook->path);
		}
	}
}
