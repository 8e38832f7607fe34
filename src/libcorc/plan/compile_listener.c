/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asked about the system calls with SCMP_ACT_NOTIFY, and the flags of the filter. Layer:
 * plan; the parent process only.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "base/path.h"
#include "plan/compiler.h"
#include "sys/process.h"

#define RECEIVER "run.oci.seccomp.receiver"

/* The first rule that notifies, NULL when there is none. */
static const struct corc_spec_seccomp_rule *find_notify(const struct corc_spec_seccomp *seccomp)
{
	for (size_t i = 0; i < seccomp->syscalls.count; i++)
		if (seccomp->syscalls.items[i].action == CORC_SECCOMP_NOTIFY)
			return &seccomp->syscalls.items[i];
	return NULL;
}

/* TSYNC says nothing for a process with one thread; the last one belongs to a listener. */
uint64_t corc_seccomp_flags(const struct corc_spec_seccomp *seccomp)
{
	static const struct {
		const char *name;
		uint64_t flag;
		bool needs_listener;
	} rows[] = {
		{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG, false},
		{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW, false},
		{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", CORC_SECCOMP_WAIT_KILLABLE_RECV, true},
	};
	bool has_listener = find_notify(seccomp) != NULL;
	uint64_t flags = has_listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;

	if (!seccomp->flags)
		return flags | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < seccomp->flags->count; i++)
		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			if (strcmp(seccomp->flags->items[i], rows[k].name) == 0 &&
				(has_listener || !rows[k].needs_listener))
				flags |= rows[k].flag;
	return flags;
}

static bool is_set(const char *text)
{
	return text && *text;
}

/* listenerPath, else the annotation, else what the caller says; NULL: nobody. */
static int choose_path(struct corc_compiler *compiler, const char *own, const char **ret_path)
{
	const struct corc_spec *spec = compiler->spec;
	struct corc_op_source source = {.index = UINT32_MAX, .key = RECEIVER};
	const char *path = compiler->input->seccomp_receiver;

	if (is_set(own)) {
		*ret_path = corc_path_join(compiler->arena, compiler->input->bundle, own);
		return *ret_path ? 0 : corc_fail_errno(compiler->error, ENOMEM, "listenerPath");
	}
	source.node = corc_json_find(compiler->document, spec->node, "annotations", UINT32_MAX);
	if (corc_spec_annotation(spec, RECEIVER))
		path = corc_spec_annotation(spec, RECEIVER);
	*ret_path = is_set(path) ? path : NULL;
	if (*ret_path && path[0] != '/')
		return corc_refuse(compiler, source,
			"the seccomp receiver \"%.300s\" is not an absolute path", path);
	return 0;
}

int corc_compile_listener(struct corc_compiler *compiler)
{
	const struct corc_spec_seccomp *seccomp = compiler->spec->linux_.seccomp;
	const struct corc_spec_seccomp_rule *rule = find_notify(seccomp);
	const char *path = NULL;
	int r = choose_path(compiler, seccomp->listener_path, &path);

	if (r < 0)
		return r;
	if (!path && is_set(seccomp->listener_metadata))
		return corc_refuse(compiler, corc_source(seccomp->node, "listenerMetadata"),
			"listenerMetadata needs a listenerPath");
	if (!rule)
		return 0;
	if (!path)
		return corc_refuse(compiler, corc_source(rule->node, "action"),
			"seccomp listenerPath is not set");
	compiler->plan->listener_path = path;
	compiler->plan->listener_metadata = seccomp->listener_metadata;
	return 0;
}
