/* SPDX-License-Identifier: Apache-2.0 */
/* plan: what a bundle would do. Layer: run; the parent process. */
#include <errno.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "run/bundle.h"

int corc_plan_describe(struct corc_runtime *runtime, const char *id,
	const struct corc_create_options *options, bool json, char **ret_text,
	struct corc_error *error)
{
	struct corc_bundle CORC_CLEANUP(corc_bundle_done) bundle = CORC_BUNDLE_EMPTY;
	struct corc_buffer CORC_BUFFER buffer = {0};
	int r = corc_bundle_load(runtime, id, options, &bundle, error);

	if (r == 0)
		r = corc_plan_print(bundle.spec, bundle.plan, json, &buffer, error);
	if (r < 0)
		return r;
	if (buffer.failed || !buffer.data)
		return corc_fail_errno(error, ENOMEM, "plan");
	*ret_text = corc_take_pointer(buffer.data);
	return 0;
}
