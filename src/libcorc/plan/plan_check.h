/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the members of every op are, as a table. Layer: plan; shared by the parent and the stage.
 * corc_plan_check (plan.h) takes from it what to check, `corc plan` what to print.
 */
#ifndef CORC_PLAN_PLAN_CHECK_H
#define CORC_PLAN_PLAN_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

enum corc_member_type {
	CORC_MEMBER_END, /* after the last member */
	CORC_MEMBER_U32,
	CORC_MEMBER_U64,
	CORC_MEMBER_SLOT,   /* uint32_t, a slot of a namespace */
	CORC_MEMBER_STRING, /* struct corc_ref, here and below */
	CORC_MEMBER_LIST,
	CORC_MEMBER_COUNTED_LIST, /* its count is the uint32_t behind it */
	CORC_MEMBER_NUMBERS,      /* uint32_t array */
	CORC_MEMBER_FILTER,       /* struct sock_filter array */
};

struct corc_op_member {
	const char *name;
	uint16_t offset; /* in struct corc_op */
	uint16_t type;   /* enum corc_member_type */
};

#define CORC_FILTER_INSTRUCTION 8 /* sizeof(struct sock_filter) */

/* The members of an op of that kind, ended by CORC_MEMBER_END. kind < CORC_OP_MAX_. */
const struct corc_op_member *corc_op_members(uint32_t kind);

/* "mount" for CORC_OP_MOUNT. */
const char *corc_op_name(uint32_t kind);

#endif
