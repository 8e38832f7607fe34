/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.seccomp to a BPF program. Layer: plan; the parent process only. The only user of
 * libseccomp.
 */
#ifdef HAVE_CONFIG_H
#	include <config.h>
#endif

#include <errno.h>

#include "plan/compile.h"

#ifdef HAVE_SECCOMP

#	include <ctype.h>
#	include <fcntl.h>
#	include <linux/filter.h>
#	include <linux/seccomp.h>
#	include <seccomp.h>
#	include <string.h>
#	include <sys/mman.h>
#	include <sys/stat.h>
#	include <unistd.h>

#	include "base/cleanup.h"
#	include "plan/seccomp_enosys.h"

#	ifndef MFD_NOEXEC_SEAL
#		define MFD_NOEXEC_SEAL 0x8u
#	endif

#	define ARCHITECTURES_MAX 32
#	define ARGUMENTS_MAX 6
#	define BINARY_TREE 2
#	define PREFIX "SCMP_ARCH_"

/* One compilation. */
struct filter {
	struct corc_arena *arena;
	const struct corc_spec *spec;
	const struct corc_spec_seccomp *seccomp;
	struct corc_error *error;
	scmp_filter_ctx context;
	uint32_t default_action;                   /* SCMP_ACT_* */
	uint32_t architectures[ARCHITECTURES_MAX]; /* SCMP_ARCH_* */
	int64_t last[ARCHITECTURES_MAX]; /* the largest number that the profile names, or -1 */
	size_t architecture_count;
};

static void filter_done(struct filter *filter)
{
	if (filter->context)
		seccomp_release(filter->context);
}

/* A call of libseccomp failed for what is at a property of the configuration. */
static int fail(struct filter *filter, uint32_t node, const char *key, int code, const char *what)
{
	char unknown[16];

	(void)corc_spec_fail(filter->spec, node, key, UINT32_MAX, filter->error,
		"cannot compile the seccomp filter: %s: %s", what, corc_errno_text(code, unknown));
	return corc_error_step(filter->error, CORC_STEP_SECCOMP);
}

static uint32_t action_number(uint32_t action, const uint32_t *errno_ret)
{
	uint32_t data = errno_ret ? *errno_ret : EPERM;

	switch ((enum corc_seccomp_action)action) {
	case CORC_SECCOMP_KILL:
	case CORC_SECCOMP_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case CORC_SECCOMP_TRAP:
		return SCMP_ACT_TRAP;
	case CORC_SECCOMP_ERRNO:
		return SCMP_ACT_ERRNO(data);
	case CORC_SECCOMP_TRACE:
		return SCMP_ACT_TRACE(data);
	case CORC_SECCOMP_ALLOW:
		return SCMP_ACT_ALLOW;
	case CORC_SECCOMP_LOG:
		return SCMP_ACT_LOG;
	case CORC_SECCOMP_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case CORC_SECCOMP_KILL_PROCESS:
		break;
	}
	return SCMP_ACT_KILL_PROCESS;
}

static void remember_architecture(struct filter *filter, uint32_t architecture)
{
	for (size_t i = 0; i < filter->architecture_count; i++)
		if (filter->architectures[i] == architecture)
			return;
	if (filter->architecture_count == ARCHITECTURES_MAX)
		return;
	filter->last[filter->architecture_count] = -1;
	filter->architectures[filter->architecture_count++] = architecture;
}

/* SCMP_ARCH_X86_64 is "x86_64" to libseccomp; 0: it does not know it. */
static uint32_t architecture_number(const char *name)
{
	char lower[32];
	size_t length = 0;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	for (name += strlen(PREFIX); *name && length < sizeof(lower) - 1; name++)
		lower[length++] = (char)tolower((unsigned char)*name);
	lower[length] = '\0';
	return seccomp_arch_resolve_name(lower);
}

/* The native one is there from the beginning. */
static int add_architectures(struct filter *filter)
{
	const struct corc_string_array *names = &filter->seccomp->architectures;

	remember_architecture(filter, seccomp_arch_native());
	for (size_t i = 0; i < names->count; i++) {
		uint32_t number = architecture_number(names->items[i]);
		int r = number ? seccomp_arch_add(filter->context, number) : -EINVAL;

		if (r < 0 && r != -EEXIST)
			return corc_spec_fail(filter->spec, filter->seccomp->node, "architectures",
				(uint32_t)i, filter->error,
				"libseccomp does not know the architecture \"%s\"",
				names->items[i]);
		remember_architecture(filter, number);
	}
	return 0;
}

static int start(struct filter *filter)
{
	const struct corc_spec_seccomp *seccomp = filter->seccomp;
	int r;

	filter->default_action =
		action_number(*seccomp->default_action, seccomp->default_errno_ret);
	filter->context = seccomp_init(filter->default_action);
	if (!filter->context)
		return fail(filter, seccomp->node, "defaultAction", EINVAL, "default action");
	/* no_new_privs is a matter of the process, not of the filter. */
	r = seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_NNP, 0);
	if (r == 0)
		r = seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE);
	if (r < 0)
		return fail(filter, seccomp->node, NULL, -r, "attributes");
	return add_architectures(filter);
}

static struct scmp_arg_cmp comparison(const struct corc_spec_seccomp_arg *arg)
{
	return (struct scmp_arg_cmp){
		.arg = arg->index,
		.op = (enum scmp_compare)arg->op,
		.datum_a = arg->value,
		.datum_b = arg->value_two,
	};
}

static bool has_repeated_index(const struct corc_spec_seccomp_args *args)
{
	unsigned seen = 0;

	for (size_t i = 0; i < args->count; i++) {
		if (seen & (1u << args->items[i].index))
			return true;
		seen |= 1u << args->items[i].index;
	}
	return false;
}

/*
 * All conditions of a rule must hold. Two on the same argument, which a rule of libseccomp cannot
 * have, are alternatives: so other runtimes read them.
 */
static int add_conditions(struct filter *filter, uint32_t action, int number,
	const struct corc_spec_seccomp_args *args)
{
	struct scmp_arg_cmp conditions[ARGUMENTS_MAX];
	int r = 0;

	if (has_repeated_index(args)) {
		for (size_t i = 0; i < args->count && r == 0; i++) {
			conditions[0] = comparison(&args->items[i]);
			r = seccomp_rule_add_array(filter->context, action, number, 1, conditions);
		}
		return r;
	}
	for (size_t i = 0; i < args->count; i++)
		conditions[i] = comparison(&args->items[i]);
	return seccomp_rule_add_array(
		filter->context, action, number, (unsigned)args->count, conditions);
}

static void note_number(struct filter *filter, const char *name)
{
	for (size_t i = 0; i < filter->architecture_count; i++) {
		int number = seccomp_syscall_resolve_name_arch(filter->architectures[i], name);

		if (number > filter->last[i])
			filter->last[i] = number;
	}
}

static int add_rule(struct filter *filter, const struct corc_spec_seccomp_rule *rule)
{
	uint32_t action = action_number(rule->action, rule->errno_ret);

	for (size_t i = 0; i < rule->names.count; i++) {
		const char *name = rule->names.items[i];
		int number = seccomp_syscall_resolve_name(name);
		int r;

		/* Profiles are made for many kernels and libraries. */
		if (number == __NR_SCMP_ERROR)
			continue;
		note_number(filter, name);
		/* Says nothing new, and libseccomp refuses it. */
		if (action == filter->default_action)
			continue;
		r = add_conditions(filter, action, number, &rule->args);
		if (r < 0)
			return fail(filter, rule->node, NULL, -r, name);
	}
	return 0;
}

static int add_rules(struct filter *filter)
{
	const struct corc_spec_seccomp_rules *rules = &filter->seccomp->syscalls;

	for (size_t i = 0; i < rules->count; i++) {
		int r = add_rule(filter, &rules->items[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* What new calls get is said already where the default lets them through or is ENOSYS. */
static bool needs_enosys(const struct filter *filter)
{
	const struct corc_spec_seccomp *seccomp = filter->seccomp;

	switch ((enum corc_seccomp_action) * seccomp->default_action) {
	case CORC_SECCOMP_ALLOW:
	case CORC_SECCOMP_LOG:
	case CORC_SECCOMP_TRACE:
		return false;
	case CORC_SECCOMP_ERRNO:
		return !seccomp->default_errno_ret || *seccomp->default_errno_ret != ENOSYS;
	case CORC_SECCOMP_KILL:
	case CORC_SECCOMP_KILL_PROCESS:
	case CORC_SECCOMP_KILL_THREAD:
	case CORC_SECCOMP_TRAP:
	case CORC_SECCOMP_NOTIFY:
		break;
	}
	return true;
}

/* x32 has no number of its own in the kernel: it is x86-64 with a bit in the call's number. */
static size_t last_numbers(
	const struct filter *filter, struct corc_seccomp_last result[ARCHITECTURES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < filter->architecture_count; i++) {
		bool is_x32 = filter->architectures[i] == SCMP_ARCH_X32;
		uint32_t architecture = is_x32 ? SCMP_ARCH_X86_64 : filter->architectures[i];
		size_t at = 0;

		if (filter->last[i] < 0)
			continue;
		while (at < count && result[at].architecture != architecture)
			at++;
		if (at == count)
			result[count++] =
				(struct corc_seccomp_last){architecture, UINT32_MAX, UINT32_MAX};
		if (is_x32)
			result[at].last_x32 = (uint32_t)filter->last[i];
		else
			result[at].last = (uint32_t)filter->last[i];
	}
	return count;
}

/* An anonymous file, also where the kernel insists on the flag that older ones do not know. */
static int open_memory(void)
{
	int fd = memfd_create("corc-seccomp", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("corc-seccomp", MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The filter's program behind `before` bytes that stay free. */
static int export(struct filter *filter, size_t before, char **ret_program, size_t *ret_size)
{
	struct stat status;
	char *program;
	int CORC_CLOSE fd = open_memory();
	int r;

	if (fd < 0)
		return fd;
	r = seccomp_export_bpf(filter->context, fd);
	if (r < 0)
		return r;
	if (fstat(fd, &status) < 0)
		return -errno;
	program = corc_arena_alloc(filter->arena, before + (size_t)status.st_size);
	if (!program)
		return -ENOMEM;
	ssize_t got = pread(fd, program + before, (size_t)status.st_size, 0);

	if (got != status.st_size)
		return got < 0 ? -errno : -EIO;
	*ret_program = program;
	*ret_size = before + (size_t)status.st_size;
	return 0;
}

static int finish(struct filter *filter, const void **ret_program, size_t *ret_size)
{
	struct corc_seccomp_last last[ARCHITECTURES_MAX];
	size_t count = needs_enosys(filter) ? last_numbers(filter, last) : 0;
	size_t before = count ? CORC_ENOSYS_INSTRUCTIONS(count) * sizeof(struct sock_filter) : 0;
	char *program = NULL;
	size_t size = 0;
	int r = export(filter, before, &program, &size);

	if (r < 0)
		return fail(filter, filter->seccomp->node, NULL, -r, "export");
	if (size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return corc_spec_fail(filter->spec, filter->seccomp->node, NULL, UINT32_MAX,
			filter->error,
			"the seccomp filter has %zu instructions, the kernel takes %d",
			size / sizeof(struct sock_filter), BPF_MAXINSNS);
	if (count)
		corc_seccomp_enosys(last, count, (struct sock_filter *)(void *)program);
	*ret_program = program;
	*ret_size = size;
	return 0;
}

/*
 * Those of seccomp(2). TSYNC says nothing for a process with one thread, and WAIT_KILLABLE_RECV
 * belongs to a listener.
 */
static uint64_t filter_flags(const struct corc_spec_seccomp *seccomp)
{
	uint64_t flags = 0;

	if (!seccomp->flags)
		return SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < seccomp->flags->count; i++) {
		if (strcmp(seccomp->flags->items[i], "SECCOMP_FILTER_FLAG_LOG") == 0)
			flags |= SECCOMP_FILTER_FLAG_LOG;
		else if (strcmp(seccomp->flags->items[i], "SECCOMP_FILTER_FLAG_SPEC_ALLOW") == 0)
			flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	}
	return flags;
}

int corc_compile_seccomp(struct corc_arena *arena, const struct corc_spec *spec,
	const void **ret_program, size_t *ret_size, uint64_t *ret_flags, struct corc_error *error)
{
	struct filter CORC_CLEANUP(filter_done) filter = {
		.arena = arena,
		.spec = spec,
		.seccomp = spec->linux_.seccomp,
		.error = error,
	};
	int r = start(&filter);

	if (r == 0)
		r = add_rules(&filter);
	if (r == 0)
		r = finish(&filter, ret_program, ret_size);
	if (r < 0)
		return corc_error_step(error, CORC_STEP_SECCOMP);
	*ret_flags = filter_flags(spec->linux_.seccomp);
	return 0;
}

#else

int corc_compile_seccomp(struct corc_arena *arena, const struct corc_spec *spec,
	const void **ret_program, size_t *ret_size, uint64_t *ret_flags, struct corc_error *error)
{
	(void)arena;
	(void)ret_program;
	(void)ret_size;
	(void)ret_flags;
	(void)corc_spec_fail(spec, spec->linux_.node, "seccomp", UINT32_MAX, error,
		"this corc was built without seccomp");
	error->code = ENOSYS;
	return corc_error_step(error, CORC_STEP_SECCOMP);
}

#endif
