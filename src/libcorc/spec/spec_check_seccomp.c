/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of linux.seccomp. Layer: spec; the parent process only.
 */
#include <string.h>

#include "spec/check.h"

#define ERRNO_MAX 4094        /* of a filter; libseccomp takes no larger one */
#define TRACE_DATA_MAX 0xffff /* a tracer sees 16 bits */

const char *const corc_spec_seccomp_architectures[] = {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",
	"SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X",
	"SCMP_ARCH_SH", "SCMP_ARCH_SHEB", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
	NULL};

static const char *const flags[] = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL};

static bool is_in_set(const char *const *set, const char *word)
{
	for (; *set; set++)
		if (strcmp(*set, word) == 0)
			return true;
	return false;
}

static void check_words(struct corc_spec_checker *checker, const char *key,
	const struct corc_string_array *found, const char *const *set)
{
	for (size_t i = 0; i < found->count; i++)
		if (!is_in_set(set, found->items[i]))
			corc_spec_problem(checker, checker->spec->linux_.seccomp->node, key,
				(uint32_t)i, "unknown value \"%.100s\"", found->items[i]);
}

static void check_errno(struct corc_spec_checker *checker, uint32_t node, uint32_t action,
	const char *errno_key, const uint32_t *errno_ret)
{
	uint32_t largest = action == CORC_SECCOMP_ERRNO ? ERRNO_MAX : TRACE_DATA_MAX;

	if (!errno_ret)
		return;
	if (action != CORC_SECCOMP_ERRNO && action != CORC_SECCOMP_TRACE)
		corc_spec_problem(checker, node, errno_key, CORC_NO_INDEX,
			"only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an errno");
	else if (*errno_ret > largest)
		corc_spec_problem(checker, node, errno_key, CORC_NO_INDEX,
			"%u is above the largest value, %u", *errno_ret, largest);
}

static void check_rule(struct corc_spec_checker *checker, const struct corc_spec_seccomp_rule *rule)
{
	if (rule->names.count == 0)
		corc_spec_problem(checker, rule->node, "names", CORC_NO_INDEX,
			"expected the name of a system call, found none");
	check_errno(checker, rule->node, rule->action, "errnoRet", rule->errno_ret);
	/* Before the listener is handed over somebody has to write that it is there. */
	for (size_t i = 0; rule->action == CORC_SECCOMP_NOTIFY && i < rule->names.count; i++)
		if (strcmp(rule->names.items[i], "write") == 0)
			corc_spec_problem(checker, rule->node, "names", (uint32_t)i,
				"SCMP_ACT_NOTIFY cannot be used for the write syscall");
}

void corc_spec_check_seccomp(struct corc_spec_checker *checker)
{
	const struct corc_spec_seccomp *seccomp = checker->spec->linux_.seccomp;

	if (!seccomp)
		return;
	if (!seccomp->default_action && seccomp->syscalls.count > 0)
		corc_spec_problem(checker, seccomp->node, "defaultAction", CORC_NO_INDEX,
			"required property \"defaultAction\" is missing");
	if (seccomp->default_action)
		check_errno(checker, seccomp->node, *seccomp->default_action, "defaultErrnoRet",
			seccomp->default_errno_ret);
	if (seccomp->default_action && *seccomp->default_action == CORC_SECCOMP_NOTIFY)
		corc_spec_problem(checker, seccomp->node, "defaultAction", CORC_NO_INDEX,
			"SCMP_ACT_NOTIFY cannot be used as default action");
	check_words(
		checker, "architectures", &seccomp->architectures, corc_spec_seccomp_architectures);
	if (seccomp->flags)
		check_words(checker, "flags", seccomp->flags, flags);
	for (size_t i = 0; i < seccomp->syscalls.count; i++)
		check_rule(checker, &seccomp->syscalls.items[i]);
}
