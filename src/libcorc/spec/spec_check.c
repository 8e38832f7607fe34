/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules between properties that need no look at the host: the document and the process. Layer:
 * spec; the parent process only.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "spec/check.h"

#define UTS_NAME_MAX 64 /* __NEW_UTS_LEN */
#define MESSAGE_MAX 512

static bool is_below(const struct corc_json_document *document, uint32_t node, uint32_t ancestor)
{
	while (node != ancestor) {
		if (node == 0)
			return false;
		node = document->nodes[node].parent;
	}
	return true;
}

static bool reader_had_problem_below(const struct corc_spec_checker *checker, uint32_t node)
{
	for (size_t i = 0; i < checker->read_problems; i++)
		if (is_below(checker->document, checker->document->problems[i].node, node))
			return true;
	return false;
}

bool corc_spec_reader_refused(
	const struct corc_spec_checker *checker, uint32_t node, const char *key)
{
	uint32_t found = 0;

	if (checker->read_problems == 0)
		return false;
	found = corc_json_find(checker->document, node, key, CORC_NO_INDEX);
	return found != node && reader_had_problem_below(checker, found);
}

/* Whether the reader said of the object that it lacks this property. */
static bool reader_missed(const struct corc_spec_checker *checker, uint32_t node, const char *key)
{
	char quoted[64];

	(void)snprintf(quoted, sizeof(quoted), "\"%s\"", key);
	for (size_t i = 0; i < checker->read_problems; i++)
		if (checker->document->problems[i].node == node &&
			strstr(checker->document->problems[i].message, quoted))
			return true;
	return false;
}

static void CORC_PRINTF(3, 0) add_problem(
	struct corc_spec_checker *checker, uint32_t node, const char *format, va_list arguments)
{
	char message[MESSAGE_MAX];
	char line[MESSAGE_MAX];

	(void)vsnprintf(message, sizeof(message), format, arguments);
	corc_spec_one_line(line, sizeof(line), message);
	if (corc_json_problem_add(checker->document, node, "%s", line) < 0)
		checker->result = -ENOMEM;
}

void corc_spec_problem(struct corc_spec_checker *checker, uint32_t node, const char *key,
	uint32_t index, const char *format, ...)
{
	uint32_t found = corc_json_find(checker->document, node, key, index);
	va_list arguments;

	if (found != node ? reader_had_problem_below(checker, found)
			  : reader_missed(checker, node, key))
		return;
	va_start(arguments, format);
	add_problem(checker, found, format, arguments);
	va_end(arguments);
}

void corc_spec_entry_problem(struct corc_spec_checker *checker, uint32_t node, const char *key,
	const char *entry, const char *format, ...)
{
	uint32_t map = corc_json_find(checker->document, node, key, CORC_NO_INDEX);
	va_list arguments;

	va_start(arguments, format);
	add_problem(checker, corc_json_find(checker->document, map, entry, CORC_NO_INDEX), format,
		arguments);
	va_end(arguments);
}

bool corc_spec_has_namespace(const struct corc_spec_checker *checker, enum corc_namespace_type type)
{
	return !checker->namespaces_known || corc_spec_find_namespace(checker->spec, type);
}

/* "1." and digits, and whatever a semantic version may have after that. */
static void check_version(struct corc_spec_checker *checker)
{
	const char *version = checker->spec->oci_version;

	if (!version)
		return;
	if (version[0] == '1' && version[1] == '.' && version[2] >= '0' && version[2] <= '9')
		return;
	corc_spec_problem(checker, checker->spec->node, "ociVersion", CORC_NO_INDEX,
		"version \"%.40s\" of the specification is not supported, expected 1.x", version);
}

static void check_args(struct corc_spec_checker *checker, const struct corc_spec_process *process)
{
	if (process->args.count == 0)
		corc_spec_problem(
			checker, process->node, "args", CORC_NO_INDEX, "args must not be empty");
	if (process->cwd && process->cwd[0] != '/')
		corc_spec_problem(checker, process->node, "cwd", CORC_NO_INDEX,
			"Cwd must be an absolute path, found \"%.200s\"", process->cwd);
}

static void check_env(struct corc_spec_checker *checker, const struct corc_spec_process *process)
{
	for (size_t i = 0; i < process->env.count; i++) {
		const char *entry = process->env.items[i];

		if (entry[0] == '=')
			corc_spec_problem(checker, process->node, "env", (uint32_t)i,
				"invalid environment variable: the name is empty");
		else if (!strchr(entry, '='))
			corc_spec_problem(checker, process->node, "env", (uint32_t)i,
				"invalid environment variable: missing \"=\" in \"%.100s\"", entry);
	}
}

static void check_console_size(
	struct corc_spec_checker *checker, const struct corc_spec_process *process)
{
	const struct corc_spec_console_size *size = process->console_size;
	const struct {
		const char *key;
		uint32_t value;
	} sides[] = {{"height", size ? size->height : 0}, {"width", size ? size->width : 0}};

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
		if (sides[i].value > CORC_CONSOLE_MAX)
			corc_spec_problem(checker, size->node, sides[i].key, CORC_NO_INDEX,
				"expected an integer from 0 to %d, found %u", CORC_CONSOLE_MAX,
				sides[i].value);
}

static void check_rlimits(
	struct corc_spec_checker *checker, const struct corc_spec_process *process)
{
	bool seen[RLIM_NLIMITS] = {false};

	if (corc_spec_reader_refused(checker, process->node, "rlimits"))
		return;
	for (size_t i = 0; i < process->rlimits.count; i++) {
		const struct corc_spec_rlimit *rlimit = &process->rlimits.items[i];

		if (seen[rlimit->type])
			corc_spec_problem(checker, rlimit->node, "type", CORC_NO_INDEX,
				"wrong rlimit value: this limit is there already");
		seen[rlimit->type] = true;
		if (rlimit->soft > rlimit->hard)
			corc_spec_problem(checker, rlimit->node, "soft", CORC_NO_INDEX,
				"wrong rlimit value: soft limit %llu is above hard limit %llu",
				(unsigned long long)rlimit->soft, (unsigned long long)rlimit->hard);
	}
}

const char *corc_spec_label_problem(const char *label)
{
	size_t length = strlen(label);

	if (length > CORC_LABEL_MAX)
		return "is longer than a label can be";
	if (label[0] == ' ' || (length > 0 && label[length - 1] == ' '))
		return "begins or ends with a blank";
	for (const char *at = label; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return "has a control character in it";
	return NULL;
}

static void check_label(
	struct corc_spec_checker *checker, uint32_t node, const char *key, const char *label)
{
	const char *problem = label ? corc_spec_label_problem(label) : NULL;

	if (problem)
		corc_spec_problem(checker, node, key, CORC_NO_INDEX, "%s %s", key, problem);
}

static void check_process(
	struct corc_spec_checker *checker, const struct corc_spec_process *process)
{
	check_args(checker, process);
	check_env(checker, process);
	check_console_size(checker, process);
	check_rlimits(checker, process);
	corc_spec_check_schedule(checker, process);
	check_label(checker, process->node, "apparmorProfile", process->apparmor_profile);
	check_label(checker, process->node, "selinuxLabel", process->selinux_label);
}

/* hostname and domainname. */
static void check_uts_name(struct corc_spec_checker *checker, const char *key, const char *name)
{
	if (!name)
		return;
	if (!corc_spec_has_namespace(checker, CORC_NAMESPACE_UTS))
		corc_spec_problem(checker, checker->spec->node, key, CORC_NO_INDEX,
			"unable to set %s without a private UTS namespace", key);
	if (strlen(name) > UTS_NAME_MAX)
		corc_spec_problem(checker, checker->spec->node, key, CORC_NO_INDEX,
			"the %s is %zu bytes long, the kernel takes %d", key, strlen(name),
			UTS_NAME_MAX);
}

static void check_absolute(
	struct corc_spec_checker *checker, const char *key, const struct corc_string_array *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		if (paths->items[i][0] != '/')
			corc_spec_problem(checker, checker->spec->linux_.node, key, (uint32_t)i,
				"expected an absolute path, found \"%.200s\"", paths->items[i]);
}

/*
 * All of these change the mounts of the host for everybody, or nothing at all. The container's own
 * mounts lie below its root.
 */
static void check_mounts_of_host(struct corc_spec_checker *checker)
{
	const struct corc_spec *spec = checker->spec;
	const struct corc_spec_linux *linux_ = &spec->linux_;
	const struct {
		bool is_given;
		uint32_t node;
		const char *key;
		const char *message;
	} rules[] = {
		{spec->root.readonly, spec->root.node, "readonly",
			"unable to make the root read-only without a private MNT namespace"},
		{linux_->masked_paths.count > 0, linux_->node, "maskedPaths",
			"unable to restrict sys entries without a private MNT namespace"},
		{linux_->readonly_paths.count > 0, linux_->node, "readonlyPaths",
			"unable to restrict sys entries without a private MNT namespace"},
		{linux_->rootfs_propagation, linux_->node, "rootfsPropagation",
			"unable to set the propagation without a private MNT namespace"},
	};

	if (corc_spec_has_namespace(checker, CORC_NAMESPACE_MOUNT))
		return;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].is_given)
			corc_spec_problem(checker, rules[i].node, rules[i].key, CORC_NO_INDEX, "%s",
				rules[i].message);
}

/* The specification's four; engines also ask for the recursive forms, which runc takes. */
static void check_propagation(struct corc_spec_checker *checker)
{
	static const char *const words[] = {"private", "rprivate", "shared", "rshared", "slave",
		"rslave", "unbindable", "runbindable"};
	const char *found = checker->spec->linux_.rootfs_propagation;

	if (!found)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(found, words[i]) == 0)
			return;
	corc_spec_problem(checker, checker->spec->linux_.node, "rootfsPropagation", CORC_NO_INDEX,
		"expected \"private\", \"shared\", \"slave\" or \"unbindable\", found \"%.40s\"",
		found);
}

/* Absent is known, too: then there are none. */
static bool could_read_namespaces(const struct corc_spec_checker *checker)
{
	uint32_t linux_ = corc_json_find(checker->document, 0, "linux", CORC_NO_INDEX);

	if (corc_spec_reader_refused(checker, linux_, "namespaces"))
		return false;
	for (size_t i = 0; i < checker->read_problems; i++)
		if (linux_ && checker->document->problems[i].node == linux_)
			return false;
	return true;
}

int corc_spec_check(struct corc_spec *spec)
{
	struct corc_spec_checker checker = {
		.document = &spec->document,
		.spec = spec,
		.read_problems = spec->document.problem_count,
	};

	checker.namespaces_known = checker.read_problems == 0 || could_read_namespaces(&checker);
	check_version(&checker);
	if (spec->process)
		check_process(&checker, spec->process);
	check_uts_name(&checker, "hostname", spec->hostname);
	check_uts_name(&checker, "domainname", spec->domainname);
	check_label(&checker, spec->linux_.node, "mountLabel", spec->linux_.mount_label);
	check_mounts_of_host(&checker);
	check_absolute(&checker, "maskedPaths", &spec->linux_.masked_paths);
	check_absolute(&checker, "readonlyPaths", &spec->linux_.readonly_paths);
	check_propagation(&checker);
	corc_spec_check_namespaces(&checker);
	corc_spec_check_mounts(&checker);
	corc_spec_check_devices(&checker);
	corc_spec_check_resources(&checker);
	corc_spec_check_intel_rdt(&checker);
	corc_spec_check_net_devices(&checker);
	corc_spec_check_memory_policy(&checker);
	corc_spec_check_sysctl(&checker);
	corc_spec_check_seccomp(&checker);
	corc_spec_check_hooks(&checker);
	return checker.result;
}

int corc_spec_check_update(struct corc_spec *spec)
{
	struct corc_spec_checker checker = {
		.document = &spec->document,
		.spec = spec,
		.read_problems = spec->document.problem_count,
		.is_update = true,
	};

	corc_spec_check_resources(&checker);
	return checker.result;
}

int corc_spec_check_process(
	struct corc_json_document *document, const struct corc_spec_process *process)
{
	struct corc_spec_checker checker = {
		.document = document,
		.read_problems = document->problem_count,
	};

	check_process(&checker, process);
	return checker.result;
}
