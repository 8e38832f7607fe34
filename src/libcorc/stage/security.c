/* SPDX-License-Identifier: Apache-2.0 */
/* The session keyring. Layer: stage. */
#include <errno.h>

#include "stage/stage.h"
#include "sys/keyring.h"

int corc_op_keyring(struct corc_stage *stage, const struct corc_op *op)
{
	int r = corc_keyring_join(corc_stage_text(stage, op->keyring.name));

	/* A kernel without keyrings has none to keep from the container. */
	if (r == -ENOSYS)
		return 0;
	if (r == 0 && op->keyring.permissions)
		r = corc_keyring_permit(op->keyring.permissions);
	return r;
}
