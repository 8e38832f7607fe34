/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.seccomp to a BPF program. Layer: plan; the parent process only. With seccomp_rules.c the
 * only user of libseccomp.
 *
 * libseccomp takes some ten milliseconds for a usual profile on three architectures, nearly all of
 * them for rules that are a name and an action. So it compiles only the rules with conditions, and
 * before its program stands a tree of our own with the others.
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
#	include <seccomp.h>
#	include <string.h>
#	include <sys/mman.h>
#	include <sys/stat.h>
#	include <unistd.h>

#	include "base/cleanup.h"
#	include "plan/seccomp_rules.h"
#	include "spec/pack.h"

#	ifndef MFD_NOEXEC_SEAL
#		define MFD_NOEXEC_SEAL 0x8u
#	endif

#	define ARGUMENTS_MAX 6
#	define BINARY_TREE 2
#	define PREFIX "SCMP_ARCH_"
#	define FAIL_UNKNOWN "run.oci.seccomp_fail_unknown_syscall"

/* One compilation. */
struct filter {
	struct corc_arena *arena;
	const struct corc_spec *spec;
	const struct corc_spec_seccomp *seccomp;
	struct corc_error *error;
	struct corc_seccomp_rules rules;
	scmp_filter_ctx context; /* libseccomp's part */
	struct sock_filter *tree;
	size_t tree_size; /* bytes */
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

static void remember_architecture(struct corc_seccomp_rules *rules, uint32_t architecture)
{
	for (size_t i = 0; i < rules->architecture_count; i++)
		if (rules->architectures[i] == architecture)
			return;
	if (rules->architecture_count < CORC_SECCOMP_ARCHITECTURES)
		rules->architectures[rules->architecture_count++] = architecture;
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

bool corc_seccomp_has_architecture(const char *name)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
	uint32_t number = architecture_number(name);
	int r;

	if (!context)
		return false;
	/* Refused too are those of the other byte order. */
	r = number ? seccomp_arch_add(context, number) : -EINVAL;
	seccomp_release(context);
	return r == 0 || r == -EEXIST;
}

/* The native one is there from the beginning. */
static int add_architectures(struct filter *filter)
{
	const struct corc_string_array *names = &filter->seccomp->architectures;

	remember_architecture(&filter->rules, seccomp_arch_native());
	for (size_t i = 0; i < names->count; i++) {
		uint32_t number = architecture_number(names->items[i]);
		int r = number ? seccomp_arch_add(filter->context, number) : -EINVAL;

		if (r < 0 && r != -EEXIST)
			return corc_spec_fail(filter->spec, filter->seccomp->node, "architectures",
				(uint32_t)i, filter->error,
				r == -EDOM
					? "a filter cannot have the architecture \"%s\" beside the native one: its byte order is another"
					: "libseccomp does not know the architecture \"%s\"",
				names->items[i]);
		remember_architecture(&filter->rules, number);
	}
	return 0;
}

static int start(struct filter *filter)
{
	const struct corc_spec_seccomp *seccomp = filter->seccomp;
	int r;

	filter->rules.default_action =
		corc_seccomp_action(*seccomp->default_action, seccomp->default_errno_ret);
	filter->context = seccomp_init(filter->rules.default_action);
	if (!filter->context)
		return fail(filter, seccomp->node,
			seccomp->default_errno_ret ? "defaultErrnoRet" : "defaultAction", EINVAL,
			"default action");
	/* no_new_privs is a matter of the process, not of the filter. */
	r = seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_NNP, 0);
	if (r == 0)
		r = seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE);
	if (r < 0)
		return fail(filter, seccomp->node, NULL, -r, "attributes");
	return add_architectures(filter);
}

/* Profiles are made for many kernels, so it is an error only where the annotation says so. */
static bool fails_on_unknown(const struct corc_spec *spec)
{
	const struct corc_string_map *map = &spec->annotations;

	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->keys[i], FAIL_UNKNOWN) == 0)
			return strcmp(map->values[i], "0") != 0;
	return false;
}

static int check_names(struct filter *filter)
{
	const struct corc_spec_seccomp_rules *rules = &filter->seccomp->syscalls;

	if (!fails_on_unknown(filter->spec))
		return 0;
	for (size_t i = 0; i < rules->count; i++) {
		const struct corc_string_array *names = &rules->items[i].names;

		for (size_t k = 0; k < names->count; k++)
			if (seccomp_syscall_resolve_name(names->items[k]) == __NR_SCMP_ERROR)
				return corc_spec_fail(filter->spec, rules->items[i].node, "names",
					(uint32_t)k, filter->error,
					"unknown system call \"%.100s\"", names->items[k]);
	}
	return 0;
}

static int make_tree(struct filter *filter)
{
	struct corc_seccomp_table tables[CORC_SECCOMP_ARCHITECTURES];
	struct corc_seccomp_rules *rules = &filter->rules;
	int count = corc_seccomp_rules_read(filter->arena, filter->seccomp, rules);

	if (count == 0)
		count = corc_seccomp_tables(filter->arena, rules, tables);
	if (count < 0)
		return fail(filter, filter->seccomp->node, NULL, -count, "tables");
	filter->tree = corc_arena_array(
		filter->arena, corc_seccomp_tree_max(tables, (size_t)count), sizeof(*filter->tree));
	if (!filter->tree)
		return fail(filter, filter->seccomp->node, NULL, ENOMEM, "tree");
	filter->tree_size =
		corc_seccomp_tree(tables, (size_t)count, filter->tree) * sizeof(*filter->tree);
	return 0;
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

static int add_complex(struct filter *filter)
{
	for (size_t i = 0; i < filter->rules.count; i++) {
		const struct corc_seccomp_entry *entry = &filter->rules.entries[i];
		int r;

		if (!entry->is_complex)
			continue;
		r = add_conditions(filter, entry->action, entry->number, &entry->rule->args);
		if (r < 0)
			return fail(filter, entry->rule->node, NULL, -r, entry->name);
	}
	return 0;
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
	char *program = NULL;
	size_t size = 0;
	int r = export(filter, filter->tree_size, &program, &size);

	if (r < 0 || !program)
		return fail(filter, filter->seccomp->node, NULL, r < 0 ? -r : EIO, "export");
	if (size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return corc_spec_fail(filter->spec, filter->seccomp->node, NULL, UINT32_MAX,
			filter->error,
			"the seccomp filter has %zu instructions, the kernel takes %d",
			size / sizeof(struct sock_filter), BPF_MAXINSNS);
	memcpy(program, filter->tree, filter->tree_size);
	*ret_program = program;
	*ret_size = size;
	return 0;
}

int corc_compile_seccomp(struct corc_arena *arena, const struct corc_spec *spec,
	const void **ret_program, size_t *ret_size, struct corc_error *error)
{
	struct filter CORC_CLEANUP(filter_done) filter = {
		.arena = arena,
		.spec = spec,
		.seccomp = spec->linux_.seccomp,
		.error = error,
	};
	int r = start(&filter);

	if (r == 0)
		r = check_names(&filter);
	if (r == 0)
		r = make_tree(&filter);
	if (r == 0)
		r = add_complex(&filter);
	if (r == 0)
		r = finish(&filter, ret_program, ret_size);
	return r < 0 ? corc_error_step(error, CORC_STEP_SECCOMP) : 0;
}

int corc_seccomp_key(const struct corc_spec *spec, struct corc_buffer *key)
{
	const struct scmp_version *version = seccomp_version();
	struct corc_spec_seccomp rules = *spec->linux_.seccomp;

	/* Who listens may be another for each container. */
	rules.listener_path = rules.listener_metadata = NULL;
	/* The library may be another than the one that corc was built with. */
	corc_buffer_printf(key, "libseccomp %u.%u.%u, architecture %#x, unknown names %d\n",
		version->major, version->minor, version->micro, seccomp_arch_native(),
		!fails_on_unknown(spec));
	return corc_pack(&corc_spec_seccomp_object, &rules, key);
}

#else

bool corc_seccomp_has_architecture(const char *name)
{
	(void)name;
	return false;
}

int corc_compile_seccomp(struct corc_arena *arena, const struct corc_spec *spec,
	const void **ret_program, size_t *ret_size, struct corc_error *error)
{
	(void)arena;
	(void)ret_program;
	(void)ret_size;
	(void)corc_spec_fail(spec, spec->linux_.node, "seccomp", UINT32_MAX, error,
		"this corc was built without seccomp");
	error->code = ENOSYS;
	return corc_error_step(error, CORC_STEP_SECCOMP);
}

int corc_seccomp_key(const struct corc_spec *spec, struct corc_buffer *key)
{
	(void)spec;
	(void)key;
	return -ENOSYS;
}

#endif
