/* SPDX-License-Identifier: Apache-2.0 */
/* The session keyring. Layer: plan; the parent process only. */
#include "plan/compiler.h"
#include "sys/keyring.h"

void corc_add_keyring(struct corc_compiler *compiler, const char *name, bool is_new)
{
	struct corc_op *op;

	if (!name)
		return;
	op = corc_builder_op(
		&compiler->builder, CORC_OP_KEYRING, corc_source(compiler->process->node, NULL));
	op->keyring.name = corc_builder_string(&compiler->builder, name);
	if (is_new)
		op->keyring.permissions = CORC_KEY_SESSION_DEFAULT | CORC_KEY_USER_SEARCH;
}
