/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotations of crun that change what is compiled. Layer: plan; the parent process only. Others
 * are looked at where they belong: run.oci.seccomp.receiver in compile_listener.c,
 * run.oci.mount_context_type in compile_security.c.
 */
#include <errno.h>
#include <linux/filter.h>
#include <string.h>

#include "plan/compiler.h"

#define BPF_DATA "run.oci.seccomp_bpf_data"

struct corc_op_source corc_annotation_source(const struct corc_compiler *compiler, const char *key)
{
	return corc_source(
		corc_json_find(compiler->document, compiler->spec->node, "annotations", UINT32_MAX),
		key);
}

static bool is_set(const struct corc_compiler *compiler, const char *key, const char *value)
{
	const char *found = corc_spec_annotation(compiler->spec, key);

	return found && (value ? strcmp(found, value) == 0 : *found != '\0');
}

/* What runs something else than a process of Linux, which a container must not do by accident. */
static int check_handlers(struct corc_compiler *compiler)
{
	static const struct {
		const char *key, *value; /* NULL: any that is not empty */
	} rows[] = {
		{"run.oci.handler", NULL},
		{"module.wasm.image/variant", "compat"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_set(compiler, rows[i].key, rows[i].value))
			return corc_refuse(compiler, corc_annotation_source(compiler, rows[i].key),
				"the handler \"%.60s\" is not supported: corc runs processes, neither WebAssembly nor virtual machines",
				corc_spec_annotation(compiler->spec, rows[i].key));
	return 0;
}

int corc_check_annotations(struct corc_compiler *compiler)
{
	if (is_set(compiler, "run.oci.seccomp.plugins", NULL))
		corc_warn(compiler, corc_annotation_source(compiler, "run.oci.seccomp.plugins"),
			"annotation run.oci.seccomp.plugins is ignored: corc loads no plugins");
	if (is_set(compiler, "run.oci.keep_original_groups", "1")) {
		compiler->plan->keep_groups = true;
		if (compiler->process && compiler->process->user.additional_gids.count > 0)
			corc_warn(compiler,
				corc_source(compiler->process->user.node, "additionalGids"),
				"additionalGids are ignored: run.oci.keep_original_groups keeps those of the caller");
	}
	return check_handlers(compiler);
}

/* The value of a digit of RFC 4648, negative for another character. */
static int digit_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Base64 with or without padding; the count of bytes, negative for other text. */
static ssize_t decode(const char *text, unsigned char *bytes)
{
	size_t length = strlen(text), count = 0;
	uint32_t bits = 0;

	while (length > 0 && text[length - 1] == '=')
		length--;
	if (length % 4 == 1)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		int digit = digit_of(text[i]);

		if (digit < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 != 0)
			bytes[count++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	return (ssize_t)count;
}

bool corc_has_raw_filter(const struct corc_spec *spec)
{
	return corc_spec_annotation(spec, BPF_DATA) != NULL;
}

int corc_compile_raw_filter(struct corc_compiler *compiler)
{
	const char *text = corc_spec_annotation(compiler->spec, BPF_DATA);
	const struct corc_spec_seccomp *seccomp = compiler->spec->linux_.seccomp;
	struct corc_plan *plan = compiler->plan;
	unsigned char *program = corc_arena_alloc(compiler->arena, strlen(text) + 1);
	ssize_t size;

	if (!program)
		return corc_fail_errno(compiler->error, ENOMEM, BPF_DATA);
	size = decode(text, program);
	if (size <= 0 || (size_t)size % sizeof(struct sock_filter) != 0 ||
		(size_t)size > BPF_MAXINSNS * sizeof(struct sock_filter))
		return corc_refuse(compiler, corc_annotation_source(compiler, BPF_DATA),
			"expected a BPF program in base64, of at most %d instructions of %zu bytes",
			BPF_MAXINSNS, sizeof(struct sock_filter));
	plan->seccomp_program = program;
	plan->seccomp_size = (size_t)size;
	/* Nobody has been found who is to be asked. */
	plan->seccomp_flags = seccomp ? corc_seccomp_flags(seccomp) & ~CORC_LISTENER_FLAGS : 0;
	return 0;
}
