/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of plans: a configuration with the facts about the host that it is compiled for.
 */
#ifndef TEST_PLAN_FIXTURE_H
#define TEST_PLAN_FIXTURE_H

/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <corc/corc.h>

#include "plan/compile.h"

struct plan_fixture {
	struct corc_arena arena;
	struct corc_spec *spec;
	struct corc_host host;
	struct corc_compile_input input;
	struct corc_plan *plan;
	struct corc_plan *exec; /* of the same process in the container */
	struct corc_error error;
};

/*
 * Parses and compiles. The host is told by annotations of the configuration:
 *
 *     test.cgroup     v2 (default), v1, hybrid, none
 *     test.namespace  what the entries with a path lead to, by type, separated by commas:
 *                     TYPE=own (the caller's own), TYPE=owned (by the user namespace joined)
 *     test.joined-ids "INSIDE OUTSIDE COUNT": the one mapping of a user namespace that is joined
 *     test.rootless   true
 *     test.kcore      false
 *     test.apparmor   loaded (the profile), missing, unknown; not set: AppArmor is not enabled
 *     test.selinux    valid (all labels), invalid, unknown; not set: SELinux is not enabled
 *     test.systemd    system, user: that cgroup manager; not set: cgroupfs
 *     test.exec       true: the plan of an exec as well
 *
 * Returns 0 or what the compiler returned; a configuration that does not parse fails the test.
 */
int plan_compile(struct plan_fixture *fixture, const char *json);

void plan_done(struct plan_fixture *fixture);

/* The ops of a kind; op number `index` of them must be there. */
size_t plan_count(const struct corc_plan *plan, enum corc_op_kind kind);
const struct corc_op *plan_op(const struct corc_plan *plan, enum corc_op_kind kind, size_t index);

/* "mount,attach,…": the names of all ops, for tests of their order. arena memory. */
const char *plan_kinds(struct plan_fixture *fixture, const struct corc_plan *plan);

/* A string of the plan. */
const char *plan_text(const struct corc_plan *plan, struct corc_ref ref);

/* A configuration with a process and, as text, further members of `linux` and of the document. */
const char *plan_config(
	struct plan_fixture *fixture, const char *linux_members, const char *members);

#endif
